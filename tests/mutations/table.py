"""The faults of `faults/*.toml`: one small change each that a player would notice, and the tests that have to notice.

    [[fault]]
    file = "rig/player/live_rig.py"     # from the root of the repository
    before = '"mixer", "volume", '      # found in it exactly once
    after = '"mixer", '
    tests = ["test_restart_keeps_everything.py::test_the_volume_stays_as_low_as_it_was"]
    heard = "after a restart at another rate the volume is up again"
    together = "kernels"                # in one copy with all others of that word

A test is named by its file, without folders, and its function, with parameters only where one case of it is meant.
Faults that cannot be in each other's way are written into the copy together, which takes less time; each of them has
tests of its own. `kernels` are those in lines from which compiled code takes something: they are compiled once.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Fault:
    """One change, and who has to notice."""

    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    heard: str
    together: str = ""

    @property
    def in_kernel(self) -> bool:
        """Whether code has to be compiled."""
        return self.together == "kernels"

    def written_into(self, text: str) -> str:
        """A source with the fault in it; AssertionError where the place is not found exactly once."""
        found = text.count(self.before)
        assert found == 1, f"{self.file}: {self.before!r} is there {found} times; the table of faults is out of date"
        return text.replace(self.before, self.after)


@cache
def faults() -> list[Fault]:
    """Those that need nothing compiled first."""
    found = []
    for path in sorted((Path(__file__).parent / "faults").glob("*.toml")):
        found += [
            Fault(**{**fault, "tests": tuple(fault["tests"])}) for fault in tomllib.loads(path.read_text())["fault"]
        ]
    return sorted(found, key=lambda fault: fault.in_kernel)


def file_of_test(name: str, root: Path = ROOT) -> Path:
    """The one test file of that name."""
    (path,) = _files(root)[name]
    return path


@cache
def _files(root: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in (root / "tests").rglob("test_*.py"):
        found.setdefault(path.name, []).append(path)
    return found
