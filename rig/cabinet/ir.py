"""Impulse responses: from an audio file to the taps of a cabinet at the rate it is played at.

Gain. An impulse response has no natural level, and players differ. Two conventions are offered, one or the other:

"nam" (default)  what the NAM plugin does, so that levels set there hold here: the resampled values as they are, times
                 10^(-18/20) * 48000 / session rate.
"unity"          the filter's own gain: the resampled values times file rate / session rate (fewer samples per second
                 must each weigh more).

The NAM plugin also cuts every response at 8192 samples; rig plays all of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..audio import wav
from ..audio.resample import HIGHEST_HZ, LOWEST_HZ, resample_response
from ..decibels import db_from_gain, db_from_powers, gain_from_db
from ..dsp.convolver.convolver import convolve_offline
from ..dsp.convolver.filter import Filter
from ..dsp.ramp import fade_samples, fade_table
from ..errors import ArgumentError, AudioError, IRError
from ..files.hashing import sha256_of
from ..scripting import notebook
from ..scripting.arguments import number, text, type_name
from ..scripting.arguments import path as checked_path

Convention = Literal["nam", "unity"]

LOAD, FROM_TAPS = "IR.load", "IR.from_taps"
NAM_GAIN_DB = -18.0
NAM_RATE = 48000  # Hz
LONGEST_S = 30.0
LARGEST_FILE = 1 << 28  # bytes: thirty seconds of stereo at 384 kHz in 64 bits have 176 MiB
SILENCE_DBFS = -120.0  # a peak below this is silence: 24 bit end at -138
CONSTANT_SAMPLES, CONSTANT = 64, 1e-3  # so many samples that differ by no more than this part of their peak are DC
PICTURE_POINTS, PICTURE_DB = 96, 48.0  # of the small curve in a notebook
PICTURE_MARKS_HZ = (100.0, 1000.0, 10000.0)
LOUDEST_DBFS = 60.0  # float files can hold anything; this catches numbers meant as 16-bit integers


@dataclass(frozen=True, slots=True, eq=False)
class IR:
    """An impulse response at the rate it will be played at, with its gain convention applied."""

    taps: NDArray[np.float32]  # (channels, n), read-only; 1 or 2 channels
    sample_rate: int  # Hz
    name: str  # the file's name with its ending, or a given name
    path: Path | None  # None: not from a file
    file_sample_rate: int  # Hz
    content_hash: str  # sha256 of the file's bytes, of the taps if not from a file
    gain_db: float  # what the convention multiplied the resampled values with
    convention: Convention
    warnings: tuple[str, ...] = ()
    delay_samples: float = 0.0  # how much later than in its file it stands, by the change of rate

    @classmethod
    def load(cls, path: str | os.PathLike[str], sample_rate: int = 48000, convention: Convention = "nam") -> IR:
        """Read any file libsndfile knows, 1 or 2 channels, resample it to `sample_rate`, apply the gain convention.

        A file of another rate that begins or ends abruptly comes out some samples longer, and later by `delay_samples`.

        Raises IRError: missing or unreadable, not audio, cut off, silent, constant, not finite, more than 2 channels,
        too long.
        """
        path = checked_path(LOAD, "path", path)
        sample_rate = _checked_rate(LOAD, sample_rate)
        gain = _gain(convention, sample_rate)
        try:
            with wav.Reader(path) as reader:
                if reader.channels > 2:
                    raise IRError(
                        f"{path.name}: {reader.channels} channels; rig plays mono and stereo impulse responses. "
                        "Export the channel you want as a mono file."
                    )
                if reader.frames > LONGEST_S * reader.sample_rate:
                    raise IRError(
                        f"{path.name}: {reader.frames / reader.sample_rate:.0f} s long; an impulse response may last "
                        f"{LONGEST_S:.0f} s. Is this a recording?"
                    )
                if (size := path.stat().st_size) > LARGEST_FILE:
                    raise IRError(
                        f"{path.name}: {size >> 20} MiB, most of which is no sound; an impulse response may have "
                        f"{LARGEST_FILE >> 20} MiB. Export it again."
                    )
                audio, lossy = reader.read(), reader.lossy
            content_hash = sha256_of(path)
        except AudioError as error:
            raise IRError(str(error)) from error
        except OSError as error:
            raise IRError(f"{path.name}: cannot be read ({error.strerror}).") from error
        warnings = (*_check_level(audio.samples, path.name), *audio.notes)
        if lossy is not None:
            warnings = (*warnings, f"{path.name}: {lossy} leaves out what it takes for inaudible: no good cabinet.")
        _check_not_constant(audio.samples, path.name)
        if convention == "unity":
            gain *= audio.sample_rate / sample_rate
        resampled, delay_samples = resample_response(audio.samples, audio.sample_rate, sample_rate)
        taps = gain * resampled
        return cls(
            taps=_frozen(taps.T),
            sample_rate=sample_rate,
            name=path.name,
            path=path,
            file_sample_rate=audio.sample_rate,
            content_hash=content_hash,
            gain_db=db_from_gain(gain),
            convention=convention,
            warnings=warnings,
            delay_samples=delay_samples,
        )

    @classmethod
    def from_taps(cls, taps: ArrayLike, sample_rate: int, name: str = "taps") -> IR:
        """Taps as they are, shape (n,) or (channels, n), finite; no gain is applied.

        Raises ArgumentError for what is no array of numbers, IRError for other shapes, for silence and for NaN.
        """
        name, sample_rate = text(FROM_TAPS, "name", name), _checked_rate(FROM_TAPS, sample_rate)
        try:
            rows = np.atleast_2d(np.asarray(taps, np.float64))
        except (TypeError, ValueError):
            raise ArgumentError(
                f"{FROM_TAPS}(taps=...) takes an array of numbers, not {type_name(taps)}; a file is loaded with "
                "rig.IR.load(...)."
            ) from None
        if rows.ndim != 2 or rows.shape[0] > 2 or not rows.size:
            raise IRError(f"{name}: taps must have the shape (n,), (1, n) or (2, n), not {np.shape(taps)}.")
        if not np.isfinite(rows).all():
            raise IRError(f"{name}: some taps are not numbers or infinite.")
        warnings = _check_level(rows.T, name)
        frozen = _frozen(rows)
        content_hash = hashlib.sha256(frozen.tobytes()).hexdigest()
        return cls(frozen, sample_rate, name, None, sample_rate, content_hash, 0.0, "unity", warnings)

    def with_taps(self, taps: ArrayLike, name: str | None = None) -> IR:
        """The same response made into another, shape (channels, n): shaped, mixed, louder; the convention stays."""
        rows = IR.from_taps(taps, self.sample_rate, name if name is not None else self.name)
        return dataclasses.replace(
            self,
            taps=rows.taps,
            name=rows.name,
            content_hash=rows.content_hash,
            path=self.path if name is None else None,
        )

    def louder(self, gain_db: float) -> IR:
        """The same response, `gain_db` louder (softer if negative)."""
        return self.with_taps(self.taps.astype(np.float64) * gain_from_db(gain_db))

    def as_in_file(self) -> NDArray[np.float64]:
        """The taps without the gain of the "nam" convention, (channels, n): what the samples of a file would be.

        A file of these values and this rate, loaded with the same convention, gives this response again.
        """
        taps = self.taps.astype(np.float64)
        return taps if self.convention == "unity" else taps / gain_from_db(self.gain_db)

    @property
    def channels(self) -> int:
        """1 or 2."""
        return int(self.taps.shape[0])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return int(self.taps.shape[1]) / self.sample_rate

    def limited(self, max_taps: int) -> IR:
        """At most `max_taps` taps, the last 10 ms of them faded out by a raised cosine; itself if short enough."""
        length = int(self.taps.shape[1])
        if length <= max_taps:
            return self
        if max_taps < 1:
            raise IRError(f"{self.name}: cannot be cut to {max_taps} taps.")
        cut = self.taps[:, :max_taps].astype(np.float64)
        fade = min(fade_samples(self.sample_rate), max_taps)
        cut[:, max_taps - fade :] *= 1 - fade_table(fade)
        warning = f"{self.name}: cut from {self.duration_s:.2f} s to {max_taps / self.sample_rate:.2f} s."
        return dataclasses.replace(self, taps=_frozen(cut), warnings=(*self.warnings, warning))

    def filters(self) -> tuple[Filter, ...]:
        """One prepared filter per channel, for a Line; the caller keeps them while they are in use."""
        return tuple(Filter(channel) for channel in self.taps)

    def render(self, x: ArrayLike, block_size: int = 64) -> NDArray[np.float32]:
        """The cabinet's output for a mono signal x of shape (n,), from silence: (n,), or (n, 2) if the IR is stereo.

        As long as x: what rings on behind its end is not returned (append zeros to x to hear it). Runs on the
        convolver that plays live, fed with `block_size` samples at a time.
        """
        y = convolve_offline(self.filters(), np.asarray(x), block_size)
        return y[0] if self.channels == 1 else np.ascontiguousarray(y.T)

    def _facts(self) -> list[tuple[str, str | None]]:
        """What a repr shows, by label."""
        resampled = f", file {self.file_sample_rate} Hz" if self.file_sample_rate != self.sample_rate else ""
        if self.delay_samples:
            late_ms = 1000 * self.delay_samples / self.sample_rate
            resampled += f", {self.delay_samples:.1f} samples ({late_ms:.2f} ms) later than there"
        return [
            ("channels", "stereo" if self.channels == 2 else "mono"),
            ("length", f"{1000 * self.duration_s:.0f} ms, {self.taps.shape[1]} taps"),
            ("rate", f"{self.sample_rate} Hz{resampled}"),
            ("gain", f"{self.gain_db:+z.1f} dB ({self.convention})"),
        ]

    def __repr__(self) -> str:
        facts = dict(self._facts())
        gain = f"gain {facts.pop('gain')}"
        return notebook.line("rig.IR", self.name, [*facts.values(), gain])

    def _repr_html_(self) -> str:
        rows = [*self._facts(), ("file", None if self.path is None else str(self.path))]
        return notebook.table(self.name, [*rows, *(("note", warning) for warning in self.warnings)], self._picture())

    def _picture(self) -> str:
        """Its response from 20 Hz to 20 kHz as a curve, the first channel's, over `PICTURE_DB` below its peak."""
        bands = np.geomspace(20.0, min(20000.0, self.sample_rate / 2), PICTURE_POINTS + 1)
        power = np.abs(np.fft.rfft(self.taps[0], max(1 << 15, self.taps.shape[1]))) ** 2
        hz = np.linspace(0.0, self.sample_rate / 2, power.size)
        total = np.interp(bands, hz, np.cumsum(power))
        width = np.diff(bands) / hz[1]
        level_db = db_from_powers(np.maximum(np.diff(total) / width, 1e-30))
        height = np.clip(1.0 + (level_db - level_db.max()) / PICTURE_DB, 0.0, 1.0)
        across = np.linspace(0.0, 1.0, PICTURE_POINTS)
        marks = [math.log(hz / bands[0]) / math.log(bands[-1] / bands[0]) for hz in PICTURE_MARKS_HZ if hz < bands[-1]]
        label = f"{bands[0]:g} Hz to {bands[-1] / 1000:g} kHz, lines at 100 Hz, 1 and 10 kHz; {PICTURE_DB:g} dB high"
        return notebook.curve([(float(x), float(y)) for x, y in zip(across, height, strict=True)], marks, label)


