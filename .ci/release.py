"""Makes a release of what is committed, and uploads nothing: `make release`.

    python .ci/release.py [--rehearse] [--no-tests]

In turn: nothing is uncommitted; pyproject.toml, rig/__init__.py, the first heading of CHANGELOG.md and the tag vVERSION
on this commit agree; what is generated is up to date; `make check` and `make test` pass; wheel and source archive,
built twice in two folders, are equal to the byte and hold every file that git knows, and the archive builds the same
wheel; that wheel plays and renders in an empty environment. Then dist/VERSION holds both with their hashes and the
release notes.

With --rehearse it goes on where a check fails, says all that failed, and ends with 1.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
HEADING = re.compile(r"^## (.+?)(?: \((\d{4}-\d\d-\d\d)\))?$", re.MULTILINE)
PACKED = ("rig/", "models/", "irs/", "share/")  # what of the repository is in the wheel


class Release:
    """The checks of one release. `problems`: what did not hold, where it is a rehearsal."""

    def __init__(self, rehearse: bool) -> None:
        self.rehearse, self.problems = rehearse, list[str]()
        self.version = str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])

    def require(self, holds: bool, otherwise: str) -> None:
        """Say what does not hold; it ends here, unless this is a rehearsal."""
        if holds:
            return
        if not self.rehearse:
            stop(otherwise)
        print(f"release: {otherwise}", file=sys.stderr)
        self.problems.append(otherwise)

    # ------------------------------------------------------------ what is released
    def check_names(self) -> str:
        """Version, heading and tag agree, and nothing is uncommitted; the release notes."""
        self.require(not git("status", "--porcelain"), "there are changes that are not committed")
        told = re.search(r'^__version__ = "(.+)"$', (ROOT / "rig" / "__init__.py").read_text(encoding="utf-8"), re.M)
        self.require(
            told is not None and told[1] == self.version,
            f"rig/__init__.py says version {told and told[1]}, pyproject.toml {self.version}",
        )
        heading, date, notes = changes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
        self.require(
            heading == self.version and date is not None,
            f"the first heading of CHANGELOG.md is {heading!r}, not '{self.version} (YYYY-MM-DD)'",
        )
        self.require(bool(notes), "CHANGELOG.md says nothing of this release")
        self.require(
            f"v{self.version}" in git("tag", "--points-at", "HEAD").split(),
            f"this commit has no tag v{self.version}: git tag -a v{self.version}",
        )
        return notes

    def check_tests(self) -> None:
        """Generated files, types, style, and all tests."""
        for words in (
            (sys.executable, "docs/generate.py", "--check"),
            ("make", "check"),
            ("make", "test"),
        ):
            done = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL)
            self.require(done.returncode == 0, f"{' '.join(map(str, words))} failed")

    # ------------------------------------------------------------ what is built
    def build(self, folder: Path) -> list[Path]:
        """Both files, built twice and compared; where they lie."""
        first, second = (built(folder / name) for name in ("first", "second, in another folder"))
        for one, other in zip(first, second, strict=True):
            self.require(one.read_bytes() == other.read_bytes(), f"{one.name}, built twice, differs")
        archive, wheel = first
        with tarfile.open(archive) as source:
            source.extractall(folder / "archive", filter="data")
        (unpacked,) = (folder / "archive").iterdir()
        (again,) = hatchling(unpacked, folder / "again", "wheel")
        self.require(again.read_bytes() == wheel.read_bytes(), "the source archive builds another wheel")
        self.check_content(archive, wheel)
        return first

    def check_content(self, archive: Path, wheel: Path) -> None:
        """Every file that git knows is in the archive, and what is needed to play in the wheel."""
        known = set(git("ls-files").splitlines())
        with tarfile.open(archive) as source:
            held = {member.name.partition("/")[2] for member in source.getmembers() if member.isfile()}
        self.require(known <= held, f"{archive.name} lacks {', '.join(sorted(known - held))}")
        self.require(held - known <= {"PKG-INFO"}, f"{archive.name} holds {', '.join(sorted(held - known))}")
        with zipfile.ZipFile(wheel) as packed:
            names = set(packed.namelist())
        wanted = {in_wheel(name, self.version) for name in known if name.startswith(PACKED)}
        self.require(wanted <= names, f"{wheel.name} lacks {', '.join(sorted(wanted - names))}")
        more = {name for name in names - wanted if ".dist-info/" not in name}
        self.require(not more, f"{wheel.name} holds {', '.join(sorted(more))}")


def changes(text: str) -> tuple[str, str | None, str]:
    r"""The first heading of a changelog, its date, and what stands below it.

    >>> changes("# Changelog\n\n## 1.0 (2026-01-31)\n\n- It plays.\n\n## 0.9\n")
    ('1.0', '2026-01-31', '- It plays.')
    """
    parts = HEADING.split(text)
    return (parts[1], parts[2], parts[3].strip()) if len(parts) > 3 else ("", None, "")


def in_wheel(name: str, version: str) -> str:
    """Where a file of the repository lies in the wheel.

    >>> in_wheel("irs/a.wav", "1.0"), in_wheel("share/man/man1/rig.1", "1.0")
    ('rig/bundled/irs/a.wav', 'amprig-1.0.data/data/share/man/man1/rig.1')
    """
    if name.startswith("share/"):
        return f"amprig-{version}.data/data/{name}"
    return name if name.startswith("rig/") else f"rig/bundled/{name}"


def built(folder: Path) -> list[Path]:
    """Source archive and wheel of the last commit, built in a fresh copy of it."""
    copy = folder / "rig"
    copy.mkdir(parents=True)
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "x"], cwd=copy, input=packed, check=True)
    return [*hatchling(copy, folder / "out", "sdist"), *hatchling(copy, folder / "out", "wheel")]


def hatchling(source: Path, out: Path, kind: str) -> list[Path]:
    """Build; every file in it bears the time of the commit."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct").strip()}
    environment.pop("PYTHONPATH", None)
    words = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(out)]
    subprocess.run(words, cwd=source, env=environment, check=True, capture_output=True)
    return sorted(out.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


def git(*words: str) -> str:
    """What git prints."""
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def stop(why: str) -> NoReturn:
    """End with a sentence."""
    raise SystemExit(f"release: {why}")


def write(version: str, files: list[Path], notes: str) -> Path:
    """Put all that belongs to the release into a folder of its own."""
    folder = ROOT / "dist" / version
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    hashes = []
    for path in files:
        shutil.copy(path, folder)
        hashes.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    (folder / "SHA256SUMS").write_text("".join(hashes), encoding="utf-8")
    (folder / "RELEASE_NOTES.md").write_text(f"# rig {version}\n\n{notes}\n", encoding="utf-8")
    return folder


def main() -> int:
    """Make the release; the exit code."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--rehearse", action="store_true", help="go on where a check fails, and end with 1")
    options.add_argument("--no-tests", action="store_true", help="with --rehearse: leave out make check and make test")
    chosen = options.parse_args()
    if chosen.no_tests and not chosen.rehearse:
        stop("--no-tests is for --rehearse only")
    release = Release(chosen.rehearse)
    notes = release.check_names()
    if not chosen.no_tests:
        release.check_tests()
    with tempfile.TemporaryDirectory(prefix="rig-release-") as folder:
        files = release.build(Path(folder))
        tried = subprocess.run([sys.executable, ROOT / ".ci" / "try_wheel.py", files[1]], cwd=folder)
        release.require(tried.returncode == 0, "the wheel does not do what it should")
        where = write(release.version, files, notes)
    print(
        f"{where.relative_to(ROOT)}: {', '.join(sorted(path.name for path in where.iterdir()))}. Nothing was uploaded."
    )
    if release.problems:
        print(f"A rehearsal: no release, as {len(release.problems)} checks failed.", file=sys.stderr)
    return int(bool(release.problems))


if __name__ == "__main__":
    sys.exit(main())
