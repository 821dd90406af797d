"""A copy of the package and its tests, into which faults are written; see `table.py`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from table import ROOT, Fault, file_of_test

PATIENCE_S = 240  # for one fault; the slowest takes a twentieth of it
COMPILING_S = 1200  # where code has to be compiled first
LATER_NS = 10_000_000_000  # bytecode knows its source by the second
PLUGINS = ("-p", "one_fault", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist")
Outcomes = dict[str, set[str]]  # of each test, those of all its parameters


class Copy:
    """A folder of its own, with compiled code of its own."""

    def __init__(self, folder: Path) -> None:
        self.root, self.outcomes = folder / "copy", folder / "outcomes.txt"
        self.root.mkdir()
        for name in ("rig", "tests"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", self.root)
        for name in ("models", "irs", "README.md", "docs"):
            if (ROOT / name).exists():
                (self.root / name).symlink_to(ROOT / name)
        self.environment = os.environ | {
            "RIG_OUTCOMES": str(self.outcomes),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PYTHONPATH": os.pathsep.join([str(self.root), str(self.root / "tests" / "mutations")]),
        }
        self.build_key = subprocess.run(
            [sys.executable, "-c", "from rig.dsp.native.build import build_key; print(build_key())"],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def run(self, tests: Sequence[str], patience_s: float = COMPILING_S, **environment: str) -> Outcomes:
        """What becomes of the tests; of one that does not end in time, nothing."""
        self.outcomes.unlink(missing_ok=True)
        files = {name: name.partition("::") for name in tests}
        ids = [f"{file_of_test(file, self.root).relative_to(self.root)}::{test}" for file, _, test in files.values()]
        try:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", *PLUGINS, *ids],
                cwd=self.root,
                env=self.environment | environment,
                capture_output=True,
                text=True,
                timeout=patience_s,
            )
            assert self.outcomes.is_file(), f"no test ran:\n{done.stdout}{done.stderr}"
        except subprocess.TimeoutExpired:
            self.outcomes.touch()
        lines = [line.split("\t") for line in self.outcomes.read_text(encoding="utf-8").splitlines()]
        return {
            name: {outcome for item, outcome in lines if test in (item, item.partition("[")[0])}
            for name, (_, _, test) in files.items()
        }

    def run_with(self, *faults: Fault) -> Outcomes:
        """The same with faults in the copy, which is as it was afterwards."""
        paths = {self.root / fault.file for fault in faults}
        before = {path: (path.read_bytes(), path.stat()) for path in paths}
        try:
            for fault in faults:
                path = self.root / fault.file
                path.write_text(fault.written_into(path.read_text(encoding="utf-8")), encoding="utf-8")
                os.utime(path, ns=(before[path][1].st_atime_ns, before[path][1].st_mtime_ns + LATER_NS))
            tests = [test for fault in faults for test in fault.tests]
            # No bytecode of the fault may outlive it; that of all other files is there from the run without a fault.
            if any(fault.in_kernel for fault in faults):
                return self.run(tests, PYTHONDONTWRITEBYTECODE="1")
            return self.run(tests, PATIENCE_S, PYTHONDONTWRITEBYTECODE="1", RIG_BUILD_KEY=self.build_key)
        finally:
            for path, (source, stamp) in before.items():
                path.write_bytes(source)
                os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # so its compiled code is still that of it
