"""`rig completion SHELL`: a script that lets bash, zsh or fish complete commands, options and files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..command_line import CommandLine
    from ..shells.words import Expand

SHELLS = ("bash", "zsh", "fish")


def add(commands: Any, top: CommandLine, expand: Expand) -> None:
    """Declare the command. `top`: the parser that it is part of; `expand` adds parts that may be left out."""
    command = commands.add_parser(
        "completion",
        help="print the script that completes rig's commands in bash, zsh or fish",
        description="Print a script that completes commands, options, their values and fitting files when Tab is "
        "pressed. An installed rig brings these scripts to where shells look for them; docs/install.md says what to "
        "do where that is not enough.",
        examples=("rig completion bash", "rig completion zsh", "rig completion fish"),
    )
    command.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")
    command.set_defaults(run=lambda options: run(options, top, expand))


def run(options: argparse.Namespace, top: CommandLine, expand: Expand) -> int:
    """Print the script."""
    from ..shells import bash, fish, zsh
    from ..shells.words import command_words

    script = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}[options.shell]
    print(script(command_words(top, expand)), end="")
    return 0
