"""Recordings from a DAW: found wherever they begin, padded where they are aligned, refused for the right reason."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
import takes
from takes import recorded, signal

from rig.audio import wav
from rig.capture.result.foreign_recording import load_recording
from rig.capture.result.judged_take import MISSING, padding_check
from rig.capture.result.save import save_capture
from rig.capture.signal.training_signal import as_24_bit
from rig.capture.take.place_in_recording import place_of
from rig.capture.take.recorded_file import read_channel
from rig.capture.take.recording import PRE_ROLL, Recording, stretch
from rig.errors import CaptureError
from rig.trainer.layout import RATE

LENGTH = 35 * RATE


def exported(lag=takes.DELAY, length=LENGTH, y=None):
    """As a DAW exports it: exactly so long, the answer `lag` samples late (negative: compensated too far)."""
    x = recorded(y)
    start = PRE_ROLL + takes.DELAY - lag
    return x[start : start + length]


def written(folder, samples, name="take.wav", **how):
    wav.write(folder / name, samples if samples.dtype == np.int32 else as_24_bit(samples), RATE, **how)
    return folder / name


@pytest.mark.parametrize("lag", [0, -300, -880])
def test_an_aligned_export_is_accepted_with_silence_where_nothing_was_recorded(tmp_path, lag):
    recording = load_recording(written(tmp_path, exported(lag)), signal())
    latency = recording.latency(signal())
    cut = recording.cut(signal(), latency.tightest)
    start = PRE_ROLL + takes.DELAY - lag + latency.tightest
    true = recorded()[start : start + LENGTH]
    missing = recording.missing(signal(), latency.tightest)
    assert missing[0] == max(0, -latency.tightest) and abs(latency.tightest - lag) <= 2
    inside = slice(missing[0], LENGTH - missing[1])
    assert np.abs(cut - true)[inside].max() < 2**-23 and not cut[: missing[0]].any()


def test_an_aligned_export_becomes_a_capture_that_says_what_is_missing(tmp_path):
    recording = load_recording(written(tmp_path, exported(-300)), signal())
    saved = save_capture(tmp_path, "aligned", signal(), recording)
    assert saved.accepted, saved.reason
    whole = saved.judged["whole"]
    assert whole.verdict == "ok" and "samples (6.3 ms) at the beginning" in whole.text


def test_much_that_is_missing_warns_and_more_of_it_fails():
    for samples, verdict in ((2400, "ok"), (2401, "warn"), (9601, "fail")):
        assert MISSING.verdict(samples) == verdict
    late = Recording(np.zeros(LENGTH + 5000), 0, padding=(0, 5000 + 4000))
    (check,) = padding_check(late, signal(), 0)
    assert check.verdict == "warn" and "83 ms at the end" in check.text
    assert padding_check(Recording(recorded()), signal(), 300) == ()


def test_a_recording_that_ends_three_samples_early_says_three_samples():
    assert stretch(3) == "3 samples (0.062 ms)"
    with pytest.raises(CaptureError, match=r"ends 3 samples \(0\.062 ms\) before the signal does"):
        Recording(recorded()[: PRE_ROLL + LENGTH - 3]).latency(signal())


def test_an_export_that_is_three_samples_short_is_padded(tmp_path):
    recording = load_recording(written(tmp_path, exported(length=LENGTH - 3)), signal())
    assert recording.missing(signal(), takes.DELAY) == (0, takes.DELAY + 3)


def test_a_recording_that_was_begun_75_seconds_early_is_found_and_counts_from_its_first_sample(tmp_path):
    early = np.concatenate([1e-5 * np.random.default_rng(0).standard_normal(75 * RATE), exported(length=LENGTH + RATE)])
    path = written(tmp_path, early)
    recording = load_recording(path, signal())
    latency = recording.latency(signal())
    true = 75 * RATE + takes.DELAY
    assert latency.counted_from + latency.tightest == pytest.approx(true, abs=2)
    assert f"after sample {latency.counted_from} (75.0" in str(latency)
    with pytest.raises(CaptureError, match=r"--latency-samples 312 leaves wet .* first sample of the recording"):
        save_capture(tmp_path, "x", signal(), recording, latency_samples=312)
    assert not (tmp_path / "x").exists()


def test_a_recording_that_was_begun_late_says_by_how_much(tmp_path):
    with pytest.raises(CaptureError, match=r"take\.wav: begins 2\.00 s after rig-signal-35s does"):
        load_recording(written(tmp_path, exported()[2 * RATE + takes.DELAY :]), signal())


def test_a_click_before_the_signal_does_not_hide_it():
    x = exported(length=LENGTH + RATE).copy()
    x[100:4900] += np.random.default_rng(1).uniform(-1, 1, 4800) * 30
    place = place_of(signal().samples, x)
    assert place.found and place.samples == pytest.approx(takes.DELAY + 1, abs=3)


def test_another_signal_silence_loss_and_too_many_channels_each_have_their_sentence(tmp_path):
    rng = np.random.default_rng(2)
    with pytest.raises(
        CaptureError, match=r"nothing in it resembles rig-signal-35s \(agreement 0\.0\d, at least 0\.15"
    ):
        load_recording(written(tmp_path, rng.uniform(-0.1, 0.1, LENGTH), "other.wav"), signal())
    with pytest.raises(CaptureError, match=r"silent\.wav: silent"):
        read_channel(written(tmp_path, np.zeros(RATE), "silent.wav"))
    soundfile.write(tmp_path / "lossy.ogg", rng.uniform(-0.1, 0.1, RATE), RATE, subtype="VORBIS")
    with pytest.raises(CaptureError, match=r"lossy\.ogg: compressed with loss \(Ogg Vorbis\)"):
        read_channel(tmp_path / "lossy.ogg")


def test_the_channel_with_the_sound_is_taken_and_two_of_them_are_asked_for(tmp_path):
    sound = 0.1 * np.random.default_rng(3).standard_normal(RATE)
    right = written(tmp_path, np.stack([1e-3 * sound, sound], axis=1), "right.wav")
    assert read_channel(right) == pytest.approx(sound, abs=2**-23)
    assert read_channel(right, 1) == pytest.approx(1e-3 * sound, abs=2**-23)
    same = written(tmp_path, np.stack([sound, sound], axis=1), "same.wav")
    assert read_channel(same) == pytest.approx(sound, abs=2**-23)
    both = written(tmp_path, np.stack([0.3 * sound, sound], axis=1), "both.wav")
    with pytest.raises(CaptureError, match=r"both\.wav: 2 channels, with sound on 1, 2; choose .* with --channel N"):
        read_channel(both)
    with pytest.raises(CaptureError, match="there is no channel 3; it has 2"):
        read_channel(both, 3)
