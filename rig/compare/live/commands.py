"""Everything that can be done while comparing, in one table like that of playing, and the keys for it."""

from __future__ import annotations

from ...player.commands import Command

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("hear_a", "hear side A"),
        Command("hear_b", "hear side B"),
        Command("hear_x", "hear X, which is one of the two"),
        Command("next_trial", "begin the blind test, or its next trial"),
        Command("answer_a", "X is A (final)"),
        Command("answer_b", "X is B (final)"),
        Command("match_trim", "level of side B", "dB", -20.0, 20.0, 0.1),
        Command("lock", "lock or unlock the levels"),
        Command("measure", "measure delay and level again"),
        Command("restore", "bring the sound back after an overload"),
        Command("help", "show the keys"),
        Command("quit", "quit"),
    )
}

# key -> command and direction of its step (0 for an action)
KEYS: dict[str, tuple[str, int]] = {
    "a": ("hear_a", 0),
    "b": ("hear_b", 0),
    "x": ("hear_x", 0),
    "n": ("next_trial", 0),
    "A": ("answer_a", 0),
    "B": ("answer_b", 0),
    "+": ("match_trim", 1),
    "=": ("match_trim", 1),
    "-": ("match_trim", -1),
    "l": ("lock", 0),
    "m": ("measure", 0),
    "r": ("restore", 0),
    "h": ("help", 0),
    "?": ("help", 0),
    "q": ("quit", 0),
}
