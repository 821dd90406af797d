"""Takes across a server that stood still, went and came back, or never came back; and what a killed rig leaves."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from places import python_path
from rigs import RATE, noise

from rig.audio import wav
from rig.dsp.ring import CHANNELS
from rig.recording.interruptions import Interruptions
from rig.recording.rescue import rescue
from rig.recording.take import Take
from rig.recording.writer import TakeWriter

HALF_STEP = 2.0**-24


# ---------------------------------------------------------------- by the clock
@pytest.mark.parametrize("period", [64, 1024, 8192])
def test_what_did_not_come_is_known_to_a_period_whatever_the_clock_does(period):
    rng = np.random.default_rng(period)
    for gap_s in (0.6, 2.2, 300.0):
        watched, now_s, frames, found = Interruptions(RATE), 1000.0, 0, []
        clock_error = 1 + 200e-6  # of the sound card
        for step in range(600):
            now_s += 0.2 + rng.uniform(0, 0.02)
            if step == 400:
                now_s += gap_s
            came = (now_s - 1000.0 - (gap_s if step >= 400 else 0.0)) * RATE * clock_error
            frames = int(came // period) * period
            missing = watched.missing(now_s, frames)
            found += [(step, missing)] if missing else []
        ((step, missing),) = found
        assert step == 400
        assert missing == pytest.approx(gap_s * RATE, abs=period + 0.01 * RATE)


def test_a_writer_that_is_late_and_a_rate_that_rushes_are_no_interruption():
    watched = Interruptions(RATE)
    for now_s, frames in ((10.0, RATE), (10.2, RATE * 1.2), (14.2, RATE * 5.2), (14.4, RATE * 20), (14.6, RATE * 20.2)):
        assert watched.missing(now_s, round(frames)) == 0  # the third look came 4 s late, the fourth after freewheeling


def test_what_never_came_back_is_missing_at_the_end():
    watched = Interruptions(RATE)
    for now_s in (5.0, 5.2, 5.4):
        assert watched.missing(now_s, round(now_s * RATE)) == 0
    assert watched.missing(9.0, round(5.4 * RATE)) == 0  # nothing has come, nothing can be said yet
    assert watched.missing_at_the_end(9.4) == pytest.approx(4.0 * RATE, abs=1)
    assert watched.missing_at_the_end(5.6) == 0
    assert Interruptions(RATE).missing_at_the_end(100.0) == 0


# ---------------------------------------------------------------- in a take
class Stage:
    """A ring that is filled by hand, and a clock that is set by hand; the writer's own thread is not started."""

    def __init__(self, folder, monkeypatch):
        from rig.dsp.ring import Ring

        monkeypatch.setattr("threading.Thread.start", lambda self: None)
        self.ring, self.now_s = Ring(20 * RATE), 100.0
        self.take = Take(folder, "nano", RATE, {})
        self.writer = TakeWriter(self.ring, self.take, lambda: self.now_s)
        self.ring.record["taken"] = self.ring.record["wanted"]
        self.played = []

    def play(self, seconds, silent=False):
        """So much time passes, in which sound comes or does not; the writer looks into the ring every 0.2 s."""
        for _ in range(round(seconds / 0.2)):
            self.now_s += 0.2
            if not silent:
                self._come(noise(round(0.2 * RATE), seed=len(self.played)))
            self.drain()

    def _come(self, x):
        self.played.append(x)
        record, n = self.ring.record, len(x)
        memory = (ctypes.c_float * (CHANNELS * self.ring.samples)).from_address(int(record["data"]))
        data = np.frombuffer(memory, np.float32).reshape(CHANNELS, -1)
        at = (int(record["head"]) + np.arange(n)) % self.ring.samples
        data[:, at] = x
        record["head"] += n
        record["frames"] += n

    def drain(self):
        """One round of the writer's loop, until the ring is empty."""
        while self.writer.step(over=False):
            pass

    def finish(self):
        self.writer.end()
        self.ring.record["ended"] = -int(self.ring.record["wanted"])
        self.writer._run()
        (di,) = self.take.folder.glob("* di.wav")
        (note,) = self.take.folder.glob("*.json")
        return wav.read(di).samples[:, 0], json.loads(note.read_text()), self.writer.sentences()


