"""Benchmark programs of other players that the user has built: found, run, and what they print read.

`benchmodel` of NeuralAmpModelerCore plays two seconds and says so in milliseconds; `ModelTest` of NeuralAudio plays
2^18 samples once with each implementation that it was built with, and says so in seconds. Both play blocks of 64
frames of silence at 48 kHz, after the model has settled, and measure real time.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Timer

from ..errors import FileError
from ..scripting.printable import printable

BENCHMODEL, MODELTEST = "benchmodel", "ModelTest"
PROGRAMS = (BENCHMODEL, MODELTEST)
SAMPLES = {BENCHMODEL: 1500 * 64, MODELTEST: 1 << 18}
FRAMES = 64  # per block
TIME_LIMIT_S = 120.0  # the slowest real run, of a build without optimisation, takes a fraction of it
MOST_BYTES = 1 << 16  # of output; a real one has less than a thousand

_NUMBER = r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_MILLISECONDS = re.compile(rf"^{_NUMBER}ms\r?$", re.MULTILINE)
_IMPLEMENTATION = re.compile(rf"^(Internal|NAM Core|RTNeural): {_NUMBER} \(.+xRT\)\r?$", re.MULTILINE)
_GENERAL = re.compile(r"^\*\*Warning: (\w+) model is not using a static architecture", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PeerProgram:
    """`name`: its path below the folder that was searched, which mostly says what built it."""

    path: Path
    kind: str  # one of PROGRAMS
    name: str


@dataclass(frozen=True, slots=True)
class PeerTime:
    """What one implementation took. `general`: it was not built for this very shape."""

    implementation: str  # empty: the program has but one
    ns_per_sample: float
    general: bool = False


@dataclass(frozen=True, slots=True)
class PeerRun:
    """One run. `fault`: why it has no times, as a sentence; `hopeless`: the next model would not fare better."""

    times: tuple[PeerTime, ...] = ()
    fault: str | None = None
    hopeless: bool = False


def find_programs(folder: Path) -> list[PeerProgram]:
    """Every program of PROGRAMS in a folder and below, by name; links to folders are not followed.

    Raises FileError if the folder itself cannot be read.
    """
    found: dict[Path, PeerProgram] = {}

    def refused(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise FileError(f"{folder}: this folder cannot be read ({error.strerror}).") from error

    for place, _, names in os.walk(folder, onerror=refused):
        for name in names:
            path = Path(place, name)
            kind = name.removesuffix(".exe")
            if kind in PROGRAMS and path.is_file() and os.access(path, os.X_OK):
                # Behind links, one program counts once.
                called = printable(str(path.relative_to(folder)))
                found.setdefault(path.resolve(), PeerProgram(path.resolve(), kind, called))
    return sorted(found.values(), key=lambda program: program.name)


def run_program(program: PeerProgram, model: Path, called: str, time_limit_s: float = TIME_LIMIT_S) -> PeerRun:
    """Play a model with it once, at the priority of this process; `called`: the model's name in sentences."""
    try:
        code, text = _output_of(program.path, model, time_limit_s)
    except OSError as error:
        why = error.strerror or "the system does not say why"
        return PeerRun(
            fault=f"{program.name} cannot be run ({why}); build it on this machine, or take it out of the folder.",
            hopeless=True,
        )
    if code is None:
        return PeerRun(
            fault=f"{program.name} had not ended {time_limit_s:g} s after it was given {called}, and was stopped; "
            "build it again with optimisation, or take it out of the folder.",
            hopeless=True,
        )
    if code:
        last = f", with {_shown(text)} as its last words" if text.strip() else ""
        return PeerRun(fault=f"{program.name} ended with {_told(code)} on {called}{last}.")
    times = read_times(program.kind, text)
    if not times:
        last = _shown(text) if text.strip() else "nothing"
        return PeerRun(
            fault=f"{program.name} printed no time for {called} that rig could read, but {last}; rig reads what "
            f"{PROGRAMS[0]} of NeuralAmpModelerCore and {PROGRAMS[1]} of NeuralAudio print."
        )
    return PeerRun(times)


def read_times(kind: str, text: str) -> tuple[PeerTime, ...]:
    """What a program of that kind printed; empty where there is no time in it."""
    if kind == BENCHMODEL:
        found = [float(ms) for ms in _MILLISECONDS.findall(text)]  # in whole ones first, then to six digits
        return (PeerTime("", found[-1] * 1e6 / SAMPLES[kind]),) if found and found[-1] > 0 else ()
    general = set(_GENERAL.findall(text))
    return tuple(
        PeerTime(name, float(seconds) * 1e9 / SAMPLES[kind], name in general)
        for name, seconds in _IMPLEMENTATION.findall(text)
        if float(seconds) > 0
    )


def _output_of(program: Path, model: Path, time_limit_s: float) -> tuple[int | None, str]:
    """Exit code and output of a run; None: it was stopped, as it took too long. Who says too much is stopped, too."""
    # In a group of its own, so that what it started ends with it; not in a session of its own, which Linux's scheduler
    # would give a share of the processor of its own.
    process = subprocess.Popen(
        [program, model],
        cwd=model.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0 if sys.platform != "win32" else None,
    )
    assert process.stdout is not None
    late = Event()

    def stop() -> None:
        late.set()
        _end(process)

    timer = Timer(time_limit_s, stop)
    timer.daemon = True
    timer.start()
    try:
        said = process.stdout.read(MOST_BYTES)
        if len(said) == MOST_BYTES:
            _end(process)
        code = process.wait()
    finally:  # after Ctrl-C, too, which a group of its own does not hear
        timer.cancel()
        _end(process)
        process.wait()
        process.stdout.close()
    if late.is_set():
        return None, ""
    return (0 if len(said) == MOST_BYTES else code), said.decode(errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(OSError):
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _told(code: int) -> str:
    """An exit code in words."""
    if code > 0:
        return f"exit code {code}"
    try:
        return f"the signal {signal.Signals(-code).name}"
    except ValueError:
        return f"the signal {-code}"


def _shown(text: str, most: int = 80) -> str:
    """Its last line with something in it, in quotes, in so many characters at most."""
    line = printable(text.strip().splitlines()[-1].strip())
    return repr(line if len(line) <= most else f"{line[: most - 1]}…")
