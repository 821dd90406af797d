"""The simulated preamp that the models in this folder were trained on.

    python models/make_preamp_take.py INPUT.wav OUTPUT.wav

plays a 48 kHz mono file through it and writes what an interface would have recorded: 24 bit, 6.5 ms late, with a
little noise and mains hum. INPUT and OUTPUT are then a training pair.

Two triode-like stages, each: a coupling capacitor (high-pass), the stray capacitance of the grid (low-pass), a curve
that bends softly one way and later the other, and a cathode whose bias creeps after the signal. The second stage also
"blocks": a strong signal charges its coupling capacitor within a millisecond, which shifts the bias, and it takes 25
times as long to recover. A tone control blends what lies below and above 700 Hz. Everything runs at eight times the
rate, so that the curves do not alias.
"""

from __future__ import annotations

import argparse
import math

import numba as nb
import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from scipy import signal

SAMPLE_RATE = 48_000
OVERSAMPLING = 8

DRIVE_1, DRIVE_2 = 6.0, 3.0
OUTPUT_GAIN = 0.25
TONE = 0.45  # 0: only what lies above 700 Hz, 1: only what lies below

LATENCY_SAMPLES = 312
NOISE_DBFS, HUM_DBFS, MAINS_HZ = -85.0, -80.0, 50.0
NOISE_SEED = 3

Audio = NDArray[np.float64]


@nb.njit
def at_frequency(hz: float, rate: float) -> float:
    """How far a one-pole filter with that corner moves towards its input at each sample."""
    return 1.0 - math.exp(-2.0 * math.pi * hz / rate)


@nb.njit
def after_seconds(seconds: float, rate: float) -> float:
    """The same for a time constant."""
    return 1.0 - math.exp(-1.0 / (seconds * rate))


@nb.njit
def two_stages(x: Audio, rate: float) -> Audio:
    """The circuit, sample by sample; `x` is -1 to 1 at its input jack."""
    coupling_1, grid_1 = at_frequency(25.0, rate), at_frequency(11_000.0, rate)
    coupling_2, grid_2 = at_frequency(60.0, rate), at_frequency(7_500.0, rate)
    coupling_3, tone = at_frequency(12.0, rate), at_frequency(700.0, rate)
    cathode_1, cathode_2 = after_seconds(0.018, rate), after_seconds(0.009, rate)
    blocking, recovery = after_seconds(0.0008, rate), after_seconds(0.025, rate)

    dc_1 = dc_2 = dc_3 = smooth_1 = smooth_2 = lows = 0.0  # state of the filters
    bias_1 = bias_2 = blocked = 0.0
    y = np.empty_like(x)
    for i in range(x.size):
        # First stage
        dc_1 += coupling_1 * (x[i] - dc_1)
        smooth_1 += grid_1 * (x[i] - dc_1 - smooth_1)
        v = DRIVE_1 * smooth_1 - bias_1
        plate = math.tanh(v) if v >= 0.0 else 1.6 * math.tanh(v / 1.6)
        bias_1 += cathode_1 * (0.35 * max(plate, 0.0) - 0.1 * max(-plate, 0.0) - bias_1)

        # Second stage; a stage turns the signal over, hence the minus
        dc_2 += coupling_2 * (-plate - dc_2)
        smooth_2 += grid_2 * (-plate - dc_2 - smooth_2)
        v = DRIVE_2 * smooth_2 - bias_2 - blocked
        charge = 0.5 * max(v - 0.8, 0.0)
        blocked += (blocking if charge > blocked else recovery) * (charge - blocked)
        plate = math.tanh(0.9 * v) / 0.9 if v >= 0.0 else 1.8 * math.tanh(v / 1.8)
        bias_2 += cathode_2 * (0.25 * max(plate, 0.0) - 0.08 * max(-plate, 0.0) - bias_2)

        # Output
        dc_3 += coupling_3 * (-plate - dc_3)
        u = -plate - dc_3
        lows += tone * (u - lows)
        y[i] = OUTPUT_GAIN * (TONE * lows + (1.0 - TONE) * (u - lows) + 0.3 * u)
    return y


def preamp(x: Audio) -> Audio:
    """What the preamp makes of `x`, (n,) at 48 kHz, without any delay of the interface."""
    window = ("kaiser", 12.0)
    fast = signal.resample_poly(x, OVERSAMPLING, 1, window=window)
    return signal.resample_poly(two_stages(fast, float(SAMPLE_RATE * OVERSAMPLING)), 1, OVERSAMPLING, window=window)


def take(x: Audio) -> Audio:
    """What an interface records of it: later by its latency, with noise and hum; as long as `x`."""
    y = np.concatenate([np.zeros(LATENCY_SAMPLES), preamp(x)])[: x.size]
    t = np.arange(x.size) / SAMPLE_RATE
    y += 10.0 ** (NOISE_DBFS / 20.0) * np.random.default_rng(NOISE_SEED).standard_normal(x.size)
    hum = np.sin(2.0 * np.pi * MAINS_HZ * t) + 0.5 * np.sin(4.0 * np.pi * MAINS_HZ * t)
    return y + 10.0 ** (HUM_DBFS / 20.0) * hum


def main() -> None:
    """Read, play, write."""
    parser = argparse.ArgumentParser(description="Play a 48 kHz mono file through the simulated preamp.")
    parser.add_argument("input", metavar="INPUT.wav")
    parser.add_argument("output", metavar="OUTPUT.wav")
    arguments = parser.parse_args()
    x, rate = sf.read(arguments.input)
    if rate != SAMPLE_RATE or x.ndim != 1:
        parser.error(f"{arguments.input}: has to be {SAMPLE_RATE} Hz mono, not {rate} Hz and {x.ndim} dimensions")
    sf.write(arguments.output, take(x), SAMPLE_RATE, subtype="PCM_24")


if __name__ == "__main__":
    main()
