"""How far what was found is from what is expected, and a signal that finds much."""

from __future__ import annotations

import numpy as np


def error_db(found, expected):
    """RMS of the error re the RMS of what is expected, in dB; arrays of one shape. No error at all: very little."""
    return 20 * np.log10(max(np.linalg.norm(found - expected), 1e-30) / np.linalg.norm(expected))


def loud_and_silent(samples=3000, seed=1):
    """Noise, a loud passage, and silence: float32 (samples,)."""
    x = np.random.default_rng(seed).standard_normal(samples) * 0.2
    x[samples // 3 : samples // 2] *= 5
    x[-samples // 4 :] = 0
    return x.astype(np.float32)
