"""The commands for two models in a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...dsp.network.quality import BEST, QUALITIES
from ...library.preset import OUTPUT_TRIM_DB
from ..command import Command, PresetLine, action, choice, line, numbered, switch, value
from .second_model import SecondModel

T = TypeVar("T")
TABLE = "second"  # of a preset


def row_commands(of: Callable[[T], SecondModel]) -> tuple[Command[T], ...]:
    """All of them, for a rig whose second model `of` finds."""
    return (
        line(
            *("open_second", "a model behind the one that plays: a file, a folder, or none", "Second model"),
            lambda p, text: of(p).open(text),
            path="folder",
        ),
        action("next_second", "next second model", lambda p: of(p).step(1)),
        action("previous_second", "previous second model", lambda p: of(p).step(-1)),
        numbered("second", "second model by its index in its list, from 0", lambda p, at: of(p).choose(at)),
        action("no_second", "no second model any more", lambda p: of(p).take_away()),
        value(
            *("between_trim", "trim between the two models", "dB", (-OUTPUT_TRIM_DB, OUTPUT_TRIM_DB), 0.5),
            lambda p: of(p).between_trim_db,
            apply=lambda p, db: of(p).trim(db),
            preset=PresetLine("trim_db", TABLE, of_sound=True),
        ),
        switch(
            *("side_by_side", "the second model beside the first, instead of behind it"),
            lambda p: of(p).beside,
            lambda p, on: of(p).place(on),
        ),
        value(
            *("blend", "how much of the second of two models side by side", "", (0.0, 1.0), 0.05),
            lambda p: of(p).share,
            apply=lambda p, share: of(p).blend(share),
            default=0.5,
            preset=PresetLine("blend", TABLE, of_sound=True),
        ),
        switch(
            *("first_off", "the second model alone"),
            lambda p: of(p).settings.get("off") == "first",
            lambda p, on: of(p).change(off="first" if on else None),
            preset=PresetLine("off", TABLE, of_sound=True),
        ),
        switch(
            *("second_off", "the first model alone"),
            lambda p: of(p).settings.get("off") == "second",
            lambda p, on: of(p).change(off="second" if on else None),
            preset=PresetLine("off", TABLE, of_sound=True),
        ),
        value(
            *("second_size", "how much plays of a second model that has several sizes", "", (0.0, 1.0), 0.25),
            lambda p: of(p).playing_size,
            lambda p, size: of(p).resize(size),
            default=1.0,
        ),
        *(_quality(of, place) for place in ("first", "second")),
    )


def _quality(of: Callable[[T], SecondModel], place: str) -> Command[T]:
    key = f"{place}_quality"

    def get(parts: T) -> float:
        settings = of(parts).settings
        own = settings.get("first_quality") if place == "first" else settings.get("second_quality")
        return float(BEST if own is None else own)

    return choice(
        *(key, f"the {place} model of a row: at most so many times its rate", tuple(float(q) for q in QUALITIES)),
        get,
        lambda parts, quality: of(parts).change(**{key: None if quality == BEST else int(quality)}),
        unit="x",
        preset=PresetLine(key, TABLE, of_sound=True),
    )
