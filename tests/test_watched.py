"""The instrument that tells a missed cycle of ours from one of the machine's, put to work that really is ours."""

from __future__ import annotations

import sys
import time
from statistics import median

import pytest
from jackserver import JACKD_IS_MISSING, JackServer

if not sys.platform.startswith("linux"):
    pytest.skip("reads what only Linux tells", allow_module_level=True)

from jackclients import wait_until
from rigs import A2, RATE, guitar, model
from watched import LONGEST_NS, SAMPLE_NS, Sample, Watch, executed_ns

from rig import bundled
from rig.backends.jack import Jack
from rig.chain import LOOP
from rig.engine import Cabinet, Engine
from rig.ir import IR
from rig.lane import Lane

MS = 1_000_000
TRIAL_STEPS = 1_000_000  # a few milliseconds


def seen(*times_ns, state=None):
    return [Sample(at, state) for at in times_ns]


def moving(*times_ns):
    return [Sample(at, at.to_bytes(8, "little")) for at in times_ns]


def test_time_that_was_sampled_evenly_is_ours():
    assert executed_ns(0, MS, MS, moving(*range(0, MS, SAMPLE_NS))) == MS


def test_time_in_which_no_sample_was_taken_is_not():
    assert executed_ns(0, MS, MS, []) == LONGEST_NS
    assert executed_ns(0, MS, MS, moving(10_000, 950_000)) == 10_000 + LONGEST_NS + 50_000


def test_time_in_which_no_instruction_was_executed_is_not():
    stuck = seen(10_000, 60_000, 110_000, 900_000, state=b"here")
    assert executed_ns(0, MS, MS, [*stuck, *moving(950_000)]) == 10_000 + 50_000 + 50_000


def test_what_nothing_is_known_of_is_ours():
    assert executed_ns(0, MS, MS, None) == MS  # no samples could be taken
    assert executed_ns(0, MS, MS, seen(*range(0, MS, SAMPLE_NS), state=None)) == MS  # in the kernel


def burn(period, share, every, seconds):
    """A client that really works for a share of the period, in each so many cycles."""
    with JackServer(period=period) as server, Jack("burner", server.name) as backend:
        engine = Engine(RATE)
        watch = Watch(engine, period)
        engine.loop(guitar(5 * RATE))
        engine.play({0: Lane(RATE, model(A2).network(), source=LOOP)}, Cabinet(IR.load(bundled.irs()[0])))
        backend.start(watch.block_address, watch.address)
        assert engine.wait_until_steady(20)
        wait_until(lambda: watch.record["cycles"] > 1000, "the first cycles")
        watch.begin(int(backend._state["thread_id"]))
        watch.record["burn"], watch.record["burn_every"] = TRIAL_STEPS, every
        time.sleep(2.0)
        watch.judge()
        one_step_ns = median(one.cpu_ns for one in watch.ours) / TRIAL_STEPS
        watch.record["burn"] = round(share * watch.period_ns / one_step_ns)
        time.sleep(1.0)
        watch.judge()
        watch.ours.clear()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(0.5)
            watch.judge()
        backend.stop()
        watch.judge()
        watch.close()
    return watch


@pytest.mark.soak
@pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
@pytest.mark.parametrize("share", [0.8, 2.0])
def test_work_of_ours_is_never_taken_for_the_machines(share):
    watch = burn(64, share, 20, 60)
    told = watch.told()
    own = sorted(one["own"] for one in told["ours"] if one["burnt"])
    print(f"{len(own)} cycles of about {share} periods of work, of {told['cycles']}: own {own[0]} to {own[-1]}")
    print(f"others found ours: {[one for one in told['ours'] if not one['burnt']]}")
    print(f"found the machine's: {told['machines']}")
    print(f"usual: {told['usual_us']} us; slowness {sorted(round(one.slowness, 1) for one in watch.ours)[-20:]}")
    assert not watch.why_blind
    assert len(own) > 1000
    assert not [one for one in watch.machines if one.burnt]
