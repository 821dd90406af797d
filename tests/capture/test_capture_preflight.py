"""Before a take the path is tried; after one a drifting clock can be undone if the player asks."""

from __future__ import annotations

import json

import numpy as np
import pytest
import takes
from takes import recorded, signal

from rig.capture.result.save import save_capture
from rig.capture.take.clock_drift import clock_error, repaired
from rig.capture.take.level_search import level_step, loudest_second
from rig.capture.take.path_checks import alive_check, ringing_check, silence_checks, tone, tone_peak_dbfs
from rig.capture.take.recording import Recording
from rig.errors import CaptureError
from rig.trainer.layout import RATE


def noise(dbfs, seconds=1.0, seed=0):
    return 10 ** (dbfs / 20) * np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def test_silence_is_judged_like_that_of_a_take():
    assert {check.verdict for check in silence_checks(noise(-90))} == {"ok"}
    hum = 10 ** (-61 / 20) * np.sin(2 * np.pi * 60 * np.arange(RATE) / RATE)
    found = {check.name: check for check in silence_checks(noise(-90) + hum + 0.02)}
    assert found["hum"].verdict == "warn" and "60 Hz" in found["hum"].text
    assert found["dc"].verdict == "fail" and found["dc"].figure == pytest.approx(0.02, abs=1e-4)
    assert {check.name: check.verdict for check in silence_checks(noise(-65))}["noise"] == "warn"


def test_the_tone_is_measured_by_its_own_peak():
    x = tone(1.0, -12.0)
    assert tone_peak_dbfs(x) == pytest.approx(-12, abs=0.1)
    assert tone_peak_dbfs(x + noise(-40)) == pytest.approx(-12, abs=0.1)
    assert tone_peak_dbfs(tone(1.0, -12.0, 200.0), 200.0) == pytest.approx(-12, abs=0.1)


def test_a_dead_path_is_named():
    assert alive_check(noise(-80), noise(-80, seed=1) + 0.3 * tone()).verdict == "ok"
    dead = alive_check(noise(-80), noise(-80, seed=1))
    assert dead.verdict == "fail" and "both ports" in dead.advice


def test_the_level_search_ends_between_minus_6_and_minus_3():
    burst, gain_db = loudest_second(signal()), -30.0
    assert len(burst) == RATE and np.abs(burst).max() > 0.9
    for _ in range(6):
        step = level_step(np.clip(burst * 10 ** (gain_db / 20), -1, 1))
        if step.done:
            break
        gain_db += step.return_gain_db
    assert step.done and -6 <= step.peak_dbfs <= -3
    hot = level_step(np.clip(3 * burst, -1, 1))
    assert not hot.done and "clips" in hot.text and hot.send_trim_db == -6


@pytest.mark.parametrize("samples", [pytest.param(2.0, marks=pytest.mark.soak), -0.7])
def test_a_drifting_clock_is_measured_and_undone(samples):
    x = takes.drifted(recorded(), samples) if abs(samples) < 1 else takes.drifted(takes.drifted(recorded(), 1), 1)
    recording = Recording(x)
    error = clock_error(signal(), recording, 300)
    distance = signal().length - 9 * RATE
    assert error * distance == pytest.approx(samples, abs=0.02)
    fixed = repaired(recording, error)
    assert abs(clock_error(signal(), fixed, 300)) * distance < 0.02
    difference = (fixed.samples - recorded())[RATE : RATE + signal().length]
    assert 20 * np.log10(np.std(difference) / np.std(recorded())) < -40
    assert fixed.audio["drift_repaired_ppm"] == pytest.approx(1e6 * error, abs=1e-3)


def test_two_halves_that_do_not_resemble_each_other_are_no_drift():
    with pytest.raises(CaptureError, match="no drift"):
        clock_error(signal(), Recording(noise(-20, 38)), 0)


def test_a_take_with_two_clocks_is_refused_with_the_way_out_and_accepted_by_it(tmp_path):
    drifting = Recording(takes.drifted(recorded(), -0.9))
    refused = save_capture(tmp_path, "two", signal(), drifting)
    assert not refused.accepted and refused.judged["drift"].verdict == "fail"
    assert refused.reason.endswith("The lag grows evenly, as with two clocks: --repair-drift undoes it.")
    mended = save_capture(tmp_path, "two", signal(), drifting, repair_drift=True)
    assert mended.accepted and mended.judged["drift"].verdict == "ok", mended.reason
    distance = (signal().length - 9 * RATE) * 1e-6
    content = json.loads((mended.folder / "capture.json").read_text())
    assert content["audio"]["drift_repaired_ppm"] == pytest.approx(-0.9 / distance, abs=0.02 / distance)
    assert "the clocks differed by" in (mended.folder / "report.html").read_text()


@pytest.mark.soak
def test_a_jump_is_no_drift_and_is_not_offered_to_be_undone(tmp_path):
    jumping = Recording(takes.dropped(recorded(), 6))
    assert "--repair-drift" not in save_capture(tmp_path, "x", signal(), jumping).reason
    with pytest.raises(CaptureError, match="does not grow evenly"):
        save_capture(tmp_path, "y", signal(), jumping, repair_drift=True)
    assert not (tmp_path / "y").exists()


def returned(late_s, tail=0.0):
    """The tone of the trial, so late, with an echo of `tail`."""
    late = round(late_s * RATE)
    x = np.concatenate([np.zeros(late), 0.3 * tone(), np.zeros(RATE)])
    x[RATE // 8 :] += tail * x[: -RATE // 8]
    return x[: RATE * 3 // 2] + noise(-80, 1.5)


def test_a_path_that_is_late_and_one_that_rings_on_are_told_apart():
    late = ringing_check(noise(-80), returned(0.417))
    assert (late.name, late.verdict) == ("delay", "fail")
    assert "comes back 420 ms late, and a take can be at most 206 ms late" in late.text  # to 5 ms
    assert "fed back" not in late.advice
    ringing = returned(0.01)
    for _ in range(8):
        ringing[RATE // 8 :] += 0.5 * ringing[: -RATE // 8]
    rings = ringing_check(noise(-80), ringing)
    assert (rings.name, rings.verdict) == ("feedback", "fail") and "fed back" in rings.advice
    assert ringing_check(noise(-80), returned(0.19)).verdict == "ok"


@pytest.mark.parametrize(("loop_s", "gain"), [(0.01, 1.1), (0.125, 0.9), (0.3, 0.95), (0.03, 1.15)])
def test_a_loop_that_builds_up_slowly_is_fed_back_and_not_late(loop_s, gain):
    once, loop = returned(0.005), round(loop_s * RATE)
    howling = once.copy()
    for start in range(loop, len(once), loop):
        part = howling[start : start + loop]
        part += gain * howling[start - loop : start][: len(part)]
    check = ringing_check(noise(-80), np.clip(howling, -1, 1))
    assert (check.name, check.verdict) == ("feedback", "fail") and "fed back" in check.advice


def test_a_late_path_is_late_in_noise_too():
    late = ringing_check(noise(-62), returned(0.3) + noise(-62, 1.5, 1))
    assert (late.name, late.verdict) == ("delay", "fail")
