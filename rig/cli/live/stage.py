"""The stage view: what plays and what is switched on in large letters, to be read from the microphone stand.

From the top: states in large letters, those that found no room there in small ones; the preset or model as large as it
fits, or the tuner; names; meters; load and what was said last.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from ..display.bars import Peak, bar
from ..display.letters import in_letters, largest, letters, letters_wide, name_in_letters, rows_high
from ..display.rows import Row, Span, cells, ended, joined, row_cells, row_cut, shortened, wrapped
from .live_rows import Peaks, Word, level_span, live_rows, load_row, names, names_row, state_words
from .meters import IN_TUNE_CENTS

if TYPE_CHECKING:
    from ...backends.lost import Lost
    from ...player.state import Meter, PlayerState
    from ...player.tools.tuner import TunerReading
    from ..display.colour import Marks

LEAST_COLUMNS, LEAST_ROWS = 30, 12  # of a terminal: below that the rows of the live line are all there is
HIGH_ROWS, VERY_HIGH_ROWS = 36, 48  # from here on states and meters are twice and three times as high
STATES_SHARE = 0.42  # of the height, at most, for states in large letters
TITLES = (40, 24, 16, 12, 9)  # characters: a longer name loses its middle, until it can be shown in large letters
WIDEST_NOTE, WIDEST_CENTS = "Bb1", "-50"
CENTRED = 50.0  # cents to either end of the needle's way


def stage_rows(
    state: PlayerState,
    peaks: Peaks,
    lost: Lost,
    server: str,
    size: tuple[int, int],
    marks: Marks,
    said: str = "",
    typed: str = "",
) -> list[Row]:
    """The whole screen. `said`: the last sentence, as long as it is new; `typed`: a text that is being typed."""
    rows = _rows(state, peaks, lost, server, size, marks, said, typed)
    return [row_cut(row, size[0] - 1) for row in rows[: size[1]]]


def _rows(
    state: PlayerState,
    peaks: Peaks,
    lost: Lost,
    server: str,
    size: tuple[int, int],
    marks: Marks,
    said: str,
    typed: str,
) -> list[Row]:
    columns, height = size
    width = columns - 1
    last: Row = (Span(typed or ended(said, width, marks.dots)),)
    if columns < LEAST_COLUMNS or height < LEAST_ROWS:
        rows = live_rows(state, peaks, lost, server, (columns, max(height - 1, 1)), marks)
        return [*rows[: height - 1], *[()] * (height - 1 - len(rows)), last]
    meters = _meters(state, peaks, width, height, marks)
    figures = [load_row(state), (Span(lost.short),), *([(Span(state.hint),)] if state.hint else [])]
    below: list[Row] = [
        _centred(names_row(names(state), width, marks.dots), width) if names(state) else (),
        *meters,
        _centred(joined(figures, "   "), width),
        last,
    ]
    top = _states(state_words(state, server), width, height, marks)[: height - len(below)]
    room = height - len(top) - len(below)
    if state.tuner is not None:
        middle = _tuner(state.tuner, width, room, marks)
    else:
        middle = _title(state, width, room - 2, marks)
    above = max(0, (room - len(middle)) // 2)
    return [*top, *[()] * above, *middle[:room], *[()] * max(0, room - above - len(middle)), *below]


def _centred(row: Row, width: int) -> Row:
    return (Span(" " * max(0, (width - row_cells(row)) // 2)), *row)


# ---------------------------------------------------------------- states
def _states(words: list[Word], width: int, height: int, marks: Marks) -> list[Row]:
    """As many states as fit in large letters, one beside the other, and below them the rest."""
    scale = 2 if height >= HIGH_ROWS else 1
    high = rows_high(scale, marks)
    lines: list[list[tuple[str, str]]] = [[]]
    small = []
    for word in words:
        forms = [(text, word.look) for text in map(in_letters, word.big) if text is not None]
        places = [
            (k, form)
            for form in forms
            for k in range(len(lines) + 1)
            if (k + 1) * high <= height * STATES_SHARE and _wide([*(lines[k : k + 1] or [[]])[0], form], scale) <= width
        ]
        if not places:
            small.append(word)
            continue
        k, form = places[0]
        if k == len(lines):
            lines.append([])
        lines[k].append(form)
    rows: list[Row] = []
    for line in filter(None, lines):
        rows += [()] if rows and scale > 1 else []
        blocks = [(letters(text, scale, scale, marks), look) for text, look in line]
        for number in range(high):
            parts = [(Span(f"{' ' * scale}{block[number]}{' ' * scale}", look),) for block, look in blocks]
            rows.append(_centred(joined(parts, " "), width))
    for full in (True, False):
        rest = wrapped([Span(word.full if full else word.short, word.look) for word in small], width)
        if len(rest) <= 1:
            break
    return [*rows, *(_centred(row, width) for row in rest)]


def _wide(line: list[tuple[str, str]], scale: int) -> int:
    """Cells of states in large letters, each with a dot of ground at its sides, and a gap between them."""
    return sum((letters_wide(text) + 2) * scale for text, _ in line) + len(line) - 1


# ---------------------------------------------------------------- what plays
def title(state: PlayerState) -> str:
    """What stands in the middle: the preset with its number, else the model without its ending."""
    return state.preset or PurePath(state.asked_model or state.model).stem or "no model"


def _title(state: PlayerState, width: int, room: int, marks: Marks) -> list[Row]:
    text = title(state)
    if name_in_letters(text) is not None:
        for most in TITLES:
            rows = largest(name_in_letters(shortened(text, most)) or "", width, room, marks)
            if rows is not None:
                return [_centred((Span(row, "strong"),), width) for row in rows]
    return [_centred((Span(shortened(title(state), width, marks.dots), "strong"),), width)]


# ---------------------------------------------------------------- meters
def _meters(state: PlayerState, peaks: Peaks, width: int, height: int, marks: Marks) -> list[Row]:
    high = 3 if height >= VERY_HIGH_ROWS else 2 if height >= HIGH_ROWS else 1
    rows = _meter("IN ", state.input, peaks.input, width, marks, high, state.zone_dbfs)
    return rows + ([()] if high > 1 else []) + _meter("OUT", state.output, peaks.output, width, marks, high, None)


def _meter(
    name: str,
    meter: Meter,
    peak: Peak,
    width: int,
    marks: Marks,
    high: int,
    zone_dbfs: tuple[float, float] | None,
) -> list[Row]:
    level = level_span(meter.peak_dbfs, peak.clips)
    drawn = bar(
        *(meter.peak_dbfs, width - cells(name) - 1 - cells(level.text), marks),
        held_dbfs=peak.dbfs,
        zone_dbfs=zone_dbfs,
    )
    blank = Span(" " * (cells(name) + 1))
    middle = high // 2
    return [
        (Span(f"{name} "), *drawn, level) if number == middle else (blank, *drawn, Span(" " * cells(level.text)))
        for number in range(high)
    ]


# ---------------------------------------------------------------- the tuner
def _tuner(tuner: TunerReading, width: int, room: int, marks: Marks) -> list[Row]:
    """The note and its cents in large letters, and a needle over the whole width."""
    reference = f"A4 = {tuner.a4_hz:g} Hz"
    is_in_tune = tuner.hz is not None and abs(tuner.cents) <= IN_TUNE_CENTS
    look = "good" if is_in_tune else "strong"
    template = largest(f"{WIDEST_NOTE}   {WIDEST_CENTS}", width, room - 5, marks)
    if tuner.hz is None:
        words, note, cents = f"play one string   {reference}", "-", ""
    else:
        way = "in tune" if is_in_tune else "tune up" if tuner.cents < 0 else "tune down"
        words, note, cents = f"{way}   {tuner.cents:+z.1f} cents   {tuner.hz:.2f} Hz   {reference}", tuner.note, ""
        cents = f"{tuner.cents:+z.0f}".replace("+0", "0")
    rows: list[Row] = []
    if template is not None and len(template) < room:
        rows = _large_note(note, cents, width, len(template), look, marks)
    else:
        rows = [_centred((Span(f"{note} {cents}", look),), width)]
    scale, mark = _needle(tuner, width, marks, look)
    return [*rows, (), mark, scale, mark, _centred((Span(shortened(words, width, marks.dots)),), width)]


def _large_note(note: str, cents: str, width: int, high: int, look: str, marks: Marks) -> list[Row]:
    """The note left of the middle and the cents right of it, always in the same places."""
    half = (width - 3) // 2
    down = max(d for d in range(1, 2 * high) if rows_high(d, marks) <= high)
    across = max(1, min(down, half // max(letters_wide(WIDEST_NOTE), letters_wide(WIDEST_CENTS))))
    left = letters(note, across, down, marks)
    right = letters(cents, across, down, marks) if cents else ("",) * len(left)
    room = letters_wide(WIDEST_NOTE) * across
    pad = " " * max(0, half - room)
    return [
        (Span(pad), Span(a, look), Span(" " * (room - cells(a) + 3)), Span(b, look if look == "good" else ""))
        for a, b in zip(left, right, strict=True)
    ]


def _needle(tuner: TunerReading, width: int, marks: Marks, look: str) -> tuple[Row, Row]:
    """The scale with its middle, and the mark above and below it."""
    reach = (width - 3) // 2
    scale = [marks.empty] * (2 * reach + 1)
    for tick in (-CENTRED, -25.0, 0.0, 25.0, CENTRED):
        scale[reach + round(tick / CENTRED * reach)] = marks.held
    scale[reach] = marks.full
    if tuner.hz is None:
        return (Span(" "), Span("".join(scale))), ()
    at = reach + round(max(-CENTRED, min(CENTRED, tuner.cents)) / CENTRED * reach)
    scale[max(0, at - 1) : at + 2] = [marks.full] * len(scale[max(0, at - 1) : at + 2])
    mark = marks.full * 3
    return (Span(" "), Span("".join(scale))), (Span(" " * at), Span(mark, "" if look == "strong" else look))
