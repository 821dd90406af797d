"""What a comparison says about a model, and about the take it was compared with: known errors by their right names."""

from __future__ import annotations

import numpy as np
import pytest

from rig.audio.align import shifted
from rig.audio.wav import write
from rig.compare.faults import lag_fault, silence_fault
from rig.compare.judgement import Rest, judgement
from rig.compare.pair import TakeFiles, _known, open_take
from rig.errors import AudioError, CompareError
from rig.trainer.layout import VALIDATION_S

RATE = 48000
SECONDS = 12


def plucked(seconds=SECONDS, seed=0):
    """Strings that decay, from loud to soft, of many pitches: no two passages alike."""
    rng = np.random.default_rng(seed)
    x = np.zeros(round(seconds * RATE))
    for start in range(0, len(x) - RATE // 4, RATE // 4):
        n = np.arange(RATE // 4)
        hz = rng.uniform(80, 800)
        tone = sum(np.sin(2 * np.pi * k * hz * n / RATE + rng.uniform(0, 6)) / k for k in range(1, 9))
        x[start : start + RATE // 4] = tone * np.exp(-n / 4000) * 10 ** (rng.uniform(-24, -6) / 20)
    return x + 1e-4 * rng.standard_normal(len(x))


def driven(x, drive=8.0):
    return 0.3 * np.tanh(drive * x) + 1e-5 * np.random.default_rng(9).standard_normal(len(x))


@pytest.fixture(scope="module")
def dry():
    return plucked()


# ---------------------------------------------------------------- a model
def judged(**changes):
    usual = {
        "esr": 0.01,
        "esr_matched": 0.01,
        "null_db": -20.0,
        "null_by_octave_db": {125.0: -12.0, 1000.0: -25.0, 16000.0: None},
        "louder_lu": 0.0,
        "late_samples": 0.0,
        "polarity": 1,
        "confidence": 0.99,
        "faults": (),
        "sample_rate": 48000.0,
    }
    return judgement(**{**usual, **changes})


@pytest.mark.parametrize(("late_samples", "said"), [(6.7, "6.7 samples late"), (-96032.0, "2.00 s early")])
def test_a_long_lag_is_told_in_seconds(late_samples, said):
    assert said in judged(late_samples=late_samples, esr=0.9).reason


def test_louder_and_late_is_said_in_numbers_and_is_no_other_sound():
    found = judged(esr=1.2, esr_matched=0.01, louder_lu=3.0, late_samples=6.7)
    assert (found.state, found.words) == ("ok", "not bad")
    assert found.reason == "3.0 dB louder and 6.7 samples late; with both taken out the null is -20.0 dB"
    turned = judged(esr=3.9, louder_lu=-3.0, late_samples=-0.3, polarity=-1)
    assert turned.reason == (
        "3.0 dB softer, 0.30 samples early and upside down; with all of it taken out the null is -20.0 dB"
    )
    assert judged(esr=0.2, louder_lu=3.0).reason == "3.0 dB louder; with that taken out the null is -20.0 dB"
    assert judged().reason == "the null is -20.0 dB"
    assert judged(esr_matched=0.0, esr=0.0, null_db=-np.inf).reason == "nothing is left"


def test_what_costs_nothing_is_not_named():
    assert judged(esr=0.0101, louder_lu=0.2).reason == "the null is -20.0 dB"
    assert judged(esr=0.02, louder_lu=0.04, late_samples=0.01).reason == "the null is -20.0 dB"


def test_a_sound_that_is_near_but_not_the_same_is_a_warning():
    found = judged(esr=0.2, esr_matched=0.2, null_db=-7.0)
    assert (found.state, found.words) == ("warn", "probably not good")
    assert found.reason == "the null is -7.0 dB, and shallowest around 125 Hz (-12.0 dB)"


def test_another_sound_says_where_it_is_farthest_off():
    found = judged(esr=0.5, esr_matched=0.5, null_db=-3.0)
    assert (found.state, found.words) == ("fail", "another sound")
    assert "shallowest around 125 Hz" in found.reason
    unlike = judged(esr=1.9, esr_matched=0.9, null_db=-0.5, confidence=0.31, late_samples=812.0, polarity=-1)
    assert unlike.state == "fail"
    assert "(correlation 0.31) that lag and polarity cannot be told" in unlike.reason
    assert "812" not in unlike.reason and "upside" not in unlike.reason


def rest(esr_equalised=0.01, lacks_db=0.0, hz=3150.0, **shares):
    usual = {"eq": 0.0, "filter": 0.0, "distortion": 1.0, "noise": 0.0}
    return Rest(esr_equalised, {hz: lacks_db, 63.0: None}, hz if lacks_db else None, {**usual, **shares})


def test_an_error_that_an_eq_mends_is_named_with_its_figure_and_what_is_left():
    found = judged(esr=1.2, louder_lu=3.0, late_samples=6.7, rest=rest(10**-3.5, 2.1, eq=0.968, distortion=0.032))
    assert found.reason == (
        "3.0 dB louder and 6.7 samples late; with both taken out the null is -20.0 dB; with an EQ curve taken out as "
        "well (2.1 dB too little at 3.15 kHz) it is -35.0 dB; what is left is distortion"
    )
    assert (found.state, found.words) == ("ok", "not bad")  # an EQ is no excuse, and changes no verdict
    found = judged(rest=rest(0.005, -0.8, 400.0, eq=0.5, distortion=0.3, noise=0.2))
    assert found.reason == (
        "the null is -20.0 dB; with an EQ curve taken out as well (0.8 dB too much at 400 Hz) it is -23.0 dB; what is "
        "left is 60 % distortion and 40 % noise"
    )
    turned = judged(rest=rest(0.005, 0.0, eq=0.5, distortion=0.5))
    assert "taken out as well (of phase only) it is -23.0 dB" in turned.reason


def test_an_eq_that_mends_little_is_not_named():
    found = judged(rest=rest(0.0085, 2.1, eq=0.15, distortion=0.85))
    assert found.reason == "the null is -20.0 dB; what is left is distortion"
    far = {"esr": 0.7, "esr_matched": 0.7, "null_db": -1.5}
    assert "EQ" not in judged(**far, rest=rest(0.5, 6.0, eq=0.3, distortion=0.7)).reason  # another sound all the same
    assert "6.0 dB too little" in judged(**far, rest=rest(0.2, 6.0, eq=0.7, distortion=0.3)).reason


def test_what_is_left_is_named_by_its_kind():
    assert judged(rest=rest(noise=1.0, distortion=0.0)).reason.endswith("; what is left is noise")
    finer = judged(rest=rest(filter=0.95, distortion=0.05))
    assert finer.reason.endswith("; what is left is a filter finer than an EQ")
    shared = judged(rest=rest(filter=0.2, distortion=0.3, noise=0.5))
    assert shared.reason.endswith("what is left is 50 % noise, 30 % distortion and 20 % a filter finer than an EQ")


def test_where_nothing_tells_noise_and_distortion_apart_what_is_left_is_only_not_linear():
    assert judged(rest=rest(noise=None, distortion=None)).reason.endswith("; what is left is not linear")
    finer = judged(rest=rest(filter=0.9, noise=None, distortion=None))
    assert finer.reason.endswith("; what is left is a filter finer than an EQ")


def test_what_is_too_little_to_tell_is_not_named():
    deep = judged(esr=1e-7, esr_matched=1e-7, null_db=-70.0, rest=rest(1e-7))
    assert deep.reason == "the null is -70.0 dB"
    of_the_fit = judged(rest=rest(1e-4, 2.1, eq=0.99, distortion=0.01))
    assert of_the_fit.reason.endswith("it is -40.0 dB")
    hiss = judged(rest=rest(1e-4, 2.1, eq=0.99, distortion=0.002, noise=0.008))
    assert hiss.reason.endswith("it is -40.0 dB; what is left is noise")
    perfect = judged(rest=rest(0.0, 2.1, eq=1.0, distortion=0.0))
    assert perfect.reason.endswith("it is perfect")


# ---------------------------------------------------------------- the take
def faults(dry, wet, lag=0.0):
    span = slice(8192, len(dry))
    return [
        found
        for found in (lag_fault(dry, wet, lag, RATE, "wet.wav"), silence_fault(dry, wet, span, RATE, "wet.wav"))
        if found is not None
    ]


def drifting(y, samples):
    n = np.arange(len(y))
    return np.interp(n * (1 - samples / len(y)), n, y)


def test_a_whole_take_has_no_fault(dry):
    for x in (dry, plucked(seed=1)):
        assert faults(x, shifted(driven(x), 0.4)) == []
        assert faults(x, driven(x, 60.0)) == []  # a preamp that squares everything
        slow = np.convolve(driven(x), np.exp(-np.arange(400) / 80) / 80)[: len(x)]  # low notes later than high ones
        assert faults(x, slow) == []
        gated = driven(x) * (np.convolve(np.abs(x), np.ones(2400) / 2400, "same") > 10 ** (-50 / 20))
        assert faults(x, gated) == []


@pytest.mark.parametrize("samples", [2.0, -10.0, 60.0])
def test_a_take_of_two_clocks_is_told_with_its_drift(dry, samples):
    (fault,) = faults(dry, drifting(driven(dry), samples))
    assert "two clocks" in fault
    assert float(fault.split("drifts by ")[1].split()[0]) == pytest.approx(samples, rel=0.05, abs=0.1)


def test_a_take_is_judged_by_its_dry_and_wet(dry):
    wet, at = driven(dry), 7 * RATE
    (lost,) = faults(dry, np.concatenate([wet[:at], wet[at + 64 :], np.zeros(64)]))
    assert "jumps by -64.0 samples near " in lost
    assert float(lost.split("near ")[1].split(" s")[0]) == pytest.approx(7.0, abs=1.0)  # windows of 1.5 s
    assert "a buffer was lost" in lost


def test_lags_that_scatter_say_nothing(dry):
    """A reverb that answers more strongly than the direct sound, now and then."""
    rng, wet = np.random.default_rng(5), np.zeros(len(dry))
    for start in range(0, len(dry), RATE):
        late = int(rng.integers(0, 200))
        part = driven(dry)[start : start + RATE]
        wet[start : start + len(part)] = np.concatenate([np.zeros(late), part])[: len(part)]
    assert lag_fault(dry, wet, 100.0, RATE, "wet.wav") is None
    assert lag_fault(dry[: RATE // 2], wet[: RATE // 2], 0.0, RATE, "wet.wav") is None  # too short to say anything


@pytest.mark.parametrize("silent_s", [5.0, 9.0, 0.6])
def test_gear_that_falls_silent_is_named_with_its_time(dry, silent_s):
    wet, begins = driven(dry), SECONDS - silent_s
    wet[round(begins * RATE) :] = 1e-5 * np.random.default_rng(1).standard_normal(round(silent_s * RATE))
    (fault,) = faults(dry, wet)
    from_s, to_s = (float(part) for part in fault.split("from ")[1].split(" s while")[0].split(" to "))
    assert (from_s, to_s) == (pytest.approx(begins, abs=0.15), pytest.approx(SECONDS, abs=0.3))


def test_gear_that_falls_silent_leaves_nothing_to_say_about_a_model():
    fault = "wet.wav is silent from 31.0 to 36.0 s while the gear is played (5.0 of the 9.0 s that are judged)"
    found = judged(esr=0.6, esr_matched=0.6, null_db=-2.2, faults=(fault,))
    assert (found.state, found.words) == ("unknown", "not known")
    assert found.reason == f"{fault}; no figure here says much about the model"


# ---------------------------------------------------------------- gear against itself
def opened(folder, x, y, again=None, **more):
    paths = []
    for name, samples in (("dry.wav", x), ("wet.wav", y), ("again.wav", again)):
        if samples is not None:
            write(folder / name, samples, RATE, "FLOAT", overwrite=True)
        paths.append(folder / name if samples is not None else None)
    _known.clear()  # other files under the same names
    return open_take(TakeFiles(paths[0], paths[1], second_wet=paths[2], **more))


@pytest.mark.parametrize("late", [0.5, -0.5, 17.25, -40.5])
def test_a_second_take_half_a_sample_away_agrees(tmp_path, dry, late):
    take = opened(tmp_path, dry, driven(dry), 0.9 * shifted(driven(dry), late))
    assert take.repeatability_esr < 1e-6  # 0.02 with whole samples
    assert take.faults == take.warnings == ()


def layout(seed=0):
    """A signal of the trainer's layout, as short as one may be."""
    first, middle = plucked(VALIDATION_S, seed), plucked(11, seed + 1)
    return np.concatenate([first, np.zeros(RATE), middle, np.zeros(RATE // 2), first])


def test_gear_that_does_not_repeat_itself_is_named(tmp_path):
    x = layout()
    y, n = driven(x), VALIDATION_S * RATE
    whole = opened(tmp_path, x, y)
    assert whole.faults == whole.warnings == ()
    noisy = y.copy()
    noisy[:n] += 0.15 * np.std(y[:n]) * np.random.default_rng(2).standard_normal(n)
    take = opened(tmp_path, x, noisy)
    assert take.faults == ()
    assert any("differs from itself by an ESR of 0.02" in text for text in take.warnings)
    changed = np.concatenate([driven(x[:n], 60.0), y[n:]])
    take = opened(tmp_path, x, changed)
    assert "it was changed, or something failed, under way" in take.faults[0]


def test_gear_that_was_silent_for_the_last_five_seconds_is_as_close_to_nothing(tmp_path):
    x = layout()
    y = driven(x)
    y[-5 * RATE :] = 0
    take = opened(tmp_path, x, y)
    assert len(take.faults) == 1
    assert "is silent from 25.5 to 30.5 s while the gear is played (5.0 of the 9.0 s" in take.faults[0]


def test_a_second_take_of_something_else_is_refused(tmp_path, dry):
    with pytest.raises(CompareError, match=r"again\.wav is not a second take of dry\.wav: it is unrelated"):
        opened(tmp_path, dry, driven(dry), plucked(seed=8))


# ---------------------------------------------------------------- files of two channels
def test_the_channel_that_was_recorded_is_taken_or_asked_for(tmp_path, dry):
    wet, nothing = driven(dry), np.zeros(len(dry))
    for channels, number in (([wet, nothing], 1), ([nothing, wet], 2)):
        take = opened(tmp_path, dry, np.stack(channels, 1))
        assert np.array_equal(take.wet, wet.astype(np.float32))
        assert f"wet.wav has 2 channels; the guitar is on channel {number}" in take.warnings[0]
    both = opened(tmp_path, dry, np.stack([wet, wet], 1))
    assert "wet.wav has 2 channels, the same guitar on each" in both.warnings[0]
    room = shifted(0.3 * wet, 300)
    with pytest.raises(AudioError, match=r"wet\.wav has 2 channels that differ .*--channel \(1 or 2\)"):
        opened(tmp_path, dry, np.stack([room, wet], 1))
    asked = opened(tmp_path, dry, np.stack([room, wet], 1), channel=2)
    assert np.array_equal(asked.wet, wet.astype(np.float32))
    with pytest.raises(AudioError, match=r"has the channels 1 to 2; there is no channel 3"):
        opened(tmp_path, dry, np.stack([room, wet], 1), channel=3)
