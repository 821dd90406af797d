"""The whole engine on a real JACK server, in this process: held GIL, changes of sound while playing, no allocation."""

from __future__ import annotations

import ctypes
import gc
import time
from collections import Counter
from itertools import pairwise

import model_files
import numpy as np
import pytest
from allocations import rtsys
from jackclients import Deck, costs_no_cycles, skip_if_torn, wait_until
from rigs import A2, NANO, RATE, db, dc_blocked, guitar, jump, model, sine
from watched import Watch

from rig.backends.jack.client import Jack
from rig.cabinet.ir import IR
from rig.engine import LOOP, Cabinet, Engine
from rig.files import bundled
from rig.lane import Lane
from rig.nam import Model

SWAPS = 20  # changes of sound in a take
LOOKS, MOST_LOOKS = 5, 100  # that agree; in all
TRIES = 12  # a take in which the server reports an xrun is repeated: a busy machine loses cycles by itself


@pytest.fixture
def live(jack_server):
    """An engine that plays on the server; its input is a loop of its own, so that nothing else can disturb a take."""
    engine = Engine(RATE)
    with Jack("rig-live", jack_server.name) as backend:
        watch = Watch(engine)
        backend.start(watch.block_address, watch.address)
        yield engine, backend, watch
        backend.stop()


@pytest.fixture(scope="module")
def standard(tmp_path_factory):
    return Model.load(model_files.write(tmp_path_factory.mktemp("m") / "standard.nam", model_files.a1_standard()))


def hold_the_gil(jack_server, live, standard, times):
    engine, backend, _ = live
    usleep = ctypes.PyDLL(None).usleep  # PyDLL: does not release the GIL
    engine.loop(guitar(5 * RATE))
    engine.play({0: Lane(RATE, standard.network(), source=LOOP)}, Cabinet(IR.load(bundled.irs()[0])))
    assert engine.wait_until_steady()
    with Deck("empty", jack_server.name) as empty:
        wait_until(lambda: empty.counted("cycles") > 10, "the empty client")
        for _ in range(times):
            assert costs_no_cycles(lambda: usleep(500_000), lambda: int(backend.host["cycles"]), empty)
            assert engine.reading("output").rms_dbfs > -80  # and it was really playing


def test_a_held_gil_costs_the_whole_engine_no_cycle(jack_server, live, standard):
    hold_the_gil(jack_server, live, standard, times=1)


@pytest.mark.soak
def test_a_gil_held_a_hundred_times_costs_the_whole_engine_no_cycle(jack_server, live, standard):
    hold_the_gil(jack_server, live, standard, times=100)


