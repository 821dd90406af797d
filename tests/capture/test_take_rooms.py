"""What rings on behind gear is told by the past of the playing, however badly the gear itself is explained."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from faulty_takes import hum, signal
from gears import passed
from scipy.signal import fftconvolve

from rig.capture.checks.gear.gear_model import HOP, Explained, dry_parts, spectra
from rig.capture.checks.gear.room import LIKELIER, Room
from rig.capture.checks.gear.strange import Strange, named, or_a_room
from rig.trainer.layout import RATE, VALIDATION

FAULT = slice(round(18.5 * RATE), round(24.5 * RATE))
WIDER = slice(round(15.5 * RATE) // HOP, 26 * RATE // HOP)  # a piece that begins and ends with something else
INSIDE = slice(FAULT.start // HOP + 2, FAULT.stop // HOP - 2)


def fuzz(x, drive=1.0):
    return passed(np.tanh(60 * drive * passed(x, "high", 100)), "low", 4000)


@cache
def known():
    """Spectra of what is played and of a fuzz driven half as hard; which frames are played, and which are the ends."""
    x = signal().samples
    dry, model = spectra(x), spectra(0.9 * fuzz(x, 0.5))
    loud, place = np.mean(np.abs(dry) ** 2, axis=0), np.arange(dry.shape[1]) * HOP
    ends = (place < VALIDATION - RATE) | (place >= len(x) - VALIDATION)
    return dry, model, loud > 1e-9 * loud.max(), ends


def explained_as(wet):
    """A take of which the model knows a fuzz half as driven: what it leaves is as much as another drive changes."""
    dry, model, played, ends = known()
    silence = np.mean(np.abs(spectra(noise(RATE, -80))) ** 2, axis=1)
    weights = np.mean(np.abs(model) ** 2, axis=1) ** -0.5
    power, answer = float(weights @ silence), spectra(wet + noise(len(wet), -80))
    return Explained(dry, answer, model, model[:, :1], weights, power, silence, played, ends & played)


def noise(n, dbfs, seed=6):
    return 10 ** (dbfs / 20) * np.random.default_rng(seed).standard_normal(n)


def hall(y, energy=0.2, t60_s=0.8):
    t = np.arange(round(t60_s * RATE)) / RATE
    h = np.where(t > 0.02, noise(len(t), 0) * 10 ** (-3 * t / t60_s), 0)
    return y + fftconvolve(y, h * np.sqrt(energy / np.sum(h**2)))[: len(y)]


def echo(y, later_s=0.43):
    late = round(later_s * RATE)
    return y + 0.5 * np.concatenate([np.zeros(late), y[:-late]])


CHANGES = {
    "a hall": (True, lambda x, y: hall(y)),
    "a small room": (True, lambda x, y: hall(y, 0.15, 0.4)),
    "an echo": (True, lambda x, y: echo(y)),
    "nothing": (False, lambda x, y: y),
    "12 dB harder": (False, lambda x, y: fuzz(x, 4)),
    "12 dB less hard": (False, lambda x, y: fuzz(x, 0.25)),
    "darker": (False, lambda x, y: passed(y, "low", 900)),
    "softer": (False, lambda x, y: 0.1 * y),
    "dry": (False, lambda x, y: x),
    "late": (False, lambda x, y: np.roll(y, 300)),
    "early": (False, lambda x, y: np.roll(y, -700)),
    "another programme": (False, lambda x, y: y[::-1]),
    "hum": (False, lambda x, y: y + 0.1 * hum(len(y), np.random.default_rng(3))),
}


DAILY = ("a small room",)


@cache
def playing():
    x = signal().samples
    return x, fuzz(x)


@cache
def parts():
    return dry_parts(signal().samples)


def taken(change):
    x, y = playing()
    wet = y.copy()
    wet[FAULT] = change(x, y)[FAULT]
    return Room(explained_as(wet), parts())


@pytest.mark.parametrize(
    "name", [name if name in DAILY else pytest.param(name, marks=pytest.mark.soak) for name in CHANGES]
)
def test_only_what_the_past_tells_of_rings_on(name):
    is_room, change = CHANGES[name]
    room = taken(change)
    assert room.usual < 0.3
    assert room.rings(INSIDE) == is_room, room.likelier(np.arange(INSIDE.start, INSIDE.stop))
    assert room.rings(WIDER) == is_room, room.likelier(np.arange(WIDER.start, WIDER.stop))
    seen = Strange("another sound", FAULT.start, FAULT.stop, "it is another sound", "warn")
    kind = or_a_room(seen, room)
    assert (kind.kind, kind.verdict) == ("rings on" if is_room else "another sound", "warn")
    assert not Room(room.take, parts(), lambda frames: True).rings(INSIDE)  # another drive explains it
    softer = Strange("softer", FAULT.start, FAULT.stop, "it is softer", "fail")
    assert or_a_room(softer, room) is softer


def test_a_take_that_jumps_is_late_though_the_past_tells_of_it():
    room = taken(lambda x, y: hall(np.roll(y, 1500)))
    frames = slice(FAULT.start // HOP, FAULT.stop // HOP)
    piece = named(room.take, frames, -10.0, room, [], True, lambda start, stop: 1500.0)
    assert room.rings(INSIDE) and piece.kind == "jumps" and "by 1500 samples" in piece.text, piece.text


@pytest.mark.soak
def test_a_room_that_belongs_to_the_gear_is_none():
    x, y = playing()
    wet = hall(y)
    wet[FAULT] = hall(fuzz(x, 4))[FAULT]
    room = Room(explained_as(wet), parts())
    likelier = room.likelier(np.arange(INSIDE.start, INSIDE.stop))
    assert room.usual > LIKELIER and likelier > LIKELIER - 0.1  # a fuzz that is driven harder hides some of it
    assert not room.rings(INSIDE)


@pytest.mark.soak
def test_too_little_tells_of_no_room():
    room = taken(CHANGES["a hall"][1])
    assert not room.rings(slice(INSIDE.start, INSIDE.start + 5))
