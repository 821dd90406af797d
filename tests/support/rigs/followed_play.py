"""`rig play` with a watch on each of its cycles (watched_play.py), and a note of each sum that the knob makes.

    python tests/support/rigs/followed_play.py REPORT LOG play ...

A line of LOG: when the sum stood, when the audio thread had faded to it (time.monotonic, one clock for all processes of
Linux), the gain that is played, the sum, what contradicts it, and the threads that had to run for it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import watched_play

from rig.cli import main
from rig.player.live_rig import LiveRig

PATIENCE_S = 0.5
CLOSE = 1e-6  # of the gain


def noted(log):
    """Write a line whenever the knob has changed the sum, or what contradicts it."""
    poll, before = LiveRig.poll, [None]

    def polled(rig):
        rig.knob.poll()
        now = rig.knob.reading, rig.knob.is_gone
        if now != before[0] and rig.engine.lanes[0] is not None:
            before[0] = now
            gain, summed = rig.engine.lanes[0].record["input_gain"], time.monotonic()
            while abs(gain["value"] - gain["target"]) > CLOSE * gain["target"]:
                if time.monotonic() - summed > PATIENCE_S:
                    break
                time.sleep(0.0005)
            faded = time.monotonic()
            line = {"summed_s": summed, "faded_s": faded, "played_db": round(20 * float(np.log10(gain["value"])), 2)}
            with log.open("a") as lines:
                threads = [os.getpid(), rig.knob.watch._thread.native_id]
                more = {"sum": str(rig.sound.calibration), "words": rig.knob.words, "threads": threads}
                lines.write(json.dumps(line | more) + "\n")
        return poll(rig)

    LiveRig.poll = polled


if __name__ == "__main__":
    watched_play.watched(Path(sys.argv[1]))
    noted(Path(sys.argv[2]))
    raise SystemExit(main(sys.argv[3:]))
