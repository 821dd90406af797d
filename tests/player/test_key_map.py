"""Keys of one's own: a small file, checked line by line, in force in help and sentences."""

from __future__ import annotations

import pytest

from rig.cli.live.sentences import Teller
from rig.compare.live.commands import COMMANDS as AB_COMMANDS
from rig.compare.live.commands import GROUPS as AB_GROUPS
from rig.errors import ConfigError
from rig.player.commands import COMMANDS, GROUPS
from rig.player.events import Event
from rig.player.key_map import AB_KEYS, KEYS, help_text, load_keys


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "rig").mkdir()
    return tmp_path / "rig" / "keys.toml"


def test_without_a_file_the_usual_keys_are_in_force(own):
    assert load_keys("keys", COMMANDS) == (KEYS, [])
    assert load_keys("ab", AB_COMMANDS) == (AB_KEYS, [])


def test_keys_are_added_changed_and_freed(own):
    own.write_text(
        '[keys]\n"x" = "next_model"\n"*" = ["output_trim", 1]\n"o" = ""\nup = ["preset", 3]\n[ab]\n"o" = "hear_x"\n'
    )
    keys, odd = load_keys("keys", COMMANDS)
    assert odd == []
    assert (keys["x"], keys["*"], keys["up"], keys.get("o")) == (
        ("next_model", 0),
        ("output_trim", 1),
        ("preset", 3),
        None,
    )
    assert keys["n"] == KEYS["n"]
    assert load_keys("ab", AB_COMMANDS)[0] == {**AB_KEYS, "o": ("hear_x", 0)}


def test_help_and_sentences_show_the_keys_in_force(own):
    own.write_text('[keys]\n"o" = ""\n"Q" = "record_loop"\n"G" = ""\n')
    keys, _ = load_keys("keys", COMMANDS)
    text = help_text(GROUPS, keys)
    assert "  Q                  record the guitar into a loop" in text
    said = []
    tell = Teller(said.append, keys, COMMANDS, text)
    tell(Event("loop", "press {record_loop} again"))
    tell(Event("more", "{gate} measures it ({gate_threshold-})"))
    tell(Event("model", "{odd}.nam"))
    tell(Event("help", ""))
    assert said == ["Loop     press Q again", "         [no key: gate] measures it (')", "Model    {odd}.nam", text]


def test_the_space_bar_is_called_by_its_name_as_it_cannot_be_seen(own):
    own.write_text('[ab]\n" " = "hear_x"\n"x" = ""\n')
    keys, _ = load_keys("ab", AB_COMMANDS)
    assert "  space              hear X" in help_text(AB_GROUPS, keys)
    assert Teller(print, keys, AB_COMMANDS, "").way("hear_x") == "space"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('"ctrl-x" = "mute"', '"ctrl-x" is no key; a key is one character, or up, down'),
        ('"x" = "mut"', 'there is no command "mut"; `rig midi --commands` lists them'),
        ('"x" = "output_trim"', 'output_trim is a value; write ["output_trim", 1] for up'),
        ('"x" = ["output_trim", 2]', "output_trim is a value"),
        ('"x" = ["mute", 1]', 'mute takes no number; write "mute"'),
        ('"x" = 7', 'expected "COMMAND", ["COMMAND", NUMBER], or "" for nothing'),
        ('"x" = ["mute"]', 'expected "COMMAND"'),
    ],
)
def test_what_cannot_be_right_is_named_with_file_and_line_and_the_usual_keys_stay(own, line, why):
    own.write_text(f'[keys]\n"z" = "mute"\n{line}\n')
    keys, odd = load_keys("keys", COMMANDS)
    assert keys == KEYS
    assert len(odd) == 1
    assert odd[0].startswith("keys.toml, line 3: ")
    assert why in odd[0]
    assert odd[0].endswith("the usual keys are in force.")
    with pytest.raises(ConfigError, match="line 3"):
        load_keys("keys", COMMANDS, own)


def test_a_damaged_file_and_one_that_is_not_there(own, tmp_path):
    own.write_text("[keys\n")
    keys, odd = load_keys("keys", COMMANDS)
    assert keys == KEYS
    assert "keys.toml, line 1: not TOML" in odd[0]
    with pytest.raises(ConfigError, match="no such key map"):
        load_keys("keys", COMMANDS, tmp_path / "nowhere.toml")


def test_a_table_that_nobody_knows_is_a_warning(own):
    own.write_text('[keyz]\n"x" = "mute"\n')
    keys, odd = load_keys("keys", COMMANDS)
    assert keys == KEYS
    assert odd == ["keys.toml, line 1: nothing is known of keyz, it is ignored; the nearest known one is keys."]
