"""Cuts, trim, fade, leading silence and minimum phase of impulse responses."""

import numpy as np
import pytest
from judge import error_db
from responses import RATE, coloured, gain_db

from rig.cabinet.ir import IR
from rig.cabinet.shaping import Shaping
from rig.dsp.minimum_phase import minimum_phase
from rig.errors import IRError


def ir(taps, name="v30.wav"):
    return IR.from_taps(taps, RATE, name)


def click(samples=64):
    taps = np.zeros(samples)
    taps[0] = 1.0
    return ir(taps)


def test_no_shaping_is_the_very_same_response():
    response = ir(coloured(1))
    assert Shaping().apply(response) is response
    assert Shaping(slope_db=24).apply(response) is response


# ---------------------------------------------------------------- cuts
@pytest.mark.parametrize("slope", [6, 12, 18, 24])
def test_cuts_are_3_db_down_where_they_are_set_and_fall_at_their_slope(slope):
    low = Shaping(low_cut_hz=200, slope_db=slope).apply(click()).taps[0]
    assert gain_db(low, 200) == pytest.approx(-3.01, abs=0.02)
    assert gain_db(low, 50) - gain_db(low, 100) == pytest.approx(-slope, abs=0.8)  # 6 dB: not yet straight
    assert gain_db(low, 5000) == pytest.approx(0, abs=0.02)
    high = Shaping(high_cut_hz=1000, slope_db=slope).apply(click()).taps[0]
    assert gain_db(high, 1000) == pytest.approx(-3.01, abs=0.02)
    assert gain_db(high, 4000) - gain_db(high, 2000) == pytest.approx(-slope, abs=1.0)  # the bilinear transform bends
    assert gain_db(high, 50) == pytest.approx(0, abs=0.02)


def test_a_cut_adds_no_delay_and_rings_out():
    shaped = Shaping(low_cut_hz=80, high_cut_hz=10000).apply(click())
    assert np.argmax(np.abs(shaped.taps[0])) <= 2
    assert shaped.taps.shape[1] > 64
    assert np.abs(shaped.taps[0, -1]) < 1e-4


def test_a_low_cut_takes_a_constant_out():
    taps = coloured(3) + 0.01
    assert gain_db(taps, 0) > 20
    assert gain_db(Shaping(low_cut_hz=60, slope_db=24).apply(ir(taps)).taps[0], 0) < -30


# ---------------------------------------------------------------- trim and fade
def test_a_trimmed_response_is_so_long_and_ends_faded():
    flat = ir(np.ones(4800))
    shaped = Shaping(trim_ms=20).apply(flat).taps[0]
    assert shaped.shape == (960,)
    np.testing.assert_array_equal(shaped[:720], 1)  # a quarter is faded
    assert shaped[-1] == 0
    assert (np.diff(shaped[720:]) < 0).all()
    faded = Shaping(fade_ms=10).apply(flat).taps[0]
    assert faded.shape == (4800,)
    np.testing.assert_array_equal(faded[:4320], 1)
    assert faded[4320 + 239] == pytest.approx(0.5, abs=0.01)
    np.testing.assert_array_equal(Shaping(trim_ms=20, fade_ms=0).apply(flat).taps[0], np.ones(960))
    np.testing.assert_array_equal(Shaping(trim_ms=200).apply(flat).taps, flat.taps)  # shorter than that already


def test_leading_silence_goes_and_the_sound_stays_whole():
    late = coloured(4, samples=3000, delay=500)
    shaped = Shaping(trim_start=True).apply(ir(late)).taps[0]
    cut = 3000 - shaped.size
    assert 485 <= cut <= 500
    np.testing.assert_array_equal(shaped, late[cut:].astype(np.float32))
    stereo = ir(np.stack([late, np.roll(late, -300)]))
    assert Shaping(trim_start=True).apply(stereo).taps.shape == (2, 3000 - cut + 300)  # the earlier side decides


# ---------------------------------------------------------------- minimum phase
def test_minimum_phase_keeps_every_frequency_and_comes_at_once():
    late = coloured(5, delay=400)
    shaped = Shaping(minimum_phase=True).apply(ir(late)).taps[0]
    assert shaped.size == late.size
    assert np.argmax(np.abs(shaped)) < 20
    for hz in np.geomspace(30, 15000, 40):
        assert gain_db(shaped, hz) == pytest.approx(gain_db(late, hz), abs=0.02)


def test_a_minimum_phase_response_stays_what_it_is():
    x = np.zeros(512)
    x[:3] = np.convolve([1, -0.5], [1, 0.8])  # zeros inside the unit circle
    assert error_db(minimum_phase(x[None])[0], x) < -140


def test_a_gap_in_the_spectrum_does_not_fold_over():
    taps = coloured(6)
    taps -= taps.mean()  # nothing at all at 0 Hz
    shaped = minimum_phase(taps[None])[0]
    for hz in np.geomspace(30, 15000, 40):
        assert gain_db(shaped, hz) == pytest.approx(gain_db(taps, hz), abs=0.02)


# ---------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"low_cut_hz": 0.0}, r"^A low cut at 0 Hz is out of range: 10 to 22000 Hz"),
        ({"high_cut_hz": 40000.0}, r"^A high cut at 40000 Hz is out of range"),
        ({"high_cut_hz": float("nan")}, r"^A high cut at nan Hz is out of range"),
        ({"low_cut_hz": 5000.0, "high_cut_hz": 200.0}, r"^The low cut \(5000 Hz\) must lie below the high cut"),
        ({"slope_db": 10}, r"^A cut falls by 6, 12, 18, 24 dB per octave, not by 10"),
        ({"trim_ms": 0.0}, r"^An impulse response cannot be trimmed to 0 ms"),
        ({"trim_ms": float("nan")}, r"^An impulse response cannot be trimmed to nan ms"),
        ({"fade_ms": -1.0}, r"^A fade cannot last -1 ms"),
    ],
)
def test_senseless_settings_are_refused(settings, sentence):
    with pytest.raises(IRError, match=sentence):
        Shaping(**settings)


def test_a_cut_above_what_the_rate_holds_is_refused():
    with pytest.raises(IRError, match=r"^v30\.wav: a cut at 12000 Hz needs a higher sample rate than 22050 Hz"):
        Shaping(high_cut_hz=12000).apply(IR.from_taps([1.0, 0.5], 22050, "v30.wav"))


def test_a_trim_into_the_leading_silence_leaves_nothing_and_is_refused():
    with pytest.raises(IRError, match=r"^v30\.wav: silent"):
        Shaping(trim_ms=5).apply(ir(np.concatenate([np.zeros(1000), coloured(7)])))
