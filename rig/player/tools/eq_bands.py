"""The equalizer under a hand: one of its bands is chosen, and moved in all that it is while it sounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...dsp.tone.equalizer import MOST_BANDS, USUAL_Q, EqBand, Place
from ...errors import RigError
from ..carried import Carried
from ..events import Event, Tell

# What a band is before anybody has moved it: spread over a guitar, and flat.
UNMOVED = (
    EqBand("low_shelf", 100.0, 0.0),
    EqBand("peak", 250.0, 0.0, 1.0),
    EqBand("peak", 600.0, 0.0, 1.0),
    EqBand("peak", 1500.0, 0.0, 1.0),
    EqBand("peak", 3500.0, 0.0, 1.0),
    EqBand("high_shelf", 7000.0, 0.0, USUAL_Q),
)
assert len(UNMOVED) == MOST_BANDS
NAMES = {"peak": "peak", "low_shelf": "low shelf", "high_shelf": "high shelf"}
PLACES: tuple[Place, ...] = ("behind", "before", "between")
IN_WORDS = {"behind": "behind the model", "before": "in front of the model", "between": "between the two models"}


class EqBands(Carried):
    """One equalizer. `eq()` is what it is now, and `change` makes it another one while it sounds."""

    CARRIED = ("number",)
    REMADE = ("tell", "_eq", "_change")

    def __init__(
        self, tell: Tell, eq: Callable[[], tuple[EqBand, ...]], change: Callable[[tuple[EqBand, ...]], None]
    ) -> None:
        self.tell, self._eq, self._change = tell, eq, change
        self.number = 1  # of the chosen band

    def choose(self, number: int) -> None:
        """The band that is moved from now on, 1 to 6."""
        self.number = min(max(number, 1), MOST_BANDS)

    @property
    def band(self) -> EqBand:
        """The chosen one."""
        return self._filled()[self.number - 1]

    @property
    def place(self) -> Place:
        """Where it was put; `between` lies behind the model as long as there is only one."""
        return self.band.place(in_row=True)

    def set(self, **fields: Any) -> None:
        """Let it be otherwise. Raises RigError for what cannot be."""
        bands = self._filled()
        bands[self.number - 1] = replace(bands[self.number - 1], **fields)
        self._change(tuple(bands[: max(self.number, len(self._eq()))]))

    def put(self, place: Place) -> None:
        """Let it lie elsewhere."""
        self.set(before=place == "before", between=place == "between")

    def take_away(self) -> None:
        """The equalizer without the chosen band; those behind it move up."""
        bands = list(self._eq())
        if self.number > len(bands):
            raise RigError(f"The equalizer has no band {self.number}; it has {len(bands)}.")
        del bands[self.number - 1]
        self._change(tuple(bands))
        self.tell(Event("eq", f"without that band; {len(bands)} of {MOST_BANDS} are left"))

    def say(self) -> None:
        """Tell how the chosen one stands."""
        self.tell(Event("eq", f"{self.in_words}"))

    @property
    def in_words(self) -> str:
        """The chosen one."""
        band, off = self.band, "" if self.band.on else ", off"
        shape = f"{NAMES[band.type]} {band.hz:.0f} Hz, {band.gain_db:+z.1f} dB, Q {band.q:.2f}"
        return f"band {self.number}: {shape}, {IN_WORDS[self.place]}{off}"

    def _filled(self) -> list[EqBand]:
        """All six: those that there are, and those that nobody has moved yet."""
        eq = self._eq()
        return [*eq, *UNMOVED[len(eq) :]]
