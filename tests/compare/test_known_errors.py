"""Each known error changes the figures that it should, by as much as arithmetic says, and no others.

The candidate is a model that gives back what it hears, so the gear is the dry file with the error in it.
"""

from __future__ import annotations

import math
import re

import model_files
import numpy as np
import pytest
from naive_spectra import naive_log_spectrum_distance_db
from scipy.signal import freqs_zpk, sosfilt, sosfreqz

import rig
from rig.audio.wav import write
from rig.compare.figures.aliases import NO_TONE, find_tone, recorded_aliasing
from rig.compare.figures.equaliser import SHOWN_HZ, SHOWN_THIRDS
from rig.compare.figures.log_spectrum import log_spectrum_distance_db, resolutions
from rig.compare.figures.shares import shares
from rig.compare.figures.weighting import a_weighting, a_weighting_db, esr_a_weighted, weighted_power
from rig.compare.measures import null_by_octave_db, spectrum

RATE = 48000
SECONDS = 8
PER_CENT = 0.01

# The A-weighting of IEC 61672-1 at its nominal frequencies, which stand for 10^(n/10) Hz. The standard itself was not
# at hand: the figures are those of table 4.1 of Bruel & Kjaer's manual of the sound level meter 2209 (10 Hz to 20 kHz,
# from IEC 179, whose curve it is) and of the table at lichtbeeldgeluid.nl/geluid/tabellen, which agree everywhere.
NOMINAL_HZ = (
    *(10, 12.5, 16, 20, 25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800),
    *(1000, 1250, 1600, 2000, 2500, 3150, 4000, 5000, 6300, 8000, 10000, 12500, 16000, 20000),
)
TABLE_DB = (
    *(-70.4, -63.4, -56.7, -50.5, -44.7, -39.4, -34.6, -30.2, -26.2, -22.5, -19.1, -16.1, -13.4, -10.9, -8.6, -6.6),
    *(-4.8, -3.2, -1.9, -0.8, 0.0, 0.6, 1.0, 1.2, 1.3, 1.2, 1.0, 0.5, -0.1, -1.1, -2.5, -4.3, -6.6, -9.3),
)


def test_a_weighting_is_that_of_the_standard_at_every_nominal_frequency():
    exact_hz = 10 ** (np.arange(10, 44) / 10)
    assert np.allclose(exact_hz, NOMINAL_HZ, rtol=0.02)
    assert np.round(a_weighting_db(exact_hz), 1) + 0.0 == pytest.approx(TABLE_DB, abs=1e-9)


def analogue_a_weighting(hz):
    """By the poles and zeros of the analogue filter, and scipy."""
    poles = -2 * np.pi * np.array([20.598997, 20.598997, 107.65265, 737.86223, 12194.217, 12194.217])
    _, at_1_khz = freqs_zpk([0] * 4, poles, 1.0, [2 * np.pi * 1000])
    _, found = freqs_zpk([0] * 4, poles, 1.0, 2 * np.pi * np.maximum(hz, 1e-6))
    return np.abs(found / at_1_khz[0])


@pytest.mark.parametrize("rate", [44100, 48000, 96000, 192000])
def test_the_a_weighted_esr_of_two_tones_is_that_of_the_curve_at_any_rate(rate):
    t = np.arange(2 * rate) / rate
    error, wet = 0.05 * np.sin(2 * np.pi * 15000 * t), np.sin(2 * np.pi * 110 * t)
    gear = spectrum(wet, rate)
    weights = a_weighting(gear.hz)
    found = esr_a_weighted(spectrum(error, rate).power, weights, weighted_power(gear.power, weights))
    gains = analogue_a_weighting(np.array([15000.0, 110.0]))
    assert found == pytest.approx((0.05 * gains[0] / gains[1]) ** 2, rel=PER_CENT)


# ---------------------------------------------------------------- the whole way through a comparison
def bursts(seed=0):
    """Noise, mostly below 5 kHz, in bursts of one loudness with true pauses between them."""
    rng = np.random.default_rng(seed)
    x = sosfilt([[0.2, 0.2, 0.0, 1.0, -0.6, 0.0]], rng.standard_normal(SECONDS * RATE))
    is_played = np.arange(len(x)) // (RATE // 4) % 4 != 3
    return 0.1 * x / np.std(x) * is_played


@pytest.fixture(scope="module")
def wire(tmp_path_factory):
    """A model that gives back what it hears."""
    document = model_files.finished("Linear", {"receptive_field": 1, "bias": False}, [1.0])
    return model_files.write(tmp_path_factory.mktemp("wire") / "wire.nam", document)


