"""What a terminal shows is laid out to fit: words, names, bars, large letters, pages; and every state is there."""

from __future__ import annotations

import itertools
import re

import pytest
from cells import Cells

from rig.backends.lost import Lost
from rig.cli.display import letters as font
from rig.cli.display.bars import HELD_S, Peak, bar
from rig.cli.display.colour import LOOKS, Marks, colour_wanted, painted
from rig.cli.display.pager import Pager
from rig.cli.display.rows import Span, cells, row_cells, row_cut, row_text, shared, shortened, wrapped
from rig.cli.live.help_page import help_page
from rig.cli.live.live_rows import Peaks, live_rows, state_words
from rig.cli.live.stage import stage_rows
from rig.player.commands import COMMANDS, GROUPS
from rig.player.key_map import KEYS, keys_of
from rig.player.state import CabinetState, Meter, PlayerState
from rig.player.tools.recorder import Recording
from rig.player.tools.tuner import TunerReading

FULL, PLAIN = Marks("utf-8"), Marks("ascii")
WIDTHS = range(20, 201)
OFF = {"mute": False, "gate": False, "gate_threshold": -60.0, "rumble": 0.0, "loop": False, "volume": 0.0}
OFF |= {"bypass": False, "blind": False, "favourite": False, "quality": 1.0}
ON = OFF | {"mute": True, "gate": True, "rumble": 80.0, "loop": True, "volume": -12.0, "bypass": True, "blind": True}
ON |= {"quality": 4.0, "bass": 3.0}
NAMES = {
    "preset": "12 Lead of the second verse *",
    "preset_number": "12",
    "model_place": "123/500",
    "asked_model": "e570-crunch-channel-2-gain-7-esr0.0043.nam",
    "cabinet": CabinetState("mesa-4x12-v30-sm57-edge.wav", "12/300", gain="+1.2 dB, not matched yet", mark="kept"),
    "calibration": "12.2 dBu (Apollo 8x, article) - 15.0 dBu (model) - 5.0 dB (gain knob) = -7.8 dB",
}
PLAYED = {
    "input": Meter(-12.3, -20.0, 3),
    "heard": Meter(-20.1, -30.0),
    "output": Meter(-7.0, -17.0),
    "hint": "knob +6 to +12 dB",
    "load_median": 0.123,
    "load_worst": 0.456,
}
RECORDED = Recording(83.0, 12_400_000_000, 72_000.0)
EVERYTHING = PlayerState(
    **(NAMES | PLAYED),
    values=ON,
    recording=RECORDED,
    loop_recorded_s=3.2,
    gate_is_open=False,
    is_learning=True,
    is_reduced=True,
    is_asleep=True,
)
ASKED_FOR = PlayerState(
    **(NAMES | PLAYED), values=OFF | {"mute": True, "gate": True, "bypass": True}, recording=RECORDED
)
TUNED = PlayerState(**NAMES, values=OFF | {"mute": True}, tuner=TunerReading(440.0, 82.0, "E2", -8.4))
QUIET = PlayerState(asked_model="a.nam", values=OFF)
STATES = {"everything": EVERYTHING, "asked for": ASKED_FOR, "tuned": TUNED, "quiet": QUIET}


def rows_of(state, columns, height, server="", marks=FULL, typed=""):
    return [row_text(row) for row in live_rows(state, Peaks(), Lost(7), server, (columns, height), marks, typed)]


# ---------------------------------------------------------------- the live rows
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
@pytest.mark.parametrize("height", [2, 12, 24])
def test_no_row_is_ever_longer_than_the_terminal_nor_are_there_more_than_fit(state, height):
    for columns in WIDTHS:
        server, marks = ("", FULL) if columns % 2 else ("SERVER STANDS STILL", PLAIN)
        rows = rows_of(state, columns, height, server, marks)
        assert all(cells(row) < columns for row in rows), (columns, rows)
        assert len(rows) < height
        assert not any("  |" in row or row.endswith(("|", "| ")) for row in rows), (columns, rows)


