"""What a model is judged by: what was played into the gear, and what came out.

Two files, or the folder of a capture, which also knows the level it was made at. What cannot be judged is refused
here, before any model is loaded: a proud number about the wrong files is worse than none.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audio.align import ENOUGH, find_lag, shifted
from ..audio.guitar_channel import guitar_channel
from ..audio.measures import best_gain, count_full_scale, energy, esr, rms_dbfs
from ..audio.wav import read
from ..capture.checks.trainer_checks import REPLICATE_ESR
from ..dsp.network.resampled import can_play
from ..errors import CaptureError, CompareError
from ..trainer.capture_file import DRY, WET, input_level, read_content
from ..trainer.layout import VALIDATION_S, has_training_layout
from .faults import MOVES_SAMPLES, lag_fault, silence_fault
from .gear_figures import GearFigures

MAX_LAG_SAMPLES = 10_000  # as the neural-amp-modeler trainer looks for latency
LONGER_S = 1.0  # so much more than the dry file a take may have, as the trainer allows
WARM_UP_SAMPLES = 8192  # left out at the start: the models of today look back about so far
SILENT_DBFS = -80.0
MODEL_RATE = 48000  # Hz, of nearly every model
OTHER_GEAR_ESR = 0.1  # the gear against itself: from here on it was changed, or failed, under way


@dataclass(frozen=True, slots=True)
class TakeFiles:
    """Where a take lies. `input_dbu`: what 0 dBFS of the dry file was worth at the gear's jack; None: not known."""

    dry: Path
    wet: Path
    input_dbu: float | None = None
    input_basis: str = ""
    second_wet: Path | None = None  # the same gear once more
    channel: int | None = None  # of files that have several, from 1; None: the one that holds the signal

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

    @property
    def is_capture(self) -> bool:
        """Whether both lie in one folder as rig names the files of a capture."""
        return (self.dry.name, self.wet.name) == (DRY, WET) and self.dry.parent == self.wet.parent

    @property
    def absolute(self) -> TakeFiles:
        """The same by paths that mean the same in every folder: a worker elsewhere has another one to start from."""
        again = None if self.second_wet is None else self.second_wet.absolute()
        return replace(self, dry=self.dry.absolute(), wet=self.wet.absolute(), second_wet=again)


@dataclass(frozen=True, eq=False)
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
    faults: tuple[str, ...] = ()  # of the take itself: no figure says much about a model

    @cached_property
    def gear(self) -> GearFigures:
        """What is the same for every model."""
        return GearFigures(self.wet[self.span], self.dry[self.span], self.sample_rate)


# The latest, and how its files were: a worker judges one model after the other by the same take.
_known: dict[TakeFiles, tuple[Take, list[tuple[int, int]]]] = {}


def know(take: Take) -> None:
    """Let `open_take` answer with this one; the workers get it so, read and checked."""
    _known.clear()
    _known[take.files] = take, _written(take.files)


def _written(files: TakeFiles) -> list[tuple[int, int]]:
    """Times and sizes of the files of a pair: what was exported again under the same names is another take."""
    found = []
    for path in (files.dry, files.wet, files.second_wet):
        if path is not None:
            with contextlib.suppress(OSError):
                state = path.stat()
                found.append((state.st_mtime_ns, state.st_size))
    return found


def open_take(files: TakeFiles) -> Take:
    """A pair, read and checked; once, as long as no other is asked for and its files stay as they are.

    Raises AudioError for files that cannot be read, CompareError for a pair that nothing can be said about.
    """
    if files in _known and _known[files][1] == _written(files):
        return _known[files][0]
    take = _read(files)
    know(take)
    return take


def _read(files: TakeFiles) -> Take:
    warnings: list[str] = []
    dry, rate = read_mono(files.dry, files.channel, warnings)
    wet, wet_rate = read_mono(files.wet, files.channel, warnings)
    if rate != wet_rate:
        raise CompareError(
            f"{files.dry.name} has {rate} Hz and {files.wet.name} {wet_rate} Hz; a pair has one. Export both again."
        )
    if not can_play(MODEL_RATE, rate):
        raise CompareError(
            f"{files.dry.name} has {rate} Hz, at which no model plays: that rate and {MODEL_RATE} Hz have no simple "
            f"ratio. Export the pair at {MODEL_RATE} Hz."
        )
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
            raise CompareError(f"{name} is silent (RMS {_dbfs(x)}); nothing can be compared with it.")
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
    found = (
        silence_fault(dry, wet, span, rate, files.wet.name),
        lag_fault(dry, wet, lag.samples, rate, files.wet.name),
    )
    faults = [fault for fault in found if fault is not None]
    repeat, repeat_basis, moves = _repeatability(files, dry, wet, span, rate, warnings)
    if moves is not None and not faults:
        faults.append(moves)
    if repeat is not None and repeat > REPLICATE_ESR and not faults:
        differs = f"the gear differs from itself by an ESR of {repeat:.2g} ({repeat_basis})"
        if repeat > OTHER_GEAR_ESR:
            faults.append(f"{differs}: it was changed, or something failed, under way")
        else:
            warnings.append(f"{differs}; the trainer accepts {REPLICATE_ESR:g}. Noise, or something that moved")
    return Take(files, dry, wet, rate, span, span_basis, repeat, repeat_basis, tuple(warnings), tuple(faults))


