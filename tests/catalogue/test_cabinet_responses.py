"""What a cabinet's fingerprint says and what it does not, how far two are apart, and what is no cabinet at all."""

from __future__ import annotations

import numpy as np
import pytest
from made_cabinets import RATE, ancestor, lifted, tilted
from scipy.signal import chirp, fftconvolve

from rig.audio import wav
from rig.audio.resample import resample_response
from rig.cabinet.ir import IR
from rig.catalogue.cabinets.exact import Exact, difference
from rig.catalogue.cabinets.fingerprint import (
    BANDS_HZ,
    DECAY,
    DECAY_S,
    PARTS,
    SIZE,
    SPECTRUM,
    TILT,
    fingerprint,
    weighted,
    without_tilt,
)
from rig.catalogue.cabinets.twins import are_twins
from rig.catalogue.cabinets.what_it_is import refused
from rig.files import bundled


def made(seed=1):
    return ancestor(np.random.default_rng(seed))


def apart_db(a, b, rate=RATE):
    """Of two fingerprints."""
    return float(np.linalg.norm(weighted(fingerprint(np.atleast_2d(a), RATE)) - weighted(fingerprint(b, rate))))


def exact(y, rate=RATE):
    return Exact.of(IR.from_taps(y, rate))


def test_a_fingerprint_has_its_54_numbers_and_its_bands_end_where_it_says():
    assert SIZE == 54 == sum(PARTS.values()) and fingerprint(made()[None], RATE).shape == (54,)
    assert BANDS_HZ[0] == 63 and BANDS_HZ[-1] == pytest.approx(11404, abs=1)


@pytest.mark.parametrize("gain", [0.01, -1.0, -40.0])
@pytest.mark.parametrize("late", [0, 1, 3000])
def test_gain_polarity_delay_and_silence_behind_change_nothing(gain, late):
    y = made()
    assert apart_db(y, np.pad(gain * y, (late, 5000))[None]) < 0.01


@pytest.mark.parametrize("rate", [22050, 44100, 88200, 96000, 192000])
def test_the_rate_changes_next_to_nothing(rate):
    y, _ = resample_response(made(), RATE, rate)
    assert apart_db(made(), y[None], rate) < (0.05 if rate > 22050 else 1.0)  # at 22.05 kHz the highest band is lost


def test_a_known_filter_is_told_in_db():
    wire = np.zeros((1, 4096))
    wire[0, 100] = 0.5
    flat, vector = fingerprint(wire, RATE), fingerprint(tilted(wire[0], -2.0)[None], RATE)
    assert np.abs(flat[SPECTRUM]).max() < 0.01 and flat[TILT] == pytest.approx(0, abs=0.01)
    assert vector[TILT] == pytest.approx(-2.0, abs=0.02)
    assert vector[SPECTRUM][0] - vector[SPECTRUM][-1] == pytest.approx(2 * 7.5, abs=0.1)
    lift = fingerprint(lifted(wire[0], 1000.0, 6.0, 2.0)[None], RATE)[SPECTRUM]
    assert lift.max() - lift.min() == pytest.approx(6.0, abs=0.2)
    assert BANDS_HZ[lift.argmax()] == pytest.approx(1000, rel=0.07)


def test_a_known_decay_is_told_in_db():
    t = np.arange(RATE) / RATE
    y = np.random.default_rng(0).standard_normal(RATE) * 10 ** (-3 * t / 0.2)  # -60 dB in 200 ms
    assert fingerprint(y[None], RATE)[DECAY] == pytest.approx([-300 * s for s in DECAY_S], abs=1.0)


def test_what_is_more_otherwise_lies_further_off():
    y = made()
    steps = [apart_db(y, lifted(y, 800.0, gain_db)[None]) for gain_db in (0.5, 2.0, 6.0)]
    assert 0 < steps[0] < steps[1] < steps[2]
    assert apart_db(y, made(2)[None]) > steps[2]


