"""What there is to see of a player at one moment: one frozen snapshot for every front end.

It is plain data and becomes JSON as it is (`to_json`). Whoever listens blind finds no name of a cabinet in it.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from .tools.backing_spots import BackingReading
from .tools.headroom import ZONE_DBFS
from .tools.recorder import Recording
from .tools.tuner import TunerReading

if TYPE_CHECKING:
    from ..engine import Reading
    from .command import Commands
    from .parts import Parts


@dataclass(frozen=True, slots=True)
class Meter:
    """One meter since the last look. Levels in dBFS, -inf in silence; `clips`: samples at full scale."""

    peak_dbfs: float = -math.inf
    rms_dbfs: float = -math.inf
    clips: int = 0


@dataclass(frozen=True, slots=True)
class CabinetState:
    """The cabinet. `name`: empty where there is none to step through; while blind its number."""

    name: str = ""
    place: str = ""  # in the list, like `12/300`
    parts: int = 0  # of a mix; 0: no mix plays
    gain: str = ""  # of equal loudness, in words
    progress: str = ""  # of reading the folder, in words; empty when it is read
    mark: str = ""  # kept or rejected


@dataclass(frozen=True, slots=True)
class PlayerState:
    """Everything a front end shows. Shares of load are of the period; None before the first cycle.

    `values`: every command of the table that can be read, by its name. `hint`: how far the interface's gain knob may be
    turned, in words. `faults`: counts since the start.
    """

    model: str = ""  # its file
    asked_model: str = ""  # the same, as soon as another one has been asked for
    model_place: str = ""  # in the list, like `3/12`; empty if there is only one
    preset: str = ""  # number and name; a star behind it: another model plays
    preset_number: str = ""
    cabinet: CabinetState = field(default_factory=CabinetState)
    calibration: str = ""  # the input gain as a sum
    input_gain_db: float = 0.0
    input: Meter = field(default_factory=Meter)
    heard: Meter = field(default_factory=Meter)  # by the model
    between: Meter | None = None  # heard by the second model of a row; None: there is none
    output: Meter = field(default_factory=Meter)
    loudest_dbfs: float | None = None  # of the input in the last ten seconds of playing
    zone_dbfs: tuple[float, float] = ZONE_DBFS  # where the loudest playing belongs
    hint: str = ""
    knob: str = ""  # of the interface that is followed: what contradicts the calibration
    load_median: float | None = None
    load_worst: float | None = None
    tuner: TunerReading | None = None  # None: off
    recording: Recording | None = None
    loop_recorded_s: float | None = None  # None: no loop is being recorded
    backing: BackingReading | None = None  # None: no track beside the guitar
    eq_bands: int = 0  # bands of the equalizer that change something
    training: str = ""  # which epoch of a model in training plays, or is ready
    gate_is_open: bool = True
    is_learning: bool = False  # the next MIDI message will be bound
    is_reduced: bool = False  # a smaller size plays, after an overload
    is_asleep: bool = False  # silent after an overload
    values: dict[str, float | bool | str] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON data; levels of silence are null."""
        data: dict[str, Any] = plain_json(asdict(self))
        return data


def plain_json(value: Any) -> Any:
    """Data without infinities, which JSON does not know: null in their place."""
    if isinstance(value, dict):
        return {key: plain_json(inner) for key, inner in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def state_of(parts: Parts, commands: Commands[Parts], is_learning: bool, faults: dict[str, int]) -> PlayerState:
    """Take it down now. The meters are read, so they start anew."""
    rig, models, presets, headroom = parts.rig, parts.models, parts.presets, parts.headroom
    engine, readings, share = rig.engine, headroom.read(), rig.engine.share()
    calibration = rig.sound.calibration
    return PlayerState(
        model="" if rig.sound.model is None else rig.sound.model.path.name,
        asked_model=models.asked_name,
        model_place=models.place,
        preset=presets.label,
        preset_number=presets.number,
        cabinet=_cabinet(parts),
        calibration=str(calibration),
        input_gain_db=calibration.gain_db,
        input=_meter(readings["input"]),
        heard=_meter(readings["model"]),
        between=_meter(engine.reading("between")) if engine.plays_a_row else None,
        output=_meter(readings["output"]),
        loudest_dbfs=headroom.loudest_dbfs,
        hint=headroom.hint,
        knob=", ".join(rig.knob.words),
        load_median=share.median,
        load_worst=share.worst,
        tuner=rig.tuner.reading,
        recording=parts.recorder.recording,
        loop_recorded_s=parts.looper.recorded_s,
        backing=parts.backing.reading,
        eq_bands=sum(band.heard_db != 0.0 for band in rig.sound.eq),
        training=parts.training.text,
        gate_is_open=engine.noise.gate_is_open,
        is_learning=is_learning,
        is_reduced=rig.is_reduced,
        is_asleep=engine.suspended,
        values=commands.values(),
        faults=dict(faults),
    )


def _meter(reading: Reading) -> Meter:
    return Meter(reading.peak_dbfs, reading.rms_dbfs, reading.clips)


def _cabinet(parts: Parts) -> CabinetState:
    cabinets, mixer = parts.rig.cabinets, parts.rig.mixer
    if not cabinets.bank.paths:
        return CabinetState(gain=cabinets.gain_text)
    name = "off" if cabinets.playing is None else cabinets.label(cabinets.bank.position)
    mixed = len(mixer.parts) if mixer.is_on else 0
    order, at = cabinets.browsing, cabinets.bank.position
    mark = "kept" if at in order.kept else "rejected" if at in order.rejected else ""
    return CabinetState(name, cabinets.place, mixed, cabinets.gain_text, cabinets.progress, mark)
