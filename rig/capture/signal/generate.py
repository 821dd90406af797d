"""Our own training signal, in the layout of `trainer/layout.py`.

Guitar alone leaves gaps: levels nobody plays in those minutes, and what the gear does after a loud note. So the
programme begins with a staircase of levels, bursts, sweeps, noise of changing level and pairs of tones, and the rest
of it is plucked strings from loud to soft. The validation is drawn from a random stream of its own: a model is never
judged by what it was trained on. The whole is rounded to 24 bit once, so that a file holds exactly what is played.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from ...decibels import gain_from_db, gains_from_db
from ...errors import CaptureError
from ...trainer.layout import (
    BLIPS,
    END_SILENCE,
    FULL_S,
    FULL_SCALE_24,
    NOISE,
    PROGRAMME,
    RATE,
    SHORTEST_S,
    SWEEP,
    VALIDATION,
)
from .plucked import phrase
from .random_draws import SeededRandom
from .sweep import faded, synchronised_sweep

GENERATOR = 1  # counts up when the same seed gives other samples
LONGEST_S = 3600.0
EDGE = RATE // 200  # 5 ms
BLIP = 0.9
HOT_DBFS = -0.5
STEPS_DBFS = (-42, -36, -30, -24, -18, -12, -6, 0)
PHRASE_PEAKS_DBFS = (0.0, -0.5, -3.0, -6.0, -9.0, -12.0, -18.0, -24.0, -30.0)
BURSTS_HZ = (82.4, 220.0, 880.0)
BURSTS_S = 1.5  # all of them; they are never shortened, or nothing would have time to recover
STUDIES_S = 19.2  # everything else before the strings, at full length


def generate(seconds: float = FULL_S, seed: int = 1) -> NDArray[np.float64]:
    """The signal, (n,), at 48 kHz, on 24-bit steps. Raises CaptureError for a length that cannot be."""
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise CaptureError(
            f"A training signal of {seconds:g} s cannot be made; it lasts {SHORTEST_S:g} to {LONGEST_S:g} seconds, "
            f"and the official trainer's services want {FULL_S:g}."
        )
    x = np.zeros(round(seconds * RATE))
    x[:VALIDATION] = x[-VALIDATION:] = _validation(SeededRandom(seed, 7))
    x[list(BLIPS)] = BLIP
    draws = SeededRandom(seed, 11)
    _put(x, SWEEP, synchronised_sweep(20, 20000, 2.9, RATE))
    _put(x, NOISE, draws.white(RATE - 2 * EDGE))
    _put(x, NOISE + RATE, draws.pink(RATE - 2 * EDGE, RATE))
    end = len(x) - VALIDATION - END_SILENCE
    x[PROGRAMME:end] = _programme(end - PROGRAMME, draws)
    steps = np.clip(np.round(x * FULL_SCALE_24), 1 - FULL_SCALE_24, FULL_SCALE_24 - 1)
    return (steps + 0.0) / FULL_SCALE_24  # no file holds a negative zero


def _put(x: NDArray[np.float64], start: int, part: NDArray[np.float64]) -> None:
    x[start : start + len(part)] = _at_peak(faded(part, EDGE), HOT_DBFS)


def _at_peak(x: NDArray[np.float64], peak_dbfs: float) -> NDArray[np.float64]:
    return x * (gain_from_db(peak_dbfs) / max(float(np.abs(x).max()), 1e-12))


def _validation(draws: SeededRandom) -> NDArray[np.float64]:
    quarter = VALIDATION // 4
    parts = [_at_peak(faded(phrase(quarter, 3.0, draws), 2 * EDGE), peak) for peak in (0, -6, -12, -24)]
    x = np.concatenate(parts)
    fade = RATE // 20
    x[-fade:] *= np.linspace(1, 0, fade)
    return x


def _programme(n: int, draws: SeededRandom) -> NDArray[np.float64]:
    """At most half of it studies, shortened where they would take more; then strings."""
    scale = min(1.0, (n / RATE / 2 - BURSTS_S) / STUDIES_S)
    blocks = [_at_peak(faded(block, EDGE), peak) for block, peak in _studies(scale, draws)]
    blocks.append(np.zeros(RATE // 5))
    done = sum(map(len, blocks))
    while done < n:
        length = round(draws.between(3, 6) * RATE)
        played = phrase(length, draws.between(1.5, 6), draws)
        gap = np.zeros(round(draws.between(0.05, 0.3) * RATE) if draws.between(0, 1) < 0.3 else 0)
        blocks += [_at_peak(faded(played, EDGE), draws.one_of(PHRASE_PEAKS_DBFS)), gap]
        done += len(played) + len(gap)
    x = np.concatenate(blocks)[:n]
    return faded(x, 0, 2 * EDGE)


def _studies(scale: float, draws: SeededRandom) -> list[tuple[NDArray[np.float64], float]]:
    """What no guitarist plays, each with its peak in dBFS."""
    steps = phrase(round(0.9 * scale * RATE), 3.0, draws, quietest_db=-6.0)
    studies: list[tuple[NDArray[np.float64], float]] = [(steps, peak) for peak in STEPS_DBFS]
    studies += [(_bursts(hz), HOT_DBFS) for hz in BURSTS_HZ]
    studies += [(synchronised_sweep(30, 16000, 1.2 * scale, RATE), peak) for peak in (-24.0, -12.0, HOT_DBFS)]
    n = round(3.0 * scale * RATE)
    for noise in (draws.white(n), draws.pink(n, RATE)):
        levels_db = [draws.between(-48, 0) for _ in range(25)]
        studies.append((noise * gains_from_db(np.interp(np.linspace(0, 24, n), range(25), levels_db)), HOT_DBFS))
    studies += [(_two_tones(round(0.6 * scale * RATE), draws), draws.between(-20, HOT_DBFS)) for _ in range(4)]
    return studies


def _bursts(hz: float) -> NDArray[np.float64]:
    """Loud for 100 ms, soft for 150 ms, twice: how bias and coupling capacitors recover."""
    t = np.arange(round(BURSTS_S / len(BURSTS_HZ) * RATE)) / RATE
    envelope = lfilter([0.01], [1, -0.99], np.where(t % 0.25 < 0.1, 1.0, 0.05))
    return np.asarray(envelope * np.sin(2 * np.pi * hz * t))


def _two_tones(n: int, draws: SeededRandom) -> NDArray[np.float64]:
    """Two tones whose levels move against each other: intermodulation."""
    t = np.arange(n) / RATE
    first, second = (np.sin(2 * np.pi * draws.log_between(70, 2500) * t) for _ in range(2))
    return first * (0.6 + 0.4 * np.sin(2 * np.pi * 2.3 * t)) + second * np.linspace(0, 1, n)
