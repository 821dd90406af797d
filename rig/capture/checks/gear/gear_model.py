"""What this gear would answer to what was played: a small model with memory, fitted on the take itself.

Wet is explained as a sum of bent versions of dry, each through a filter of its own (a parallel Hammerstein model: Chen
1995, "Modeling and identification of parallel nonlinear systems", Proc. IEEE 83). Bent are dry, dry with its lows taken
away, and dry as a compressor or a sagging supply would leave it; at twice the rate, as gear folds nothing back into
what is heard, which for noise is as much as another drive changes. The filters are least squares in each band of a
short-time spectrum. It is no model to play: it leaves -15 to -50 dB of error, which is enough to see where wet is
not what this gear makes of dry.

The two ends of a take hold the same playing. Where they agree, that is the gear; the rest of the take is trusted as far
as it agrees with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.ndimage import median_filter
from scipy.signal import butter, lfilter, resample_poly, sosfilt

from ....decibels import db_from_powers, power_from_db, powers_from_db
from ....trainer.layout import PROGRAMME, RATE, SWEEP, VALIDATION
from ..measures import Samples
from ..quantisation import step_of

FRAME, HOP = 4096, 2048  # samples
TIMES = 2  # the rate at which dry is bent
LOWEST_HZ, HIGHEST_HZ = 20.0, 9000.0
FINE = 40  # bands below this many are all taken; above, one in ever more of them
RIDGE = 1e-4  # re each channel's own power
ROUNDS = 2
SECTIONS = slice(SWEEP // HOP, PROGRAMME // HOP)  # frames
AROUND = 35  # frames, a second and a half: a piece of the programme as a whole is believed or doubted
ODDEST = 2.0  # doubt of what nothing else in the take tells
ALIKE = power_from_db(-13.0)  # ESR of half a second of the two ends, up to which they agree
SILENT_DB, PLAYED_DB = -110.0, -90.0  # of a frame of dry, re the loudest
SOFT = 1e-3  # of the loudest frames' power
STANDS_OUT = 6.0  # times the noise: below, a frame tells nothing
DEAD, LEAKS = 4.0, 3.0  # times the noise; times what the model gives there
TOO_SOFT = 1e-4  # of the loudest frames' power: below, likewise
ONE_TONE = 20  # bands in which dry is within 30 dB of its strongest: a sine has 4

Power = NDArray[np.float64]
Spectra = NDArray[np.complex64]


def _bands() -> NDArray[np.int64]:
    hz = np.fft.rfftfreq(FRAME, 1 / RATE)
    taken: list[int] = []
    for index in map(int, np.flatnonzero((hz > LOWEST_HZ) & (hz < HIGHEST_HZ))):
        if not taken or index - taken[-1] >= max(1, index // FINE):
            taken.append(index)
    return np.array(taken)


BANDS = _bands()  # of the spectrum, those that are looked at
BANDS_HZ = BANDS * RATE / FRAME


def spectra(x: Samples, hop: int = HOP, times: int = 1) -> Spectra:
    """Short-time spectra of x, (n * times,), in BANDS, one every `hop` samples of the take: (bands, frames).

    `times` RATE is the rate of x; the spectra are those of what is left of it at RATE.
    """
    window = (np.hanning(FRAME * times) / times).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(np.asarray(x, np.float32), FRAME * times)[:: hop * times]
    parts = [rfft(frames[at : at + 128] * window, axis=1)[:, BANDS].T for at in range(0, len(frames), 128)]
    return np.ascontiguousarray(np.concatenate(parts, axis=1), np.complex64)


def _followed(x: Samples, seconds: float) -> Samples:
    pole = np.exp(-1 / (seconds * TIMES * RATE))
    return np.asarray(lfilter([1 - pole], [1, -pole], np.abs(x)), np.float32)


def _high(x: Samples, hz: float) -> Samples:
    """Without what lies below a frequency, by one pole."""
    return np.asarray(sosfilt(butter(1, hz, "high", fs=TIMES * RATE, output="sos"), x), np.float32)


def bent(dry: Samples, hop: int = HOP) -> Iterator[Spectra]:
    """Spectra of what the gear's answer to dry, (n,), is made of, see `spectra`; the first is dry itself."""
    for part in _bent(np.asarray(resample_poly(np.asarray(dry, np.float32), TIMES, 1), np.float32)):
        yield spectra(part, hop, TIMES)


