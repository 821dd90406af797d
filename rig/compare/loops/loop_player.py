"""Up to some dozen recordings that go round in step on an engine, of which one is heard.

This is how a listening test plays its stimuli, and how `rig ab --from` plays its sides:

    player = LoopPlayer(engine, tracks)        # float32, shape (n,) each, at the engine's rate
    player.play(cabinet)                       # None: the tracks are what is heard as they are
    player.press(3)                            # the fourth track from now on

Whatever is pressed, the sound fades out and in again, 10 ms each, in front of the cabinet and behind it, also where
the same track is pressed again: the switch gives nothing away. All tracks have one place in one section, so a press
never moves in time. `set_section` moves the ends of what goes round while it plays; `LoopSection` takes a player in
place of an engine. Levels fade (`set_gain_db`), and only the compiled callback runs in the audio thread.

A player leaves the samples as they are: at gain 0 dB, with no cabinet and an engine without a guard, what comes out is
the track, bit for bit. Whoever hands over tracks brings them to one length, one rate and one loudness, and without a
constant (DC), which each press would turn into a thump.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...decibels import gain_from_db
from ...dsp.loops.network import LoopNetwork
from ...engine import LOOP, Cabinet, Engine
from ...lane import Lane

Track = NDArray[np.float32]
TWO_SIDES = ((1.0, 0.0), (0.0, 1.0), (1.0, -1.0))  # A, B, A minus B: as `ab_switch` counts them


class LoopPlayer:
    """Tracks that play in step.

    `tracks`: float32 of shape (n,) each, at the engine's rate. `mixes`, (choices, tracks): what each choice is, such
    as `TWO_SIDES`; None: choice k is track k. `gains_db`: of each track, None: 0 dB; `inverted`: those that are turned
    over. `section`: first and stop, None: all of it. `at_samples`: where to begin, None: at the section's beginning.
    Raises RigError for tracks of different lengths, or shorter than four fades (40 ms).
    """

    def __init__(
        self,
        engine: Engine,
        tracks: Sequence[Track],
        *,
        mixes: Sequence[Sequence[float]] | None = None,
        gains_db: Sequence[float] | None = None,
        inverted: Sequence[bool] | None = None,
        section: tuple[int, int] | None = None,
        at_samples: int | None = None,
    ) -> None:
        self._engine = engine
        self._network = network = LoopNetwork(tracks, engine.heard_address, engine.sample_rate, mixes)
        self._inverted = tuple(inverted) if inverted is not None else (False,) * len(tracks)
        for i, gain_db in enumerate(gains_db if gains_db is not None else (0.0,) * len(tracks)):
            network.settle_gain(i, gain_db, self._inverted[i])
        if section is not None:
            network.set_section(*section)
        self._begin_samples = at_samples if at_samples is not None else 0 if section is None else section[0]
        self._lane: Lane | None = None

    @property
    def sample_rate(self) -> float:
        """That of the engine, in Hz."""
        return self._engine.sample_rate

    @property
    def samples(self) -> int:
        """How long each track is."""
        return self._network.samples

    @property
    def position_samples(self) -> int:
        """The sample of the tracks that is played next; from any thread."""
        return self._network.position_samples

    def play(self, cabinet: Cabinet | None = None) -> None:
        """Hand it to the engine, in place of whatever plays there, with a fade; the engine calls what is heard.

        Another player may follow on the same engine, with `at_samples` where this one is. Again after an overload.
        """
        if self._lane is None:
            self._lane = self._new_lane()
        self._engine.play({0: self._lane, 1: None}, cabinet)
        self._engine.compare(inside=True)

    def press(self, choice: int) -> None:
        """Hear a choice, from 0; the fade out and in is the same whatever was heard before."""
        self._engine.press(choice)

    def set_gain_db(self, track: int, gain_db: float) -> None:
        """Fade a track to a gain."""
        self._network.set_gain(track, gain_from_db(gain_db) * (-1.0 if self._inverted[track] else 1.0))

    def set_section(self, first: int, stop: int) -> None:
        """Go round from sample `first` to before `stop`; where it plays outside, it fades to the first.

        Raises RigError for a section that is none, or shorter than four fades.
        """
        self._network.set_section(first, stop)

    # ------------------------------------------------------------ as an engine, for LoopSection
    def loop(self, samples: Track | None, origin_samples: int | None = None) -> None:
        """Go round in the part of the tracks that `samples` are, from `origin_samples` on; None: in all of them."""
        first = origin_samples or 0
        self.set_section(first, self.samples if samples is None else first + len(samples))

    @property
    def loop_position_samples(self) -> int | None:
        """`position_samples`."""
        return self.position_samples

    def _new_lane(self) -> Lane:
        lane = Lane(self._engine.sample_rate, self._network, source=LOOP)
        # A recording keeps its lowest notes as they are, and there is no past that it must hear first.
        lane.record["dc_settled"], lane.record["run_in_samples"] = 0.0, 0
        blocker = lane.record["dc_blocker"]
        blocker["pole"], blocker["before"], blocker["y"] = 1.0, 0.0, 0.0
        self._network.begin_at(self._begin_samples)
        return lane