@pytest.fixture
def judged(tmp_path, wire):
    """The figures of the wire against gear that changes the dry file as asked, the dry file, and what is judged."""

    def judge(change, dry=None):
        x = bursts() if dry is None else dry
        write(tmp_path / "dry.wav", x, RATE, "FLOAT", overwrite=True)
        write(tmp_path / "wet.wav", change(x), RATE, "FLOAT", overwrite=True)
        found = rig.compare_models(tmp_path / "dry.wav", tmp_path / "wet.wav", [wire], capture_dbu=None)
        assert not found.failures
        span = slice(round(found.span_s[0] * RATE), round(found.span_s[1] * RATE))
        return found.scores[0], x[span], change(x)[span]

    return judge


def power_of(x):
    return float(np.mean(np.square(x)))


def a_weighted_power(x):
    """Independent of the figures: by the analogue filter over the spectrum."""
    hz = np.fft.rfftfreq(len(x), 1 / RATE)
    return float(np.sum(np.abs(np.fft.rfft(x) * analogue_a_weighting(hz)) ** 2))


def late(x, samples):
    """By a turn of every phase; the ends are silent."""
    return np.fft.irfft(np.fft.rfft(x) * np.exp(-2j * np.pi * np.fft.rfftfreq(len(x)) * samples), len(x))


def is_in_place(score):
    """Nothing but the sound is another."""
    return abs(score.lag_samples) < 0.01 and score.polarity == 1 and score.confidence > 0.8


def bell(hz, gain_db, q):
    """A peak filter (R. Bristow-Johnson's cookbook)."""
    a, w = 10 ** (gain_db / 40), 2 * np.pi * hz / RATE
    alpha = np.sin(w) / (2 * q)
    top = [1 + alpha * a, -2 * np.cos(w), 1 - alpha * a]
    below = [1 + alpha / a, -2 * np.cos(w), 1 - alpha / a]
    return np.array([[*top, *below]]) / below[0]


@pytest.mark.parametrize(("hz", "gain_db"), [(3000.0, 2.1), (3000.0, 6.0), (500.0, -6.0), (160.0, 4.0)])
def test_a_known_eq_is_found_to_a_hundredth_and_nothing_else_is(judged, hz, gain_db):
    sos = bell(hz, gain_db, 1.0)
    score, x, y = judged(lambda x: sosfilt(sos, x))
    _, response = sosfreqz(sos, 1000 * 2 ** (SHOWN_THIRDS / 3), fs=RATE)
    known = dict(zip(SHOWN_HZ, 20 * np.log10(np.abs(response)), strict=True))
    heard = {at: lacks_db for at, lacks_db in score.eq_curve_db.items() if lacks_db is not None}
    assert len(heard) > 18
    off = {at: lacks_db - known[at] for at, lacks_db in heard.items()}
    level_db = float(np.median(list(off.values())))
    assert abs(level_db) < 0.1  # a bell has no flat part
    assert max(abs(each - level_db) for each in off.values()) < PER_CENT * abs(gain_db)
    assert score.null_equalised_db < score.null_db - 20
    assert score.error_shares["eq"] > 1 - PER_CENT
    assert score.error_shares["distortion"] < PER_CENT and score.error_shares["noise"] < PER_CENT
    error = y - 10 ** (score.gain_db / 20) * late(x, score.lag_samples)
    assert score.esr_matched == pytest.approx(power_of(error) / power_of(y), rel=PER_CENT)
    assert score.esr_a_weighted == pytest.approx(a_weighted_power(error) / a_weighted_power(y), rel=PER_CENT)
    (named,) = re.findall(r"\(([\d.]+) dB too (little|much) at (.*?)\)", score.reason)
    assert float(named[0]) == pytest.approx(abs(gain_db), abs=0.15)
    assert named[1:] == ("little" if gain_db > 0 else "much", {3000.0: "3.15 kHz"}.get(hz, f"{hz:g} Hz"))