def swaps_while_playing(engine, backend, models, irs, seed):
    """One take with SWAPS changes of sound: its first sample of the loop, the take, and (start, end, model, IR) each.

    Between them there is time for the longest IR to ring out: it goes on sounding of the old model.

    None if the server reported an xrun meanwhile.
    """
    rng = np.random.default_rng(seed)
    first = Cabinet(irs[0]) if irs[0] is not None else None
    engine.play({0: Lane(RATE, models[0].network(), source=LOOP)}, first)
    assert engine.wait_until_steady(5.0)
    time.sleep(0.05)  # what played before rings out
    xruns = int(backend.host["xruns"]), int(backend.host["resizes"])
    wet = engine.take(int((SWAPS * (0.08 + _length(irs) / RATE) + 0.5) * RATE), "output")
    while wet.state == "armed":
        time.sleep(0.001)
    head = engine.record["sources"][LOOP]
    began = np.subtract(*between_cycles(engine, lambda: (int(head["head"]), int(wet.record["position_samples"]))))
    sounds = []
    for i in range(SWAPS):
        changed = int(head["head"])
        which, cab = (seed + i) % len(models), (seed + i // 2) % len(irs)
        cabinet = Cabinet(irs[cab]) if irs[cab] is not None else None
        engine.play({0: Lane(RATE, models[which].network(), source=LOOP)}, cabinet)
        assert engine.wait_until_steady(5.0)
        if sounds:
            sounds[-1][1] = changed
        sounds.append([int(head["head"]), None, which, cab])
        time.sleep(float(rng.uniform(0.005, 0.03)) + _length(irs) / RATE)
    sounds[-1][1] = int(head["head"])
    wait_until(lambda: wet.state in ("done", "broken"), "the take", 30)
    time.sleep(0.2)
    if not wet.intact(*xruns):
        return None
    return began, wet.take, [(a - began, min(b - began, wet.take.size), which, cab) for a, b, which, cab in sounds]


def whole_take(*arguments):
    for _ in range(TRIES):
        result = swaps_while_playing(*arguments)
        if result is not None:
            return result
    skip_if_torn(f"xruns in each of {TRIES} takes")
    pytest.fail(f"the server reported xruns in each of {TRIES} takes")


def _length(irs):
    return max(ir.taps.shape[1] if ir is not None else 0 for ir in irs)


def through(ir, x):
    return np.convolve(x, ir.taps[0].astype(float))[: x.size] if ir is not None else x


def test_twenty_swaps_while_playing_are_settled_after_each_fade_and_do_not_click(live, standard):
    swap(live, standard, takes=1)


@pytest.mark.soak
def test_two_thousand_swaps_while_playing_are_settled_after_each_fade_and_do_not_click(live, standard):
    swap(live, standard, takes=100)


def swap(live, standard, takes):
    # A sine has a known second difference, so a click shows. Half of the takes have no cabinet: there the new model is
    # compared from the end of the fade on. Behind a cabinet the old one rings out first.
    engine, backend, _ = live
    models, shipped = [standard, model(A2), model(NANO)], [IR.load(path) for path in bundled.irs()]
    engine.loop(sine(120 * RATE, hz=110.0, peak=0.05))
    engine.play({0: Lane(RATE, models[0].network(), source=LOOP)})
    assert engine.wait_until_steady()
    time.sleep(1.5)  # the loop began in the middle of the sine
    allocated = rtsys.get_allocation_stats()
    compared, worst = 0, -200.0
    for seed in range(takes):
        irs = shipped if seed % 2 else [None]
        began, y, sounds = whole_take(engine, backend, models, irs, seed)
        x = _played_from_loop(engine, began - RATE, y.size + RATE)
        always = [dc_blocked(m.render(x)) for m in models]  # the second before the take settles them
        wet = {(i, k): through(ir, dry)[RATE:] for i, dry in enumerate(always) for k, ir in enumerate(irs)}
        steady = {sound: jump(w) for sound, w in wet.items()}
        for (_, before, *old), (start, _, *new) in pairwise(sounds):
            # from the change until the old sound has rung out, against the larger of the two steady signals
            change = y[before : start + _length(irs) + 64]
            assert jump(change) < 3 * max(steady[tuple(old)], steady[tuple(new)])
        for start, end, which, cab in sounds:
            start += _length(irs)
            if end - start > 64:
                want = wet[which, cab]
                worst = max(worst, db(y[start:end] - want[start:end], want))
                compared += 1
    assert rtsys.get_allocation_stats().alloc == allocated.alloc  # neither callback nor control side
    assert compared > takes * SWAPS * 3 // 4
    print(f"worst difference after {compared} changes of sound: {worst:.0f} dB")
    assert worst < -60


def _played_from_loop(engine, began, samples):
    """What the loop source gave, from its sample number `began` on."""
    tape, source = engine._playing["loop"], engine.record["sources"][LOOP]
    loop = np.array(tape._arena[1])
    head, position = between_cycles(engine, lambda: (int(source["head"]), int(tape.record["position_samples"])))
    first = (position - (head - began)) % loop.size
    return np.take(loop, np.arange(first, first + samples), mode="wrap")


def between_cycles(engine, read):
    """Two numbers that the callback moves on at different moments of a cycle, read while it does not run.

    Right after a cycle it rests, but for a late one: so what most looks agree on is right. A tape that breaks meanwhile
    stands still, and nothing agrees: its take is of no use.
    """
    found = Counter()
    while True:
        cycles = int(engine.record["cycles"])
        while int(engine.record["cycles"]) == cycles:
            time.sleep(0.0001)
        first, second = read()
        found[first - second] += 1
        if found[first - second] >= LOOKS or found.total() >= MOST_LOOKS:
            return first, second


@pytest.mark.soak
def test_no_cycle_is_missed_by_our_own_doing_while_sounds_change(live, standard):
    """A missed cycle of ours: one whose own CPU time was above half the period."""
    engine, backend, watch = live
    engine.loop(guitar(5 * RATE))
    engine.play({0: Lane(RATE, standard.network(), source=LOOP)}, Cabinet(IR.load(bundled.irs()[0])))
    assert engine.wait_until_steady()
    watch.begin(backend)
    for i in range(500):
        gc.collect()
        engine.play({0: Lane(RATE, (standard, model(A2))[i % 2].network(), source=LOOP)})
        assert engine.wait_until_steady(5.0)
    watch.end()
    print(f"largest CPU time of a cycle: {watch.longest:.0%} of the period; {len(watch.machines)} were the machine's")
    assert watch.longest > 0
    assert watch.told()["ours"] == []
