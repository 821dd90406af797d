"""Which channel of a file is the guitar: an interface records two, and the guitar may be plugged into the second.

One channel with sound in it is the guitar; the same on all of them is one guitar. Where they differ nobody can know,
and the player is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..decibels import db_from_gain, db_from_power
from ..errors import AudioError
from .wav import Reader

SILENT_DBFS = -80.0  # RMS without DC: what is softer than this from end to end holds no guitar
OTHER_DB = 30.0  # a channel so far below the loudest is an open input, with what leaks into it
SAME = 0.999  # correlation of two channels that are one guitar


@dataclass(frozen=True, slots=True)
class GuitarChannel:
    """The channel, from 0, what to say about the choice (empty: nothing), and what holds for the whole of it.

    `is_silent`: there is no guitar in it. `dc_dbfs`: its mean, which is no sound; -inf: none.
    """

    index: int
    note: str
    is_silent: bool
    dc_dbfs: float

    def warning(self, name: str) -> str:
        """What to say of a silent file; empty where it is none."""
        return (
            f"{name} is silent (RMS below {SILENT_DBFS:.0f} dBFS): there is no guitar in it" if self.is_silent else ""
        )


def guitar_channel(path: str | Path, channel: int | None = None) -> GuitarChannel:
    """Look at the whole file. `channel`: the player's own choice, from 1; None: find it.

    Raises AudioError: a file that cannot be read, a channel that it does not have, or several with sound that differ.
    """
    with Reader(path) as reader:
        name, count = reader.path.name, reader.channels
        if channel is not None and not 1 <= channel <= count:
            there = "one channel" if count == 1 else f"the channels 1 to {count}"
            raise AudioError(f"{name} has {there}; there is no channel {channel}.")
        power, means = _moments(reader)
    dc_dbfs = [db_from_gain(float(mean)) for mean in means]
    levels_dbfs = [db_from_power(max(float(power[i, i]), 0.0)) for i in range(count)]
    if channel is not None:
        return GuitarChannel(channel - 1, "", levels_dbfs[channel - 1] < SILENT_DBFS, dc_dbfs[channel - 1])
    loudest = int(np.argmax(levels_dbfs))
    if levels_dbfs[loudest] < SILENT_DBFS:
        return GuitarChannel(0, "", True, dc_dbfs[0])
    heard = [i for i in range(count) if levels_dbfs[i] > levels_dbfs[loudest] - OTHER_DB]
    differs = [i for i in heard if abs(power[i, loudest]) < SAME * np.sqrt(power[i, i] * power[loudest, loudest])]
    if differs:
        shown = ", ".join(f"channel {i + 1}: {levels_dbfs[i]:.0f} dBFS RMS" for i in heard)
        raise AudioError(
            f"{name} has {count} channels that differ ({shown}): say which one is the guitar with --channel "
            f"({' or '.join(str(i + 1) for i in heard)})."
        )
    if count == 1:
        return GuitarChannel(0, "", False, dc_dbfs[0])
    if len(heard) == 1:
        others = "the other one is" if count == 2 else "the others are"
        note = f"{name} has {count} channels; the guitar is on channel {loudest + 1}, {others} empty"
        return GuitarChannel(loudest, note, False, dc_dbfs[loudest])
    first = next(i for i in heard if levels_dbfs[i] > levels_dbfs[loudest] - 1.0)
    note = f"{name} has {count} channels, the same guitar on each; channel {first + 1} was used"
    return GuitarChannel(first, note, False, dc_dbfs[first])


def _moments(reader: Reader) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean products of the channels without their DC, shape (channels, channels), and that DC, shape (channels,)."""
    total, products, frames = np.zeros(reader.channels), np.zeros((reader.channels, reader.channels)), 0
    for block in reader.blocks():
        total += block.sum(axis=0)
        products += block.T @ block
        frames += len(block)
    mean = total / max(frames, 1)
    return np.asarray(products / max(frames, 1) - np.outer(mean, mean)), mean
