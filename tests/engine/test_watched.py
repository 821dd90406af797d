"""The instrument that tells a missed cycle of ours from one of the machine's, put to work that really is ours."""

from __future__ import annotations

import time
from statistics import median

import pytest
from jackclients import wait_until
from rigs import A2, RATE, guitar, model
from sampler import SAMPLE_NS, Sample
from watched import FEW, LATELY, LONGEST_NS, NEAR, Watch, executed_ns

from rig.backends.jack.client import Jack
from rig.cabinet.ir import IR
from rig.engine import LOOP, Cabinet, Engine
from rig.files import bundled
from rig.lane import Lane

MS = 1_000_000
TRIAL_STEPS = 1_000_000  # a few milliseconds


def standing(*times_ns):
    return [Sample(at, b"here") for at in times_ns]


def moving(*times_ns):
    return [Sample(at, at.to_bytes(8, "little")) for at in times_ns]


def test_time_that_was_sampled_evenly_is_ours():
    assert executed_ns(0, MS, MS, moving(*range(0, MS, SAMPLE_NS))) == MS


def test_time_in_which_no_sample_was_taken_is_not():
    assert executed_ns(0, MS, MS, []) == LONGEST_NS
    assert executed_ns(0, MS, MS, moving(10_000, 950_000)) == 10_000 + LONGEST_NS + 50_000


def test_time_in_which_no_instruction_was_executed_is_not():
    stuck = standing(10_000, 60_000, 110_000, 900_000)
    assert executed_ns(0, MS, MS, [*stuck, *moving(950_000)]) == 10_000 + 50_000 + 50_000


def test_what_nothing_is_known_of_is_ours():
    assert executed_ns(0, MS, MS, None) == MS


def test_a_slow_companion_speaks_only_for_cycles_near_it():
    watch = Watch(Engine(RATE))
    watch._lately[:] = 10_000, 10_000, 0
    watch._lately[7, 1] = 80_000

    def slowness(cycle, cycles):
        watch.record["cycles"] = cycles
        return watch._noted((0, MS, MS, cycle, 0, 0, 0, 0, 0)).slowness

    assert slowness(7, 20) == slowness(7 - NEAR, 20) == slowness(7 + NEAR, 20) == 8
    assert slowness(7 + NEAR + 1, 20) == 1
    assert slowness(7, 7 + LATELY) == 1  # judged too late: its place may hold another cycle's time


@pytest.mark.parametrize(
    ("cycles", "took_ns", "slower", "own_ns"),
    [
        (FEW, 60_000, 1, 220_000),
        (FEW, 180_000, 3, 220_000),  # all of them in slow moments
        (FEW - 1, 60_000, 1, 610_000),  # too few to know what is usual
        (FEW, 2_000, 1, 610_000),  # lighter than the other sounds
    ],
)
def test_on_a_slow_machine_a_cycle_may_take_what_others_of_its_sound_take(cycles, took_ns, slower, own_ns):
    watch = Watch(Engine(RATE))
    watch._lately[:] = 30_000, 10_000, 0
    watch._lately[100 : 100 + cycles] = took_ns, slower * 10_000, 1
    watch._lately[7, 1] = 140_000  # 14 times slower
    watch.record["cycles"] = 300
    assert watch._noted((0, MS, MS, 7, 0, 0, 0, 1, 0)).own_ns == own_ns


RECURS = 100  # cycles: a multiple of the twenty after which work is added


def burn(jack_server, share, seconds):
    """A client that really works for a share of the period in one cycle of twenty; of these, how many were late."""
    with Jack("burner", jack_server.name) as backend:
        engine = Engine(RATE)
        watch = Watch(engine)
        engine.loop(guitar(5 * RATE))
        engine.play({0: Lane(RATE, model(A2).network(), source=LOOP)}, Cabinet(IR.load(bundled.irs()[0])))
        backend.start(watch.block_address, watch.address)
        assert engine.wait_until_steady(20)
        wait_until(lambda: watch.record["cycles"] > LATELY, "the first cycles")
        watch.begin(backend)
        watch.record["burn"], watch.record["burn_every"] = TRIAL_STEPS, 20
        wait_until(lambda: len(watch.ours) > 20, "the trial")
        one_step_ns = median(one.cpu_ns for one in watch.ours[:20]) / TRIAL_STEPS
        watch.record["burn"] = round(share * watch.period_ns / one_step_ns)
        time.sleep(1.0)
        watch.recurs(RECURS)
        watch.ours.clear()
        watch.machines.clear()
        time.sleep(seconds)
        watch.end()
        backend.stop()
    told = watch.told()
    burnt = [one for one in watch.ours if one.burnt]
    print(f"{len(burnt)} cycles with work for {share} periods, of {told['cycles']}: ours {told['ours'][:3]} ...")
    print(f"the machine's: {told['machines']}; usual times {told['usual_us']} us")
    assert len(burnt) > 15 * seconds
    excused = [one for one in watch.machines if one.burnt]
    assert share < 0.8 or len(excused) <= 0.003 * len(burnt) + 1  # the machine may stop in a cycle of ours, too
    return sum(one.burnt for one in watch.missed) / len(burnt)


def test_work_of_ours_is_hardly_ever_taken_for_the_machines(jack_server):
    assert burn(jack_server, 1.5, 3) > 0.97  # and each of it was late


@pytest.mark.soak
def test_what_ends_in_time_is_not_late(jack_server):
    assert burn(jack_server, 0.6, 20) < 0.5  # a busy machine begins some of it late


@pytest.mark.soak
@pytest.mark.parametrize("share", [0.8, 2.0])
def test_work_of_ours_is_hardly_ever_taken_for_the_machines_in_a_minute(jack_server, share):
    burn(jack_server, share, 60)
