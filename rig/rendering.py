"""A file through a sound: the same compiled chain that plays live, faster than real time.

The render starts from the state after long silence, and writes exactly as many samples as it reads (`tail_s` adds
silence at the end for the cabinet to ring out), at the rate of the input file. The model runs at its own rate; an input
of another rate is resampled there and back. A model that states no loudness is measured first where the level needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .audio.resample import resample
from .audio.wav import Reader, Writer
from .backends.offline import Offline
from .decibels import db_from_gain
from .engine import Engine
from .errors import AudioError, RigError
from .sound import Sound

BLOCK_SAMPLES = 256  # per cycle; the result does not depend on it
SETTLE_S = 0.5  # of silence before the first sample: the fade in of the lane
PIECE_S = 1.0  # per step of the progress


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a render did. Levels in dBFS; `input` is the file, `output` what was written."""

    output: str
    samples: int
    sample_rate: int
    channels: int
    session_rate: int
    input_peak_dbfs: float
    output_peak_dbfs: float
    output_rms_dbfs: float
    clipped_samples: int
    calibration: str
    level: str
    loudness_db: float | None  # None: not known
    loudness_basis: str | None
    input_gain_db: float
    output_gain_db: float
    seconds: float
    times_real_time: float
    notes: tuple[str, ...]
    gate_dbfs: float | None = None  # None: no gate
    rumble_hz: float | None = None  # None: no rumble filter

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON data; levels of silence are null."""
        data = asdict(self)
        return {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in data.items()}


def render(
    sound: Sound,
    source: str | Path,
    target: str | Path,
    *,
    tail_s: float = 0.0,
    overwrite: bool = False,
    subtype: str = "FLOAT",
    block_size: int = BLOCK_SAMPLES,
    progress: Callable[[float], None] | None = None,
) -> Rendered:
    """Render the audio file `source` into `target` and say what came out.

    The first channel of `source` is the guitar; the output has one channel, or two where the cabinet is stereo. A
    float file is written as it is; the other depths pass the clip guard, which counts. Raises RigError: files that
    cannot be read or written, an existing target without `overwrite`, a `tail_s` that is no length.
    """
    if not (np.isfinite(tail_s) and 0.0 <= tail_s <= 3600.0):
        raise RigError(f"A tail of {tail_s:g} s cannot be right: it is a length from 0 to 3600 seconds.")
    source, target = Path(source), Path(target)
    if target.exists() and target.resolve() == source.resolve():
        raise AudioError(f"{target.name}: input and output are the same file; choose another name for the output.")
    rate = round(sound.sample_rate)
    sound = sound.with_loudness()
    guard = subtype not in ("FLOAT", "DOUBLE")
    channels = 2 if sound.ir is not None and sound.ir.channels == 2 else 1
    with Reader(source) as reader:
        total = reader.frames + round(tail_s * reader.sample_rate)
        with Writer(target, reader.sample_rate, channels, subtype, overwrite) as writer:
            player = _Offline(sound, rate, guard, block_size)
            levels, started = _Levels(), perf_counter()
            pieces = _played(player, reader, total, rate, progress)
            if reader.sample_rate != rate:
                there = np.concatenate(list(pieces))
                back = resample(there, rate, reader.sample_rate).astype(np.float32)
                pieces = iter([np.clip(back, -1.0, 1.0) if guard else back])
            written = 0
            for piece in pieces:
                kept = piece[: total - written, :channels]
                levels.add(kept)
                writer.write(kept)
                written += len(kept)
            if written < total:  # the way back may end a sample early
                writer.write(np.zeros((total - written, channels), np.float32))
        if progress is not None:
            progress(1.0)
        seconds = perf_counter() - started
        played = player.sound
        notes = [*(played.model.warnings if played.model else ()), *(played.ir.warnings if played.ir else ())]
        if reader.channels > 1:
            notes.append(f"{source.name} has {reader.channels} channels; the first one was used")
        if reader.sample_rate != rate:
            notes.append(f"resampled from {reader.sample_rate} Hz to the model's {rate} Hz and back")
        return Rendered(
            output=target.name,
            samples=total,
            sample_rate=reader.sample_rate,
            channels=channels,
            session_rate=rate,
            input_peak_dbfs=player.input_peak_dbfs,
            output_peak_dbfs=levels.peak_dbfs,
            output_rms_dbfs=levels.rms_dbfs,
            clipped_samples=levels.full_scale if guard else 0,
            calibration=str(sound.calibration),
            level=str(sound.output),
            loudness_db=sound.loudness.db if sound.loudness is not None else None,
            loudness_basis=sound.loudness.basis if sound.loudness is not None else None,
            input_gain_db=sound.input_gain_db,
            output_gain_db=sound.output_gain_db,
            seconds=seconds,
            times_real_time=total / reader.sample_rate / seconds,
            notes=tuple(notes),
            gate_dbfs=sound.gate_dbfs,
            rumble_hz=sound.rumble_hz,
        )


class _Offline:
    """A sound on an offline engine, settled as after long silence."""

    def __init__(self, sound: Sound, rate: int, guard: bool, block_size: int) -> None:
        self._engine = Engine(rate, guard=guard)
        self.sound = sound
        if sound.ir is not None:
            self.sound = sound.changed(ir=sound.ir.limited(self._engine.line.max_taps))
        self.sound.play_on(self._engine)
        self._backend = Offline(rate, block_size)
        self._backend.start(self._engine.block_address, self._engine.address)
        self._backend.process(np.zeros(round(SETTLE_S * rate), np.float32))
        if not self._engine.poll() and not self._engine.poll():  # collect, then look
            raise RigError("The sound did not settle; this is a fault of rig, please report it.")
        self._engine.reading("input")

    def process(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next samples, (n,) to (n, 2)."""
        return self._backend.process(x)

    @property
    def input_peak_dbfs(self) -> float:
        return self._engine.reading("input").peak_dbfs


