"""MIDI and the player: what the audio thread did is shown and stepped on from; the rest is carried out in order."""

from __future__ import annotations

import contextlib
import io
import json
import threading
import time

import numpy as np
import pytest
from jackclients import wait_until
from midi_sender import Sender
from rigs import A2, NANO, RATE
from terminal import Terminal
from test_player import playing, step

from rig.backends.jack import libjack
from rig.cli import main
from rig.errors import ConfigError
from rig.player.commands import COMMANDS, Command
from rig.player.midi import control
from rig.player.midi.log import last_events
from rig.player.midi.lookup import PARAMETERS
from rig.player.midi.mapping import Binding, Mapping

MAPPING = Mapping(
    (
        Binding("control", 7, "volume", low=-40.0, high=0.0, pickup=False),
        Binding("control", 11, "output_trim", low=-20.0, high=20.0),
        Binding("control", 20, "preamp_gain", low=0.0, high=12.7, pickup=False),
        Binding("control", 64, "mute"),
        Binding("note", 60, "next_model", rest_ms=0.0),
        Binding("note", 61, "output_trim", step=1, rest_ms=0.0),
        Binding("note", 62, "jump_ir", text="1", rest_ms=0.0),
    )
)


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """A configuration folder of its own for each test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "rig" / "midi.toml"


class Board:
    """A player with MIDI, and pedals."""

    def __init__(self, mapping=MAPPING, models=(NANO, A2)):
        self.bench, self.player, self.told = playing(models)
        self.player.midi.open()
        self.player.midi.use(mapping)

    def send(self, *messages):
        self.bench.backend.process(
            np.zeros(64 * len(messages), np.float32), midi=[(64 * i, bytes(m)) for i, m in enumerate(messages)]
        )
        self.player.poll()

    def rest(self):
        """So long that contacts are quiet."""
        self.bench.process(np.zeros(RATE // 20))


@pytest.fixture
def board():
    made = Board()
    yield made
    made.player.close()


def test_what_a_pedal_has_moved_is_shown_and_the_next_key_starts_from_it(board):
    board.send((0xB0, 7, 0), (0xB0, 11, 64), (0xB0, 11, 127))
    player = board.player
    assert player.value("volume") == -40.0
    assert player.sound.output_trim_db == player.value("output_trim") == 20.0
    target = float(board.bench.engine.lanes[0].record["output_gain"]["target"])
    assert target == pytest.approx(10 ** (player.sound.output_gain_db / 20))
    player.do("output_trim", -1)
    assert player.value("output_trim") == 19.0
    assert float(board.bench.engine.lanes[0].record["output_gain"]["target"]) == pytest.approx(
        10 ** (player.sound.output_gain_db / 20)
    )
    player.do("volume", 1)
    assert player.value("volume") == -39.0
    player.poll()
    board.send((0xB0, 11, 0))  # the key has moved it: from the other end it passes the value
    assert player.value("output_trim") == -20.0
    time.sleep(control.RESTS_S)
    player.poll()
    assert "Output trim -20.0 dB" in board.told


def test_the_trim_of_a_pedal_stays_when_the_model_changes(board):
    board.send((0xB0, 11, 64), (0xB0, 11, 127))
    step(board.player, "next_model")
    board.bench.settle()
    lane = board.bench.engine.lanes[0]
    assert board.player.sound.output_trim_db == 20.0
    assert float(lane.record["output_gain"]["target"]) == pytest.approx(10 ** (board.player.sound.output_gain_db / 20))
    board.send((0xB0, 11, 64))
    assert lane.record["output_gain"]["target"] == pytest.approx(10 ** (board.player.sound.output_gain_db / 20))


def test_a_lane_that_was_made_before_the_pedal_moved_gets_its_trim(board):
    lane = board.player.rig.lane()
    board.send((0xB0, 11, 64), (0xB0, 11, 127))
    board.bench.engine.play({0: lane})
    board.player.poll()
    assert lane.record["output_gain"]["target"] == pytest.approx(10 ** (board.player.sound.output_gain_db / 20))
    board.bench.settle()


def test_mute_by_foot_and_by_key_is_one_mute(board):
    press, release = (0xB0, 64, 127), (0xB0, 64, 0)
    board.send(press, release)
    assert board.player.muted
    assert board.told[-1] == "Muted."
    board.player.do("mute")
    board.player.poll()
    assert not board.player.muted
    board.rest()
    board.send(press, release)
    assert board.player.muted
    assert float(board.bench.engine.record["master"]["target"]) == 0.0
    board.rest()
    board.send(press, release)
    assert float(board.bench.engine.record["master"]["target"]) == 1.0


def test_commands_are_carried_out_in_the_order_of_their_events_with_values_between_them(board):
    done = []
    board.player.do = lambda name, way=0, text=None: done.append((name, way, text))
    board.player.set_quietly = lambda name, value: done.append((name, round(value, 1))) is None
    note = (0x90, 60, 90)
    board.send(note, (0xB0, 20, 10), (0xB0, 20, 11), (0x90, 61, 1), (0x80, 61, 1), (0x90, 62, 5), (0x90, 60, 0), note)
    assert done == [
        ("next_model", 0, None),
        ("preamp_gain", 1.1),  # of a knob that only Python can follow, the newest value
        ("output_trim", 1, None),
        ("jump_ir", 0, "1"),
        ("next_model", 0, None),
    ]


def test_a_knob_that_only_python_can_follow_arrives_where_it_stops(board):
    for data in range(0, 128, 8):
        board.send((0xB0, 20, data))
    wait_until(lambda: (board.player.poll(), board.player.value("preamp_gain") == pytest.approx(12.0))[1], "the knob")
    assert len([line for line in board.told if line.startswith("Input ")]) < 16


def test_a_program_change_is_the_preset_of_its_number(board, monkeypatch):
    monkeypatch.setitem(COMMANDS, "preset", Command("preset", "preset by number"))
    done = []
    board.player.do = lambda name, way=0, text=None: done.append((name, way))
    board.send((0xC0, 5), (0xC9, 0), (0xCF, 127))
    assert done == [("preset", 5), ("preset", 0), ("preset", 127)]


def test_a_command_that_is_not_known_here_is_one_sentence(board, monkeypatch):
    monkeypatch.delitem(COMMANDS, "preset", raising=False)
    board.send((0xC0, 5), (0xC0, 6))
    assert [line for line in board.told if "program change" in line] == [
        "MIDI     program change 5: there are no presets here"
    ]


def test_commands_that_take_long_leave_the_keys_their_turn_and_come_all_the_same(board):
    done = []
    board.player.do = lambda name, way=0, text=None: (time.sleep(control.AT_ONCE_S), done.append(text))
    board.send(*[(0x90, 62, 5)] * 5)
    assert len(done) < 5
    assert board.player.midi.has_news  # the next look goes on with them
    wait_until(lambda: (board.player.poll(), not board.player.midi.has_news)[1], "all five")
    assert done == ["1"] * 5


def test_a_storm_is_worked_off_and_what_is_lost_is_told(board):
    for _ in range(20):
        board.bench.backend.process(
            np.zeros(64 * 4, np.float32), midi=[(i // 1000 * 64, bytes((0xB0, 7, i % 128))) for i in range(4000)]
        )
    wait_until(lambda: (board.player.poll(), not board.player.midi.has_news)[1], "the storm to be over")
    assert any(line.startswith("MIDI     left out, as they came faster") for line in board.told)
    assert board.player.value("volume") == board.player.midi._midi.parameters["value"][PARAMETERS.index("volume")]
    board.send((0xB0, 7, 127), (0xB0, 7))
    assert board.player.value("volume") == 0.0
    assert board.told[-1] == "MIDI     damaged messages that were ignored: 1"


# ---------------------------------------------------------------- learning
def test_the_next_control_is_bound_to_the_command_that_was_named(board, config):
    player = board.player
    player.do("midi_learn", text="vol -30 0")
    assert player.midi.is_learning
    board.send((0x80, 1, 1), (0xB4, 21, 5))
    assert not player.midi.is_learning
    assert board.told[-1] == "MIDI     CC 21, channel 5: volume, -30 to 0 dB, linear, picks up; kept in midi.toml"
    board.send((0xB4, 21, 126), (0xB4, 21, 127), (0xB4, 21, 0))
    assert player.value("volume") == -30.0
    player.do("midi_learn", text="mute")
    board.send((0xB4, 21, 5))  # a knob that comes to rest, or a switch that is let go
    assert player.midi.is_learning
    board.send((0xB4, 21, 127))
    assert "in place of volume" in board.told[-1]
    assert config.read_text().count("[[control]]") == 1
    board.send((0xB4, 21, 0))
    board.rest()
    board.send((0xB4, 21, 127))
    assert player.muted


def test_learning_can_be_given_up_and_wrong_requests_are_refused(board, config):
    board.player.do("midi_learn", text="volumes")
    assert 'There is no command "volumes" (nearest: volume)' in board.told[-1]
    board.player.do("midi_learn", text="volume")
    board.send((0x90, 60, 1))
    assert "A note cannot set volume" in board.told[-1]
    board.player.do("midi_learn", text="")
    board.send((0xB0, 21, 1))
    assert not config.exists()
    assert not board.player.midi.is_learning


def test_without_midi_nothing_is_learned_and_nothing_costs():
    bench, player, told = playing([NANO])
    player.do("midi_learn", text="volume")
    assert "There is no MIDI here" in told[-1]
    assert bench.engine.record["midi"] == 0
    assert not player.midi.has_news


# ---------------------------------------------------------------- the file
def test_the_players_own_file_if_wrong_is_told_of_and_one_that_is_named_is_refused(config):
    config.parent.mkdir(parents=True)
    config.write_text("[[control]]\ncc = 7\ncommand = 'volum'\n")
    _, player, told = playing([NANO])
    player.midi.open()
    assert "MIDI     midi.toml, line 3: There is no command" in told[-1]
    assert player.midi.mapping == Mapping()
    with pytest.raises(ConfigError, match="line 3"):
        player.midi.open(config)
    config.write_text("[[control]]\ncc = 7\ncommand = 'volume'\nknob = 1\n")
    player.midi.open(config)
    assert "nothing is known of knob, it is ignored" in told[-1]


def test_the_last_events_of_a_session_are_kept(board):
    board.send((0xB0, 7, 64), (0xC3, 5))
    board.player.close()
    ended, events = last_events()
    assert ended
    assert [event.message for event in events] == ["CC 7 = 64, channel 1", "program 5, channel 4"]
    assert events[0].command.startswith("volume") and events[0].outcome == "set"
    assert (events[0].offset, events[0].acted_at) == (0, 0)
    assert "volume" in str(events[0])


# ---------------------------------------------------------------- as a user runs it
def test_rig_midi_lists_the_mapping(config, capsys):
    assert main(["midi"]) == 0
    assert "none yet" in capsys.readouterr().out
    config.parent.mkdir(parents=True)
    config.write_text(
        "[[control]]\ncc = 7\ncommand = 'volume'\nlow = -40\nknob = 1\n\n[[note]]\nnote = 3\ncommand = 'mute'\n"
    )
    assert main(["midi"]) == 0
    said = capsys.readouterr()
    assert "CC 7, any channel      volume, -40 to 0 dB, linear, picks up" in said.out
    assert "note 3, any channel    mute" in said.out
    assert "line 5: nothing is known of knob, it is ignored" in said.err
    assert main(["midi", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["bindings"][1]["low"] == -40.0
    assert content["program_change"] is True
    assert main(["midi", "--commands"]) == 0
    assert "output_trim      output trim (-40 to 40 dB)" in capsys.readouterr().out
    assert main(["midi", "--midi", "nowhere.toml"]) == 2
    assert "nowhere.toml: no such MIDI mapping in " in capsys.readouterr().err


def test_a_session_listens_to_the_port_that_is_named_and_learns_by_a_key(jack_server, tmp_path):
    path = tmp_path / "m.toml"
    path.write_text("[[note]]\nnote = 60\ncommand = 'mute'\n[[note]]\nnote = 61\ncommand = 'quit'\n")
    with Sender("pedals", jack_server.name) as sender:
        options = ["--no-ir", "--midi", path, "--midi-port", "pedals", "--client", "stage"]
        terminal = Terminal(NANO, *options, JACK_DEFAULT_SERVER=jack_server.name)
        try:
            shows(terminal, "MIDI     pedals:out -> stage:midi")
            shows(terminal, "q quit")
            time.sleep(jack_server.settles_s)
            sender.play([(0, 5, b"\x90\x3c\x40")])
            shows(terminal, "Muted.")
            shows(terminal, "MUTED")
            terminal.press("M", "Command for MIDI: _")
            terminal.press("volume\n", "MIDI LEARN")
            sender.play([(0, 5, b"\xb0\x07\x40")])
            shows(terminal, "CC 7, channel 1: volume, -60 to 0 dB, linear, picks up; kept in m.toml")
            sender.play([(0, 5, b"\x90\x3d\x40")])
            assert terminal.process.wait(20) == 0
        finally:
            terminal.close()
    assert "cc = 7" in path.read_text()


def shows(terminal, text):
    wait_until(lambda: text in terminal.read(), f"{text!r} in:\n{terminal.text}", 60)


def test_rig_midi_learn_shows_what_arrives_asks_and_writes(jack_server, config, capsys, monkeypatch):
    def move_a_knob():
        with Sender("pedals", jack_server.name) as sender:
            wait_until(lambda: connected(sender, "rig-learning:midi"), "rig to listen", 60)
            while not learnt.is_set():  # a busy machine may still be asking when the second one comes
                sender.play([(0, 5, b"\xf8"), (0, 7, b"\xb0\x07\x40")])
                learnt.wait(2.5)  # longer than the rest by which rig knows that a knob has been moved

    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_server.name)
    monkeypatch.setattr("sys.stdin", io.StringIO("loud\nvolume -40 0\n"))
    learnt, foot = threading.Event(), threading.Thread(target=move_a_knob)
    foot.start()
    try:
        assert main(["midi", "learn", "--client", "rig-learning", "--seconds", "60"]) == 0
    finally:
        learnt.set()
        foot.join(60)
    said = capsys.readouterr().out
    assert "MIDI     no physical port; connect something to rig-learning:midi" in said
    assert said.count("Heard    CC 7 = 64, channel 1") == 2
    assert 'There is no command "loud"' in said
    assert "Kept     CC 7, channel 1: volume, -40 to 0 dB" in said
    assert "low = -40.0" in config.read_text()


def connected(sender, port):
    with contextlib.suppress(libjack.library()[0].JackError):  # not there yet, or not active
        sender.connect(port)
    return sender.port.is_connected_to(port) if sender.client.get_ports(port) else False
