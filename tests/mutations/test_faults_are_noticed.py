"""The tests of rig are put to the test: small faults are written into a copy, and each makes a test fail."""

from __future__ import annotations

import ast
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from faulty_copy import Copy, Outcomes
from table import ROOT, faults, file_of_test

FAULTS = faults()
TOGETHER = sorted({fault.together for fault in FAULTS if fault.together})
IDS = [f"{Path(fault.file).stem}: {fault.heard}" for fault in FAULTS]


# ---------------------------------------------------------------- the table fits the code
def test_the_place_of_every_fault_is_found_exactly_once() -> None:
    read = cache(lambda file: (ROOT / file).read_text(encoding="utf-8"))
    for fault in FAULTS:
        ast.parse(fault.written_into(read(fault.file)))  # and the copy is a program
        assert fault.before != fault.after, fault.heard


def test_every_test_that_has_to_notice_is_there_and_is_quick() -> None:
    @cache
    def functions(file: str) -> dict[str, list[str]]:
        tree = ast.parse(file_of_test(file).read_text(encoding="utf-8"))
        found = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        return {node.name: [ast.unparse(mark) for mark in node.decorator_list] for node in found}

    for name in sorted({test for fault in FAULTS for test in fault.tests}):
        file, _, function = name.partition("[")[0].partition("::")
        assert function in functions(file), name
        assert "pytest.mark.soak" not in functions(file)[function], name


@pytest.mark.parametrize("word", TOGETHER)
def test_faults_that_are_written_together_have_tests_of_their_own(word: str) -> None:
    tests = Counter(test for fault in FAULTS if fault.together == word for test in fault.tests)
    assert [test for test, count in tests.items() if count > 1] == []


# ---------------------------------------------------------------- each fault is noticed
Say = Callable[[str], None]


@pytest.fixture(scope="module")
def say(request: pytest.FixtureRequest) -> Say:
    """Write a line at once: the run takes minutes."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def write(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{text} ", end="", flush=True)

    return write


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, say: Say) -> Copy:
    """A copy in which every test of the table passes."""
    made = Copy(tmp_path_factory.mktemp("faults"))
    names = sorted({test for fault in FAULTS for test in fault.tests})
    say(f"{len(names)} tests in a copy without a fault; compiled once")
    outcomes = made.run(names)
    assert {name: found for name, found in outcomes.items() if found != {"passed"}} == {}
    return made


@pytest.fixture(scope="module")
def run_together(copy: Copy, say: Say) -> Callable[[str], Outcomes]:
    """What became of the tests of all faults that are written together, at the first call for a word."""

    @cache
    def outcomes(word: str) -> Outcomes:
        some = [fault for fault in FAULTS if fault.together == word]
        say(f"{len(some)} faults together: {word}")
        return copy.run_with(*some)

    return outcomes


@pytest.mark.soak
@pytest.mark.parametrize("number", range(len(FAULTS)), ids=IDS)
def test_the_fault_is_noticed(number: int, copy: Copy, run_together: Callable[[str], Outcomes], say: Say) -> None:
    fault, began = FAULTS[number], time.monotonic()
    found = run_together(fault.together) if fault.together else copy.run_with(fault)
    outcomes = {name: found[name] for name in fault.tests}
    silent = [name for name, found in outcomes.items() if "noticed" not in found]
    how = "NOT NOTICED" if silent else "noticed"
    say(f"{number + 1:3} of {len(FAULTS)}  {time.monotonic() - began:5.1f} s  {how}: {fault.heard}")
    assert not silent, f"nobody would notice: {fault.heard}\n{outcomes}"
