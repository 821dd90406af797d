"""`rig play` over a JACK server while the official trainer learns: each better epoch takes over in one fade.

    RIG_TRAINER_PYTHON=/path/to/python python -m pytest -s -m soak tests/training/test_real_trainer_heard.py

The trainer is found as in test_real_trainer.py. Everything is as a user has it: `rig train` offers, `rig play` follows,
each a process of its own; only a watch stands before the engine (watched_play.py). The machine should be quiet.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import watched_play
from commandline import RIG, Playing
from fades import FADE, HZ, MORE_DB, PEAK, beside_the_notes, best_start, ideal
from jackclients import Deck, skip_if_torn, wait_until
from jackserver import JACKD_IS_MISSING
from rigs import NANO, RATE, sine
from test_real_trainer import capture, command, taken  # noqa: F401  # fixtures

from rig.audio import wav
from rig.errors import RigError
from rig.library.trained_offers import training_folder
from rig.nam import Model
from rig.sound import Sound
from rig.training.process import NICE
from rig.web.remote import Remote
from rig.web.runs import running

pytestmark = [pytest.mark.soak, pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")]
FRAMES = 256
MINUTES = 3
WANTED = 3  # epochs that take over
LOOP_S = 1.0
AGAIN = 600  # samples: whole periods of the sine, so what a settled model makes of it begins anew then
TURN = 8 * AGAIN  # what is looked at in one piece
BEFORE, BEHIND = 2 * RATE, RATE // 2  # of a change as it was told: it was heard in between
LIKE = 1e-3  # of the peak: how far what is heard may lie beside what is rendered


@pytest.fixture
def own(jack_server, tmp_path, monkeypatch):
    """A place of one's own for what rig keeps, and the server at FRAMES a cycle."""
    for name in ("STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_server.name)
    monkeypatch.chdir(tmp_path)
    with Deck("frames", jack_server.name) as deck:
        before, deck.client.blocksize = deck.client.blocksize, FRAMES
        yield jack_server
        deck.client.blocksize = before


class Ear:
    """Hears rig:out_1, and at which of its samples the server has lost cycles."""

    def __init__(self, server, seconds):
        self.deck = Deck("ear", server.name, records=1)
        self.deck.connect("in_1", "rig:out_1")
        self.deck.state["lax"] = 1
        self.deck.arm(round(seconds * RATE))
        wait_until(lambda: self.deck.state["state"] == 2, "the recording")
        self.looks = []

    def look(self):
        """How much was recorded by now."""
        at = int(self.deck.state["position"])
        self.looks.append((at, self.deck.counted("xruns")))
        return at

    def is_whole(self, start, stop):
        """Whether no cycle was lost in between."""
        before = [xruns for at, xruns in self.looks if at <= start]
        after = [xruns for at, xruns in self.looks if at >= stop]
        return bool(before and after) and before[-1] == after[0]

    def heard(self, start, stop):
        return self.deck.recorded[0, start:stop].astype(float)


def listen(remote):
    """Keep its state up to date, until rig ends."""
    with contextlib.suppress(RigError):
        for _ in remote.messages():
            pass


def in_trainer(of):
    """The trainer that a `rig train` has started; None: there is none."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent, said = stat.read_text().rpartition(")")[2].split()[1], (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(parent) == of and b"in_trainer.py" in said:
            return int(stat.parent.name)
    return None


def kept(folder, epoch):
    """A copy of the epoch that lies in the training folder now; None: it is another one already."""
    (figures,) = training_folder().glob("*.json")
    said = json.loads(figures.read_text())
    content = figures.with_suffix(".nam").read_bytes()
    if said["epoch"] != epoch or said["sha256"] != hashlib.sha256(content).hexdigest():
        return None
    path = folder / f"epoch{epoch}.nam"
    path.write_bytes(content)
    return path


def settled(path, loop):
    """What a model makes of the sine for ever: one TURN of it, (n,)."""
    y = Sound(Model.load(path), interface=None, level_mode="raw").render(np.tile(loop, 3), RATE)
    return np.asarray(y, float)[2 * loop.size : 2 * loop.size + TURN]


def shift(turn, heard):
    """By how many samples a turn is late in what is heard, and how far the two are apart then, re the peak."""
    found = np.fft.irfft(np.fft.rfft(heard) * np.conj(np.fft.rfft(turn)), TURN)
    late = int(np.argmax(found[:AGAIN]))
    return late, float(np.abs(np.roll(turn, late) - heard).max() / np.abs(turn).max())


def between(turns, y):
    """The last turn of y, (n,), in which the old model sounds, the first behind it in which the new does; with shifts.

    None: one of the two was not heard at all, settled and whole.
    """
    pieces = y[: y.size // TURN * TURN].reshape(-1, TURN)
    fits = [[(at, *shift(turn, piece)) for at, piece in enumerate(pieces)] for turn in turns]
    old = [(at, late) for at, late, off in fits[0] if off < LIKE]
    if not old:
        return None
    new = [(at, late) for at, late, off in fits[1] if off < LIKE and at > old[-1][0]]
    return (old[-1], new[0]) if new else None


def train(capture, python, minutes, ear, remote, folder):  # noqa: F811  # the folder, not the fixture
    """Train while it plays: of each epoch that took over its number, its file and when; and the trainer's nice."""
    options = ["--architecture", "nano", "--threads", "1", "--minutes", minutes, "--python", python]
    told, nices, found, plays = folder / "train.txt", set(), [], None
    with told.open("w") as out:
        trainer = subprocess.Popen(
            [*RIG, "train", str(capture), *map(str, options)], stdout=out, stderr=subprocess.STDOUT
        )
        try:
            while trainer.poll() is None:
                time.sleep(0.05)
                at, now = ear.look(), (remote.state["training"] or {}).get("playing_epoch")
                if now is None or now == plays:
                    continue
                plays = now
                found.append((now, kept(folder, now), at))
                child = in_trainer(trainer.pid)
                if child is not None:  # it may have ended with this epoch
                    nices.add(os.getpriority(os.PRIO_PROCESS, child))
        finally:
            if trainer.poll() is None:
                trainer.send_signal(signal.SIGINT)
                trainer.wait(30)
    print(told.read_text())
    assert trainer.returncode == 0
    return found, nices


def heard_while_it_trains(server, folder, capture, python, minutes):  # noqa: F811
    loop, report = sine(round(LOOP_S * RATE), HZ, PEAK), folder / "report.json"
    wav.write(folder / "sine.wav", loop.astype(float), RATE, "FLOAT")
    command = [sys.executable, watched_play.__file__, report]  # noqa: F811
    options = ["--no-ir", "--di", folder / "sine.wav", "--no-connect", "--follow-training", "on"]
    with Playing(NANO, *options, command=command) as playing:
        playing.wait_for("^Page ")
        with Remote.of(running()) as remote:
            remote.do("level_mode", "raw")
            ear = Ear(server, 60 * minutes + 120)
            time.sleep(3.0)
            playing.send(signal.SIGUSR1)
            ear.look()
            reader = threading.Thread(target=listen, args=(remote,))
            reader.start()
            found, nices = train(capture, python, minutes, ear, remote, folder)
            time.sleep(1.5)
            ear.look()
            playing.send(signal.SIGUSR2)
            wait_until(report.exists, "what the cycles took", 60)
            assert playing.end() == 0
            reader.join(20)
    ear.deck.close()
    return loop, ear, found, nices, json.loads(report.read_text())


def check_fades(loop, ear, found):
    """Each change that was recorded whole, and lies apart from others, against the ideal fade; how many there were."""
    worst, hardest, count, (told_before, path_before) = -np.inf, -np.inf, 0, (0, NANO)
    for (epoch, path, told), following in zip(found, [*(at for _, _, at in found[1:]), 10**12], strict=True):
        earlier, paths = told_before, (path_before, path)
        told_before, path_before = told, path
        if None in paths or told - earlier < BEFORE + BEHIND or following - told < BEFORE + BEHIND:
            continue
        y, turns = ear.heard(told - BEFORE, told + BEHIND), [settled(each, loop) for each in paths]
        sides = between(turns, y)
        if sides is None:
            print(f"epoch {epoch}: cycles were lost all around it")
            continue
        (first, late), (last, late_then) = sides
        if late != late_then or not ear.is_whole(told - BEFORE + first * TURN, told - BEFORE + (last + 1) * TURN):
            print(f"epoch {epoch}: cycles were lost in it")
            assert (late - late_then) % np.gcd(FRAMES, AGAIN) == 0  # the server lost them, whole ones
            continue
        y = y[first * TURN : (last + 1) * TURN]
        old, new = (np.resize(np.roll(turn, late), y.size) for turn in turns)
        off, at = best_start(y, old, new, 64, y.size - FADE - 64)
        wanted = ideal(old, new, at)
        around = slice(max(0, at - 4 * FADE), at + 5 * FADE)
        more_db = beside_the_notes(y[around]) - beside_the_notes(wanted[around])
        print(f"epoch {epoch}: {off / np.abs(wanted).max():.1e} of the peak beside the ideal fade, {more_db:+.2f} dB")
        assert np.abs(y - wanted).max() < LIKE * np.abs(wanted).max()  # one fade, and nothing else
        assert more_db <= MORE_DB
        worst, count = max(worst, more_db), count + 1
        cut = at + int(np.argmax(np.abs(old - new)[at : at + AGAIN]))
        hard = np.concatenate([old[:cut], new[cut:]])
        hardest = max(hardest, beside_the_notes(hard[around]) - beside_the_notes(wanted[around]))
    print(f"{count} of {len(found)} epochs compared, the worst {worst:+.2f} dB beside the notes re the ideal fade")
    assert count == 0 or hardest > MORE_DB  # the figure finds what has no fade
    return count


def check(server, folder, capture, python, minutes):  # noqa: F811
    loop, ear, found, nices, report = heard_while_it_trains(server, folder, capture, python, minutes)
    print(f"epochs that took over: {[epoch for epoch, _, _ in found]}; the trainer's nice: {nices}")
    print(json.dumps({key: value for key, value in report.items() if key != "machines"}))
    print(f"{len(report['machines'])} cycles were the machine's")
    assert len(found) >= WANTED
    assert nices == {NICE} == {19}
    job = json.loads((capture / "train/nano/job.json").read_text())
    assert job["threads"] == 1
    assert report["frames"] == FRAMES and report["lost"] == 0
    assert report["kept"] > 0.9 * (ear.looks[-1][0] - ear.looks[0][0]) / FRAMES
    assert report["ours"] == []
    assert report["own"]["99.9"] < 0.5
    count = check_fades(loop, ear, found)
    if count < WANTED:
        skip_if_torn(f"only {count} of {len(found)} changes were recorded whole", FRAMES)
    assert count >= WANTED


def test_it_is_heard_while_the_real_trainer_learns(command, capture, own, tmp_path):  # noqa: F811
    check(own, tmp_path, capture, command[0], MINUTES)
