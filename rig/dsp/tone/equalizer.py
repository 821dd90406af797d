"""A parametric equalizer: up to six shelves and peaks of one's own, in front of the model or behind it.

Its bands belong to a sound; while that plays, each may be moved in all that it is, see `bands.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ...errors import ArgumentError, LevelError
from ...scripting.arguments import check_type, number, type_name
from .knobs import HIGH_SHELF, LOW_SHELF, PEAK

CALL = "rig.EqBand"
MOST_BANDS = 6
LOWEST_HZ, HIGHEST_HZ = 20.0, 20_000.0
MOST_GAIN_DB = 18.0  # either way
LOWEST_Q, HIGHEST_Q = 0.1, 10.0
USUAL_Q = 0.71  # of a shelf: as steep as it gets without a bump
Place = Literal["before", "between", "behind"]  # of the model, or of two
BandType = Literal["peak", "low_shelf", "high_shelf"]
KINDS: dict[BandType, int] = {"peak": PEAK, "low_shelf": LOW_SHELF, "high_shelf": HIGH_SHELF}


@dataclass(frozen=True, slots=True)
class EqBand:
    """One band of an equalizer. `hz`: the middle of a peak, or where a shelf has half of its decibels.

    `before`: in front of the model, so that it changes what is distorted, instead of behind it. `between`: behind the
    first of two models in a row, in front of the second. `on`: False keeps it as it is and changes nothing. Raises
    LevelError for what cannot be right, ArgumentError for what is of the wrong type.

    >>> EqBand("peak", 800.0, -4.0, q=1.4)
    EqBand(type='peak', hz=800.0, gain_db=-4.0, q=1.4, before=False, between=False, on=True)
    """

    type: BandType
    hz: float
    gain_db: float
    q: float = USUAL_Q
    before: bool = False
    between: bool = False
    on: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.type, str) or self.type not in KINDS:
            raise LevelError(f"A band of an equalizer is one of {', '.join(KINDS)}, not {self.type!r}.")
        for name, low, high, unit in (
            ("hz", LOWEST_HZ, HIGHEST_HZ, " Hz"),
            ("gain_db", -MOST_GAIN_DB, MOST_GAIN_DB, " dB"),
            ("q", LOWEST_Q, HIGHEST_Q, ""),
        ):
            value = number(CALL, name, getattr(self, name))
            if not low <= value <= high:  # NaN is in no range
                raise LevelError(f"{CALL}({name}=...) goes from {low:g} to {high:g}{unit}, not to {value:g}{unit}.")
            object.__setattr__(self, name, value)
        for name in ("before", "between", "on"):
            if not isinstance(value := getattr(self, name), bool):
                raise ArgumentError(f"{CALL}({name}=...) takes True or False, not {type_name(value)}.")
        if self.before and self.between:
            raise LevelError(f"{CALL}: a band lies before the first model or between the two, not both.")

    @property
    def kind(self) -> int:
        """The same for a kernel."""
        return KINDS[self.type]

    @property
    def heard_db(self) -> float:
        """Its gain, or 0 where it is switched off."""
        return self.gain_db if self.on else 0.0

    def place(self, in_row: bool) -> Place:
        """Where it lies in a lane; where no row plays, there is nothing between two models, and it lies behind."""
        return "before" if self.before else "between" if self.between and in_row else "behind"


def bands_of(call: str, bands: Sequence[EqBand]) -> tuple[EqBand, ...]:
    """The same of what a script gives to `call`; ArgumentError for what are no bands."""
    wanted = "a list of rig.EqBand", 'as in [rig.EqBand("peak", 800.0, -4.0)]'
    check_type(call, "eq", bands, (list, tuple), *wanted)
    for band in bands:
        check_type(call, "eq", band, EqBand, *wanted)
    return checked_bands(bands)


def checked_bands(bands: Sequence[EqBand]) -> tuple[EqBand, ...]:
    """An equalizer, or a LevelError where it has too many bands."""
    if len(bands) > MOST_BANDS:
        raise LevelError(f"An equalizer of {len(bands)} bands; it takes {MOST_BANDS} at most.")
    return tuple(bands)
