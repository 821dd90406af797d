"""Whether an audio file is the response of a cabinet, or a recording, a sweep, a note: by its length and its energy.

A response is over at once: half of its energy lies within some milliseconds, of a microphone far back in a room within
tens of them. A song, a guitar, a take and a sweep spread theirs over their whole length. One note that was plucked
dies away, too, but consists of partials: its response is a comb of narrow peaks, which no loudspeaker has.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio import wav
from ...cabinet.ir import LARGEST_FILE, LONGEST_S
from ...cabinet.response import frequencies, response_db
from ...decibels import db_from_powers, gain_from_db, powers_from_db

BLOCK_S = 0.00025  # energy is counted in these
HALF_S = 0.05  # half of the energy of a response lies within; of a hall that rings for a second alone, just so
SOUNDING_DB = -50.0  # re its loudest block: where a file sounds
HALF_PART = 0.3  # of the time for which it sounds; of what dies away 0.15 or less, of what goes on 0.5
SHORT_S = 0.02  # what sounds for less is short enough to be anything
ONE_SAMPLE = 1e-6  # of the energy beside the loudest sample, or it is a wire
RIPPLE_HZ = (80.0, 5000.0)
RIPPLE_DB = 6.0  # of the response about itself over a third octave: cabinets 0.2 to 3, rooms 3.5, a note 5 to 12
RIPPLE_S = 0.005  # half of the energy within less: too short for a note


def refused_unread(path: Path) -> str | None:
    """Why a file can be no response, by its header and size alone; None: it has to be read. Raises AudioError."""
    with wav.Reader(path) as reader:
        seconds, channels = reader.frames / reader.sample_rate, reader.channels
    if seconds > LONGEST_S:
        return f"{path.name}: a recording of {_lasting(seconds)}; a cabinet's response lasts {LONGEST_S:.0f} s at most."
    if channels > 2:
        return f"{path.name}: {channels} channels; a cabinet has one or two."
    if (size := path.stat().st_size) > LARGEST_FILE:
        return f"{path.name}: {size >> 20} MiB, most of which is no sound; a cabinet's file is far smaller."
    return None


def refused(taps: NDArray[np.floating], sample_rate: int, name: str) -> str | None:
    """Why samples, (channels, n), are no response of a cabinet: a sentence; None: they are one."""
    rows = np.asarray(taps, np.float64)
    if rows.shape[1] > 2048:  # a constant is no sound, and counts in each sample
        rows = rows - np.median(rows, axis=1, keepdims=True)
    energy = np.square(rows).sum(axis=0)
    total = float(energy.sum())
    if total - float(energy.max()) <= ONE_SAMPLE * total:
        return f"{name}: a single sample that is not zero, a wire; a cabinet changes the sound."
    size = max(1, round(BLOCK_S * sample_rate))
    blocks = np.add.reduceat(energy, np.arange(0, len(energy), size))
    block_s = size / sample_rate
    half_s = _half(blocks) * block_s
    loud = np.flatnonzero(blocks > gain_from_db(SOUNDING_DB) ** 2 * blocks.max())
    sounding_s = float(loud[-1] - loud[0] + 1) * block_s
    if half_s > HALF_S:
        return (
            f"{name}: half of its energy is spread over {_lasting(half_s)}, of a cabinet it lies within "
            f"{1000 * HALF_S:.0f} ms; a recording, or a sweep."
        )
    if sounding_s > SHORT_S and half_s > HALF_PART * sounding_s:
        return (
            f"{name}: as loud at its end as at its beginning ({_lasting(sounding_s)}), where a response dies away; "
            "noise, or a short sweep."
        )
    if half_s > RIPPLE_S and (ripple_db := _ripple_db(rows, sample_rate)) > RIPPLE_DB:
        return f"{name}: its response is a comb of narrow peaks ({ripple_db:.0f} dB), as of a note; a recording."
    return None


def _half(blocks: NDArray[np.float64]) -> int:
    """How many blocks the shortest stretch has that holds half of all energy."""
    sums = np.concatenate([[0.0], np.cumsum(blocks)])
    ends = np.searchsorted(sums, sums[:-1] + sums[-1] / 2)
    there = ends < len(sums)
    return int((ends - np.arange(len(blocks)))[there].min())


def _ripple_db(rows: NDArray[np.float64], sample_rate: int) -> float:
    """How far the response stands from itself smoothed, RMS in dB."""
    hz = frequencies()
    hz = hz[(hz >= RIPPLE_HZ[0]) & (hz <= min(RIPPLE_HZ[1], 0.45 * sample_rate))]
    if not len(hz):
        return 0.0
    fine, coarse = (
        db_from_powers(np.mean(powers_from_db(response_db(rows, sample_rate, hz, smoothing)), axis=0))
        for smoothing in (48, 3)
    )
    apart = fine - coarse
    return float(np.std(apart))


def _lasting(seconds: float) -> str:
    if seconds < 1.0:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
