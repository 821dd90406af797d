"""Two models side by side, that are played like one, and one knob between them.

What is known of each brings them together: each hears the guitar at its own input level, the second is made as loud as
the first, turned over where the two are of opposite polarity, and the earlier one waits for the later. Delays are made
to whole samples, so that nothing is filtered; what cannot be told (a resonant model has no single delay) is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Unpack

from ..dsp.combined.blend import Alignment, BlendNetwork
from ..dsp.network.playable import Playable
from ..errors import LevelError
from ..scripting import notebook
from ..scripting.arguments import number
from .delay import CLEAR, measure_delay
from .model import Model
from .pair import Pair, PairSettings, fields_of, hash_of, loudness_of

CALL = "rig.Blend"
MOST_GAIN_DB = 60.0
MOST_LATE_S = 0.02  # later than this is an echo of the gear's, not its delay


class BlendSettings(PairSettings, total=False):
    """What belongs to a blend beside its models."""

    share: float
    first_input_dbu: float | None


@dataclass(frozen=True, slots=True)
class Blend(Pair):
    """Two models, one beside the other. Make it with `Blend.of`; wherever a `Model` may stand, a blend may.

    The guitar enters at the level of the first; `share`, 0 to 1, is how much of the second is heard.
    """

    JOINED: ClassVar[str] = "Beside"
    share: float
    first_input_dbu: float | None  # what the player entered for the first

    @classmethod
    def of(cls, first: Model, second: Model, **settings: Unpack[BlendSettings]) -> Blend:
        """Put a model beside another.

        The settings, by name: `share` (0.5), `first_input_dbu`, `second_input_dbu`, `first_quality`,
        `second_quality`, `off`. Raises ModelError for more than two models, LevelError for a level or a share and
        RigError for a quality that cannot be.
        """
        share = number(f"{CALL}.of", "share", settings.get("share", 0.5))
        if not 0.0 <= share <= 1.0:  # NaN is in no range
            raise LevelError(f"{CALL}.of(share=...) goes from 0, the first model, to 1, the second, not to {share:g}.")
        fields = fields_of(f"{CALL}.of", first, second, settings)
        if fields["off"] is None:  # what comes out has no volts of its own any more
            fields["output_level_dbu"] = None
        return cls(**fields, share=share, first_input_dbu=settings.get("first_input_dbu"))

    def changed(
        self, first: Model | None = None, second: Model | None = None, **settings: Unpack[BlendSettings]
    ) -> Blend:
        """The same with something replaced; a level that was entered goes with the model it was entered for."""
        first, second = first or self.first, second or self.second
        stays = self.settings
        if first.content_hash != self.first.content_hash:
            stays["first_input_dbu"] = None
        if second.content_hash != self.second.content_hash:
            stays["second_input_dbu"] = None
        stays.update(settings)
        return Blend.of(first, second, **stays)

    def _with_models(self, first: Model, second: Model) -> Blend:
        """The same of other models; a level that was entered goes with the model it was entered for."""
        return self.changed(first, second)

    @property
    def settings(self) -> BlendSettings:
        """How the blend is set."""
        return {
            "share": self.share,
            "first_input_dbu": self.first_input_dbu,
            "second_input_dbu": self.second_input_dbu,
            "first_quality": self.first_quality,
            "second_quality": self.second_quality,
            "off": self.off,
        }

    @property
    def input_gain_db(self) -> float:
        """How much more the second hears than the first: by their input levels, where both are known."""
        first_dbu = self.first.input_level_dbu if self.first_input_dbu is None else self.first_input_dbu
        if first_dbu is None or self.second_input is None:
            return 0.0
        return _limited(first_dbu - self.second_input.dbu)

    @property
    def gain_db(self) -> float:
        """What makes the second as loud as the first; 0 where one of them has no loudness."""
        first, second = loudness_of(self.first).db, loudness_of(self.second).db
        return 0.0 if first is None or second is None else _limited(first - second)

    @property
    def second_later_s(self) -> float | None:
        """How much later the second answers, in seconds; None: that cannot be told."""
        (first_s, _), (second_s, _) = _answer(self.first), _answer(self.second)
        if first_s is None or second_s is None or abs(second_s - first_s) > MOST_LATE_S:
            return None
        return second_s - first_s

    @property
    def is_inverted(self) -> bool:
        """Whether the two are of opposite polarity, as far as that can be told."""
        return _answer(self.first)[1] * _answer(self.second)[1] < 0

    @property
    def together(self) -> str:
        """What brings the two together, in words."""
        later_s = self.second_later_s
        parts = [f"the second is made {abs(self.gain_db):.1f} dB {'louder' if self.gain_db > 0 else 'softer'}"]
        parts += [f"hears {self.input_gain_db:+z.1f} dB"] if self.input_gain_db else []
        parts += ["is turned over"] if self.is_inverted else []
        if later_s is None:
            parts.append("is not aligned, as one of them has no single delay")
        elif abs(later_s) * self.rate >= 0.5:
            parts.append(f"answers {abs(later_s) * 1000:.2f} ms {'later' if later_s > 0 else 'earlier'} and is aligned")
        else:
            parts.append("answers when the first does")
        return ", ".join(parts)

    @property
    def receptive_field_samples(self) -> int:
        """How much past input decides its state."""
        return max(model.receptive_field_samples for model in self.playing) + round(MOST_LATE_S * self.rate)

    @property
    def network_hash(self) -> str:
        """Of both, the share, and how much more the second hears."""
        if self.off is not None:
            return self.playing[0].network_hash
        set_to = f"{self.share:.3f} {self.input_gain_db:.2f}"
        return hash_of(CALL, self.first.network_hash, self.second.network_hash, set_to)

    def network(self, session_rate: float | None = None, quality: int = 1, *, linear_phase: bool = False) -> Playable:
        """A fresh playing instance, see `Model.network`; each model at its own quality, `quality` at most."""
        rate = self.rate if session_rate is None else session_rate
        first, second = self._networks(rate, quality, linear_phase)
        if first is None or second is None:
            alone = first or second
            assert alone is not None  # one of them plays
            return alone
        later = second.latency_samples - first.latency_samples + round((self.second_later_s or 0.0) * rate)
        alignment = Alignment(self.input_gain_db, self.gain_db, self.is_inverted, max(later, 0), max(-later, 0))
        return BlendNetwork(first, second, alignment, self.share, rate)

    def _facts(self) -> list[tuple[str, str | None]]:
        return [
            ("architecture", self.shape),
            ("rate", f"{self.rate:g} Hz"),
            ("input level", None if self.input_level_dbu is None else f"{self.input_level_dbu:g} dBu"),
            ("output level", None),
            ("loudness", None),
            ("share", f"{self.share:.0%} of the second"),
            ("together", self.together),
        ]

    def __repr__(self) -> str:
        return notebook.line(CALL, self.name, [self.shape, f"{self.rate:g} Hz", f"{self.share:.0%} of the second"])


@lru_cache(maxsize=64)
def _answer(model: Model) -> tuple[float | None, int]:
    """When a model answers, in seconds, and its polarity; None and 1 where that cannot be told."""
    delay_samples, polarity, confidence = measure_delay(model)
    if delay_samples is None or polarity is None or confidence is None or confidence < CLEAR:
        return None, 1
    return delay_samples / model.rate, polarity


def _limited(gain_db: float) -> float:
    return max(-MOST_GAIN_DB, min(MOST_GAIN_DB, gain_db))
