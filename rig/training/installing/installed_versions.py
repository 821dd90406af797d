"""What a Python says about itself and the packages it has: asked once, isolated, without importing any of them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from ...errors import TrainingError
from .locked_versions import LIGHTNING, TRAINER

PATIENCE_S = 30.0  # a cold disk takes seconds
MOST_BYTES = 1 << 16  # of an answer; who says more is no Python that was asked this
ASKED_FOR = (TRAINER, "torch", LIGHTNING, "lightning")
_SIGN = "rig asked: "
# Read by any Python 3 that there is, so that an old one can say that it is.
_QUESTION = f"""
import json, sys
found = {{"python": "%d.%d.%d" % sys.version_info[:3]}}
try:
    from importlib import metadata
    for name in {ASKED_FOR!r}:
        try:
            found[name] = str(metadata.version(name))
        except metadata.PackageNotFoundError:
            pass
except ImportError:
    pass
print({_SIGN!r} + json.dumps(found))
"""


def versions_of(python: Path, patience_s: float = PATIENCE_S) -> dict[str, str]:
    """The version of a Python ("python") and of those of `ASKED_FOR` that it has. TrainingError: it does not answer."""
    _refuse_what_cannot_run(python)
    try:
        process = subprocess.Popen(
            [str(python.absolute()), "-I", "-c", _QUESTION],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that all it starts can be ended with it
        )
    except OSError as error:
        raise TrainingError(f"{python} cannot be started ({error.strerror}): {_NAME_ANOTHER}") from error
    pipe, heard = process.stdout, bytearray()
    assert pipe is not None

    def listen() -> None:
        heard.extend(pipe.read(MOST_BYTES))

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        listener.join(patience_s)
        is_silent = listener.is_alive()
    finally:
        end(process)
        listener.join(1.0)
        if not listener.is_alive():  # something that got away may still hold the other end
            pipe.close()
    if is_silent:
        raise TrainingError(f"{python} gave no answer within {patience_s:g} s: {_NAME_ANOTHER}")
    return _understood(python, heard.decode("utf-8", "replace"))


_NAME_ANOTHER = "name the Python of an environment that has the trainer, such as ENVIRONMENT/bin/python."


def _refuse_what_cannot_run(python: Path) -> None:
    if python.is_dir():
        inside = next(
            (path for path in map(python.joinpath, ("bin/python", "Scripts/python.exe")) if path.exists()), None
        )
        way_out = f"name {inside}." if inside else _NAME_ANOTHER
        raise TrainingError(f"{python} is a folder, and no Python: {way_out}")
    if not python.exists():
        raise TrainingError(f"{python}: there is no such file; {_NAME_ANOTHER}")


def _understood(python: Path, said: str) -> dict[str, str]:
    line = next((line for line in said.splitlines() if line.startswith(_SIGN)), None)
    found: Any = None
    if line is not None:
        with contextlib.suppress(ValueError):
            found = json.loads(line.removeprefix(_SIGN))
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        first = next((line.strip() for line in said.splitlines() if line.strip()), "nothing")
        raise TrainingError(f"{python} is no Python that rig can use: asked for its versions it says {first[:80]!r}.")
    return {str(name): value for name, value in found.items()}


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, and all that it has started, and wait for it; nothing if its end is known already."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