def _bent(x: Samples) -> Iterator[Samples]:
    """What dry at TIMES the rate, (n,), is bent to."""
    bright, without_lows = _high(x, 700), _high(x, 100)
    yield x
    for drive in (3, 10, 40, 200):
        yield np.tanh(drive * x)
    for drive in (10, 40, 200):
        yield np.tanh(drive * bright)
    for threshold in (0.002, 0.004, 0.008, 0.03):  # nothing comes of what is soft
        yield np.sign(without_lows) * np.clip((np.abs(without_lows) / threshold - 1) / 0.6, 0, 1)
    yield np.tanh(60 * bright) ** 3
    yield np.abs(x)
    yield np.abs(np.tanh(30 * x))
    yield np.tanh(20 * np.abs(bright))
    # Folded and bent again, two stages that are both biased, and a clipper that gives in on one side first.
    yield np.tanh(5 * _high(np.abs(np.tanh(10 * without_lows)), 60))
    yield np.tanh(6 * _high(np.tanh(30 * _high(x, 150) + 0.4), 80))
    yield np.clip(150 * without_lows, -0.6, 1)
    yield x / (1 + _followed(x, 0.004) / 0.05)
    fast, slow = _followed(x, 0.02), _followed(x, 0.15)
    for threshold in (0.02, 0.15):
        yield x / (1 + fast / threshold)
    for threshold in (0.01, 0.08):
        yield x / (1 + slow / threshold)
    # A compressor that follows the level in dB, at 4 to 1 (Giannoulis, Massberg and Reiss 2012, "Digital dynamic range
    # compressor design", J. Audio Eng. Soc. 60).
    level = np.log(_followed(x, 0.004) + 1e-9)
    for threshold in (0.003, 0.03):
        over = np.maximum(level - np.log(threshold), 0)
        yield x * np.exp(-0.75 * _followed(over, 0.03))
    yield np.tanh(20 * x) / (1 + slow / 0.05)
    yield np.tanh(30 * (x - 0.3 * slow))


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """A take frame by frame: dry, wet and what the gear would have made of dry, (bands, frames) each.

    Powers are sums over bands, each counted by `weights`, so that the loudest band does not count alone.
    """

    dry: Spectra
    wet: Spectra
    model: Spectra
    filters: Spectra  # (bands, parts) of what dry is bent to
    weights: Power  # (bands,)
    noise: float  # power of wet in silence
    band_noise: Power  # (bands,) the same of each band, not weighted
    played: NDArray[np.bool_]  # (frames,)
    trusted: NDArray[np.bool_]  # (frames,) of the two ends, where they agree

    def power(self, spectrum: Spectra) -> Power:
        """(frames,)."""
        return self.weights @ np.square(np.abs(spectrum), dtype=np.float64)

    @property
    def fills(self) -> NDArray[np.int64]:
        """How many bands dry fills, (frames,)."""
        dry_power = np.square(np.abs(self.dry))
        return np.asarray(np.sum(dry_power > 1e-3 * dry_power.max(axis=0), axis=0))

    @property
    def least(self) -> float:
        """The power that wet or the model has to have for a frame to tell something."""
        if not self.trusted.any():
            return STANDS_OUT * self.noise
        power, expected = self.power(self.wet)[self.trusted], self.power(self.model)[self.trusted]
        dead = power < DEAD * self.noise  # where a gate of the gear's own closes, the model still gives a little
        gated = LEAKS * float(np.percentile(expected[dead], 95)) if dead.any() else 0.0
        return max(STANDS_OUT * self.noise, TOO_SOFT * float(np.percentile(expected, 95)), gated)

    def common(self, a: Spectra, b: Spectra) -> Power:
        """The real part of what two spectra have in common, (frames,)."""
        return self.weights @ (a.real * b.real + a.imag * b.imag).astype(np.float64)


def explain(dry: Samples, wet: Samples) -> Explained:
    """Fit the model to a take, dry and wet (n,) each, aligned to some samples."""
    answer = spectra(wet)
    # Without dither, silence is cleaner than what is played: that is rounded to the steps of the file.
    rounding = step_of(wet) ** 2 / 12 * float(np.sum(np.hanning(FRAME) ** 2))
    return explained(dry_parts(dry), answer, _agreeing(np.asarray(wet, np.float64), answer.shape[1]), rounding)


def answer_to(take: Explained, dry: Samples, hop: int = HOP) -> Spectra:
    """What the gear would make of another dry, (n,), one frame every `hop` samples: (bands, frames)."""
    return np.asarray(
        sum(filters[:, None] * part for part, filters in zip(bent(dry, hop), take.filters.T, strict=True))
    )


class _LastParts:
    """The parts of the dry that was last asked for: what is judged once is often taken, and judged, once more."""

    def __init__(self) -> None:
        self.digest, self.parts = b"", np.zeros((0, 0, 0), np.complex64)

    def of(self, dry: Samples) -> Spectra:
        digest = hashlib.sha256(np.asarray(dry, np.float32).tobytes()).digest()
        if digest != self.digest:
            self.parts = np.stack(list(bent(dry)), axis=1)
            self.parts.flags.writeable = False
            self.digest = digest
        return self.parts


_last = _LastParts()


def dry_parts(dry: Samples) -> Spectra:
    """The spectra that wet is explained by, (bands, parts, frames), read-only."""
    return _last.of(dry)


