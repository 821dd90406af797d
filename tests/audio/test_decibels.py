"""Decibels by arithmetic, and by nobody else: every conversion of rig is in one file."""

import ast
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig import decibels

PACKAGE = Path(decibels.__file__).parent

# What raises ten to a power or takes a logarithm of ten and converts no decibels.
NO_DECIBELS = {
    "decibels.py": "the one place",
    "player/midi/mapping.py": "the taper of a knob, between 0 and 1",
    "nam/format/number_list.py": "the exponent of a number as text",
    "files/toml_file.py": "the most digits that a number is shown with",
    "capture/signal/plucked.py": "the loss of a string per period, from its decay time",
}


def test_known_ratios():
    assert decibels.gain_from_db(-20.0) == pytest.approx(0.1)
    assert decibels.power_from_db(-20.0) == pytest.approx(0.01)
    assert decibels.db_from_gain(-2.0) == pytest.approx(6.0206, abs=1e-4)
    assert decibels.db_from_power(2.0) == pytest.approx(3.0103, abs=1e-4)


def test_nothing_is_minus_infinity_and_comes_back_as_nothing():
    assert decibels.db_from_gain(0.0) == decibels.db_from_power(0.0) == -math.inf
    assert decibels.gain_from_db(-math.inf) == decibels.power_from_db(-math.inf) == 0.0
    assert decibels.db_from_gain(math.inf) == decibels.db_from_power(math.inf) == math.inf
    assert np.array_equal(decibels.db_from_gains([0.0, -10.0]), [-math.inf, 20.0])
    assert np.array_equal(decibels.db_from_powers([0.0, 100.0]), [-math.inf, 20.0])


def test_what_is_not_a_number_stays_so_and_a_negative_power_is_refused():
    assert math.isnan(decibels.db_from_gain(math.nan)) and math.isnan(decibels.db_from_power(math.nan))
    with pytest.raises(ValueError):
        decibels.db_from_power(-1.0)


@given(st.floats(-200.0, 200.0))
def test_decibels_come_back_and_arrays_say_what_numbers_say(db):
    # 1e-12 relative: a few roundings of double precision, and numpy's own powers may differ in the last one.
    for gain, power in ((decibels.gain_from_db(db), decibels.power_from_db(db)),):
        assert decibels.db_from_gain(gain) == pytest.approx(db, abs=1e-9)
        assert decibels.db_from_power(power) == pytest.approx(db, abs=1e-9)
        assert decibels.gains_from_db([db]) == pytest.approx([gain], rel=1e-12)
        assert decibels.powers_from_db([db]) == pytest.approx([power], rel=1e-12)
        assert decibels.db_from_gains([[gain]]) == pytest.approx(np.array([[db]]), abs=1e-9)
        assert decibels.db_from_powers([power]) == pytest.approx([db], abs=1e-9)


def test_arrays_keep_their_float_type():
    few = np.array([-6.0, 0.0], np.float32)
    assert decibels.gains_from_db(few).dtype == decibels.powers_from_db(few).dtype == np.float32
    assert decibels.db_from_gains(few).dtype == np.float32


def converts(path):
    """The lines on which ten is raised to a power, or a logarithm of ten is taken."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        name = getattr(node, "attr", getattr(node, "id", None))
        raised = node.left if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) else None
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", None))
            raised = node.args[0] if called in {"pow", "power", "float_power"} else None
        ten = isinstance(raised, ast.Constant) and raised.value == 10
        if name == "log10" or ten:
            yield node.lineno


def test_no_other_file_converts_decibels():
    found = {path.relative_to(PACKAGE).as_posix(): list(converts(path)) for path in PACKAGE.rglob("*.py")}
    assert {name for name, lines in found.items() if lines} == set(NO_DECIBELS), found
