"""An option of the command line and a parameter in Python that mean the same have the same name."""

from __future__ import annotations

import argparse
import inspect

import pytest

import rig
from rig.cli import parser

# What each option is in Python: the calls whose parameter has the option's name, with _ for -.
CALLS = {
    "render": (rig.render, rig.Sound, rig.Model.load),
    "info": (rig.Model.load,),
    "compare": (rig.compare_models,),
}
# Options without a parameter of their name, and why.
ONLY_OPTIONS = {
    "json": "results have to_json()",
    "max_input_dbu": "Sound(interface=Level(dbu, basis)): a number needs its source",
    "html": "writes a page for people",
    "sort": "order of a table",
    "lacking": "picks rows of a table",
    "measure": "fills gaps of a table; Sound measures by itself",
    "files": "DRY WET MODEL... on the command line are dry, wet and models",
}
# Options whose parameter is there for another command only.
HTML_IS_A_FILE = {("compare", "overwrite")}  # of the page
# Parameters without an option, and why.
ONLY_PARAMETERS = {
    "sound": "is made of the options",
    "path": "is MODEL",
    "block_size": "changes the speed only",
    "progress": "is shown by the command itself",
    "measured": "is kept by rig itself",
    "input_trim_db": "is a matter of playing: keys, presets and MIDI",
    "output_trim_db": "likewise",
    "dry": "is FILE",
    "wet": "is FILE",
    "models": "is FILE",
}
OLD_WORDS = {"--force": "--overwrite", "--level": "--level-mode", "--gate": "--gate-dbfs", "--rumble": "--rumble-hz"}
OLD_WORDS["--tail"] = "--tail-s"


def command(name):
    (commands,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return commands.choices[name]


def actions(name, shown=True):
    hidden = argparse.SUPPRESS
    found = [action for action in command(name)._actions if not isinstance(action, argparse._HelpAction)]
    return [action for action in found if (action.help != hidden) == shown]


def parameters(name):
    return {key for call in CALLS[name] for key in inspect.signature(call).parameters}


@pytest.mark.parametrize("name", CALLS)
def test_every_option_is_a_parameter_of_that_name_or_says_why_not(name):
    for action in actions(name):
        word = max(action.option_strings, key=len, default=action.dest).lstrip("-").replace("-", "_")
        assert action.dest == word, f"{word} is kept as {action.dest}"
        if (name, word) not in HTML_IS_A_FILE:
            assert (word in parameters(name)) != (word in ONLY_OPTIONS), f"rig {name}: {word}"


@pytest.mark.parametrize("name", CALLS)
def test_every_parameter_is_an_option_of_that_name_or_says_why_not(name):
    words = {action.dest for action in actions(name)}
    for parameter in parameters(name):
        assert (parameter in words) != (parameter in ONLY_PARAMETERS), f"rig {name}: {parameter}"


@pytest.mark.parametrize("name", CALLS)
def test_defaults_are_the_same_on_both_sides(name):
    # One process per core is right for a command, and a surprise in somebody's own program.
    unlike = {("compare", "workers")}
    for call in CALLS[name]:
        defaults = {key: p.default for key, p in inspect.signature(call).parameters.items()}
        for action in actions(name):
            if defaults.get(action.dest, inspect.Parameter.empty) is not inspect.Parameter.empty:
                same = action.default == defaults[action.dest]
                assert same != ((name, action.dest) in unlike), f"rig {name} {action.dest}: {action.default}"


def test_units_stand_in_the_name_where_there_is_one():
    with_unit = {"--preamp-gain-db", "--model-input-dbu", "--max-input-dbu", "--gate-dbfs", "--rumble-hz", "--tail-s"}
    assert with_unit <= {option for action in actions("render") for option in action.option_strings}


def test_the_older_words_do_the_same_and_are_not_shown():
    new = ["--level-mode", "raw", "--gate-dbfs", "-55", "--rumble-hz", "60", "--tail-s", "1.5", "--overwrite"]
    old = ["--level", "raw", "--gate", "-55", "--rumble", "60", "--tail", "1.5", "--force"]
    render = ["render", "a.nam", "in.wav", "out.wav"]
    assert parser().parse_args([*render, *old]) == parser().parse_args([*render, *new])
    assert parser().parse_args([*render, *new]) != parser().parse_args(render)
    for name in CALLS:
        hidden = {option for action in actions(name, shown=False) for option in action.option_strings}
        assert hidden <= OLD_WORDS.keys()
        for word in hidden:
            assert f"{word} " not in command(name).format_help().replace("\n", " ")


def test_every_command_that_replaces_a_file_has_the_one_word_for_it():
    for arguments in (["ir", "a.wav"], ["signal", "o.wav"], ["play"], ["compare", "d.wav"]):
        for word in ("--overwrite", "--force"):
            assert parser().parse_args([*arguments, word]).overwrite is True
        assert parser().parse_args(arguments).overwrite is False
