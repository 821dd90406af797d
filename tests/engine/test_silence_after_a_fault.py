"""A model that answers with what is not a number: a short silence, out of which the sound rises again."""

from __future__ import annotations

import numpy as np
from rigs import RATE, Bench, dc_blocked, jump, sine

from rig.lane import Lane

SILENCE, FADE = RATE // 20, 480  # samples, from the period of the fault on


def test_the_sound_comes_back_out_of_silence_with_a_fade():
    bench, lane = Bench(), Lane(RATE)
    bench.engine.play({0: lane})
    bench.settle()
    x = sine(RATE, 220.0)
    steady = jump(bench.process(x)[RATE // 2 :])
    lane.record["input_gain"]["value"] = lane.record["input_gain"]["goal"] = np.nan  # for one period
    bench.process(x[:64])
    for field in ("value", "goal", "start", "target"):
        lane.record["input_gain"][field] = 1.0
    lane.record["input_gain"]["position_samples"] = FADE
    assert bench.engine.faults().model_faults == 1
    y = bench.process(x)
    end = SILENCE - 64  # one period of it has been played
    assert not y[: end - FADE].any()
    assert np.abs(y[end - FADE : end - FADE // 2]).max() < np.abs(y[end - FADE // 2 : end]).max()  # it rises
    # The blocker of DC begins afresh, which takes it some periods of the sine to settle: twice is room for that.
    assert jump(y) < 2 * steady
    want = dc_blocked(x)
    assert np.abs(y[RATE // 2 :] - want[RATE // 2 :]).max() < 1e-3
