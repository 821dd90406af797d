"""What `rig ab` shows while it compares. In a blind test no level of what comes out: it would tell the sides apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..display.rows import Row, Span, joined, row_cells
from .live_rows import LOW_TERMINAL, SEPARATOR, level_span
from .meters import level

if TYPE_CHECKING:
    from ...backends.lost import Lost
    from ...compare.live.comparer import AbState


def ab_rows(state: AbState, lost: Lost, size: tuple[int, int]) -> list[Row]:
    """What is heard, and how far the test is; below it the levels, as many as fit."""
    width = size[0] - 1
    words: list[Row] = [(Span(f"hearing {state.hearing}", "strong"),), *((Span(word),) for word in _trial(state))]
    if state.level_b_db is not None:
        words.append((Span(f"B {state.level_b_db:+z.1f} dB"),))
    if state.training:
        words.append((Span(state.training),))
    if state.values["lock"]:
        words.append((Span("LOCKED", "strong"),))
    meters: list[Row] = []
    for name, meter in (("in", state.input), ("send", state.send), ("return", state.returned), ("out", state.output)):
        if meter is not None:
            meters.append((Span(name), level_span(meter.peak_dbfs, bool(meter.clips))))
    meters.append((Span(lost.short),))
    if size[1] < LOW_TERMINAL:
        return [_as_many(words + meters, width)]
    return [_as_many(words, width), _as_many(meters, width)]


def _as_many(parts: list[Row], width: int) -> Row:
    while len(parts) > 1 and row_cells(joined(parts)) > width:
        parts = parts[:-1]
    return joined(parts)


def _trial(state: AbState) -> list[str]:
    if state.answered is None or state.trials is None:
        return []
    done, trials = state.answered, state.trials
    if not state.in_trial:
        return [f"{done} of {trials} answered"]
    return [f"trial {min(done + 1, trials)} of {trials}", *([f"X is {state.asked}?"] if state.asked else [])]


def live_line(state: AbState, lost: Lost) -> str:
    """The same in one line of a log."""
    parts = [f"hearing {state.hearing}", *_trial(state)]
    if state.input is not None:
        parts.append(f"in {level(state.input.peak_dbfs)}")
    for name, meter in (("send", state.send), ("return", state.returned), ("out", state.output)):
        if meter is not None:
            parts.append(f"{name} {level(meter.peak_dbfs)}{' CLIP' if meter.clips else ''}")
    if state.level_b_db is not None:
        parts.append(f"B {state.level_b_db:+z.1f} dB{' locked' if state.values['lock'] else ''}")
    return SEPARATOR.join([*parts, str(lost)])