@pytest.mark.parametrize("server", ["", "NO SERVER", "SERVER STANDS STILL"])
def test_every_state_is_there_from_80_columns_on_whatever_else_is(server):
    for columns in range(80, 201):
        text = " ".join(rows_of(EVERYTHING, columns, 24, server))
        for word in state_words(EVERYTHING, server):
            assert word.short in text, (columns, word.short, text)


def test_at_80_by_24_two_rows_hold_all_states_names_and_levels():
    state, levels = rows_of(ASKED_FOR, 80, 24)[-3:-1], rows_of(ASKED_FOR, 80, 24)[-1]
    assert state[0] == "MUTED  BYPASS  REC 1:23 (12.4 GB, 20 h left)  GATE -60 dBFS open"
    assert state[1].startswith("12 Lead of") and "| 123/500 e570" in state[1] and ", kept" in state[1]
    assert "in" in levels and "-12.3 dBFS" in levels and "-7.0 dBFS" in levels
    assert "knob +6 to +12 dB" in levels and levels.endswith("xruns 7")


def test_states_come_first_and_names_keep_both_ends():
    for columns in (60, 80, 120, 200):
        rows = rows_of(ASKED_FOR, columns, 24)
        assert rows[0].startswith("MUTED  BYPASS")
        names = next(row for row in rows if "123/500" in row)
        assert columns < 80 or re.search(r"123/500 e5\S*am \|", names), names
    wide = " ".join(rows_of(ASKED_FOR, 200, 24))
    assert "preset 12 Lead of the second verse * | 123/500 e570-crunch-channel-2-gain-7-esr0.0043.nam" in wide
    assert "mesa-4x12-v30-sm57-edge.wav, kept, +1.2 dB, not matched yet" in wide


def test_bars_come_with_the_room_for_them():
    def bars(columns):
        return len(re.findall("[█▓▌─═│]{8,}", rows_of(QUIET, columns, 24)[-1]))

    assert [bars(columns) for columns in (40, 80, 120, 200)] == [0, 2, 2, 2]
    assert not re.search("[█▓▌─═│…]", "".join(rows_of(ASKED_FOR, 120, 24, marks=PLAIN)))
    assert "=" in rows_of(QUIET, 80, 24, marks=PLAIN)[-1]


def test_what_clips_is_said_for_a_while_and_moves_nothing():
    peaks = Peaks()
    peaks.hear(ASKED_FOR)
    clipping = [row_text(row) for row in live_rows(ASKED_FOR, peaks, Lost(7), "", (120, 24), FULL)][-1]
    quiet = rows_of(ASKED_FOR, 120, 24)[-1]
    assert "-12.3 CLIP" in clipping and "-12.3 dBFS" in quiet
    assert len(clipping) == len(quiet)


def test_a_typed_text_stands_below_the_states():
    rows = rows_of(ASKED_FOR, 80, 24, typed="Name: Lead_")
    assert rows[0].startswith("MUTED  BYPASS") and rows[-1] == "Name: Lead_"
    assert rows_of(ASKED_FOR, 80, 6, typed="Name: Lead_") == ["Name: Lead_"]


# ---------------------------------------------------------------- the stage view
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_the_stage_view_fills_any_screen_and_never_more(state):
    for columns, height in itertools.product(range(20, 201, 15), (5, 11, 12, 20, 24, 40, 70)):
        marks = FULL if columns % 2 else PLAIN
        rows = stage_rows(state, Peaks(), Lost(7), "NO SERVER", (columns, height), marks, "Saved.", "")
        assert len(rows) == height, (columns, height, len(rows))
        assert all(row_cells(row) < columns for row in rows), (columns, height)


