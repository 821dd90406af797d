"""The filters that take a signal to twice its rate and back with little delay: elliptic, and so of minimum phase.

Going up, and between higher rates, they are half-band filters of two all-pass branches:

    H(z) = (A0(z^2) + z^-1 A1(z^2)) / 2,    A(z) = product of (a + z^-1) / (1 + a z^-1)

Both branches run at the lower rate. A half-band filter is 3 dB down in the middle, so the last step, back to the
session's rate, has a filter of its own: what a model makes above half of that rate must not come back below it.

The coefficients have a closed form: R. A. Valenzuela and A. G. Constantinides,
"Digital signal processing schemes for efficient interpolation and decimation", IEE Proc. G 130 (1983).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...decibels import gain_from_db
from .elliptic import low_pass
from .polyphase import DELAY_HZ, pass_band_hz

IMAGES_DB = 95.0  # below this: what lies above `lower rate - pass band`
MOST = 12  # coefficients; a pass band of 18 kHz at 44.1 kHz needs six
RIPPLE_DB = 0.01  # of the last filter, in the pass band
STOP_DB = 91.0  # of the last filter, from half the session's rate on


def coefficients(count: int, transition: float) -> NDArray[np.float64]:
    """The coefficients a, ascending; even ones belong to A0. `transition`: width of that band re the higher rate."""
    k = math.tan((1 - 2 * transition) * math.pi / 4) ** 2
    root = (1 - k * k) ** 0.25
    e = 0.5 * (1 - root) / (1 + root)
    q = e + 2 * e**5 + 15 * e**9 + 150 * e**13
    order = 2 * count + 1
    i, j = np.arange(16), np.arange(1, 16)
    found = np.empty(count)
    for c in range(count):
        angle = (c + 1) * math.pi / order
        over = q**0.25 * np.sum((-1.0) ** i * q ** (i * (i + 1)) * np.sin((2 * i + 1) * angle))
        under = 0.5 + np.sum((-1.0) ** j * q ** (j * j) * np.cos(2 * j * angle))
        w = (over / under) ** 2
        r = math.sqrt((1 - w * k) * (1 - w / k)) / (1 + w)
        found[c] = (1 - r) / (1 + r)
    return found


def response(a: NDArray[np.float64], omega: NDArray[np.float64]) -> NDArray[np.complex128]:
    """H at angular frequencies in radians per sample of the higher rate."""
    z = np.exp(-1j * omega)
    branches = [np.ones_like(z), np.ones_like(z)]
    for index, each in enumerate(a):
        branches[index % 2] *= (each + z**2) / (1 + each * z**2)
    return (branches[0] + z * branches[1]) / 2


@lru_cache(maxsize=16)
def half_band(rate: float, session_rate: float) -> NDArray[np.float64]:
    """The fewest coefficients that take `rate`, in Hz, to twice that and back, for what a session can hold."""
    pass_hz, higher = pass_band_hz(session_rate), 2 * rate
    stop_hz = rate - pass_hz
    stop = np.linspace(stop_hz, rate, 4001) * (2 * math.pi / higher)
    for count in range(1, MOST):
        a = coefficients(count, (stop_hz - pass_hz) / higher)
        if np.abs(response(a, stop)).max() < gain_from_db(-IMAGES_DB):
            break
    a.flags.writeable = False
    return a


@lru_cache(maxsize=16)
def last_filter(session_rate: float) -> NDArray[np.float64]:
    """The filter in front of the last halving, down to `session_rate`: second-order sections, shape (n, 6)."""
    pass_hz, higher = pass_band_hz(session_rate), 2 * session_rate
    sections = low_pass(pass_hz, session_rate / 2, RIPPLE_DB, STOP_DB, higher)
    sections.flags.writeable = False
    return sections


def sections_response(sections: NDArray[np.float64], omega: NDArray[np.float64]) -> NDArray[np.complex128]:
    """The response of second-order sections at angular frequencies in radians per sample."""
    z = np.exp(-1j * omega)
    over, under = sections[:, :3], sections[:, 3:]
    powers = z[:, None, None] ** np.arange(3)
    found: NDArray[np.complex128] = np.prod((over * powers).sum(axis=2) / (under * powers).sum(axis=2), axis=1)
    return found


def delay_samples(session_rate: float, stages: int) -> float:
    """How late a signal of `DELAY_HZ` is once it has been doubled and halved `stages` times, in samples of the session.

    Each halving keeps the later of two samples, which is already there, and so saves one of the higher rate.
    """
    step, total = 1e-4, 0.0
    for s in range(stages):
        rate = session_rate * 2**s
        omega = 2 * math.pi * DELAY_HZ / (2 * rate) + np.array([-step, step])
        up = response(half_band(rate, session_rate), omega)
        down = sections_response(last_filter(session_rate), omega) if s == 0 else up
        phase = np.unwrap(np.angle(up * down))
        total += (-(phase[1] - phase[0]) / (2 * step) - 1) / 2 ** (s + 1)
    return total
