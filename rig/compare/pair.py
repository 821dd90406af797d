"""What a model is judged by: what was played into the gear, and what came out.

Two files, or the folder of a capture, which also knows the level it was made at. What cannot be judged is refused
here, before any model is loaded: a proud number about the wrong files is worse than none.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audio.align import ENOUGH, find_lag
from ..audio.measures import count_full_scale, esr, rms_dbfs
from ..audio.wav import read
from ..dsp.network.resampled import can_play
from ..errors import CaptureError, CompareError
from ..trainer.capture_file import DRY, WET, input_level, read_content
from ..trainer.layout import VALIDATION_S, has_training_layout

MAX_LAG_SAMPLES = 10_000  # as the neural-amp-modeler trainer looks for latency
LONGER_S = 1.0  # so much more than the dry file a take may have, as the trainer allows
WARM_UP_SAMPLES = 8192  # left out at the start: the models of today look back about so far
SILENT_DBFS = -80.0
MODEL_RATE = 48000  # Hz, of nearly every model


@dataclass(frozen=True, slots=True)
class TakeFiles:
    """Where a take lies. `input_dbu`: what 0 dBFS of the dry file was worth at the gear's jack; None: not known."""

    dry: Path
    wet: Path
    input_dbu: float | None = None
    input_basis: str = ""
    second_wet: Path | None = None  # the same gear once more

    @classmethod
    def of_capture(cls, folder: Path) -> TakeFiles:
        """The pair in the folder of a capture, with its level. Raises CompareError if one of its files is missing."""
        for name in (DRY, WET):
            if not (folder / name).is_file():
                raise CompareError(f"{folder.name}: not the folder of a capture, it holds no {name}.")
        level, basis = None, ""
        with contextlib.suppress(CaptureError):  # without its level the pair is still a pair, and the sum says so
            found = input_level(read_content(folder))
            if found is not None:
                level, basis = found[0], f"capture, {found[1]}"
        return cls(folder / DRY, folder / WET, level, basis)


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """A pair that can be judged. `dry` and `wet` have shape (n,), full scale 1."""

    files: TakeFiles
    dry: NDArray[np.float64]
    wet: NDArray[np.float64]
    sample_rate: int
    span: slice  # the samples that are judged
    span_basis: str
    repeatability_esr: float | None
    repeatability_basis: str
    warnings: tuple[str, ...]


_known: dict[TakeFiles, Take] = {}  # the latest: a worker judges one model after the other by the same take


def know(take: Take) -> None:
    """Let `open_take` answer with this one; the workers get it so, read and checked."""
    _known.clear()
    _known[take.files] = take


def open_take(files: TakeFiles) -> Take:
    """A pair, read and checked; once, as long as no other is asked for.

    Raises AudioError for files that cannot be read, CompareError for a pair that nothing can be said about.
    """
    if files not in _known:
        know(_read(files))
    return _known[files]


def _read(files: TakeFiles) -> Take:
    dry, rate = _mono(files.dry)
    wet, wet_rate = _mono(files.wet)
    if rate != wet_rate:
        raise CompareError(
            f"{files.dry.name} has {rate} Hz and {files.wet.name} {wet_rate} Hz; a pair has one. Export both again."
        )
    if not can_play(MODEL_RATE, rate):
        raise CompareError(
            f"{files.dry.name} has {rate} Hz, at which no model plays: that rate and {MODEL_RATE} Hz have no simple "
            f"ratio. Export the pair at {MODEL_RATE} Hz."
        )
    warnings = []
    if len(wet) != len(dry):
        more_s = (len(wet) - len(dry)) / rate
        if not 0 < more_s <= LONGER_S:
            raise CompareError(
                f"{files.wet.name} has {len(wet)} samples and {files.dry.name} {len(dry)}: a pair is equally long, "
                "sample for sample. Export both over the same range."
            )
        warnings.append(f"{files.wet.name} is {len(wet) - len(dry)} samples longer; its end was left out")
        wet = wet[: len(dry)]
    for name, x in ((files.dry.name, dry), (files.wet.name, wet)):
        if rms_dbfs(x) < SILENT_DBFS:
            raise CompareError(f"{name} is silent (RMS {rms_dbfs(x):.0f} dBFS); nothing can be compared with it.")
    clipped = count_full_scale(wet)
    if clipped:
        warnings.append(f"{files.wet.name} is clipped: {clipped} samples at full scale, where no model can be right")
    lag = find_lag(dry, wet, whiten=True, max_lag_samples=min(MAX_LAG_SAMPLES, len(dry) // 2), sample_rate=rate)
    if not lag.is_certain:
        raise CompareError(
            f"{files.dry.name} and {files.wet.name} have nothing to do with each other (correlation "
            f"{lag.confidence:.2f}, a pair has at least {ENOUGH}); name the file that was played and its own take."
        )
    span, span_basis = _span(dry, rate, files.dry.name)
    if rms_dbfs(wet[span]) < SILENT_DBFS:
        raise CompareError(
            f"{files.wet.name} is silent where models are judged, in {span_basis}; nothing can be compared with it. "
            "Record the gear again until after the end of the signal."
        )
    repeat, repeat_basis = _repeatability(files, dry, wet, rate)
    return Take(files, dry, wet, rate, span, span_basis, repeat, repeat_basis, tuple(warnings))


def _mono(path: Path) -> tuple[NDArray[np.float64], int]:
    audio = read(path)
    if audio.channels != 1:
        raise CompareError(
            f"{path.name} has {audio.channels} channels; a pair is mono. Export the channel that was recorded."
        )
    return audio.samples[:, 0], audio.sample_rate


def _span(dry: NDArray[Any], rate: int, name: str) -> tuple[slice, str]:
    if has_training_layout(dry, rate):
        return slice(len(dry) - VALIDATION_S * rate, len(dry)), "the last 9 s, which no training sees"
    if len(dry) < 2 * WARM_UP_SAMPLES:
        raise CompareError(f"{name} has {len(dry)} samples; at least {2 * WARM_UP_SAMPLES} are needed for a figure.")
    return slice(WARM_UP_SAMPLES, len(dry)), "all but the first 8192 samples"


def _repeatability(files: TakeFiles, dry: NDArray[Any], wet: NDArray[Any], rate: int) -> tuple[float | None, str]:
    """What the gear differs from itself by; no model can be better than that."""
    if files.second_wet is not None:
        again, again_rate = _mono(files.second_wet)
        if again_rate != rate or len(again) < len(wet):
            raise CompareError(
                f"{files.second_wet.name} is not a second take of {files.dry.name}: other rate or length."
            )
        again = again[: len(wet)]
        lag = find_lag(wet, again, max_lag_samples=MAX_LAG_SAMPLES, sample_rate=rate)
        if not lag.is_certain:
            raise CompareError(f"{files.second_wet.name} is not a second take of {files.dry.name}: it is unrelated.")
        return esr(np.roll(again, -round(lag.samples)), wet), f"two takes, {files.wet.name} and {files.second_wet.name}"
    if has_training_layout(dry, rate):
        n = VALIDATION_S * rate
        return esr(wet[:n], wet[-n:]), "first and last 9 s of the take"
    return None, "one take only; --second-wet FILE tells how well the gear repeats itself"
