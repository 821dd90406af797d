"""The signal path and its levels, on the offline backend: the very code that plays live."""

from __future__ import annotations

import numpy as np
import pytest
from allocations import rtsys
from rigs import A2, RATE, Bench, db, dc_blocked, guitar, jump, model, noise, sine

from rig.cabinet.ir import IR
from rig.engine import Cabinet
from rig.errors import RigError
from rig.lane import Lane

# float32 all the way: rounding of the convolver and of the gains, relative to full scale
ROUNDING_DB = -120.0


def ir(*taps_at, channels=1, length=300):
    """An IR with single taps: (position, gain) or (position, gain, channel)."""
    taps = np.zeros((channels, length))
    for at, gain, *channel in taps_at:
        taps[channel[0] if channel else 0, at] = gain
    return IR.from_taps(taps, RATE)


@pytest.mark.parametrize("block", [1, 7, 64, 100, 512, 4096, [3, 64, 1000, 1]])
def test_the_path_is_gain_model_gain_dc_blocker_cabinet_at_any_block_size(block):
    bench, m, cab = Bench(block), model(), ir((0, 0.5), (200, -0.25))
    bench.engine.play({0: Lane(RATE, m.network(), input_gain_db=-6.0, output_gain_db=3.0)}, Cabinet(cab))
    bench.settle()
    x = guitar(RATE)
    gained = (x * np.float32(10 ** (-6 / 20))).astype(np.float32)
    settled = m.render(np.concatenate([np.zeros(RATE, np.float32), gained])).astype(float) * 10 ** (3 / 20)
    want = np.convolve(dc_blocked(settled - settled[0])[RATE:], cab.taps[0].astype(float))[:RATE]
    assert db(bench.process(x) - want) < ROUNDING_DB


def test_start_up_is_silent_even_if_the_model_answers_silence_with_dc():
    bench, m = Bench(), model(A2)
    assert abs(m.render(np.zeros(64, np.float32))[0]) > 1e-5  # this one does
    bench.engine.play({0: Lane(RATE, m.network())})
    assert db(bench.process(np.zeros(RATE))) < -120


def test_without_lanes_there_is_silence_and_not_the_dry_guitar():
    assert not Bench().process(guitar(RATE)).any()


def test_a_lane_without_a_model_passes_the_guitar():
    bench = Bench()
    bench.engine.play({0: Lane(RATE)})
    bench.settle()
    x = noise(RATE)
    assert db(bench.process(x) - dc_blocked(x)) < ROUNDING_DB


def test_inverted_and_delayed_lanes():
    x = noise(RATE)
    bench = Bench(100)
    bench.engine.play({0: Lane(RATE, inverted=True, delay_samples=137)})
    bench.settle()
    y = bench.process(x)
    assert db(y[137:] + dc_blocked(x)[:-137]) < ROUNDING_DB
    assert not y[:137].any()


def test_lanes_are_mixed_with_their_levels():
    bench = Bench()
    bench.engine.play({0: Lane(RATE), 2: Lane(RATE, output_gain_db=-6.0206)})
    bench.engine.set_mix(2, 0.5)
    bench.settle()
    x = noise(RATE)
    assert db(bench.process(x) - 1.25 * dc_blocked(x)) < -100  # -6.0206 dB is a half to 1e-6


def test_a_stereo_cabinet_has_two_outputs_and_a_mono_one_the_same_twice():
    bench, x = Bench(), noise(RATE)
    bench.engine.play({0: Lane(RATE)}, Cabinet(ir((3, 0.5), (150, 0.25, 1), channels=2)))
    bench.settle()
    y = bench.stereo(x)
    dry = dc_blocked(x)
    assert db(y[3:, 0] - 0.5 * dry[:-3]) < ROUNDING_DB
    assert db(y[150:, 1] - 0.25 * dry[:-150]) < ROUNDING_DB
    bench.engine.play(cabinet=Cabinet(ir((0, 1.0))))
    bench.settle()
    y = bench.stereo(x)
    np.testing.assert_array_equal(y[:, 0], y[:, 1])


def test_the_clip_guard_limits_and_its_meter_counts_and_a_float_engine_has_none():
    x = sine(RATE, peak=2.0)
    for guard in (True, False):
        bench = Bench(guard=guard)
        bench.engine.play({0: Lane(RATE)})
        bench.settle()
        bench.engine.reading("output")
        y = bench.process(x)
        reading = bench.engine.reading("output")
        assert np.abs(y[-5000:]).max() == pytest.approx(1.0 if guard else 2.0, rel=1e-2)
        assert reading.clips == 2 * np.count_nonzero(np.abs(y) >= 1 - 2.0**-22) > 0


