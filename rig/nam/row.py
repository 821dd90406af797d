"""Two models in a row, a pedal into an amp, that are played like one.

The second hears the volts that the first puts out: gain between = `output_level_dbu` of the first - `input_level_dbu`
of the second. Where a file does not say, the loudness of the first decides (`rig.levels.between_gain`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, TypedDict, Unpack

from ..decibels import db_from_power, power_from_db
from ..dsp.network.playable import Playable
from ..dsp.network.quality import checked_quality
from ..dsp.network.row import RowNetwork
from ..errors import ArgumentError, LevelError, ModelError, RigError
from ..files.row_path import JOINT, row_parts
from ..levels import FROM_MODEL, MEASURED, BetweenGain, Level, Loudness, between_gain, entered_level
from ..scripting import notebook
from ..scripting.arguments import check_type, finite, number
from .loudness import STIMULUS_MEAN, STIMULUS_RMS_DB, measure_loudness_db
from .model import Model

CALL = "rig.Row"
MOST_TRIM_DB = 60.0
Place = Literal["first", "second"]
PLACES: tuple[Place, ...] = ("first", "second")


class RowSettings(TypedDict, total=False):
    """What belongs to a row beside its models."""

    second_input_dbu: float | None
    between_trim_db: float
    first_quality: int | None
    second_quality: int | None
    off: Place | None


@dataclass(frozen=True, slots=True)
class Row(Model):
    """Two models, one behind the other. Make it with `Row.of`; wherever a `Model` may stand, a row may.

    What hears the guitar is the first's (file, input level, favourites), what comes out is the second's.
    """

    first: Model
    second: Model
    second_input_dbu: float | None  # what the player entered for the second; it wins over the file
    between_trim_db: float  # the player's own taste, on top of the gain between
    first_quality: int | None  # at most, of each for itself; None: as high as that of the sound
    second_quality: int | None
    off: Place | None  # bypassed: the other one plays alone, at the levels it would have alone

    @classmethod
    def of(cls, first: Model, second: Model, **settings: Unpack[RowSettings]) -> Row:
        """Put a model behind another; the settings are the fields from `second_input_dbu` on, by name.

        Raises ModelError for a row in a row, LevelError for a level and RigError for a quality that cannot be.
        """
        for name, model in (("first", first), ("second", second)):
            check_type(f"{CALL}.of", name, model, Model, "a rig.Model", "load it with rig.Model.load(...)")
            if isinstance(model, Row):
                raise ModelError(f"{model.name}: rig plays two models in a row, no more.")
        second_input_dbu, off = settings.get("second_input_dbu"), settings.get("off")
        if second_input_dbu is not None:
            second_input_dbu = number(f"{CALL}.of", "second_input_dbu", second_input_dbu)
            entered_level(second_input_dbu, "second model's input level")
        trim_db = finite(f"{CALL}.of", "between_trim_db", settings.get("between_trim_db", 0.0))
        if abs(trim_db) > MOST_TRIM_DB:
            raise LevelError(f"A trim between two models goes from -{MOST_TRIM_DB:g} to {MOST_TRIM_DB:g} dB.")
        if off not in (None, *PLACES):
            raise RigError(f"{CALL}.of(off=...) takes first, second or None, not {off!r}.")
        qualities = [settings.get("first_quality"), settings.get("second_quality")]
        enters, leaves = (second if off == "first" else first), (first if off == "second" else second)
        return cls(
            name=f"{first.name} {JOINT} {second.name}",
            path=first.path,
            architecture=f"{first.architecture} {JOINT} {second.architecture}",
            version=first.version,
            sample_rate=max(first.rate, second.rate),
            input_level_dbu=enters.input_level_dbu,
            output_level_dbu=leaves.output_level_dbu,
            # What the files state holds for a guitar in front of each.
            loudness_db=leaves.loudness_db if off is not None else None,
            gear_type=leaves.gear_type,
            gear_make=leaves.gear_make,
            gear_model=leaves.gear_model,
            tone_type=leaves.tone_type,
            modeled_by=leaves.modeled_by,
            size=first.size if first.sizes else second.size,
            sizes=first.sizes or second.sizes,
            content_hash=_hash(first.content_hash, second.content_hash) if off is None else enters.content_hash,
            warnings=(*first.warnings, *second.warnings, *_warnings(first, second)),
            leaf=first.leaf,
            document=first.document,
            first=first,
            second=second,
            second_input_dbu=second_input_dbu,
            between_trim_db=trim_db,
            first_quality=None if qualities[0] is None else checked_quality(qualities[0]),
            second_quality=None if qualities[1] is None else checked_quality(qualities[1]),
            off=off,
        )

    def changed(self, first: Model | None = None, second: Model | None = None, **settings: Unpack[RowSettings]) -> Row:
        """The same row with something replaced; a level that was entered goes with the model it was entered for."""
        first, second = first or self.first, second or self.second
        stays = self.settings
        if second.content_hash != self.second.content_hash:
            stays["second_input_dbu"] = None
        stays.update(settings)
        return Row.of(first, second, **stays)

    @property
    def settings(self) -> RowSettings:
        """How the row is set."""
        return {
            "second_input_dbu": self.second_input_dbu,
            "between_trim_db": self.between_trim_db,
            "first_quality": self.first_quality,
            "second_quality": self.second_quality,
            "off": self.off,
        }

    @property
    def playing(self) -> tuple[Model, ...]:
        """Those that are not bypassed, in their order."""
        return tuple(model for place, model in zip(PLACES, (self.first, self.second), strict=True) if place != self.off)

    @property
    def between(self) -> BetweenGain:
        """The gain between the two as a sum, without the trim."""
        level = None if self.second.input_level_dbu is None else Level(self.second.input_level_dbu, FROM_MODEL)
        if self.second_input_dbu is not None:
            level = entered_level(self.second_input_dbu, "second model's input level")
        in_volts = self.first.output_level_dbu is not None and level is not None
        loudness = Loudness(None, MEASURED) if in_volts else _loudness(self.first)
        return between_gain(self.first.output_level_dbu, level, loudness, guitar_db())

    @property
    def between_gain_db(self) -> float:
        """Everything between the two."""
        return self.between.gain_db + self.between_trim_db

    @property
    def heard_hash(self) -> str:
        """The content hash of the first, which hears the guitar."""
        return self.first.content_hash

    @property
    def shape(self) -> str:
        """What the two are, for people."""
        return f"{self.first.family or self.first.shape} {JOINT} {self.second.family or self.second.shape}"

    @property
    def family(self) -> str | None:
        """Two have none."""
        return None

    @property
    def weight_count(self) -> int:
        """Of those that play."""
        return sum(model.weight_count for model in self.playing)

    @property
    def macs_per_sample(self) -> int:
        """Of those that play."""
        return sum(model.macs_per_sample for model in self.playing)

    @property
    def receptive_field_samples(self) -> int:
        """How much past input decides its state."""
        return sum(model.receptive_field_samples - 1 for model in self.playing) + 1

    @property
    def is_recurrent(self) -> bool:
        """Whether one of them is."""
        return any(model.is_recurrent for model in self.playing)

    @property
    def network_hash(self) -> str:
        """Of both and the gain between them."""
        if self.off is not None:
            return self.playing[0].network_hash
        return _hash(self.first.network_hash, self.second.network_hash, f"{self.between_gain_db:.2f}")

    @property
    def has_cabinet(self) -> bool:
        """Does one of the captures contain a loudspeaker?"""
        return any(model.has_cabinet for model in self.playing)

    def network(self, session_rate: float | None = None, quality: int = 1, *, linear_phase: bool = False) -> Playable:
        """A fresh playing instance, see `Model.network`; each model at its own quality, `quality` at most."""
        rate = self.rate if session_rate is None else session_rate
        first, second = (
            None
            if place == self.off
            else model.network(rate, quality if own is None else min(quality, own), linear_phase=linear_phase)
            for place, model, own in (
                ("first", self.first, self.first_quality),
                ("second", self.second, self.second_quality),
            )
        )
        if first is not None and second is not None:
            return RowNetwork(first, second, self.between_gain_db, rate)
        alone = first or second
        assert alone is not None  # one of them plays
        return alone

    def smaller(self) -> Row | None:
        """Both at their smallest; None if that is no less work."""
        first, second = self.first.smaller(), self.second.smaller()
        if first is None and second is None:
            return None
        return self.changed(first, second)

    def _facts(self) -> list[tuple[str, str | None]]:
        return [
            ("architecture", self.shape),
            ("rate", f"{self.rate:g} Hz"),
            ("input level", None if self.input_level_dbu is None else f"{self.input_level_dbu:g} dBu"),
            ("output level", None if self.output_level_dbu is None else f"{self.output_level_dbu:g} dBu"),
            ("loudness", None),
            ("between", str(self.between)),
        ]

    def __repr__(self) -> str:
        return notebook.line(CALL, self.name, [self.shape, f"{self.rate:g} Hz", f"between {self.between}"])


def one_model(call: str, model: Model | Sequence[Model] | None) -> Model | None:
    """What `call` was given as its model: one, or none, or a list of two, which becomes a row."""
    if not isinstance(model, list | tuple):
        wanted = "a rig.Model, or a list of two that play in a row"
        check_type(call, "model", model, (Model, type(None)), wanted, "load it with rig.Model.load(...)")
        assert model is None or isinstance(model, Model)
        return model
    if not 1 <= len(model) <= 2:
        raise ArgumentError(f"{call}(model=[...]) takes one model, or two that play in a row, not {len(model)}.")
    return one_model(call, model[0]) if len(model) == 1 else Row.of(*model)


def load_model(path: str | os.PathLike[str], size: float = 1.0) -> Model:
    """Read and check a file, or, as in `pedal.nam+amp.nam`, two files that play in a row.

    Raises what `Model.load` raises.
    """
    parts = row_parts(path)
    return Model.load(path, size) if parts is None else Row.of(*(Model.load(part, size) for part in parts))


@cache
def guitar_db() -> float:
    """What the loudness of a model would be that changes nothing, in dB."""
    return db_from_power(power_from_db(STIMULUS_RMS_DB) + STIMULUS_MEAN**2)


@lru_cache(maxsize=64)
def _measured_db(model: Model) -> float | None:
    return measure_loudness_db(model)


def _loudness(model: Model) -> Loudness:
    if model.loudness_db is not None:
        return Loudness(model.loudness_db, FROM_MODEL)
    return Loudness(_measured_db(model), MEASURED)


def _hash(*parts: str) -> str:
    return hashlib.sha256(JOINT.join(parts).encode()).hexdigest()


def _warnings(first: Model, second: Model) -> list[str]:
    found = []
    if first.has_cabinet:
        found.append(
            f"{first.path.name} already holds a cabinet ({first.gear_type}); a model behind it hears a loudspeaker, "
            "which no amplifier does"
        )
    if round(first.rate) != round(second.rate):
        found.append(
            f"{first.path.name} is made for {first.rate:g} Hz and {second.path.name} for {second.rate:g} Hz; the one "
            "that the session does not fit is resampled"
        )
    return found
