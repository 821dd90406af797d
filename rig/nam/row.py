"""Two models in a row, a pedal into an amp, that are played like one.

The second hears the volts that the first puts out: gain between = `output_level_dbu` of the first - `input_level_dbu`
of the second. Where a file does not say, the loudness of the first decides (`rig.levels.between_gain`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Unpack

from ..decibels import db_from_power, power_from_db
from ..dsp.combined.row import RowNetwork
from ..dsp.network.playable import Playable
from ..errors import LevelError
from ..levels import MEASURED, BetweenGain, Loudness, between_gain
from ..scripting import notebook
from ..scripting.arguments import finite
from .loudness import STIMULUS_MEAN, STIMULUS_RMS_DB
from .model import Model
from .pair import Pair, PairSettings, fields_of, hash_of, loudness_of

CALL = "rig.Row"
MOST_TRIM_DB = 60.0


class RowSettings(PairSettings, total=False):
    """What belongs to a row beside its models."""

    between_trim_db: float


@dataclass(frozen=True, slots=True)
class Row(Pair):
    """Two models, one behind the other. Make it with `Row.of`; wherever a `Model` may stand, a row may.

    What hears the guitar is the first's (file, input level, favourites), what comes out is the second's.
    """

    JOINED: ClassVar[str] = "Between"
    between_trim_db: float  # the player's own taste, on top of the gain between

    @classmethod
    def of(cls, first: Model, second: Model, **settings: Unpack[RowSettings]) -> Row:
        """Put a model behind another.

        The settings, by name: `second_input_dbu`, `between_trim_db`, `first_quality`, `second_quality`, `off`. Raises
        ModelError for a row in a row, LevelError for a level and RigError for a quality that cannot be.
        """
        trim_db = finite(f"{CALL}.of", "between_trim_db", settings.get("between_trim_db", 0.0))
        if abs(trim_db) > MOST_TRIM_DB:
            raise LevelError(f"A trim between two models goes from -{MOST_TRIM_DB:g} to {MOST_TRIM_DB:g} dB.")
        fields = fields_of(f"{CALL}.of", first, second, settings)
        if first.has_cabinet:
            fields["warnings"] += (
                f"{first.path.name} already holds a cabinet ({first.gear_type}); a model behind it hears a "
                "loudspeaker, which no amplifier does",
            )
        return cls(**fields, between_trim_db=trim_db)

    def changed(self, first: Model | None = None, second: Model | None = None, **settings: Unpack[RowSettings]) -> Row:
        """The same row with something replaced; a level that was entered goes with the model it was entered for."""
        first, second = first or self.first, second or self.second
        stays = self.settings
        if second.content_hash != self.second.content_hash:
            stays["second_input_dbu"] = None
        stays.update(settings)
        return Row.of(first, second, **stays)

    def _with_models(self, first: Model, second: Model) -> Row:
        """The same of other models; a level that was entered goes with the model it was entered for."""
        return self.changed(first, second)

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
    def between(self) -> BetweenGain:
        """The gain between the two as a sum, without the trim."""
        level, output_dbu = self.second_input, self.first.output_level_dbu
        loudness = Loudness(None, MEASURED) if output_dbu is not None and level is not None else loudness_of(self.first)
        return between_gain(output_dbu, level, loudness, guitar_db())

    @property
    def together(self) -> str:
        """The same in words."""
        return str(self.between)

    @property
    def between_gain_db(self) -> float:
        """Everything between the two."""
        return self.between.gain_db + self.between_trim_db

    @property
    def receptive_field_samples(self) -> int:
        """How much past input decides its state."""
        return sum(model.receptive_field_samples - 1 for model in self.playing) + 1

    @property
    def network_hash(self) -> str:
        """Of both and the gain between them."""
        if self.off is not None:
            return self.playing[0].network_hash
        return hash_of(CALL, self.first.network_hash, self.second.network_hash, f"{self.between_gain_db:.2f}")

    def network(self, session_rate: float | None = None, quality: int = 1, *, linear_phase: bool = False) -> Playable:
        """A fresh playing instance, see `Model.network`; each model at its own quality, `quality` at most."""
        rate = self.rate if session_rate is None else session_rate
        first, second = self._networks(rate, quality, linear_phase)
        if first is not None and second is not None:
            return RowNetwork(first, second, self.between_gain_db, rate)
        alone = first or second
        assert alone is not None  # one of them plays
        return alone

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


@cache
def guitar_db() -> float:
    """What the loudness of a model would be that changes nothing, in dB."""
    return db_from_power(power_from_db(STIMULUS_RMS_DB) + STIMULUS_MEAN**2)