def _dbfs(x: NDArray[Any]) -> str:
    return f"{rms_dbfs(x):.0f} dBFS" if x.any() else "0"


def read_mono(path: Path, channel: int | None, notes: list[str]) -> tuple[NDArray[np.float64], int]:
    """The channel that holds the signal, (n,), and its rate; what is odd about the file goes into `notes`."""
    audio = read(path)
    notes.extend(audio.notes)
    if audio.channels == 1:
        return audio.samples[:, 0], audio.sample_rate
    chosen = guitar_channel(path, channel)
    if chosen.note:
        notes.append(chosen.note)
    return audio.samples[:, chosen.index], audio.sample_rate


def _span(dry: NDArray[Any], rate: int, name: str) -> tuple[slice, str]:
    if has_training_layout(dry, rate):
        return slice(len(dry) - VALIDATION_S * rate, len(dry)), "the last 9 s, which no training sees"
    if len(dry) < 2 * WARM_UP_SAMPLES:
        raise CompareError(f"{name} has {len(dry)} samples; at least {2 * WARM_UP_SAMPLES} are needed for a figure.")
    return slice(WARM_UP_SAMPLES, len(dry)), "all but the first 8192 samples"


def _repeatability(
    files: TakeFiles, dry: NDArray[Any], wet: NDArray[Any], span: slice, rate: int, notes: list[str]
) -> tuple[float | None, str, str | None]:
    """What the gear differs from itself by, how that is known, and the fault of a take whose two ends do not align."""
    if files.second_wet is not None:
        name = files.second_wet.name
        again, again_rate = read_mono(files.second_wet, files.channel, notes)
        if again_rate != rate or len(again) < len(wet):
            raise CompareError(f"{name} is not a second take of {files.dry.name}: other rate or length.")
        found = _against_itself(wet, again[: len(wet)], span, rate)
        if found is None:
            raise CompareError(f"{name} is not a second take of {files.dry.name}: it is unrelated.")
        return found[0], f"two takes, {files.wet.name} and {name}, lag and level taken out", None
    if not has_training_layout(dry, rate):
        return None, "one take only; --second-wet FILE tells how well the gear repeats itself", None
    n = VALIDATION_S * rate
    basis, found = "first and last 9 s of the take, lag and level taken out", None
    if energy(wet[:n]) > 0:
        found = _against_itself(wet[-n:], wet[:n], slice(0, n), rate)
    if found is None:
        return 1.0, basis, f"the first 9 s of {files.wet.name} are not what the last 9 s are, though both play the same"
    if abs(found[1]) > MOVES_SAMPLES:
        drifts = f"{files.wet.name} drifts by {-found[1]:+z.2f} samples from its first 9 s to its last"
        return found[0], basis, f"{drifts}: it was made with two clocks, or lost a buffer"
    return found[0], basis, None


def _against_itself(first: NDArray[Any], again: NDArray[Any], span: slice, rate: int) -> tuple[float, float] | None:
    """The ESR of one take against another, (n,) each, in `span`, and the lag that was taken out; None: unrelated.

    Lag and level are taken out as they are for models, which are held against this figure.
    """
    lag = find_lag(first, again, max_lag_samples=min(MAX_LAG_SAMPLES, len(first) // 2), sample_rate=rate)
    if not lag.is_certain:
        return None
    aligned = shifted(again, -lag.samples)
    edge = int(np.ceil(abs(lag.samples)))  # what was moved in from outside is no sound of the gear
    judged = slice(max(span.start, edge), min(span.stop, len(first) - edge))
    aligned, target = aligned[judged], first[judged]
    return esr(best_gain(aligned, target) * aligned, target), lag.samples
