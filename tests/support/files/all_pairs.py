"""The ESR between all pairs of many answers to one signal, lag, polarity and gain taken out: the truth of a search.

All pairs are looked at by correlations of blocks, to a sample; then those that matter, the nearest few of
each and whatever may be a twin, by `esr_between` itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from rig.catalogue.likeness import esr_between

LAGS, BLOCK = 512, 4096
NEAREST = 5  # of each are looked at exactly
MAY_BE_TWINS = 0.03


def all_pairs(answers: list[NDArray[np.float32]]) -> NDArray[np.float64]:
    """The ESR of each against each, (n, n); itself: infinite."""
    errors = roughly(np.array(answers))
    np.fill_diagonal(errors, np.inf)
    exact = {(int(i), int(j)) for i, row in enumerate(errors) for j in np.argsort(row)[:NEAREST]}
    exact |= {(int(i), int(j)) for i, j in np.argwhere(errors < MAY_BE_TWINS)}
    for i, j in {(min(pair), max(pair)) for pair in exact}:
        apart = esr_between(answers[i], answers[j])
        errors[i, j] = errors[j, i] = 1.0 if apart is None else min(apart, 1.0)
    return errors


def roughly(answers: NDArray[np.float32]) -> NDArray[np.float64]:
    """The same by 1 - r^2, r the largest correlation over the lags, symmetric; itself about 0."""
    x = answers.astype(np.float32)
    x = x - x.mean(1, keepdims=True)
    x /= np.sqrt(np.square(x).sum(1, keepdims=True)) + 1e-20
    count, blocks, size = len(x), x.shape[1] // BLOCK, BLOCK + 2 * LAGS
    padded = np.pad(x, ((0, 0), (LAGS, LAGS + BLOCK)))
    short, long = np.zeros((count, blocks, size), np.float32), np.zeros((count, blocks, size), np.float32)
    for k in range(blocks):
        short[:, k, LAGS : LAGS + BLOCK] = x[:, k * BLOCK : (k + 1) * BLOCK]
        long[:, k] = padded[:, k * BLOCK : k * BLOCK + size]
    sizes = np.sqrt(np.square(x[:, : blocks * BLOCK]).sum(1))
    one = np.ascontiguousarray(rfft(short, axis=2).transpose(2, 0, 1)).astype(np.complex64)
    two = np.ascontiguousarray(rfft(long, axis=2).transpose(2, 1, 0).conj()).astype(np.complex64)
    errors = np.empty((count, count))
    for at in range(0, count, 16):
        both = np.matmul(one[:, at : at + 16], two)
        lagged = irfft(both, size, axis=0)
        most = np.maximum(np.abs(lagged[:LAGS]).max(0), np.abs(lagged[-LAGS:]).max(0))
        errors[at : at + 16] = 1 - np.clip(most / (sizes[at : at + 16, None] * sizes), 0, 1) ** 2
    return np.minimum(errors, errors.T)
