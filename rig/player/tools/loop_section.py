"""The part of a loop that is played over and over: moved while it plays, and never cut off with a click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...errors import RigError
from ..command import Command, T, value
from ..events import Event, Tell

SHORTEST_S = 0.2
LONGEST_S = 600.0  # what an end can be set to; a longer loop plays whole as long as neither end is moved
PEAKS = 160  # of the picture


class Looping(Protocol):
    """What plays a loop: an engine, or a player of loops in step."""

    @property
    def sample_rate(self) -> float:
        """In Hz."""
        ...

    @property
    def loop_position_samples(self) -> int | None:
        """The sample that it is at; None: there is no loop."""
        ...

    def loop(self, samples: NDArray[np.float32] | None, origin_samples: int | None = None) -> None:
        """Go round in these samples, of which the first lies at `origin_samples` of the loop."""


class LoopSection:
    """A loop of an engine, and where its section begins and ends, in seconds of the loop.

    `no_loop`: the sentence with which a section is refused where there is no loop.
    """

    def __init__(self, engine: Looping, tell: Tell, no_loop: str) -> None:
        self._engine, self._tell, self._no_loop = engine, tell, no_loop
        self._samples: NDArray[np.float32] | None = None
        self.start, self.stop = 0, 0  # samples
        self.peaks: list[float] = []

    def put(self, samples: NDArray[np.float32] | None) -> None:
        """Another loop: all of it plays, from its beginning. None: silence."""
        self._samples = samples
        self.start, self.stop = 0, 0 if samples is None else samples.size
        self.peaks = [] if samples is None else peaks_of(samples)
        self._engine.loop(samples)

    def again(self, samples: NDArray[np.float32], ends_s: tuple[float, float]) -> None:
        """A loop with its section."""
        self.put(samples)
        start, stop = (round(each * self._engine.sample_rate) for each in ends_s)
        self._move(start, min(stop, samples.size))

    @property
    def seconds(self) -> float:
        """How long the loop is; 0: there is none."""
        return 0.0 if self._samples is None else self._samples.size / self._engine.sample_rate

    @property
    def start_s(self) -> float:
        """Where the section begins; 0 without a loop."""
        return self.start / self._engine.sample_rate

    @property
    def stop_s(self) -> float:
        """Where the section ends; 0 without a loop."""
        return self.stop / self._engine.sample_rate

    @property
    def at_s(self) -> float | None:
        """What is played now, in seconds of the loop; None: there is none."""
        at = self._engine.loop_position_samples
        return None if at is None or self._samples is None else at / self._engine.sample_rate

    def begin_at(self, seconds: float) -> None:
        """Begin the section there, or as near as it can: it is never shorter than 0.2 s."""
        shortest, start = self._shortest(), round(seconds * self._engine.sample_rate)
        self._move(max(0, min(start, self.stop - shortest)), self.stop)
        self._tell(Event("loop", str(self)))

    def end_at(self, seconds: float) -> None:
        """End the section there, or as near as it can."""
        shortest, stop = self._shortest(), round(seconds * self._engine.sample_rate)
        self._move(self.start, min(self._size(), max(stop, self.start + shortest)))
        self._tell(Event("loop", str(self)))

    def _size(self) -> int:
        if self._samples is None:
            raise RigError(self._no_loop)
        return self._samples.size

    def _shortest(self) -> int:
        return min(self._size(), round(SHORTEST_S * self._engine.sample_rate))

    def _move(self, start: int, stop: int) -> None:
        if (start, stop) == (self.start, self.stop):
            return
        assert self._samples is not None
        self.start, self.stop = start, stop
        self._engine.loop(self._samples[start:stop], start)

    def __str__(self) -> str:
        if (self.start, self.stop) == (0, self._size()):
            return f"all of its {self.seconds:.1f} s"
        return f"{self.start_s:.2f} to {self.stop_s:.2f} s of {self.seconds:.1f} s"


def peaks_of(samples: NDArray[np.float32]) -> list[float]:
    """How loud each of 160 pieces of a loop is, the loudest 1.

    >>> peaks_of(np.array([0.5, -1.0], np.float32))[79:81]
    [0.5, 1.0]
    """
    ends = np.arange(PEAKS) * samples.size // PEAKS
    peaks = np.maximum.reduceat(np.abs(samples), ends)
    loudest = float(peaks.max()) or 1.0
    return [round(float(peak) / loudest, 2) for peak in peaks]


def section_commands(section: Callable[[T], LoopSection]) -> tuple[Command[T], Command[T]]:
    """The commands that move its ends."""
    return (
        value(
            *("loop_from", "where the section of the loop begins", "s", (0.0, LONGEST_S), 0.05),
            lambda target: section(target).start_s,
            lambda target, seconds: section(target).begin_at(seconds),
        ),
        value(
            *("loop_to", "where the section of the loop ends", "s", (0.0, LONGEST_S), 0.05),
            lambda target: section(target).stop_s,
            lambda target, seconds: section(target).end_at(seconds),
        ),
    )
