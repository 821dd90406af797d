"""What a user's type checker sees of rig: the wheel in an environment of its own, far from the checkout."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]  # as pip does, without pip
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("amprig-*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A virtual environment with the wheel in it, and with what rig depends on, but not the checkout.

    A path in a .pth file is searched for packages, but its own .pth files, like that of the editable rig, are not read.
    """
    folder = tmp_path_factory.mktemp("user")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    (packages,) = folder.glob("venv/lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    dependencies = [path for path in sys.path if path.endswith("-packages")]
    (packages / "dependencies.pth").write_text("\n".join(dependencies), encoding="utf-8")
    return folder


def python_of(environment):
    return environment / "venv" / "bin" / "python"


def mypy(environment, *files):
    """mypy --strict on files in the user's folder, with nothing known of the checkout and nothing from earlier."""
    command = ["-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(environment / "cache")]
    command += ["--python-executable", str(python_of(environment)), *map(str, files)]
    return subprocess.run([sys.executable, *command], cwd=environment, capture_output=True, text=True)


def test_the_wheel_says_that_it_is_typed(wheel):
    with zipfile.ZipFile(wheel) as archive:
        assert "rig/py.typed" in archive.namelist()


def test_the_table_of_interfaces_travels_with_its_schema_and_its_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        table, schema, licence = (
            archive.read(f"rig/library/interfaces.{ending}").decode()
            for ending in ("toml", "schema.json", "CC0-1.0.txt")
        )
        (about,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        told = archive.read(about).decode()
        copied = archive.read(about.replace("METADATA", "licenses/rig/library/interfaces.CC0-1.0.txt")).decode()
    assert 'license = "CC0-1.0"' in table and "SPDX-License-Identifier: CC0-1.0" in table and "CC0-1.0" in schema
    assert licence == copied and licence.startswith("Creative Commons Legal Code\n\nCC0 1.0 Universal")
    assert "License-Expression: MIT AND CC0-1.0\n" in told


@pytest.mark.soak
def test_a_users_script_is_checked_against_the_wheel_and_each_of_his_mistakes_is_found(environment):
    where = [str(python_of(environment)), "-c", "import rig; print(rig.__file__)"]
    found = subprocess.run(where, cwd=environment, capture_output=True, text=True, check=True).stdout
    assert Path(found.strip()).is_relative_to(environment / "venv")

    (environment / "script.py").write_bytes((HERE / "user_script.py").read_bytes())
    mistakes = (HERE / "user_mistakes.txt").read_text(encoding="utf-8")
    (environment / "mistakes.py").write_text(mistakes, encoding="utf-8")
    done = mypy(environment, "script.py", "mistakes.py")
    errors = re.findall(r"^(\S+?):(\d+): error: .*$", done.stdout, re.MULTILINE)
    wrong = [n for n, line in enumerate(mistakes.splitlines(), 1) if line.endswith("# wrong")]
    assert sorted({(name, int(line)) for name, line in errors}) == [("mistakes.py", line) for line in wrong], (
        done.stdout
    )


def test_the_same_script_runs(tmp_path):
    done = subprocess.run(
        [sys.executable, str(HERE / "user_script.py"), str(tmp_path)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "missing.nam: no such file" in done.stdout
