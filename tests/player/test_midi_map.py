"""`midi.toml`: what may stand in it, what is said of the rest and in which line, and entries that are learned."""

from __future__ import annotations

import math
import os
from dataclasses import replace

import pytest
from rigs import RATE

from rig.errors import ConfigError
from rig.files.toml_file import MAX_BYTES
from rig.midi_actions import CONTROL, NOTE, PROGRAM
from rig.player.commands import COMMANDS
from rig.player.midi.learn import Heard, entry, keep, learn_request
from rig.player.midi.lookup import compiled
from rig.player.midi.mapping import Binding, Mapping, load_mapping

EXAMPLE = """\
# my pedals
program_change = false
channel = 3

[[control]]
cc = 7
command = "volume"    # the big one
low = -40
curve = "log"
pickup = false

[[control]]
cc = 64
channel = 1
command = "mute"
on = "change"

[[note]]
note = 60
command = "output_trim"
step = -1

[[note]]
note = 61
command = "search_ir"
text = "v30 57"

[[program]]
program = 2
command = "mix_part"
number = 2
"""


def read(tmp_path, text):
    path = tmp_path / "midi.toml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(path)


def test_everything_that_may_stand_in_the_file_is_read(tmp_path):
    mapping = read(tmp_path, EXAMPLE)
    assert mapping.bindings == (
        Binding("note", 60, "output_trim", 3, step=-1),
        Binding("note", 61, "search_ir", 3, text="v30 57"),
        Binding("control", 7, "volume", 3, low=-40, curve="log", pickup=False),
        Binding("control", 64, "mute", 1, on="change"),
        Binding("program", 2, "mix_part", 3, argument=2),
    )
    assert (mapping.program_change, mapping.channel, mapping.warnings) == (False, 3, ())


def test_without_a_file_program_changes_choose_presets_and_a_named_file_must_be_there(tmp_path):
    assert load_mapping(tmp_path / "none.toml") == Mapping()
    with pytest.raises(ConfigError, match=r"none\.toml: no such MIDI mapping in "):
        load_mapping(tmp_path / "none.toml", needed=True)
    heads = compiled(Mapping(channel=2), RATE).map
    assert heads.bindings["does"].tolist() == [2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[control]\ncc = 7", r"midi\.toml, line 1: not TOML: expected"),
        ("\n[[control]]\ncommand = 'mute'", r"midi\.toml, line 2: this \[\[control\]\] has no cc"),
        ("[[note]]\nnote = 60\n", r"line 1: this \[\[note\]\] has no command"),
        ("[[control]]\ncc = 128\ncommand = 'mute'", r"line 2: cc is 128, expected a whole number from 0 to 127"),
        ("[[control]]\ncc = true\ncommand = 'mute'", r"line 2: cc is true, expected"),
        (
            "[[control]]\ncc = 1\nchannel = 0\ncommand = 'mute'",
            r"line 3: channel is 0, expected a whole number from 1 to 16",
        ),
        ("channel = 17", r"line 1: channel is 17, expected a whole number from 1 to 16"),
        ("[[control]]\ncc = 1\ncommand = 'mut'", r'line 3: There is no command "mut" \(nearest: mute\)'),
        ("[[control]]\ncc = 1\ncommand = 5", r"line 3: command is 5, expected the name of a command"),
        ("[[control]]\ncc = [1]\ncommand = 'mute'", r"line 2: cc is \[1\], expected"),
        ("[control]\ncc = 1", r"line 1: control is a table, expected tables that begin with \[\[control\]\]"),
        ("control = 3", r"midi\.toml, line 1: control is 3, expected tables that begin with"),
        ("[[note]]\nnote = 1\ncommand = 'volume'", r"line 3: A note cannot set volume, only step it"),
        (
            "[[control]]\ncc=1\ncommand='volume'\nlow=-100",
            r"line 3: -100 dB is out of range: volume goes from -60 to 0 dB",
        ),
        ("[[control]]\ncc=1\ncommand='volume'\nlow=0", r"line 3: low and high of volume are the same"),
        ("[[control]]\ncc=1\ncommand='volume'\nlow=nan", r"line 4: low is nan, expected a number"),
        (
            "[[control]]\ncc=1\ncommand='volume'\ncurve='s'",
            r'line 4: curve is "s", expected "linear" or "log" or "exp"\.$',
        ),
        ("[[control]]\ncc=1\ncommand='mute'\nlow=1", r"line 3: mute is an action and has no range"),
        ("[[control]]\ncc=1\ncommand='mute'\nstep=1", r"line 3: mute is an action and has no steps"),
        ("[[control]]\ncc=1\ncommand='mute'\ntext='x'", r"line 3: mute takes no text"),
        ("[[control]]\ncc=1\ncommand='mute'\nnumber=3", r"line 3: mute takes no number"),
        ("[[control]]\ncc=1\ncommand='mute'\n\n[[control]]\ncc=2\ncommand='no'", r"line 7: There is no command"),
        ("[[note]]\nnote=1\ncommand='volume'\nstep=true", r"line 4: step is true, expected 1 or -1"),
        (f"[[control]]\ncc=1\ncommand='volume'\nlow={'9' * 400}", r"line 4: low is a number of very many digits"),
        ("[[note]]\nnote=1\ncommand='a\\u0007'".replace("'", '"'), r'line 3: There is no command "a\\u0007"'),
        ("program_change = 1", r"line 1: program_change is 1, expected true or false"),
    ],
)
def test_what_cannot_be_right_is_one_sentence_with_its_line(tmp_path, text, sentence):
    with pytest.raises(ConfigError, match=sentence):
        read(tmp_path, text)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "midi.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"midi\.toml, line 1: not a MIDI mapping .it is no text in UTF-8"):
        load_mapping(path)


