"""What the interface tells of its preamp: gain, INST, pad and air, where its driver shows them to ALSA."""

from __future__ import annotations

from ..errors import ConfigError
from ..knob.cards import NotThere, Wanted
from ..knob.in_force import InForce, in_force, row_of
from ..knob.preamp import Reading
from ..knob.watch import is_offered, read_once
from ..levels import Level
from ..library.interfaces import Interface
from .finding import Finding

TYPED = "Type the gain of the knob: --preamp-gain-db G, or {key} while you play."


def knob(
    asked: Wanted, named: Level | None, row: Interface | None, number: int | None
) -> tuple[list[Finding], InForce | None]:
    """What is read, and what it makes of the level that was named; None: nothing is read."""
    way_out = TYPED.format(key="E")
    if not asked.is_on:
        return [], None
    if not is_offered():
        text = "There is no alsa-lib here that could tell how the interface is set (libasound.so.2)."
        return [Finding("knob", "unknown", text, way_out)], None
    try:
        reading = read_once(asked, None if row is None else row.name, number)
    except NotThere as error:
        return [Finding("knob", "unknown", f"Nothing tells how the interface is set: {error}", way_out)], None
    except ConfigError as error:
        return [Finding("knob", "warn", f"The knob cannot be followed: {error}", way_out)], None
    force = in_force(reading, named, row or row_of(reading.interface))
    return [_finding(reading, force)], force


def _finding(reading: Reading, force: InForce) -> Finding:
    figures = {"interface": reading.interface, "input": reading.number, "gain_db": force.gain_db}
    text = f"{reading.interface}, {reading.text}"
    if force.contradictions:
        said = "; ".join(each.text for each in force.contradictions)
        return Finding("knob", "warn", f"{text}: {said}.", "Set the input to INST, pad and air off.", figures)
    return Finding("knob", "ok", f"{text}; rig play follows it.", None, figures)
