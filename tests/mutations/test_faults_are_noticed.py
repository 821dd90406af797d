"""The tests of rig are put to the test: small faults are written into a copy, and each makes a test fail."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from table import ROOT, Fault, faults, file_of_test

FAULTS = faults()
IDS = [f"{Path(fault.file).stem}: {fault.heard}" for fault in FAULTS]
PATIENCE_S = 900


# ---------------------------------------------------------------- the table fits the code
@pytest.mark.parametrize("fault", FAULTS, ids=IDS)
def test_the_place_of_every_fault_is_found_exactly_once(fault: Fault) -> None:
    text = (ROOT / fault.file).read_text(encoding="utf-8")
    ast.parse(fault.written_into(text))  # and the copy is a program
    assert fault.before != fault.after


@pytest.mark.parametrize("name", sorted({test for fault in FAULTS for test in fault.tests}))
def test_every_test_that_has_to_notice_is_there_and_is_quick(name: str) -> None:
    file, _, function = name.partition("[")[0].partition("::")
    tree = ast.parse(file_of_test(file).read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    assert len(found) == 1
    assert "pytest.mark.soak" not in [ast.unparse(mark) for mark in found[0].decorator_list]


# ---------------------------------------------------------------- each fault is noticed
class Copy:
    """The package and its tests in a folder of their own, with compiled code of their own."""

    def __init__(self, folder: Path) -> None:
        self.root, self.outcomes = folder / "copy", folder / "outcomes.txt"
        self.root.mkdir()
        for name in ("rig", "tests"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", self.root)
        for name in ("models", "irs"):
            (self.root / name).symlink_to(ROOT / name, target_is_directory=True)
        for name in ("README.md", "docs"):
            if (ROOT / name).exists():
                (self.root / name).symlink_to(ROOT / name)
        self.environment = os.environ | {
            "RIG_OUTCOMES": str(self.outcomes),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PYTHONPATH": os.pathsep.join([str(self.root), str(self.root / "tests" / "mutations")]),
            "PYTHONDONTWRITEBYTECODE": "1",  # a source that is put back within a second must not play the fault on
        }
        self.build_key = subprocess.run(
            [sys.executable, "-c", "from rig.dsp.native.compile import build_key; print(build_key())"],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def run(self, tests: tuple[str, ...], build_key: str = "") -> dict[str, set[str]]:
        """The outcomes of each test, of all its parameters."""
        self.outcomes.unlink(missing_ok=True)
        files = {name: name.partition("::") for name in tests}
        ids = [f"{file_of_test(file, self.root).relative_to(self.root)}::{test}" for file, _, test in files.values()]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "one_fault", "-p", "no:cacheprovider", *ids],
            cwd=self.root,
            env=self.environment | {"RIG_BUILD_KEY": build_key},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert self.outcomes.is_file(), f"no test ran:\n{done.stdout}{done.stderr}"
        lines = [line.split("\t") for line in self.outcomes.read_text(encoding="utf-8").splitlines()]
        return {
            name: {outcome for item, outcome in lines if test in (item, item.partition("[")[0])}
            for name, (_, _, test) in files.items()
        }

    def run_with(self, fault: Fault) -> dict[str, set[str]]:
        """The same with a fault in the copy, which is as it was afterwards."""
        path = self.root / fault.file
        before, stamp = path.read_bytes(), path.stat()
        path.write_text(fault.written_into(before.decode()), encoding="utf-8")
        try:
            return self.run(fault.tests, "" if fault.kernel else self.build_key)
        finally:
            path.write_bytes(before)
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # so its compiled code is still that of the file


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy in which every test of the table passes."""
    made = Copy(tmp_path_factory.mktemp("faults"))
    names = tuple(sorted({test for fault in FAULTS for test in fault.tests}))
    outcomes = made.run(names)
    assert {name: found for name, found in outcomes.items() if found != {"passed"}} == {}
    return made


@pytest.mark.soak
@pytest.mark.parametrize("fault", FAULTS, ids=IDS)
def test_the_fault_is_noticed(fault: Fault, copy: Copy) -> None:
    outcomes = copy.run_with(fault)
    silent = [name for name, found in outcomes.items() if "noticed" not in found]
    assert not silent, f"nobody would notice: {fault.heard}\n{outcomes}"
