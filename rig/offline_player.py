"""Samples through an engine of their own, faster than real time, from the state after long silence.

What files and arrays have in common when they are rendered: the same compiled chain that plays live, and the change of
rate on both sides where the samples have another rate than the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .audio.resample import HIGHEST_HZ, LOWEST_HZ
from .audio.resample_pieces import regrouped, resample_pieces
from .backends.offline import Offline
from .engine import Engine
from .errors import ArgumentError, RigError
from .scripting.arguments import number, type_name

BLOCK_SAMPLES = 256  # per cycle; the sound does not depend on it
SETTLE_S = 0.5  # of silence before the first sample: the fade in of the lane
PIECE_S = 1.0  # per step of the progress
LONGEST_TAIL_S = 3600.0


def tail_samples(call: str, tail_s: float, sample_rate: int) -> int:
    """A tail in samples of that rate; ArgumentError or RigError where it is no length."""
    seconds = number(call, "tail_s", tail_s)
    if not 0.0 <= seconds <= LONGEST_TAIL_S:  # NaN is in no range
        raise RigError(f"A tail of {seconds:g} s cannot be right: it is a length from 0 to 3600 seconds.")
    return round(seconds * sample_rate)


def checked_rate(call: str, sample_rate: float) -> int:
    """A sample rate in Hz, or a RigError where nothing has that rate."""
    rate = number(call, "sample_rate", sample_rate)
    if not (LOWEST_HZ <= rate <= HIGHEST_HZ and rate.is_integer()):
        raise RigError(
            f"{call}(sample_rate=...) takes a rate from {LOWEST_HZ} to {HIGHEST_HZ} Hz in whole Hz, not {rate:g}."
        )
    return int(rate)


def guitar_samples(call: str, samples: ArrayLike) -> NDArray[np.floating[Any]]:
    """One channel of floats, (n,), from (n,) or (n, 1); ArgumentError for other types, RigError for other shapes."""
    try:
        x = np.asarray(samples)
    except ValueError:  # lists of different lengths
        x = np.asarray(None)
    if x.dtype.kind in "iu":
        raise ArgumentError(
            f"{call}(samples=...) takes floats with full scale at 1, not {x.dtype}; divide by the full scale of the "
            "whole numbers first (32768 for 16 bits)."
        )
    if x.dtype.kind != "f":
        found = f"an array of {x.dtype}" if isinstance(samples, np.ndarray) else type_name(samples)
        raise ArgumentError(f"{call}(samples=...) takes an array of floats, shape (n,), not {found}.")
    if x.ndim == 2 and x.shape[1] == 1:
        x = x[:, 0]
    if x.ndim != 1:
        one = "samples[0]" if x.shape[:1] == (1,) else "samples[:, 0]"
        way_out = f"; choose one, as in {one}" if x.ndim == 2 else ""
        raise RigError(f"{call}(samples=...) takes one channel, shape (n,) or (n, 1), not {x.shape}{way_out}.")
    if not x.size:
        raise RigError(f"{call}(samples=...) takes at least one sample; this array is empty.")
    bad = np.flatnonzero(~np.isfinite(x))
    if bad.size:
        raise RigError(f"{call}(samples=...): sample {bad[0]} is not a number or infinite.")
    return x


def in_pieces(x: NDArray[np.floating[Any]], sample_rate: int) -> Iterator[NDArray[np.floating[Any]]]:
    """The signal x, (n,), in pieces of `PIECE_S`."""
    step = round(PIECE_S * sample_rate)
    return (x[i : i + step] for i in range(0, len(x), step))


class OfflinePlayer:
    """An engine of `sample_rate` Hz and what calls it. Hand a sound to `engine`, `settle`, then `process`.

    `guard`: limit at full scale, for whatever ends in a file of whole numbers. `block_size`: samples per cycle.
    """

    def __init__(self, sample_rate: int, guard: bool = False, block_size: int = BLOCK_SAMPLES) -> None:
        self.sample_rate = sample_rate
        self.engine = Engine(sample_rate, guard=guard)
        self._backend = Offline(sample_rate, block_size)
        self._guard = guard

    @property
    def longest_cabinet_samples(self) -> int:
        """How many taps of an impulse response it plays."""
        return self.engine.line.max_taps

    @property
    def _late_samples(self) -> int:
        """How late the model is, by the filters of a higher quality: a file is as early as the guitar in it."""
        lane = self.engine.lanes[0]
        return 0 if lane is None or lane.network is None else lane.network.latency_samples

    @property
    def input_peak_dbfs(self) -> float:
        """The peak that came in since it settled, or since the last reading."""
        return self.engine.reading("input").peak_dbfs

    def settle(self) -> None:
        """Play silence until what was handed over sounds as after long silence."""
        self._backend.start(self.engine.block_address, self.engine.address)
        self._backend.process(np.zeros(round(SETTLE_S * self.sample_rate), np.float32))
        if not self.engine.poll() and not self.engine.poll():  # collect, then look
            raise RigError("The sound did not settle; this is a fault of rig, please report it.")
        self.engine.reading("input")

    def play(
        self,
        blocks: Iterable[NDArray[np.floating[Any]]],
        samples: int,
        sample_rate: int,
        progress: Callable[[float], None] | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """What comes out for `blocks` of shape (n,) at `sample_rate` Hz: arrays (n, 2), in all `samples` long.

        Behind the end of the blocks comes silence, for a cabinet to ring out.
        """
        pieces = self._played(blocks, samples, sample_rate, progress)
        if sample_rate != self.sample_rate:
            back = (piece.astype(np.float32) for piece in resample_pieces(pieces, self.sample_rate, sample_rate))
            pieces = (np.clip(piece, -1.0, 1.0) for piece in back) if self._guard else back
        done = 0
        for piece in pieces:
            yield piece[: samples - done]
            done += min(len(piece), samples - done)
        if done < samples:  # the way back may end a sample early
            yield np.zeros((samples - done, 2), np.float32)

    def _played(
        self,
        blocks: Iterable[NDArray[np.floating[Any]]],
        samples: int,
        sample_rate: int,
        progress: Callable[[float], None] | None,
    ) -> Iterator[NDArray[np.float32]]:
        """The blocks and the silence behind them through the engine, at its rate."""
        step, wanted = round(PIECE_S * self.sample_rate), samples
        if sample_rate != self.sample_rate:
            blocks = regrouped(resample_pieces(blocks, sample_rate, self.sample_rate), step)
            wanted = -(-samples * self.sample_rate // sample_rate)
        late = self._late_samples
        wanted, done = wanted + late, 0
        for block in blocks:
            yield self._backend.process(np.ascontiguousarray(block, np.float32))[max(0, late - done) :]
            done += len(block)
            if progress is not None:
                progress(min(0.99, done / wanted))
        while done < wanted:
            silence = np.zeros(min(step, wanted - done), np.float32)
            yield self._backend.process(silence)[max(0, late - done) :]
            done += len(silence)
