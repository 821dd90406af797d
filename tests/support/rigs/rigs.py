"""An engine on the offline backend, and signals to play through it; for the tests of the engine."""

from __future__ import annotations

import numpy as np

from rig.backends.offline import Offline
from rig.cli.live.sentences import Teller
from rig.engine import Engine
from rig.files import bundled
from rig.nam import Model
from rig.player.commands import COMMANDS
from rig.player.key_map import KEYS, help_text

RATE = 48000
NANO = next(p for p in bundled.models() if "nano" in p.name)
A2 = next(p for p in bundled.models() if "a2" in p.name)


class Bench:
    """An engine, the offline backend that drives it, and what it has played so far."""

    def __init__(self, block_size=64, guard=False):
        self.engine = Engine(RATE, guard=guard)
        self.backend = Offline(RATE, block_size)
        self.backend.start(self.engine.block_address, self.engine.address)

    def process(self, x):
        """The left output."""
        return self.stereo(x)[:, 0]

    def stereo(self, x):
        return self.backend.process(np.asarray(x, np.float32))

    def settle(self, samples=RATE // 2):
        """Play silence until every change has been made."""
        y = self.process(np.zeros(samples))
        if not self.engine.poll() and not self.engine.poll():  # another change was waiting for the first
            self.process(np.zeros(samples))
            assert not self.engine.poll()
            assert self.engine.poll()
        return y


class Told(list):
    """What the player was told, as it stands in the terminal; `events`: as it was told."""

    def __init__(self, commands=COMMANDS, keys=KEYS):
        super().__init__()
        self.events, self.shows_help = [], help_text({"": commands.values()}, keys)
        self._tell = Teller(super().append, keys, commands, self.shows_help)

    def append(self, event):
        self.events.append(event)
        self._tell(event)

    @property
    def text(self):
        return "\n".join(self)


def model(path=NANO):
    return Model.load(path)


def sine(samples, hz=220.0, peak=0.1):
    return (peak * np.sin(2 * np.pi * hz * np.arange(samples) / RATE)).astype(np.float32)


def noise(samples, peak=0.2, seed=0):
    return (np.random.default_rng(seed).uniform(-peak, peak, samples)).astype(np.float32)


def guitar(samples):
    """The bundled guitar, repeated."""
    from rig.audio.wav import read

    x = read(bundled.di()).samples[:, 0]
    return np.resize(x, samples).astype(np.float32)


def dc_blocked(x):
    """The DC blocker of a lane, in float64."""
    from scipy.signal import lfilter

    a = 1 / (1 + 2 * np.pi * 5 / RATE)
    return lfilter([a, -a], [1, -a], np.asarray(x, float))


def db(x, reference=1.0):
    """Peak of x re the peak of the reference, in dB."""
    return 20 * np.log10(max(np.abs(x).max(), 1e-30) / np.max(np.abs(reference)))


def jump(x):
    """Largest second difference: what a click has and a fade has not."""
    return np.abs(np.diff(np.asarray(x, float), 2)).max()
