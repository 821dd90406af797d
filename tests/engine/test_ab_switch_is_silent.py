"""The switch between two sides: one is heard until silence, the other one from silence, and nothing clicks."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import RATE, Bench, dc_blocked, jump, sine

from rig.ab_switch import DIFFERENCE
from rig.cabinet.ir import IR
from rig.engine import Cabinet
from rig.lane import Lane

FADE = 480  # samples
DIP = np.concatenate([0.5 + 0.5 * np.cos(np.pi * np.arange(1, FADE + 1) / FADE)])


def two_lanes():
    """B is A upside down and half as loud: nobody would mistake one for the other."""
    bench = Bench()
    bench.engine.play({0: Lane(RATE), 1: Lane(RATE, output_gain_db=-6.0206, inverted=True)})
    bench.engine.compare()
    bench.settle()
    return bench, -0.5


def two_cabinets():
    bench = Bench()
    bench.engine.play({0: Lane(RATE)}, Cabinet(IR.from_taps([1.0, 0.0], RATE)))
    bench.engine.compare(Cabinet(IR.from_taps([-0.5, 0.0], RATE)))
    bench.settle()
    return bench, -0.5


@pytest.mark.parametrize("sides", [two_lanes, two_cabinets])
@pytest.mark.parametrize("wait", [0, 55, 109])  # samples: from a zero of the sine to its peak and on
def test_a_change_of_sides_is_heard_as_a_dip_and_not_as_a_click(sides, wait):
    bench, b = sides()
    x = sine(RATE, 220.0)
    steady = jump(bench.process(x)[RATE // 2 :])
    bench.process(x[:wait])
    bench.engine.press(1)
    y = bench.process(x)
    want = dc_blocked(np.concatenate([x[:wait], x]))[wait:]
    # A raised cosine of 10 ms adds a quarter to the curvature of this sine, a change of sides at full level 360 times.
    assert jump(y) < 2 * steady
    first = slice(0, FADE)
    heard = y[first] @ want[first] / (want[first] @ want[first])
    assert heard > 0.1  # A, falling; B would be negative
    assert y[FADE : 2 * FADE] @ want[FADE : 2 * FADE] < 0  # B, rising
    settled = slice(RATE // 2, RATE)
    assert y[settled] @ want[settled] / (want[settled] @ want[settled]) == pytest.approx(b, rel=1e-3)


@pytest.mark.parametrize("sides", [two_lanes, two_cabinets])
def test_a_press_that_stays_on_its_side_dips_like_one_that_changes(sides):
    x = sine(RATE, 220.0)
    dips = []
    for side in (0, 1):
        bench, b = sides()
        bench.process(x)
        bench.engine.press(side)
        y = bench.process(x)
        dips.append(np.abs(y) / (1.0 if side == 0 else np.where(np.arange(RATE) < FADE, 1.0, abs(b))))
        assert np.abs(y[FADE - 2 : FADE + 2]).max() < 1e-4 * np.abs(y).max()  # silence in the middle
    assert np.abs(dips[0] - dips[1]).max() < 1e-3 * dips[0].max()


@pytest.mark.parametrize("sides", [two_lanes, two_cabinets])
def test_the_difference_is_a_minus_b_and_comes_without_a_click(sides):
    bench, b = sides()
    x = sine(RATE, 220.0)
    steady = jump(bench.process(x)[RATE // 2 :])
    bench.engine.press(DIFFERENCE)
    y = bench.process(x)
    assert jump(y) < 2 * (1 - b) * steady
    settled, want = slice(RATE // 2, RATE), dc_blocked(np.concatenate([x, x]))[RATE:]
    assert y[settled] @ want[settled] / (want[settled] @ want[settled]) == pytest.approx(1 - b, rel=1e-3)


def test_the_difference_of_a_sound_and_itself_is_silence():
    bench = Bench()
    bench.engine.play({0: Lane(RATE), 1: Lane(RATE)})
    bench.engine.compare()
    bench.engine.press(DIFFERENCE)
    bench.settle()
    assert not bench.process(sine(RATE, 220.0)).any()
