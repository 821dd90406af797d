"""Meters drawn with characters: the level of the guitar, and how far a string is off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...decibels import SILENCE_DBFS

if TYPE_CHECKING:
    from ...player.tools.tuner import TunerReading

IN_TUNE_CENTS = 1.5
BAR_DBFS, BAR_DB = -36.0, 1.5  # the bar begins here, and each character stands for so much
WIDTHS = (61, 41, 21)


def level(dbfs: float) -> str:
    """A level in six characters.

    >>> level(-41.26), level(-0.04), level(-480.0)
    (' -41.3', '   0.0', 'silent')
    """
    return f"{dbfs:z6.1f}" if dbfs > SILENCE_DBFS else "silent"


def bar(peak_dbfs: float, loudest_dbfs: float | None, zone_dbfs: tuple[float, float]) -> str:
    """The input meter from -36 to 0 dBFS: the zone of the loudest playing stands between two strokes.

    `:` is the loudest of the last ten seconds of playing; None: too little has been played.
    """
    cells = round(-BAR_DBFS / BAR_DB)
    marks = ["#" if BAR_DBFS + BAR_DB * (k + 0.5) <= peak_dbfs else "." for k in range(cells)]
    if loudest_dbfs is not None and loudest_dbfs >= BAR_DBFS:
        marks[min(cells - 1, int((loudest_dbfs - BAR_DBFS) / BAR_DB))] = ":"
    low, high = (round((dbfs - BAR_DBFS) / BAR_DB) for dbfs in zone_dbfs)
    return f"[{''.join(marks[:low])}|{''.join(marks[low:high])}|{''.join(marks[high:])}]"


def needle(cents: float, width: int) -> str:
    """Where between the notes it stands: `width` characters, an odd number, the middle is in tune.

    >>> needle(0.0, 11), needle(-50.0, 11), needle(20.0, 11)
    ('[....O....]', '[o...|....]', '[....|.o..]')
    """
    reach = (width - 3) // 2
    at = reach + round(max(-50.0, min(50.0, cents)) / 50 * reach)
    marks = ["."] * (2 * reach + 1)
    marks[reach] = "|"
    marks[at] = "O" if abs(cents) <= IN_TUNE_CENTS else "o"
    return f"[{''.join(marks)}]"


def tuner_lines(tuner: TunerReading) -> list[str]:
    """The tuner, from the longest form to the shortest."""
    reference = f"A4 = {tuner.a4_hz:g} Hz"
    if tuner.hz is None:
        return [f"tuner  play one string   {reference}", "tuner  play"]
    cents = tuner.cents
    way = "in tune" if abs(cents) <= IN_TUNE_CENTS else "tune up" if cents < 0 else "tune down"
    exact = f"{tuner.note:<3} {cents:+z5.1f} cents"
    forms = [f"tuner  {exact}  {needle(cents, width)}  {way:<9}" for width in WIDTHS]
    return [f"{forms[0]} {tuner.hz:.2f} Hz   {reference}", f"{forms[1]} {tuner.hz:.2f} Hz", *forms[1:], exact]
