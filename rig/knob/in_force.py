"""What a reading of the preamp means for the sum of the levels: the level that holds, the gain, and what contradicts.

The sum is that of an instrument input at minimum gain, pad and air off. A level of the line input, or of the pad, is
taken where the table of interfaces has one; where it has none, nothing is made up: the sum stays, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ConfigError
from ..levels import MAX_PREAMP_GAIN_DB, Level
from ..library.interfaces import Interface
from .preamp import Reading


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What the calibration did not assume: a word for a row of states, and a sentence."""

    word: str
    text: str


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds. `level`: None: no interface is named. `gain_db`: above minimum; None: it cannot be read."""

    level: Level | None
    gain_db: float | None
    contradictions: tuple[Contradiction, ...] = ()
    note: str = ""  # what is not known for certain


def in_force(reading: Reading, named: Level | None, row: Interface | None) -> InForce:
    """What a reading makes of the level that was named. `row`: the interface in the table; None: it has none."""
    found: list[Contradiction] = []
    level, at = named, f"input {reading.number}"
    if reading.is_instrument is False:
        level = _other(named, row, "line input", None if row is None else row.max_line_dbu)
        sums = _sums(level, named, "the line input", "INST")
        found.append(Contradiction("LINE", f"{at} is set to LINE, and a guitar belongs into INST: {sums}"))
    if reading.has_pad:
        padded = None if row is None or reading.is_instrument is False else row.max_inst_pad_dbu
        with_pad = level if reading.is_instrument is False else _other(named, row, "pad on", padded)
        sums = _sums(with_pad if padded is not None else named, named, "the pad", "no pad")
        level = with_pad
        found.append(Contradiction("PAD", f"the pad of {at} is on: {sums}"))
    if reading.air:
        how = "" if reading.air == "on" else f" ({reading.air})"
        found.append(
            Contradiction("AIR", f"air{how} is on at {at}: the model hears another guitar than the sum is made for")
        )
    gain_db, note = _gain_db(reading, row)
    return InForce(level, gain_db, tuple(found), note)


def row_of(interface: str) -> Interface | None:
    """An interface in the table; None: it has none, or the player's own table cannot be read."""
    try:
        return Interface.named(interface)
    except ConfigError:
        return None


def _other(named: Level | None, row: Interface | None, what: str, dbu: float | None) -> Level | None:
    """A level of the table in place of the one that was named, where both are known."""
    if named is None or row is None or dbu is None:
        return named
    return Level(dbu, f"{row.model}, {what}")


def _sums(level: Level | None, named: Level | None, what: str, expected: str) -> str:
    if named is None or level is None:
        return "no sum is made"
    if level is named:
        return f"no level of {what} is known, and the sum stays that of {expected}"
    return f"the sum takes the level of {what}, {level.dbu:.1f} dBu"


def _gain_db(reading: Reading, row: Interface | None) -> tuple[float | None, str]:
    """The gain above minimum, and what is not known of it."""
    if reading.gain_db is None:
        return None, ""
    above_db, note = reading.gain_db - reading.least_db, ""
    if reading.is_instrument:
        least = None if row is None else row.inst_min_readout_db
        if least is None:
            note = "where INST begins on the scale of its gain is not known, 0 dB is taken"
        above_db -= least or 0.0
    return round(min(max(above_db, 0.0), MAX_PREAMP_GAIN_DB), 1), note