def _checked_rate(call: str, sample_rate: float) -> int:
    rate = number(call, "sample_rate", sample_rate)
    if not (LOWEST_HZ <= rate <= HIGHEST_HZ and rate.is_integer()):
        raise IRError(
            f"A sample rate of {rate:g} Hz cannot be converted; {LOWEST_HZ} to {HIGHEST_HZ} Hz can, in whole Hz."
        )
    return int(rate)


def at_rate(ir: IR, sample_rate: float) -> IR:
    """The same response for a session of another rate: from its file, or from the taps if that is not there any more.

    Made from the file it is the same as ever; from the taps what was above half of the lower rate is lost.
    """
    if ir.path is not None:
        with contextlib.suppress(IRError):
            again = IR.load(ir.path, round(sample_rate), ir.convention)
            if again.content_hash == ir.content_hash:
                return again
    # Fewer samples per second must each weigh more; the gain of the "nam" convention holds that already.
    taps, delay_samples = resample_response(ir.taps.T, ir.sample_rate, round(sample_rate))
    return dataclasses.replace(
        ir,
        taps=_frozen(taps.T * (ir.sample_rate / sample_rate)),
        sample_rate=round(sample_rate),
        delay_samples=ir.delay_samples * sample_rate / ir.sample_rate + delay_samples,
    )


