"""What README and docs/ show is true: Python blocks run, command lines are read by the real parser, TOML is read."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import preamp
import pytest
from commandline import forked
from places import ROOT

from rig import bundled
from rig.audio import wav
from rig.cli import parser, with_parts
from rig.compare.live.commands import COMMANDS as COMMANDS_OF_COMPARING
from rig.errors import ConfigError, PresetError, UsageError
from rig.files.toml_file import parsed
from rig.library.alsa_controls import all_controls
from rig.library.interfaces import Interface
from rig.library.preset import Preset
from rig.player.commands import COMMANDS as COMMANDS_OF_PLAYING
from rig.player.key_map import load_keys
from rig.player.midi.mapping import mapping_in

GENERATED = ROOT / "docs" / "reference" / "cli.md"  # its examples are those of the help: tests/cli/test_command_line.py
WRITTEN = [page for page in sorted((ROOT / "docs").rglob("*.md")) if page != GENERATED]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *WRITTEN]
LEAST_PYTHON, LEAST_COMMANDS = 10, 60  # there are more; fewer would mean that they are not found any more


def fenced(language: str) -> list[object]:
    """Blocks of a language, each with its page and line as its name."""
    blocks = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            line = text[: match.start()].count("\n") + 1
            blocks.append(pytest.param(match[1], id=f"{page.relative_to(ROOT)}:{line}"))
    return blocks


def commands() -> list[object]:
    """Lines of code blocks that begin with `rig `, without their comments."""
    found = []
    for page in PAGES:
        in_fence = False
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            in_fence ^= line.startswith("```")
            shown = line if in_fence else line[4:] if line.startswith("    ") else ""
            if shown.startswith("rig ") and page.name != "cli.md":  # usage lines of the reference are no commands
                found.append(pytest.param(shown, id=f"{page.relative_to(ROOT)}:{number}"))
    return found


PYTHON, COMMANDS = fenced("python"), commands()


def test_examples_are_found():
    assert len(PYTHON) >= LEAST_PYTHON
    assert len(COMMANDS) >= LEAST_COMMANDS


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the examples name: two models, a preset, cabinets, a guitar, and a pair."""
    folder = tmp_path_factory.mktemp("files")
    models, irs = bundled.models(), bundled.irs()
    for name, source in (
        ("crunch.nam", models[-1]),
        ("lead.nam", models[0]),
        ("4x12.wav", irs[-1]),
        ("57.wav", irs[0]),
        ("v30.wav", irs[0]),
        ("121.wav", irs[1]),
        ("take.wav", bundled.di()),
        ("di.wav", bundled.di()),
        ("dry.wav", bundled.di()),
    ):
        shutil.copy(source, folder / name)
    (folder / "captures").mkdir()
    shutil.copy(models[-1], folder / "captures")
    (folder / "presets").mkdir()
    (folder / "presets" / "lead.toml").write_text('model = "../lead.nam"\n[tone]\nbass_db = 3.0\n')
    dry = wav.read(bundled.di()).samples[:, 0].astype(np.float64)
    wet = np.asarray(preamp.Preamp().process(dry))
    wav.write(folder / "wet.wav", wet, preamp.RATE, "FLOAT")
    wav.write(folder / "other-box.wav", np.tanh(1.5 * wet) / 2, preamp.RATE, "FLOAT")
    return folder


@pytest.fixture
def desk(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh copy of that folder, to work in."""
    folder = Path(shutil.copytree(files, tmp_path / "desk"))
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("code", PYTHON)
def test_a_python_block_runs(code, desk):
    exec(compile(code, "example", "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_line_is_one_that_rig_reads(line):
    _, *words = shlex.split(line, comments=True)
    if words[-1:] == ["--help"]:
        with pytest.raises(SystemExit) as ended:
            parser().parse_args(words)
        assert ended.value.code == 0
    else:
        assert parser().parse_args(with_parts(words)).run is not None


def options_in_help(words: list[str]) -> set[str]:
    """The options that the help of a command names."""
    command = parser()
    for word in with_parts(words):
        parts = [action for action in command._actions if isinstance(action, argparse._SubParsersAction)]
        command = parts[0].choices.get(word, command) if parts else command
    return {name for action in command._actions if action.help != argparse.SUPPRESS for name in action.option_strings}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_line_uses_the_names_that_help_shows(line):
    _, *words = shlex.split(line, comments=True)
    used = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert used <= options_in_help(words)


def test_an_option_that_there_is_not_would_be_found():
    with pytest.raises(UsageError):
        parser().parse_args(shlex.split("play crunch.nam --louder"))
    assert "--level-mode" in options_in_help(["play", "crunch.nam"])


CHEAP = ("--version", "interfaces", "info ", "ir ", "render ", "calibrate", "midi", "compare dry.wav")
UNFIT = ("learn", "row", "e570", "calibrate ", "other.nam", "models/")  # ports or files that only a studio has
RUN = sorted(
    {
        line.partition("   #")[0].rstrip()
        for line in (parameter.values[0] for parameter in COMMANDS)
        if line[4:].startswith(CHEAP) and not any(word in line for word in UNFIT)
    }
)


@pytest.mark.parametrize("line", RUN)
def test_a_command_that_needs_no_sound_card_does_what_the_page_says(line, desk):
    done = forked(*shlex.split(line, comments=True)[1:], cwd=desk)
    assert done.returncode == 0, done.stderr


def test_enough_commands_really_run():
    assert len(RUN) >= 8


@pytest.mark.parametrize("text", fenced("toml"))
def test_a_toml_block_is_read_without_a_warning(text, tmp_path):
    """It is a preset, a MIDI mapping, or a table of interfaces or of their controls, by what stands in it."""
    path = tmp_path / "presets" / "example.toml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    for name in re.findall(r'^(?:model|ir) = "(.+)"', text, re.MULTILINE):
        if Path(name).suffix:
            (path.parent / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(bundled.models()[0] if name.endswith(".nam") else bundled.irs()[0], path.parent / name)
    if "[[interface]]" in text:
        assert Interface.named(re.findall('model = "(.+)"', text)[0], table=path).max_inst_dbu is not None
    elif "[[controls]]" in text:
        assert all_controls(path)[0].inputs
    elif "[keys]" in text:
        for part, table in (("keys", COMMANDS_OF_PLAYING), ("ab", COMMANDS_OF_COMPARING)):
            keys, odd = load_keys(part, table, path)
            assert keys and not odd
    elif "command =" in text:
        mapping = mapping_in(parsed(text.encode(), path, "MIDI mapping", ConfigError))
        assert mapping.bindings and not mapping.warnings
    else:
        assert not Preset.load(path).warnings


def test_a_line_that_no_preset_has_would_be_found(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text('model = "gone.nam"\n', encoding="utf-8")
    with pytest.raises(PresetError):
        Preset.load(path)
