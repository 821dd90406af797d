"""Run a function of a test module in a process of its own: for what may crash, or needs another JACK server."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from places import python_path

MARK = "result of the child: "


def run_in_child(
    function: Callable[..., Any], *args: Any, timeout_s: float = 120.0, environment: Mapping[str, str] | None = None
) -> Any:
    """Call a module-level function with JSON arguments in a fresh Python, and return what it returns (JSON too).

    Fails with the child's output if it raises, crashes or takes too long.
    """
    environment = dict(os.environ if environment is None else environment)
    path = [*python_path(), *filter(None, [environment.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(path)
    module = sys.modules[function.__module__].__spec__
    assert module is not None
    command = [sys.executable, __file__, module.name, function.__name__, json.dumps(args)]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        output = f"{error.stdout}\n{error.stderr}"
        raise AssertionError(f"{function.__name__} took more than {timeout_s} s:\n{output}") from None
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines or not lines[-1].startswith(MARK):
        raise AssertionError(f"{function.__name__} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return json.loads(lines[-1].removeprefix(MARK))


if __name__ == "__main__":
    name, function_name, arguments = sys.argv[1:]
    result = getattr(importlib.import_module(name), function_name)(*json.loads(arguments))
    print(f"\n{MARK}{json.dumps(result)}", flush=True)
