"""`rig listen CAPTURE CANDIDATE...`: several candidates against the gear by ear, blind (MUSHRA, ITU-R BS.1534)."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import CompareError, UsageError
from ..display.screen import Screen
from ..open_backend import add_backend_options
from ..options import (
    KEPT,
    add_client_option,
    add_json_option,
    add_overwrite_option,
    add_quality_option,
    add_seconds_option,
    add_size_option,
    capture_level,
)
from ..page_door import add_page_options
from ..terminal import Progress

if TYPE_CHECKING:
    from ...compare.listening import Prepared

SOMEBODY = "listener"  # who did not say a name


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "listen",
        help="compare up to 8 models and recordings with the gear by ear, blind",
        usage="rig listen CAPTURE CANDIDATE... | rig listen TEST [options]",
        description="Prepare a listening test with several stimuli (MUSHRA, ITU-R BS.1534) and sit it: every CANDIDATE "
        "(a .nam file, or a recording of what another box made of the dry file) is rated from 0 to 100 against the "
        "gear's take, which is hidden among them, with two anchors. TEST is the folder of one that was prepared: "
        "others sit it under a name of their own, and a sitting that was left goes on.",
        examples=(
            "rig listen captures/e570 crunch.nam other.wav --over headphones",
            "rig listen listen-2026-01-31-201500 --listener anna   # sit it, or go on",
            "rig listen listen-2026-01-31-201500 --page --lan      # on phones, too",
            "rig listen --report listen-2026-01-31-201500          # what it came to",
        ),
    )
    command.add_argument("files", nargs="*", type=Path, metavar="FILE", help="CAPTURE or DRY WET, and candidates; TEST")
    command.add_argument("--listener", default=SOMEBODY, metavar="NAME", help=f"who listens (default {SOMEBODY})")
    command.add_argument(
        "--report", type=Path, metavar="TEST", help="show what a test came to, of all who have finished"
    )
    making = command.add_argument_group("a new test")
    making.add_argument("--result", type=Path, metavar="FOLDER", help="where the test is kept (default listen-DATE)")
    making.add_argument(
        "--section",
        action="append",
        default=[],
        metavar="FROM-TO",
        help="a section of the take that is heard, in s, such as 12-20; once for each (default: chosen)",
    )
    making.add_argument("--sections", type=int, metavar="N", help="how many are chosen (default: as BS.1534 wants)")
    making.add_argument(
        "--ir", type=Path, metavar="FILE", help="one cabinet behind everything, the gear's take included"
    )
    making.add_argument(
        "--over", metavar="WHAT", help="what is listened with, such as headphones; kept with the result"
    )
    making.add_argument("--channel", type=int, metavar="N", help="channel of stereo files, from 1")
    making.add_argument(
        "--capture-dbu",
        type=capture_level,
        default=KEPT,
        metavar="X",
        help="dBu at the gear's jack that 0 dBFS of DRY was worth; none: not known (default kept, as for rig compare)",
    )
    making.add_argument("--prepare-only", action="store_true", help="make the test, and do not sit it now")
    add_size_option(making, "models that have several")
    add_quality_option(making)
    sitting = command.add_argument_group("a sitting")
    sitting.add_argument(
        "--no-training", action="store_true", help="begin with the first screen that counts; the report says so"
    )
    sitting.add_argument("--output", metavar="PORT", help="port or ports that take the sound")
    sitting.add_argument("--no-connect", action="store_true", help="connect nothing; you do it in your patchbay")
    add_client_option(sitting)
    add_seconds_option(sitting)
    add_backend_options(command)
    add_page_options(command, on=False, page="sit the test in a browser, by a page that several listeners can use")
    sitting.add_argument(
        "--show-results",
        action="store_true",
        help="in the page: a listener sees at his end what the sounds were, and what all have come to so far",
    )
    shown = command.add_argument_group("a report")
    shown.add_argument(
        "--picture", type=Path, metavar="FILE", help="write its box plots (.svg or .png; needs matplotlib)"
    )
    for name, what in (("promised", "the promise"), ("closing", "the closing hash")):
        shown.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="NAME=HASH",
            help=f"{what} of a listener, as somebody else has it",
        )
    add_overwrite_option(shown, "the picture")
    add_json_option(command)
    command.set_defaults(run=run, input=None, no_midi=True)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; 2 where a file of a test is not what it was."""
    if options.report is not None:
        if options.files:
            raise UsageError("--report shows a test that there is; it takes no other files.")
        return _report(options)
    if not options.files:
        raise UsageError("Name a capture (or DRY WET) and candidates, or the folder of a test.")
    from ...compare.listening import Prepared
    from ...compare.listening.prepared import FILE

    first = options.files[0]
    if len(options.files) == 1 and (first / FILE).exists():
        test = Prepared.open(first)
    else:
        test = _prepared(options)
        if options.prepare_only:
            return 0
    return _sit(test, options)


