"""The equalizer as commands: a band is chosen, and moved."""

from __future__ import annotations

from collections.abc import Callable

from ...dsp.tone.equalizer import (
    HIGHEST_HZ,
    HIGHEST_Q,
    KINDS,
    LOWEST_HZ,
    LOWEST_Q,
    MOST_BANDS,
    MOST_GAIN_DB,
    USUAL_Q,
)
from ..command import Command, PresetLine, T, action, choice, switch, value
from .eq_bands import PLACES, UNMOVED, EqBands

TABLE = "eq"  # of a preset


def eq_commands(of: Callable[[T], EqBands]) -> tuple[Command[T], ...]:
    """All that can be done with the bands that `of` finds."""

    def say(target: T) -> None:
        of(target).say()

    return (
        choice(
            *("eq_band", "which band of the equalizer is moved", tuple(float(n) for n in range(1, MOST_BANDS + 1))),
            lambda p: float(of(p).number),
            apply=lambda p, number: of(p).choose(round(number)),
            say=say,
        ),
        switch(
            *("eq_on", "the chosen band: on, or kept and not heard"),
            lambda p: of(p).band.on,
            apply=lambda p, on: of(p).set(on=on),
            say=say,
            preset=PresetLine("on", TABLE, of_sound=True),
        ),
        choice(
            *("eq_type", "what the chosen band is", tuple(KINDS)),
            lambda p: of(p).band.type,
            apply=lambda p, kind: of(p).set(type=kind),
            say=say,
            preset=PresetLine("type", TABLE, of_sound=True),
        ),
        value(
            *("eq_hz", "where the chosen band lies", "Hz", (LOWEST_HZ, HIGHEST_HZ), 2 ** (1 / 12) - 1),
            lambda p: of(p).band.hz,
            apply=lambda p, hz: of(p).set(hz=hz),
            say=say,
            default=UNMOVED[0].hz,
            in_octaves=True,
            preset=PresetLine("hz", TABLE, of_sound=True),
        ),
        value(
            *("eq_gain", "gain of the chosen band", "dB", (-MOST_GAIN_DB, MOST_GAIN_DB), 0.5),
            lambda p: of(p).band.gain_db,
            apply=lambda p, db: of(p).set(gain_db=db),
            say=say,
            preset=PresetLine("gain_db", TABLE, of_sound=True),
        ),
        value(
            *("eq_q", "how narrow the chosen band is", "", (LOWEST_Q, HIGHEST_Q), 0.1),
            lambda p: of(p).band.q,
            apply=lambda p, q: of(p).set(q=q),
            say=say,
            default=USUAL_Q,
            in_octaves=True,
            preset=PresetLine("q", TABLE, of_sound=True),
        ),
        choice(
            *("eq_place", "where the chosen band lies: behind the model, before it, between two", PLACES),
            lambda p: of(p).place,
            apply=lambda p, place: of(p).put(place),
            say=say,
            preset=PresetLine("before", TABLE, of_sound=True),
        ),
        action("eq_remove", "take the chosen band away", lambda p: of(p).take_away()),
    )