def test_at_80_by_24_the_stage_view_says_every_state_in_large_or_small_letters():
    rows = stage_rows(ASKED_FOR, Peaks(), Lost(7), "", (80, 24), FULL)
    shown = "\n".join(row_text(row) for row in rows)
    for text in ("MUTED", "BYPASS", "RECORDING 1:23"):
        assert all(row.rstrip() in shown for row in font.letters(text, 1, 1, FULL)), shown
    assert "GATE -60" in shown and "123/500" in shown and "-12.3 dBFS" in shown


def test_the_tuner_of_the_stage_view_shows_note_cents_and_needle():
    def needle(cents):
        state = PlayerState(values=OFF, tuner=TunerReading(440.0, 82.0, "E2", cents))
        rows = [row_text(row) for row in stage_rows(state, Peaks(), Lost(), "", (80, 24), FULL)]
        at = next(k for k, row in enumerate(rows) if row.count("│") >= 3 and "dBFS" not in row and "IN" not in row)
        assert rows[at - 1] == rows[at + 1]
        return rows[at - 1].index("███"), "\n".join(rows)

    (flat, flat_text), (right, right_text), (sharp, sharp_text) = (needle(cents) for cents in (-30.0, 0.4, 30.0))
    assert flat < right < sharp
    assert abs(right + 1 - 39) <= 1  # the middle of 79 cells
    assert "tune up   -30.0 cents" in flat_text and "tune down   +30.0" in sharp_text and "in tune" in right_text
    assert "play one string" in "".join(
        map(
            row_text,
            stage_rows(PlayerState(values=OFF, tuner=TunerReading(440.0)), Peaks(), Lost(), "", (80, 24), FULL),
        )
    )


# ---------------------------------------------------------------- letters
def test_the_font_has_letters_figures_and_signs_of_one_height():
    assert set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#b.,:;!?-_+/()&'% ") <= set(font.glyphs())
    for dots in font.glyphs().values():
        assert len(dots) == font.DOTS_HIGH and len({len(row) for row in dots}) == 1
    assert len(set(font.glyphs().values())) == len(font.glyphs())  # no two look alike


def test_letters_look_like_letters():
    assert font.letters("L", 1, 1, FULL) == ("█    ", "█    ", "█    ", "▀▀▀▀▀")
    assert font.letters("I", 1, 1, PLAIN) == ("###", " # ", " # ", " # ", " # ", " # ", "###")
    assert len(font.letters("A", 2, 2, FULL)) == 7 and len(font.letters("A", 2, 2, FULL)[0]) == 10


def test_a_text_is_as_large_as_fits_and_other_scripts_stay_plain():
    assert font.in_letters("Eb2") == "Eb2" and font.name_in_letters("Grün b") == "GRUN B"
    assert font.name_in_letters("清音") is None
    small, large = (font.largest("CRUNCH", width, 12, FULL) for width in (40, 79))
    assert len(large) > len(small) and max(map(len, large)) > max(map(len, small))
    assert font.largest("CRUNCH", 20, 12, FULL) is None
    other = stage_rows(PlayerState(preset="1 清音", values=OFF), Peaks(), Lost(), "", (80, 24), FULL)
    assert any("1 清音" in row_text(row) for row in other)


# ---------------------------------------------------------------- bars and peaks
def test_a_bar_shows_level_zone_and_held_peak():
    zone = (-9.0, -3.0)
    assert row_text(bar(-100.0, 12, FULL, zone_dbfs=zone)) == "─────────══─"
    assert row_text(bar(0.0, 12, FULL, zone_dbfs=zone)) == "█████████▓▓█"
    assert row_text(bar(-18.0, 12, FULL, held_dbfs=-6.1, zone_dbfs=zone)) == "██████───│═─"
    assert row_text(bar(-16.5, 12, FULL)) == "██████▌─────"
    assert row_text(bar(-18.0, 12, PLAIN, held_dbfs=-6.1, zone_dbfs=zone)) == "######...|=."


