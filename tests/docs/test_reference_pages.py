"""The generated pages are what the parsers and the command table say now."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

REFERENCE = ROOT / "docs" / "reference"


def generate(script: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_pages_are_those_that_the_code_gives():
    done = generate(ROOT / "docs" / "generate.py", "--check")
    assert done.returncode == 0, done.stderr


def test_the_terminal_does_not_change_them():
    done = generate(ROOT / "docs" / "generate.py", "--check", COLUMNS="30", NO_COLOR="1")
    assert done.returncode == 0, done.stderr


@pytest.mark.soak
def test_a_page_that_was_changed_by_hand_is_noticed_and_written_again(tmp_path):
    (tmp_path / "reference").mkdir()
    script = tmp_path / "generate.py"
    script.write_bytes((ROOT / "docs" / "generate.py").read_bytes())
    page = tmp_path / "reference" / "cli.md"
    page.write_text("by hand\n", encoding="utf-8")
    assert generate(script, "--check").returncode == 1
    assert page.read_text(encoding="utf-8") == "by hand\n"
    assert generate(script).returncode == 0
    for name in ("cli.md", "keys.md"):
        assert (tmp_path / "reference" / name).read_bytes() == (REFERENCE / name).read_bytes()


def test_every_command_and_every_key_stands_in_the_reference():
    from rig.compare.live import commands as comparing
    from rig.player import commands
    from rig.player.key_map import AB_KEYS, KEYS

    keys_page = (REFERENCE / "keys.md").read_text(encoding="utf-8")
    for name in (*commands.COMMANDS, *comparing.COMMANDS):
        assert f"| `{name}` |" in keys_page
    for key in (*KEYS, *AB_KEYS):
        shown = {"pagedown": "page down", "pageup": "page up"}.get(key, key if len(key) > 1 else f"`{key}`")
        assert key.isdigit() or shown in keys_page, key


def test_every_option_of_every_command_stands_in_the_reference():
    import argparse

    from rig.cli import parser

    text = (REFERENCE / "cli.md").read_text(encoding="utf-8")

    def options(command: argparse.ArgumentParser) -> set[str]:
        found: set[str] = set()
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                for part in action.choices.values():
                    assert f" {part.prog}\n" in text
                    found |= options(part)
            elif (
                not isinstance(action, argparse._HelpAction | argparse._VersionAction)
                and action.help != argparse.SUPPRESS
            ):
                found |= set(action.option_strings)
        return found

    assert all(f"`{option}" in text for option in options(parser()))
