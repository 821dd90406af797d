"""Overload: what counts as one, and when the full model is offered again."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from rigs import RATE, Bench

from rig.dsp.cpu_load import LOAD
from rig.player.tools.overload import CALM_S, OverloadRecovery


class Clocks:
    """The C function that the callback asks for the time, with times of our making; in periods per cycle."""

    PERIOD_NS = 64 / RATE * 1e9

    def __init__(self, bench, wall, cpu):
        load = bench.engine.record["load"]
        self._asked, self._wall, self._cpu = 0, wall, cpu
        self._wall_clock = int(load["wall_clock"])

        def clock_gettime(clock, result):
            now = 0.0
            if clock == self._wall_clock:  # asked twice in each cycle: at its start and at its end
                self._asked += 1
                cycles = (self._asked + 1) // 2
                now = cycles * 3 + (self._wall if self._asked % 2 == 0 else 0.0)
            else:
                now = self._asked // 2 * self._cpu
            result[0], result[1] = divmod(int(now * self.PERIOD_NS), 1_000_000_000)
            return 0

        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.c_int64))
        self._function = kind(clock_gettime)  # kept as long as we are
        load["clock_gettime"] = ctypes.cast(self._function, ctypes.c_void_p).value


@pytest.mark.parametrize(
    ("wall", "cpu", "sleeps"),
    [(2.0, 1.9, True), (1.0, 0.96, True), (2.0, 0.1, False), (2.0, 0.4, False), (0.9, 0.9, False)],
)
def test_late_cycles_count_only_where_our_own_thread_had_worked(wall, cpu, sleeps):
    bench = Bench()
    bench.backend.host["timed"] = 1
    clocks = Clocks(bench, wall, cpu)
    bench.process(np.zeros(64 * 60))
    assert bool(bench.engine.record["load"]["overloads"]) == sleeps
    assert clocks is not None


def test_a_system_without_a_clock_of_threads_judges_by_time_alone():
    bench = Bench()
    bench.backend.host["timed"] = 1
    bench.engine.record["load"]["thread_clock"] = -1
    clocks = Clocks(bench, wall=2.0, cpu=0.0)
    bench.process(np.zeros(64 * 60))
    assert bench.engine.record["load"]["overloads"] > 0
    assert clocks is not None


@pytest.fixture
def watched():
    """A relief, its load, and `pass_s` that lets time go by at a share of the period."""
    load = np.zeros(1, LOAD)[0]
    load["frames"] = 64
    now = [0.0]
    overload_recovery = OverloadRecovery(load, lambda: now[0])

    def pass_s(seconds, share):
        load["smoothed_share"] = share
        offers = []
        for _ in range(round(10 * seconds)):
            now[0] += 0.1
            offers.append(overload_recovery.offer())
        return [offer for offer in offers if offer is not None]

    return overload_recovery, load, pass_s


def test_after_a_burst_the_full_model_is_offered_once_the_machine_is_calm(watched):
    overload_recovery, _, pass_s = watched
    assert pass_s(8, 0.5) == []
    pass_s(1, 1.2)
    overload_recovery.overloaded()
    assert pass_s(CALM_S - 1, 0.3) == []
    assert pass_s(2, 0.9) == []
    assert pass_s(CALM_S - 1, 0.3) == []
    assert pass_s(2, 0.3) == [f"The machine has been calm for {CALM_S:.0f} s: {{restore}} brings the full model back."]
    assert pass_s(60, 0.3) == []


def test_a_model_that_never_fitted_is_offered_only_at_a_longer_period(watched):
    overload_recovery, load, pass_s = watched
    pass_s(10, 0.93)
    overload_recovery.overloaded()
    assert pass_s(60, 0.1) == []
    load["frames"] = 256
    assert pass_s(60, 0.1) == ["The period is longer now (256 frames): {restore} brings the full model back."]