def _played(
    player: _Offline, reader: Reader, total: int, rate: int, progress: Callable[[float], None] | None
) -> Iterator[NDArray[np.float32]]:
    """The file's first channel, and silence up to `total` samples of the file's rate, through the engine."""
    if reader.sample_rate == rate:
        blocks: Iterator[NDArray[Any]] = (block[:, 0] for block in reader.blocks(round(PIECE_S * rate)))
        wanted = total
    else:
        whole = resample(np.concatenate([block[:, 0] for block in reader.blocks()]), reader.sample_rate, rate)
        step = round(PIECE_S * rate)
        blocks = (whole[i : i + step] for i in range(0, len(whole), step))
        wanted = -(-total * rate // reader.sample_rate)
    done = 0
    for block in blocks:
        yield player.process(np.ascontiguousarray(block, np.float32))
        done += len(block)
        if progress is not None:
            progress(min(0.99, done / wanted))
    while done < wanted:
        silence = np.zeros(min(round(PIECE_S * rate), wanted - done), np.float32)
        yield player.process(silence)
        done += len(silence)


class _Levels:
    """Peak, RMS and samples at full scale of what is written."""

    def __init__(self) -> None:
        self._peak, self._squares, self._count, self.full_scale = 0.0, 0.0, 0, 0

    def add(self, samples: NDArray[np.float32]) -> None:
        if samples.size:
            self._peak = max(self._peak, float(np.abs(samples).max()))
            self._squares += float(np.square(samples, dtype=np.float64).sum())
            self._count += samples.size
            self.full_scale += int(np.count_nonzero(np.abs(samples) >= 1.0))

    @property
    def peak_dbfs(self) -> float:
        return db_from_gain(self._peak)

    @property
    def rms_dbfs(self) -> float:
        return db_from_gain((self._squares / self._count) ** 0.5) if self._count else float("-inf")
