"""Gear that is simulated here, block by block, and a comparer on an offline engine that hears it."""

from __future__ import annotations

import math

import numpy as np
from rigs import NANO, RATE, Told, guitar, model

from rig.audio.loudness import integrated_lufs
from rig.compare.live.commands import COMMANDS
from rig.compare.live.comparer import Comparer
from rig.compare.live.gear import Gear
from rig.compare.live.intact_takes import Takes
from rig.engine import LOOP, Engine
from rig.levels import Calibration
from rig.player.key_map import AB_KEYS
from rig.sound import Sound

BLOCK = 64
PASSAGE_S = 2.0  # short: the sums are the same


class Gearbox:
    """What hangs between send and return: a model or a wire, late by whole samples. One block late by itself."""

    def __init__(self, delay=137, polarity=1, gain=0.5, path=None, noise_rms=0.0, after=None):
        self.late = np.zeros(delay, np.float32)
        self.network = model(path).network() if path is not None else None
        self.polarity, self.gain, self.noise_rms, self.after = polarity, gain, noise_rms, after
        self.random = np.random.default_rng(0)

    def __call__(self, sent):
        y = self.network.process(sent) if self.network is not None else sent
        self.late = np.concatenate([self.late, self.polarity * self.gain * y]).astype(np.float32)
        back, self.late = self.late[: sent.size], self.late[sent.size :]
        back = back + (self.noise_rms * self.random.standard_normal(back.size)).astype(np.float32)
        return back if self.after is None else self.after(back)


class Studio:
    """An engine and a comparer that hears gear; time passes where the comparer waits, or with `play`."""

    def __init__(self, gearbox, a=None, *, b=None, gain_db=0.0, source=LOOP, wiring="loop", passage=None):
        from rig.backends.offline import Offline

        self.engine = Engine(RATE, guard=True)
        self.backend = Offline(RATE, BLOCK)
        self.backend.start(self.engine.block_address, self.engine.address)
        self.gearbox, self.said = gearbox, Told(COMMANDS, AB_KEYS)
        self.played = np.concatenate(
            [np.zeros(3 * RATE, np.float32), guitar(20 * RATE)]
        )  # first he is asked to be quiet
        self.at, self.back = 0, np.zeros(BLOCK, np.float32)
        passage = guitar(round(PASSAGE_S * RATE)) if passage is None else passage
        gear = Gear(wiring, Calibration(gain_db, missing=("as the test says",))) if b is None else None
        self.engine.loop(passage)
        takes = Takes(self.engine, self.backend.host, lambda: self.play(4096), settle_s=0.0)
        self.comparer = Comparer(
            takes, self.said.append, a or Sound(model(NANO)), passage, b=b, gear=gear, source=source
        )

    def play(self, samples):
        """Let so much time pass; what is heard meanwhile."""
        heard = []
        for _ in range(math.ceil(samples / BLOCK)):
            x = self.played[self.at : self.at + BLOCK] if self.comparer.source != LOOP else np.zeros(BLOCK, np.float32)
            self.at = (self.at + BLOCK) % (self.played.size - BLOCK)
            heard.append(self.backend.process(x, self.back)[:, 0])
            guitar_or_send = x if self.wiring == "split" else self.backend.sent
            self.back = self.gearbox(guitar_or_send) if self.gearbox is not None else np.zeros(BLOCK, np.float32)
        return np.concatenate(heard)

    @property
    def wiring(self):
        return self.comparer.gear.wiring if self.comparer.gear is not None else None

    def start(self):
        self.comparer.start()
        self.play(RATE)
        self.engine.poll()
        return self

    def heard_from_the_start(self, command, samples):
        """A side of the loop, from its beginning on."""
        self.comparer.do(command)
        self.play(RATE)
        self.engine.loop(self.comparer.passage)
        return self.play(samples)

    def loudness_of_both(self):
        samples = self.comparer.passage.size
        return [integrated_lufs(self.heard_from_the_start(f"hear_{side}", samples), RATE) for side in "ab"]

    def null_db(self):
        """Side A minus side B as they are heard, in dB re A."""
        switch, lane = self.engine.record["switch"], self.comparer._lane_b
        self.comparer.do("hear_a")
        self.play(RATE)
        a = self.play(2 * RATE)
        switch["active"] = 0  # both sound
        lane._sign = -lane._sign
        lane.set_output_gain_db(self.comparer._output_b_db)
        self.play(RATE)
        return power_db(self.play(2 * RATE), a)


def answer(comparer, side):
    """Say that X is a side, and confirm it, later than any key that bounces."""
    comparer.do(f"answer_{side}")
    trials = comparer.trials
    trials._asked = trials._asked[0], trials._asked[1] - 1.0
    comparer.do("confirm_answer")


def power_db(x, reference):
    """RMS of x re that of the reference; equal samples may leave nothing at all."""
    return 20 * math.log10(max(np.std(x.astype(float)), 1e-30) / np.std(reference.astype(float)))
