"""Interfaces that are not there: cards of alsa-lib whose controls a test turns.

The plugin `simulated_card.c` is compiled once, and a private ALSA_CONFIG_PATH names it in place of `hw`: what a program
asks libasound about `hw:0` and `hw:1` goes through alsa-lib to sockets here. Names, ranges and scales are those of the
drivers (rig/library/alsa_controls.toml says where they stand), written once more by hand.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

BOOLEAN, INTEGER, ENUMERATED = 1, 2, 3
SOURCE = Path(__file__).with_name("simulated_card.c")
HEADERS = Path("/usr/include/alsa/control_external.h")
COMPILER = shutil.which("gcc") or shutil.which("cc")
WHY_NOT = "" if COMPILER and HEADERS.is_file() else "no C compiler, or no headers of alsa-lib (libasound2-dev)"
CARDS = 9  # that the configuration knows


@dataclass
class Control:
    """One element; `db`: at its least and most value, None: it tells no scale."""

    kind: int
    value: int = 0
    low: int = 0
    high: int = 1
    words: tuple[str, ...] = ()
    db: tuple[float, float] | None = None
    error: int = 0  # what reading it says instead

    def line(self, name: str) -> str:
        scale = "-" if self.db is None else f"{round(100 * self.db[0])}|{round(100 * self.db[1])}"
        return "\t".join([name, str(self.kind), str(self.low), str(self.high), "|".join(self.words), scale])


def level(is_instrument: bool = True) -> Control:
    return Control(ENUMERATED, int(is_instrument), words=("Line", "Inst"))


def scarlett_2i2_4th(gain: int = 27) -> dict[str, Control]:
    found = {}
    for number in (1, 2):
        found[f"Line In {number} Level Capture Enum"] = level()
        found[f"Line In {number} Air Capture Enum"] = Control(ENUMERATED, words=("Off", "Presence", "Presence + Drive"))
        found[f"Line In {number} Phantom Power Capture Switch"] = Control(BOOLEAN)
        found[f"Line In {number} Gain Capture Volume"] = Control(INTEGER, gain, 0, 70, db=(0.0, 69.0))
    return found


def scarlett_solo_4th() -> dict[str, Control]:
    air = Control(ENUMERATED, words=("Off", "Presence", "Presence + Drive"))
    return {"Line In 1 Level Capture Enum": level(), "Line In 2 Air Capture Enum": air}


def scarlett_2i2_3rd() -> dict[str, Control]:
    found = {f"Line In {number} Level Capture Enum": level() for number in (1, 2)}
    return found | {f"Line In {number} Air Capture Switch": Control(BOOLEAN) for number in (1, 2)}


def scarlett_4i4_3rd() -> dict[str, Control]:
    return scarlett_2i2_3rd() | {f"Line In {number} Pad Capture Switch": Control(BOOLEAN) for number in (1, 2)}


@dataclass
class SimulatedCard:
    """One card, plugged in as long as it listens."""

    path: Path
    title: str
    controls: dict[str, Control]
    refuses: int = 0  # with this error
    _open: list[socket.socket] = field(default_factory=list)
    _watching: list[socket.socket] = field(default_factory=list)
    _listener: socket.socket | None = None

    def plug_in(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self.path.unlink(missing_ok=True)
        self._listener.bind(str(self.path))
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def pull_out(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            self.path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for each in [*self._open, *self._watching]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.clear()
        self._watching.clear()

    def set(self, name: str, value: int) -> None:
        """Turn a control, as a hand at the interface would: an event follows."""
        self.controls[name].value = value
        at = list(self.controls).index(name)
        for each in list(self._watching):
            with contextlib.suppress(OSError):
                each.sendall(f"{at}\n".encode())

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        self._open.append(connection)
        with contextlib.suppress(OSError, ValueError), connection, connection.makefile("r") as questions:
            for question in questions:
                if question[0] == "W":
                    self._watching.append(connection)
                else:
                    connection.sendall((self._answer(question) + "\n").encode())

    def _answer(self, question: str) -> str:
        if question[0] == "C":
            if self.refuses:
                return f"!{self.refuses}"
            return "\t".join(["Sim", "USB-Audio", self.title, f"{self.title} at usb-simulated, high speed"])
        if question[0] == "L":
            return "\n".join([str(len(self.controls)), *(each.line(name) for name, each in self.controls.items())])
        control = list(self.controls.values())[int(question[1:])]
        return f"!{control.error}" if control.error else str(control.value)


def compiled(folder: Path) -> Path:
    """The plugin, compiled into a folder."""
    plugin = folder / "libasound_module_ctl_rigsim.so"
    words = [COMPILER or "cc", "-shared", "-fPIC", "-DPIC", "-o", str(plugin), str(SOURCE), "-lasound"]
    subprocess.run(words, check=True, capture_output=True)
    return plugin


def configured(folder: Path, plugin: Path) -> dict[str, str]:
    """What the environment has to say so that libasound takes `hw:N` for the sockets `card-N` of a folder."""
    config = folder / "asound.conf"
    config.write_text(
        f'ctl_type.rigsim {{ lib "{plugin}" }}\n'
        "ctl.hw {\n    @args [ CARD ]\n    @args.CARD { type string default 0 }\n"
        f'    type rigsim\n    socket {{ @func concat strings [ "{folder}/card-" $CARD ] }}\n}}\n'
    )
    return {**os.environ, "ALSA_CONFIG_PATH": str(config)}
