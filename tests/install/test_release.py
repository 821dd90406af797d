"""`make release` and `make matrix`: what they check and what they refuse, in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest
from places import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
VERSION = tomllib.loads(PYPROJECT)["project"]["version"]


def git(folder, *words):
    identity = [
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.org",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "tag.gpgsign=false",
    ]
    return subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """A repository of its own with the files of this one."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    folder = tmp_path_factory.mktemp("release") / "rig"
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "all")
    return folder


def release(folder, *words):
    environment = {**os.environ, "PYTHONPATH": ""}
    return subprocess.run(
        [sys.executable, ".ci/release.py", *words], cwd=folder, env=environment, capture_output=True, text=True
    )


def python(folder, code):
    environment = {**os.environ, "PYTHONPATH": str(folder / ".ci")}
    return subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True)


def test_each_name_that_does_not_fit_stops_a_release(committed):
    """One after the other is put right: the heading, the tag; then an uncommitted change and another version."""
    assert re.search(r"first heading of CHANGELOG.md is 'Unreleased'", release(committed).stderr)
    changelog = committed / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    changelog.write_text(text.replace("## Unreleased", f"## {VERSION} (2026-12-01)", 1), encoding="utf-8")
    assert "changes that are not committed" in release(committed).stderr
    git(committed, "commit", "-q", "-a", "-m", "a release")
    assert f"has no tag v{VERSION}" in release(committed).stderr
    git(committed, "tag", "-a", f"v{VERSION}", "-m", VERSION)
    code = "import release; print(len(release.Release(False).check_names()))"
    done = python(committed, code)
    assert done.returncode == 0 and int(done.stdout) > 1000, done.stderr
    init = committed / "rig" / "__init__.py"
    init.write_text(init.read_text().replace(f'"{VERSION}"', '"9.9.9"'))
    git(committed, "commit", "-q", "-a", "-m", "another version")
    assert f"says version 9.9.9, pyproject.toml {VERSION}" in release(committed).stderr
    git(committed, "reset", "-q", "--hard", "HEAD~1")


@pytest.fixture(scope="module")
def wheels(committed, tmp_path_factory):
    """The wheel built twice, in two folders, of files that others wrote at other times."""
    made = []
    for name, mask, time_s in (("one", 0o022, 10**9), ("two, elsewhere", 0o077, 2 * 10**9)):
        folder = tmp_path_factory.mktemp("built") / name
        shutil.copytree(committed, folder)
        for path in folder.rglob("*"):
            if path.is_file() and ".git" not in path.parts:
                path.chmod(0o666 & ~mask)
                os.utime(path, (time_s, time_s))
        build = f"release.hatchling(pathlib.Path({str(folder)!r}), pathlib.Path('dist'), 'wheel')"
        code = f"import pathlib, release; print(*{build})"
        done = python(folder, code)
        assert done.returncode == 0, done.stderr
        made.append(folder / done.stdout.strip())
    return made


def test_a_wheel_built_twice_is_the_same_to_the_byte(wheels):
    one, two = wheels
    assert one.name == two.name == f"amprig-{VERSION}-py3-none-any.whl"
    assert one.read_bytes() == two.read_bytes()


def content_of(committed, wheel):
    """What release says of a wheel, beside an archive with everything."""
    archive = wheel.with_suffix(".tar.gz")
    subprocess.run(["git", "archive", "--prefix=amprig/", "-o", str(archive), "HEAD"], cwd=committed, check=True)
    code = "import pathlib, release; release.Release(False).check_content(*map(pathlib.Path, {!r}))"
    return python(committed, code.format([str(archive), str(wheel)]))


def test_a_wheel_holds_every_file_that_git_knows_and_nothing_else(committed, wheels):
    done = content_of(committed, wheels[0])
    assert done.returncode == 0, done.stderr


def test_a_file_that_is_missing_in_the_wheel_is_noticed(committed, wheels, tmp_path):
    missing = ("rig/bundled/models/di/rig-di.wav", "rig/training/locks/common.txt", "rig/web/static/icon.svg")
    short = tmp_path / wheels[0].name
    with zipfile.ZipFile(wheels[0]) as whole, zipfile.ZipFile(short, "w") as less:
        for each in set(whole.namelist()) - set(missing):
            less.writestr(each, whole.read(each))
    assert f"lacks {', '.join(missing)}" in content_of(committed, short).stderr


@pytest.mark.soak
def test_a_wheel_in_an_empty_environment_plays_renders_and_has_its_page(committed):
    """With what a rehearsal writes, and nothing else; the network brings what rig needs."""
    done = release(committed, "--rehearse", "--no-tests")
    written = sorted(path.name for path in (committed / "dist" / VERSION).iterdir())
    assert "installed, rendered, played" in done.stdout, done.stderr
    assert written == [
        "RELEASE_NOTES.md",
        "SHA256SUMS",
        f"amprig-{VERSION}-py3-none-any.whl",
        f"amprig-{VERSION}.tar.gz",
    ]


# ---------------------------------------------------------------- the matrix
def test_the_oldest_versions_are_the_bounds_of_the_project():
    done = python(ROOT, "import matrix, pathlib; print(*matrix.oldest(pathlib.Path('pyproject.toml').read_text()))")
    assert done.returncode == 0, done.stderr
    pins = dict(pin.split("==") for pin in done.stdout.split())
    assert pins["numba"] == "0.61" and pins["numpy"] == "2.0" and "pytest" in pins and "amprig" not in pins


def test_a_dependency_without_a_lower_bound_is_refused():
    done = python(ROOT, 'import matrix; matrix.oldest(\'[project]\\nname = "a"\\ndependencies = ["numpy"]\')')
    assert "'numpy' in pyproject.toml has no lower bound" in done.stderr


def test_an_interpreter_that_is_not_there_is_reported_as_not_run(tmp_path):
    """On a path with a python3.12 that does not start, as pyenv leaves one behind, and none else."""
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\necho pyenv: python3.12: command not found >&2\nexit 127\n")
    shim.chmod(0o755)
    environment = {**os.environ, "PATH": str(tmp_path), "HOME": str(tmp_path)}
    words = [sys.executable, ".ci/matrix.py", "--list", "--python", "3.12", "--packages", "newest"]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "Python 3.12  newest  not run: no such interpreter here\n")


def test_every_python_that_the_project_claims_is_in_the_matrix():
    done = python(ROOT, "import matrix; print(*matrix.PYTHONS)")
    assert done.stdout.split()[0] == tomllib.loads(PYPROJECT)["project"]["requires-python"].removeprefix(">=")
