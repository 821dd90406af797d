"""The rows at the bottom of the terminal: states first and never cut off, then names, levels, load and xruns.

    REC 1:23 (12.4 GB, 20 h left)  MUTED  BYPASS  GATE -60 dBFS shut | preset 2 Crunch | 3/12 e570.nam | cab 57.wav
    in ████████▌─────═══│  -12.3 dBFS  out ██████────────│  -15.0 dBFS  load   3 % (  5 %)  xruns 0

Where there is no room, names lose their middle first, then bars and further figures go.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...decibels import SILENCE_DBFS
from ...dsp.tone.knobs import KNOBS
from ...scripting.clock import minutes
from ..display.bars import Peak, bar
from ..display.rows import Row, Span, cells, joined, row_cells, row_cut, shared, shortened, wrapped
from .live_line import recording_text
from .meters import tuner_lines

if TYPE_CHECKING:
    from ...backends.lost import Lost
    from ...player.state import Meter, PlayerState
    from ..display.colour import Marks

SHORTEST_NAME = 8  # cells, before names go altogether
BAR_CELLS = (8, 60)  # the shortest and the longest bar beside the levels
LOW_TERMINAL, HIGH_TERMINAL = 8, 16  # rows of a terminal below which there is one row, and from which on there are four
BUSY = 0.8  # of the period
FULL_FIGURES_DBFS = -99.9  # softer levels without a tenth: they take as many cells
SEPARATOR = " | "


def most_rows(height: int) -> int:
    """How many rows at the bottom a terminal of so many has room for."""
    return 1 if height < LOW_TERMINAL else 3 if height < HIGH_TERMINAL else 4


class Peaks:
    """What the meters hold for a while."""

    def __init__(self) -> None:
        self.input, self.output = Peak(), Peak()

    def hear(self, state: PlayerState) -> None:
        """The levels since the last look."""
        now = time.monotonic()
        self.input.hear(state.input.peak_dbfs, state.input.clips, now)
        self.output.hear(state.output.peak_dbfs, state.output.clips, now)


# ---------------------------------------------------------------- states
@dataclass(frozen=True, slots=True)
class Word:
    """A state that is on, in full and as short as it is understood. `big`: in large letters, what fits."""

    full: str
    short: str
    look: str = "strong"
    big: tuple[str, ...] = ()


def state_words(state: PlayerState, server: str = "") -> list[Word]:
    """What is switched on or wrong, what matters most first. `server`: what is wrong with that one."""
    values, recorded_s = state.values, state.loop_recorded_s
    threshold = f"GATE {values['gate_threshold']:.0f}"
    gate = f"{threshold} dBFS {'open' if state.gate_is_open else 'shut'}"
    volume = f"VOLUME {values['volume']:+z.0f} dB"
    words = [
        (Word(server, server, "alarm", (server, server.replace("STANDS ", ""))), bool(server)),
        (Word("MUTED", "MUTED", "state", ("MUTED",)), values["mute"]),
        (Word("ASLEEP", "ASLEEP", "state", ("OVERLOAD",)), state.is_asleep),
        (Word("BYPASS", "BYPASS", "state", ("BYPASS",)), values["bypass"]),
        (_recording(state), state.recording is not None),
        (Word(f"LOOP REC {recorded_s or 0.0:.1f} s", "LOOP REC", "alarm", ("LOOP REC",)), recorded_s is not None),
        (Word("TUNER", "TUNER"), state.tuner is not None),
        (Word("REDUCED", "REDUCED", "state", () if state.is_asleep else ("OVERLOAD",)), state.is_reduced),
        (Word(state.knob, state.knob, "alarm"), bool(state.knob)),
        (Word("MIDI LEARN", "MIDI LEARN", "state"), state.is_learning),
        (Word("BLIND", "BLIND", "strong", ("BLIND",)), values.get("blind")),
        (Word("LOOP", "LOOP"), values["loop"]),
        (_backing(state), state.backing is not None and state.backing.is_playing),
        (Word(state.training, state.training.partition(" ESR")[0]), bool(state.training)),
        (Word(gate, threshold), values["gate"]),
        (Word(f"CUT {values['rumble']:g} Hz", f"CUT {values['rumble']:g}"), values["rumble"]),
        (Word("TONE", "TONE"), any(values.get(knob.name) for knob in KNOBS)),
        (Word(f"EQ {state.eq_bands}", "EQ"), state.eq_bands > 0),
        (Word(volume, volume), values["volume"] != 0.0),
        (Word(f"QUALITY {values['quality']:g}x", f"{values['quality']:g}x"), values["quality"] != 1.0),
    ]
    return [word for word, is_on in words if is_on]


def _backing(state: PlayerState) -> Word:
    at = minutes(state.backing.at_s) if state.backing is not None else ""
    return Word(f"BACKING {at}", "BACKING")


def _recording(state: PlayerState) -> Word:
    full = recording_text(state.recording)
    short = full.partition(" (")[0]
    return Word(full, short, "alarm", (short.replace("REC", "RECORDING"), short))


# ---------------------------------------------------------------- names
@dataclass(frozen=True, slots=True)
class Name:
    """A name in the rows: `head` and `tail` stand whole as long as they can, the name gives way first."""

    head: str
    short_head: str
    name: str
    tail: str = ""
    short_tail: str = ""


def names(state: PlayerState) -> list[Name]:
    """Preset, model, cabinet, as far as there are any."""
    found = []
    if state.preset:
        number = f"{state.preset_number} " if state.preset_number else ""
        found.append(Name(f"preset {number}", number, state.preset.removeprefix(number)))
    if state.asked_model:
        place = f"{state.model_place} " if state.model_place else ""
        found.append(Name(place, place, state.asked_model))
    cabinet = state.cabinet
    if cabinet.name or cabinet.gain:
        place = f"{cabinet.place} " if cabinet.place else ""
        name = f"mix of {cabinet.parts}" if cabinet.parts else cabinet.name
        marks = "".join(
            f", {mark}" for mark in (cabinet.mark, "favourite" if state.values.get("favourite") else "") if mark
        )
        more = "".join(f", {text}" for text in (cabinet.gain, cabinet.progress) if text)
        shown = "" if state.values.get("blind") else name  # its number is all there is
        found.append(Name(f"cab {place}", f"cab {place}", shown, marks + more, marks))
    return found


def names_row(found: Sequence[Name], room: int, dots: str) -> Row:
    """Names in so many cells: whole, with short heads, without their middle, or the first and places of the others."""
    for head, tail in ((False, False), (True, False), (True, True)):
        whole = SEPARATOR.join(_name(name, name.name, head, tail) for name in found)
        if cells(whole) <= room:
            return (Span(whole),)
    rest = _beside_names(found)
    widths = shared([cells(name.name) for name in found], room - rest, SHORTEST_NAME)
    if widths is not None:
        parts = [_name(n, shortened(n.name, w, dots), True, True) for n, w in zip(found, widths, strict=True)]
        return (Span(SEPARATOR.join(parts)),)
    first = f"{found[0].short_head}{found[0].name}" if found else ""
    places = "".join(f"{SEPARATOR}{name.short_head.rstrip()}" for name in found[1:] if name.short_head)
    left = room - cells(places)
    if left >= min(SHORTEST_NAME, cells(first)):
        return (Span(shortened(first, left, dots) + places),)
    return (Span(shortened(first, room, dots)),)


def _beside_names(found: Sequence[Name]) -> int:
    """Cells of all but the names themselves, in the shortest form that keeps them."""
    parts = sum(cells(name.short_head) + cells(name.short_tail) for name in found)
    return parts + len(SEPARATOR) * max(0, len(found) - 1)


def _name(name: Name, shown: str, short_head: bool, short_tail: bool) -> str:
    head, tail = name.short_head if short_head else name.head, name.short_tail if short_tail else name.tail
    return (f"{head}{shown}" if shown else head.rstrip()) + tail


# ---------------------------------------------------------------- levels
def level_span(dbfs: float, clips: bool) -> Span:
    """A level with its unit, in as many cells whatever it is; CLIP takes the place of the unit."""
    if dbfs <= SILENCE_DBFS and not clips:
        return Span(f"{'silent':>11}")
    figure = f"{dbfs:z6.1f}" if dbfs > FULL_FIGURES_DBFS else f"{max(dbfs, SILENCE_DBFS):z6.0f}"
    return Span(f"{figure} CLIP", "alarm") if clips else Span(f"{figure} dBFS")


def meter_row(state: PlayerState, peaks: Peaks, lost: Lost, width: int, marks: Marks) -> Row:
    """Levels first, then xruns and load, then what the knob is to do, then bars, then further figures."""
    ends = [(Span(lost.short),)]
    load = load_row(state)
    hint = state.hint
    heard = f"model{level_span(state.heard.peak_dbfs, clips=False).text}"
    if state.between is not None:
        heard += f" second{level_span(state.between.peak_dbfs, clips=False).text}"
    # What is left out, from nothing to nearly all: heard by the model, hint, worst load, load, xruns, output.
    for has_model, has_hint, loads, has_xruns, has_out in (
        (True, True, 2, True, True),
        (False, True, 2, True, True),
        (False, True, 1, True, True),
        (False, False, 1, True, True),
        (False, False, 0, True, True),
        (False, False, 0, False, True),
        (False, False, 0, False, False),
    ):
        behind_input = [(Span(hint),)] if has_hint and hint else []
        behind_input += [(Span(heard),)] if has_model else []
        tail = [row_cut(load, 10) if loads == 1 else load] if loads and load else []
        tail += ends if has_xruns else []
        bars = 2 if has_out else 1
        fixed = [_meter("in", state.input, peaks.input, ()), *behind_input]
        fixed += [_meter("out", state.output, peaks.output, ())] if has_out else []
        room = width - row_cells(joined([*fixed, *tail]))
        wants_bars = has_model or loads == 2  # rather bars than these two
        if room < (bars * (BAR_CELLS[0] + 1) if wants_bars else 0):
            continue
        each = min(room // bars - 1, BAR_CELLS[1])
        drawn: list[Row] = [(), ()]
        if each >= BAR_CELLS[0]:
            drawn[0] = bar(*(state.input.peak_dbfs, each, marks), held_dbfs=peaks.input.dbfs, zone_dbfs=state.zone_dbfs)
            drawn[1] = bar(state.output.peak_dbfs, each, marks, held_dbfs=peaks.output.dbfs)
        elif min(room - 1, BAR_CELLS[1]) >= BAR_CELLS[0]:
            wide = min(room - 1, BAR_CELLS[1])
            drawn[0] = bar(*(state.input.peak_dbfs, wide, marks), held_dbfs=peaks.input.dbfs, zone_dbfs=state.zone_dbfs)
        parts = [_meter("in", state.input, peaks.input, drawn[0]), *behind_input]
        parts += [_meter("out", state.output, peaks.output, drawn[1])] if has_out else []
        return joined([*parts, *tail])
    return row_cut(_meter("in", state.input, peaks.input, ()), width)


def _meter(name: str, meter: Meter, peak: Peak, drawn: Row) -> Row:
    return (Span(f"{name} " if drawn else name), *drawn, level_span(meter.peak_dbfs, peak.clips))


def load_row(state: PlayerState) -> Row:
    """The share of the period that the sound takes: the median and, in brackets, the worst; empty before any cycle."""
    if state.load_median is None or state.load_worst is None:
        return ()
    worst = Span(f" ({100 * state.load_worst:3.0f} %)", "state" if state.load_worst > BUSY else "")
    return (Span(f"load {100 * state.load_median:3.0f} %"), worst)


def tuner_row(state: PlayerState, width: int) -> Row:
    """The tuner, as much of it as fits."""
    assert state.tuner is not None
    forms = tuner_lines(state.tuner)
    return row_cut((Span(next((form for form in forms if cells(form) <= width), forms[-1])),), width)


# ---------------------------------------------------------------- all of it
def live_rows(
    state: PlayerState, peaks: Peaks, lost: Lost, server: str, size: tuple[int, int], marks: Marks, typed: str = ""
) -> list[Row]:
    """The rows for a terminal of so many columns and rows. `typed`: a text that is being typed, in place of meters."""
    width, most = size[0] - 1, most_rows(size[1])
    words = state_words(state, server)
    if typed:
        meters: Row = row_cut((Span(typed),), width)
    elif state.tuner is not None:
        meters = tuner_row(state, width)
    else:
        meters = meter_row(state, peaks, lost, width, marks)
    if most == 1:
        return [meters if typed else _one_row(words, names(state), meters, width, marks.dots)]
    rows = _state_rows(words, width, most - 1)
    return [*_with_names(rows, names(state), state, width, most - 1, marks.dots), meters]


def _state_rows(words: list[Word], width: int, most: int) -> list[Row]:
    """All states, in full if they take one row, else as short as they can be."""
    full = wrapped([Span(word.full, word.look) for word in words], width)
    if len(full) <= 1:
        return full
    short = [Span(word.short, word.look) for word in words]
    rows = wrapped(short, width)
    return rows if len(rows) <= most else wrapped(short, width, " ")[:most]


def _with_names(rows: list[Row], found: list[Name], state: PlayerState, width: int, most: int, dots: str) -> list[Row]:
    """Names behind the states, or below them where they would not stand whole."""
    if not found:
        return rows or [()]
    if not rows:
        return [_and_sum(names_row(found, width, dots), state, width)]
    needed = cells(SEPARATOR.join(_name(name, name.name, False, False) for name in found))
    room = width - row_cells(rows[-1]) - len(SEPARATOR)
    if room < needed and len(rows) < most:
        return [*rows, _and_sum(names_row(found, width, dots), state, width)]
    shown = names_row(found, room, dots) if room >= SHORTEST_NAME else ()
    return [*rows[:-1], _and_sum(joined([rows[-1], shown], SEPARATOR), state, width)]


def _and_sum(row: Row, state: PlayerState, width: int) -> Row:
    """With the sum of the input gain behind it, or the gain alone, where there is room."""
    for text in (state.calibration, f"input {state.input_gain_db:+z.1f} dB"):
        longer = joined([row, (Span(text),)], SEPARATOR)
        if text and row_cells(longer) <= width:
            return longer
    return row


def _one_row(words: list[Word], found: list[Name], meters: Row, width: int, dots: str) -> Row:
    states = row_cut(joined([(Span(word.short, word.look),) for word in words], " "), width)
    room = width - row_cells(states) - len(SEPARATOR)
    if room >= row_cells(meters) and not words:
        return meters
    shown = names_row(found, room, dots) if found and room >= SHORTEST_NAME else ()
    return joined([states, shown], SEPARATOR) if states else shown
