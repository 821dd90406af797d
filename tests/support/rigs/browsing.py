"""A folder of many models, a tone to hear them with, and what a recording of it tells about every change of model.

The tone repeats itself exactly, and so does the answer of a model that has settled. Where a recording stops repeating
itself, another model begins to sound: so the moment is found to the sample, without asking the program under test.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import model_files
import numpy as np
from numpy.typing import NDArray
from rigs import RATE, jump

PERIOD = 100  # samples: 480 Hz
FADE = 480  # samples
SHORT, MIXED = tuple(1 << i for i in range(7)), (128, 256, 512, *(1 << i for i in range(10)))


def _a1_small(channels: int, seed: int) -> dict:
    head = channels // 2
    arrays = [
        model_files.layer_array(channels, 1, head, SHORT),
        model_files.layer_array(head, channels, 1, MIXED, head_bias=True),
    ]
    return model_files.wavenet_of(arrays, seed)


SHAPES = (
    lambda seed: model_files.a1_standard(seed),
    lambda seed: _a1_small(12, seed),
    lambda seed: _a1_small(8, seed),
    lambda seed: _a1_small(4, seed),
    lambda seed: model_files.a2(8, seed),
    lambda seed: model_files.a2(3, seed),
    lambda seed: model_files.lstm(1, 16, seed),
    lambda seed: model_files.lstm(2, 8, seed),
)


def folder_of(folder: Path, count: int, broken: int | None = None) -> list[Path]:
    """So many models of the official shapes in turn, no two alike; number `broken` is no model at all."""
    paths = []
    for i in range(count):
        path = folder / f"{i:03d}.nam"
        if i == broken:
            path.write_text("{")
        else:
            model_files.write(path, SHAPES[i % len(SHAPES)](i))
        paths.append(path)
    return paths


def tone(samples: int, peak: float = 0.05) -> NDArray[np.float32]:
    """A sine whose periods are alike to the last bit."""
    one = (peak * np.sin(2 * np.pi * np.arange(PERIOD) / PERIOD)).astype(np.float32)
    return np.resize(one, samples)


def endless_tone(seconds: float) -> NDArray[np.float32]:
    """A tone that an engine's loop repeats without a seam: the loop ends one fade before it joins its beginning."""
    return tone(FADE + PERIOD * int(seconds * RATE / PERIOD))


@dataclass(frozen=True, slots=True)
class Change:
    """One model took over from another in a recording."""

    begins: int  # sample of the recording
    click: float  # largest second difference during the change re the larger of the two steady signals
    hole: int  # longest stretch in samples below a tenth of the softer of the two


def changes_in(y: NDArray[np.float32]) -> list[Change]:
    """Every place where the recording of a tone does not repeat itself, with what happens there."""
    y = y.astype(float)
    unlike = np.abs(y[PERIOD:] - y[:-PERIOD])
    level = np.array([np.abs(part).max() for part in np.split(y[: y.size // PERIOD * PERIOD], y.size // PERIOD)])
    # A hundredth of a per mille into a raised cosine of 480 samples is its first sample.
    moving = unlike > 1e-4 * np.repeat(level, PERIOD)[np.minimum(np.arange(unlike.size), level.size * PERIOD - 1)]
    starts, found = np.flatnonzero(moving), []
    while starts.size:
        first = int(starts[0]) + PERIOD
        last = first
        for at in starts + PERIOD:  # what belongs together lies less than two periods apart
            if at > last + 2 * PERIOD:
                break
            last = int(at)
        starts = starts[starts + PERIOD > last]
        old, new = y[max(0, first - 5 * PERIOD) : first], y[last + 1 : last + 1 + 5 * PERIOD]
        if old.size < 3 * PERIOD or new.size < 3 * PERIOD:
            continue  # at the edge of the recording
        whole = y[first - PERIOD : last + PERIOD]
        quiet = np.abs(whole) < 0.1 * min(np.abs(old).max(), np.abs(new).max())
        found.append(Change(first, jump(whole) / max(jump(old), jump(new)), _longest(quiet)))
    return found


def _longest(flags: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))
