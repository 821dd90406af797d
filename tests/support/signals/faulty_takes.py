"""Takes with one fault of some seconds, on any gear of `gears.py`, and clean ones as varied as rooms and files are.

A fault acts where it does in a room: behind the gear, or before it, so that the gear bends it. It counts where it
changes the wet signal of its seconds by more than COUNTS_DB of what that is without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from gears import GEARS, RATE, Gear, gated, passed, played
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from rig.audio.align import shifted
from rig.capture.checks.checks import Evidence, Judged, judge
from rig.capture.signal.training_signal import own_signal
from rig.capture.take.recording import POST_ROLL, PRE_ROLL, Recording

Samples = NDArray[np.float64]

FAULT_S = 6.0
COUNTS_DB = -20.0
EDGE = 64  # samples: a plug is not pulled in no time
# The names by which each fault may be called: where two are the same thing to a gear, both are right.
NAMES = {
    "silence": ("silent",),
    "softer": ("softer",),
    "louder": ("louder",),
    "drive": ("another sound", "softer", "louder"),
    "polarity": ("inverted",),
    "bypass": ("bypassed",),
    "hum": ("hum",),
    "other programme": ("another programme",),
    "gate": ("gate",),
    "reverb": ("rings on",),
    "lag": ("jumps",),
    "dropout": ("missing",),
}


@dataclass(frozen=True)
class Fault:
    name: str
    where: str  # "before" or "behind" the gear
    strength: float
    at_s: float

    def __str__(self) -> str:
        return f"{self.name} {self.where} ({self.strength:.3g}) from {self.at_s:.2f} s"


@cache
def signal(seconds: float = 35.0):
    return own_signal(seconds)


@cache
def sent(seconds: float = 35.0, seed: int = 1) -> Samples:
    """What is played while a take is recorded: silence, the signal, silence."""
    return np.concatenate([np.zeros(PRE_ROLL), own_signal(seconds, seed).samples, np.zeros(POST_ROLL)])


def drawn(name: str, seconds: float, rng: np.random.Generator) -> Fault:
    """A fault of that name at a random place of the programme, as strong as chance has it."""
    where = "behind"
    if name in ("softer", "louder", "hum", "gate", "polarity") and rng.random() < 0.3:
        where = "before"
    if name in ("drive", "other programme"):
        where = "before"
    strength = {
        "softer": 10 ** (-20 / 20),
        "louder": 10 ** (6 / 20),
        "drive": 10 ** (rng.choice([-12, -9, 9, 12]) / 20),
        "hum": 10 ** (rng.uniform(-30, -14) / 20),
        "gate": rng.uniform(0.2, 0.5),
        "reverb": rng.uniform(0.15, 0.5),
        "lag": float(np.round(rng.choice([-1, 1]) * np.exp(rng.uniform(np.log(3), np.log(3000))))),
        "dropout": float(np.round(np.exp(rng.uniform(np.log(64), np.log(2048))))),
    }.get(name, 1.0)
    return Fault(name, where, float(strength), float(rng.uniform(17.0, seconds - 9.5 - FAULT_S)))


def suffered(gear: Gear, fault: Fault, x: Samples, right: Samples, seed: int) -> Samples:
    """`right`, the gear's answer to x (see `sent`), with the fault in its seconds."""
    start = PRE_ROLL + round(fault.at_s * RATE)
    inside = np.zeros(len(x))
    inside[start : start + round(FAULT_S * RATE)] = 1.0
    inside = np.convolve(inside, np.full(EDGE, 1 / EDGE), "same")
    rng = np.random.default_rng([seed, 72])
    if fault.where == "before":
        changed = _before(fault, x, start, rng)
        wrong = played(gear, changed * inside + x * (1 - inside), seed)
        # What the gear remembers fades out after it, but nothing before it is touched.
        return np.where(np.arange(len(x)) < start - EDGE, right, wrong)
    return right * (1 - inside) + _behind(fault, x, right, start, rng) * inside


def _before(fault: Fault, x: Samples, start: int, rng: np.random.Generator) -> Samples:
    if fault.name in ("softer", "louder", "drive"):
        return fault.strength * x
    if fault.name == "polarity":
        return -x
    if fault.name == "hum":
        return x + 0.2 * fault.strength * hum(len(x), rng)
    if fault.name == "gate":
        return gated(x, x, fault.strength * 0.5)
    return _elsewhere(x, start)


def _elsewhere(x: Samples, start: int) -> Samples:
    """Another programme at every place, that plays from `start` on where x does.

    Two of rig's own signals share passages, so it is played from later on.
    """
    other, part = sent(len(x) / RATE + 90, 23), slice(start, start + round(FAULT_S * RATE))
    for late in range(10, 60, 5):
        there = other[late * RATE : late * RATE + len(x)]
        if np.mean(there[part] ** 2) > 0.3 * np.mean(x[part] ** 2):
            break
    return there


