"""Takes: what goes to disk, sample by sample, and what stands there when something goes wrong. Without a server."""

from __future__ import annotations

import json
import os
import shutil
import time
from datetime import datetime

import numpy as np
import pytest
import soundfile as sf
from jackclients import wait_until
from rigs import RATE, Bench, Told, db, guitar, model, noise

from rig.audio import wav
from rig.cabinet.ir import IR
from rig.cli.live.live_line import recording_text
from rig.engine import Cabinet
from rig.errors import AudioError, RigError
from rig.files import bundled
from rig.lane import Lane
from rig.player.tools.recorder import Recorder
from rig.recording.take import Take
from rig.recording.wavfile import GrowingWav, open_new
from rig.recording.writer import TakeWriter

HALF_STEP = 2.0**-24  # of 24 bits: rounding


def take_of(folder, title="nano", **more):
    return Take(folder, title, RATE, {"model": "nano.nam"}, **more)


def one_sample_long(folder, **more):
    take = take_of(folder, **more)
    take.write(np.zeros((3, 1), np.float32))
    take.finish({})
    return take.name


def files_of(folder):
    """The samples of the only take in a folder: guitar (n,), out (n, 2), and its JSON."""
    (guitar_file,), (out_file,), (note,) = (sorted(folder.glob(e)) for e in ("* di.wav", "* out.wav", "*.json"))
    return wav.read(guitar_file).samples[:, 0], wav.read(out_file).samples, json.loads(note.read_text())


@pytest.fixture
def bench():
    """A model and a cabinet that play; the clip guard is on, as in a session."""
    made = Bench([64, 3, 1000], guard=True)
    made.engine.play({0: Lane(RATE, model().network())}, Cabinet(IR.load(bundled.irs()[0])))
    made.settle()
    return made


