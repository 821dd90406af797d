"""One file to play beside the guitar: what is known of it, and a reader of its own for each stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..audio.wav import Reader
from ..errors import AudioError
from ..scripting.clock import minutes

SIDES = 2
SHORTEST_S = 0.1


@dataclass(frozen=True, slots=True)
class Track:
    """A file that can be played, as it was found. `frames` at its own `sample_rate`."""

    path: Path
    sample_rate: int  # Hz
    frames: int
    channels: int
    notes: tuple[str, ...] = ()

    @classmethod
    def found(cls, path: Path) -> Self:
        """Look at a file; of one that does not say how long it is every sample is counted. Raises AudioError."""
        with Reader(path) as reader:
            if reader.frames < SHORTEST_S * reader.sample_rate:
                raise AudioError(
                    f"{path.name}: {reader.frames} samples are too short to play to; {SHORTEST_S:g} s is the least."
                )
            notes = tuple(f"{note}." for note in reader.notes)
            if reader.channels > SIDES:
                notes += (f"{path.name}: {reader.channels} channels; the first two of them play.",)
            return cls(path, reader.sample_rate, reader.frames, reader.channels, notes)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.frames / self.sample_rate

    def opened(self) -> Reader:
        """A reader of it. Raises AudioError, also where another file has its name by now."""
        reader = Reader(self.path, self.frames)
        if (reader.sample_rate, reader.frames, reader.channels) != (self.sample_rate, self.frames, self.channels):
            reader.close()
            raise AudioError(f"{self.path.name} has become another file; name it again ({{backing}}).")
        return reader

    def __str__(self) -> str:
        sides = "mono" if self.channels == 1 else "stereo"
        return f"{self.path.name}, {minutes(self.seconds)}, {self.sample_rate} Hz, {sides}"


def both_sides(reader: Reader, first: int, last: int) -> Iterator[NDArray[np.float32]]:
    """The samples `first` to `last` of a file, as left and right, (n, 2)."""
    at = first
    for block in reader.blocks(start=first) if first < last else ():
        sides = block[: last - at, [0, -1 if reader.channels < SIDES else 1]]
        yield sides.astype(np.float32)
        at += len(sides)
        if at >= last:
            return
