"""The simulated preamp as a program: a compiled JACK client with the ports `in`, `out` and `other`.

    python tests/support/machine/device_client.py --server NAME --name preamp

is told what to do by JSON, one object a line, on standard input, and answers each with one on standard output; it ends
with its input. `device.py` is the other end of that pipe, and says what all of it means.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import sys
import time
from typing import Any

import numpy as np
from device_gear import KINDS, NAM
from device_sound import (
    CHUNK,
    COMB_RING,
    COMBS,
    CUES,
    DEVICE,
    PHASES,
    RING,
    TAPS,
    gaussian,
    interpolator,
    play_all,
)

from rig.backends.jack import libjack
from rig.dsp.native.compile import entry, kernel
from rig.dsp.native.memory import Layout
from rig.dsp.native.pointers import doubles, fetch_add, floats, foreign, offset, pointer_to_int, record, store_release
from rig.nam import Model

FIELDS = (
    "delay",
    "polarity",
    "gain",
    "drive",
    "noise",
    "hum",
    "hum_hz",
    "dc",
    "drift",
    "gate",
    "hold",
    "clip",
    "bypass",
    "room",
)
CYCLES, XRUNS, GONE = (offset(DEVICE, name) for name in ("cycles", "xruns", "gone"))
call_get_buffer, call_usleep = foreign("l", "l", "u"), foreign("i", "u")
call_play = foreign("v", "l", "l", "l", "l")


@kernel
def listen(d, x, frames):
    """Count from the first sound on, and carry out what is due."""
    source = floats(x)
    for i in range(frames):
        if d.heard > 0 or source[i] != 0.0:
            d.heard += 1
    for k in range(CUES):
        if d.cue_at[k] > 0 and d.heard >= d.cue_at[k]:
            doubles(d.cue_target[k])[0] = d.cue_value[k]
            d.cue_at[k] = 0


@entry("iup")
def on_device_cycle(frames, argument):
    here = pointer_to_int(argument)
    d = record(here, DEVICE)
    n = np.int64(frames)
    if d.stall_us > 0:
        call_usleep(d.usleep, np.uint32(d.stall_us))
        d.stall_us = 0
    x = call_get_buffer(d.get_buffer, d.input, frames)
    y = call_get_buffer(d.get_buffer, d.out, frames)
    other = call_get_buffer(d.get_buffer, d.other, frames)
    if x == 0 or y == 0 or other == 0:
        return np.int32(0)
    for at in range(0, n, CHUNK):
        listen(d, x + 4 * at, min(CHUNK, n - at))
        if d.lost != 0.0:
            d.delay += d.lost
            d.lost = 0.0
        call_play(d.play, here, x + 4 * at, y + 4 * at, min(CHUNK, n - at))
    out = floats(other)
    for i in range(n):
        out[i] = np.float32(0.001 * gaussian(d))
    store_release(here + CYCLES, d.cycles + 1)
    return np.int32(0)


@entry("ip")
def on_device_xrun(argument):
    fetch_add(pointer_to_int(argument) + XRUNS, 1)
    return np.int32(0)


@entry("vilp")
def on_device_shutdown(code, reason, argument):
    store_release(pointer_to_int(argument) + GONE, 1)


CALLBACKS = {
    "jack_set_process_callback": on_device_cycle,
    "jack_set_xrun_callback": on_device_xrun,
    "jack_on_info_shutdown": on_device_shutdown,
}


class Client:
    """The JACK client and its memory."""

    def __init__(self, server: str, name: str) -> None:
        jack, _ = libjack.library()
        for callback in CALLBACKS.values():
            callback.compile()
        layout = Layout()
        part, ring = layout.reserve(DEVICE), layout.reserve(np.float64, RING)
        combs = layout.reserve(np.float64, len(COMBS) * COMB_RING)
        table, x, y = layout.reserve(np.float64, (PHASES + 1) * TAPS), *(layout.reserve("f4", CHUNK) for _ in range(2))
        arena = layout.allocate()
        self.arena, self.state, self.address = arena, arena[part][0], arena.address_of(part)
        arena[table][:] = interpolator().ravel()
        s: Any = self.state
        s["ring"], s["combs"], s["table"], s["x"], s["y"] = (arena.address_of(p) for p in (ring, combs, table, x, y))
        s["play"] = play_all.address
        s["seed"], s["gain"], s["drive"], s["polarity"], s["clip"], s["hum_hz"] = 1, 1.0, 1.0, 1.0, 1.0, 50.0
        self.client = jack.Client(name, no_start_server=True, servername=server)
        self.ports = {
            "in": self.client.inports.register("in"),
            "out": self.client.outports.register("out"),
            "other": self.client.outports.register("other"),
        }
        for field, port in (("input", "in"), ("out", "out"), ("other", "other")):
            s[field] = libjack.handle(self.ports[port])
        s["client"], s["rate"] = libjack.handle(self.client), self.client.samplerate
        s["get_buffer"] = libjack.function_address("jack_port_get_buffer")
        s["usleep"] = ctypes.cast(ctypes.CDLL(None).usleep, ctypes.c_void_p).value
        for setter, callback in CALLBACKS.items():
            libjack.register(self.client, setter, callback, arena.address_of(part))

    # ------------------------------------------------------------ commands, by name
    def activate(self) -> dict[str, Any]:
        self.client.activate()
        return {"name": self.client.name}

    def set(self, **fields: float) -> dict[str, Any]:
        for name, value in fields.items():
            if name not in FIELDS:
                raise ValueError(f"no such setting: {name}")
            self.state[name] = value
        return {}

    def preamp(self, kind: str) -> dict[str, Any]:
        if kind in KINDS:
            self.state["preamp"], self.state["memory"] = KINDS.index(kind), 0.0
        else:
            self.network = Model.load(kind).network(float(self.state["rate"]))
            self.state["run"], self.state["network"] = self.network.run_address, self.network.address
            self.state["preamp"] = NAM
        return {}

    def lose(self, samples: int) -> dict[str, Any]:
        """What follows comes later by so many samples (earlier if negative)."""
        while self.state["lost"]:  # the audio thread alone moves the delay
            time.sleep(0.001)
        self.state["lost"] = samples
        return {}

    def later(self, cues: list[tuple[int, str, float]]) -> dict[str, Any]:
        """At so many samples after the next first sound, set this to that; replaces what was told before."""
        if len(cues) > CUES:
            raise ValueError(f"{len(cues)} cues; at most {CUES}")
        s = self.state
        s["cue_at"], s["heard"] = 0, 0
        for k, (_, name, value) in enumerate(cues):
            s["cue_target"][k], s["cue_value"][k] = self.address + offset(DEVICE, name), value
        for k, (at, _, _) in enumerate(cues):
            s["cue_at"][k] = at
        return {}

    def mute(self, samples: int) -> dict[str, Any]:
        self.state["mute"] = samples
        return {}

    def stall(self, us: int) -> dict[str, Any]:
        self.state["stall_us"] = us
        while self.state["stall_us"]:
            time.sleep(0.001)
        return {}

    def connect(self, own: str, other: str) -> dict[str, Any]:
        libjack.connect(self.ports[own], other)
        return {}

    def disconnect(self) -> dict[str, Any]:
        for port in self.ports.values():
            port.disconnect()
        return {}

    def swap(self) -> dict[str, Any]:
        """Whatever listens to `out` now listens to `other`."""
        for listener in self.ports["out"].connections:
            self.ports["out"].disconnect(listener)
            self.ports["other"].connect(listener)
        return {}

    def block_size(self, frames: int) -> dict[str, Any]:
        self.client.blocksize = frames
        return {}

    def counted(self) -> dict[str, Any]:
        return {name: float(self.state[name]) for name in ("cycles", "xruns", "gone", "at", "delay")}

    def close(self) -> None:
        if not self.state["gone"]:
            self.client.deactivate()
            self.client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="A simulated preamp on a JACK server.")
    parser.add_argument("--server", required=True)
    parser.add_argument("--name", required=True)
    options = parser.parse_args()
    client = Client(options.server, options.name)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = getattr(client, order.pop("do"))(**order)
        except Exception as error:  # said at the other end of the pipe
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    client.close()


if __name__ == "__main__":
    main()
