"""What MIDI moves: fades of everything, knobs that pick up, switches of all kinds."""

from __future__ import annotations

import numpy as np
import pytest
from midi_bench import BOUND, listening, outcomes, sounding
from rigs import NANO, RATE, Bench, db, jump, model, sine

from rig.dsp.ramp import fade_table
from rig.lane import Lane
from rig.midi_actions import DONE, SET_TO, TOGGLED, TOLD, UNBOUND, WAITS
from rig.player.midi.lookup import PARAMETERS, compiled
from rig.player.midi.mapping import Binding, Mapping
from rig.sound import Sound


# ---------------------------------------------------------------- what it moves
def test_a_pedal_moves_the_volume_from_its_period_on_with_the_fade_of_everything():
    bench, _ = sounding()
    x = sine(RATE // 2)  # whole waves
    for _ in range(4):  # until the DC blocker has forgotten the start
        before = bench.process(x)
    at = 64 * 100
    y = bench.backend.process(x, midi=[(at + 20, bytes((0xB0, 7, 64)))])[:, 0]
    again = bench.process(x)
    gain = 10 ** ((-40 + 40 * 64 / 127) / 20)
    fade = round(0.010 * RATE)
    want = before.astype(float)
    want[at:] *= gain
    want[at : at + fade] = before[at : at + fade] * (1 + (gain - 1) * fade_table(fade))
    assert db(y - want, before) < -80
    assert db(again - gain * before, before) < -80
    assert jump(y) < 1.1 * jump(before)


def test_a_pedal_that_sweeps_does_not_zip():
    bench, _ = sounding()
    x = sine(RATE // 2)
    for _ in range(4):
        before = bench.process(x)
    sweep = [(frame, bytes((0xB0, 7, 127 - frame * 127 // x.size))) for frame in range(0, x.size, 100)]
    y = bench.backend.process(x, midi=sweep)[:, 0]
    assert np.abs(y[-1000:]).max() < 0.02 * np.abs(before).max()
    assert jump(y) < 1.1 * jump(before)


def test_the_lowest_volume_is_silence():
    bench, control = sounding()
    control.use(compiled(Mapping((Binding("control", 7, "volume", pickup=False),)), RATE).map)
    bench.backend.process(np.zeros(64, np.float32), midi=[(0, bytes((0xB0, 7, 0)))])
    bench.process(np.zeros(4800))
    assert not bench.process(sine(4800)).any()


def test_a_switch_mutes_in_its_period_and_the_same_switch_brings_the_sound_back():
    bench, control = sounding()
    press, release = bytes((0xB0, 64, 127)), bytes((0xB0, 64, 0))
    y = bench.backend.process(sine(RATE), midi=[(6400, press), (6500, release), (24_000, press)])[:, 0]
    assert outcomes(control.drain()) == [TOGGLED, DONE, TOGGLED]
    assert y[6390:6400].any() and not y[6400 + 480 : 23_900].any() and np.abs(y[-1000:]).max() > 0.09


def test_trims_move_on_top_of_the_sums_of_the_lane_and_bypass_has_none():
    sound = Sound(model(NANO), input_trim_db=3.0, output_trim_db=-2.0)
    lane = sound.lane(RATE)
    bench, _ = sounding(lane=lane)
    messages = [bytes((0xB1, 11, 127)), bytes((0xB0, 12, 0)), bytes((0xB0, 11, 1))]  # the last one on another channel
    bench.backend.process(np.zeros(640, np.float32), midi=[*enumerate(messages)])
    want = sound.changed(input_trim_db=-20.0, output_trim_db=20.0)
    assert lane.record["input_gain"]["target"] == pytest.approx(10 ** (want.input_gain_db / 20))
    assert lane.record["output_gain"]["target"] == pytest.approx(10 ** (want.output_gain_db / 20))
    dry = Lane(RATE)
    bench.engine.play({0: dry})
    bench.settle()
    bench.backend.process(np.zeros(640, np.float32), midi=[(1, bytes((0xB1, 11, 127)))])
    assert dry.record["output_gain"]["target"] == 1.0


def test_a_lane_that_is_just_fading_in_is_trimmed_like_the_one_it_replaces():
    first, second = (Sound(model(NANO)).lane(RATE) for _ in range(2))
    bench, _ = sounding(lane=first)
    bench.engine.play({0: second})
    bench.backend.process(np.zeros(128, np.float32), midi=[(100, bytes((0xB1, 11, 127)))])
    assert bench.engine.record["handover"]["phase"] != 0
    ratio = 10 ** (20.0 / 20)
    for lane in (first, second):
        assert lane.record["output_gain"]["target"] == pytest.approx(lane.record["output_base_gain"] * ratio)
    bench.settle()


# ---------------------------------------------------------------- knobs that pick up, switches of all kinds
def turned(knob, start, data, moved=None):
    """Outcomes of a knob at these positions; `moved`: {number of a position: value that a key has set before it}."""
    bench = Bench(64)
    control = listening(bench.engine, Mapping((knob,)))
    value = control.parameters[PARAMETERS.index(knob.command)]
    value["value"], found = start, []
    for number, byte in enumerate(data):
        if moved and number in moved:
            value["value"] = moved[number]
        bench.backend.process(np.zeros(64, np.float32), midi=[(0, bytes((0xB0, knob.number, byte)))])
        found += outcomes(control.drain())
    return found, float(value["value"])


def test_a_knob_takes_over_once_it_has_passed_the_value():
    knob = Binding("control", 7, "volume", low=-60.0, high=0.0)
    found, value = turned(knob, -30.0, [0, 20, 100, 101])
    assert (found, value) == ([WAITS, WAITS, SET_TO, SET_TO], pytest.approx(-60 + 60 * 101 / 127))
    assert turned(knob, -30.0, [127, 90, 80, 10])[0] == [WAITS, WAITS, WAITS, SET_TO]
    assert turned(knob, -30.0, [64])[0] == [SET_TO]  # it stands there
    assert turned(knob, 0.0, [127, 0])[0] == [SET_TO, SET_TO]
    # a key moves the value away: it waits again, and from the other side too
    assert turned(knob, -30.0, [64, 70, 71, 60, 20], {2: -50.0})[0] == [SET_TO, SET_TO, WAITS, WAITS, SET_TO]
    upside_down = Binding("control", 7, "volume", low=0.0, high=-60.0, curve="log")
    assert turned(upside_down, -30.0, [127, 100, 20])[0] == [WAITS, WAITS, SET_TO]


def test_a_knob_that_jumps_always_sets():
    knob = Binding("control", 7, "volume", low=-60.0, high=0.0, pickup=False)
    assert turned(knob, -30.0, [0, 127, 3])[0] == [SET_TO] * 3


@pytest.mark.parametrize(
    ("on", "want"),
    [
        ("press", [TOLD, DONE, TOLD, DONE, DONE, DONE]),
        ("change", [TOLD, TOLD, TOLD, DONE, TOLD, DONE]),
        ("any", [TOLD] * 6),
    ],
)
def test_switches_that_send_press_and_release_that_latch_and_that_repeat(on, want):
    switch = Binding("control", 7, "next_model", on=on)
    assert turned_switch(switch, [127, 0, 127, 64, 63, 1]) == want


def turned_switch(switch, data):
    bench = Bench(64)
    control = listening(bench.engine, Mapping((switch,)))
    messages = [bytes((0xB0, switch.number, byte)) for byte in data]
    bench.backend.process(np.zeros(64, np.float32), midi=[*enumerate(messages)])
    return outcomes(control.drain())


def test_one_message_may_have_several_bindings_and_a_channel_its_own():
    everywhere = Binding("control", 7, "volume", low=-40.0, high=0.0, pickup=False)
    here = Binding("control", 7, "output_trim", channel=3, low=0.0, high=10.0, pickup=False)
    bench = Bench(64)
    control = listening(bench.engine, Mapping((everywhere, here)), monitor=True)
    messages = [
        bytes((0xB2, 7, 127)),
        bytes((0xB0, 7, 0)),
        bytes((0x80, 60, 0)),
        bytes((0x90, 60, 0)),
        bytes((0xE0, 1, 2)),
    ]
    bench.backend.process(np.zeros(64, np.float32), midi=[(i, message) for i, message in enumerate(messages)])
    lines = control.drain()
    assert outcomes(lines) == [SET_TO, SET_TO, SET_TO, UNBOUND, UNBOUND, UNBOUND]
    assert sorted(line["value"] for line in lines[:2]) == [0.0, 10.0]
    assert lines[2]["value"] == -40.0


def test_another_map_may_come_at_any_time_and_the_old_one_stays_until_no_cycle_reads_it():
    bench, control = sounding()
    addresses = set()
    for _ in range(20):
        control.use(compiled(BOUND, RATE).map)
        addresses.add(int(control.record["map"]))
        bench.backend.process(np.zeros(64, np.float32), midi=[(0, bytes((0xB0, 7, 64)))])
        assert outcomes(control.drain()) == [SET_TO]
    assert len(control._replaced) <= 3
