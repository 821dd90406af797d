"""The sounds of a screen over the headphones: all in step, each press the same fade, by compiled code alone."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import numpy as np

from ...audio.resample import resample
from ...backends.base import Backend
from ...compare.listening.sitting import Sitting
from ...compare.loops.loop_player import LoopPlayer
from ...engine import Engine
from ...errors import BackendError
from ..open_backend import opened, plugged

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_GAP_S = 1.0  # between two looks: more was no listening (a stopped process, a lid that was closed)


class StimulusPlayer:
    """Plays what a sitting gives out. `listening_to`: a position, None: the reference."""

    def __init__(self, options: argparse.Namespace, sitting: Sitting, say: Callable[[str], None]) -> None:
        self._sitting = sitting
        self.listening_to: int | None = None
        self._backend: Backend = opened(options)
        try:
            self._engine = Engine(self._backend.sample_rate)
            self._backend.start(self._engine.block_address, self._engine.address)
            for sentence in plugged(self._backend, options, hears=False):
                say(f"Ports    {sentence}")
        except BaseException:
            self._backend.close()
            raise
        self._player: LoopPlayer | None = None
        self._looked_at, self._cycles = time.monotonic(), 0

    def load(self) -> None:
        """Take over the sounds of the screen at hand, and play the reference."""
        sitting, rate = self._sitting, self._backend.sample_rate
        tracks = [sitting.sound(position)[:, 0] for position in (None, *range(sitting.view().positions))]
        if rate != sitting.test.sample_rate:  # all alike: what one loses, every one does
            tracks = [resample(each, sitting.test.sample_rate, rate).astype(np.float32) for each in tracks]
        self._player = LoopPlayer(self._engine, [np.ascontiguousarray(each) for each in tracks])
        self._player.play()
        self.listen_to(None)

    def listen_to(self, position: int | None) -> None:
        """Hear that one from now on."""
        self.note_heard()
        self.listening_to = position
        self._engine.press(0 if position is None else position + 1)

    def go_round(self, first_s: float, stop_s: float) -> None:
        """Hear a part of the loop only, in s. Raises RigError for one that is too short."""
        if self._player is not None:
            rate = self._player.sample_rate
            self._player.set_section(round(first_s * rate), min(self._player.samples, round(stop_s * rate)))

    @property
    def place_s(self) -> float:
        """Where in the loop all of them are."""
        return 0.0 if self._player is None else self._player.position_samples / self._player.sample_rate

    @property
    def length_s(self) -> float:
        """How long the loop is."""
        return 0.0 if self._player is None else self._player.samples / self._player.sample_rate

    def note_heard(self) -> None:
        """Tell the sitting what has sounded since the last look; only while the server calls the engine."""
        now, cycles = time.monotonic(), int(self._backend.host["cycles"])
        passed, self._looked_at = min(LONGEST_GAP_S, now - self._looked_at), now
        played, self._cycles = cycles != self._cycles, cycles
        if self._player is not None and played and not self._sitting.is_over:
            self._sitting.heard(self.listening_to, passed)

    def poll(self) -> None:
        """What has to be done again and again. Raises BackendError when the server has gone."""
        if self._backend.gone:
            raise BackendError("The sound server has gone; everything is kept. Start it, and go on with the test.")
        self._engine.poll()
        if self._engine.suspended and self._player is not None:
            self._player.play()
            self.listen_to(self.listening_to)
        self.note_heard()

    def close(self) -> None:
        """Fade out, and let go of the server."""
        if not self._backend.gone:
            self._engine.fade_out()
        self._backend.close()
