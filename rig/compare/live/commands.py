"""Everything that can be done while comparing, in a table like that of playing; keys: `player/key_map.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...player.command import Command, action, choice, switch, table_of, value
from ...player.following.training_commands import training_commands
from ...player.tone_commands import tone_commands
from ...player.tools.loop_section import section_commands
from .model_tone import pair_commands
from .wires import wire_commands

if TYPE_CHECKING:
    from .comparison import Comparison

HEARD = ("A", "B", "difference", "X")

GROUPS: dict[str, tuple[Command[Comparison], ...]] = {
    "": (
        choice("hear", "what is heard", HEARD, lambda c: c.hearing, lambda c, to: c.listen(to)),
        action("hear_a", "hear side A", lambda c: c.hear("A")),
        action("hear_b", "hear side B", lambda c: c.hear("B")),
        action("hear_difference", "hear A minus B: what the two do not have in common", lambda c: c.hear_difference()),
        action("hear_x", "hear X, which is one of the two", lambda c: c.trials.hear_x()),
        action("begin_test", "begin the blind test, or go on with it", lambda c: c.trials.begin()),
        action("answer_a", "X is A, once it is confirmed", lambda c: c.trials.answer("A")),
        action("answer_b", "X is B, once it is confirmed", lambda c: c.trials.answer("B")),
        action("confirm_answer", "make the answer final", lambda c: c.trials.confirm()),  # nothing asks once more
        value(
            *("match_trim", "level of side B", "dB", (-20.0, 20.0), 0.1),
            lambda c: c.match_trim_db,
            lambda c, db: c.trim(db),
        ),
        *tone_commands(lambda c: c.tone),
        *pair_commands(lambda c: c.tone),
        *section_commands(lambda c: c.section),
        *wire_commands(lambda c, way, port: c.plug(way, port)),
        switch("lock", "lock or unlock the levels", lambda c: c.locked, lambda c, on: c.lock(on)),
        action("measure", "measure delay and level again", lambda c: c.measure()),
        *training_commands(lambda c: c.training),
        action("restore", "bring the sound back after an overload", lambda c: c.restore()),
        action("help", "show the keys", lambda c: c.help()),
        action("quit", "quit", lambda c: c.quit(), danger=True),
    )
}
COMMANDS: dict[str, Command[Comparison]] = table_of(GROUPS)
