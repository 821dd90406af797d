"""What needs no audio device, in a Python that simulates another system; prints as JSON what failed.

    RIG_SIMULATED=win32 PYTHONPATH=tests/support/platforms/site:. python walked.py FOLDER PART...

PART: a name of `PARTS`. FOLDER: for what they read and write.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import pkgutil
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import rig

ROOT = Path(rig.__file__).parents[1]
MODEL, CABINET = ROOT / "models" / "rig-preamp-nano.nam", ROOT / "irs" / "rig-2x12.wav"
SCRIPTS = ("rig.__main__", "rig.training.in_trainer")  # which run when they are imported, or elsewhere
NO_SERVER = {"JACK_DEFAULT_SERVER": f"none-{os.getpid()}"}


def imports(folder: Path) -> Iterator[str]:
    """Each module of rig."""
    for module in pkgutil.walk_packages(rig.__path__, "rig."):
        if module.name not in SCRIPTS and ".bundled" not in module.name:
            try:
                importlib.import_module(module.name)
            except Exception:
                yield f"import {module.name}: {traceback.format_exc(limit=-2)}"


def run(*words: str | Path, code: int | tuple[int, ...] = 0, said: str = "") -> Iterator[str]:
    """One command in this process: its exit code, and something that it says."""
    from rig.cli import main

    out, err = io.StringIO(), io.StringIO()
    found: int | str
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            found = main([str(word) for word in words])
    except SystemExit as ended:
        found = int(ended.code or 0)
    except BaseException:
        found = traceback.format_exc(limit=-4)
    wanted = code if isinstance(code, tuple) else (code,)
    text = out.getvalue() + err.getvalue()
    if found not in wanted or said not in text:
        yield f"rig {' '.join(map(str, words))}: {found}, wanted {wanted} and {said!r}:\n{text[-2000:]}"


def helps(folder: Path) -> Iterator[str]:
    """The help of each command."""
    from rig.cli import parser

    (commands,) = (action for action in parser()._actions if action.choices and "play" in action.choices)
    for name in commands.choices:
        yield from run(name, "--help", said="usage: rig")


def commands(folder: Path) -> Iterator[str]:
    """What has no audio device, once each."""
    from rig.library.calibrated_levels import kept_interface

    os.environ.update(NO_SERVER)
    os.chdir(folder)
    yield from run("--version", said="numba")
    yield from run("info", MODEL, said="LSTM" if "lstm" in MODEL.name else "")
    yield from run("ir", CABINET)
    yield from run("signal", "training.wav", "--seconds", "1", code=(0, 2))
    yield from run("render", MODEL, ROOT / "irs" / "rig-2x12.wav", "out.wav", "--ir", CABINET)
    if not Path("out.wav").exists():
        yield "nothing was rendered"
    yield from run("play", MODEL, CABINET, "--backend", "offline", "--else-render", "played.wav", said="played.wav")
    yield from run("calibrate", "interface", "--interface", "apollo-8x")
    level = kept_interface()
    if level is None or level.dbu != 12.2:
        yield f"the interface was not kept: {level}"
    yield from run("interfaces", "apollo", said="Apollo")
    yield from run("midi", "--commands", said="mute")
    yield from run("completion", "bash", said="complete")
    yield from run("remote", "state", code=2, said="No rig serves a page")
    yield from run("serve", "--unit", said="[Service]")
    yield from run("doctor", MODEL, "--json", code=(0, 1), said='"memlock"')
    models = folder / "models"
    models.mkdir()
    (models / "one.nam").write_bytes(MODEL.read_bytes())
    yield from run("library", "scan", models)
    yield from run("library", "find", "one", said="one")


def compared(folder: Path) -> Iterator[str]:
    """A model against a recording of itself, with other processes that share the work."""
    from rig.files import bundled

    os.chdir(folder)
    yield from run("render", MODEL, bundled.di(), "wet.wav", "--level-mode", "raw")
    yield from run("compare", bundled.di(), "wet.wav", MODEL, code=(0, 1), said="rig-preamp-nano")


def clock(folder: Path) -> Iterator[str]:
    """The time that each cycle takes."""
    import numpy as np

    from rig.backends.offline import Offline
    from rig.engine import Engine

    engine, backend = Engine(48000), Offline(48000)
    backend.start(engine.block_address, engine.address)
    backend.process(np.zeros(6400, np.float32))
    load = engine.record["load"]
    is_counter = sys.rig_simulates == "win32"
    if not 0.0 < load["worst_share"] < 1e4 or bool(load["ticks_per_s"]) != is_counter or load["cycles"] < 50:
        yield f"cycles are not timed: {load['worst_share']}, {load['ticks_per_s']}, {load['cycles']}"


def page(folder: Path) -> Iterator[str]:
    """The page of a player, and another hand at it."""
    sys.path[:0] = [str(path) for path in sorted((ROOT / "tests" / "support").iterdir()) if path.is_dir()]
    from paged import Paged

    with Paged() as paged, paged.remote() as hand:
        hand.do("mute", True)
        if hand.state["values"]["mute"] is not True:
            yield "the page did not mute"


def keys(folder: Path) -> Iterator[str]:
    """Keys of a console of Windows; elsewhere those of a terminal, of which there is none here."""
    import simulated

    from rig.cli.terminal import Keys

    if sys.rig_simulates != "win32":
        with Keys() as keys:
            if keys.present:
                yield "keys without a terminal"
        return
    ours, bell = socket.socketpair()
    simulated.typed.extend("a\xe0H\x00Kq\r\x08\xe0")
    sys.stdin = Console()
    with Keys() as keys, ours, bell:
        pressed = keys.wait(0.1, ours)
        if pressed != ["a", "up", "left", "q", "enter", "backspace", "\xe0"] or not keys.present:
            yield f"other keys: {pressed}"
        bell.send(b"1")
        if keys.wait(5.0, ours) or not keys.is_woken:
            yield "the page did not wake the keys"
        simulated.typed.append("\x03")
        try:
            keys.wait(0.1)
            yield "Ctrl-C was a key"
        except KeyboardInterrupt:
            pass
    sys.stdin = None


class Console(io.StringIO):
    """Standard input that is a console."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def locks(folder: Path) -> Iterator[str]:
    """One writer at a time, and processes that are asked for without being touched."""
    from rig.files.lock import locked
    from rig.files.processes import is_alive

    with locked(folder / "kept"):
        try:
            with locked(folder / "kept", patience_s=0.01):
                yield "two hold one lock"
        except TimeoutError:
            pass
    with locked(folder / "kept", patience_s=0.01):
        pass
    if not is_alive(os.getppid()) or is_alive(1 << 22):
        yield "processes are taken for others"


PARTS: dict[str, Callable[[Path], Iterator[str]]] = {
    part.__name__: part for part in (imports, helps, commands, compared, clock, page, keys, locks)
}

if __name__ == "__main__":
    failed = [each for name in sys.argv[2:] for each in PARTS[name](Path(sys.argv[1]))]
    print(json.dumps({"system": sys.rig_simulates, "failed": failed}))
