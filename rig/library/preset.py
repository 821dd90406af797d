"""A preset: everything that makes a sound, in a small TOML file that people may write.

    number = 3                                # the key or MIDI program that calls it; its place in the folder without
    name = "Lead"
    notes = "bridge pickup"
    model = "../models/e570.nam"              # relative to this file
    level = "normalized"                      # or "raw" or "calibrated"
    output_trim_db = -2.5
    ir = "../irs/4x12.wav"                    # or up to four tables, each with gain, delay, pan and polarity:

    [[cabinet]]
    ir = "../irs/57.wav"
    gain_db = -3.0
    delay_ms = 0.2
    pan = -0.5
    invert = true

    [gate]
    on = true
    threshold_dbfs = -60.0

    [tone]
    bass_db = 3.0                             # and middle_db, treble_db, presence_db

    [[eq]]                                    # up to six
    type = "peak"                             # or low_shelf, high_shelf
    hz = 800.0
    gain_db = -4.0
    q = 1.4
    before = true                             # in front of the model; false: behind it
    on = false                                # kept, and changes nothing

    [backing]                                 # a track beside the guitar; see `preset_backing.py`
    file = "../songs/blues.mp3"

Everything but `model` may be left out. A table that is not known here holds settings of whoever knows them, as `[gate]`
does; the command table says which.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from ..dsp.network.quality import BEST, QUALITIES
from ..dsp.tone.equalizer import (
    HIGHEST_HZ,
    HIGHEST_Q,
    KINDS,
    LOWEST_HZ,
    LOWEST_Q,
    MOST_BANDS,
    MOST_GAIN_DB,
    USUAL_Q,
    EqBand,
)
from ..dsp.tone.knobs import MOST_DB, NAMES
from ..errors import PresetError
from ..files.numbers import is_number
from ..files.toml_file import Table, read_toml, written
from ..levels import LEVEL_MODES, MAX_PREAMP_GAIN_DB, LevelMode
from .preset_backing import NAME as BACKING
from .preset_backing import PresetBacking

SCHEMA = 1
ENDING = ".toml"
FOLDER = Path("presets")  # where a preset is saved if no setlist is played
MOST_PARTS = 4
HIGHEST_NUMBER = 127  # of a MIDI program
LONGEST_NAME, LONGEST_NOTES = 80, 20_000  # characters
INPUT_TRIM_DB, OUTPUT_TRIM_DB, PART_GAIN_DB, PART_DELAY_MS = 20.0, 40.0, 40.0, 20.0
LOUDNESS_LUFS = (-70.0, 0.0)
RUMBLE_HZ = (0.0, 1000.0)
LARGEST_SETTING = 1e6  # whoever it is for knows the true range
MOST_UPWARDS = 2  # folders that a relative name may lead up; what lies farther is named in full


@dataclass(frozen=True, slots=True)
class CabinetPart:
    """One impulse response of a preset, and how it stands in the mix."""

    ir: Path
    gain_db: float = 0.0
    delay_ms: float = 0.0
    pan: float = 0.0  # -1 left to 1 right
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class SecondPlace:
    """The model behind the first one of a preset, or beside it, and how the two are set."""

    model: Path
    size: float = 1.0
    trim_db: float = 0.0  # between the two
    first_quality: int | None = None
    second_quality: int | None = None
    off: Literal["first", "second"] | None = None  # bypassed
    blend: float | None = None  # side by side, with so much of the second; None: in a row


@dataclass(frozen=True, slots=True)
class Preset:
    """A sound as a file describes it. None: leave it as it is.

    `loudness_lufs`: how loud it is to be played, trims included, by ITU-R BS.1770 on the loop or the guitar that comes
    with rig. `gate`, `rumble_hz` and `settings`, by table and key, are for whoever knows them. `source`: the file;
    `warnings`: what was odd about it.
    """

    name: str
    model: Path
    size: float = 1.0
    quality: int = 1
    second: SecondPlace | None = None
    cabinet: tuple[CabinetPart, ...] = ()
    aligned: bool = False
    no_cabinet: bool = False  # the cabinet is there, and switched off
    bypass: bool = False
    level_mode: LevelMode | None = None
    input_trim_db: float = 0.0
    output_trim_db: float = 0.0
    bass_db: float = 0.0
    middle_db: float = 0.0
    treble_db: float = 0.0
    presence_db: float = 0.0
    eq: tuple[EqBand, ...] = ()
    preamp_gain_db: float | None = None
    equal_loudness: bool | None = None
    loudness_lufs: float | None = None
    backing: PresetBacking | None = None
    gate: Mapping[str, float | bool] = field(default_factory=dict, hash=False)
    rumble_hz: float | None = None
    settings: Mapping[str, Mapping[str, float | bool]] = field(default_factory=dict, hash=False)
    notes: str = ""
    number: int | None = None
    source: Path | None = field(default=None, compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read and check a file, whether what it names is there included. Raises PresetError."""
        return cls.read(read_toml(path, "preset", PresetError), path)

    @classmethod
    def read(cls, table: Table, path: Path) -> Self:
        """The preset in the root table of a file."""
        if table.whole_number("schema", 1, 1 << 31) not in (None, SCHEMA):
            raise table.unexpected("schema", f"{SCHEMA}, which this rig reads")
        model = table.path("model", "model")
        if model is None:
            raise table.error('names no model; write model = "FILE.nam".')
        tone_db = _tone(table.table("tone"))
        preset = cls(
            **tone_db,
            name=_name(table) or path.stem,
            model=model,
            size=_given(table.number("size", 0.0, 1.0), 1.0),
            quality=_quality(table) or 1,
            second=_second(table.table("second")),
            cabinet=_cabinet(table),
            eq=_eq(table),
            backing=PresetBacking.read(table.table(BACKING)),
            aligned=table.flag("align") or False,
            no_cabinet=table.flag("no_cabinet") or False,
            bypass=table.flag("bypass") or False,
            level_mode=table.choice("level", LEVEL_MODES),
            input_trim_db=_given(table.number("input_trim_db", -INPUT_TRIM_DB, INPUT_TRIM_DB, "dB"), 0.0),
            output_trim_db=_given(table.number("output_trim_db", -OUTPUT_TRIM_DB, OUTPUT_TRIM_DB, "dB"), 0.0),
            preamp_gain_db=table.number("preamp_gain_db", 0.0, MAX_PREAMP_GAIN_DB, "dB"),
            equal_loudness=table.flag("equal_loudness"),
            loudness_lufs=table.number("loudness_lufs", *LOUDNESS_LUFS, "LUFS"),
            gate=_settings(table.table("gate")),
            settings=_further_settings(table),
            rumble_hz=table.number("rumble_hz", *RUMBLE_HZ, "Hz"),
            notes=table.text("notes", LONGEST_NOTES) or "",
            number=table.whole_number("number", 0, HIGHEST_NUMBER),
            source=path,
            warnings=(),
        )
        table.warn_of_the_rest()
        object.__setattr__(preset, "warnings", tuple(table.warnings))
        return preset

    def text(self, folder: Path) -> str:
        """The file's content, for a file in that folder. Raises PresetError for a name that TOML cannot hold."""
        values: dict[str, str | bool | float | int | None] = {
            "number": self.number,
            "name": self.name,
            "notes": self.notes or None,
            "model": _reached(self.model, folder),
            "size": self.size if self.size != 1.0 else None,
            "quality": self.quality if self.quality != 1 else None,
            "level": self.level_mode,
            "input_trim_db": self.input_trim_db,
            "output_trim_db": self.output_trim_db,
            "preamp_gain_db": self.preamp_gain_db,
            "equal_loudness": self.equal_loudness,
            "loudness_lufs": self.loudness_lufs,
            "bypass": self.bypass or None,
            "no_cabinet": self.no_cabinet or None,
            "align": self.aligned or None,
            "rumble_hz": self.rumble_hz,
        }
        lines = ["# A preset of rig; may be edited.", *_written(values)]
        if self.second is not None:
            row: dict[str, str | bool | float | int | None] = {
                "model": _reached(self.second.model, folder),
                "size": self.second.size if self.second.size != 1.0 else None,
                "trim_db": self.second.trim_db,
                "first_quality": self.second.first_quality,
                "second_quality": self.second.second_quality,
                "off": self.second.off,
                "blend": self.second.blend,
            }
            lines += ["", "[second]", *_written(row)]
        for part in self.cabinet:
            where = {"gain_db": part.gain_db, "delay_ms": part.delay_ms, "pan": part.pan, "invert": part.inverted}
            lines += ["", "[[cabinet]]", *_written({"ir": _reached(part.ir, folder), **where})]
        for band in self.eq:
            shape = {"type": band.type, "hz": band.hz, "gain_db": band.gain_db, "q": band.q, "before": band.before}
            shape |= {"between": True} if band.between else {}
            shape |= {} if band.on else {"on": False}
            lines += ["", "[[eq]]", *_written(shape)]
        tone_db = {name: getattr(self, name) for name in NAMES if getattr(self, name)}
        if self.backing is not None:
            lines += ["", f"[{BACKING}]", *_written(self.backing.values(_reached(self.backing.file, folder)))]
        for name, settings in {"gate": self.gate, "tone": tone_db, **self.settings}.items():
            lines += ["", f"[{name}]", *_written(settings)] if settings else []
        return "\n".join(lines) + "\n"


