"""Gear of many kinds at the end of real cables, a compiled sample at a time; `gears.py` has such for files.

Each kind takes the device's record, whose `memory` holds what its filters know, and one sample, driven already. A curve
is taken at the sample and half-way to it, which leaves less of what folds back at the rate.
"""

from __future__ import annotations

import math

from rig.dsp.native.compile import kernel

KINDS = (
    "wire",
    "tube",
    "nam",
    "clean",
    "tilted",
    "crunch",
    "overdrive",
    "high gain",
    "fuzz",
    "gated fuzz",
    "octave",
    "compressor",
    "sag",
    "limiter",
    "booster",
)
WIRE, TUBE, NAM, CLEAN, TILTED, CRUNCH, OVERDRIVE, HIGH_GAIN = range(8)
FUZZ, GATED_FUZZ, OCTAVE, COMPRESSOR, SAG, LIMITER, BOOSTER = range(8, len(KINDS))
MEMORY = 12


@kernel
def corner(hz, rate):
    return 1.0 - math.exp(-2.0 * math.pi * hz / rate)


@kernel
def after(seconds, rate):
    return 1.0 - math.exp(-1.0 / (seconds * rate))


@kernel
def low(d, k, hz, x):
    """What lies below a frequency, by one pole that remembers in slot k."""
    d.memory[k] += corner(hz, d.rate) * (x - d.memory[k])
    return d.memory[k]


@kernel
def high(d, k, hz, x):
    return x - low(d, k, hz, x)


@kernel
def followed(d, k, seconds, x):
    """The level of x, by one pole."""
    d.memory[k] += after(seconds, d.rate) * (abs(x) - d.memory[k])
    return d.memory[k]


@kernel
def halfway(d, k, v):
    """The middle between the sample before and this one."""
    middle = 0.5 * (d.memory[k] + v)
    d.memory[k] = v
    return middle


@kernel
def tube(d, x):
    """One sample through two triode-like stages with creeping bias and a blocking grid; see models/make_preamp_take."""
    s, rate = d.memory, d.rate
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
def clean(d, x):
    v = high(d, 0, 40.0, x)
    return math.tanh(0.25 * halfway(d, 1, v)) + math.tanh(0.25 * v)


@kernel
def tilted(d, x):
    return 0.15 * high(d, 0, 900.0, x) + 0.7 * low(d, 1, 250.0, x)


@kernel
def bends_one_way(v):
    return math.tanh(v) if v > 0.0 else 1.5 * math.tanh(v / 1.5)


@kernel
def crunch(d, x):
    v = 6.0 * high(d, 0, 120.0, x)
    y = 0.5 * (bends_one_way(halfway(d, 1, v)) + bends_one_way(v))
    return 0.3 * high(d, 4, 30.0, low(d, 3, 5000.0, low(d, 2, 5000.0, y)))


@kernel
def overdrive(d, x):
    v = 40.0 * high(d, 0, 720.0, x)
    m = halfway(d, 1, v)
    y = 0.5 * (m / math.sqrt(1.0 + m * m) + v / math.sqrt(1.0 + v * v))
    return low(d, 2, 3000.0, 0.25 * y + 0.25 * x)


@kernel
def high_gain(d, x):
    v = 25.0 * high(d, 0, 200.0, x)
    y = 0.5 * (math.tanh(halfway(d, 1, v) + 0.3) + math.tanh(v + 0.3)) - math.tanh(0.3)
    v = 15.0 * high(d, 3, 100.0, low(d, 2, 6000.0, y))
    y = 0.5 * (math.tanh(halfway(d, 4, v) - 0.2) + math.tanh(v - 0.2)) + math.tanh(0.2)
    return 0.3 * high(d, 7, 60.0, low(d, 6, 4500.0, low(d, 5, 4500.0, y)))


@kernel
def fuzz(d, x):
    v = 300.0 * high(d, 0, 60.0, x)
    y = 0.5 * (min(max(halfway(d, 1, v), -0.7), 1.0) + min(max(v, -0.7), 1.0))
    return 0.25 * high(d, 4, 40.0, low(d, 3, 3500.0, low(d, 2, 3500.0, y)))


@kernel
def starved(v):
    return min(max(math.copysign(4.0 * max(abs(v) - 0.5, 0.0), v), -1.0), 0.8)


@kernel
def gated_fuzz(d, x):
    v = 100.0 * high(d, 0, 80.0, x)
    y = 0.5 * (starved(halfway(d, 1, v)) + starved(v))
    return 0.3 * high(d, 3, 30.0, low(d, 2, 5000.0, y))


@kernel
def octave(d, x):
    v = 8.0 * high(d, 0, 100.0, x)
    v = 5.0 * high(d, 2, 60.0, 0.5 * (abs(math.tanh(halfway(d, 1, v))) + abs(math.tanh(v))))
    y = 0.5 * (math.tanh(halfway(d, 3, v)) + math.tanh(v))
    return 0.4 * high(d, 5, 40.0, low(d, 4, 4000.0, y))


@kernel
def compressor(d, x):
    level_db = 20.0 * math.log10(max(followed(d, 0, 0.004, x), 1e-6))
    d.memory[1] += 0.0007 * (max(level_db + 40.0, 0.0) - d.memory[1])
    return 1.2 * x * math.pow(10.0, -0.75 * d.memory[1] / 20.0)


@kernel
def sag(d, x):
    """A supply that gives in while much is drawn."""
    supply = 1.0 / (1.0 + 1.5 * followed(d, 1, 0.12, followed(d, 0, 0.02, math.tanh(4.0 * x))))
    v = 5.0 * high(d, 2, 80.0, x) / math.sqrt(max(supply, 0.3))
    y = 0.5 * supply * (math.tanh(halfway(d, 3, v)) + math.tanh(v))
    return 0.4 * low(d, 5, 5500.0, low(d, 4, 5500.0, y))


@kernel
def limiter(d, x):
    y = 4.0 * high(d, 0, 50.0, x)
    return 0.5 * y / (1.0 + max(followed(d, 1, 0.003, y) - 0.25, 0.0) / 0.25)


@kernel
def booster(d, x):
    """Treble into germanium, whose bias is pulled away by what is loud."""
    y = 10.0 * high(d, 0, 1800.0, x)
    v = y - 0.6 * followed(d, 1, 0.03, max(y, 0.0))
    bent = 0.5 * (min(max(halfway(d, 2, v), -1.0), 0.6) + min(max(v, -1.0), 0.6))
    return 0.35 * high(d, 4, 40.0, low(d, 3, 7000.0, bent - 0.1 * bent * bent))


@kernel
def through(d, x):
    """One sample of the gear that the device is; a `.nam` is no such thing."""
    kind = d.preamp
    if kind == WIRE:
        return x
    if kind == TUBE:
        return tube(d, x)
    if kind == CLEAN:
        return clean(d, x)
    if kind == TILTED:
        return tilted(d, x)
    if kind == CRUNCH:
        return crunch(d, x)
    if kind == OVERDRIVE:
        return overdrive(d, x)
    if kind == HIGH_GAIN:
        return high_gain(d, x)
    if kind == FUZZ:
        return fuzz(d, x)
    if kind == GATED_FUZZ:
        return gated_fuzz(d, x)
    if kind == OCTAVE:
        return octave(d, x)
    if kind == COMPRESSOR:
        return compressor(d, x)
    if kind == SAG:
        return sag(d, x)
    if kind == LIMITER:
        return limiter(d, x)
    return booster(d, x) if kind == BOOSTER else 0.0