# ---------------------------------------------------------------- a take is what was played
def test_a_take_holds_the_guitar_and_what_was_heard_from_key_to_key(bench, tmp_path):
    said = Told()
    recorder = Recorder(bench.engine, said.append, lambda: "nano", lambda: {"model": "nano.nam"})
    recorder.folder = tmp_path / "new" / "folder"
    assert bench.engine.record["recorder"] == 0  # nothing is kept unless somebody asks
    x = 2 * guitar(3 * RATE)  # it clips, in and out
    played = [bench.stereo(x[:RATE])]
    recorder.record(not recorder.is_recording)
    for at in range(RATE, 2 * RATE, RATE // 10):
        played.append(bench.stereo(x[at : at + RATE // 10]))
    assert recording_text(recorder.recording).startswith("REC 0:01 (")
    recorder.record(not recorder.is_recording)
    assert recorder.recording is None
    played.append(bench.stereo(x[2 * RATE :]))
    recorder.close()
    y = np.concatenate(played)
    di, out, note = files_of(recorder.folder)
    assert len(di) == len(out) == RATE
    np.testing.assert_allclose(di, np.clip(x[RATE : 2 * RATE], -1, 1), rtol=0, atol=2 * HALF_STEP)  # +1 is one less
    np.testing.assert_allclose(out, y[RATE : 2 * RATE], rtol=0, atol=2 * HALF_STEP)
    assert db(out) > -20
    assert (note["complete"], note["frames"], note["gaps"], note["model"]) == (True, RATE, [], "nano.nam")
    assert "recording into" in said[0]
    assert "complete in" in said[1]


def test_the_guitar_of_a_24_bit_converter_comes_back_bit_for_bit(bench, tmp_path):
    codes = np.random.default_rng(5).integers(-(1 << 23), 1 << 23, RATE // 4)
    writer = TakeWriter(bench.engine.recorder(), take_of(tmp_path))
    bench.process(codes / (1 << 23))
    writer.end()
    bench.process(np.zeros(64))
    assert writer.wait(10)
    np.testing.assert_array_equal(files_of(tmp_path)[0] * (1 << 23), codes)


def test_a_mute_is_in_what_was_heard_and_not_in_the_guitar(bench, tmp_path):
    writer = TakeWriter(bench.engine.recorder(), take_of(tmp_path))
    bench.process(noise(RATE // 10))
    bench.engine.set_master(0.0)
    bench.process(noise(RATE // 5, seed=1))
    writer.end()
    bench.process(np.zeros(64))
    assert writer.wait(10)
    di, out, _ = files_of(tmp_path)
    assert db(di[-RATE // 10 :]) > -20
    assert np.abs(out[-RATE // 10 :]).max() == 0


def test_one_take_after_the_other_and_a_third_that_never_began(bench, tmp_path):
    ring = bench.engine.recorder()
    for i in range(2):
        x = noise(1000 * (i + 1), seed=i)
        writer = TakeWriter(ring, take_of(tmp_path / str(i)))
        bench.process(x)
        writer.end()
        bench.process(noise(100, seed=9))  # between the takes
        assert writer.wait(10)
        np.testing.assert_allclose(files_of(tmp_path / str(i))[0], x, rtol=0, atol=HALF_STEP)
    writer = TakeWriter(ring, take_of(tmp_path / "none"))
    writer.end()  # no cycle comes: the server has gone
    assert writer.wait(10)
    bench.process(noise(100))
    assert ring.frames == 0
    assert list((tmp_path / "none").iterdir()) == []
    assert writer.sentences() == ["Nothing was recorded."]


# ---------------------------------------------------------------- a disk that is too slow
@pytest.mark.parametrize("seed", range(3))
def test_what_a_full_ring_loses_is_told_with_its_exact_length_and_place(bench, seed):
    """A reader that comes at random: what it read and what it was told to leave out are the whole, in order."""
    rng, ring = np.random.default_rng(seed), bench.engine.recorder(0.01)
    block = np.zeros((3, 100), np.float32)
    ring.begin()
    x, y, read = [], [], []
    for step in range(400):
        piece = noise(int(rng.integers(1, 200)), seed=step)
        x.append(piece)
        y.append(bench.stereo(piece))
        if step == 399:
            ring.end()
            bench.process(np.zeros(1))
        while (step == 399 or rng.random() < 0.5) and (n := ring.read(block, over=step == 399)):
            read.append(block[:, :n].copy() if n > 0 else np.full((3, -n), np.nan, np.float32))
    want = np.vstack((np.concatenate(x), np.concatenate(y).T))
    got = np.concatenate(read, axis=1)
    assert got.shape == want.shape
    lost = np.isnan(got[0])
    assert 0 < lost.sum() == ring.record["lost_in_take_frames"] < lost.size
    np.testing.assert_array_equal(got[:, ~lost], want[:, ~lost])


class Slow:
    """A file on a disk that stands still for a while, once."""

    def __init__(self, path):
        self._file, self._begun = open_new(path), path.name.endswith("di.wav")
        self.stalled_s = 0.4

    def write(self, content):
        if len(content) > 100 and self._begun:
            self._begun = False
            time.sleep(self.stalled_s)
        return self._file.write(content)

    def __getattr__(self, name):
        return getattr(self._file, name)


def test_a_slow_disk_costs_silence_of_the_length_that_was_lost_and_both_files_stay_aligned(bench, tmp_path):
    writer = TakeWriter(bench.engine.recorder(0.1), take_of(tmp_path, opened=Slow))
    x = noise(RATE, peak=0.5)
    played = []
    for at in range(0, RATE, RATE // 100):  # in real time
        played.append(bench.stereo(x[at : at + RATE // 100]))
        time.sleep(0.01)
    writer.end()
    bench.process(np.zeros(64))
    assert writer.wait(10)
    y = np.concatenate(played)
    di, out, note = files_of(tmp_path)
    assert len(di) == len(out) == RATE
    kept = np.ones(RATE, bool)
    for gap in note["gaps"]:
        kept[gap["at"] : gap["at"] + gap["frames"]] = False
    assert 0.02 < 1 - kept.mean() < 0.9  # a busy machine plays slower than the disk is slow
    np.testing.assert_allclose(di, np.where(kept, x, 0), rtol=0, atol=HALF_STEP)
    np.testing.assert_allclose(out, np.where(kept[:, None], y, 0), rtol=0, atol=HALF_STEP)
    assert "s of the take are missing at 0:00; silence stands there." in "\n".join(writer.sentences())


# ---------------------------------------------------------------- valid at every moment
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("limit", [1 << 32, 9000], ids=["WAV", "RF64 past 9000 bytes"])
def test_after_every_block_the_file_on_disk_is_a_valid_one(tmp_path, channels, limit):
    path, copy = tmp_path / "take.wav", tmp_path / "copy.wav"
    file = GrowingWav(path, RATE, channels, limit)
    x = noise(5001 * channels).reshape(5001, channels)
    at = 0
    for frames in (1, 500, 3000, 1500):
        file.add(at, x[at : at + frames])
        if at:  # killed between the samples and the header that announces them
            shutil.copy(path, copy)
            assert len(wav.read(copy).samples) == at
        at += frames
        file.announce(at)
        shutil.copy(path, copy)
        np.testing.assert_allclose(wav.read(copy).samples, x[:at], rtol=0, atol=HALF_STEP)
    file.finish(at)
    found = wav.read(path)
    assert (found.format, found.subtype) == ("RF64" if 3 * channels * 5001 > limit else "WAV", "PCM_24")
    np.testing.assert_allclose(found.samples, x, rtol=0, atol=HALF_STEP)
    assert path.stat().st_size % 2 == 0


def test_past_4_gb_it_is_rf64(tmp_path):
    """With a hole in the middle: the disk need not hold it."""
    if not hasattr(os, "SEEK_HOLE"):
        pytest.skip("files without holes here")
    file = GrowingWav(tmp_path / "long.wav", RATE, 2)
    x, at = noise(2000).reshape(1000, 2), (1 << 32) // 6
    file.add(at - 1000, x)
    file.announce(at - 1000)
    assert sf.info(tmp_path / "long.wav").format == "WAV"
    file.announce(at)
    file.finish(at)
    with sf.SoundFile(tmp_path / "long.wav") as found:
        assert (found.format, found.frames) == ("RF64", at)
        found.seek(-1000, sf.SEEK_END)
        np.testing.assert_allclose(found.read(), x, rtol=0, atol=HALF_STEP)


@pytest.mark.soak
def test_a_take_of_more_than_4_gb_is_read_back_whole(tmp_path):
    if shutil.disk_usage(tmp_path).free < 12 << 30:
        pytest.skip("needs 12 GB of disk")
    take, block = take_of(tmp_path), noise(3 << 20).reshape(3, -1)
    while take.frames * 6 <= 1 << 32:
        take.write(block)
    take.finish({"complete": True})
    for ending, container, channels in (("di", "WAV", 1), ("out", "RF64", 2)):
        with sf.SoundFile(next(tmp_path.glob(f"* {ending}.wav"))) as found:
            assert (found.format, found.channels, found.frames) == (container, channels, take.frames)
            want = block[:1] if ending == "di" else block[1:]
            for got in found.blocks(block.shape[1], always_2d=True):
                np.testing.assert_allclose(got, want.T, rtol=0, atol=HALF_STEP)


# ---------------------------------------------------------------- names
def test_a_take_is_named_by_time_and_title_and_replaces_nothing(tmp_path):
    now = datetime(2026, 11, 22, 20, 48, 23)
    for want in ("nano", "nano 2", "nano 3"):
        assert one_sample_long(tmp_path, now=now) == f"2026-11-22 20-48-23 {want}"
    (tmp_path / "2026-11-22 20-48-24 nano out.wav").write_text("mine")
    assert one_sample_long(tmp_path, now=now.replace(second=24)).endswith("nano 2")
    assert (tmp_path / "2026-11-22 20-48-24 nano out.wav").read_text() == "mine"
    strange = one_sample_long(tmp_path, title='a/b\\c: "d"\n' + "é" * 300, now=now)
    assert "a-b-c- -d--é" in strange
    assert len(strange.encode()) < 200


def test_a_folder_that_cannot_be_made_is_one_sentence_and_nothing_runs(bench, tmp_path):
    said = Told()
    recorder = Recorder(bench.engine, said.append, lambda: "nano", dict)
    recorder.folder = tmp_path / "file" / "takes"
    (tmp_path / "file").write_text("")
    with pytest.raises(AudioError, match=r"takes: no take can be written there \(.*\); name another folder with"):
        recorder.record(not recorder.is_recording)
    assert not recorder.is_recording
    recorder.poll()
    recorder.close()
    assert said == []


def test_the_key_during_the_end_of_a_take_is_a_sentence(bench, tmp_path):
    recorder = Recorder(bench.engine, lambda _: None, lambda: "nano", dict)
    recorder.folder = tmp_path
    recorder.record(not recorder.is_recording)
    recorder.record(not recorder.is_recording)
    with pytest.raises(RigError, match="still being written"):
        recorder.record(not recorder.is_recording)
    recorder.close()


# ---------------------------------------------------------------- a folder that is removed
def test_a_take_whose_folder_is_removed_is_put_back_and_goes_on(bench, tmp_path):
    folder = tmp_path / "takes"
    writer = TakeWriter(bench.engine.recorder(), take_of(folder))
    x = noise(RATE)
    bench.process(x[: RATE // 2])
    wait_until(lambda: writer.take.frames == RATE // 2, "the first half")
    shutil.rmtree(folder)
    bench.process(x[RATE // 2 :])
    wait_until(lambda: writer.take.frames == RATE, "the second half")
    shutil.rmtree(folder)
    writer.end()
    bench.process(np.zeros(64))
    assert writer.wait(10)
    di, out, note = files_of(folder)
    np.testing.assert_allclose(di, x, rtol=0, atol=HALF_STEP)
    assert (len(out), note["complete"]) == (RATE, True)
    assert "was removed while recording; the take was put back there and goes on." in writer.sentences()[0]


def test_where_it_cannot_be_put_back_the_take_ends_with_a_sentence(bench, tmp_path):
    folder = tmp_path / "takes"
    writer = TakeWriter(bench.engine.recorder(), take_of(folder))
    bench.process(noise(1000))
    wait_until(lambda: writer.take.frames == 1000, "the first block")
    shutil.rmtree(folder)
    folder.write_text("a file in its place")
    bench.process(noise(1000))
    wait_until(lambda: writer.finished, "the end")
    assert writer.sentences()[0].startswith("Recording has stopped: the disk took no more (")
    bench.process(noise(1000))
    assert bench.engine.recorder().has_ended
