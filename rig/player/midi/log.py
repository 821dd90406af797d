"""What came in over MIDI and what it did, in words, for `rig midi`; the last events of a session are kept."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...dsp.midi_events import CONTROL_CHANGE, NOTE_ON, PROGRAM_CHANGE
from ...files.json_file import Damaged, Record, read_record, write_json
from ...files.paths import cache_folder
from ...midi_actions import DONE, RESTS, SET_TO, TOGGLED, TOLD, UNBOUND, WAITS
from .learn import Heard

if TYPE_CHECKING:
    from .lookup import Compiled

FILE_NAME = "midi-events.json"
SCHEMA = 1
MOST = 1e9  # of a value, in any unit
OUTCOMES = {
    DONE: "nothing: a switch that is let go, or has not moved",
    UNBOUND: "nothing: bound to nothing",
    WAITS: "waits until the knob passes the value",
    SET_TO: "set",
    TOGGLED: "switched",
    TOLD: "carried out",
    RESTS: "nothing: so soon after the last one its contacts still bounce",
}
KNOB = (OUTCOMES[SET_TO], OUTCOMES[WAITS])


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: the message, and what came of it. Frames are the server's; `period` is where its period began."""

    time: str
    message: str
    command: str
    outcome: str
    value: float | None
    period: int
    offset: int
    acted_at: int
    count: int = 1  # of a knob: how many messages, of which this is the last

    @classmethod
    def of(cls, line: Any, maps: Mapping[int, Compiled]) -> Happened:
        """From a line of the log (`rig.midi_actions.LOGGED`)."""
        outcome, made = int(line["outcome"]), maps.get(int(line["map"]))
        known = made is not None and int(line["binding"]) >= 0
        return cls(
            time.strftime("%H:%M:%S"),
            in_words(line),
            made.binding(int(line["binding"]), int(line["data_1"])).target if made is not None and known else "",
            OUTCOMES[outcome],
            float(line["value"]) if outcome in (SET_TO, TOGGLED) else None,
            *(int(line[name]) for name in ("period_frame", "offset_frames", "acted_at_frames")),
        )

    def __str__(self) -> str:
        value = f" {self.value:g}" if self.value is not None else ""
        command = f"{self.command}: " if self.command else ""
        count = f" ({self.count} messages)" if self.count > 1 else ""
        return f"{self.time}  {self.message:<32} {command}{self.outcome}{value}{count}"

    def goes_on(self, before: Happened) -> bool:
        """Whether this is the same knob, turned further."""
        control = self.message.partition(" = ")[0], self.message.partition(", ")[2], self.command
        same = control == (before.message.partition(" = ")[0], before.message.partition(", ")[2], before.command)
        return same and self.outcome in KNOB and before.outcome in KNOB


def note_down(recent: deque[Happened], event: Happened) -> None:
    """Add an event to the last ones; a knob that is turned is one of them, however many messages it sends."""
    if recent and event.goes_on(recent[-1]):
        event = replace(event, count=recent.pop().count + 1)
    recent.append(event)


def heard(line: Any) -> Heard | None:
    """The message of a line of the log, if it may be bound."""
    message, channel, first, second = _taken(line)
    if message == NOTE_ON and second > 0:
        return Heard("note", first, channel, second)
    if message == CONTROL_CHANGE:
        return Heard("control", first, channel, second)
    return Heard("program", first, channel) if message == PROGRAM_CHANGE else None


def in_words(line: Any) -> str:
    """The message, as a player calls it."""
    message, channel, first, second = _taken(line)
    if message == CONTROL_CHANGE:
        return f"CC {first} = {second}, channel {channel}"
    if message == PROGRAM_CHANGE:
        return f"program {first}, channel {channel}"
    if message == NOTE_ON:
        return f"note {first}, velocity {second}, channel {channel}"
    return f"message {message:#x} {first} {second}, channel {channel}"


def _taken(line: Any) -> tuple[int, int, int, int]:
    status = int(line["status"])
    return status & 0xF0, (status & 0x0F) + 1, int(line["data_1"]), int(line["data_2"])


def last_file() -> Path:
    """Where the last events are kept."""
    return cache_folder() / FILE_NAME


def keep_last(events: Iterable[Happened]) -> None:
    """Keep them, if that is possible."""
    with contextlib.suppress(OSError):
        content = {"schema": SCHEMA, "ended": time.strftime("%Y-%m-%d %H:%M:%S"), "events": [*map(asdict, events)]}
        write_json(last_file(), content)


def last_events() -> tuple[str, list[Happened]]:
    """When the last session that heard MIDI ended, and its last events; nothing where none is known."""
    try:
        content = read_record(last_file())
        if content is None:
            return "", []
        content.check_schema(SCHEMA)
        return content.text("ended"), [_happened(event) for event in content.records("events")]
    except (OSError, Damaged):
        return "", []


def _happened(event: Record) -> Happened:
    return Happened(
        time=event.text("time"),
        message=event.text("message"),
        command=event.text("command"),
        outcome=event.text("outcome"),
        value=event.number_or_none("value", -MOST, MOST),
        period=event.whole_number("period", 0, 1 << 63),
        offset=event.whole_number("offset", 0, 1 << 63),
        acted_at=event.whole_number("acted_at", 0, 1 << 63),
    )
