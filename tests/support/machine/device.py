"""A simulated preamp at the end of real JACK cables: a process of its own, compiled, with faults on command.

    with Device(jack_server, delay_samples=137.25, polarity=-1, preamp="tube", noise_dbfs=-80) as preamp:
        preamp.connect("rig:send", "rig:return")
        ...
        preamp.fault("dropout", samples=64)

The way back adds one period of the server to `delay_samples`: JACK closes a loop of two clients that way. A delay that
is not whole is at least 32 samples; its interpolator is flat within 0.01 dB to 20 kHz.

`preamp` is "wire" (a plain cable), "tube" (two triode-like stages: bends one way more than the other, and remembers),
another of `device_gear.KINDS`, or the path of a `.nam` file. Gains in dB; `noise_dbfs` is an RMS, `hum_dbfs` the peak
of the fundamental, `dc` linear.

Faults, each by name:

    dropout      samples=64         samples are lost or doubled: what follows lies so much later (earlier if negative)
    mute         samples=480        silence, and nothing moves
    stall        ms=8               the process oversleeps: an xrun
    drift        ppm=20             another clock, from now on
    gate         dbfs=-50           closes below that level
    clip         dbfs=-12           flat above that level
    gain         db=3               somebody turned a knob
    bypass                          what comes in goes out, delayed only
    hum          dbfs=-40, hz=50    a cable has come loose
    noise        dbfs=-40
    dc           level=0.02
    disconnect                      all its cables are pulled
    wrong_port                      the return listens to another port, which carries only noise
    buffer       frames=128         the server's block size changes
    death                           the device's own process is killed
    server_freeze s=0.05            the whole server stops for a moment
    server_death                    the server is killed

`clear()` ends those that last; a dropout, broken cables and deaths stay as they are.

    preamp.later((19.0, "lost", 2), (20.0, "gate", 0.001))

sets fields of the device (`device_sound.DEVICE`, linear) at moments counted from the next first sound that comes in:
within 256 samples, however busy the machine is and however fast the server runs.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jackserver import JackServer
from places import ROOT

CLIENT = Path(__file__).parent / "device_client.py"
ANSWER_S = 120.0  # it may have to compile first


def gain(db: float | None) -> float:
    return 0.0 if db is None else 10 ** (db / 20)


class Device:
    """See the module's text. `server`: a running JackServer, or its name where no fault of the server is asked for."""

    def __init__(
        self,
        server: JackServer | str,
        delay_samples: float = 137.0,
        polarity: int = 1,
        gain_db: float = 0.0,
        preamp: str | Path = "tube",
        *,
        drive_db: float = 0.0,
        noise_dbfs: float | None = None,
        hum_dbfs: float | None = None,
        hum_hz: float = 50.0,
        dc: float = 0.0,
        name: str = "preamp",
    ) -> None:
        self.server, self.name, self.preamp = server, name, str(preamp)
        self.settings = {
            "delay": checked(delay_samples),
            "polarity": polarity,
            "gain": gain(gain_db),
            "drive": gain(drive_db),
            "noise": gain(noise_dbfs),
            "hum": gain(hum_dbfs),
            "hum_hz": hum_hz,
            "dc": dc,
            "drift": 0.0,
            "gate": 0.0,
            "hold": 0.0,
            "clip": 1.0,
            "bypass": 0.0,
            "room": 0.0,
        }
        self._process: subprocess.Popen[str] | None = None

    @property
    def server_name(self) -> str:
        return self.server if isinstance(self.server, str) else self.server.name

    def __enter__(self) -> Device:
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [sys.executable, str(CLIENT), "--server", self.server_name, "--name", self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        try:
            assert self._answer()["ready"]
            self._do("preamp", kind=self.preamp)
            self._do("set", **self.settings)
            self.name = self._do("activate")["name"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.close()
            process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            process.kill()
            process.wait()
        process.stdout.close()

    # ------------------------------------------------------------ cables and settings
    def connect(self, send: str | None = None, back: str | None = None) -> None:
        """Plug `send` (an output port of somebody) into it, and it into `back` (an input port)."""
        for own, other in (("in", send), ("out", back)):
            if other is not None:
                self._do("connect", own=own, other=other)

    def set(self, **fields: float) -> None:
        """Change settings of the constructor by their names there; the delay and everything else jump at once."""
        changed = {}
        for name, value in fields.items():
            if name == "delay_samples":
                changed["delay"] = checked(value)
            elif name.endswith(("_db", "_dbfs")):
                changed[name.rsplit("_", 1)[0]] = gain(value)
            else:
                changed[name] = value
        self.settings.update(changed)
        self._do("set", **changed)

    def become(self, preamp: str | Path) -> None:
        """Be another preamp from now on, at rest."""
        self.preamp = str(preamp)
        self._do("preamp", kind=self.preamp)

    def counted(self) -> dict[str, float]:
        """Its `cycles`, `xruns`, samples (`at`) and present `delay` in samples, `gone` if the server has left it."""
        return self._do("counted")

    # ------------------------------------------------------------ faults
    def fault(self, name: str, **how: float) -> None:
        """Something goes wrong now; see the module's text."""
        FAULTS[name](self, **how)

    def later(self, *cues: tuple[float, str, float]) -> None:
        """(seconds, field, value) each; see the module's text. Without any: nothing that was told happens any more."""
        self._do("later", cues=[(round(s * 48000), name, value) for s, name, value in cues])

    def clear(self) -> None:
        """As it was before, but for what cannot be undone."""
        self._do("set", **{name: value for name, value in self.settings.items() if name != "delay"})

    def _do(self, order: str, **arguments: Any) -> dict[str, Any]:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": order, **arguments}) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_S)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            raise RuntimeError(f"{self.name}: the device does not answer (its process: {self._process.poll()})")
        return json.loads(line)

    def _death(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _server_freeze(self, s: float = 0.05) -> None:
        assert isinstance(self.server, JackServer)
        self.server.send(signal.SIGSTOP)
        time.sleep(s)
        self.server.send(signal.SIGCONT)

    def _server_death(self) -> None:
        assert isinstance(self.server, JackServer)
        self.server.kill()


FAULTS: dict[str, Callable[..., Any]] = {
    "dropout": lambda device, samples=64: device._do("lose", samples=int(samples)),
    "mute": lambda device, samples=480: device._do("mute", samples=int(samples)),
    "stall": lambda device, ms=8.0: device._do("stall", us=int(1000 * ms)),
    "drift": lambda device, ppm=20.0: device._do("set", drift=ppm * 1e-6),
    "gate": lambda device, dbfs=-50.0: device._do("set", gate=gain(dbfs)),
    "clip": lambda device, dbfs=-12.0: device._do("set", clip=gain(dbfs)),
    "gain": lambda device, db=3.0: device._do("set", gain=device.settings["gain"] * gain(db)),
    "bypass": lambda device: device._do("set", bypass=1.0),
    "hum": lambda device, dbfs=-40.0, hz=50.0: device._do("set", hum=gain(dbfs), hum_hz=hz),
    "noise": lambda device, dbfs=-40.0: device._do("set", noise=gain(dbfs)),
    "dc": lambda device, level=0.02: device._do("set", dc=level),
    "disconnect": lambda device: device._do("disconnect"),
    "wrong_port": lambda device: device._do("swap"),
    "buffer": lambda device, frames=128: device._do("block_size", frames=int(frames)),
    "death": Device._death,
    "server_freeze": Device._server_freeze,
    "server_death": Device._server_death,
}


def checked(delay_samples: float) -> float:
    if not (0 <= delay_samples <= 100_000) or (delay_samples % 1 and delay_samples < 32):
        raise ValueError(f"a delay of {delay_samples} samples: whole from 0, any from 32 to 100000")
    return float(delay_samples)