def _behind(fault: Fault, x: Samples, y: Samples, start: int, rng: np.random.Generator) -> Samples:
    loud = float(np.abs(y).max())
    floor = 10 ** (-100 / 20) * rng.standard_normal(len(y))
    match fault.name:
        case "silence":
            return floor
        case "softer" | "louder":
            return fault.strength * y
        case "polarity":
            return -y
        case "bypass":
            return 0.7 * x * np.sqrt(np.mean(y**2) / np.mean(x**2)) + floor
        case "hum":
            return y + fault.strength * loud * hum(len(y), rng)
        case "gate":
            return gated(y, y, fault.strength * loud) + floor
        case "reverb":
            return y + np.sqrt(fault.strength) * fftconvolve(y, _room(rng))[: len(y)]
        case "lag":
            return np.roll(y, round(fault.strength))
        case "dropout":
            holes = np.ones(len(y))
            n = round(fault.strength)
            count = max(3, round(0.1 * FAULT_S * RATE / n))
            for at in start + rng.integers(0, round(FAULT_S * RATE) - n, count):
                holes[at : at + n] = 0
            return y * holes
    raise ValueError(fault.name)


def hum(n: int, rng: np.random.Generator) -> Samples:
    """Of the mains, with harmonics, RMS 1."""
    hz, t = rng.choice([50.0, 60.0]), np.arange(n) / RATE
    y = sum(np.sin(2 * np.pi * k * hz * t + rng.uniform(0, 6)) * rng.uniform(0.3, 1) / k for k in (1, 2, 3, 4, 6))
    return y / np.sqrt(np.mean(y**2))


def _room(rng: np.random.Generator) -> Samples:
    """The tail of a room, energy 1."""
    t60_s = rng.uniform(0.4, 2.0)
    t = np.arange(round(t60_s * RATE)) / RATE
    h = rng.standard_normal(len(t)) * 10 ** (-3 * t / t60_s)
    h[: round(0.01 * RATE)] = 0
    h = passed(h, "low", 5000)
    return h / np.sqrt(np.sum(h**2))


def change_db(fault: Fault, right: Samples, wrong: Samples) -> float:
    """By how much the fault changes its seconds of the wet signal, re what they should be."""
    start = PRE_ROLL + round(fault.at_s * RATE)
    part = slice(start, start + round(FAULT_S * RATE))
    error = float(np.sum((wrong[part] - right[part]) ** 2))
    return 10 * np.log10(max(error, 1e-30) / max(float(np.sum(right[part] ** 2)), 1e-30))


# ---------------------------------------------------------------- a take of it
@dataclass(frozen=True)
class Desk:
    """How a take is recorded."""

    peak_dbfs: float = -6.0
    bits: int = 24
    delay: float = 312
    polarity: int = 1
    floor_dbfs: float = -105.0
    hum_dbfs: float | None = None


def drawn_desk(rng: np.random.Generator) -> Desk:
    """As varied as rooms and interfaces are."""
    bits = int(rng.choice([16, 24, 24]))
    hummed = rng.random() < 0.3
    return Desk(
        peak_dbfs=float(rng.uniform(-15, -3) if hummed else rng.uniform(-40, -3)),
        bits=bits,
        delay=int(rng.integers(0, 9000)),
        polarity=int(rng.choice([-1, 1])),
        floor_dbfs=float(rng.uniform(-118, -100)),
        hum_dbfs=-70.0 if hummed else None,
    )


def recorded(y: Samples, desk: Desk, seed: int, peak: float | None = None) -> Samples:
    """What the interface records of y (see `sent`); the peak of the right answer, if given, sets the level."""
    rng = np.random.default_rng([seed, 73])
    scale = desk.polarity * 10 ** (desk.peak_dbfs / 20) / (float(np.abs(y).max()) if peak is None else peak)
    z = shifted(scale * y, desk.delay)
    z += 10 ** (desk.floor_dbfs / 20) * rng.standard_normal(len(z))
    if desk.hum_dbfs is not None:
        z += 10 ** (desk.hum_dbfs / 20) * hum(len(z), rng)
    full = 2 ** (desk.bits - 1)
    return np.clip(np.round(z * full), -full, full - 1) / full


def judged(z: Samples, seconds: float) -> Judged:
    """All checks, of what a capture would write."""
    recording = Recording(z)
    latency = recording.latency(signal(seconds))
    applied = latency.tightest
    cut = recording.cut(signal(seconds), applied)
    return judge(Evidence(signal(seconds).samples, cut, z[:PRE_ROLL], latency))


def called_right(fault: Fault, found: Judged) -> bool:
    """Whether a check fails or warns by one of the fault's names."""
    name = fault.name
    if fault.where == "before" and name in ("softer", "louder"):
        name = "drive"  # to the gear it is the same
    said = [str(check) for check in found.checks if check.verdict in ("warn", "fail")]
    return any(word in text for text in said for word in NAMES[name])


__all__ = ["GEARS", "NAMES", "Desk", "Fault", "Gear", "called_right", "change_db", "drawn", "drawn_desk", "judged"]
