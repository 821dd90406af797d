"""The simulated preamp as a program: a compiled JACK client with the ports `in`, `out` and `other`.

    python tests/support/machine/device_client.py --server NAME --name preamp

is told what to do by JSON, one object a line, on standard input, and answers each with one on standard output; it ends
with its input. `device.py` is the other end of that pipe, and says what all of it means.

in -> preamp -> gain, polarity -> room -> delay -> hum, noise, DC -> gate -> mute -> clip -> out
"""

from __future__ import annotations

import argparse
import ctypes
import json
import math
import sys
import time
from typing import Any

import numpy as np

from rig.backends.jack import libjack
from rig.dsp.native.compile import entry, kernel
from rig.dsp.native.memory import Layout
from rig.dsp.native.pointers import doubles, fetch_add, floats, foreign, offset, pointer_to_int, record, store_release
from rig.nam import Model

WIRE, TUBE, NAM = range(3)  # what the preamp is
CHUNK = 256
RING = 1 << 17  # samples of the delay line
CUES = 16  # things that can be told to happen at a moment
COMBS = (1423, 1621, 1811, 2029)  # samples: of the room, which rings on for a second and a half
COMB_RING = 2048
TAPS, PHASES = 64, 512  # of the interpolator between samples; a read between two phases is a straight line
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
    "clip",
    "bypass",
    "room",
)

DEVICE = np.dtype(
    [
        ("client", np.int64),
        ("input", np.int64),
        ("out", np.int64),
        ("other", np.int64),
        ("get_buffer", np.int64),
        ("usleep", np.int64),
        ("rate", np.float64),
        # settings
        ("preamp", np.int64),
        ("run", np.int64),  # of the .nam
        ("network", np.int64),
        ("delay", np.float64),  # samples; drift and lost samples move it
        ("drift", np.float64),  # samples per sample
        ("polarity", np.float64),
        ("gain", np.float64),
        ("drive", np.float64),
        ("noise", np.float64),  # RMS
        ("hum", np.float64),  # peak of the fundamental
        ("hum_hz", np.float64),
        ("dc", np.float64),
        ("gate", np.float64),  # silent while the level is below this; 0: no gate
        ("clip", np.float64),
        ("bypass", np.float64),  # 1: what comes in goes out
        ("room", np.float64),  # 0: none; how much of a reverb is added
        # once, in the next cycle
        ("mute", np.float64),  # samples of silence still to come
        ("lost", np.float64),  # samples by which what follows comes later
        ("stall_us", np.int64),
        # at a moment of its own
        ("heard", np.int64),  # samples since the first sound came in, to the chunk
        ("cue_at", np.int64, CUES),  # by that count; 0: none
        ("cue_target", np.int64, CUES),  # address of a float64 of this record
        ("cue_value", np.float64, CUES),
        # memory
        ("ring", np.int64),
        ("combs", np.int64),
        ("table", np.int64),
        ("x", np.int64),
        ("y", np.int64),
        ("at", np.int64),  # samples so far
        ("seed", np.int64),
        ("hum_phase", np.float64),
        ("envelope", np.float64),
        ("tube", np.float64, 12),
        # counted
        ("cycles", np.int64),
        ("xruns", np.int64),
        ("gone", np.int64),
    ],
    align=True,
)
CYCLES, XRUNS, GONE = (offset(DEVICE, name) for name in ("cycles", "xruns", "gone"))
call_get_buffer, call_usleep = foreign("l", "l", "u"), foreign("i", "u")
call_run = foreign("v", "l", "l", "l", "l")


@kernel
def corner(hz, rate):
    return 1.0 - math.exp(-2.0 * math.pi * hz / rate)


@kernel
def after(seconds, rate):
    return 1.0 - math.exp(-1.0 / (seconds * rate))


