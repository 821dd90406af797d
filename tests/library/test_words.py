"""An option of the command line and a parameter in Python that mean the same have the same name."""

from __future__ import annotations

import argparse
import importlib
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
    "blend": "Sound(model=Blend.of(first, second, share=...))",
    "html": "writes a page for people",
    "all": "shows what every result has",
    **dict.fromkeys(("page", "page_port", "lan", "certificate", "key"), "of the page in a browser"),
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
    "gain_is_read": "is read by what plays, never by a file",
    "progress": "is shown by the command itself",
    "tell": "likewise",
    "measured": "is kept by rig itself",
    "input_trim_db": "is a matter of playing: keys, presets and MIDI",
    "output_trim_db": "likewise",
    "dry": "is FILE",
    "wet": "is FILE",
    "models": "is FILE",
}


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


def test_no_option_is_hidden():
    for name in CALLS:
        assert not actions(name, shown=False)


def test_every_command_that_replaces_a_file_has_the_one_word_for_it():
    for arguments in (["ir", "a.wav"], ["signal", "o.wav"], ["play"], ["compare", "d.wav"]):
        assert parser().parse_args([*arguments, "--overwrite"]).overwrite is True
        assert parser().parse_args(arguments).overwrite is False


# Calls below the public ones, and the option that is each of their parameters.
SAME_WORD = [
    (["capture", "take", "x"], "trial", "rig.capture.plan", "Plan"),
    (["capture", "take", "x"], "latency_samples", "rig.capture.result.save", "save_capture"),
    (["capture", "take", "x"], "architecture", "rig.capture.result.save", "save_capture"),
    (["signal", "x"], "length_s", "rig.capture.signal.training_signal", "own_signal"),
    (["capture", "ir", "x"], "samples", "rig.capture.ir.session", "sweep_session"),
    (["capture", "ir", "x"], "softer", "rig.capture.ir.session", "sweep_session"),
    (["ir", "x"], "samples", "rig.cabinet.export", "export"),
    (["ir", "x"], "bits", "rig.cabinet.export", "export"),
    (["render", "a", "b", "c"], "bits", "rig.rendering", "render"),
]


@pytest.mark.parametrize(("line", "word", "module", "call"), SAME_WORD)
def test_what_a_command_hands_on_has_one_word(line, word, module, call):
    assert hasattr(parser().parse_args(line), word)
    assert word in inspect.signature(getattr(importlib.import_module(module), call)).parameters
