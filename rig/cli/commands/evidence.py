"""`rig evidence OUT.zip RESULT...`: results with what they were made from, for others to replay; check, and curve."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import CompareError
from ..options import add_json_option, add_overwrite_option
from ..terminal import Progress

if TYPE_CHECKING:
    from ...compare.evidence.bundle import Made
    from ...compare.evidence.check import Checked
    from ...compare.evidence.detection import Curve
    from ...compare.evidence.opened import State

PARTS = ("bundle", "check", "curve")
REFUSED = 2
LABELS = {"ok": "agrees", "fail": "DIFFERS", "unknown": "unknown"}


def add(commands: Any) -> None:
    """Declare the command and its parts."""
    command = commands.add_parser(
        "evidence",
        help="results with what they were made from, for others to replay",
        usage="rig evidence OUT RESULT..., or rig evidence {check,curve} BUNDLE...",
        description="Write results of blind tests, listening tests and comparisons into one file, with the sounds and "
        "models they were made from, so that others can replay them; check such a file; and draw what many of them "
        "show. `rig evidence OUT RESULT...` is short for `rig evidence bundle OUT RESULT...`.",
        examples=(
            "rig evidence crunch.zip abx-2026-01-31-201500.json compared.json",
            "rig evidence check crunch.zip",
            "rig evidence curve *.zip --png curve.png",
        ),
    )
    parts = command.add_subparsers(dest="part", metavar="WHAT", required=True, prog="rig evidence")
    _add_bundle(parts)
    _add_check(parts)
    _add_curve(parts)


def with_bundle(arguments: Sequence[str]) -> list[str]:
    """`rig evidence OUT RESULT...` means `rig evidence bundle OUT RESULT...`.

    >>> with_bundle(["evidence", "a.zip", "abx.json"])
    ['evidence', 'bundle', 'a.zip', 'abx.json']
    >>> with_bundle(["evidence", "check", "a.zip"])
    ['evidence', 'check', 'a.zip']
    """
    given = list(arguments)
    if given[:1] == ["evidence"] and len(given) > 1 and given[1] not in (*PARTS, "-h", "--help"):
        given.insert(1, "bundle")
    return given


def _add_bundle(parts: Any) -> None:
    command = parts.add_parser(
        "bundle",
        help="write results and what they were made from into one file",
        description="Write OUT, a .zip or else a folder, from the file of a blind test (rig ab --trials), that of a "
        "comparison (rig compare --json) and the folder of a listening test (rig listen), in any number. What it can "
        "not prove stands in its README.txt.",
        examples=(
            "rig evidence crunch.zip abx-2026-01-31-201500.json compared.json",
            "rig evidence crunch.zip compared.json --licence CC-BY-4.0 --without crunch.nam",
        ),
    )
    command.add_argument("out", type=Path, metavar="OUT", help="the bundle: a .zip, else a folder")
    command.add_argument("results", nargs="+", type=Path, metavar="RESULT", help="what rig ab, compare or listen wrote")
    command.add_argument(
        "--without-audio",
        action="store_true",
        help="of recordings and cabinets only the hashes, as where rights forbid",
    )
    command.add_argument(
        "--without", action="append", default=[], metavar="FILE", help="of this file only the hash; once for each"
    )
    command.add_argument(
        "--licence",
        action="append",
        default=[],
        metavar="[FILE=]TEXT",
        help="under which all is shared, or one FILE (default: not stated)",
    )
    command.add_argument(
        "--search",
        action="append",
        type=Path,
        default=[],
        metavar="FOLDER",
        help="look there for files that have moved",
    )
    command.add_argument("--names", action="store_true", help="keep the names of listeners (default: numbers)")
    add_overwrite_option(command, "OUT")
    add_json_option(command)
    command.set_defaults(run=_bundle)


def _bundle(options: argparse.Namespace) -> int:
    from ...compare.evidence.bundle import Wishes, make
    from ...compare.evidence.manifest import NOT_STATED

    licences, general = {}, NOT_STATED
    for wish in options.licence:
        name, is_one, text = wish.partition("=")
        if is_one:
            licences[name] = text
        else:
            general = name
    wishes = Wishes(
        options.without_audio,
        tuple(options.without),
        general,
        licences,
        tuple(options.search),
        options.names,
    )
    made = make(options.out, options.results, wishes, options.overwrite)
    if options.json:
        print(json.dumps({"bundle": str(made.path), "bytes": made.size, **made.manifest.to_json()}, indent=2))
        return 0
    _tell(made)
    return 0


def _tell(made: Made) -> None:
    manifest = made.manifest
    for result in manifest.results:
        left = f"; left out: {', '.join(result.left_out)}" if result.left_out else ""
        print(f"Result   {result.number}: {result.called}{left}")
    inside = [each for each in manifest.stimuli if each.member is not None]
    print(f"Files    {len(inside)} of {len(manifest.stimuli)} that they were made from are in it")
    for each in manifest.stimuli:
        if each.member is None:
            uses = "; ".join(f"result {number}: {role}" for number, role in each.uses)
            print(f"Hash     {each.name} ({uses}): only its hash, {each.why_not}")
    unstated = sum(each.licence == "not stated" for each in inside)
    if unstated:
        print(f"Rights   of {unstated} files are not stated (--licence); make sure that you may pass them on")
    for note in made.notes:
        print(f"Note     {note}.")
    print("Proves   what stands in its README.txt, and no more: it was made on your own machine")
    print(f"Seal     {manifest.seal}")
    print(f"{made.path}: {made.size / 1e6:.1f} MB; rig evidence check {made.path} replays it")


def _add_check(parts: Any) -> None:
    command = parts.add_parser(
        "check",
        help="replay a bundle: files, promises, statistics, figures",
        description="Look at every byte of a bundle, compute figures and statistics anew, and say line by line what "
        "agrees, what does not, and what could not be computed again.",
        examples=(
            "rig evidence check crunch.zip",
            "rig evidence check crunch.zip --search models/",
        ),
    )
    command.add_argument("bundle", type=Path, metavar="BUNDLE", help="a .zip or folder that rig evidence wrote")
    command.add_argument("--seal", metavar="HASH", help="its seal, as somebody else has had it since it was written")
    command.add_argument(
        "--search", action="append", type=Path, default=[], metavar="FOLDER", help="look there for files not in it"
    )
    command.add_argument("--no-figures", action="store_true", help="compute no figures anew, which takes a while")
    add_json_option(command)
    command.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from ...compare.evidence.check import check

    found = check(
        options.bundle,
        seal=options.seal,
        folders=options.search,
        figures=not options.no_figures,
        progress=None if options.json else Progress("figures"),
    )
    if options.json:
        print(json.dumps(found.to_json(), indent=2))
    else:
        print("\n".join(_report(found)))
    return REFUSED if found.state == "fail" else 0


def _report(found: Checked) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    count = "1 result" if len(found.results) == 1 else f"{len(found.results)} results"
    lines = [f"{found.bundle}: {count}, made with {versions}", f"Seal     {found.seal}"]
    lines += [f"{LABELS[line.state]:8} {line.about}: {line.text}" for line in found.lines]
    counts: tuple[tuple[State, str], ...] = (
        ("ok", "agree"),
        ("fail", "differ"),
        ("unknown", "could not be replayed, or only in part"),
    )
    told = ", ".join(f"{found.count(state)} {words}" for state, words in counts)
    proves = "no more than its README.txt says: it was made on somebody's own machine"
    return [*lines, f"In all   {told}", f"Proves   {proves}"]


def _add_curve(parts: Any) -> None:
    command = parts.add_parser(
        "curve",
        help="from many bundles: how often a difference was heard, by its error",
        description="Put the tests of many bundles together: the share of right answers in blind tests, and of "
        "listeners who could tell in listening tests, by an error measure of rig compare. Where there is too little, "
        "nothing is drawn.",
        examples=("rig evidence curve *.zip --png curve.png", "rig evidence curve *.zip --measure esr_pre_emphasised"),
    )
    command.add_argument("bundles", nargs="+", type=Path, metavar="BUNDLE", help="what rig evidence wrote")
    command.add_argument(
        "--measure", default="esr_matched", metavar="NAME", help="as in the JSON of rig compare (default esr_matched)"
    )
    command.add_argument("--png", type=Path, metavar="FILE", help="draw it into FILE (.png or .svg)")
    add_overwrite_option(command, "FILE")
    add_json_option(command)
    command.set_defaults(run=_curve)


def _curve(options: argparse.Namespace) -> int:
    from ...audio.plots import check_writable
    from ...compare.evidence.detection import curve

    if options.png is not None:
        check_writable(options.png, options.overwrite)
    found = curve(options.bundles, options.measure)
    if options.json:
        print(json.dumps(found.to_json(), indent=2))
    for sentence in () if options.json else found.left_out:
        print(f"Left out {sentence}.")
    if not found.drawn and not options.json:
        raise CompareError(found.too_little)
    if not found.drawn:
        return REFUSED
    if not options.json:
        print("\n".join(_places(found)))
    if options.png is not None:
        from ...compare.evidence.detection_plot import plot

        plot(found, options.png, options.overwrite)
        if not options.json:
            print(f"{options.png}: the same, drawn")
    return 0


def _places(found: Curve) -> list[str]:
    from ...compare.evidence.detection_plot import NAMES, sizes

    lines = [f"{sizes(found)}, from {found.bundles} bundles"]
    for by in found.drawn:
        lines += ["", NAMES[by], f"{found.measure:>24}    share       95 %   count  tests"]
        for g in found.groups(by):
            low, high = (100 * end for end in g.interval)
            span = f"{g.low:.3g} to {g.high:.3g}" if g.low != g.high else f"{g.low:.3g}"
            lines.append(f"{span:>24} {100 * g.share:6.0f} % {low:4.0f} to {high:3.0f} {g.count:7d} {g.tests:6d}")
    return [
        *lines,
        "",
        "Guessing alone reaches 50 % (of listeners: at most). Whoever wrote the bundles chose what to show.",
    ]