def _prepared(options: argparse.Namespace) -> Prepared:
    from ...audio.wav import Reader
    from ...compare.listening.preparing import prepare
    from ...nam import load_model

    first, *rest = options.files
    if not first.exists():
        raise CompareError(f"{first}: no such folder or file.")
    wet = None if first.is_dir() else (rest.pop(0) if rest else None)
    if not rest:
        raise UsageError("Name what was played, what came back, and at least one candidate: DRY WET CANDIDATE...")
    if options.section and options.sections is not None:
        raise UsageError("--section names sections, --sections says how many are chosen: one of the two.")
    for path in (*rest, *([options.ir] if options.ir is not None else [])):  # refused before anything is compiled
        if path.suffix.lower() == ".nam":
            load_model(path)
        else:
            with Reader(path):
                pass
    folder = options.result or Path(time.strftime("listen-%Y-%m-%d-%H%M%S"))
    test = prepare(
        first,
        wet,
        rest,
        folder,
        sections=options.section,
        count=options.sections,
        cabinet=options.ir,
        size=options.size,
        quality=options.quality,
        capture_dbu=options.capture_dbu,
        channel=options.channel,
        heard_over=options.over,
        progress=None if options.json else Progress(f"{len(rest)} candidates"),
        tell=lambda text: print(f"rig: {text}", file=sys.stderr, flush=True),
    )
    if options.json and options.prepare_only:
        print(json.dumps({"test": str(folder), "hash": test.hash, **test.setup}, indent=1))
        return test
    print(f"Test     {folder}")
    for number, section in enumerate(test.setup["sections"], 1):
        place = f"{section['start_s']:.1f} to {section['stop_s']:.1f} s"
        print(f"Section  {number}: {place}, {section['like']} ({section['why']})")
    for note in test.setup["notes"]:
        print(f"Note     {note}.")
    return test


def _sit(test: Prepared, options: argparse.Namespace) -> int:
    if options.page or options.lan:
        from ..listening.listen_served import serve

        return serve(test, options)
    from ...compare.listening import Sitting
    from ..listening.listen_report import revealed_text
    from ..listening.listen_session import ListenSession

    with Sitting.open(test, options.listener) as sitting:
        if not sitting.is_over:
            screen = Screen()
            if not ListenSession(options, sitting, screen).run():
                screen.say(f"Go on with: rig listen {test.folder} --listener {sitting.listener}")
                return 0
        print(revealed_text(sitting.revealed(), sitting.closing_hash))
    print(f"All who have finished: rig listen --report {test.folder}")
    return 0


def _report(options: argparse.Namespace) -> int:
    from ...compare.listening import Prepared, report
    from ..listening.listen_report import report_text

    found = report(
        Prepared.open(options.report), promised=_by_name(options.promised), closing=_by_name(options.closing)
    )
    if options.picture is not None:
        _draw(found, options)
    print(json.dumps(found.to_json(), indent=1) if options.json else report_text(found))
    return 2 if found.problems else 0


def _draw(found: Any, options: argparse.Namespace) -> None:
    from ...compare.listening.box_plot import draw_boxes

    draw_boxes(found, options.picture, options.overwrite)


def _by_name(texts: list[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, mark, value = text.rpartition("=")
        if not mark or not name:
            raise UsageError(f"{text!r} is no hash of a listener: NAME=HASH is.")
        found[name] = value
    return found