def test_a_hostile_file_is_one_sentence(tmp_path):
    for text in ("a = " + "[" * 30000, "#" * 70000, f"channel = {'9' * 9000}"):
        with pytest.raises(ConfigError, match=r"midi\.toml: (lists or tables|more than 64 KiB|contains a number)"):
            read(tmp_path, text)
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(ConfigError, match=r"pipe\.toml: a pipe or device, not a MIDI mapping"):
        load_mapping(tmp_path / "pipe.toml")


def test_unknown_keys_are_warned_about_with_their_line_and_the_rest_counts(tmp_path):
    mapping = read(tmp_path, "colour = 'red'\n[[control]]\ncc = 1\ncommand = 'volume'\ncurv = 'log'\n[extra]\nx = 1\n")
    assert mapping.bindings == (Binding("control", 1, "volume"),)
    assert mapping.warnings == (
        "midi.toml, line 5: nothing is known of curv, it is ignored; the nearest known one is curve",
        "midi.toml, line 1: nothing is known of colour, it is ignored",
        "midi.toml, line 6: nothing is known of extra, it is ignored",
    )


def test_curves_go_from_end_to_end_in_either_direction_and_log_and_exp_undo_each_other():
    for curve in ("linear", "log", "exp"):
        for low, high in ((-40.0, 0.0), (0.0, -40.0)):
            values = Binding("control", 7, "volume", low=low, high=high, curve=curve).values()
            assert (values[0], values[-1], len(values)) == (low, pytest.approx(high), 128)
            assert sorted(values, reverse=low > high) == values
    log, exp = (Binding("control", 7, "volume", low=-60.0, high=0.0, curve=curve).values() for curve in ("log", "exp"))
    assert log[64] == pytest.approx(-60 + 60 * math.log10(1 + 9 * 64 / 127))
    assert exp[64] == pytest.approx(-60 + 60 * (10 ** (64 / 127) - 1) / 9)


def test_the_table_of_the_audio_thread_finds_every_binding_by_its_message():
    made = compiled(
        Mapping(
            (Binding("control", 7, "volume"), Binding("control", 7, "mute", 2), Binding("program", 5, "bypass", 1))
        ),
        RATE,
    )
    table = made.map._arena[2].reshape(3, 16, 128)
    rows = made.map.bindings

    def commands(kind, channel, number):
        found, at = [], int(table[kind, channel - 1, number])
        while at:
            found.append(made.binding(at - 1, number).command)
            at = int(rows[at - 1]["next"])
        return found

    assert commands(CONTROL, 1, 7) == ["volume"]
    assert commands(CONTROL, 2, 7) == ["mute", "volume"]
    assert commands(PROGRAM, 1, 5) == ["bypass"]
    assert commands(PROGRAM, 2, 5) == commands(PROGRAM, 16, 127) == ["preset"]
    assert made.binding(int(table[PROGRAM, 1, 5]) - 1, 5).argument == 5
    assert not table[NOTE].any()


# ---------------------------------------------------------------- requests
@pytest.mark.parametrize(
    ("text", "heard", "want"),
    [
        ("volume", Heard("control", 7, 1, 3), Binding("control", 7, "volume", 1)),
        ("vol -40 0 exp jump", Heard("control", 7, 1), Binding("control", 7, "volume", 1, -40.0, 0.0, "exp", False)),
        ("output_trim -", Heard("note", 60, 2, 90), Binding("note", 60, "output_trim", 2, step=-1)),
        ("mix_part 3", Heard("program", 9, 16), Binding("program", 9, "mix_part", 16, argument=3)),
        ("mute change", Heard("control", 64, 1, 127), Binding("control", 64, "mute", 1, on="change")),
        ("search_ir v30 57", Heard("note", 1, 1, 1), Binding("note", 1, "search_ir", 1, text="v30 57")),
    ],
)
def test_a_request_becomes_a_binding_that_is_written_and_read_again(tmp_path, text, heard, want):
    binding = learn_request(text).binding(heard)
    assert binding == want
    written = read(tmp_path, entry(binding)).bindings
    assert written == ((replace(binding, low=binding.ends[0], high=binding.ends[1]) if binding.is_knob else binding),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", 'There is no command ""'),
        ("next", r"nearest: next_preset, next_model, next_second, next_ir"),
        ("volume 5", r"A range is two numbers, like volume -60 0\."),
        ("volume -90 0", r"-90 dB is out of range"),
        ("volume loud", r'"loud" says nothing about volume'),
        ("mute 3", "mute is an action and has no range|mute takes no number|A range is two numbers"),
        ("mix_part 3 4", "mix_part takes one number"),
        ("midi_learn volume", "midi_learn asks for a text"),
    ],
)
def test_a_request_that_nothing_can_do_is_refused_before_anything_is_moved(text, sentence):
    with pytest.raises(ConfigError, match=sentence):
        learn_request(text)