def test_a_peak_is_held_and_then_let_go():
    peak = Peak()
    peak.hear(-3.0, 1, 10.0)
    peak.hear(-30.0, 0, 10.0 + HELD_S / 2)
    assert (peak.dbfs, peak.clips) == (-3.0, True)
    peak.hear(-30.0, 0, 10.0 + HELD_S)
    assert (peak.dbfs, peak.clips) == (-30.0, False)


# ---------------------------------------------------------------- words
def test_texts_are_cut_shortened_and_wrapped_by_cells():
    for width in range(1, 40):
        for text in ("mesa-4x12-v30-sm57-edge.wav", "音音音音.wav", "e\u0301" * 30):
            assert cells(shortened(text, width)) <= width
        assert row_cells(row_cut((Span("音音a"), Span("bcdef")), width)) <= width
        assert all(row_cells(row) <= width for row in wrapped([Span("MUTED"), Span("SMALLER SIZE")], width))
    assert shared([30, 30], 16, 8) == [8, 8]


# ---------------------------------------------------------------- pages
def test_the_help_can_be_read_whole_at_any_width():
    for columns in (*range(20, 140, 7), 160, 200):
        rows, heads = help_page(GROUPS, KEYS, columns)
        assert all(row_cells(row) < columns for row in rows)
        assert all(row_text(rows[head])[0] != " " for head in heads)
        words = " ".join(row_text(row) for row in rows).split()
        for command in COMMANDS.values():
            if keys_of(command, KEYS):
                assert set(command.text.split()) <= set(words), (columns, command.name)


def test_a_pager_shows_every_row_once_turned_through():
    rows = [(Span(f"row {number}"),) for number in range(100)]
    pager, seen = Pager(rows, [0, 40, 90]), set()
    for _ in range(10):
        shown = [row_text(row) for row in pager.shown(80, 23)]
        assert len(shown) == 23 and shown[-1].startswith(" ") and "of 100" in shown[-1]
        seen |= set(shown[:-1])
        assert pager.press(" ") == "turned"
    assert len(seen) == 100
    assert (pager.press("home"), row_text(pager.shown(80, 23)[0])) == ("turned", "row 0")
    assert (pager.press("tab"), row_text(pager.shown(80, 23)[0])) == ("turned", "row 40")
    assert (pager.press("up"), row_text(pager.shown(80, 23)[0])) == ("turned", "row 39")
    assert pager.press("m") == ""  # which mutes, also while a page is shown
    assert [pager.press(key) for key in ("q", "h", "escape")] == ["left"] * 3


# ---------------------------------------------------------------- colour
@pytest.mark.parametrize(
    ("environment", "terminal", "file"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"CLICOLOR": "0"}, False, False),
        ({"CLICOLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
    ],
)
def test_colour_follows_the_conventions(environment, terminal, file):
    assert colour_wanted(True, environment) == terminal
    assert colour_wanted(False, environment) == file


def test_colours_bring_their_ground_or_can_be_read_on_any():
    for look in LOOKS.values():
        codes = set(look.split(";"))
        assert codes & {"41", "42", "43", "7"} or codes <= {"1", "31"}
    row = (Span("MUTED", "state"), Span(" in"))
    assert painted(row, False) == "MUTED in"
    assert painted(row, True) == "\x1b[30;43mMUTED\x1b[0m in"


# ---------------------------------------------------------------- the model of a screen
def test_the_model_of_a_screen_knows_what_rig_does_to_one():
    screen = Cells(10, 3)
    screen.feed("one\r\ntwo\r\nrow a\r\nrow b")
    screen.feed("\r\x1b[1A\x1b[Jsaid\r\nrow a\x1b[K\r\nrow b\x1b[K\x1b[J")
    assert screen.shown == ["said", "row a", "row b"]
    screen.feed("\x1b[?1049h\x1b[?25l\x1b[2J\x1b[2;3Hview")
    assert screen.shown == ["", "  view"] and screen.is_full
    screen.feed("\x1b[?25h\x1b[?1049l")
    assert screen.shown == ["said", "row a", "row b"]
