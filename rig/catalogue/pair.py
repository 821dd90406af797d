"""Models held against a recording pair, briefly: to find the few that are worth an exact comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audio.align import find_lag
from ..compare.models import input_gain
from ..compare.pair import MAX_LAG_SAMPLES, Take
from ..decibels import gain_from_db
from ..errors import CompareError, RigError
from ..nam import load_model
from ..nam.batch import cores, play_in_pieces
from .likeness import EDGE_SAMPLES, esr_between

EXCERPT_S = 0.75  # loud enough to be bent; two of them take some 40 ms for a usual model
SOFTER_DB = (0.0, -12.0)  # of the excerpts, re the loudest
STEP = 4  # excerpts that are looked at per length of one
LEAD_SAMPLES = 8192  # that a model hears first: those of today look back about so far
LARGEST_ESR = 1.0  # of what has nothing in common


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a pair: `dry`, (lead + n,), with what the model hears first, and `wet`, (n,), in step with it."""

    dry: NDArray[np.float32]
    wet: NDArray[np.float64]


def excerpts(take: Take) -> list[Excerpt]:
    """Two short parts of the pair, one loud and one soft, the delay between dry and wet taken out to whole samples."""
    rate = take.sample_rate
    length = round(EXCERPT_S * rate) + 2 * EDGE_SAMPLES
    lag = find_lag(take.dry, take.wet, whiten=True, max_lag_samples=min(MAX_LAG_SAMPLES, len(take.dry) // 2))
    late = round(lag.samples)
    first, last = max(take.span.start, -late), min(take.span.stop, len(take.wet) - max(0, late))
    starts = np.arange(first, last - length, max(1, length // STEP))
    if not len(starts):
        raise CompareError(
            f"{take.files.dry.name} is too short to search with: {EXCERPT_S + 0.1:.2f} s are needed behind the first "
            "samples."
        )
    sums = np.concatenate([[0.0], np.cumsum(np.square(take.dry))])
    powers = (sums[starts + length] - sums[starts]) / length
    chosen = []
    for softer_db in SOFTER_DB:
        wanted = powers.max() * gain_from_db(softer_db) ** 2
        at = int(starts[np.argmin(np.abs(np.log(powers + 1e-20) - np.log(wanted + 1e-20)))])
        begin = max(0, at - LEAD_SAMPLES)
        lead = np.zeros(LEAD_SAMPLES - (at - begin), np.float32)
        dry = np.concatenate([lead, take.dry[begin : at + length].astype(np.float32)])
        chosen.append(Excerpt(dry, take.wet[at + late : at + late + length]))
    return chosen


def quick_esr(path: Path, take: Take, parts: list[Excerpt], entered_dbu: float | None = None) -> float | None:
    """The mean ESR of a model over the excerpts, lag, polarity and gain taken out; None: it cannot be judged."""
    try:
        model = load_model(path)
        gain = gain_from_db(input_gain(take, model, entered_dbu)[0])
        network = model.network(take.sample_rate)
    except RigError:
        return None
    found: list[float] = []
    for part in parts:
        network.reset()
        answer = play_in_pieces(network, part.dry * np.float32(gain))[LEAD_SAMPLES:]
        apart = esr_between(answer, part.wet)
        found.append(LARGEST_ESR if apart is None else apart)
    return float(np.mean(found))


def judged_together(jobs: Sequence[tuple[int, Callable[[], float | None]]]) -> Iterator[tuple[int, float]]:
    """Several on all cores at once: the network plays without the lock of Python; by place, where there is a figure."""
    with ThreadPoolExecutor(cores(), thread_name_prefix="rig judges models") as pool:
        found: list[Any] = [(place, pool.submit(job)) for place, job in jobs]
        for place, future in found:
            error = future.result()
            if error is not None:
                yield place, error
