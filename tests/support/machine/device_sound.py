"""What the simulated preamp does to sound, a compiled sample at a time; `device_client.py` plays it over JACK.

in -> preamp -> gain, polarity -> room -> delay -> hum, noise, DC -> gate -> mute -> clip -> out
"""

from __future__ import annotations

import math

import numpy as np
from device_gear import MEMORY, NAM, through

from rig.dsp.native.compile import entry, kernel
from rig.dsp.native.pointers import doubles, floats, foreign, record

CHUNK = 256
RING = 1 << 17  # samples of the delay line
CUES = 512  # things that can be told to happen at a moment
COMBS = (1423, 1621, 1811, 2029)  # samples: of the room, which rings on for a second and a half
COMB_RING = 2048
TAPS, PHASES = 64, 512  # of the interpolator between samples; a read between two phases is a straight line
DEVICE = np.dtype(
    [
        ("client", np.int64),
        ("input", np.int64),
        ("out", np.int64),
        ("other", np.int64),
        ("get_buffer", np.int64),
        ("usleep", np.int64),
        ("play", np.int64),  # address of `play_all`
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
        ("hold", np.float64),  # samples for which it stays open
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
        ("held", np.float64),  # samples for which the gate still stays open
        ("memory", np.float64, MEMORY),  # of the gear
        # counted
        ("cycles", np.int64),
        ("xruns", np.int64),
        ("gone", np.int64),
    ],
    align=True,
)
call_run = foreign("v", "l", "l", "l", "l")


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
            coloured[i] = np.float32(through(d, np.float64(driven[i])))
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
        d.held = d.hold if d.envelope >= d.gate else d.held - 1.0
        if d.envelope < d.gate and d.held <= 0.0:
            v = 0.0
        if d.mute > 0:
            d.mute -= 1.0
            v = 0.0
        out[i] = np.float32(min(max(v, -d.clip), d.clip))


@entry("vllll")
def play_all(device, x, y, frames):
    """What comes out of the device at this address: `frames` float32 from address x to y."""
    d = record(device, DEVICE)
    for at in range(0, frames, CHUNK):
        play(d, x + 4 * at, y + 4 * at, min(CHUNK, frames - at))


def interpolator():
    """(PHASES + 1, TAPS) of a Kaiser-windowed sinc; row 0 is exactly one sample."""
    k = np.arange(TAPS) - (TAPS // 2 - 1)
    t = k[None, :] - np.arange(PHASES + 1)[:, None] / PHASES
    window = np.i0(9.0 * np.sqrt(np.maximum(0.0, 1.0 - (t / (TAPS / 2)) ** 2))) / np.i0(9.0)
    rows = np.sinc(t) * window
    rows[0], rows[-1] = k == 0, k == 1
    return rows
