"""How command lines are read: in any order, refused with the nearest word, and helped with examples that work."""

from __future__ import annotations

import argparse
import shlex
from functools import cache

import pytest

from rig.cli import main, parser, with_parts
from rig.cli.command_line import CommandLine
from rig.errors import UsageError


def parsers(command: CommandLine | None = None) -> list[CommandLine]:
    """All parsers, those of parts included."""
    command = command or parser()
    found = [command]
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += [each for part in action.choices.values() for each in parsers(part)]
    return found


EVERY = [pytest.param(command, id=command.prog) for command in parsers()]


def read(line: str) -> argparse.Namespace:
    return parser().parse_args(with_parts(shlex.split(line)))


def refusal(line: str) -> str:
    with pytest.raises(UsageError) as refused:
        read(line)
    return str(refused.value)


# ---------------------------------------------------------------- help
@pytest.mark.parametrize("command", EVERY)
def test_help_fits_eighty_columns_and_ends_with_examples(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    page = command.format_help()
    assert max(map(len, page.splitlines())) <= 80
    assert "\nexamples:\n  rig " in page
    assert all(action.help for action in command._shown() if action.option_strings), "an option without a word of help"


@pytest.mark.parametrize("command", EVERY)
def test_every_example_is_a_command_line_of_that_command(command):
    assert command.examples
    for example in command.examples:
        line = example.partition(" #")[0].rstrip()  # what follows says what it does
        assert line.startswith(command.prog.removesuffix(" take").removesuffix(" list").removesuffix(" bundle"))
        if line.endswith("--help"):
            with pytest.raises(SystemExit):
                read(line.removeprefix("rig "))
        else:
            assert read(line.removeprefix("rig ")).run is not None


def test_a_usage_line_is_that_of_the_part_and_fits_a_line():
    assert main(["calibrate", "send", "--volt", "2"]) == 2
    with pytest.raises(UsageError) as refused:
        read("calibrate send --volt 2")
    assert refused.value.usage == "usage: rig calibrate send [options]"
    assert all(len(command.summary()) <= 80 for command in parsers())


def test_the_bare_command_shows_what_there_is(capsys):
    assert main([]) == 0
    shown = capsys.readouterr().out
    for command in ("play", "audition", "render", "doctor", "bench"):
        assert f"\n    {command} " in shown


# ---------------------------------------------------------------- order
@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("compare --html p.html dry.wav wet.wav a.nam b.nam", ["dry.wav", "wet.wav", "a.nam", "b.nam"]),
        ("compare dry.wav wet.wav --html p.html a.nam --workers 2 b.nam", ["dry.wav", "wet.wav", "a.nam", "b.nam"]),
        ("ir --gain-db 0 -3 a.wav b.wav --pan -1 1", ["a.wav", "b.wav"]),
        ("ir a.wav --gain-db 0 -3 b.wav", ["a.wav", "b.wav"]),
        ("ir --gain-db 0 -- -a.wav b.wav", ["-a.wav", "b.wav"]),
        ("info --sort cost a.nam --json b.nam", ["a.nam", "b.nam"]),
    ],
)
def test_options_stand_before_between_and_behind_files(line, files):
    assert [str(path) for path in read(line).files] == files


def test_numbers_go_to_the_option_they_follow():
    options = read("ir --gain-db 0 -3 a.wav b.wav --pan -1 1")
    assert (options.gain_db, options.pan) == ([0.0, -3.0], [-1.0, 1.0])


def test_a_missing_second_name_stays_missing_whatever_options_stand_between():
    options = read("play --interface apollo-8x crunch.nam --seconds 1")
    assert (str(options.model), options.ir, options.seconds) == ("crunch.nam", None, 1.0)


