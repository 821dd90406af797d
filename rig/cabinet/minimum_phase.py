"""Minimum phase: the response that does the same to every frequency as early as possible.

By the real cepstrum (Oppenheim and Schafer, Discrete-Time Signal Processing, chapter 13). scipy's `minimum_phase` does
the same for linear-phase filters, but follows a gap in the spectrum as far down as it goes, which then folds over: a
response without DC came out 0.3 dB wrong, with this floor 0.001 dB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OVERSIZE = 8  # of the transform re the response
FLOOR_DB = -120.0  # re the loudest frequency


def minimum_phase(taps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row of `taps`, shape (channels, n), as minimum phase: of the same length and gain at every frequency."""
    n = taps.shape[1]
    size = max(16, 1 << (OVERSIZE * n - 1).bit_length())
    gain = np.abs(np.fft.rfft(taps, size))
    log_gain = np.log(np.maximum(gain, gain.max(axis=1, keepdims=True) * 10 ** (FLOOR_DB / 20) + 1e-300))
    cepstrum = np.fft.irfft(log_gain, size)
    cepstrum[:, 1 : size // 2] *= 2
    cepstrum[:, size // 2 + 1 :] = 0
    return np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), size)[:, :n]
