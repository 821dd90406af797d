"""A figure of next to nothing is a word, and no zero has a minus: nobody reads -483 dBFS, -inf or -0.0."""

from __future__ import annotations

import ast
import math
import re

import numpy as np
import pytest
from places import ROOT
from rigs import RATE, Bench, Told, sine

from rig.backends.lost import Lost
from rig.cli.display.colour import Marks
from rig.cli.display.rows import row_text
from rig.cli.live.live_line import log_line
from rig.cli.live.live_rows import Peaks, live_rows
from rig.cli.live.meters import level, tuner_lines
from rig.compare.matching import noise_warning
from rig.decibels import level_in_words, levels_in_words, peak_in_words
from rig.player.commands import COMMANDS
from rig.player.player import Player
from rig.player.tools.tuner import TunerReading

NONSENSE = re.compile(r"-inf|-0(\.0+)?(?![\d.])|-[2-9]\d\d(\.\d+)? (dB|LU)|nan")


@pytest.mark.parametrize("path", sorted((ROOT / "rig").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_figures_with_a_sign_have_no_negative_zero(path):
    """Python's `z` in a format takes the minus off a zero."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
            spec = "".join(str(part.value) for part in node.format_spec.values if isinstance(part, ast.Constant))
            assert not (spec.startswith("+") and spec.endswith("f") and "z" not in spec), f"line {node.lineno}"


def test_levels_are_words_where_there_is_silence():
    for silent in (-math.inf, -483.2, -121.0):
        assert level_in_words(silent) == peak_in_words(silent) == levels_in_words(silent, silent) == "silent"
        assert level(silent) == "silent"
    assert level_in_words(-71.4) == "-71 dBFS"
    assert level_in_words(-23.04, "LUFS", 1) == "-23.0 LUFS"
    assert level_in_words(-0.04, digits=1) == peak_in_words(-0.04).removeprefix("peak ") == "0.0 dBFS"
    assert level(-0.04) == "   0.0"


def test_the_needle_and_the_values_of_commands_have_no_negative_zero():
    for line in tuner_lines(TunerReading(440.0, 82.4, "E2", -0.01)):
        assert not NONSENSE.search(line)
    assert COMMANDS["output_trim"].format(-0.01) == "+0.0 dB"


def test_the_noise_of_two_sides_is_told_in_words():
    said = noise_warning(-60.0, -483.0)
    assert "(A -60 dBFS, B silent)" in said
    assert not NONSENSE.search(said)


def test_a_session_in_silence_and_hum_says_nothing_that_makes_no_sense(tmp_path):
    bench, told = Bench(), Told()
    player = Player(bench.engine, told.append, [])
    for x in (np.zeros(2 * RATE), sine(2 * RATE, 50.0, 1e-4), np.full(2 * RATE, 0.01)):
        for start in range(0, x.size, RATE // 10):
            bench.process(x[start : start + RATE // 10])
            state = player.look()
            rows = live_rows(state, Peaks(), Lost(), "", (200, 50), Marks("utf-8"))
            for form in (log_line(state, Lost()), *map(row_text, rows)):
                assert not NONSENSE.search(form), form
                assert "knob" not in form
        for command in ("gate", "gate", "tuner", "tuner"):
            player.do(command)
    assert not NONSENSE.search(told.text), told.text
    assert "there is no noise at all: is the guitar plugged in" in told.text
    player.close()


def test_a_render_of_silence_is_said_to_be_silent(tmp_path, capsys):
    from rig.audio import wav
    from rig.cli import main
    from rig.files import bundled

    wav.write(tmp_path / "quiet.wav", np.zeros(RATE // 4), RATE)
    linear = [
        "render",
        str(bundled.models()[0]),
        str(tmp_path / "quiet.wav"),
        str(tmp_path / "out.wav"),
        "--bits",
        "24",
    ]
    assert main([*linear, "--level-mode", "raw"]) == 0
    said = capsys.readouterr().out
    assert "Warning  quiet.wav is silent" in said
    assert not NONSENSE.search(said.replace("-18.0", ""))
