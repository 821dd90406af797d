"""The tone controls: the cookbook's response, no zipper noise, and nothing at all in the middle."""

from __future__ import annotations

import numpy as np
import pytest
from allocations import rtsys
from rigs import NANO, RATE, Bench, db, dc_blocked, guitar, model, noise
from scipy.signal import get_window, sosfilt, sosfreqz

from rig.dsp.native.address import Address
from rig.dsp.tone.bands import BAND, prepare, run_band
from rig.dsp.tone.cookbook import tone_sections
from rig.dsp.tone.knobs import FLAT, KNOBS, MOST_DB, root_from_db
from rig.lane import Lane
from rig.sound import Sound

TURNED = (6.0, -9.0, 12.0, -12.0)
RATES = (44100, 48000, 96000, 192000)


class Tone:
    """The four bands alone, without an engine."""

    def __init__(self, gains_db=FLAT, rate=RATE):
        self.bands = np.zeros(len(KNOBS), BAND)
        prepare(self.bands, rate, gains_db)

    def turn(self, at, gain_db):
        self.bands[at]["target"] = root_from_db(gain_db)

    def play(self, x, block=256):
        y = np.array(x, np.float32)
        for at in range(0, y.size, block):
            part = y[at : at + block]
            for band in self.bands:
                run_band(band, Address(part.ctypes.data), part.size)
        return y


def cookbook(name, hz, q, gain_db, rate):
    """One filter as R. Bristow-Johnson writes it: b0 b1 b2 a0 a1 a2."""
    a, w = 10 ** (gain_db / 40), 2 * np.pi * hz / rate
    cos, alpha = np.cos(w), np.sin(w) / (2 * q)
    root = 2 * np.sqrt(a) * alpha
    if name in ("middle", "presence"):
        rows = [1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a]
    elif name == "bass":
        rows = [a * ((a + 1) - (a - 1) * cos + root), 2 * a * ((a - 1) - (a + 1) * cos)]
        rows += [a * ((a + 1) - (a - 1) * cos - root), (a + 1) + (a - 1) * cos + root]
        rows += [-2 * ((a - 1) + (a + 1) * cos), (a + 1) + (a - 1) * cos - root]
    else:
        rows = [a * ((a + 1) + (a - 1) * cos + root), -2 * a * ((a - 1) + (a + 1) * cos)]
        rows += [a * ((a + 1) + (a - 1) * cos - root), (a + 1) - (a - 1) * cos + root]
        rows += [2 * ((a - 1) - (a + 1) * cos), (a + 1) - (a - 1) * cos - root]
    return np.array(rows) / rows[3]


def judged(gains_db, rate=RATE):
    corners = {"bass": (120, 0.5**0.5), "middle": (600, 0.7), "treble": (2500, 0.5**0.5), "presence": (4500, 0.7)}
    return np.array([cookbook(name, *corners[name], db, rate) for name, db in zip(corners, gains_db, strict=True)])


# ---------------------------------------------------------------- what it does
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("gains_db", [TURNED, (-12.0, 12.0, -12.0, 12.0), (0.5, 0.0, 0.0, 0.0)])
def test_the_response_is_the_cookbooks_within_a_hundredth_of_a_decibel(gains_db, rate):
    click = np.zeros(1 << 17, np.float32)
    click[0] = 1.0
    hz = np.fft.rfftfreq(click.size, 1 / rate)
    _, want = sosfreqz(judged(gains_db, rate), hz, fs=rate)
    ours = np.abs(np.fft.rfft(Tone(gains_db, rate).play(click).astype(float)) / want)
    assert np.abs(20 * np.log10(ours[(hz > 20) & (hz < 0.49 * rate)])).max() < 0.01
    _, heard_ahead = sosfreqz(tone_sections(rate, gains_db), hz, fs=rate)
    assert np.abs(20 * np.log10(np.abs(heard_ahead[1:] / want[1:]))).max() < 1e-6


def test_no_rate_is_too_low_for_a_knob():
    y = Tone((12.0,) * 4, 8000).play(noise(8000))
    assert np.isfinite(y).all() and np.abs(y).max() < 10


@pytest.mark.parametrize("block", [1, 7, 64, 100, 511])
def test_the_block_size_changes_nothing_while_knobs_move(block):
    def played(size):
        tone, x, found = Tone(TURNED), noise(12_000), []
        for at, knob, gain_db in [(0, 3, 0.0), (3000, 0, -3.0), (3500, 0, 0.0), (9000, 3, 4.0), (12_000, 0, 0.0)]:
            found.append(tone.play(x[sum(map(len, found)) : at], size))
            tone.turn(knob, gain_db)
        return np.concatenate(found)

    assert played(block).tobytes() == played(12_000).tobytes()


