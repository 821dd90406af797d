"""The latency of a take: as tight as a model can follow, told from wrong ones by hand, and its reasons by name."""

from __future__ import annotations

import numpy as np
import pytest
import takes
from scipy.signal import butter, sosfilt
from takes import judged, recorded, signal

from rig.audio.align import Lag
from rig.capture.checks.latency import Latency, TrainerLatency, measure_latency, stated_cut
from rig.capture.checks.latency_check import latency_check
from rig.capture.take.recording import Recording
from rig.errors import CaptureError
from rig.trainer.layout import RATE


def low_pass(hz, x):
    return sosfilt(butter(4, hz, fs=RATE, output="sos"), x)


@pytest.mark.parametrize(
    ("gear", "delay", "tightest"),
    [
        (lambda x: 0.5 * x, 312, (310, 312)),
        (lambda x: 0.5 * x, 312.5, (308, 312)),  # a brick-wall converter, whose ringing the trainer triggers on
        (lambda x: 0.4 * np.tanh(50 * x), 312, (310, 312)),
        (lambda x: low_pass(3000, x), 312, (310, 315)),  # the sound begins at 312; its middle lies at 318
        (lambda x: -0.3 * np.tanh(4 * x + 0.5 * x * x), 312, (310, 312)),
    ],
    ids=["clean", "between samples", "fuzz", "dark", "crunch, inverted"],
)
def test_the_take_is_cut_where_the_gear_begins_to_answer(gear, delay, tightest):
    latency = Recording(recorded(gear(signal().samples), delay)).latency(signal())
    assert tightest[0] <= latency.tightest <= tightest[1], str(latency)


def test_the_trainers_own_figure_stands_beside_it_and_is_earlier():
    latency = Recording(recorded(delay=312.5, noise_dbfs=None)).latency(signal())
    assert latency.trainer.samples < latency.tightest - 16  # pre-ringing
    said = latency.to_json()
    assert (said["applied"], said["official"]) == (latency.tightest, latency.trainer.samples)
    assert "by the trainer's rule" in str(latency)


def test_what_is_cut_off_leaves_the_sound_at_the_beginning():
    x = recorded(0.5 * signal().samples)
    latency = Recording(x).latency(signal())
    again = measure_latency(signal().samples, Recording(x).cut(signal(), latency.tightest))
    assert again.tightest == 0 and 0 <= again.correlation.samples < 2


def latency_of(tightest=311, counted_from=0, trainer=305, confidence=0.5):
    return Latency(TrainerLatency(trainer, 0.001, False), Lag(313.2, 1, confidence), tightest, counted_from)


def test_a_stated_latency_that_puts_wet_before_dry_is_refused_with_what_would_be_right():
    with pytest.raises(CaptureError, match=r"400 puts wet 89 samples before dry.* moment of playing.*at most 311"):
        stated_cut(latency_of(), 400)
    with pytest.raises(CaptureError, match=r"first sample of the recording, and there at most 96311"):
        stated_cut(latency_of(counted_from=96_000), 96_400)
    with pytest.raises(CaptureError, match=r"leaves wet 96000 samples behind dry"):
        stated_cut(latency_of(counted_from=96_000), 311)
    assert stated_cut(latency_of(), 312) == 312 and stated_cut(latency_of(counted_from=96_000), 96_300) == 300
    assert stated_cut(latency_of(confidence=0.1), 5000) == 5000  # nothing is known that contradicts it


def test_a_stated_latency_is_warned_of_where_a_model_would_have_to_learn_it():
    assert latency_check(latency_of(), 311).verdict == "ok"
    assert latency_check(latency_of(), 300).verdict == "ok"
    late = latency_check(latency_of(), 200)
    assert late.verdict == "warn" and "200 samples, as given" in late.text


def spoiled(at_s, level):
    """A click in a take of the preamp, at that moment of the signal."""
    x = recorded().copy()
    at = RATE + takes.DELAY + round(at_s * RATE)
    x[at : at + 20] += level
    return x


def test_a_click_an_early_sound_a_swallowed_marker_and_another_programme_are_told_apart():
    click = judged(spoiled(10.3, 0.7))["latency"]
    assert click.verdict == "fail" and "at 10.3" in click.text and "a click" in click.text
    swallowed = recorded().copy()
    swallowed[RATE + round(10.4 * RATE) : RATE + round(11.9 * RATE)] = 0.0
    gone = judged(swallowed)["latency"]
    assert gone.verdict == "warn" and "no answer to the two single samples" in gone.text
    assert "while the playing is found" in gone.text and "train/run.txt" in gone.advice
    early = Latency(TrainerLatency(-1001, 0.001, True), Lag(313.2, 1, 0.5), 311)
    assert "there is sound before the two single samples" in latency_check(early, None).text
    other = Latency(TrainerLatency(None, 0.001, False), Lag(17.0, 1, 0.03), 17)
    assert "neither the playing nor" in latency_check(other, None).text


def test_a_take_that_is_too_late_says_by_how_much():
    late = Latency(TrainerLatency(10_200, 0.001, False), Lag(10_201.0, 1, 0.5), 10_200)
    check = latency_check(late, None)
    assert check.verdict == "fail" and "10201 samples (213 ms) late" in check.text


def test_figures_that_contradict_each_other_fail_and_a_trainer_that_is_very_early_warns():
    behind = Latency(TrainerLatency(500, 0.001, False), Lag(313.2, 1, 0.5), 311)
    assert latency_check(behind, None).verdict == "fail"
    early = latency_check(latency_of(trainer=235), None)
    assert early.verdict == "warn" and "train/run.txt" in early.advice
    assert latency_check(latency_of(), None).verdict == "ok"
