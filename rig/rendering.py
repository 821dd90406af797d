"""A file through a sound: the same compiled chain that plays live, faster than real time.

The render starts from the state after long silence, and writes exactly as many samples as it reads (`tail_s` adds
silence at the end for the cabinet to ring out), at the rate of the input file. The model runs at its own rate; an input
of another rate is resampled there and back. A model that states no loudness is measured first where the level needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from os import PathLike
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .audio.bits import SUBTYPES, Bits, bits_for
from .audio.guitar_channel import guitar_channel
from .audio.wav import Reader, Writer
from .decibels import db_from_gain
from .errors import AudioError
from .offline_player import BLOCK_SAMPLES, PIECE_S, tail_samples
from .scripting.arguments import check_type, path
from .sound import Sound

CALL = "rig.render"
DC_DBFS = -60.0  # from here on a constant in the input is told of


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
    bass_db: float = 0.0
    middle_db: float = 0.0
    treble_db: float = 0.0
    presence_db: float = 0.0
    channel: int = 1  # of the input, from 1
    warnings: tuple[str, ...] = ()  # what makes the result useless, or worse than it could be

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON data; levels of silence are null."""
        data = asdict(self)
        return {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in data.items()}


def render(
    sound: Sound,
    input: str | PathLike[str],
    output: str | PathLike[str],
    *,
    tail_s: float = 0.0,
    overwrite: bool = False,
    bits: Bits | None = None,
    block_size: int = BLOCK_SAMPLES,
    progress: Callable[[float], None] | None = None,
    channel: int | None = None,
) -> Rendered:
    """Render the audio file `input` into `output` and say what came out.

    `channel` of `input`, from 1, is the guitar; None: the one with sound in it, or any where all are alike. `output`
    has one channel, or two where the cabinet is stereo. `bits`: "float" is written as it is; whole numbers of 24 or 16
    bits pass the clip guard, which counts; None: "float" where the format holds it, else 24. `overwrite`: replace
    `output` if it exists. `block_size`: samples per cycle, which change the speed and not one bit of a model's output;
    a cabinet sums in another order then, a rounding of float32 (-145 dBFS) apart.
    `progress` is called with the share that is done, 0 to 1. Raises ArgumentError for what is of the wrong type,
    RigError for files that cannot be read or written, an existing output without `overwrite`, a `tail_s` that is no
    length, channels of which nobody can know which one is meant. For arrays see `Sound.render`.
    """
    check_type(CALL, "sound", sound, Sound, "a rig.Sound", "make one with rig.Sound(model, ir)")
    check_type(CALL, "overwrite", overwrite, bool, "True or False", "True replaces the output")
    source, target = path(CALL, "input", input), path(CALL, "output", output)
    tail_samples(CALL, tail_s, 1)
    bits = bits_for(CALL, target, bits, "float")
    if target.exists() and target.resolve() == source.resolve():
        raise AudioError(f"{target.name}: input and output are the same file; choose another name for the output.")
    chosen = guitar_channel(source, channel)
    guard, channels = bits != "float", sound.channels
    with Reader(source) as reader:
        rate, total = reader.sample_rate, reader.frames + tail_samples(CALL, tail_s, reader.sample_rate)
        with Writer(target, rate, channels, SUBTYPES[bits], overwrite) as writer:
            sound = sound.with_loudness()  # only now: it may have to compile
            player = sound.offline_player(guard, block_size)
            levels, started = _Levels(), perf_counter()
            guitar = (block[:, chosen.index] for block in reader.blocks(round(PIECE_S * rate)))
            for piece in player.play(guitar, total, rate, progress):
                kept = piece[:, :channels]
                levels.add(kept)
                writer.write(kept)
        if progress is not None:
            progress(1.0)
        seconds = perf_counter() - started
        played = sound.for_engine(player.engine)
        notes = [*(played.model.warnings if played.model else ()), *(played.ir.warnings if played.ir else ())]
        notes += reader.notes
        if chosen.note:
            notes.append(chosen.note)
        if chosen.dc_dbfs >= DC_DBFS and sound.rumble_hz is None:
            notes.append(
                f"{source.name} holds a constant (DC) of {chosen.dc_dbfs:.0f} dBFS, which the model hears; "
                "--rumble-hz 40 keeps it out"
            )
        if rate != player.sample_rate:
            notes.append(f"resampled from {rate} Hz to the model's {player.sample_rate} Hz and back")
        return Rendered(
            output=target.name,
            samples=total,
            sample_rate=rate,
            channels=channels,
            session_rate=player.sample_rate,
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
            times_real_time=total / rate / seconds,
            notes=tuple(notes),
            gate_dbfs=sound.gate_dbfs,
            rumble_hz=sound.rumble_hz,
            bass_db=sound.bass_db,
            middle_db=sound.middle_db,
            treble_db=sound.treble_db,
            presence_db=sound.presence_db,
            channel=chosen.index + 1,
            warnings=tuple(filter(None, [chosen.warning(source.name)])),
        )


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