def test_letting_go_of_a_switch_is_not_meant_and_a_note_turns_no_knob():
    assert not learn_request("mute").suits(Heard("control", 64, 1, 0))
    assert learn_request("mute").suits(Heard("control", 64, 1, 127))
    assert learn_request("volume").suits(Heard("control", 7, 1, 0))
    with pytest.raises(ConfigError, match="A note cannot set volume"):
        learn_request("volume").binding(Heard("note", 60, 1, 90))


def test_what_is_learned_replaces_its_entry_and_leaves_the_rest_as_it_is_written(tmp_path):
    path = tmp_path / "folder" / "midi.toml"
    assert keep(path, Binding("control", 7, "volume", 3)) == []
    assert "low = -60.0" in path.read_text()
    path.write_text(EXAMPLE, encoding="utf-8")
    replaced = keep(path, Binding("control", 7, "input_trim", 3, low=-6.0, high=6.0))
    assert [binding.command for binding in replaced] == ["volume"]
    text = path.read_text()
    assert text.startswith("# my pedals\nprogram_change = false\n")
    assert "volume" not in text
    written = '[[control]]\ncc = 7\nchannel = 3\ncommand = "input_trim"\nlow = -6.0\nhigh = 6.0\ncurve = "linear"\n'
    assert text.endswith(f"\n\n{written}pickup = true\n")
    assert len(load_mapping(path).bindings) == 5
    assert keep(path, Binding("control", 7, "mute", 4)) == []  # another channel, another pedal
    assert len(load_mapping(path).bindings) == 6
    path.write_text("[[control]\n")
    with pytest.raises(ConfigError, match="not TOML"):
        keep(path, Binding("control", 7, "mute", 4))
    assert path.read_text() == "[[control]\n"


@pytest.mark.parametrize(
    "text",
    [
        "control = [{cc = 7, command = 'mute'}]\n",
        "[[control]]\ncc = 7\ncommand = 'mute'\n[[note]]\nnote = 1\ncommand = 'mute'\n[control.extra]\nx = 1\n",
    ],
)
def test_a_file_in_which_an_entry_cannot_be_replaced_is_left_as_it_is(tmp_path, text):
    path = tmp_path / "midi.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"midi\.toml is left as it is: .* like \[\[control\]\]\.$"):
        keep(path, Binding("control", 7, "volume", 1))
    assert path.read_text() == text


def test_what_stands_in_a_text_or_behind_an_entry_is_not_taken_for_a_part_of_it(tmp_path):
    before = "[[note]]\nnote = 1\ncommand = 'search_ir'\ntext = '''\n[[control]]\n'''\n\n# mine\n"
    path = tmp_path / "midi.toml"
    path.write_text(f"{before}[[control]]\ncc = 7\ncommand = 'mute'\n[control.more]\nx = 1\n# end\n")
    binding = Binding("control", 7, "mute", 1)
    keep(path, binding)
    assert path.read_text() == f"{before}# end\n\n{entry(binding)}"


def test_a_text_that_toml_has_to_spell_out_is_kept_and_one_that_is_no_text_refused(tmp_path):
    path = tmp_path / "midi.toml"
    binding = Binding("note", 1, "search_ir", 1, text='a "b" \\ \t\x07\x7f')
    keep(path, binding)
    assert load_mapping(path).bindings == (binding,)
    with pytest.raises(ConfigError, match=r"midi\.toml cannot hold .*no text in UTF-8"):
        keep(path, replace(binding, text="\udcff"))
    assert load_mapping(path).bindings == (binding,)


def test_a_full_file_takes_no_more(tmp_path):
    path = tmp_path / "midi.toml"
    path.write_text("#" * (MAX_BYTES - 10))
    with pytest.raises(ConfigError, match=r"midi\.toml is full .64 KiB.; take out"):
        keep(path, Binding("note", 1, "mute", 1))


def test_every_command_can_be_bound_and_said_in_words():
    for name, command in COMMANDS.items():
        if name != "midi_learn":
            binding = learn_request(name).binding(Heard("control", 1, 1, 127))
            assert binding.target.startswith(name)
            assert binding.is_knob is not command.is_action