def explained(parts: Spectra, answer: Spectra, agreeing: NDArray[np.bool_], rounding: float = 0.0) -> Explained:
    """`explain` from spectra of dry and wet, and the frames in which both ends of wet agree.

    `rounding`: the power of each band that the steps of the file make of themselves; there is no less noise than that.
    """
    played_power = np.mean(np.square(np.abs(parts[:, 0]), dtype=np.float64), axis=0)
    loudest = float(played_power.max())
    level_db = db_from_powers(played_power / max(loudest, 1e-30) + 1e-30)
    played = level_db > PLAYED_DB
    band_power = np.mean(np.square(np.abs(answer), dtype=np.float64), axis=1)
    weights = (band_power + 1e-9 * band_power.max() + 1e-30) ** -0.5
    weights /= weights.mean()
    power = weights @ np.square(np.abs(answer), dtype=np.float64)
    silent = level_db < SILENT_DB
    rested = silent & np.roll(silent, 1) & np.roll(silent, 2)
    if rested.sum() <= 3:
        rested = power <= np.percentile(power, 2)
    noise = max(float(np.median(power[rested])), rounding * float(weights.sum()), 1e-14 * float(power.max()), 1e-30)
    band_noise = np.median(np.square(np.abs(answer[:, rested]), dtype=np.float64), axis=1) / np.log(2)
    band_noise = np.maximum(band_noise, rounding)
    trusted = played & agreeing
    if trusted.sum() < 4 * parts.shape[1]:
        trusted = played
    usual_power = _usual_power(level_db, power + noise, trusted)
    # Soft frames count as much as loud ones, down to where a gate or the noise decides what is left of them.
    least = SOFT * float(np.percentile(usual_power[played], 90)) if played.any() else 0.0
    base = np.where(played, 1 / (usual_power + least + noise), 0.0)
    counted = np.where(trusted, base, 0.0)
    model, filters = answer, parts[:, :, 0]
    for _ in range(ROUNDS):
        filters = _fitted(parts, answer, counted)
        model = np.einsum("bi,bit->bt", filters, parts)
        error = weights @ np.square(np.abs(answer - model), dtype=np.float64)
        expected = weights @ np.square(np.abs(model), dtype=np.float64)
        left = np.maximum(error - noise, 0) / (np.maximum(expected, power) + noise)
        usual = float(np.median(left[trusted])) if trusted.any() else 0.0
        level_db = np.where(played, db_from_powers((power + noise) / (expected + noise)), 0.0)
        doubt = (median_filter(left, AROUND) / (2 * usual + 0.01)) ** 4 + median_filter(level_db, AROUND) ** 4
        # Sweep and noise are like nothing else in the take: they are learnt frame by frame, however odd they seem.
        doubt[SECTIONS] = np.minimum((left[SECTIONS] / (4 * usual + 0.02)) ** 2, ODDEST)
        counted = base / (1 + doubt)
        counted[trusted] = np.maximum(counted[trusted], 0.5 * base[trusted])
    dry = np.ascontiguousarray(parts[:, 0])
    return Explained(dry, answer, model, filters, weights, noise, band_noise, played, trusted)


def _agreeing(wet: Samples, frames: int) -> NDArray[np.bool_]:
    """The frames, of all, that lie in halves of a second in which both ends of wet, (n,), agree."""
    block, first = RATE // 2, len(wet) - VALIDATION
    agree = np.zeros(len(wet), bool)
    for at in range(0, VALIDATION, block):
        a, b = wet[at : at + block], wet[first + at : first + at + block]
        if np.sum((a - b) ** 2) <= ALIKE * np.sum(a**2):
            agree[at : at + block] = agree[first + at : first + at + block] = True
    starts = np.arange(frames) * HOP
    return agree[starts] & agree[np.minimum(starts + FRAME, len(wet)) - 1]


def _usual_power(level_db: Power, power: Power, trusted: NDArray[np.bool_]) -> Power:
    """The power of wet that goes with a level of dry, (frames,); the louder, the more."""
    order = np.flatnonzero(trusted)
    order = order[np.argsort(level_db[order])]
    if len(order) < 4:
        return power
    steps = np.array_split(order, max(2, len(order) // 25))
    usual_db = np.maximum.accumulate([float(np.median(db_from_powers(power[step]))) for step in steps])
    return np.asarray(powers_from_db(np.interp(level_db, [float(level_db[step].mean()) for step in steps], usual_db)))


def _fitted(parts: Spectra, answer: Spectra, counted: Power) -> Spectra:
    """The filters that make wet of the parts, (bands, parts, frames), by least squares: (bands, parts).

    `counted`: the weight of each frame. The sums are not BLAS's: its threads wait busily for each other where the
    machine has other work.
    """
    used = counted > 0
    root = np.sqrt(counted[used]).astype(np.float32)
    taken, wanted = parts[:, :, used] * root, answer[:, used] * root
    real, imaginary = np.ascontiguousarray(taken.real), np.ascontiguousarray(taken.imag)
    turned = np.einsum("bit,bjt->bij", real, imaginary)
    normal = (np.einsum("bit,bjt->bij", real, real) + np.einsum("bit,bjt->bij", imaginary, imaginary)).astype(complex)
    normal += 1j * (turned - np.swapaxes(turned, 1, 2))
    size = normal.shape[1]
    diagonal = np.einsum("bii->bi", normal).real
    normal[:, np.arange(size), np.arange(size)] += RIDGE * diagonal + 1e-25
    right = np.einsum("bit,bt->bi", np.conj(taken), wanted).astype(complex)
    return np.asarray(np.linalg.solve(normal, right[:, :, None])[:, :, 0], np.complex64)
