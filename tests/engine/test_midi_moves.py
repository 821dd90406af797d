"""What MIDI moves: fades of everything, knobs that pick up, switches of all kinds."""

from __future__ import annotations

import numpy as np
import pytest
from midi_bench import BOUND, listening, outcomes, sounding
from rigs import NANO, RATE, Bench, db, jump, model, sine

from rig.dsp.ramp import fade_table
from rig.lane import Lane
from rig.midi_actions import DONE, RESTS, SET_TO, TOGGLED, TOLD, UNBOUND, WAITS
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
        ("second", [TOLD, DONE, TOLD, DONE, TOLD, DONE]),
    ],
)
def test_switches_that_send_press_and_release_that_latch_and_that_repeat(on, want):
    switch = Binding("control", 7, "next_model", on=on)
    assert turned_switch(switch, [127, 0, 127, 64, 63, 1]) == want


def turned_switch(switch, data, apart_ms=50.0):
    """Outcomes of these positions, so far apart."""
    bench = Bench(64)
    control = listening(bench.engine, Mapping((switch,)))
    apart = round(RATE * apart_ms / 1000)
    messages = [(i * apart, bytes((0xB0, switch.number, byte))) for i, byte in enumerate(data)]
    bench.backend.process(np.zeros(apart * len(data) + 64, np.float32), midi=messages)
    return outcomes(control.drain())


@pytest.mark.parametrize(
    ("on", "want"),
    [
        ("press", [TOLD, DONE, RESTS, DONE, RESTS, DONE]),
        ("change", [TOLD, RESTS, RESTS, RESTS, RESTS, RESTS]),
        ("any", [TOLD, RESTS, RESTS, RESTS, RESTS, RESTS]),
        ("second", [TOLD, RESTS, RESTS, RESTS, RESTS, RESTS]),
    ],
)
def test_contacts_that_bounce_are_one_press(on, want):
    switch = Binding("control", 7, "next_model", on=on)
    assert turned_switch(switch, [127, 0, 127, 0, 127, 0], apart_ms=3.0) == want
    patient = Binding("control", 7, "next_model", on=on, rest_ms=0.0)
    assert turned_switch(patient, [127, 0, 127, 0], apart_ms=3.0).count(RESTS) == 0
    longer = Binding("control", 7, "next_model", on="change", rest_ms=200.0)
    assert turned_switch(longer, [127, 0, 127, 0, 127], apart_ms=50.0) == [TOLD, RESTS, RESTS, RESTS, TOLD]


def test_letting_go_bounces_too_and_the_next_press_after_a_short_tap_counts():
    switch, bench = Binding("control", 7, "next_model"), Bench(64)
    control = listening(bench.engine, Mapping((switch,)))

    def at(ms, data):
        return round(RATE * ms / 1000), bytes((0xB0, 7, data))

    moves = [at(0, 127), at(300, 0), at(303, 127), at(306, 0), at(900, 127), at(915, 0), at(1200, 127)]
    bench.backend.process(np.zeros(2 * RATE, np.float32), midi=moves)
    assert outcomes(control.drain()) == [TOLD, DONE, RESTS, DONE, TOLD, DONE, TOLD]


def test_the_first_press_of_a_switch_that_latches_counts_whatever_it_sends():
    for first, second in ((0, 127), (127, 0)):
        assert turned_switch(Binding("control", 7, "next_model", on="change"), [first, second, first]) == [TOLD] * 3
    assert turned_switch(Binding("control", 7, "next_model"), [0, 127]) == [DONE, TOLD]


def test_a_switch_that_stands_for_a_state_mutes_and_sounds_whatever_was_before():
    bench = Bench(64)
    for on, turn, want in (("state", None, [1, 1, 0]), ("press", "on", [1, 1, 1]), ("press", "off", [0, 0, 0])):
        control = listening(bench.engine, Mapping((Binding("control", 64, "mute", on=on, turn=turn),)))
        muted = control.parameters[PARAMETERS.index("mute")]
        stood = []
        for before, data in ((0.0, 127), (1.0, 127), (1.0, 0)):
            muted["value"] = before
            for byte in (0, 127) if turn else (127 - data, data):
                bench.backend.process(np.zeros(RATE // 20, np.float32), midi=[(0, bytes((0xB0, 64, byte)))])
            stood.append(int(muted["value"]))
            assert bench.engine.record["master"]["target"] == 1.0 - muted["value"]
        assert stood == want


def test_a_pedal_that_reaches_neither_end_goes_through_its_whole_range():
    pedal = Binding("control", 7, "volume", low=-60.0, high=0.0, pickup=False, lowest=5, highest=119)
    for data, value in ((0, -60.0), (5, -60.0), (62, -30.0), (119, 0.0), (127, 0.0)):
        assert turned(pedal, -10.0, [data])[1] == pytest.approx(value)
    weak = Binding("control", 7, "next_model", lowest=0, highest=40)
    assert turned_switch(weak, [0, 40, 0, 40]) == [DONE, TOLD, DONE, TOLD]


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
