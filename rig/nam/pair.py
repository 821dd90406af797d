"""Two models that are played like one: what a row and a blend have in common."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal, Self, TypedDict

from ..dsp.network.playable import Playable
from ..dsp.network.quality import checked_quality
from ..errors import ModelError, RigError
from ..files.row_path import JOINT
from ..levels import FROM_MODEL, MEASURED, Level, Loudness, entered_level
from ..scripting.arguments import check_type, number
from .loudness import measure_loudness_db
from .model import Model

Place = Literal["first", "second"]
PLACES: tuple[Place, ...] = ("first", "second")


class PairSettings(TypedDict, total=False):
    """What belongs to two models beside themselves."""

    second_input_dbu: float | None
    first_quality: int | None
    second_quality: int | None
    off: Place | None


@dataclass(frozen=True, slots=True)
class Pair(Model):
    """Two models. What hears the guitar, and was entered or remarked, is the first's. `JOINED`: how, for people."""

    JOINED: ClassVar[str] = ""
    first: Model
    second: Model
    second_input_dbu: float | None  # what the player entered for the second; it wins over the file
    first_quality: int | None  # at most, of each for itself; None: as high as that of the sound
    second_quality: int | None
    off: Place | None  # bypassed: the other one plays alone, at the levels it would have alone

    @property
    def playing(self) -> tuple[Model, ...]:
        """Those that are not bypassed, in their order."""
        return tuple(model for place, model in zip(PLACES, (self.first, self.second), strict=True) if place != self.off)

    @property
    def second_input(self) -> Level | None:
        """The second's input level with its basis."""
        if self.second_input_dbu is not None:
            return entered_level(self.second_input_dbu, "second model's input level")
        stated_dbu = self.second.input_level_dbu
        return None if stated_dbu is None else Level(stated_dbu, FROM_MODEL)

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
    def is_recurrent(self) -> bool:
        """Whether one of them is."""
        return any(model.is_recurrent for model in self.playing)

    @property
    def has_cabinet(self) -> bool:
        """Does one of the captures contain a loudspeaker?"""
        return any(model.has_cabinet for model in self.playing)

    @property
    @abstractmethod
    def together(self) -> str:
        """What brings the two together, in words."""

    @abstractmethod
    def _with_models(self, first: Model, second: Model) -> Self:
        """The same of other models; a level that was entered goes with the model it was entered for."""

    def smaller(self) -> Self | None:
        """Both at their smallest; None if that is no less work."""
        first, second = self.first.smaller(), self.second.smaller()
        return (
            None if first is None and second is None else self._with_models(first or self.first, second or self.second)
        )

    def _networks(self, rate: float, quality: int, linear_phase: bool) -> tuple[Playable | None, Playable | None]:
        """Fresh instances of those that play, each at its own quality, `quality` at most."""
        first, second = (
            None
            if place == self.off
            else model.network(rate, quality if own is None else min(quality, own), linear_phase=linear_phase)
            for place, model, own in (
                ("first", self.first, self.first_quality),
                ("second", self.second, self.second_quality),
            )
        )
        return first, second


def fields_of(call: str, first: Model, second: Model, settings: PairSettings) -> dict[str, Any]:
    """The fields of a pair, checked: those of `Model`, as far as both together have them, and those of `Pair`."""
    for name, model in (("first", first), ("second", second)):
        check_type(call, name, model, Model, "a rig.Model", "load it with rig.Model.load(...)")
        if isinstance(model, Pair):
            raise ModelError(f"{model.name}: rig plays two models together, no more.")
    second_input_dbu, off = settings.get("second_input_dbu"), settings.get("off")
    if second_input_dbu is not None:
        second_input_dbu = number(call, "second_input_dbu", second_input_dbu)
        entered_level(second_input_dbu, "second model's input level")
    if off not in (None, *PLACES):
        raise RigError(f"{call}(off=...) takes first, second or None, not {off!r}.")
    qualities = [settings.get("first_quality"), settings.get("second_quality")]
    enters, leaves = (second if off == "first" else first), (first if off == "second" else second)
    warnings = [*first.warnings, *second.warnings]
    if round(first.rate) != round(second.rate):
        warnings.append(
            f"{first.path.name} is made for {first.rate:g} Hz and {second.path.name} for {second.rate:g} Hz; the one "
            "that the session does not fit is resampled"
        )
    return {
        "name": f"{first.name} {JOINT} {second.name}",
        "path": first.path,
        "architecture": f"{first.architecture} {JOINT} {second.architecture}",
        "version": first.version,
        "sample_rate": max(first.rate, second.rate),
        "input_level_dbu": enters.input_level_dbu,
        "output_level_dbu": leaves.output_level_dbu,
        "loudness_db": leaves.loudness_db if off is not None else None,  # files state that of each alone
        "gear_type": leaves.gear_type,
        "gear_make": leaves.gear_make,
        "gear_model": leaves.gear_model,
        "tone_type": leaves.tone_type,
        "modeled_by": leaves.modeled_by,
        "size": first.size if first.sizes else second.size,
        "sizes": first.sizes or second.sizes,
        "content_hash": hash_of(call, first.content_hash, second.content_hash) if off is None else enters.content_hash,
        "warnings": tuple(warnings),
        "leaf": first.leaf,
        "document": first.document,
        "first": first,
        "second": second,
        "second_input_dbu": second_input_dbu,
        "first_quality": None if qualities[0] is None else checked_quality(qualities[0]),
        "second_quality": None if qualities[1] is None else checked_quality(qualities[1]),
        "off": off,
    }


def hash_of(*parts: str) -> str:
    """One SHA-256, in hex, of several texts."""
    return hashlib.sha256(JOINT.join(parts).encode()).hexdigest()


def loudness_of(model: Model) -> Loudness:
    """What a file states, else what is measured now: some ten milliseconds, once."""
    if model.loudness_db is not None:
        return Loudness(model.loudness_db, FROM_MODEL)
    return Loudness(_measured_db(model), MEASURED)


@lru_cache(maxsize=64)
def _measured_db(model: Model) -> float | None:
    return measure_loudness_db(model)
