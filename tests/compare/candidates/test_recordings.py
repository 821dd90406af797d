"""Recordings of what another box made of the dry file, judged like models, whatever lies between them and it."""

from __future__ import annotations

import boxes
import commandline
import model_files
import numpy as np
import pytest
from boxes import RATE
from scipy.signal import butter, lfilter, resample_poly

import rig
from rig.audio.align import shifted
from rig.audio.wav import write
from rig.cli.commands.compare import candidates_in
from rig.compare.models import judge, take_files
from rig.compare.score import Failure, Score

SECONDS = 6.0
RNG = np.random.default_rng(4)


@pytest.fixture(scope="module")
def dry():
    return boxes.strings(SECONDS)


@pytest.fixture(scope="module")
def made(dry):
    """What the other box made of it."""
    return boxes.box(dry)


@pytest.fixture(scope="module")
def pair(tmp_path_factory, dry):
    folder = tmp_path_factory.mktemp("pair")
    write(folder / "dry.wav", dry, RATE, "FLOAT")
    write(folder / "wet.wav", boxes.gear(dry), RATE, "FLOAT")
    return take_files(folder / "dry.wav", folder / "wet.wav", None)


@pytest.fixture
def judged(pair, tmp_path):
    def judged(samples, rate=RATE, files=pair):
        write(tmp_path / "box.wav", samples, rate, "FLOAT", overwrite=True)
        return judge(tmp_path / "box.wav", files)

    return judged


