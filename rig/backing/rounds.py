"""A section of a track as it goes round: piece by piece, for as long as somebody asks, each seam joined.

A round is as long as the section, sample for sample, so that a loop stays in time. What comes before the section fades
in over its end; so its first note is whole. A section at the very beginning of a file has nothing before it: where its
end runs into its beginning as if nothing were there, as in a file that was made to go round, it is joined as it
stands; else the end fades out and the beginning in. In the same way a beginning or an end of a file that is cut off
within a sound is faded, and any other is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..audio.wav import Reader
from ..dsp.ramp import fade_samples, fade_table
from .track import SIDES, both_sides

ABRUPT = 2.0  # a bend at a seam that is so many times the sharpest one around it is heard as a click


@dataclass(frozen=True, slots=True)
class Section:
    """What plays of a track, in samples of the file. `once`: it does not go round."""

    first: int
    last: int
    once: bool = False

    @property
    def frames(self) -> int:
        """How long a round is."""
        return self.last - self.first

    def place(self, begun_at: int, played: float) -> float:
        """Where in the file it is, so many samples of the file after it began at one of them."""
        at = begun_at + played
        if at < self.last:
            return max(at, begun_at)
        return float(self.last) if self.once else self.first + (at - self.last) % self.frames


class Rounds:
    """The rounds of one section. Raises AudioError while it reads."""

    def __init__(self, reader: Reader, section: Section) -> None:
        self._reader, self._section = reader, section
        self.fade = min(fade_samples(reader.sample_rate), section.frames // 2)
        self._rise = fade_table(self.fade)[:, np.newaxis] if self.fade else np.zeros((0, 1), np.float32)
        self._fades_in = False

    def pieces(self, start: int) -> Iterator[NDArray[np.float32]]:
        """From a sample of the file on, (n, 2) each; what lies before its first sample is silence."""
        section, fade = self._section, self.fade
        silence = np.zeros((fade, SIDES), np.float32)
        beginning = self._read(section.first, section.first + fade)
        before = self._read(section.first - fade, section.first) if section.first >= fade else None
        if start <= 0:
            self._fades_in = not runs_on(silence, self._read(0, fade))
            if start < 0:
                yield np.zeros((-start, SIDES), np.float32)
        at = max(0, min(start, section.last - fade))
        while True:
            held = np.zeros((0, SIDES), np.float32)  # its last samples, until it is known what follows
            for block in both_sides(self._reader, at, section.last):
                if self._fades_in:
                    block[:fade] *= self._rise[: len(block)]
                    self._fades_in = False
                held = np.concatenate([held, block])
                yield held[: len(held) - fade]
                held = held[len(held) - fade :]
            if section.once:
                yield held if runs_on(held, silence) else held * (1 - self._rise)
                return
            if before is not None:
                yield held * (1 - self._rise) + before * self._rise
            elif runs_on(held, beginning):
                yield held
            else:
                yield held * (1 - self._rise)
                self._fades_in = True
            at = section.first

    def _read(self, first: int, last: int) -> NDArray[np.float32]:
        return np.concatenate([np.zeros((0, SIDES), np.float32), *both_sides(self._reader, first, last)])


def runs_on(before: NDArray[np.float32], behind: NDArray[np.float32]) -> bool:
    """Whether one signal, (n, 2), runs into another as smoothly as each of them runs by itself.

    >>> x = np.sin(np.arange(400) / 8)[:, np.newaxis].astype(np.float32)
    >>> runs_on(x[:100], x[100:200]), runs_on(x[:100], x[120:220])
    (True, False)
    """
    if not len(before) or not len(behind):
        return True
    bends = np.abs(np.diff(np.concatenate([before, behind]), 2, axis=0)).max(axis=1)
    across = slice(max(0, len(before) - 2), len(before))
    seam = float(bends[across].max(initial=0.0))
    bends[across] = 0.0
    return seam <= ABRUPT * float(bends.max(initial=0.0))