def test_the_cabinet_may_be_the_second_name_or_an_option():
    from rig.cli.options import take_ir

    for line in ("play crunch.nam 4x12.wav", "play crunch.nam --ir 4x12.wav", "play --ir 4x12.wav crunch.nam"):
        options = read(line)
        take_ir(options)
        assert (str(options.model), str(options.ir)) == ("crunch.nam", "4x12.wav")
    alone = read("play --ir 4x12.wav")
    take_ir(alone)
    assert (alone.model, str(alone.ir)) == (None, "4x12.wav")
    for line, words in (("play a.nam b.wav --ir c.wav", "Two cabinets"), ("play a.nam --ir c.wav --no-ir", "--no-ir")):
        with pytest.raises(UsageError, match=words):
            take_ir(read(line))


# ---------------------------------------------------------------- what there is not
@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("rendr a b c", "There is no rig rendr; did you mean render?"),
        ("capture chek a", "rig capture take has no use for 'a': it is one too many."),
        ("calibrate interfase", "There is no rig calibrate interfase; did you mean interface?"),
        ("crunch.nam", "There is no command 'crunch.nam'; to play that file: rig play crunch.nam"),
        ("render a b c --tail 2", "rig render has no option --tail; did you mean --tail-s?"),
        ("render a b c --overwritten", "rig render has no option --overwritten; did you mean --overwrite?"),
        ("play --inteface apollo-8x", "rig play has no option --inteface; did you mean --interface?"),
        ("play --record-to x", "rig play has no option --record-to; did you mean --record?"),
        ("render a b c --qqqq", "rig render has no option --qqqq."),
        ("--jason info a.nam", "rig has no option --jason; did you mean --json?"),
        ("render a b", "Missing: OUTPUT."),
        ("render a b c --tail-s two", "--tail-s takes a number, not 'two'."),
        ("render a b c --ir", "--ir needs a value."),
        ("render a b c --bits 32", "--bits is 16, 24 or float, not '32'."),
        ("info a --sort sise", "--sort is file, shape, cost, input or loudness, not 'sise'."),
        ("info a --json=1", "--json takes no value, not '1'."),
        ("render a b c d", "rig render has no use for 'd': it is one too many."),
        (
            "render a b c --interface x --max-input-dbu 1",
            "--max-input-dbu and --interface exclude each other: give one of them.",
        ),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence_with_the_nearest_word(line, sentence):
    assert refusal(line) == sentence


def test_no_option_can_be_shortened():
    assert not any(command.allow_abbrev for command in parsers())
    assert refusal("info a.nam --js").startswith("rig info has no option --js")


# ---------------------------------------------------------------- one thing, one name
@cache
def options_of_all() -> dict[str, list[tuple[str, argparse.Action]]]:
    found: dict[str, list[tuple[str, argparse.Action]]] = {}
    for command in parsers():
        for action in command._shown():
            for option in action.option_strings:
                found.setdefault(option, []).append((command.prog, action))
    return found


# Two ways to say with what: rig play goes on with the last sound, rig ab with the test in a file; rig info measures;
# rig evidence curve asks for a measure.
TWO_KINDS = {"--resume", "--measure"}


def test_an_option_of_one_name_takes_one_kind_of_value_everywhere():
    for option, places in options_of_all().items():
        kinds = {(action.type, action.nargs == 0) for _, action in places}
        assert (len(kinds) == 1) != (option in TWO_KINDS), (option, [prog for prog, _ in places])


def test_the_words_that_had_several_meanings_or_several_names():
    found = options_of_all()
    assert {prog for prog, _ in found["--name"]} == {"rig capture cut"}  # the name of the capture
    assert all("JACK client" in action.help for _, action in found["--client"])
    assert {action.help for _, action in found["--seconds"]} <= {
        "end by itself after so long",
        "how long to listen (default 3)",
    }
    assert all("0 to 1" in action.help for _, action in found["--size"])
    assert "rig play" in {prog for prog, _ in found["--into"]} and "rig capture take" in {p for p, _ in found["--into"]}
    gone = ("--record-to", "--latency", "--length", "--force", "--level", "--gate", "--rumble", "--tail")
    assert not set(gone) & found.keys()
