"""A backing track on an offline engine through which a dry guitar plays, read no faster than the disk can bring it."""

from __future__ import annotations

import numpy as np
import soundfile as sf
from jackclients import wait_until
from rigs import RATE, Told

from rig.backends.offline import Offline
from rig.dsp.ramp import fade_samples
from rig.engine import Engine
from rig.lane import Lane
from rig.player.tools.backing import Backing

PIECE = 1 << 14


class PlayedAlong:
    """`block_size`: as `Offline`. The volume of the track begins at 0 dB."""

    def __init__(self, block_size=64, rate=RATE, guard=False):
        self.engine, self.told = Engine(rate, guard=guard), Told()
        self.backend = Offline(rate, block_size)
        self.backend.start(self.engine.block_address, self.engine.address)
        self.engine.play({0: Lane(rate)})
        self.backend.process(np.zeros(rate // 4, np.float32))
        self.engine.poll()
        self.fade = fade_samples(rate)
        self.backing = Backing(self.engine, self.told.append)
        self.backing.set_volume(0.0)

    def load(self, path, *ends):
        """Have a file ready to be started."""
        self.backing.load(str(path), *ends)
        before = self.backing.track
        wait_until(lambda: (self.backing.poll(), self.backing.track is not before)[1], "the track", 20)
        return self.ready()

    def ready(self):
        """Wait until what is to be heard next lies ready."""
        wait_until(lambda: (self.backing.poll(), self._is_ready)[1], "the stream", 20)
        return self

    @property
    def _is_ready(self):
        backing = self.backing
        if backing._is_stale:
            return False
        return backing._next is None or (backing._next.is_ready and not backing.is_playing)

    def play(self, samples, guitar=None):
        """Both outputs, (n, 2), while the player looks after the track."""
        x = np.zeros(samples, np.float32) if guitar is None else guitar[:samples]
        y, done = [], 0
        while done < samples:
            self.wait_for_the_disk()
            y.append(self.backend.process(x[done : done + PIECE]))
            done += PIECE
            self.engine.poll()
            self.backing.poll()
        return np.concatenate(y)

    def wait_for_the_disk(self):
        stream = self.backing._stream
        if stream is None:
            return
        ring = stream.ring.record
        enough = 2 * PIECE + self.fade
        wait_until(
            lambda: ring["ended"] or stream.error is not None or ring["head"] - ring["tail"] > enough, "the disk", 20
        )

    def start(self):
        self.backing.play(True)
        return self.ready()

    def close(self):
        self.backing.close()


def written(path, samples, rate=RATE, **more):
    """A file in floating point, or as said."""
    sf.write(path, samples, rate, **({"subtype": "FLOAT"} | more))
    return path


def noises(samples, seed=0, sides=2):
    return np.random.default_rng(seed).uniform(-0.4, 0.4, (samples, sides)).astype(np.float32)
