"""What the simulated preamp of `device.py` answers, computed without a server: the judge of captures of it."""

from __future__ import annotations

import numpy as np
from device_gear import KINDS, NAM
from device_sound import CHUNK, COMB_RING, COMBS, DEVICE, PHASES, RING, TAPS, interpolator, play_all

from rig.dsp.native.memory import Layout


def answer(x, preamp="tube", delay_samples=0.0, gain_db=0.0, polarity=1, rate=48000, cues=(), **settings):
    """(n,) float32 for (n,) float32, from rest, without noise, hum or offset but by `settings`, which are linear.

    `cues`: what happens, in order: (sample of x, field of `device_sound.DEVICE`, value).
    """
    kind = KINDS.index(preamp)
    assert kind != NAM
    layout = Layout()
    part, ring = layout.reserve(DEVICE), layout.reserve(np.float64, RING)
    table, a, b = layout.reserve(np.float64, (PHASES + 1) * TAPS), *(layout.reserve("f4", CHUNK) for _ in range(2))
    combs = layout.reserve(np.float64, len(COMBS) * COMB_RING)
    arena = layout.allocate(lock=False)
    arena[table][:] = interpolator().ravel()
    s = arena[part][0]
    s["ring"], s["combs"], s["table"], s["x"], s["y"] = (arena.address_of(p) for p in (ring, combs, table, a, b))
    s["preamp"], s["rate"], s["delay"], s["seed"] = kind, rate, delay_samples, 1
    s["gain"], s["polarity"], s["drive"], s["clip"] = 10 ** (gain_db / 20), polarity, 1.0, 1.0
    for name, value in settings.items():
        s[name] = value
    x = np.ascontiguousarray(x, np.float32)
    y = np.empty_like(x)
    first = 0
    for at, name, value in [*cues, (x.size, "lost", 0.0)]:
        play_all(arena.address_of(part), x[first:].ctypes.data, y[first:].ctypes.data, at - first)
        first, field = at, "delay" if name == "lost" else name
        s[field] = value + (s["delay"] if name == "lost" else 0.0)
    return y
