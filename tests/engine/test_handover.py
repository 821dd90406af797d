"""A new model or cabinet takes over: no click, no gap, settled from its first audible sample."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from rigs import A2, NANO, RATE, Bench, db, dc_blocked, guitar, jump, model, noise, sine

from rig import handover
from rig.cabinet.ir import IR
from rig.engine import Cabinet
from rig.files import bundled
from rig.lane import Lane

FADE = 480  # samples: 10 ms
# A hand-over waits for the next chunk and may need some more to catch up; offline there is nothing to catch up.
SETTLED_DB = -60.0


def cabinets():
    return [IR.load(path) for path in bundled.irs()]


def always(path, x):
    """The output of a lane with this model that has been running all along."""
    return dc_blocked(model(path).render(np.concatenate([np.zeros(RATE, np.float32), x])))[RATE:]


@pytest.mark.parametrize("block", [16, 64, 1000])
def test_after_the_fade_a_new_model_sounds_as_if_it_had_always_run(block):
    bench, x = Bench(block), guitar(3 * RATE)
    bench.engine.play({0: Lane(RATE, model(NANO).network())})
    bench.settle()
    bench.process(x[:RATE])
    bench.engine.play({0: Lane(RATE, model(A2).network())})
    y = bench.process(x[RATE:])
    want = always(A2, x)[RATE:]
    after = slice(FADE + 2 * block, None)
    assert db(y[after] - want[after], want) < SETTLED_DB


def test_two_hundred_changes_of_model_and_cabinet_do_not_click():
    # A steady sine has a known second difference; a click has a hundred times that.
    x, rng, irs = sine(2 * RATE, hz=110.0, peak=0.05), np.random.default_rng(1), cabinets()
    paths = [NANO, A2]
    steady = 0.0
    for path in paths:
        for ir in irs:
            bench = Bench()
            bench.engine.play({0: Lane(RATE, model(path).network())}, Cabinet(ir))
            bench.settle()
            steady = max(steady, jump(bench.process(x)[RATE:]))
    bench = Bench()
    models = [model(path) for path in paths]
    bench.engine.play({0: Lane(RATE, models[0].network())}, Cabinet(irs[0]))
    bench.settle()
    pieces = [bench.process(x)[RATE:]]
    at = 2 * RATE
    for i in range(200):
        if i % 3 != 1:
            bench.engine.play({0: Lane(RATE, models[i % 2].network())})
        if i % 3 != 0:
            bench.engine.play(cabinet=Cabinet(irs[i % len(irs)]))
        n = int(rng.integers(300, 3000))  # some come before the last one has ended
        pieces.append(bench.process(0.05 * np.sin(2 * np.pi * 110.0 * (at + np.arange(n)) / RATE)))
        at += n
    assert jump(np.concatenate(pieces)) < 3 * steady
    bench.settle()
    assert bench.engine.record["handover"]["changes"] > 100


def test_lane_and_cabinet_change_in_one_step_and_one_fade():
    bench = Bench()
    silent, loud = IR.from_taps([1e-3], RATE), IR.from_taps([1.0], RATE)
    bench.engine.play({0: Lane(RATE, output_gain_db=60.0)}, Cabinet(silent))
    bench.settle()
    x = sine(RATE, hz=1000.0, peak=0.1)
    bench.engine.play({0: Lane(RATE)}, Cabinet(loud))
    # Any moment at which only one of the two had changed would be 60 dB too loud or too soft.
    y = bench.process(x)
    envelope = np.abs(y).reshape(-1, 48).max(axis=1)
    assert envelope[2:].min() > 0.02
    assert bench.engine.poll() is False
    assert bench.engine.record["handover"]["changes"] == 2


def test_a_change_that_has_not_begun_is_merged_into_the_next():
    bench = Bench()
    bench.engine.play({0: Lane(RATE)})
    bench.engine.play({1: Lane(RATE, output_gain_db=6.0206)})
    bench.engine.play({0: Lane(RATE, inverted=True)})
    bench.engine.play(cabinet=Cabinet(IR.from_taps([0.5], RATE)))
    bench.settle()
    assert bench.engine.record["handover"]["changes"] == 1
    x = noise(RATE)
    assert db(bench.process(x) - 0.5 * dc_blocked(x)) < -100


def test_what_was_replaced_is_freed_and_what_plays_is_kept():
    bench = Bench()
    old, new = Lane(RATE, model().network()), Lane(RATE, model().network())
    watch_old, watch_new = weakref.ref(old), weakref.ref(new)
    cab = Cabinet(IR.from_taps([1.0], RATE))
    watch_cab = weakref.ref(cab)
    bench.engine.play({0: old}, cab)
    del old, cab
    bench.settle()
    bench.engine.play({0: new}, None)
    del new
    gc.collect()
    assert watch_old() is not None  # the audio thread may still play it
    bench.settle()
    gc.collect()
    assert watch_old() is None
    assert watch_cab() is None
    assert watch_new() is not None


def test_under_heavy_load_the_old_fades_out_before_the_new_fades_in():
    bench, x = Bench(), sine(RATE, hz=110.0, peak=0.05)
    bench.engine.play({0: Lane(RATE, model(NANO).network())})
    bench.settle()
    steady = jump(bench.process(x)[RATE // 2 :])
    old = bench.engine.lanes[0]
    bench.engine.record["load"]["smoothed_share"] = 0.6
    new = Lane(RATE, model(A2).network())
    bench.engine.play({0: new})
    start = int(new.record["heard_samples"])
    bench.process(x[:FADE])
    assert int(new.record["heard_samples"]) == start  # not run while the old one is
    heard = int(old.record["heard_samples"])
    y = bench.process(x[FADE:])
    assert int(old.record["heard_samples"]) - heard <= 64
    assert np.abs(y[:32]).max() < 1e-3  # silent in between
    assert jump(y) < 3 * max(steady, jump(always(A2, x)[RATE // 2 :]))
    bench.settle()


def hold_back(engine):
    """Take a change back before it is begun; call the answer to hand it over later, as if the thread had been held."""
    address = handover.recall(engine._handover)
    assert address

    def go_on():
        engine.record["handover"]["pending"] = address

    return go_on


def test_a_late_lane_catches_up_before_it_is_heard():
    # The control thread was held up between the run-in and the handing over: a quarter of a second is missing.
    bench, x = Bench(), guitar(3 * RATE)
    bench.engine.play({0: Lane(RATE, model(NANO).network())})
    bench.settle()
    bench.process(x[:RATE])
    bench.engine.play({0: Lane(RATE, model(A2).network())})
    go_on, late = hold_back(bench.engine), RATE // 4
    y = bench.process(x[RATE : RATE + late])
    go_on()
    y = np.concatenate([y, bench.process(x[RATE + late :])])
    old, new = always(NANO, x)[RATE:], always(A2, x)[RATE:]
    # it hears two samples of the past for each of the present, so it is there after as long again, and fades in
    before = slice(2 * late - 192)
    assert db(y[before] - old[before], old) < -100
    after = slice(2 * late + 64 + FADE, None)
    assert db(y[after] - new[after], new) < -100


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 8))])
def test_whatever_happens_nothing_clicks(seed):
    # Random changes, late ones, under heavy load, and overloads in between, on a sine whose second difference is known.
    rng, at, pieces = np.random.default_rng(seed), 0, []
    models, irs = [model(A2), model(NANO)], [None, *cabinets()]
    bench = Bench()
    engine, load = bench.engine, bench.engine.record["load"]

    def play(blocks):
        nonlocal at
        n = 64 * int(blocks)
        pieces.append(bench.process(0.05 * np.sin(2 * np.pi * 110.0 * (at + np.arange(n)) / RATE)))
        at += n

    engine.play({0: Lane(RATE, models[0].network())})
    bench.settle()
    play(75)
    steady = jump(pieces[0])  # the louder model without a cabinet
    for _ in range(40):
        load["smoothed_share"] = rng.choice([0.1, 0.6])
        lanes = {0: Lane(RATE, models[int(rng.integers(2))].network())} if rng.random() < 0.7 else None
        ir = irs[int(rng.integers(len(irs)))]
        cabinet = "keep" if lanes and rng.random() < 0.5 else Cabinet(ir) if ir is not None else None
        engine.play(lanes, cabinet)
        if rng.random() < 0.4:
            go_on = hold_back(engine)
            play(rng.integers(1, 60))
            go_on()
        play(rng.integers(1, 60))
        if seed % 2 and rng.random() < 0.2:
            rate = float(load["sample_rate"])
            bench.backend.host["timed"], load["sample_rate"] = 1, 1e12
            play(rng.integers(4, 40))
            bench.backend.host["timed"], load["sample_rate"] = 0, rate
    assert jump(np.concatenate(pieces)) < 3 * steady


def test_an_overload_puts_the_lanes_to_sleep_and_a_new_lane_wakes_them():
    bench, x = Bench(), guitar(2 * RATE)
    bench.engine.play({0: Lane(RATE, model(NANO).network())})
    bench.settle()
    bench.process(x[:RATE])
    bench.backend.host["timed"] = 1
    load = bench.engine.record["load"]
    rate, load["sample_rate"] = float(load["sample_rate"]), 1e12  # every cycle is late now
    y = bench.process(x[:RATE])
    load["sample_rate"] = rate
    assert bench.engine.faults().overloaded
    assert bench.engine.suspended
    assert jump(y) < 3 * jump(always(NANO, x))
    assert not y[7 * 64 + 8 * 64 + FADE :].any()
    heard = int(bench.engine.lanes[0].record["heard_samples"])
    assert not bench.process(x[:RATE]).any()
    assert int(bench.engine.lanes[0].record["heard_samples"]) == heard  # it is really not run
    bench.backend.host["timed"] = 0
    bench.engine.play(cabinet=Cabinet(IR.from_taps([0.5], RATE)))  # a cabinet alone wakes nobody
    assert not bench.settle().any()
    bench.engine.play({0: Lane(RATE, model(A2).network())})
    y = bench.process(x)
    assert not bench.engine.suspended
    want = 0.5 * dc_blocked(model(A2).render(np.concatenate([np.zeros(RATE, np.float32), x])))[RATE:]
    assert db(y[1000:] - want[1000:], want) < SETTLED_DB


def test_freewheeling_and_offline_cycles_are_never_an_overload():
    bench = Bench()
    bench.engine.play({0: Lane(RATE)})
    bench.engine.record["load"]["sample_rate"] = 1e12
    bench.process(noise(RATE))
    assert not bench.engine.faults().overloaded
