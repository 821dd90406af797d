"""What --follow-knob asks for, and the watch that a session keeps for it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ConfigError
from .options import KEPT, interface_level, is_interface_named

if TYPE_CHECKING:
    from ..knob.cards import Wanted
    from ..knob.preamp import Reading
    from ..knob.watch import KnobWatch
    from ..levels import Level
    from ..library.interfaces import Interface


def gain_is_given(options: argparse.Namespace) -> bool:
    """Whether a gain holds that was given: there is one, and no card was named. Raises ConfigError."""
    from ..knob.cards import wanted

    return bool(options.preamp_gain_db) and not wanted(options.follow_knob).is_asked


def knob_asked(options: argparse.Namespace) -> Wanted:
    """What was asked for, where it is read once: nothing where a gain holds that was given. Raises ConfigError."""
    from ..knob.cards import Wanted, wanted

    return Wanted(is_on=False) if gain_is_given(options) else wanted(options.follow_knob)


def row_of(options: argparse.Namespace) -> Interface | None:
    """The interface in the table, where its name is known: from --interface, else from the one that is kept."""
    from ..knob.in_force import row_of as in_table
    from ..library.calibrated_levels import load_settings

    name = options.interface
    if not is_interface_named(options):
        kept = load_settings().interface
        name = kept.name if kept is not None else ""
    if options.max_input_dbu is not None or not name or name.strip().casefold() in (KEPT, "none"):
        return None
    return in_table(name)  # the table may have changed since, or the name be another one's


def watch_for(
    options: argparse.Namespace, row: Interface | None, ports: Sequence[str], say: Callable[[str], None]
) -> KnobWatch | None:
    """A watch that has begun; None where nothing can be followed, which is said where somebody asked for it."""
    from ..knob.cards import input_of, wanted
    from ..knob.watch import KnobWatch, is_offered
    from ..library.alsa_controls import all_controls

    asked = wanted(options.follow_knob)
    if not asked.is_on:
        return None
    try:
        known = all_controls()
    except ConfigError as error:
        say(f"Knob     it is not followed: {error}")
        return None
    why = ""
    if not is_offered():
        why = "there is no alsa-lib here to ask (libasound.so.2)"
    elif row is not None and not any(controls.is_of(row.name) for controls in known):
        why = f"the controls of {row.name} are not known"
    if why:
        if asked.is_asked:
            say(f"Knob     it is not followed: {why}.")
        return None
    watch = KnobWatch(asked, None if row is None else row.name, input_of(ports), known)
    watch.start()
    return watch


@dataclass(frozen=True, slots=True)
class Desk:
    """The interface as a session begins: its level that holds, and the reading that it is from; None: none."""

    level: Level | None
    reading: Reading | None = None
    is_read: bool = False  # the gain too


def read_desk(options: argparse.Namespace, say: Callable[[str], None]) -> Desk:
    """Read it once, for what is compared at one setting: `options.preamp_gain_db` becomes the gain that was read."""
    from ..knob.cards import NotThere, input_of
    from ..knob.in_force import in_force
    from ..knob.in_force import row_of as in_table
    from ..knob.watch import is_offered, read_once

    level, asked, row = interface_level(options), knob_asked(options), row_of(options)
    if not (asked.is_on and is_offered()):
        return Desk(level)
    try:
        port = getattr(options, "input", None)
        reading = read_once(asked, None if row is None else row.name, input_of([port] if port else []))
    except NotThere as error:
        if asked.is_asked:
            say(f"Knob     it is not read: {error}")
        return Desk(level)
    except ConfigError as error:
        say(f"Knob     it is not read: {error}")
        return Desk(level)
    force = in_force(reading, level, row or in_table(reading.interface))
    if force.gain_db is not None:
        options.preamp_gain_db = force.gain_db
    say(f"Knob     read from {reading.interface}, {reading.text}")
    for each in force.contradictions:
        say(f"Warning  {each.text}.")
    return Desk(force.level, reading, force.gain_db is not None)


class HeldKnob:
    """What was read holds for a whole session; what moves against it is said. `watch`: None: nothing is watched."""

    def __init__(self, watch: KnobWatch | None, held: Reading | None, why: str) -> None:
        self.watch, self.held, self._why, self._before = watch, held, why, held
        self.has_moved = False

    @classmethod
    def of(cls, desk: Desk, options: argparse.Namespace, why: str) -> HeldKnob:
        """Watch what a desk was read from. `why`: what a movement means, as the end of a sentence."""
        from ..knob.watch import KnobWatch

        if desk.reading is None:
            return cls(None, None, why)
        watch = KnobWatch(knob_asked_anew(options), desk.reading.interface, desk.reading.number)
        watch.start()
        return cls(watch, desk.reading, why)

    def news(self) -> list[str]:
        """What has moved since, in sentences."""
        found = []
        for news in self.watch.news() if self.watch is not None else ():
            if news.reading is None:
                found += ["the interface is gone"] if news.kind == "gone" else []
                continue
            self.held = self.held or news.reading
            if news.reading != self._before and self._before is not None:
                self.has_moved = True
                back = news.reading == self.held
                found.append(f"{news.reading.text}{' again' if back else f'; {self._why}'}")
            self._before = news.reading
        return found

    def close(self) -> None:
        """Watch no more."""
        if self.watch is not None:
            self.watch.close()


def knob_asked_anew(options: argparse.Namespace) -> Wanted:
    """The card that was read, whatever gain the options hold by now."""
    from ..knob.cards import wanted

    return wanted(options.follow_knob)
