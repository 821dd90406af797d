"""The preamp of one input of a card: its controls looked at once, then read as often as they change."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ConfigError
from ..library.alsa_controls import Controls
from .libasound import BOOLEAN, ENUMERATED, INTEGER, Card, Element

SCALE_DB = 2.0  # by which the scale that a driver tells may differ from the one it is known for: 69 or 70 dB, say


@dataclass(frozen=True, slots=True)
class Reading:
    """How one input stands; None: the interface has no such control, or does not tell.

    `gain_db`: on the scale of the control, which begins at `least_db`. `air`: the word for it, empty while it is off.
    """

    interface: str
    number: int
    gain_db: float | None = None
    least_db: float = 0.0
    is_instrument: bool | None = None
    has_pad: bool | None = None
    air: str | None = None

    @property
    def text(self) -> str:
        """In words, like `input 1: gain 27.0 dB, INST, air off`."""
        said = [] if self.gain_db is None else [f"gain {self.gain_db:.1f} dB"]
        said += [] if self.is_instrument is None else ["INST" if self.is_instrument else "LINE"]
        said += [] if self.has_pad is None else [f"pad {'on' if self.has_pad else 'off'}"]
        said += [] if self.air is None else [f"air {self.air or 'off'}"]
        return f"input {self.number}: {', '.join(said)}"


class Preamp:
    """The controls of one input. Raises ConfigError for what cannot be followed, ControlError for a card that goes."""

    def __init__(self, card: Card, controls: Controls, number: int | None) -> None:
        number = controls.inputs[0] if number is None else number
        self.controls, self.number = controls, number
        if number not in controls.inputs:
            known = " and ".join(map(str, controls.inputs))
            raise ConfigError(
                f"{controls.interface}: the controls of input {number} are not known, those of {known} are."
            )
        self.gain = self._found(card, controls.gain, (INTEGER,))
        self.level = self._found(card, controls.level, (ENUMERATED,))
        self.pad = self._found(card, controls.pad, (BOOLEAN, ENUMERATED))
        self.air = self._found(card, controls.air, (BOOLEAN, ENUMERATED))
        self._elements = [each for each in (self.gain, self.level, self.pad, self.air) if each is not None]
        if not self._elements:
            raise ConfigError(
                f"{controls.interface}: its driver shows none of the controls that it is known for; a newer Linux may."
            )
        self._least_db = self._checked_gain() if self.gain is not None else 0.0
        self._words = {each.name: each.words() for each in self._elements if each.kind == ENUMERATED}
        if self.level is not None and controls.instrument not in self._words[self.level.name]:
            said = " or ".join(self._words[self.level.name])
            raise ConfigError(
                f'{self.level.name} says {said or "nothing"}, expected "{controls.instrument}" among them.'
            )

    def _found(self, card: Card, control: str, kinds: tuple[int, ...]) -> Element | None:
        if not control:
            return None
        element = card.element(self.controls.name(control, self.number))
        if element is not None and element.kind not in kinds:
            raise ConfigError(
                f"{element.name} is of another kind than the driver of {self.controls.interface} makes it."
            )
        return element

    def _checked_gain(self) -> float:
        """The decibels at the least value, where range and scale are those that the driver is known for."""
        assert self.gain is not None
        known, limits, scale = self.controls, self.gain.limits, self.gain.db_range()
        if limits != known.gain_values:
            expected = f"{known.gain_values[0]} to {known.gain_values[1]}"
            raise ConfigError(
                f"{self.gain.name} goes from {limits[0]} to {limits[1]}, its driver is known for {expected}."
            )
        width = known.gain_db[1] - known.gain_db[0]
        if scale is None:
            raise ConfigError(f"{self.gain.name} has no scale in dB, its driver is known for one of {width:g} dB.")
        if not abs(scale[1] - scale[0] - width) <= SCALE_DB:
            said = f"{scale[0]:g} to {scale[1]:g} dB"
            raise ConfigError(f"{self.gain.name} has a scale of {said}, its driver is known for {width:g} dB.")
        return scale[0]

    @property
    def names(self) -> set[str]:
        """The elements whose changes count."""
        return {each.name for each in self._elements}

    def read(self) -> Reading:
        """How it stands now. Raises ConfigError for a value that cannot be, ControlError for a card that goes."""
        return Reading(
            self.controls.interface,
            self.number,
            self._gain_db(),
            self._least_db,
            None if self.level is None else self._word(self.level) == self.controls.instrument,
            None if self.pad is None else bool(self._on(self.pad, self.controls.pad_off)),
            None if self.air is None else self._on(self.air, self.controls.air_off),
        )

    def _gain_db(self) -> float | None:
        if self.gain is None:
            return None
        value = self.gain.read()
        found = self.gain.db(value) if self.controls.gain_values[0] <= value <= self.controls.gain_values[1] else None
        if found is None:
            raise ConfigError(f"{self.gain.name} stands at {value}, which is no gain.")
        return found

    def _word(self, element: Element) -> str:
        words, at = self._words[element.name], element.read()
        if not 0 <= at < len(words):
            raise ConfigError(f"{element.name} stands at {at}, and has only {len(words)} words.")
        return words[at]

    def _on(self, element: Element, off: str) -> str:
        """What is on, in a word; empty: nothing is."""
        if element.kind == BOOLEAN:
            return "on" if element.read() else ""
        word = self._word(element)
        return "" if word == off else word
