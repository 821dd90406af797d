"""The loop as commands."""

from __future__ import annotations

from collections.abc import Callable

from ..command import Command, T, switch
from .loop_section import section_commands
from .looper import Looper


def loop_commands(looper: Callable[[T], Looper]) -> tuple[Command[T], ...]:
    """All that can be done with it."""
    return (
        switch(
            "record_loop",
            "record the guitar into a loop: once to begin, once to end",
            lambda p: looper(p).recorded_s is not None,
            lambda p, on: looper(p).record(on),
        ),
        switch(
            "loop",
            "the loop or the live guitar",
            lambda p: looper(p).is_looping,
            lambda p, on: looper(p).play_loop(on),
            press=lambda p: looper(p).press_loop(),
        ),
        *section_commands(lambda p: looper(p).section),
    )
