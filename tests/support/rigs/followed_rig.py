"""A player on the offline backend that follows a simulated interface; a test asks, line by line, in JSON.

python tests/support/rigs/followed_rig.py INTERFACE ASKED [PRESET ...]

{"until": ["sum", "-23.0 dB"]}      play until the sum holds this, or "words" or "told" do; answers how it stands
{"do": ["knob", "12"]}              a command with its text; {"set": ["follow_knob", true]} a value
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from rigs import NANO, Bench, Told

from rig.knob.cards import wanted
from rig.knob.watch import KnobWatch
from rig.library.interfaces import Interface
from rig.player.player import Player

PATIENCE_S = 20.0


class Followed:
    """The player, and what it was told."""

    def __init__(self, interface, asked, presets):
        self.bench, self.told = Bench(), Told()
        row = Interface.named(interface)
        options = {"interface": row.level(), "model_input_dbu": 15.0, "presets": presets}
        self.player = Player(self.bench.engine, self.told.append, [NANO], **options)
        self.player.start()
        self.bench.settle()
        self.player.rig.knob.name(row.level(), row)
        self.watch = self.player.rig.knob.watch = KnobWatch(wanted(asked), row.name)
        self.watch.start()

    def step(self):
        self.bench.process(np.zeros(480))
        self.player.poll()

    @property
    def state(self):
        lane, seen = self.bench.engine.lanes[0], self.player.look()
        gain = 20 * np.log10(max(float(lane.record["input_gain"]["target"]), 1e-9))
        sums = {"sum": seen.calibration, "words": list(self.player.rig.knob.words), "played_db": round(gain, 2)}
        return sums | {"told": list(self.told), "following": self.player.value("follow_knob")}

    def answer(self, asked):
        if "until" in asked:
            what, expected = asked["until"]
            end = time.monotonic() + PATIENCE_S
            while expected not in str(self.state[what]) and time.monotonic() < end:
                self.step()
                time.sleep(0.002)
        if "do" in asked:
            name, text = asked["do"]
            self.player.do(name, text=text)
        if "set" in asked:
            self.player.set(*asked["set"])
        if "preset" in asked:
            self.player.presets.choose(asked["preset"])
            assert self.player.arrive(PATIENCE_S)
        for _ in range(3):
            self.step()
        found = self.state
        self.told.clear()
        return found


def main():
    followed = Followed(sys.argv[1], sys.argv[2], [Path(name) for name in sys.argv[3:]])
    for line in sys.stdin:
        print(json.dumps(followed.answer(json.loads(line))), flush=True)
    followed.watch.close()
    followed.player.close()


if __name__ == "__main__":
    main()