def test_a_server_that_was_gone_is_silence_of_that_length_and_a_gap_in_the_note(tmp_path, monkeypatch):
    stage = Stage(tmp_path, monkeypatch)
    stage.play(3.0)
    stage.play(2.2, silent=True)
    stage.play(3.4)
    di, note, said = stage.finish()
    assert len(di) == pytest.approx(8.6 * RATE, abs=0.2 * RATE)
    (gap,) = note["gaps"]
    assert (gap["why"], note["complete"], note["frames"]) == ("server", False, len(di))
    assert gap["at"] == pytest.approx(3.0 * RATE, abs=1)
    assert gap["frames"] == pytest.approx(2.2 * RATE, abs=0.2 * RATE)
    want = np.concatenate(stage.played)
    assert not di[gap["at"] : gap["at"] + gap["frames"]].any()
    kept = np.delete(di, np.arange(gap["at"], gap["at"] + gap["frames"]))
    np.testing.assert_allclose(kept, want, rtol=0, atol=HALF_STEP)
    assert "The audio server stood still or was gone: 2.2 s of the take are missing at 0:03" in said[0]
    assert "2.2 s of which are silence for what is missing" in said[1]


def test_a_server_that_never_comes_back_leaves_silence_to_the_end(tmp_path, monkeypatch):
    stage = Stage(tmp_path, monkeypatch)
    stage.play(2.0)
    stage.play(4.0, silent=True)
    di, note, _ = stage.finish()
    assert len(di) == pytest.approx(6.0 * RATE, abs=0.2 * RATE)
    assert note["gaps"][0]["at"] == 2 * RATE and not note["complete"]


def test_a_whole_take_is_complete_and_has_no_gap(tmp_path, monkeypatch):
    stage = Stage(tmp_path, monkeypatch)
    stage.play(4.0)
    di, note, said = stage.finish()
    assert (note["complete"], note["gaps"], len(di)) == (True, [], 4 * RATE)
    assert "complete in" in said[0]


# ---------------------------------------------------------------- what a killed rig leaves
CHILD = """
import os, signal, sys
import numpy as np
from pathlib import Path
from rig.recording.take import Take
take = Take(Path(sys.argv[1]), "nano", 48000, {"model": "nano.nam"})
take.write(np.full((3, 1000), 0.25, np.float32))
take._files[0].add(1000, np.full(500, 0.5, np.float32))  # one file has got a block more
take._files[0].announce(1500)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_take_of_a_killed_rig_is_made_whole_at_the_next_start(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(python_path())}
    subprocess.run([sys.executable, "-c", CHILD, tmp_path], env=environment, check=False)
    (note_path,) = tmp_path.glob("*.json")
    assert json.loads(note_path.read_text())["complete"] is False
    (said,) = rescue(tmp_path)
    assert said.endswith(f"rig was killed while it recorded; the first 0:00 are in {tmp_path}.")
    note = json.loads(note_path.read_text())
    assert (note["frames"], note["ended"], note["model"]) == (1000, "rig was killed", "nano.nam")
    assert "process" not in note
    di, out = (wav.read(next(tmp_path.glob(f"* {name}.wav"))).samples for name in ("di", "out"))
    assert di.shape == (1000, 1) and out.shape == (1000, 2)
    assert (di == 0.25).all()
    assert rescue(tmp_path) == []  # once


def test_a_take_that_is_being_written_and_files_of_others_are_left_alone(tmp_path):
    take = Take(tmp_path, "nano", RATE, {})
    take.write(np.zeros((CHANNELS, 10), np.float32))
    for name, text in (("a", "{}"), ("b", "[1]"), ("c", '{"complete": false, "process": 999999999}'), ("d", "no")):
        (tmp_path / f"{name}.json").write_text(text)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert rescue(tmp_path) == []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert rescue(tmp_path / "none") == []
    take.finish({})
