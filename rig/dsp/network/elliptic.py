"""Elliptic low-pass filters: of all with such a ripple and such an attenuation those that fall fastest.

As `scipy.signal.ellip` designs them, whose import takes longer than all the rest of a start. The closed forms are those
of S. J. Orfanidis, "Lecture notes on elliptic filter design" (Rutgers University, 2006), with Landen transformations.
"""

from __future__ import annotations

import cmath
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...decibels import gain_from_db, power_from_db

SMALLEST = 1e-15  # a modulus below is 0


class Modulus(NamedTuple):
    """An elliptic modulus and its complement, sqrt(1 - k^2): where one is close to 1, only the other one tells how."""

    k: float
    other: float

    @classmethod
    def of(cls, k: float) -> Modulus:
        """The modulus k."""
        return cls(k, math.sqrt((1 - k) * (1 + k)))

    @property
    def complementary(self) -> Modulus:
        """The two exchanged."""
        return Modulus(self.other, self.k)

    @property
    def quarter(self) -> float:
        """The complete elliptic integral of the first kind, by the arithmetic-geometric mean."""
        a, b = 1.0, self.other
        while abs(a - b) > SMALLEST * a:
            a, b = (a + b) / 2, math.sqrt(a * b)
        return math.pi / (2 * a)

    @property
    def descending(self) -> list[float]:
        """The smaller and smaller moduli of Landen's transformation."""
        found, (k, other) = [], self
        while k > SMALLEST:
            k, other = (k / (1 + other)) ** 2, 2 * math.sqrt(other) / (1 + other)
            found.append(k)
        return found


def low_pass(pass_hz: float, stop_hz: float, ripple_db: float, stop_db: float, rate: float) -> NDArray[np.float64]:
    """The least order that falls from -ripple_db at `pass_hz` to -stop_db at `stop_hz`; all in Hz and dB.

    Second-order sections b0, b1, b2, 1, a1, a2, shape (n, 6), the tightest resonance last; no gain is above 1.
    """
    warped = math.tan(math.pi * pass_hz / rate)
    ripple = math.sqrt(power_from_db(ripple_db) - 1)
    ripples = Modulus.of(ripple / math.sqrt(power_from_db(stop_db) - 1))
    order = _order(Modulus.of(warped / math.tan(math.pi * stop_hz / rate)), ripples)
    edges = _edges(order, ripples)
    v0 = -1j * _inverse_sn(1j / ripple, ripples) / order
    sections = []
    if order % 2:
        sections.append(_section([], [warped * (1j * _sn(1j * v0, edges)).real]))
    for i in range(order // 2, 0, -1):
        u = (2 * i - 1) / order
        zero, pole = 1j * warped / (edges.k * _cd(u, edges)), 1j * warped * _cd(u - 1j * v0, edges)
        sections.append(_section([zero, zero.conjugate()], [pole, pole.conjugate()]))
    found = np.array(sections)
    if order % 2 == 0:  # an even order begins at the bottom of its ripple
        found[0, :3] *= gain_from_db(-ripple_db)
    return found


def _section(zeros: list[complex], poles: list[complex]) -> list[float]:
    """One section of gain 1 at 0 Hz, from roots in s by the bilinear transformation; missing zeros lie at infinity."""
    z, p = ([(1 + root) / (1 - root) for root in roots] for roots in (zeros, poles))
    z += [-1.0] * (len(p) - len(z))
    b, a = np.zeros(3), np.zeros(3)
    b[: len(z) + 1], a[: len(p) + 1] = np.poly(z).real, np.poly(p).real
    return [*(b * a.sum() / b.sum()), *a]


def _order(edges: Modulus, ripples: Modulus) -> int:
    """The least order for the ratio of the edges and that of the ripples."""
    ratio = edges.quarter * ripples.complementary.quarter / (edges.complementary.quarter * ripples.quarter)
    return math.ceil(ratio)


def _edges(order: int, ripples: Modulus) -> Modulus:
    """The ratio of the edges that belongs to a whole order: the edge of the stop band moves in."""
    other = ripples.complementary
    product = math.prod(abs(_sn((2 * i - 1) / order, other)) for i in range(1, order // 2 + 1))
    return Modulus.of(other.k**order * product**4).complementary


def _ascend(w: complex, modulus: Modulus) -> complex:
    for v in reversed(modulus.descending):
        w = (1 + v) * w / (1 + v * w * w)
    return w


def _sn(u: complex, modulus: Modulus) -> complex:
    """The Jacobi function sn at u quarter periods."""
    return _ascend(cmath.sin(u * math.pi / 2), modulus)


def _cd(u: complex, modulus: Modulus) -> complex:
    """The Jacobi function cd at u quarter periods."""
    return _ascend(cmath.cos(u * math.pi / 2), modulus)


def _inverse_sn(w: complex, modulus: Modulus) -> complex:
    """The quarter periods at which sn is w."""
    k = modulus.k
    for v in modulus.descending:
        w = 2 * w / ((1 + v) * (1 + cmath.sqrt(1 - k * k * w * w)))
        k = v
    return 2 / math.pi * cmath.asin(w)