def test_meters_tell_peak_rms_and_clips():
    bench = Bench()
    bench.engine.play({0: Lane(RATE, input_gain_db=-20.0)})
    bench.settle()
    for which in ("input", "model", "output"):
        bench.engine.reading(which)
    x = sine(RATE, hz=1000.0, peak=0.5)
    x[1000] = 1.0
    bench.process(x)
    reading = bench.engine.reading("input")
    assert (reading.peak_dbfs, reading.clips) == (0.0, 1)
    assert reading.rms_dbfs == pytest.approx(-9.03, abs=0.01)
    assert bench.engine.reading("model").peak_dbfs == pytest.approx(-20.0, abs=0.01)
    assert bench.engine.reading("input").peak_dbfs == -np.inf  # a reading starts the next one


def test_mute_and_every_gain_change_are_faded():
    bench = Bench()
    lane = Lane(RATE)
    bench.engine.play({0: lane})
    bench.settle()
    x = sine(RATE, hz=110.0, peak=0.3)
    steady = jump(bench.process(x)[2000:])
    bench.engine.set_master(0.0)
    y = bench.process(x)
    assert jump(y) < 3 * steady
    assert not y[480:].any()
    bench.engine.set_master(1.0)
    lane.set_input_gain_db(-12.0)
    lane.set_output_gain_db(6.0)
    y = bench.process(x)
    assert jump(y[3:]) < 3 * steady
    assert np.abs(y[-2000:]).max() == pytest.approx(0.3 * 10 ** (-6 / 20), rel=1e-2)


def test_a_sample_that_is_not_a_number_is_silence_and_is_counted():
    bench = Bench()
    bench.engine.play({0: Lane(RATE, model().network())}, Cabinet(ir((0, 1.0))))
    bench.settle()
    x = guitar(RATE)
    x[5000], x[6000], x[7000] = np.nan, np.inf, -1e20
    y = bench.process(x)
    assert np.isfinite(y).all()
    assert bench.engine.faults().input_samples == 3
    assert bench.engine.faults().input_samples == 0
    clean = np.where(np.isfinite(x) & (np.abs(x) < 1e6), x, 0)
    other = Bench()
    other.engine.play({0: Lane(RATE, model().network())}, Cabinet(ir((0, 1.0))))
    other.settle()
    np.testing.assert_array_equal(y, other.process(clean))


def test_a_model_that_runs_away_is_silenced_started_afresh_and_reported():
    bench = Bench()
    lane = Lane(RATE, model(A2).network())
    bench.engine.play({0: lane})
    bench.settle()
    x = guitar(2 * RATE)
    bench.process(x[:RATE])
    lane.record["input_gain"]["target"] = np.inf
    y = bench.process(x[:2000])
    assert np.isfinite(y).all()
    lane.record["input_gain"]["target"] = 1.0
    assert bench.engine.faults().model_faults > 0
    back = bench.process(x)
    assert np.isfinite(back).all()
    assert bench.engine.faults().model_faults <= 8  # the fade away from infinity
    want = dc_blocked(model(A2).render(np.concatenate([np.zeros(RATE, np.float32), x])))[RATE:]
    assert db(back[RATE:] - want[RATE:]) < -100


def test_an_ir_that_is_too_long_for_the_line_is_refused_before_anything_changes():
    bench = Bench()
    bench.engine.play({0: Lane(RATE)})
    bench.settle()
    long = IR.from_taps(np.ones(bench.engine.line.max_taps + 1) * 1e-3, RATE)
    with pytest.raises(RigError, match="too long"):
        bench.engine.play({0: None}, Cabinet(long))
    x = noise(RATE)
    assert db(bench.process(x) - dc_blocked(x)) < ROUNDING_DB


def test_the_callback_allocates_nothing_even_while_sounds_change():
    bench = Bench()
    bench.engine.play({0: Lane(RATE, model().network())}, Cabinet(ir((0, 1.0))))
    x = noise(64 * 1000)
    bench.process(x)
    bench.engine.poll()
    bench.engine.play({0: Lane(RATE, model(A2).network())}, Cabinet(ir((0, 1.0), (77, 0.2), channels=2)))
    before = rtsys.get_allocation_stats()
    bench.process(x)
    after = rtsys.get_allocation_stats()
    assert bench.engine.record["handover"]["changes"] == 2
    assert (after.alloc - before.alloc, after.mi_alloc - before.mi_alloc) == (0, 0)
