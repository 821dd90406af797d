"""`rig interfaces`: the table of interface levels, searched, shown with its sources, and checked."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..options import add_json_option

PARTS = ("list", "check")


def add(commands: Any) -> None:
    """Declare the command and its parts."""
    command = commands.add_parser(
        "interfaces",
        help="levels of audio interfaces, with their sources; check a row that you send",
        description="rig's table of the levels at which audio interfaces are full, and your own: searched, shown with "
        "basis, source and date, and checked. `rig interfaces WORD` is short for `rig interfaces list WORD`.",
        examples=("rig interfaces scarlett", "rig interfaces check row.toml"),
    )
    parts = command.add_subparsers(dest="part", metavar="WHAT", required=True, prog="rig interfaces")
    listed = parts.add_parser(
        "list",
        help="those whose names hold all of the words; one of them with its sources",
        description="All interfaces whose names hold all of the words, a line each; where it is one, all that is known "
        "of it: levels, basis, source, date, and what other sources say.",
        examples=(
            "rig interfaces                       # all of them",
            "rig interfaces motu                  # those of a maker",
            "rig interfaces umc202hd              # one, with its sources",
            "rig interfaces scarlett 4th --json",
        ),
    )
    listed.add_argument("words", nargs="*", metavar="WORD", help="part of a name, a maker")
    checked = parts.add_parser(
        "check",
        help="say what is wrong with a table, or with a row that is to be sent",
        description="Hold every row of FILE to what docs/interfaces.md asks of it: basis, source, date, levels in dBu "
        "that can be, no two rows of one name, no contradiction without a word, nothing hostile, nothing personal.",
        examples=("rig interfaces check row.toml", "rig interfaces check                 # rig's own table"),
    )
    checked.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a TOML file (default: rig's own table)")
    for part in (listed, checked):
        add_json_option(part)
        part.set_defaults(run=run)


def with_list(arguments: Sequence[str]) -> list[str]:
    """`rig interfaces WORD` means `rig interfaces list WORD`.

    >>> with_list(["interfaces", "motu"]), with_list(["interfaces"])
    (['interfaces', 'list', 'motu'], ['interfaces', 'list'])
    >>> with_list(["interfaces", "check", "row.toml"])
    ['interfaces', 'check', 'row.toml']
    """
    given = list(arguments)
    if given[:1] == ["interfaces"] and (len(given) == 1 or given[1] not in (*PARTS, "-h", "--help")):
        given.insert(1, "list")
    return given


def run(options: argparse.Namespace) -> int:
    """Carry the part out that was named; 2 where nothing is found, or something is wrong."""
    if options.part == "check":
        from ..commons.checking import check

        return check(options.file, options.json)
    return _list(options.words, options.json)


def _list(words: Sequence[str], as_json: bool) -> int:
    from ...errors import ConfigError
    from ...library.commons.interface_search import holding, nearest, search
    from ...library.interfaces import Interface, user_table
    from ..command_line import listed as spelled
    from ..commons import listing

    interfaces = Interface.all()
    found = search(words, interfaces)
    if not found:
        near = nearest(words, interfaces)
        meant = f"; did you mean {spelled(near, 'or')}?" if near else "; rig interfaces lists all of them."
        raise ConfigError(
            f'No interface "{" ".join(words)}" is known{meant} One that is missing goes into your own table, '
            f"{user_table()}, and docs/interfaces.md says how it comes into everybody's."
        )
    if as_json:
        print(json.dumps(listing.as_json(found), indent=2))
    elif words and len(found) == 1:
        listing.print_one(found[0])
        others = [other.name for other in holding(words, interfaces) if other is not found[0]]
        if others:
            print(f"Others whose names hold these words: {', '.join(others)}.")
    else:
        listing.print_list(found)
    return 0