def _gain(convention: str, sample_rate: int) -> float:
    """The part of the convention's gain that does not depend on the file."""
    if convention not in get_args(Convention):
        raise IRError(f"Unknown gain convention {convention!r}; there are {' and '.join(get_args(Convention))}.")
    return 1.0 if convention == "unity" else gain_from_db(NAM_GAIN_DB) * NAM_RATE / sample_rate


def _frozen(taps: NDArray[Any]) -> NDArray[np.float32]:
    copy = np.array(taps, np.float32, order="C")
    copy.flags.writeable = False
    return copy


def _check_level(samples: NDArray[np.float64], name: str) -> tuple[str, ...]:
    """Refuse silence and absurd levels; warn of a silent channel. `samples` has shape (n, channels)."""
    peaks = np.abs(samples).max(axis=0)
    if peaks.max() > gain_from_db(LOUDEST_DBFS):
        raise IRError(
            f"{name}: peaks at {db_from_gain(peaks.max()):+z.0f} dBFS, above anything sensible "
            f"({LOUDEST_DBFS:+z.0f} dBFS); export it again with a peak near 0 dBFS."
        )
    silent = peaks < gain_from_db(SILENCE_DBFS)
    if silent.all():
        raise IRError(f"{name}: silent (no sample above {SILENCE_DBFS:.0f} dBFS); an impulse response must ring.")
    if silent.any():
        side = "left" if silent[0] else "right"
        return (f"{name}: the {side} channel is silent.",)
    return ()


def _check_not_constant(samples: NDArray[np.float64], name: str) -> None:
    """Refuse a file that holds one value throughout; a few samples may: they are a filter of their own."""
    if len(samples) >= CONSTANT_SAMPLES and (np.ptp(samples, axis=0) <= CONSTANT * np.abs(samples).max(axis=0)).all():
        raise IRError(
            f"{name}: every sample has the same value (DC); an impulse response must ring. Export the file again."
        )