def test_a_knob_in_the_middle_changes_not_one_bit_also_when_it_has_come_back():
    tone, x = Tone(), np.concatenate([noise(4000), np.float32([-0.0, 0.0, 1e-40])])
    assert tone.play(x).tobytes() == x.tobytes()
    for knob in range(4):
        tone.turn(knob, 12.0)
    assert tone.play(noise(RATE))[-1000:].tobytes() != noise(RATE)[-1000:].tobytes()
    for knob in range(4):
        tone.turn(knob, 0.0)
    tone.play(noise(RATE))
    assert tone.play(x).tobytes() == x.tobytes()


def away_db(y, hz):
    """Energy more than an octave away from a sine, re all of it."""
    power = np.abs(np.fft.rfft(y.astype(float) * get_window(("kaiser", 18), y.size))) ** 2
    found = np.fft.rfftfreq(y.size, 1 / RATE)
    return 10 * np.log10(power[(found > 2 * hz) | (found < hz / 2)].sum() / power.sum())


# By hand: steps of 0.5 dB, as a key or a fast knob makes them. Jumps: across the whole range, 500 in a second.
@pytest.mark.parametrize(
    ("hz", "jumps"),
    [
        (82.4, False),
        (440.0, True),
        *(pytest.param(hz, True, marks=pytest.mark.soak) for hz in (82.4, 110.0, 1000.0)),
    ],
)
def test_ten_thousand_moves_leave_nothing_beside_a_sine(hz, jumps):
    rng, tone, every, stand = np.random.default_rng(5), Tone(), 96, np.zeros(4)
    x = (0.25 * np.sin(2 * np.pi * hz * np.arange(10_000 * every) / RATE)).astype(np.float32)
    found = []
    for move in range(10_000):
        knob = rng.integers(4)
        stand[knob] = rng.uniform(-MOST_DB, MOST_DB) if jumps else stand[knob] + rng.choice([-0.5, 0.5])
        tone.turn(knob, min(max(stand[knob], -MOST_DB), MOST_DB))
        found.append(tone.play(x[move * every : (move + 1) * every]))
    assert away_db(np.concatenate(found), hz) < -80


def test_it_leaves_the_middle_and_comes_back_without_a_click():
    tone, x = Tone(), (0.25 * np.sin(2 * np.pi * 440.0 * np.arange(4 * RATE) / RATE)).astype(np.float32)
    found = []
    for at in range(0, x.size, RATE // 4):
        for knob in range(4):
            tone.turn(knob, 12.0 if at // (RATE // 4) % 2 else 0.0)
        found.append(tone.play(x[at : at + RATE // 4]))
    assert away_db(np.concatenate(found), 440.0) < -100


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_does_not_ring_for_ever(bad):
    tone, x = Tone(TURNED), noise(RATE)
    broken = x[:256].copy()
    broken[100] = bad
    tone.play(broken)
    assert np.isfinite(tone.play(x)).all()
    assert db(tone.play(x)[RATE // 2 :] - sosfilt(judged(TURNED), np.concatenate([x, x]))[-RATE // 2 :]) < -120


# ---------------------------------------------------------------- in a lane
@pytest.mark.parametrize("block", [64, 100])
def test_a_lane_has_it_behind_the_model_from_its_first_note_on(block):
    bench, x = Bench(block), guitar(2 * RATE)
    bench.engine.play({0: Lane(RATE)})
    bench.settle()
    bench.process(x[:RATE])
    lane = Sound(model(NANO), level_mode="raw", interface=None, bass_db=6.0, treble_db=-4.0).lane(RATE)
    bench.engine.play({0: lane})
    y = bench.process(x[RATE:])
    heard = model(NANO).render(x)
    want = sosfilt(judged((6.0, 0.0, -4.0, 0.0)), dc_blocked(heard - heard[0]))[RATE:]
    assert db(y[RATE // 2 :] - want[RATE // 2 :]) < -100


def test_a_flat_sound_is_the_lane_without_tone_bit_by_bit():
    x, found = guitar(RATE), []
    for lane in (Lane(RATE, model(NANO).network()), Sound(model(NANO), level_mode="raw", interface=None).lane(RATE)):
        bench = Bench()
        bench.engine.play({0: lane})
        bench.settle()
        found.append(bench.process(x))
    assert found[0].tobytes() == found[1].tobytes()


def test_turning_allocates_nothing():
    bench, lane = Bench(), Sound(interface=None).lane(RATE)
    bench.engine.play({0: lane})
    bench.settle()
    before = rtsys.get_allocation_stats()
    for turn in range(100):
        lane.set_tone((turn % 12, -turn % 12, turn % 7, 0.0))
        bench.process(np.zeros(640, np.float32))
    after = rtsys.get_allocation_stats()
    assert (after.alloc, after.mi_alloc) == (before.alloc, before.mi_alloc)
