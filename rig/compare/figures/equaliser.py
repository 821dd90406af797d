"""What of the error is linear beyond level and lag: the smooth EQ that would mend it, and the error it takes away.

The EQ is a complex gain over log frequency, made of cubic B-splines a third of an octave apart from 20 Hz to 20 kHz: it
follows tone controls and coupling capacitors, and not the comb of a room. Its least-squares fit of the gear by the
candidate is H1 = <M, G> / <M, M> wherever it looks, its fit the other way round H2 = <G, G> / <G, M> (Bendat and
Piersol, "Random Data"). Without noise or distortion the two are one. What the two recordings do not share makes H1 too
small and H2 too large, so that H1 alone would "mend" noise by turning it down. So only what both agree upon is taken
for an EQ: of two gains on the same side of 1 that which is nearer to it, of two on both sides none; and none where less
than half of the power is shared, as the gain of chance says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...decibels import db_from_gains, power_from_db
from ..measures import HEARD_DB, THIRDS_PER_OCTAVE, Spectrum
from .weighting import a_weighting

FIRST_THIRD, LAST_THIRD = -17, 13  # around 1 kHz: 20 Hz to 20 kHz, where the splines have their middles
BANDS_PER_THIRD = 16  # within which the EQ is taken for constant
HIGHEST_OF_RATE = 1 / 2.3  # above it the filters of converters and resamplers are all there is
SHARED = 0.5  # of the power of a band (the coherence, H1 / H2), for its gain to mean anything
NOTHING = 1e-9  # a gain that stands for none
CROWD = 0.02  # 0.2 dB: halves that are as close as that are alike
TOWARDS_ONE, SMOOTH = 1e-9, 1e-8  # weights of regularisation re the power of the whole

SHOWN_THIRDS = np.arange(-13, 13)  # 50 Hz to 16 kHz, as in the spectrum
SHOWN_HZ = (  # their usual names
    *(50.0, 63.0, 80.0, 100.0, 125.0, 160.0, 200.0, 250.0, 315.0, 400.0, 500.0, 630.0, 800.0),
    *(1000.0, 1250.0, 1600.0, 2000.0, 2500.0, 3150.0, 4000.0, 5000.0, 6300.0, 8000.0, 10000.0, 12500.0, 16000.0),
)
NAMED_DB = 30.0  # third octaves that the ear hears further below the loudest are not the one that is named

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Equaliser:
    """`curve_db`: what a candidate lacks in third octaves, by their middle in Hz, re the level that most of them have.

    None where the gear is not heard. `worst_hz`: of those that matter to the ear, where it lacks most or has most too
    much; None: it needs no EQ. `mended`: the share of the gear's power by which the error becomes less, at least
    0: what it takes off an ESR.
    """

    curve_db: dict[float, float | None]
    worst_hz: float | None
    mended: float


class GearBands:
    """The gear's spectrum in narrow bands, and what a fit needs to know about them."""

    def __init__(self, spectrum: Spectrum, sample_rate: int) -> None:
        self.spectrum = spectrum
        last_hz = min(float(_hz(LAST_THIRD)), sample_rate * HIGHEST_OF_RATE)
        edges_hz = _hz(np.arange(FIRST_THIRD * BANDS_PER_THIRD, LAST_THIRD * BANDS_PER_THIRD + 1) / BANDS_PER_THIRD)
        starts = np.unique(np.searchsorted(spectrum.hz, edges_hz[edges_hz <= last_hz]))
        starts[-1:] = len(spectrum.hz)  # the highest band has what lies above, too
        self.span = slice(int(starts[0]), int(starts[-1]))
        self._starts = starts[:-1] - starts[0]
        self.values = spectrum.values[self.span]
        self.power = self.sums(np.square(self.values.real) + np.square(self.values.imag))
        middles_hz = np.sqrt(spectrum.hz[starts[:-1]] * np.minimum(spectrum.hz[starts[1:] - 1], last_hz))
        self.thirds = THIRDS_PER_OCTAVE * np.log2(middles_hz / 1000.0)
        self.whole = float(spectrum.power.power.sum()) * (len(spectrum.hz) - 1) * spectrum.samples  # as `power` counts

    def sums(self, x: NDArray[np.float64]) -> Array:
        """Of bins, per band."""
        return np.asarray(np.add.reduceat(x, self._starts))

    @cached_property
    def splines(self) -> Array:
        """Each spline in each band, (bands, splines); they add up to 1."""
        middles = np.arange(FIRST_THIRD - 1, LAST_THIRD + 2)
        away = np.abs(self.thirds[:, np.newaxis] - middles)
        near, far = 2 / 3 - away**2 + away**3 / 2, (2 - away) ** 3 / 6
        return np.asarray(np.where(away < 1, near, np.where(away < 2, far, 0.0)))

    @cached_property
    def prior(self) -> Array:
        """What pulls a spline that hears nothing to its neighbours, and all of them to no EQ."""
        count = self.splines.shape[1]
        bends = np.diff(np.eye(count), n=2, axis=0)
        return np.asarray(SMOOTH * np.einsum("ki,kj->ij", bends, bends) + TOWARDS_ONE * np.eye(count))

    def fit(self, power: Array, cross: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """The smooth gain per band that leaves least of |y - gain x|^2; `power` of x, `cross`: sums of conj(x) y."""
        splines, whole = self.splines, float(power.sum())
        equations = np.einsum("bi,bj->ij", splines * (power / whole)[:, np.newaxis], splines) + self.prior
        wanted = np.einsum("bi,b->i", splines, cross / whole) + TOWARDS_ONE
        found = np.linalg.solve(equations, np.stack([wanted.real, wanted.imag], axis=1))
        return np.asarray(np.einsum("bi,i->b", splines, found[:, 0] + 1j * found[:, 1]))

    @cached_property
    def is_heard(self) -> NDArray[np.bool_]:
        """Which bands lie in a third octave of `heard`."""
        heard = set(SHOWN_THIRDS[self.heard])
        return np.array([third in heard for third in np.rint(self.thirds).astype(int)], bool)

    @cached_property
    def levels(self) -> Array:
        """The power in each of SHOWN_HZ."""
        third = np.rint(self.thirds).astype(int)
        return np.array([self.power[third == each].sum() for each in SHOWN_THIRDS])

    @cached_property
    def heard(self) -> NDArray[np.bool_]:
        """Which of SHOWN_HZ the gear is heard in: third octaves at most 40 dB below its loudest."""
        return np.asarray(self.levels > self.levels.max() * power_from_db(-HEARD_DB))

    @cached_property
    def matters(self) -> NDArray[np.bool_]:
        """Which of those the ear hears well beside the others."""
        levels = self.levels * a_weighting(SHOWN_HZ)
        return np.asarray(self.heard & (levels > levels.max() * power_from_db(-NAMED_DB)))


def equaliser(model: Spectrum, gain: float, gear: GearBands) -> Equaliser:
    """The EQ behind `gain` for a candidate, aligned; `model` has the bins of the gear's spectrum."""
    values = model.values[gear.span]
    power = gain**2 * gear.sums(np.square(values.real) + np.square(values.imag))
    product = np.conj(values) * gear.values
    cross = np.asarray(gain * (gear.sums(product.real) + 1j * gear.sums(product.imag)), np.complex128)
    if not (power.sum() > 0 and gear.power.sum() > 0):
        return Equaliser(dict.fromkeys(SHOWN_HZ), None, 0.0)
    forward, backward = gear.fit(power, cross), gear.fit(gear.power, np.conj(cross))
    gains = agreed_gains(forward, backward, gear.is_heard)
    mended = max(0.0, error_less(power, cross, gains)) / gear.whole if gear.whole > 0 else 0.0
    shown = np.interp(SHOWN_THIRDS, gear.thirds, db_from_gains(gains))
    curve: dict[float, float | None] = {
        hz: float(level) if is_heard else None for hz, level, is_heard in zip(SHOWN_HZ, shown, gear.heard, strict=True)
    }
    sizes = np.where(gear.matters, np.abs(shown), 0.0)
    return Equaliser(curve, SHOWN_HZ[int(np.argmax(sizes))] if sizes.any() else None, mended)


def agreed_gains(
    forward: NDArray[np.complex128], backward: NDArray[np.complex128], is_heard: NDArray[np.bool_]
) -> NDArray[np.complex128]:
    """The gain of each band, (bands,), that both regressions agree upon, re the level that most bands have.

    `forward`: of the gear by the candidate, `backward`: of the candidate by the gear. The level is where their sizes
    crowd in the bands that are heard, so that it is no part of the EQ: the flat part of a curve stays at 0 dB.
    """
    low, high = np.log(np.maximum(np.abs(forward), NOTHING)), -np.log(np.maximum(np.abs(backward), NOTHING))
    level = _usual(np.concatenate([low[is_heard], high[is_heard]]))
    low, high = low - level, high - level
    nearer = np.where(np.abs(low) < np.abs(high), low, high)
    is_shared = np.abs(forward) * np.abs(backward) > SHARED
    agreed = np.where(is_shared & (low * high > 0), nearer, 0.0)
    return np.asarray(np.exp(agreed + 1j * np.where(is_shared, np.angle(forward), 0.0)))


def _usual(values: Array) -> float:
    """Where values crowd, (n,): the middle of the closest half of them (Rousseeuw 1984); 0 for none."""
    if not len(values):
        return 0.0
    ordered, count = np.sort(values), len(values)
    half = count // 2 + 1
    first = np.arange(count - half + 1)
    widths = ordered[first + half - 1] - ordered[first]
    # Where all halves are about as close, as on a slope, the middle one.
    start = int(np.argmin(widths + CROWD * np.abs(2 * first / max(1, count - half) - 1)))
    return float(np.median(ordered[start : start + half]))


def error_less(power: Array, cross: NDArray[np.complex128], gains: NDArray[np.complex128]) -> float:
    """By how much energy the error of a candidate is less behind these gains and the level that then suits it best.

    `power`: of the candidate per band; `cross`: sums of its conjugate times the gear.
    """
    own = float((np.square(np.abs(gains)) * power).sum())
    common = float((np.conj(gains) * cross).real.sum())
    return (common**2 / own if own > 0 else 0.0) - float((2 * cross.real - power).sum())


def _hz(third: NDArray[np.float64] | int) -> NDArray[np.float64]:
    return np.asarray(1000.0 * 2.0 ** (np.asarray(third) / THIRDS_PER_OCTAVE))