def test_what_is_only_tilted_is_alike_once_the_slope_is_taken_out():
    y = made()
    plain, dark, other = (fingerprint(x[None], RATE) for x in (y, tilted(y, -1.5), made(2)))

    def character(a, b):
        return float(np.linalg.norm(without_tilt(a) - without_tilt(b)))

    assert dark[TILT] - plain[TILT] == pytest.approx(-1.5, abs=0.1)
    assert character(plain, dark) < 0.5 < character(plain, other)


def test_channels_are_compared_each_with_its_own():
    one, two = made(1), made(2)
    both, turned = exact(np.stack([one, two])), exact(np.stack([two, one]))
    assert are_twins(difference(both, exact(-0.1 * np.stack([one, two]))))
    assert not are_twins(difference(both, turned))
    assert are_twins(difference(exact(one), exact(np.stack([one, one]))))
    assert not are_twins(difference(exact(one), both))
    assert not are_twins(difference(both, exact(np.stack([one, 0.5 * two]))))  # another balance


@pytest.mark.parametrize("rate", [44100, 96000])
def test_twins_are_found_whatever_the_rate_delay_and_polarity(rate):
    y, _ = resample_response(made(), RATE, rate)
    found = difference(exact(made()), exact(-0.2 * np.pad(y, (777, 100)), rate))
    assert are_twins(found) and found.apart_db < 0.05 and found.agreement > 0.999


def test_the_same_gain_at_all_frequencies_with_another_phase_is_no_twin():
    y = made()
    found = difference(exact(y), exact(y[::-1]))
    assert found.apart_db < 0.01 and found.agreement < 0.9 and not are_twins(found)


def test_a_lift_of_a_decibel_makes_no_twin_and_one_of_a_twentieth_does():
    y = made()
    assert not are_twins(difference(exact(y), exact(lifted(y, 1500.0, 1.2))))
    assert are_twins(difference(exact(y), exact(lifted(y, 1500.0, 0.05))))


# ---------------------------------------------------------------- what is no cabinet
def guitar():
    audio = wav.read(bundled.di())
    return audio.samples[:, 0], audio.sample_rate


def sweep(seconds):
    return chirp(np.arange(round(RATE * seconds)) / RATE, 20, seconds, 20000, "log")


def note(hz, decay_s):
    t = np.arange(RATE) / RATE
    return sum(np.exp(-t / decay_s) * np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 12))


def test_cabinets_are_cabinets():
    for path in bundled.irs():
        audio = wav.read(path)
        assert refused(audio.samples.T, audio.sample_rate, path.name) is None
    for seed in range(40):
        assert refused(made(seed)[None], RATE, "made") is None


@pytest.mark.parametrize("ring_s", [0.1, 0.3, 0.6])
def test_a_cabinet_in_a_room_is_one(ring_s):
    rng, t = np.random.default_rng(3), np.arange(RATE) / RATE
    room = 0.05 * rng.standard_normal(RATE) * 10 ** (-3 * t / ring_s)
    assert refused((room + np.pad(made(), (0, RATE - 9600)))[None], RATE, "room") is None


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (sweep(10), "over 5.0 s"),
        (sweep(1), "over 4.. ms"),
        (sweep(0.05), "as loud at its end"),
        (fftconvolve(sweep(5), made()), "a recording, or a sweep"),
        (np.random.default_rng(0).standard_normal(2000), "as loud at its end"),
        (note(330, 0.5), "over 1.. ms"),
        (note(147, 0.12), "comb of narrow peaks"),
        (np.eye(1, 2048, 5)[0], "a single sample"),
        (np.ones(1), "a single sample"),
    ],
)
def test_what_goes_on_and_what_is_pitched_is_no_cabinet(x, says):
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(refused(x[None], RATE, "x.wav"))


def test_a_guitar_is_no_cabinet_nor_is_any_second_of_it():
    x, rate = guitar()
    assert "a recording" in refused(x[None], rate, "di.wav")
    for begin in range(0, len(x) - rate, rate // 2):
        part = x[begin : begin + rate]
        assert np.abs(part).max() < 0.02 or refused(part[None], rate, "part.wav") is not None


def test_a_constant_under_a_cabinet_makes_no_recording_of_it():
    assert refused((np.pad(made(), (0, 4 * RATE)) + 0.05)[None], RATE, "dc.wav") is None