def test_clipping_is_distortion_by_as_much_as_gaussian_noise_gives(judged):
    """Bussgang: clip(x) = a x + d, with d unrelated to x; both are known for Gaussian x."""
    depth = 1.0  # the limit, in standard deviations
    x = np.random.default_rng(3).standard_normal(SECONDS * RATE) * (np.arange(SECONDS * RATE) // 12000 % 4 != 3)
    score, _, _ = judged(lambda x: np.clip(x, -0.1 * depth, 0.1 * depth), 0.1 * x)
    common = math.erf(depth / math.sqrt(2))
    own = common - depth * math.sqrt(2 / math.pi) * math.exp(-(depth**2) / 2) + depth**2 * (1 - common)
    assert score.esr_matched == pytest.approx(1 - common**2 / own, rel=PER_CENT)
    assert score.gain_db == pytest.approx(20 * math.log10(common), abs=0.02)
    assert score.esr_a_weighted == pytest.approx(score.esr_matched, rel=0.02)  # all of it is white
    assert score.error_shares["distortion"] > 1 - 2 * PER_CENT
    assert max(score.error_shares[kind] for kind in ("eq", "filter", "noise")) < PER_CENT
    assert all(abs(lacks_db) < 0.1 for lacks_db in score.eq_curve_db.values() if lacks_db is not None)
    assert is_in_place(score) and "EQ" not in score.reason and score.reason.endswith("what is left is distortion")


@pytest.mark.parametrize("snr_db", [15.0, 30.0])
def test_noise_is_noise_by_its_share_and_no_eq(judged, snr_db):
    noise = np.random.default_rng(9).standard_normal(SECONDS * RATE)
    noise *= math.sqrt(power_of(bursts()[8192:])) * 10 ** (-snr_db / 20) / np.std(noise)
    score, _, y = judged(lambda x: x + noise)
    ratio = 10 ** (-snr_db / 10)
    assert score.esr_matched == pytest.approx(ratio / (1 + ratio), rel=PER_CENT)
    expected = a_weighted_power(noise[8192:]) / a_weighted_power(y)
    assert score.esr_a_weighted == pytest.approx(expected, rel=PER_CENT)
    assert score.error_shares["noise"] > 1 - PER_CENT
    assert score.null_equalised_db == pytest.approx(score.null_db, abs=0.02)
    assert all(abs(lacks_db) < 0.1 for lacks_db in score.eq_curve_db.values() if lacks_db is not None)
    assert is_in_place(score) and score.reason.endswith("dB; what is left is noise")


def test_noise_that_is_louder_than_the_treble_of_the_gear_is_not_mended_by_turning_the_treble_down(judged):
    """A least-squares fit alone takes two thirds of this error away, and would call that an EQ."""
    dark = sosfilt([[0.02, 0.02, 0.0, 1.0, -0.96, 0.0]], bursts())
    noise = 0.1 * np.std(dark) * np.random.default_rng(4).standard_normal(len(dark))
    score, _, _ = judged(lambda x: sosfilt([[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]], x) - noise, dark + noise)
    assert score.error_shares["eq"] < 0.05 and score.error_shares["filter"] < 0.05
    assert "EQ" not in score.reason


def test_a_tone_that_is_not_there_changes_its_octave_alone(judged):
    tone = 0.01 * np.sin(2 * np.pi * 7100 * np.arange(SECONDS * RATE) / RATE)
    score, _, y = judged(lambda x: x + tone)
    assert score.esr_matched == pytest.approx(power_of(tone) / power_of(y), rel=PER_CENT)
    expected = a_weighted_power(tone[8192:]) / a_weighted_power(y)
    assert score.esr_a_weighted == pytest.approx(expected, rel=PER_CENT)
    nulls = null_by_octave_db(tone[8192:], y, RATE)
    assert score.null_by_octave_db[8000.0] == pytest.approx(nulls[8000.0], abs=0.05)
    assert all(depth < -60 for hz, depth in score.null_by_octave_db.items() if depth is not None and hz < 5000)
    assert score.error_shares["eq"] < PER_CENT and score.error_shares["filter"] < PER_CENT
    assert all(abs(lacks_db) < 0.1 for lacks_db in score.eq_curve_db.values() if lacks_db is not None)
    assert is_in_place(score)


def test_the_comb_of_a_wall_is_linear_and_finer_than_an_eq(judged):
    def wall(x):
        return x + 0.4 * np.concatenate([np.zeros(240), x[:-240]])  # 5 ms: a notch every 200 Hz

    score, _, _ = judged(wall)
    shares = score.error_shares
    assert shares["eq"] + shares["filter"] > 0.95 and shares["filter"] > 0.3
    assert shares["distortion"] < 0.05
    assert score.reason.endswith("what is left is a filter finer than an EQ")


def notes():
    """Plucked strings of many pitches, none of them twice, with the pauses between them."""
    rng, x = np.random.default_rng(0), np.zeros(SECONDS * RATE)
    n = np.arange(RATE // 4)
    for start in range(0, len(x), RATE // 4):
        hz, level = rng.uniform(80, 800), 10 ** (rng.uniform(-24, -6) / 20)
        tone = sum(np.sin(2 * np.pi * k * hz * n / RATE + rng.uniform(0, 6)) / k for k in range(1, 9))
        x[start : start + len(n)] = level * tone * np.exp(-n / 2000)
    return x


def test_distortion_of_notes_is_no_filter_though_its_harmonics_follow_the_notes(judged):
    """A filter tried on the notes that it was found with would take away 40 % of this error."""
    score, _, _ = judged(lambda x: 0.2 * np.tanh(6 * x), notes())
    assert score.error_shares["filter"] < 0.05 and score.error_shares["eq"] < 0.1
    assert score.error_shares["distortion"] > 0.85
    assert score.reason.endswith("what is left is distortion")


def test_an_error_of_what_rings_on_is_no_noise(judged):
    """Strings that ring on 35 dB below: the error is there, too, and falls with them."""
    ringing = np.repeat([1.0, 1.0, 1.0, 0.02, 1.0, 1.0, 1.0, 1e-5], RATE // 4)
    x = 0.1 * np.random.default_rng(6).standard_normal(SECONDS * RATE) * np.tile(ringing, SECONDS // 2)
    score, _, _ = judged(lambda x: x + 0.05 * np.abs(x), x)
    assert score.error_shares["noise"] < 1e-3 and score.error_shares["distortion"] > 1 - PER_CENT


def test_pauses_that_ring_on_are_not_what_noise_is_measured_by():
    """Forty frames of playing, ten pauses in which the error rings on, ten with nothing but noise."""
    powers = np.repeat([1.0, 1e-2, 1e-6], [40, 10, 10])
    error = np.repeat(np.sqrt(powers), RATE // 20)
    silent = np.arange(40, 60)[::-1]  # the softest first
    found = shares(0.0, None, error, silent, RATE)
    assert found["noise"] == pytest.approx(1e-6 / powers.mean(), rel=PER_CENT)
    assert found["distortion"] == pytest.approx(1.0, abs=1e-4)


def test_without_a_pause_noise_and_distortion_are_not_told_apart(judged):
    x = 0.1 * np.random.default_rng(1).standard_normal(SECONDS * RATE)
    score, _, _ = judged(lambda x: np.clip(x, -0.1, 0.1), x)
    assert score.error_shares["noise"] is None and score.error_shares["distortion"] is None
    assert score.reason.endswith("what is left is not linear")


# ---------------------------------------------------------------- the log-spectrum distance
def test_the_log_spectrum_distance_is_that_of_a_naive_one():
    rng = np.random.default_rng(2)
    rate, gear = 4000, 0.1 * rng.standard_normal(1000)
    gear[300:600] *= 1e-3  # below the floor
    model = sosfilt(bell(1500.0, 9.0, 0.7), gear) + 1e-4 * rng.standard_normal(len(gear))
    found = log_spectrum_distance_db(model, resolutions(gear, rate), rate)
    assert found == pytest.approx(naive_log_spectrum_distance_db(list(model), list(gear), rate), rel=1e-4)


def test_a_gain_that_changes_half_way_is_as_far_as_its_decibels():
    """Nothing but the gain differs: 6 dB up for one half leaves 6 dB there."""
    x = 0.1 * np.random.default_rng(2).standard_normal(2 * RATE)
    louder = x * np.where(np.arange(len(x)) < RATE, 1.0, 2.0)
    found = log_spectrum_distance_db(louder, resolutions(x, RATE), RATE)
    assert found == pytest.approx(0.5 * 20 * math.log10(2), rel=PER_CENT)
    assert log_spectrum_distance_db(x, resolutions(x, RATE), RATE) == 0.0
    assert log_spectrum_distance_db(x[:100], resolutions(x[:100], RATE), RATE) is None


def test_the_log_spectrum_distance_does_not_know_the_level_of_the_files(judged):
    loud, soft = judged(lambda x: np.clip(x, -0.1, 0.1))[0], judged(lambda x: 0.01 * np.clip(x, -0.1, 0.1))[0]
    assert soft.log_spectrum_db == pytest.approx(loud.log_spectrum_db, rel=1e-3)


# ---------------------------------------------------------------- aliases
def test_a_recording_tells_its_aliases_only_of_a_tone():
    x = bursts()
    assert find_tone(x, RATE) is None
    assert recorded_aliasing(x, None, RATE) == (None, NO_TONE)
    n = np.arange(2 * RATE)
    x[2 * RATE : 4 * RATE] = 0.25 * np.sin(2 * np.pi * 2489.3 * n / RATE)
    tone = find_tone(x, RATE)
    assert tone.hz == pytest.approx(2489.3, abs=0.05) and 2 * RATE < tone.start < 4 * RATE - tone.length
    y = np.tanh(x)
    assert recorded_aliasing(y, tone, RATE)[0] < -80  # its harmonics are no aliases
    y[2 * RATE : 4 * RATE] += 0.01 * np.std(y[2 * RATE : 4 * RATE]) * math.sqrt(2) * np.sin(2 * np.pi * 6100 * n / RATE)
    ratio_db, basis = recorded_aliasing(y, tone, RATE)
    assert 10 ** (ratio_db / 10) == pytest.approx(1e-4, rel=PER_CENT)
    assert "a tone of 2489 Hz" in basis