def _given(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _quality(table: Table, key: str = "quality") -> int | None:
    quality = table.whole_number(key, 1, BEST)
    if quality is not None and quality not in QUALITIES:
        raise table.unexpected(key, "1, 2, 4 or 8 times the model's rate")
    return quality


def _second(table: Table | None) -> SecondPlace | None:
    if table is None:
        return None
    model = table.path("model", "model")
    if model is None:
        raise table.error('[second] names no model; write model = "FILE.nam".')
    place = SecondPlace(
        model,
        size=_given(table.number("size", 0.0, 1.0), 1.0),
        trim_db=_given(table.number("trim_db", -OUTPUT_TRIM_DB, OUTPUT_TRIM_DB, "dB"), 0.0),
        first_quality=_quality(table, "first_quality"),
        second_quality=_quality(table, "second_quality"),
        off=table.choice("off", ("first", "second")),
        blend=table.number("blend", 0.0, 1.0),
    )
    table.warn_of_the_rest()
    return place


def _tone(table: Table | None) -> dict[str, float]:
    """Where the tone controls stand, by `NAMES`."""
    if table is None:
        return {}
    found = {name: _given(table.number(name, -MOST_DB, MOST_DB, "dB"), 0.0) for name in NAMES}
    table.warn_of_the_rest()
    return found


def _name(table: Table) -> str | None:
    name = table.text("name", LONGEST_NAME)
    if name is not None and not (name.strip() and name.isprintable()):
        raise table.unexpected("name", "a name on one line")
    return name


def _cabinet(table: Table) -> tuple[CabinetPart, ...]:
    alone, parts = table.path("ir", "impulse response"), table.tables("cabinet")
    if alone is not None and parts:
        raise table.error("ir and [[cabinet]] both name a cabinet; keep one of them.", "ir")
    if len(parts) > MOST_PARTS:
        raise table.error(f"{len(parts)} cabinets; a mix takes {MOST_PARTS}.", "cabinet", MOST_PARTS)
    return (CabinetPart(alone),) if alone is not None else tuple(_part(part) for part in parts)


def _part(table: Table) -> CabinetPart:
    ir = table.path("ir", "impulse response")
    if ir is None:
        raise table.error('this [[cabinet]] names no file; write ir = "FILE.wav".')
    part = CabinetPart(
        ir,
        gain_db=_given(table.number("gain_db", -PART_GAIN_DB, PART_GAIN_DB, "dB"), 0.0),
        delay_ms=_given(table.number("delay_ms", -PART_DELAY_MS, PART_DELAY_MS, "ms"), 0.0),
        pan=_given(table.number("pan", -1.0, 1.0), 0.0),
        inverted=table.flag("invert") or False,
    )
    table.warn_of_the_rest()
    return part


def _eq(table: Table) -> tuple[EqBand, ...]:
    bands = table.tables("eq")
    if len(bands) > MOST_BANDS:
        raise table.error(f"{len(bands)} bands; an equalizer takes {MOST_BANDS}.", "eq", MOST_BANDS)
    return tuple(_band(band) for band in bands)


def _band(table: Table) -> EqBand:
    kind = table.choice("type", tuple(KINDS))
    hz = table.number("hz", LOWEST_HZ, HIGHEST_HZ, "Hz")
    gain_db = table.number("gain_db", -MOST_GAIN_DB, MOST_GAIN_DB, "dB")
    if kind is None or hz is None or gain_db is None:
        raise table.error('this [[eq]] needs a type, as in type = "peak", and hz and gain_db.')
    q = _given(table.number("q", LOWEST_Q, HIGHEST_Q), USUAL_Q)
    before, between = table.flag("before") or False, table.flag("between") or False
    if before and between:
        raise table.error("a band lies before the first model or between the two; keep one of them.", "between")
    on = table.flag("on")
    band = EqBand(kind, hz, gain_db, q, before, between, on is None or on)
    table.warn_of_the_rest()
    return band


def _settings(table: Table | None) -> dict[str, float | bool]:
    """Names with numbers or flags; who they are for checks their ranges."""
    settings: dict[str, float | bool] = {}
    for key, value in ({} if table is None else table.values).items():
        assert table is not None
        if re.fullmatch(r"[a-z][a-z0-9_]*", key) is None:
            raise table.error("names of settings are in small letters, like threshold_dbfs.", key)
        if not isinstance(value, bool) and not (is_number(value) and abs(value) <= LARGEST_SETTING):
            raise table.unexpected(key, "a number, true or false")
        settings[key] = value if isinstance(value, bool) else float(value)
    return settings


def _further_settings(table: Table) -> dict[str, dict[str, float | bool]]:
    """Tables of numbers and flags whose names are not known here; any other table is left to be warned of."""
    found = {}
    for name in [name for name, value in table.values.items() if isinstance(value, dict) and name not in table.known]:
        plain = all(isinstance(value, bool) or is_number(value) for value in table.values[name].values())
        if plain and table.values[name] and re.fullmatch(r"[a-z][a-z0-9_]*", name):
            found[name] = _settings(table.table(name))
    return found


def _reached(path: Path, folder: Path) -> str:
    """How a file in `folder` names another: relative where both belong together, else in full."""
    whole = os.path.abspath(path)
    try:  # a link to a folder has another folder above it than its name says
        place = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
        relative = os.path.relpath(place, os.path.realpath(folder))
    except ValueError:  # on another drive
        return whole
    return whole if relative.split(os.sep).count("..") > MOST_UPWARDS else relative.replace(os.sep, "/")


def _written(values: Mapping[str, str | bool | float | int | None]) -> list[str]:
    try:
        return [f"{key} = {written(value)}" for key, value in values.items() if value is not None]
    except ValueError:  # bytes that are no text
        raise PresetError(
            "A preset cannot hold the name of this model, cabinet or track, as it is no text in UTF-8; rename the file."
        ) from None
