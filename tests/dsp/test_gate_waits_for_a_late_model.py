"""A gate behind a model that answers late: it opens and shuts with the note as it comes out, not as it went in."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import RATE, Bench, db, dc_blocked, sine

from rig.lane import Lane


@pytest.mark.parametrize("late", [0, 77, 2000, 6000])
def test_a_short_note_comes_through_whole_however_late_the_lane_is(late):
    bench = Bench()
    bench.engine.play({0: Lane(RATE, delay_samples=late)})
    bench.settle()
    bench.engine.noise.set_gate(-40.0)
    bench.process(np.zeros(RATE))
    note = sine(960, 500.0, 0.3)
    x = np.concatenate([np.zeros(1000, np.float32), note, np.zeros(10000, np.float32)])
    y, want = bench.process(x), dc_blocked(x)
    begins, ends = 1000 + 48, 1000 + 960  # open after 1 ms
    assert db(y[begins + late : ends + late] - want[begins:ends], want) < -120  # float32 gains


@pytest.mark.parametrize("late", [0, 77, 2000, 6000])
def test_the_hiss_before_a_note_stays_shut_until_the_note_comes_out(late):
    bench = Bench()
    bench.engine.play({0: Lane(RATE, delay_samples=late)})
    bench.settle()
    bench.engine.noise.set_gate(-40.0)
    bench.process(np.zeros(RATE))
    hiss = 1e-3 * np.random.default_rng(3).uniform(-1, 1, 9000).astype(np.float32)
    bench.process(hiss)
    x = np.concatenate([hiss, sine(960, 500.0, 0.3), np.zeros(8000, np.float32)])
    y = bench.process(x)
    assert not y[: 8900 + late].any()
    assert y[9000 + 48 + late :].any()
