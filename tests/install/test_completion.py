"""What Tab offers in bash, zsh and fish: each shell itself completes the line, by the script that rig prints for it."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from commandline import forked
from jackclients import wait_until
from terminal import Terminal

FILES = ("crunch.nam", "lead.nam", "4x12.wav", "set.toml", "notes.txt", "with blank.nam")
# What is typed, and what one press of Tab makes of it.
ROWS = (
    ("rig rend", "rig render"),
    ("rig calib", "rig calibrate"),
    ("rig calibrate ret", "rig calibrate return"),
    ("rig render --overw", "rig render --overwrite"),
    ("rig render crunch.nam --overw", "rig render crunch.nam --overwrite"),
    ("rig play --level-mode=norm", "rig play --level-mode=normalized"),
    ("rig play --level-mode norm", "rig play --level-mode normalized"),
    ("rig play cru", "rig play crunch.nam"),
    ("rig play se", "rig play set.toml"),
    ("rig play crunch.nam 4x", "rig play crunch.nam 4x12.wav"),
    ("rig play --overwrite crunch.nam --ir 4x", "rig play --overwrite crunch.nam --ir 4x12.wav"),
    ("rig play note", "rig play note"),  # a file that cannot be played is not offered
    ("rig info cap", "rig info captures/"),
    ("rig capture che", "rig capture check"),
    ("rig capture check cap", "rig capture check captures/"),
    ("rig capture e570 --rep", "rig capture e570 --repair-drift"),  # `take` may be left out
    ("rig library twi", "rig library twins"),
    ("rig completion fi", "rig completion fish"),
    ("amprig rend", "amprig render"),
)


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with files to complete, and the scripts in a folder below it."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "captures").mkdir()
    (folder / "scripts").mkdir()
    for name in FILES:
        (folder / name).touch()
    for shell in ("bash", "zsh", "fish"):
        done = forked("completion", shell)
        assert done.returncode == 0 and not done.stderr
        (folder / "scripts" / shell).write_text(done.stdout, encoding="utf-8")
    return folder


class Shell:
    """An interactive shell with rig's completion. Behind Tab, Ctrl-X Ctrl-O writes its line into a file."""

    def __init__(self, desk, command: list[str], set_up: str) -> None:
        def start(words, terminal, cwd, environment):
            return subprocess.Popen(
                command,
                stdin=terminal,
                stdout=terminal,
                stderr=terminal,
                cwd=cwd,
                env=environment,
                start_new_session=True,
            )

        self._lines = desk / "scripts" / "lines"
        self._lines.touch()
        self._terminal = Terminal(start=start, cwd=desk, HOME=str(desk / "scripts"), TERM="dumb", EDITOR="emacs")
        self._terminal.press(f"{set_up}; echo rea''dy\n", "ready\r\n")

    def line_after_tab(self, typed: str) -> str:
        before = self._lines.read_text().count("\n")
        self._terminal.press(f"{typed}\t\x18\x0f", "")
        wait_until(lambda: self._lines.read_text().count("\n") > before, f"a line behind {typed!r}", 30)
        return self._lines.read_text().splitlines()[-1].rstrip(" =")

    def close(self) -> None:
        self._terminal.close()


@pytest.fixture(scope="module")
def bash(desk):
    keep = """bind -x '"\\C-x\\C-o": echo "$READLINE_LINE" >> scripts/lines; READLINE_LINE='"""
    shell = Shell(desk, ["bash", "--norc", "-i"], f"source scripts/bash; {keep}")
    yield shell
    shell.close()


@pytest.fixture(scope="module")
def zsh(desk):
    keep = "keep() { print -r -- $BUFFER >> scripts/lines; BUFFER= }; zle -N keep; bindkey '^X^O' keep"
    shell = Shell(desk, ["zsh", "-f", "-i"], f"autoload -Uz compinit; compinit -u -D; source scripts/zsh; {keep}")
    yield shell
    shell.close()


@needs("bash")
@pytest.mark.parametrize(("typed", "completed"), ROWS)
def test_bash_completes(bash, typed, completed):
    assert bash.line_after_tab(typed) == completed


@needs("zsh")
@pytest.mark.parametrize(("typed", "completed"), ROWS)
def test_zsh_completes(zsh, typed, completed):
    assert zsh.line_after_tab(typed) == completed


@pytest.fixture(scope="module")
def fish(desk):
    """What fish offers behind each line: completions with their descriptions."""
    lines = [*(typed for typed, _ in ROWS), "rig pla", "rig render --over"]
    code = 'source scripts/fish; for line in $argv; echo "> $line"; complete -C "$line"; end'
    environment = {**os.environ, "HOME": str(desk / "scripts")}
    command = ["fish", "--no-config", "-c", code, "--", *lines]
    done = subprocess.run(command, cwd=desk, env=environment, capture_output=True, text=True, check=True)
    assert not done.stderr
    offered: dict[str, dict[str, str]] = {}
    for line in done.stdout.splitlines():
        if line.startswith("> "):
            offered[line[2:]] = found = {}
        else:
            found.update([line.partition("\t")[::2]])
    return offered


@needs("fish")
@pytest.mark.parametrize(("typed", "completed"), ROWS)
def test_fish_completes(fish, typed, completed):
    offered = fish[typed]
    last, wanted = typed.rpartition(" ")[2], completed.rpartition(" ")[2]
    if typed == completed:
        assert not [each for each in offered if each.startswith(last)]
    else:
        assert wanted in offered


@needs("fish")
def test_fish_says_what_a_command_and_an_option_are_for(fish):
    assert fish["rig pla"]["play"] == "play the guitar through a model and a cabinet, live"
    assert fish["rig render --over"]["--overwrite"] == "replace OUTPUT if already there"
