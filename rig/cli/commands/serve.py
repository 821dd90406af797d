"""`rig serve [MODEL | PRESET] [IR]`: as `rig play`, on a machine without a screen: the page is its face."""

from __future__ import annotations

import argparse
import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import RigError
from ..options import add_follow_option, add_session_options, add_what_plays
from ..page_door import add_page_options

if TYPE_CHECKING:
    from ..live.what_plays import WhatPlays


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "serve",
        help="play on a machine without a screen; the page, MIDI and rig remote steer it",
        description="As rig play, for a box without screen and keyboard: it needs no terminal, waits for a JACK or "
        "PipeWire server that is not there yet, and for ports that are named, and is steered by the page, by MIDI and "
        "by rig remote. SIGTERM fades out and ends it; SIGHUP reads presets, settings and MIDI anew. The page is "
        "reached from this machine alone, unless --lan lets others in. --unit prints the unit for systemd.",
        examples=(
            "rig serve --resume --lan",
            "rig serve presets/ --midi stage.toml --lan",
            "rig serve --unit > ~/.config/systemd/user/amprig.service",
        ),
    )
    add_what_plays(command)
    command.add_argument(
        "--resume", action="store_true", help="what was played last; the first time, what MODEL and IR name"
    )
    command.add_argument("--unit", action="store_true", help="print the unit for systemd that starts this, and end")
    add_follow_option(command)
    add_session_options(command, headless=True)
    add_page_options(command, opens=False)
    command.set_defaults(run=run, equal_loudness=False, blind=False, presets=True, second=None)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    if options.unit:
        from ..serving.unit import unit

        print(unit(str(Path(sys.argv[0]).absolute()) if Path(sys.argv[0]).stem in ("rig", "amprig") else None), end="")
        return 0
    from ..serving.service import Hangup, fill_streams

    fill_streams()
    hangup = Hangup()
    with contextlib.suppress(KeyboardInterrupt), hangup.heard():
        return _serve(options, hangup)
    return 0


def _serve(options: argparse.Namespace, hangup: Any) -> int:
    from ..compiling.first_start import ensure
    from ..live.what_plays import check_options
    from ..serving.serve_session import ServeSession
    from ..serving.service_log import Log
    from ..serving.waiting import awaited

    check_options(options)
    _what_now(options)  # what is wrong is said before anything is waited for
    screen = Log()
    backend = awaited(options, screen.say)
    try:
        ensure()
        hangup.is_asked = False
        session = ServeSession(options, screen, backend, lambda: _what_now(options), hangup)
    except BaseException:
        backend.close()
        raise
    return session.run()


def _what_now(options: argparse.Namespace) -> WhatPlays:
    """What was played last, where that is asked for and there is any; else what the words name. Raises RigError."""
    from ..live.what_plays import what_plays

    words = argparse.Namespace(**vars(options))
    why = ""
    if options.resume:
        words.model = words.ir = words.second = None
        words.no_ir = False
        try:
            return what_plays(words)
        except RigError as error:
            why = str(error)
        words = argparse.Namespace(**{**vars(options), "resume": False})
    what = what_plays(words)
    if not why:
        return what
    kept = replace(what.called, keeps=True)  # so that the next start has something to resume
    return replace(what, called=kept, said=[f"Last     {why}", *what.said])
