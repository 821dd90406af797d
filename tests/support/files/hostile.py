"""Loads files that mean harm, in a process of its own: a hang ends it with every thread's stack, and what it took."""

from __future__ import annotations

import contextlib
import faulthandler
import io
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

PATIENCE_S = 30.0  # for one file, on a machine that has other things to do


@contextlib.contextmanager
def watched(what: str) -> Iterator[None]:
    """End the process, with a message, if this takes too long."""
    print(f"at: {what}", file=sys.__stderr__, flush=True)
    faulthandler.dump_traceback_later(PATIENCE_S, exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def peak_mb() -> float:
    """The most memory this process has held."""
    with contextlib.suppress(OSError):  # Linux: `ru_maxrss` there includes what the parent held when it forked
        return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / (1 << 10)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def answers_of(files: dict[str, str]) -> dict[str, Any]:
    """The error of each file as [type, sentence], None if it loads; the peak of memory; the seconds each took."""
    from rig.nam import Model

    answers: dict[str, Any] = {}
    seconds, peaks = {}, {}
    for name, path in files.items():
        start, before = perf_counter(), peak_mb()
        with watched(name):
            try:
                Model.load(path)
                answers[name] = ["none", "it loads"]
            except Exception as error:
                answers[name] = [type(error).__name__, str(error)]
        seconds[name], peaks[name] = perf_counter() - start, peak_mb() - before
    return {"answers": answers, "most_mb": peak_mb(), "seconds": seconds, "more_mb": peaks}


def sentences_of(files: dict[str, str], folder: str) -> dict[str, Any]:
    """Exit code and stderr of `rig info FILE` and `rig render FILE ...` for each; the peak of memory."""
    from rig.cli import main
    from rig.files import bundled

    output = Path(folder) / "out.wav"
    commands = {"info": [], "render": [str(bundled.di()), str(output)]}
    answers: dict[str, Any] = {command: {} for command in commands}
    for name, path in files.items():
        for command, more in commands.items():
            printed = io.StringIO()
            with watched(f"{command}: {name}"), contextlib.redirect_stderr(printed):
                answers[command][name] = [main([command, path, *more]), ""]
            answers[command][name][1] = printed.getvalue()
    assert not output.exists()
    return {"answers": answers, "most_mb": peak_mb()}


def played(files: dict[str, str]) -> dict[str, Any]:
    """Load each file and play a little: is it finite, the seconds for both; the peak of memory."""
    import numpy as np

    from rig.nam import Model

    x = np.random.default_rng(0).uniform(-0.1, 0.1, 256).astype(np.float32)
    Model.load(next(iter(files.values()))).network()  # reads the compiled code
    finite, seconds = {}, {}
    for name, path in files.items():
        start = perf_counter()
        with watched(name):
            model = Model.load(path)
            at_load = perf_counter()
            network = model.network()
            at_network = perf_counter()
            finite[name] = bool(np.isfinite(network.process(x)).all())
        seconds[name] = [at_load - start, at_network - at_load, perf_counter() - at_network]
    return {"finite": finite, "most_mb": peak_mb(), "seconds": seconds}
