"""Somebody comparing: two sides, the commands that act on them, and what there is to see.

The comparer runs on the control side of an engine and knows nothing of terminals. Whatever is worth telling goes to
`tell` as an event.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ...errors import RigError
from ...player.command import Commands, Value
from ...player.events import Event
from ...player.state import Meter, plain_json
from .commands import COMMANDS
from .comparison import Comparison

NOT_TELLING = ("hear", "lock", "loop_from", "loop_to")  # values that are shown in a blind test, too


@dataclass(frozen=True, slots=True)
class AbState:
    """What a front end shows of a comparison. While X is heard, and in a blind test, nothing tells the sides apart."""

    hearing: str  # A, B, difference or X
    in_trial: bool
    answered: int | None  # trials; None: there is no blind test
    trials: int | None
    asked: str | None  # the answer that waits to be confirmed
    input: Meter | None  # None: nobody plays, the sides are files
    send: Meter | None  # None: there is no gear
    returned: Meter | None
    output: Meter | None  # None: a level would tell the sides apart
    level_b_db: float | None
    training: str = ""  # which epoch of a model in training is side A, or is ready
    values: dict[str, Value] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON data; levels of silence are null."""
        data: dict[str, Any] = plain_json(asdict(self))
        return data


class Comparer(Comparison):
    """A comparison, and the commands of `commands.py` that act on it."""

    @property
    def commands(self) -> Commands[Comparison]:
        """The table, for this comparison."""
        return Commands(self, COMMANDS, self.tell)

    def do(self, name: str, direction: int = 0, text: str | None = None) -> None:
        """Carry out a command: an action, or a step of its value up (1) or down (-1). What goes wrong is told."""
        self.commands.do(name, direction, text)

    def value(self, name: str) -> Value:
        """How a switch, choice or value of the table stands."""
        return self.commands.value(name)

    def set(self, name: str, value: Value) -> None:
        """Set a switch, choice or value, as near as its range allows. What goes wrong is told."""
        try:
            self.commands.put(name, value)
        except RigError as error:
            self.tell(Event("error", str(error)))

    def poll(self) -> None:
        """Look after the engine; call it some ten times a second."""
        self.engine.poll()
        self.training.arrive(0.0)
        self.tone.arrive()
        faults = self.engine.faults()
        if faults.overloaded:
            why = "Overload: two sides were too much for this period. A larger one helps;"
            self.tell(Event("fault", f"{why} {{restore}} brings the sound back."))
        if faults.model_faults:
            what = "A model answered with something that is not a number; it was silenced and started afresh."
            self.tell(Event("fault", what))

    def look(self) -> AbState:
        """Read the meters, and take down what there is to see; a meter starts anew when it is read."""
        test = self.test
        meters = {name: Meter(*_reading(self, name)) for name in ("input", "send", "return", "output")}
        values = self.commands.values()
        return AbState(
            hearing=self.hearing,
            in_trial=self.trials.in_trial,
            answered=None if test is None else test.answered,
            trials=None if test is None else test.trials,
            asked=self.trials.asked,
            input=meters["input"] if self.hears_guitar else None,
            send=None if self.gear is None else meters["send"],
            returned=None if self.gear is None else meters["return"],
            output=None if test is not None else meters["output"],
            level_b_db=None if test is not None else self.level_b_db,
            training="" if self.in_test else self.training.text,
            values=values if test is None else {name: values[name] for name in NOT_TELLING},
        )


def _reading(comparer: Comparer, name: Any) -> tuple[float, float, int]:
    reading = comparer.engine.reading(name)
    return reading.peak_dbfs, reading.rms_dbfs, reading.clips