@kernel
def tube(d, x):
    """One sample through two triode-like stages with creeping bias and a blocking grid; see models/make_preamp_take."""
    s, rate = d.tube, d.rate
    s[0] += corner(25.0, rate) * (x - s[0])
    s[1] += corner(11000.0, rate) * (x - s[0] - s[1])
    v = 6.0 * s[1] - s[2]
    plate = math.tanh(v) if v >= 0.0 else 1.6 * math.tanh(v / 1.6)
    s[2] += after(0.018, rate) * (0.35 * max(plate, 0.0) - 0.1 * max(-plate, 0.0) - s[2])
    s[3] += corner(60.0, rate) * (-plate - s[3])
    s[4] += corner(7500.0, rate) * (-plate - s[3] - s[4])
    v = 3.0 * s[4] - s[5] - s[6]
    charge = 0.5 * max(v - 0.8, 0.0)
    s[6] += (after(0.0008, rate) if charge > s[6] else after(0.025, rate)) * (charge - s[6])
    plate = math.tanh(0.9 * v) / 0.9 if v >= 0.0 else 1.8 * math.tanh(v / 1.8)
    s[5] += after(0.009, rate) * (0.25 * max(plate, 0.0) - 0.08 * max(-plate, 0.0) - s[5])
    s[7] += corner(12.0, rate) * (-plate - s[7])
    u = -plate - s[7]
    s[8] += corner(700.0, rate) * (u - s[8])
    return 0.25 * (0.45 * s[8] + 0.55 * (u - s[8]) + 0.3 * u)


@kernel
def uniform(d):
    d.seed = d.seed * 6364136223846793005 + 1442695040888963407
    return (d.seed >> 33) / 1073741824.0


@kernel
def gaussian(d):
    return (uniform(d) + uniform(d) + uniform(d) + uniform(d)) * 0.8660254037844386


@kernel
def delayed(d, now):
    """The delay line at `delay` samples before sample `now`."""
    ring, table = doubles(d.ring), doubles(d.table)
    at = np.float64(now) - d.delay
    base = math.floor(at)
    phase = (at - base) * PHASES
    row = np.int64(phase)
    part = phase - row
    start = np.int64(base) - (TAPS // 2 - 1)
    y = 0.0
    for k in range(TAPS):
        low, high = table[row * TAPS + k], table[(row + 1) * TAPS + k]
        y += ring[(start + k) & (RING - 1)] * (low + part * (high - low))
    return y


@kernel
def reverb(d, v):
    """What four combs ring on with; they are fed while there is a room (Schroeder 1962)."""
    combs = doubles(d.combs)
    rung = 0.0
    for k in range(len(COMBS)):
        here, then = k * COMB_RING + (d.at & (COMB_RING - 1)), k * COMB_RING + ((d.at - COMBS[k]) & (COMB_RING - 1))
        combs[here] = (v if d.room != 0.0 else 0.0) + 0.84 * combs[then]
        rung += combs[then]
    return rung


@kernel
def play(d, x, y, frames):
    """`frames` <= CHUNK samples."""
    ring, source, driven, coloured, out = doubles(d.ring), floats(x), floats(d.x), floats(d.y), floats(y)
    for i in range(frames):
        driven[i] = np.float32(source[i] * d.drive)
    if d.preamp == NAM:
        call_run(d.run, d.network, d.x, d.y, frames)
    else:
        for i in range(frames):
            coloured[i] = np.float32(tube(d, driven[i])) if d.preamp == TUBE else driven[i]
    for i in range(frames):
        v = np.float64(source[i]) if d.bypass != 0.0 else np.float64(coloured[i]) * d.gain * d.polarity
        ring[d.at & (RING - 1)] = v + d.room * reverb(d, v)
        v = delayed(d, d.at)
        d.at += 1
        d.delay += d.drift
        if d.hum != 0.0:
            d.hum_phase += 2.0 * math.pi * d.hum_hz / d.rate
            v += d.hum * (math.sin(d.hum_phase) + 0.5 * math.sin(2.0 * d.hum_phase))
        if d.noise != 0.0:
            v += d.noise * gaussian(d)
        v += d.dc
        d.envelope = max(abs(v), d.envelope * (1.0 - 1.0 / (0.005 * d.rate)))
        if d.envelope < d.gate:
            v = 0.0
        if d.mute > 0:
            d.mute -= 1.0
            v = 0.0
        out[i] = np.float32(min(max(v, -d.clip), d.clip))


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
        play(d, x + 4 * at, y + 4 * at, min(CHUNK, n - at))
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


def interpolator():
    """(PHASES + 1, TAPS) of a Kaiser-windowed sinc; row 0 is exactly one sample."""
    k = np.arange(TAPS) - (TAPS // 2 - 1)
    t = k[None, :] - np.arange(PHASES + 1)[:, None] / PHASES
    window = np.i0(9.0 * np.sqrt(np.maximum(0.0, 1.0 - (t / (TAPS / 2)) ** 2))) / np.i0(9.0)
    rows = np.sinc(t) * window
    rows[0], rows[-1] = k == 0, k == 1
    return rows


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
        if kind == "wire":
            self.state["preamp"] = WIRE
        elif kind == "tube":
            self.state["preamp"] = TUBE
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
