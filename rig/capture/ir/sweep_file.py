"""The sweep as a file, for cabinets that are recorded elsewhere: rig's own, or one of another program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio import wav
from ...errors import CaptureError
from ...trainer.layout import RATE
from ..signal.training_signal import as_24_bit, check_target
from ..take.recorded_file import read_channel
from .deconvolution import LONGEST_S, SHORTEST_S, Played, Sweep

SILENCE = 1e-3  # of the peak: what is softer at the ends of the file is no part of the sweep
PLACES = (0.2, 0.5, 0.8)  # of the sweep, where its frequency is measured
WINDOW_S = 0.05
EVEN = 0.1  # by how much the two halves may differ in how fast the frequency grows
EDGE = 0.1  # of the power in the middle of the band: what is less lies outside


def write_sweep(path: str | Path, sweep: Sweep, overwrite: bool = False) -> None:
    """Silence, sweep, silence as a mono 24-bit WAV file. AudioError where that cannot be written."""
    check_target(path, overwrite)
    wav.write(path, as_24_bit(sweep.signal()), RATE, "PCM_24", overwrite)


def read_sweep(path: str | Path) -> Sweep:
    """The sweep that was played, from its file: any one whose frequency grows exponentially.

    Raises AudioError or CaptureError: not to be read, another rate, too short, too long, no such sweep.
    """
    path = Path(path)
    samples = read_channel(path, None)
    loud = np.flatnonzero(np.abs(samples) > SILENCE * np.abs(samples).max())
    bare = samples[loud[0] : loud[-1] + 1]
    seconds = len(bare) / RATE
    if not SHORTEST_S - 1.0 <= seconds <= 2 * LONGEST_S:
        raise CaptureError(
            f"{path.name}: {seconds:.1f} s of sound; a sweep lasts {SHORTEST_S:g} to {2 * LONGEST_S:g} s. Write one "
            "with rig capture ir --write-sweep FILE."
        )
    rate_s = _rate_s(bare)
    if rate_s is None:
        raise CaptureError(
            f"{path.name}: no sweep whose frequency grows exponentially, which is what tells a response from its "
            "distortion; write one with rig capture ir --write-sweep FILE."
        )
    return Sweep(
        min(max(seconds, SHORTEST_S), LONGEST_S), float(np.abs(bare).max()), Played(bare, rate_s, _band_hz(bare))
    )


def _rate_s(bare: NDArray[np.float64]) -> float | None:
    """The time in which the frequency grows by a factor of e; None: it does not grow evenly."""
    frequencies = [_frequency_hz(bare, round(place * len(bare))) for place in PLACES]
    if not 0 < frequencies[0] < frequencies[1] < frequencies[2]:
        return None
    first, second = (
        (PLACES[n + 1] - PLACES[n]) * len(bare) / RATE / np.log(frequencies[n + 1] / frequencies[n]) for n in (0, 1)
    )
    return float((first + second) / 2) if abs(first - second) < EVEN * (first + second) / 2 else None


def _frequency_hz(bare: NDArray[np.float64], at: int) -> float:
    """By the upward zero crossings around a sample, their places interpolated."""
    half = round(WINDOW_S * RATE)
    while half < len(bare) // 4:
        part = bare[at - half : at + half]
        up = np.flatnonzero((part[:-1] < 0) & (part[1:] >= 0))
        if len(up) > 4:
            exact = up - part[up] / (part[up + 1] - part[up])
            return float((len(exact) - 1) * RATE / (exact[-1] - exact[0]))
        half *= 2
    return 0.0


def _band_hz(bare: NDArray[np.float64]) -> tuple[float, float]:
    """Where the sweep has power, against the fall of 3 dB per octave that every exponential one has."""
    n = 1 << 14
    half = np.concatenate([np.zeros(n), bare, np.zeros(2 * n)])
    pieces = np.array([half[start : start + n] for start in range(0, len(half) - n, n // 2)])
    hz = np.fft.rfftfreq(n, 1 / RATE)
    power = np.sum(np.abs(np.fft.rfft(pieces * np.hanning(n))) ** 2, axis=0) * hz
    middle = float(np.median(power[(hz > 200) & (hz < 5000)]))
    inside = hz[power > EDGE * middle]
    return max(float(inside[0]), 5.0), min(float(inside[-1]), RATE / 2 - 1000.0)
