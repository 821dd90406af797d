"""A plugin for pytest in a mutated copy: what became of each test, and compiled code of the copy as it was before.

RIG_OUTCOMES names the file that gets one line for each test: its id, and `passed`, `noticed` (an assertion did not
hold, or an error did not come) or `broken` with the kind of the error. RIG_BUILD_KEY: the build whose compiled code
is used, where the fault lies in a line that no kernel takes anything from, so that nothing has to be compiled.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def pytest_configure() -> None:
    key = os.environ.get("RIG_BUILD_KEY")
    if key:
        from rig.dsp.native import compile

        compile.build_key = lambda: key


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[Any]:
    report = yield
    if call.when == "call" or call.excinfo is not None:
        kinds = (AssertionError, pytest.fail.Exception)
        if call.excinfo is None:
            outcome = "passed"
        else:
            noticed = call.when == "call" and issubclass(call.excinfo.type, kinds)
            outcome = "noticed" if noticed else f"broken {call.excinfo.typename}"
        with Path(os.environ["RIG_OUTCOMES"]).open("a", encoding="utf-8") as file:
            file.write(f"{item.name}\t{outcome}\n")
    return report
