"""Foot switches and pedals as they are: of which kind they are, where they end, their lamps, and how much is told."""

from __future__ import annotations

import time

import pytest
from jackclients import wait_until
from test_midi_control import Board

from rig.player.midi import control
from rig.player.midi.lamps import SETTLED_S
from rig.player.midi.mapping import Binding, Mapping


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """A configuration folder of its own for each test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "rig" / "midi.toml"


@pytest.fixture
def board():
    made = Board()
    yield made
    made.player.close()


class Clock:
    """A time of its own for what waits for a control to come to rest."""

    def __init__(self, board):
        self.now, self.board = 1000.0, board
        board.player.midi.clock = lambda: self.now

    def send(self, *moves):
        """`moves`: seconds after the one before, and a message."""
        for after_s, message in moves:
            self.now += after_s
            self.board.send(message)
            self.board.rest()

    def settle(self):
        self.now += 20.0
        self.board.player.poll()


ON, OFF = (0xB0, 80, 127), (0xB0, 80, 0)


@pytest.mark.parametrize(
    ("moves", "kind"),
    [
        ([(1, ON), (0.2, OFF), (1, ON), (0.2, OFF)], "press"),
        ([(1, ON), (0.2, OFF)], "press"),  # pressed once
        ([(1, ON), (1, OFF)], "change"),
        ([(1, OFF), (1, ON)], "change"),
        ([(1, ON), (1, ON)], "any"),
        ([(1, ON), (0.2, ON), (1, ON), (0.2, ON)], "second"),
    ],
)
def test_two_presses_tell_the_kind_of_a_switch(board, config, moves, kind):
    clock = Clock(board)
    board.player.do("midi_learn", text="next_model")
    clock.send(*moves)
    clock.settle()
    assert f'on = "{kind}"' in config.read_text()
    assert config.read_text().count("[[control]]") == 1
    assert board.player.midi.mapping.bindings[-1].on == kind
    # The presses move on to another model, which may be told of before or after.
    assert any(f", on {kind}, as it moves; kept" in each for each in board.told) == (kind != "press")


def test_a_kind_that_was_named_is_left_alone_and_a_note_has_none(board, config):
    clock = Clock(board)
    board.player.do("midi_learn", text="next_model change")
    clock.send((1, ON), (0.2, OFF), (1, ON), (0.2, OFF))
    clock.settle()
    assert 'on = "change"' in config.read_text()
    board.player.do("midi_learn", text="next_model")
    clock.send((1, (0x90, 33, 127)), (1, (0x90, 33, 127)))
    clock.settle()
    assert "note = 33" in config.read_text()


def test_a_pedal_that_is_moved_from_end_to_end_shows_its_ends(board, config):
    clock = Clock(board)
    board.player.do("midi_learn", text="volume -40 0 jump")
    clock.send(*[(0.05, (0xB0, 11, data)) for data in (60, 100, 118, 60, 4, 50)])
    clock.settle()
    assert "lowest = 4\nhighest = 118\n" in config.read_text()
    assert "ends at 4 and 118, as it moves" in board.told[-1]
    board.send((0xB0, 11, 118))
    assert board.player.value("volume") == pytest.approx(0.0)
    board.send((0xB0, 11, 4))
    assert board.player.value("volume") == pytest.approx(-40.0)


def test_learning_ends_with_another_question_and_a_knob_that_hardly_moved_shows_no_ends(board, config):
    clock = Clock(board)
    board.player.do("midi_learn", text="volume")
    clock.send((1, (0xB0, 11, 60)), (0.1, (0xB0, 11, 64)))
    clock.settle()
    assert "lowest" not in config.read_text()
    board.player.do("midi_learn", text="volume")
    assert "from end to end, or press the switch twice" in board.told[-1]


def test_absolute_on_and_off_are_commands_too(board):
    board.player.midi.use(
        Mapping(
            (
                Binding("note", 70, "bypass", turn="on"),
                Binding("note", 71, "bypass", turn="off"),
                Binding("control", 90, "bypass", on="state"),
            )
        )
    )
    for message, bypassed in (
        ((0x90, 70, 1), True),
        ((0x90, 70, 1), True),
        ((0x90, 71, 1), False),
        ((0xB0, 90, 127), True),
        ((0xB0, 90, 0), False),
        ((0x90, 71, 1), False),
    ):
        board.send(message)
        board.rest()
        assert board.player.bypassed is bypassed


class Wire:
    """What goes out to the lamps."""

    def __init__(self):
        self.plugged, self.sent, self.asked, self.silent = 1, [], 0, ""

    def send(self, message):
        self.sent.append(tuple(message))
        return True

    def connect_lamps(self):
        self.asked += 1

    def why_silent(self):
        return self.silent


def test_a_lamp_shows_what_is_on_whoever_switched_it():
    board, wire = Board(), Wire()
    board.player.midi.open(out=wire)
    now_s = [0.0]
    board.player.midi._lamps._clock = lambda: now_s[0]
    board.player.midi.use(
        Mapping((Binding("control", 64, "mute", 3, lamp=True), Binding("note", 60, "bypass", lamp=True)))
    )
    assert wire.asked == 1
    board.player.poll()
    assert wire.sent == [(0xB2, 64, 0), (0x90, 60, 0)]
    board.player.do("mute")
    board.player.poll()
    board.send((0x90, 60, 1))
    assert wire.sent[2:] == [(0xB2, 64, 127), (0x90, 60, 127)]
    board.player.poll()
    assert len(wire.sent) == 4
    wire.plugged = 2  # another pedal knows nothing yet
    board.player.poll()
    assert wire.sent[4:] == [(0xB2, 64, 127), (0x90, 60, 127)]
    now_s[0] = SETTLED_S  # the cable may have passed nothing at first
    board.player.poll()
    board.player.poll()
    assert wire.sent[6:] == [(0xB2, 64, 127), (0x90, 60, 127)]
    wire.silent = "the JACK server has no MIDI port"
    board.player.do("midi_learn", text="volume")
    assert "no MIDI port" in board.told[-1]
    board.player.close()


def test_a_knob_that_only_python_can_follow_is_told_of_once_where_it_stops(board):
    board.told.clear()
    for data in range(0, 128, 4):
        board.send((0xB0, 20, data))
    time.sleep(control.HELD_S)
    wait_until(lambda: (board.player.poll(), not board.player.midi._moved)[1], "the knob to rest")
    assert board.player.value("preamp_gain") == pytest.approx(12.4)
    assert len([line for line in board.told if line.startswith("Input ")]) == 1


def test_a_turned_knob_is_one_of_the_last_events(board):
    board.send((0xC3, 5), *[(0xB0, 7, data) for data in range(100)], (0xB0, 64, 127))
    told = [str(event) for event in board.player.midi.recent]
    assert len(told) == 3
    assert "CC 7 = 99, channel 1" in told[1]
    assert told[1].endswith("(100 messages)")
