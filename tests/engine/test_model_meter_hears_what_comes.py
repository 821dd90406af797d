"""The meter of the model shows what the model that takes over hears, not the one that leaves."""

from __future__ import annotations

import pytest
from rigs import RATE, Bench, sine

from rig.handover import CROSS
from rig.lane import Lane


def test_during_the_fade_the_meter_shows_the_lane_that_comes():
    bench = Bench()
    bench.engine.play({0: Lane(RATE, input_gain_db=12.0)})
    bench.settle()
    x = sine(RATE, 1000.0, 0.1)
    bench.process(x)
    assert bench.engine.reading("model").peak_dbfs == pytest.approx(-8.0, abs=0.1)
    bench.engine.play({0: Lane(RATE, input_gain_db=-12.0)})
    for _ in range(RATE // 64):
        bench.process(x[:64])
        if bench.engine.record["handover"]["phase"] == CROSS:
            break
    bench.engine.reading("model")  # what was before the fade
    bench.process(x[: 5 * 64])
    assert bench.engine.record["handover"]["phase"] == CROSS
    assert bench.engine.reading("model").peak_dbfs == pytest.approx(-32.0, abs=0.1)
