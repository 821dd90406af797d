"""The knob of the interface, followed: what its driver tells is taken into the sum, until somebody types a gain.

A watch (`rig.knob.watch`) reads in a thread of its own; here, on the control side, its news become a level and a gain,
and what sounds follows with a fade. Nothing is guessed: what the calibration did not assume is said, and stays said.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from ...knob.in_force import Contradiction, InForce, in_force, row_of
from ...knob.preamp import Reading
from ...knob.watch import KnobWatch, News
from ...levels import Level
from ...library.alsa_controls import is_same
from ...library.interfaces import Interface
from ...sound import Sound
from ..carried import Carried
from ..events import Event, Tell

SETTLED_S = 0.4  # without another turn before the new sum is told
GONE_WORD = "KNOB GONE"


class FollowedKnob(Carried):
    """Takes a watch's readings over. `resum()`: what sounds takes `of(sound)`; `sums()`: it tells its sums.

    `is_on`: wanted. `gain_is_typed`: but for the gain, as somebody has typed one since. `reading`: the last one; None:
    there was none. `is_gone`: the card was pulled out since.
    """

    CARRIED = ("is_on", "gain_is_typed", "named", "row", "found_row", "reading", "is_gone")
    REMADE = ("tell", "watch", "clock", "_resum", "_sums", "_moved_at")

    def __init__(self, tell: Tell, resum: Callable[[], None], sums: Callable[[], None]) -> None:
        self.tell, self._resum, self._sums = tell, resum, sums
        self.watch: KnobWatch | None = None
        self.is_on, self.gain_is_typed, self.is_gone = True, False, False
        self.named: Level | None = None  # the level of the interface as it was named: INST, no pad, minimum gain
        self.row: Interface | None = None  # that interface in the table
        self.found_row: Interface | None = None  # the one that is read
        self.reading: Reading | None = None
        self.clock = time.monotonic
        self._moved_at: float | None = None  # a turn that was not told yet

    def name(self, level: Level | None, row: Interface | None) -> None:
        """Which interface the sum is for."""
        self.named, self.row = level, row
        if self.watch is not None:
            self.watch.aim(None if row is None else row.name)

    # ------------------------------------------------------------ what holds
    @property
    def in_force(self) -> InForce | None:
        """What the reading makes of the level that was named; None: nothing is followed."""
        reading = self.reading
        if (
            not self.is_on
            or reading is None
            or (self.row is not None and not is_same(reading.interface, self.row.name))
        ):
            return None
        force = in_force(reading, self.named, self.row or self.found_row)
        return replace(force, gain_db=None) if self.gain_is_typed else force

    @property
    def is_following(self) -> bool:
        """Whether all that is read holds; also while the interface is away, as what was read last does then."""
        return self.in_force is not None and not self.gain_is_typed

    @property
    def reads_gain(self) -> bool:
        """Whether the gain of the sum is the one that was read."""
        force = self.in_force
        return force is not None and force.gain_db is not None

    @property
    def words(self) -> tuple[str, ...]:
        """What contradicts the calibration, each a word for a row of states."""
        force = self.in_force
        if force is None:
            return ()
        return (*(each.word for each in force.contradictions), *((GONE_WORD,) if self.is_gone else ()))

    def of(self, sound: Sound) -> Sound:
        """The same sound with the level and the gain that hold."""
        force = self.in_force
        if force is None:
            if not sound.gain_is_read and (self.reading is None or sound.interface == self.named):
                return sound
            return sound.changed(interface=self.named, gain_is_read=False)
        gain_db = sound.preamp_gain_db if force.gain_db is None else force.gain_db
        is_read = force.gain_db is not None
        if (sound.interface, sound.preamp_gain_db, sound.gain_is_read) == (force.level, gain_db, is_read):
            return sound
        return sound.changed(interface=force.level, preamp_gain_db=gain_db, gain_is_read=is_read)

    # ------------------------------------------------------------ asked for
    def switch(self, on: bool) -> None:
        """Follow, or leave the gain to whoever types it."""
        if on and self.reading is None:
            self.tell(Event("state", "Nothing is read from the interface: type the gain of the knob ({knob})."))
        self.is_on, self.gain_is_typed = on, False
        if self.reading is None:
            return
        self._resum()
        self._sums()
        if on:
            self._say_contradictions(())

    def let_go(self) -> None:
        """A gain is typed: it holds from now on."""
        if self.reads_gain:
            self.gain_is_typed = True
            self.tell(Event("more", "the gain typed holds, and the knob is not followed; auto ({knob}) reads it again"))

    # ------------------------------------------------------------ watching
    def poll(self) -> None:
        """Take over what was read since."""
        for news in self.watch.news() if self.watch is not None else ():
            self._take(news)
        if self._moved_at is not None and self.clock() - self._moved_at >= SETTLED_S:
            self._moved_at = None
            self._sums()

    def _take(self, news: News) -> None:
        if news.reading is not None:
            self._read(news.reading)
        elif news.kind == "gone":
            self.is_gone = self.reading is not None
            what = "what was read last holds until it is back" if self.is_gone else "it is followed when it is back"
            self.tell(Event("warning", f"the interface that is followed is gone: {what}."))
        elif news.kind == "refused" or (self.watch is not None and self.watch.asked.is_asked):
            held = (
                "What was read last holds."
                if self.reading is not None
                else "The gain of the knob is to be typed ({knob})."
            )
            self.tell(Event("warning", f"the knob is not followed: {news.text} {held}"))

    def _read(self, reading: Reading) -> None:
        first, was_gone, before = self.reading is None, self.is_gone, self._contradictions
        gain_before = self.reading.gain_db if self.reading is not None else None
        if self.reading is None or self.reading.interface != reading.interface:
            self.found_row = row_of(reading.interface)
        self.reading, self.is_gone = reading, False
        if not self.is_on:
            return
        self._resum()
        if first:
            self._say_first(reading)
        if was_gone:
            self.tell(Event("state", f"The interface is back; {reading.text}."))
        if first or was_gone or before != self._contradictions:
            self._moved_at = None
            self._sums()
            self._say_contradictions(before)
        elif reading.gain_db != gain_before:
            self._moved_at = self.clock()

    def _say_first(self, reading: Reading) -> None:
        self.tell(Event("input", f"read from {reading.interface}, {reading.text}"))
        force = self.in_force
        if force is not None and force.note:
            self.tell(Event("more", force.note))
        if self.named is None:
            self.tell(Event("more", "its level in dBu is taken from the table when you name it ({interface})"))

    @property
    def _contradictions(self) -> tuple[Contradiction, ...]:
        force = self.in_force
        return () if force is None else force.contradictions

    def _say_contradictions(self, before: tuple[Contradiction, ...]) -> None:
        for each in self._contradictions:
            if each not in before:
                self.tell(Event("warning", f"{each.text}."))
