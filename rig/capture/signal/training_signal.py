"""The signal that is played through the gear: the official one, brought by the user, or ours.

The official trainer knows its signals by hash and by nothing else, so that is how they are recognised here. They are
not ours to give away: `rig signal` writes our own, which has the same layout.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...audio import wav
from ...errors import AudioError, CaptureError
from ...trainer.layout import (
    BLIPS,
    END_SILENCE,
    FULL_S,
    FULL_SCALE_24,
    PROGRAMME,
    RATE,
    SHORTEST_S,
    SILENCE_END,
    TRAIN_START,
    VALIDATION,
)
from .generate import GENERATOR, generate

Kind = Literal["t3k-v3", "hybrid", "rig", "custom"]

# MD5 of whole files, from neural-amp-modeler 0.13.0.
OFFICIAL_MD5 = "36cd1af62985c2fac3e654333e36431e"
OLD_MD5 = {
    "4d54a958861bf720ec4637f43d44a7ef": "version 1.0",
    "7c3b6119c74465f79d96c761a0e27370": "version 1.1.1",
    "ede3b9d82135ce10c7ace3bb27469422": "version 2.0.0",
    "80e224bd5622fd6153ff1fd9f34cb3bd": "Proteus",
}
# MD5 of the float64 samples of the first 17 s and of the last 9 s: the trainer accepts any programme between them.
HYBRID_MD5 = ("dadb5d62f6c3973a59bf01439799809b", "8458126969a3f9d8e19a53554eb1fd52")
TRAINER_KNOWS: tuple[Kind, ...] = ("t3k-v3", "hybrid")  # all others need `nam-full` with our data.json
WAY_OUT = "Use the official signal unchanged, or make one with `rig signal`."


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """A training signal at 48 kHz in the layout of `trainer/layout.py`, checked."""

    kind: Kind
    samples: NDArray[np.float64]  # (n,), read-only, on 24-bit steps
    sha256: str  # of the samples as little-endian float64
    name: str
    path: Path | None = None  # None: not from a file
    md5: str | None = None  # of the file
    seed: int | None = None  # of our own
    generator: int | None = None

    @property
    def length(self) -> int:
        """How many samples."""
        return len(self.samples)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.length / RATE

    @property
    def trainer_knows(self) -> bool:
        """Whether the official trainer recognises the signal by itself."""
        return self.kind in TRAINER_KNOWS

    def to_json(self) -> dict[str, Any]:
        """For the sidecar."""
        return {
            "kind": self.kind,
            "name": self.name,
            "md5": self.md5,
            "sha256": self.sha256,
            "seed": self.seed,
            "generator": self.generator,
            "n": self.length,
            "validation": [[0, VALIDATION], [-VALIDATION, None]],
            "train": [TRAIN_START, -VALIDATION],
        }


def own_signal(length_s: float = FULL_S, seed: int = 1) -> Signal:
    """Our signal; the same length and seed give the same samples."""
    samples = _frozen(generate(length_s, seed))
    return Signal("rig", samples, _sha256(samples), f"rig-signal-{length_s:g}s", seed=seed, generator=GENERATOR)


def load_signal(path: str | Path) -> Signal:
    """Read and recognise a signal file.

    Raises AudioError or CaptureError: not a 24-bit mono WAV file at 48 kHz, an old or altered official signal, or a
    file without the layout that the latency search and the trainer need.
    """
    path = Path(path)
    with wav.Reader(path) as reader:
        if reader.sample_rate != RATE or reader.channels != 1 or reader.subtype != "PCM_24":
            channels = "mono" if reader.channels == 1 else f"{reader.channels} channels"
            raise CaptureError(
                f"{path.name}: {channels}, {reader.sample_rate} Hz, {reader.subtype}; a training signal is mono, "
                f"{RATE} Hz, 24 bit, and is played as it is. {WAY_OUT}"
            )
        if reader.frames > 2 * FULL_S * RATE or reader.frames < SHORTEST_S * RATE:
            raise CaptureError(
                f"{path.name}: {reader.frames / RATE:.1f} s long; a training signal lasts {SHORTEST_S:g} to "
                f"{2 * FULL_S:g} s. {WAY_OUT}"
            )
        samples = _frozen(reader.read().samples[:, 0])
    md5 = _md5_of_file(path)
    if md5 in OLD_MD5:
        raise CaptureError(
            f"{path.name}: the official signal of {OLD_MD5[md5]}, which the trainer no longer takes; get version 3, "
            "or make one with `rig signal`."
        )
    if md5 == OFFICIAL_MD5:
        return Signal("t3k-v3", samples, _sha256(samples), path.name, path, md5)
    ends = tuple(hashlib.md5(part.tobytes()).hexdigest() for part in (samples[:PROGRAMME], samples[-VALIDATION:]))
    if ends == HYBRID_MD5:
        return Signal("hybrid", samples, _sha256(samples), path.name, path, md5)
    check_layout(samples, path.name)
    if np.array_equal(samples, generate(len(samples) / RATE)):
        return Signal("rig", samples, _sha256(samples), path.name, path, md5, seed=1, generator=GENERATOR)
    return Signal("custom", samples, _sha256(samples), path.name, path, md5)


def write_signal(path: str | Path, signal: Signal, overwrite: bool = False) -> None:
    """Write the signal as a 24-bit WAV file that holds exactly its samples."""
    check_target(path, overwrite)
    wav.write(path, as_24_bit(signal.samples), RATE, "PCM_24", overwrite)


def check_target(path: str | Path, overwrite: bool = False) -> None:
    """Raise an AudioError where a signal could not be written, before it is made."""
    path = Path(path)
    if path.suffix.lower() != ".wav":
        raise AudioError(f"{path.name}: a training signal is a .wav file; name it {path.stem or 'signal'}.wav.")
    if path.exists() and not overwrite:
        raise AudioError(f"{path.name}: the file exists already; choose another name, or replace it with --overwrite.")
    if not path.absolute().parent.is_dir():
        raise AudioError(f"{path.name}: cannot be written; there is no folder {path.parent}.")


def as_24_bit(x: NDArray[Any]) -> NDArray[np.int32]:
    """x, of any shape, rounded to 24 bit in the upper bits of int32, as libsndfile takes it unscaled; clipped.

    libsndfile scales floats by 2^23 - 1, which would change every sample of what is on 24-bit steps already.
    """
    steps = np.round(np.asarray(x, np.float64) * FULL_SCALE_24)
    return np.clip(steps, -FULL_SCALE_24, FULL_SCALE_24 - 1).astype(np.int32) << 8


def check_layout(samples: NDArray[np.float64], name: str) -> None:
    """Raise a CaptureError if validation, silence or blips of an (n,) signal are not where the trainer looks."""
    blips = np.zeros(SILENCE_END + 2 * RATE)
    blips[list(BLIPS)] = samples[list(BLIPS)]
    before_validation = samples[-VALIDATION - END_SILENCE : -VALIDATION]
    problems = [
        (np.array_equal(samples[:VALIDATION], samples[-VALIDATION:]), "the first and last 9 s are not the same"),
        (not samples[VALIDATION:SILENCE_END].any(), "there is no silence from 9 to 10 s"),
        (
            np.array_equal(samples[SILENCE_END : len(blips)], blips[SILENCE_END:])
            and np.abs(blips[list(BLIPS)]).min() > 0.1,
            "the two single samples at 10.5 and 11.5 s are missing or not alone",
        ),
        (not before_validation.any(), "there is no silence of 0.5 s before the last 9 s"),
        (samples[:VALIDATION].any(), "the first 9 s are silent"),
    ]
    wrong = [problem for good, problem in problems if not good]
    if wrong:
        altered = " (the official signal, altered?)" if len(samples) == round(FULL_S * RATE) else ""
        raise CaptureError(f"{name}: not a training signal{altered}: {'; '.join(wrong)}. {WAY_OUT}")


def _md5_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _sha256(samples: NDArray[np.float64]) -> str:
    return hashlib.sha256(samples.astype("<f8").tobytes()).hexdigest()


def _frozen(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    samples = np.ascontiguousarray(samples)
    samples.flags.writeable = False
    return samples
