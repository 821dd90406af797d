"""Recordings by another clock: the drift is measured and taken out; what no clock explains leaves no figure."""

from __future__ import annotations

import boxes
import numpy as np
import pytest
from boxes import RATE

from rig.audio.measures import esr
from rig.audio.wav import write
from rig.compare.candidates.stretch import stretched
from rig.compare.candidates.which_kind import candidate_again
from rig.compare.models import judge, take_files
from rig.compare.page import hear
from rig.compare.pair import open_take
from rig.compare.score import Score

SECONDS = 8.0


@pytest.fixture(scope="module")
def dry():
    return boxes.strings(SECONDS, seed=5)


@pytest.fixture(scope="module")
def judged(tmp_path_factory, dry):
    folder = tmp_path_factory.mktemp("pair")
    write(folder / "dry.wav", dry, RATE, "FLOAT")
    write(folder / "wet.wav", boxes.gear(dry), RATE, "FLOAT")
    files = take_files(folder / "dry.wav", folder / "wet.wav", None)

    def judged(samples):
        write(folder / "box.wav", samples, RATE, "FLOAT", overwrite=True)
        found = judge(folder / "box.wav", files)
        assert isinstance(found, Score), found
        return found

    judged.files = files
    return judged


@pytest.fixture(scope="module")
def plain(judged, dry):
    return judged(boxes.box(dry))


@pytest.mark.parametrize("ppm", [12.3, pytest.param(-100.0, marks=pytest.mark.soak)])
def test_a_difference_of_clocks_is_measured_said_and_taken_out(judged, dry, plain, ppm):
    found = judged(boxes.by_another_clock(boxes.box(dry), ppm))
    assert found.recording.clock_ppm == pytest.approx(ppm, abs=0.05)
    assert found.recording.drift_samples == pytest.approx(1e-6 * ppm * SECONDS * RATE, abs=0.03)
    assert found.esr_matched == pytest.approx(plain.esr_matched, rel=0.01)
    assert found.lag_samples == pytest.approx(plain.lag_samples, abs=0.02)  # at the start of the dry file
    (note,) = found.notes
    assert note.startswith(f"it drifts by {found.recording.drift_samples:+.2f} samples (") and "another clock" in note
    assert found.verdict == plain.verdict
    if abs(ppm) > 10:
        assert found.esr > 2 * plain.esr or found.esr > 1  # as it is, it is not taken out


def test_a_clock_and_a_late_beginning_together(judged, dry, plain):
    ahead = 1e-4 * np.random.default_rng(1).standard_normal(round(1.7 * RATE))
    found = judged(np.concatenate([ahead, boxes.by_another_clock(boxes.box(dry), 40.0)]))
    assert found.recording.clock_ppm == pytest.approx(40.0, abs=0.05)
    assert found.lag_samples == pytest.approx(plain.lag_samples - len(ahead), abs=0.02)
    assert found.esr_matched == pytest.approx(plain.esr_matched, rel=0.01)
    # What is heard of it is in step with the gear, too.
    take, path = open_take(judged.files), judged.files.dry.with_name("box.wav")
    heard = hear(candidate_again(take, path, found), found)
    assert esr(heard.candidate, heard.wet) < 2 * found.esr_matched


def test_one_clock_is_left_alone(plain):
    assert (plain.recording.clock_ppm, plain.notes) == (0.0, ())


def unknown(found, *words):
    assert (found.state, found.verdict) == ("unknown", "not known")
    assert found.recording.clock_ppm is None
    for word in words:
        assert word in found.reason, found.reason


def test_a_lag_that_wanders_is_no_clock(judged, dry):
    made = boxes.box(dry)
    n = np.arange(len(made))
    unknown(judged(np.interp(n + 8 * np.sin(3 * n / len(n)), n, made)), "box.wav drifts unevenly")


def test_a_lost_buffer_is_a_jump(judged, dry):
    made, half = boxes.box(dry), len(dry) // 2
    unknown(judged(np.concatenate([made[:half], made[half + 64 :]])), "box.wav jumps by -64.")


def test_a_piece_that_was_cut_out_or_put_in_is_named(judged, dry):
    made, half = boxes.box(dry), len(dry) // 2
    out = judged(np.concatenate([made[:half], made[half + RATE // 2 :]]))
    unknown(out, "box.wav jumps by -0.50 s between", "a piece is missing there")
    put_in = judged(np.concatenate([made[:half], made[RATE : 2 * RATE], made[half:]]))
    unknown(put_in, "box.wav jumps by +1.00 s between", "something was put in there")


@pytest.mark.parametrize("ppm", [-100.0, 3.0])
@pytest.mark.parametrize("hz", [110.0, 5000.0, 18000.0])
def test_stretching_moves_each_sample_to_its_place(hz, ppm):
    n, step = np.arange(RATE), 1 + 1e-6 * ppm
    found = stretched(np.sin(2 * np.pi * hz * n / RATE), 10.3, step, RATE - 200)
    expected = np.sin(2 * np.pi * hz * (10.3 + step * n[: len(found)]) / RATE)
    # 110 dB below a sine of full scale; the first samples know nothing of what was before.
    assert np.sqrt(np.mean((found - expected)[100:-100] ** 2)) < 10 ** (-110 / 20) * np.sqrt(0.5)


def test_outside_of_a_recording_there_is_silence():
    x = np.ones(1000)
    assert not stretched(x, -3000.0, 1 + 1e-5, 2000).any()
    assert not stretched(x, 2000.0, 1 - 1e-5, 500).any()
    found = stretched(x, -200.0, 1 + 1e-5, 2000)
    assert not found[:150].any() and not found[1250:].any()
    assert np.abs(found[300:1100] - 1).max() < 1e-4
