"""Writes what is not written by hand: pages of docs/, and in share/ manual pages, completion of shells, and a unit.

    python docs/generate.py            writes them
    python docs/generate.py --check    fails if they are not what it would write

docs/reference/cli.md, manual pages and completion come from the parsers of the command line, docs/reference/keys.md
from the command table and the key maps, docs/developer/verdicts.md from tests/verdicts. argparse's own help depends on
the terminal and on the version of Python, so the parsers are read, not asked to format.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rig.cli import parser, with_parts
from rig.cli.command_line import CommandLine, value_of
from rig.cli.serving.unit import NAME as UNIT
from rig.cli.serving.unit import unit
from rig.cli.shells import bash, fish, manual, zsh
from rig.cli.shells.words import command_words, help_of
from rig.compare.live import commands as comparing
from rig.player.command import Command
from rig.player.commands import GROUPS
from rig.player.key_map import AB_KEYS, KEYS, Keys

REFERENCE = Path(__file__).parent / "reference"
DEVELOPER = Path(__file__).parent / "developer"
SHARE = Path(__file__).parents[1] / "share"
VERDICTS = Path(__file__).parents[1] / "tests" / "verdicts"
STATES = ("ok", "warn", "fail", "unknown")
SHOWN = {"pagedown": "page down", "pageup": "page up", " ": "space"}
NOTE = "<!-- Written by docs/generate.py; `make reference` writes it again. -->\n"


def pages() -> dict[Path, str]:
    """Every generated page with its content."""
    found = {REFERENCE / "cli.md": command_line_page(), REFERENCE / "keys.md": keys_page()}
    if VERDICTS.is_dir():  # it lies beside the docs in the repository only
        found[DEVELOPER / "verdicts.md"] = verdicts_page()
    if SHARE.is_dir():
        found |= shared_files()
    return found


def shared_files() -> dict[Path, str]:
    """What an installation puts where shells and `man` look for it, below the folder share of its prefix."""
    top = parser()
    words = command_words(top, with_parts)
    found = {SHARE / "man" / "man1" / name: page for name, page in manual.pages(top).items()}
    found[SHARE / "bash-completion" / "completions" / "rig"] = bash.script(words)
    found[SHARE / "bash-completion" / "completions" / "amprig"] = bash.alias()
    found[SHARE / "zsh" / "site-functions" / "_rig"] = zsh.script(words)
    found[SHARE / "fish" / "vendor_completions.d" / "rig.fish"] = fish.script(words)
    found[SHARE / "fish" / "vendor_completions.d" / "amprig.fish"] = fish.alias()
    found[SHARE / "systemd" / "user" / UNIT] = unit()
    return found


# ---------------------------------------------------------------- the command line
_VERSION = ["With `--version`, `rig` shows what it stands on; `--json` is the same for programs.", ""]


def command_line_page() -> str:
    """One part per command."""
    top = parser()
    lines = [NOTE, "# Command line", "", "`rig COMMAND --help` shows the same in a terminal.", *_VERSION]
    lines += _table(
        ("command", "what it does"),
        ((f"[rig {name}](#{_anchor(sub.prog)})", help_text) for name, help_text, sub in _parts_of(top)),
    )
    for _, _, command in _parts_of(top):
        lines += _command(command, "##")
    lines += [
        "## Exit codes",
        "",
        *_table(
            ("code", "meaning"),
            (
                ("0", "done; also after Ctrl-C while playing"),
                ("1", "something was judged, and a check failed: a take, the machine (`rig doctor`)"),
                ("2", "not done; the sentence on stderr says why"),
                ("130", "stopped with Ctrl-C"),
            ),
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _parts_of(command: CommandLine) -> Iterator[tuple[str, str, CommandLine]]:
    """The commands below one: name, what it is for, and its parser."""
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {choice.dest: choice.help or "" for choice in action._choices_actions}
            yield from ((name, told.get(name, ""), sub) for name, sub in action.choices.items())


def _command(command: CommandLine, heading: str) -> list[str]:
    usage = command.usage or command.summary()
    lines = [f"{heading} {command.prog}", "", *_paragraphs(command.description or ""), "", f"    {usage}", ""]
    for group in command._action_groups:
        rows = [
            (_ways(action), help_of(action))
            for action in group._group_actions
            if not isinstance(action, argparse._SubParsersAction | argparse._HelpAction)
            and action.help != argparse.SUPPRESS
        ]
        if rows:
            named = group.title if group.title not in ("positional arguments", "options", None) else ""
            lines += _table((named or ("option" if rows[0][0].startswith("`-") else "argument"), "meaning"), rows)
    lines += ["For example:", "", *(f"    {example}" for example in command.examples), ""]
    for _, _, part in _parts_of(command):
        lines += _command(part, "###")
    return lines


def _ways(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{value_of(action)}`"
    value = "" if action.nargs == 0 else f" {value_of(action)}"
    return ", ".join(f"`{option}{value}`" for option in action.option_strings)


# ---------------------------------------------------------------- keys
def keys_page() -> str:
    """Every command with its keys, and every key of a comparison."""
    lines = [
        NOTE,
        "# Keys and commands",
        "",
        "`h` shows the keys while you play. A value moves by one step with each press, a choice goes on to the next, a "
        "switch turns over. The names in the last column are what [MIDI](../midi.md) and [your own keys](keys-toml.md) "
        "use. What is marked ! ends or loses something.",
        "",
    ]
    for title, commands in GROUPS.items():
        lines += [f"## {title}", "", *_commands(commands, KEYS)]
    lines += ["## While comparing", "", "The keys of `rig ab`: see [Can you hear it?](../abx.md).", ""]
    for commands in comparing.GROUPS.values():
        lines += _commands(commands, AB_KEYS)
    return "\n".join(lines).rstrip() + "\n"


def _commands(commands: Iterable[Command[Any]], keys: Keys) -> list[str]:
    rows = [(_keys_of(c, keys), _sentence(c.text) + " !" * c.danger, _values(c), f"`{c.name}`") for c in commands]
    return _table(("key", "what it does", "values", "command"), rows)


def _keys_of(command: Command[Any], keys: Keys) -> str:
    ways = {key: way for key, (name, way) in keys.items() if name == command.name}
    if command.kind != "value":
        return "`0` to `9`" if set(ways) == set("0123456789") else " ".join(map(_key, ways))
    if not ways:
        return ""
    more, less = ([_key(key) for key, way in ways.items() if way * sign > 0] for sign in (1, -1))
    return f"{' '.join(more)} more, {' '.join(less)} less"


def _values(command: Command[Any]) -> str:
    """What it may be set to, and where a preset holds that."""
    values = {
        "action": "a number" if command.numbered else "",
        "switch": "on, off",
        "choice": " ".join([", ".join(map(_choice, command.choices)), command.unit]).rstrip(),
        "value": f"{command.range}, step {command.step or 0:g}",
        "text": f"asks: {command.prompt}",
    }[command.kind]
    line = command.preset
    where = (
        "" if line is None else f"; preset: `{line.key}`" + (f" in `{_section(line.section)}`" if line.section else "")
    )
    return f"{values}{where}"


def _section(name: str) -> str:
    return f"[[{name}]]" if name == "cabinet" else f"[{name}]"  # there may be several cabinets


def _choice(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _key(key: str) -> str:
    return SHOWN[key] if key in SHOWN else key if len(key) > 1 else f"`{key}`"


def _range(command: Command) -> str:
    if command.prompt is not None:
        return f"asks: {command.prompt}"
    if command.is_action:
        return ""
    unit = f" {command.unit}" if command.unit else ""
    return f"{command.low:g} to {command.high:g}{unit}, step {command.step or 0:g}"


# ---------------------------------------------------------------- verdicts
def verdicts_page() -> str:
    """Every verdict with the tests that make it say each of its words; a verdict may stand in several files."""
    found: dict[str, dict[str, dict[str, list[str]]]] = {}
    for path in sorted(VERDICTS.glob("*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["verdict"]:
            told = found.setdefault(row["where"], {}).setdefault(row["name"], {state: [] for state in STATES})
            for state in STATES:
                told[state].append(row[state])
    lines = [
        NOTE,
        "# Verdicts",
        "",
        "Every verdict that rig can give, and the test that makes it say ok, warn, fail (a problem, in `rig doctor`) "
        'and unknown. "ok" is said only of what was looked at; where that was nothing, it is unknown. '
        "The table is made of the files in `tests/verdicts`; `tests/verdicts/test_verdicts.py` fails where a verdict "
        "has no row.",
        "",
    ]
    for where in sorted(found):
        lines += [f"## {where}", ""]
        rows = [(name, *(_proof(told[state]) for state in STATES)) for name, told in sorted(found[where].items())]
        lines += _table(("verdict", *STATES), rows)
    return "\n".join(lines).rstrip() + "\n"


def _proof(ways: list[str]) -> str:
    """Tests as sentences, each with its file; a reason why there is none only where no row names a test."""
    tests = sorted({way for way in ways if not way.startswith("never")})
    if not tests:
        return ways[0]
    parts = [way.rpartition("/")[2].partition("::") for way in tests]
    return "; ".join(f"{name.removeprefix('test_').replace('_', ' ')} (`{file}`)" for file, _, name in parts)


# ---------------------------------------------------------------- Markdown
def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _paragraphs(text: str) -> list[str]:
    return [_cell(text)]


def _anchor(heading: str) -> str:
    """The anchor that a code host makes of a heading."""
    return heading.lower().replace(" ", "-")


def _cell(text: str) -> str:
    """Text without what Markdown would take for markup."""
    return text if text.startswith(("`", "[")) else text.replace("<", "&lt;").replace("|", "\\|").replace("*", "\\*")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(map(_cell, row))} |" for row in rows), ""]


def main() -> int:
    """Write the pages, or with --check say which of them are not up to date."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in sys.argv[1:]:
            print(f"{path} is not what docs/generate.py writes: make reference", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8")
            print(f"{path}: written")
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