@pytest.fixture(scope="module")
def plain(pair, made, tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "box.wav"
    write(path, made, RATE, "FLOAT")
    found = judge(path, pair)
    assert isinstance(found, Score)
    return found


def same_sound(found, plain, rel=0.01):
    assert isinstance(found, Score), found
    assert found.esr_matched == pytest.approx(plain.esr_matched, rel=rel)
    assert found.esr_pre_emphasised == pytest.approx(plain.esr_pre_emphasised, rel=rel)
    assert (found.state, found.verdict) == (plain.state, plain.verdict)


def refused(found, *words):
    assert isinstance(found, Failure), found
    for word in words:
        assert word in found.reason, found.reason
    assert found.reason.startswith("box.wav")


def faulty(found, *words):
    assert isinstance(found, Score), found
    assert (found.state, found.verdict) == ("unknown", "not known")
    for word in words:
        assert word in found.reason, found.reason
    assert found.reason.endswith("no figure here says much about the recording")


def test_a_recording_says_what_it_is_and_what_was_taken_out(plain):
    assert (plain.kind, plain.name, plain.size, plain.quality) == ("recording", "box", None, None)
    assert (plain.input_gain_db, plain.esr_trainer, plain.aliasing_db) == (None, None, None)
    # The filter of the box is a sample and a bit late itself.
    assert -33 < plain.lag_samples < -boxes.BOX_LATE_SAMPLES
    assert plain.reason.startswith(f"{plain.loudness_difference_lu:.1f} dB louder and {-plain.lag_samples:.1f} samples")
    told = plain.recording
    assert (told.sample_rate, told.samples, told.begins_s) == (RATE, round(SECONDS * RATE), 0.0)
    assert (told.clock_ppm, told.drift_samples, told.clipped_samples) == (0.0, 0.0, 0)
    assert plain.notes == ()


def test_one_that_begins_seconds_before_the_dry_file_is_laid_beside_it(judged, made, plain):
    begins_s = -2.5
    ahead = 1e-4 * RNG.standard_normal(round(-begins_s * RATE))  # somebody reaches for the guitar
    found = judged(np.concatenate([ahead, made]))
    same_sound(found, plain)
    assert found.lag_samples == pytest.approx(plain.lag_samples + begins_s * RATE, abs=0.02)
    assert found.recording.begins_s == pytest.approx(begins_s, abs=0.001)
    assert f"it begins {-begins_s:.1f}" in found.notes[0] and "before dry.wav does" in found.notes[0]
    assert found.esr > 1  # as it is, nothing fits


def test_one_that_begins_late_or_ends_early_is_judged_by_what_it_holds(judged, pair, made, plain):
    late = judged(made[2 * RATE :])
    assert late.lag_samples == pytest.approx(plain.lag_samples + 2 * RATE, abs=0.02)
    assert late.recording.judged_s == (pytest.approx(2.0, abs=0.001), pytest.approx(SECONDS, abs=0.001))
    assert "it holds 4.0 of the 5.8 s that are judged (2.0 to 6.0 s)" in late.notes[0]
    early = judged(made[: 4 * RATE])
    assert early.recording.judged_s == (pytest.approx(8192 / RATE), pytest.approx(4.0))
    assert "holds 3.8 of the 5.8 s" in early.notes[0]
    # The same figures as those of a take that was cut there.
    for name in ("dry", "wet"):
        x = rig.audio.wav.read(getattr(pair, name)).samples[: 4 * RATE, 0]
        write(pair.dry.with_name(f"{name} cut.wav"), x, RATE, "FLOAT")
    cut = take_files(pair.dry.with_name("dry cut.wav"), pair.dry.with_name("wet cut.wav"), None)
    same = judged(made[: 4 * RATE], files=cut)
    assert early.esr_matched == pytest.approx(same.esr_matched, rel=1e-6) and not same.notes


def test_what_lies_behind_the_end_changes_nothing(judged, made, plain):
    found = judged(np.concatenate([made, 0.3 * RNG.standard_normal(3 * RATE)]))
    same_sound(found, plain, rel=1e-4)
    assert found.notes == ()


def test_one_that_holds_too_little_is_refused(judged, made):
    refused(judged(made[: 2 * RATE]), "holds 1.8 of the 5.8 s that are judged", "Record the whole of dry.wav")


@pytest.mark.parametrize("rate", [44100, 96000])
def test_another_rate_is_resampled_and_said(judged, made, plain, rate):
    up, down = {44100: (147, 160), 96000: (2, 1)}[rate]
    found = judged(resample_poly(made, up, down, window=("kaiser", 14.0)), rate)
    same_sound(found, plain)
    assert found.lag_samples == pytest.approx(plain.lag_samples, abs=0.02)
    lacks = "; it holds nothing above 21.6 kHz" if rate == 44100 else ""
    assert found.notes == (f"it has {rate} Hz, and was resampled to 48000 Hz{lacks}",)
    assert found.recording.sample_rate == rate


def test_a_header_that_states_another_rate_than_the_sound_has_is_named(judged, made):
    refused(judged(made, 44100), "says it has 44100 Hz, and sounds right at 48000 Hz", "header is wrong")


def test_the_channel_is_found_or_asked_for(judged, pair, made, plain):
    same_sound(judged(np.stack([np.zeros(len(made)), made], 1)), plain)
    two = np.stack([made, 0.5 * shifted(boxes.gear(made), 900)], 1)
    refused(judged(two), "2 channels that differ", "--channel")
    same_sound(judged(two, files=take_files(pair.dry, pair.wet, None, channel=1)), plain)
    refused(judged(two, files=take_files(pair.dry, pair.wet, None, channel=3)), "there is no channel 3")


def test_one_of_another_dry_file_is_refused(judged):
    refused(judged(boxes.box(boxes.strings(SECONDS, seed=3))), "is no recording of dry.wav", "Play this dry file")


def test_a_dark_box_is_found_by_the_sound_of_the_gear(judged, made):
    """Behind a steep filter so few frequencies agree with the dry file that no time can be told by them."""
    found = judged(lfilter(*butter(3, 500 / (RATE / 2)), made))
    assert isinstance(found, Score) and found.confidence > 0.5 and -200 < found.lag_samples < -40


def test_the_dry_file_itself_is_told_as_a_bypass(judged, pair, dry):
    refused(judged(0.5 * dry), "is dry.wav itself at -6.0 dB (nothing differs): a bypass")
    noise = RNG.standard_normal(len(dry)) * np.sqrt(np.mean(dry**2)) * 10 ** (-40 / 20)
    refused(judged(-0.5 * shifted(dry + noise, 100.3)), "is dry.wav itself at -6.0 dB", "a bypass")
    found = judge(pair.dry, pair)
    assert isinstance(found, Failure) and "is the dry file itself: a bypass" in found.reason


def test_a_box_that_was_hardly_on_is_asked_about(judged, dry):
    noise = RNG.standard_normal(len(dry)) * np.sqrt(np.mean(dry**2)) * 10 ** (-20 / 20)
    found = judged(0.5 * (dry + noise))
    assert isinstance(found, Score)
    assert "it is nearly dry.wav itself (what differs is 2" in found.notes[0] and "switched on?" in found.notes[0]


def test_gear_that_is_clean_itself_does_not_make_a_clean_box_a_bypass(judged, pair, dry, tmp_path):
    write(tmp_path / "clean.wav", 0.5 * dry + 1e-4 * RNG.standard_normal(len(dry)), RATE, "FLOAT")
    found = judged(0.4 * dry, files=take_files(pair.dry, tmp_path / "clean.wav", None))
    assert isinstance(found, Score) and not found.notes and found.verdict == "great"


def test_the_gears_own_take_is_no_candidate_and_a_copy_is_called_one(judged, pair, dry):
    found = judge(pair.wet, pair)
    assert isinstance(found, Failure) and "wet.wav is the gear's own take" in found.reason
    copy = judged(boxes.gear(dry))
    assert any("wet.wav sample for sample: a copy" in note for note in copy.notes)


def test_silence_and_an_impulse_response_are_named(judged, made):
    refused(judged(0 * made), "silent")
    decay = np.exp(-np.arange(RATE // 2) / 1500)
    refused(judged(RNG.standard_normal(RATE // 2) * decay), "looks like an impulse response (0.50 s", "rig ir box.wav")
    refused(judged(np.r_[1.0, 0.5, -0.2, np.zeros(200)]), "looks like an impulse response")
    room = np.exp(-np.arange(3 * RATE) / 16000)
    refused(judged(RNG.standard_normal(3 * RATE) * room), "looks like an impulse response (3.00 s")


def test_a_gap_leaves_no_figure_to_believe(judged, made):
    gap = made.copy()
    gap[3 * RATE : 4 * RATE] = 0
    faulty(judged(gap), "box.wav is silent from 3.0 to 4.", "while the gear is played")


def test_a_clipped_one_is_told(judged, made):
    found = judged(np.clip(4 * made, -1, 1))
    assert found.recording.clipped_samples > 1000
    assert found.notes == (
        f"it is clipped: {found.recording.clipped_samples} samples at full scale, where it is not the sound of the box",
    )


def test_models_and_recordings_are_ranked_together(pair, made, tmp_path, plain):
    linear = model_files.finished("Linear", {"receptive_field": 1, "bias": False}, [0.8])
    model = model_files.write(tmp_path / "linear.nam", linear)
    write(tmp_path / "box.wav", made, RATE, "FLOAT")
    write(tmp_path / "other.wav", boxes.strings(SECONDS, seed=8), RATE, "FLOAT")
    names = [model, tmp_path / "other.wav", tmp_path / "box.wav"]
    found = rig.compare_models(pair, models=names)
    assert [(score.file, score.kind) for score in found.scores] == [("box.wav", "recording"), ("linear.nam", "model")]
    assert [failure.file for failure in found.failures] == ["other.wav"]
    assert found.scores[0].esr_matched == plain.esr_matched
    assert found.to_json()["scores"][0]["recording"]["clock_ppm"] == 0.0


def test_the_command_takes_recordings_and_folders_of_them_and_the_page_plays_them(pair, made, tmp_path):
    folder = tmp_path / "boxes"
    folder.mkdir()
    for name, x in (("a.wav", made), ("b.flac", boxes.box(1.2 * rig.audio.wav.read(pair.dry).samples[:, 0]))):
        write(folder / name, x, RATE, "PCM_24")
    page = tmp_path / "page.html"
    printed = commandline.forked(
        "compare", pair.dry, pair.wet, folder, "--workers", 1, "--capture-dbu", "none", "--html", page
    ).stdout
    assert printed.splitlines()[4].startswith("recording") and "Recorded " in printed and "Input  " not in printed
    assert "2 recordings compared" in page.read_text() and page.read_text().count("data:audio/flac") == 6


def test_a_folder_stands_for_its_models_or_for_its_recordings_without_the_pair(pair, made, tmp_path):
    write(pair.dry.parent / "box.wav", made, RATE, "FLOAT", overwrite=True)
    told = {path.name for path in candidates_in(pair.dry.parent, pair)}
    assert "box.wav" in told and not {"dry.wav", "wet.wav"} & told
    write(tmp_path / "box.wav", made, RATE, "FLOAT")
    model = model_files.write(tmp_path / "a.nam", {})
    assert candidates_in(tmp_path, pair) == [model]
    assert candidates_in(tmp_path / "box.wav", pair) == [tmp_path / "box.wav"]
