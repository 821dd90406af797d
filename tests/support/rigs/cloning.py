"""What a test of `rig clone` needs: an interpreter in place of the trainer's, and one terminal after the other."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from signal import Signals
from typing import Any

import stand_in_trainer
from jackclients import skip_if_torn, wait_until
from jackserver import JackServer
from small_trainer import bare_environment, give
from terminal import Terminal

from rig.cli.training.clone_steps import look

MODEL = "mine-nano.nam"


def stand_in_python(folder: Path) -> Path:
    """An interpreter that has the trainer's versions when asked, and learns as stand_in_trainer.py does."""
    real = bare_environment(folder / "environment")
    give(real, torch="2.13.0", neural_amp_modeler="0.13.0", pytorch_lightning="2.6.1")
    path = folder / "python"
    trains = shlex.join([sys.executable, "-I", stand_in_trainer.__file__])
    asked = shlex.quote(str(real))
    path.write_text(f'#!/bin/sh\nif [ "$2" = -c ]; then exec {asked} "$@"; fi\nshift\nexec {trains} "$@"\n')
    path.chmod(0o755)
    return path


def table(said: str) -> list[str]:
    """The mark and the number of each step, of the last table that was shown."""
    lines = re.findall(r"(?:^|\x1b\[J)([* >]) (\d) (?:capture|train|compare|ab|play)\b", said, re.MULTILINE)
    return [mark + number for mark, number in lines[-5:]]


def found(folder=Path("captures"), name="mine", **more):
    """What is said of each step, and the name of the next one."""
    standing = look(folder, name, **more)
    following = standing.next_step()
    return {step.name: step.found for step in standing.steps}, following and following.name


class Chain:
    """`rig clone mine` on terminals of its own, one after the other, in one folder with a preamp on the server."""

    def __init__(self, folder: Path, server: JackServer, python: Path | str, start: Any = None) -> None:
        """`start`: see WarmRig; None: each is a process of its own."""
        self._folder, self._server = folder, server
        self._options = ("--python", python, "--no-page", "--threads", 1)
        self._start = start
        self._terminal: Terminal | None = None

    def begin(self, *options: object) -> None:
        """Start it."""
        words = ("mine", *self._options, *options)
        server = self._server.name
        self._terminal = Terminal(
            *words, command="clone", cwd=self._folder, start=self._start, JACK_DEFAULT_SERVER=server
        )

    def see(self, text: str, keys: str = "", timeout_s: float = 120.0) -> None:
        """Press keys, and wait for a text behind them."""
        assert self._terminal is not None
        try:
            self._terminal.press(keys, text, timeout_s)
        except TimeoutError:
            if "The server lost samples in each of" in self._terminal.text:
                skip_if_torn("no take of rig ab was whole", 512)
            raise

    def send(self, number: Signals) -> None:
        """Send a signal."""
        assert self._terminal is not None
        self._terminal.process.send_signal(number)

    def left(self, keys: str = "", code: int = 0) -> str:
        """It ends with this code; all that it showed."""
        terminal, self._terminal = self._terminal, None
        assert terminal is not None
        try:
            if keys:
                os.write(terminal._ours, keys.encode())
            # What it still says has to be read, or it would wait for that.
            wait_until(lambda: terminal.read() is not None and terminal.process.poll() is not None, "its end", 60)
            assert terminal.process.poll() == code, terminal.text
            return terminal.read()
        finally:
            terminal.close()

    def close(self) -> None:
        """End what still runs."""
        if self._terminal is not None:
            self._terminal.close()
