"""`rig library`: thousands of models and cabinets, searched by words and by what they do."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ...files.folders import AUDIO_ENDINGS
from ..catalogue.gear_search import add_gear_options, asks_gear, like_gear
from ..compiling.first_start import ensure
from ..options import add_channel_option, add_json_option, add_overwrite_option
from ..terminal import Progress

if TYPE_CHECKING:
    from ...catalogue.found import Found
    from ...catalogue.library import Library

MOST = 20  # results, where nobody says
PROBLEMS_SHOWN, RECORDINGS_SHOWN = 8, 4


def add(commands: Any) -> None:
    """Declare the command and its parts."""
    command = commands.add_parser(
        "library",
        help="thousands of models and cabinets: find them by words, by sound, or by a recording of gear",
        description="Keep an index of the models in your folders by what they do: each answers a probe of 2.8 s once. "
        "Then models are found by words and facts, by likeness to another model or to a recording pair; twins are "
        "listed, and all are drawn on a map. Cabinets (impulse responses) lie in the same index: --cabinets searches "
        "them, and like CAB.wav finds those that are alike, darker or brighter.",
        examples=(
            "rig library scan models/",
            "rig library find plexi crunch --has-input-level",
            "rig library like crunch.nam",
            "rig library like captures/e570",
            "rig library like v30.wav --darker",
            "rig library twins",
            "rig library map map.png",
        ),
    )
    parts = command.add_subparsers(dest="part", metavar="WHAT", required=True, prog="rig library")
    _add_scan(parts)
    _add_find(parts)
    _add_like(parts)
    _add_twins(parts)
    _add_map(parts)


def _add_scan(parts: Any) -> None:
    part = parts.add_parser(
        "scan",
        help="read what is new in folders",
        description="Read the models and cabinets in folders and all below them into the index. What was read before "
        "costs nothing, what moved or was renamed costs its hash. A scan may be stopped at any moment, and goes on "
        "where it was. Audio files that are no impulse response (recordings, sweeps) are left out, with the reason.",
        examples=("rig library scan models/ ~/captures", "rig library scan models/ --cluster tcp://studio:8786"),
    )
    part.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="where models and cabinets lie")
    part.add_argument("--workers", type=int, metavar="N", help="processes (default: one per core)")
    part.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler whose workers read the files")
    part.add_argument(
        "--verify", action="store_true", help="hash every file, also those that look as they did when they were read"
    )
    _add_common(part, _scan)


def _add_find(parts: Any) -> None:
    part = parts.add_parser(
        "find",
        help="search by words and facts",
        description="Models whose name, metadata or folders hold all the words, and that are as asked for; or "
        "cabinets, by their names, folders, rate, and mono or stereo.",
        examples=(
            "rig library find plexi crunch",
            "rig library find --has-input-level --under 3",
            "rig library find v30 57 --cabinets",
        ),
    )
    part.add_argument("words", nargs="*", metavar="WORD", help="words, in any order")
    part.add_argument("--has-input-level", action="store_true", help="only those that state their input level")
    part.add_argument("--no-cabinet", action="store_true", help="only those without a cabinet in them")
    part.add_argument("--gear-type", metavar="TYPE", help="only of this kind of gear, as the files state it")
    part.add_argument("--tone-type", metavar="TYPE", help="only of this tone: clean, crunch, hi_gain, ...")
    part.add_argument(
        "--under", type=float, metavar="PERCENT", help="only those that take less of a core of this machine"
    )
    _add_cabinets(part, "search cabinets")
    _add_count(part)
    _add_common(part, _find)


def _add_like(parts: Any) -> None:
    part = parts.add_parser(
        "like",
        help="search by sound: like a model, a cabinet, a recording pair, or the gear on the desk",
        description="The models that answer most as a model does, by their fingerprints; those nearest to what some "
        "gear made of a dry file (a capture, or DRY WET), by the figures of rig compare; the cabinets most like one "
        "(CAB.wav), with the difference of their responses in dB; or the models nearest to the gear between --send and "
        "--return, which is played a probe and ten seconds of guitar.",
        examples=(
            "rig library like crunch.nam",
            "rig library like captures/e570",
            "rig library like dry.wav wet.wav",
            "rig library like v30.wav --darker",
            "rig library like --send system:playback_3 --return system:capture_3",
        ),
    )
    part.add_argument("files", nargs="*", type=Path, metavar="FILE", help="MODEL, or CAPTURE, or DRY WET, or CAB.wav")
    tilts = part.add_mutually_exclusive_group()
    tilts.add_argument(
        "--darker", action="store_true", help="of cabinets: of the same character, but darker by 0.3 to 3 dB per octave"
    )
    tilts.add_argument("--brighter", action="store_true", help="the same, brighter")
    add_channel_option(part, "a pair")
    add_gear_options(part)
    _add_count(part)
    _add_common(part, _like)


def _add_twins(parts: Any) -> None:
    part = parts.add_parser(
        "twins",
        help="files that are one sound",
        description="The same content in several places, and different files that no ear tells apart: their ESR on a "
        "guitar is below 0.003, with lag, polarity and gain taken out. Of cabinets: their responses differ by less "
        "than 0.25 dB (RMS) and nowhere by 1.5 dB, whatever their gain, delay, polarity, length and rate.",
        examples=("rig library twins", "rig library twins --cabinets"),
    )
    _add_cabinets(part, "twins among cabinets")
    _add_common(part, _twins)


def _add_map(parts: Any) -> None:
    part = parts.add_parser(
        "map",
        help="all models in one picture, near each other where they are alike",
        description="Draw all models in two dimensions, as a PNG or SVG.",
        examples=("rig library map map.png", "rig library map --cabinets map.png"),
    )
    _add_cabinets(part, "draw cabinets, coloured from dark to bright")
    part.add_argument("picture", nargs="?", type=Path, metavar="PICTURE", help="the file to write, .png or .svg")
    add_overwrite_option(part, "PICTURE")
    _add_common(part, _map)


def _add_cabinets(part: Any, what: str) -> None:
    part.add_argument("--cabinets", action="store_true", help=f"{what} in place of models")


def _add_count(part: Any) -> None:
    part.add_argument("--most", type=int, default=MOST, metavar="N", help=f"results to show (default {MOST})")


def _add_common(part: Any, run: Callable[[argparse.Namespace], int]) -> None:
    part.add_argument("--index", type=Path, metavar="FILE", help="another index than rig's own")
    add_json_option(part)
    part.set_defaults(run=run)


def _open(options: argparse.Namespace) -> Library:
    from ...catalogue.library import Library

    return Library(options.index)


def _scan(options: argparse.Namespace) -> int:
    progress = Progress("scan")
    if options.workers is not None and options.workers < 1:
        raise UsageError(f"--workers is {options.workers}; name at least one.")
    from ...catalogue.beside_playing.priority import step_back

    step_back()
    with _open(options) as library:
        if _holds_models(options.folders):
            ensure()
        found = library.scan(
            options.folders,
            workers=options.workers,
            cluster=options.cluster,
            verify=options.verify,
            progress=lambda done, total: progress(done / total if total else 1.0),
            tell=_tell,
        )
        count, cabinets = len(library.models), len(library.cabinets)
    if options.json:
        told: dict[str, Any] = {
            "found": found.found,
            "read": found.read,
            "played": found.played,
            "unchanged": found.unchanged,
        }
        told |= {"gone": found.gone, "elsewhere": found.elsewhere, "seconds": found.seconds, "models": count}
        told |= {"cabinets": cabinets, "problems": list(found.problems), "no_cabinets": list(found.no_cabinets)}
        print(json.dumps(told, indent=1))
        return 0
    parts = [f"{found.read} read ({found.played} of them new)", f"{found.unchanged} as they were"]
    parts += [f"{found.elsewhere} read by another scan"] if found.elsewhere else []
    parts += [f"{found.gone} gone"] if found.gone else []
    holds = f"{count} models" + (f" and {cabinets} cabinets" if cabinets else "")
    print(f"{found.found} files in {found.seconds:.1f} s: {', '.join(parts)}. The library holds {holds}.")
    _list_problems("Not used", found.problems, PROBLEMS_SHOWN)
    _list_problems("No cabinet", found.no_cabinets, RECORDINGS_SHOWN)
    return 0


def _holds_models(folders: Sequence[Path]) -> bool:
    """Whether there is a model anywhere: folders of cabinets need no kernel, which take minutes the first time."""
    return any(name.lower().endswith(".nam") for folder in folders for _, _, names in os.walk(folder) for name in names)


def _list_problems(label: str, problems: Sequence[str], most: int) -> None:
    for problem in problems[:most]:
        print(f"{label}  {problem}")
    if len(problems) > most:
        print(f"{label}  {len(problems) - most} more; --json lists them")


def _find(options: argparse.Namespace) -> int:
    from ...catalogue.words import Wanted

    if options.cabinets:
        from ..catalogue.cabinets import find_cabinets

        with _open(options) as library:
            return find_cabinets(options, library)
    query = " ".join(options.words)
    wanted = Wanted(
        has_input_level=True if options.has_input_level else None,
        has_cabinet=False if options.no_cabinet else None,
        gear_type=options.gear_type,
        tone_type=options.tone_type,
    )
    with _open(options) as library:
        found, shares = library.find(query, wanted), None
        if options.under is not None:
            from ..catalogue.real_time import shares_of_real_time

            ensure()
            shares = shares_of_real_time(found)
            found = [model for model in found if shares.get(model.sha256, 1.0) <= options.under / 100]
        if not found and library.models and (better := library.suggest(query)) is not None:
            print(f"Nothing holds {query!r}; did you mean: rig library find {better}", file=sys.stderr)
        return _shown(options, library, found, shares)


def _like(options: argparse.Namespace) -> int:
    if asks_gear(options):
        with _open(options) as library:
            return _like_the_gear(options, library)
    first, *rest = options.files
    if len(rest) > 1 or (rest and first.is_dir()):
        raise UsageError("Name one model, one capture, or a dry and a wet file.")
    if not rest and first.name.lower().endswith(AUDIO_ENDINGS) and not first.is_dir():
        from ..catalogue.cabinets import like_cabinet

        with _open(options) as library:
            return like_cabinet(options, library)
    if options.darker or options.brighter:
        raise UsageError("--darker and --brighter are for cabinets; name one audio file: rig library like v30.wav.")
    with _open(options) as library:
        ensure()
        if rest or first.is_dir():
            progress = Progress("compare")
            wet = rest[0] if rest else None
            found = library.like_pair(first, wet, options.most, channel=options.channel, on_compare=progress)
        else:
            found = library.like(first, options.most)
        return _shown(options, library, found)


def _like_the_gear(options: argparse.Namespace, library: Library) -> int:
    if library.models:
        ensure()
    found, heard = like_gear(options, library)
    if not options.json:
        return _shown(options, library, found)
    print(json.dumps({"gear": heard.to_json(), "models": [model.to_json() for model in found]}, indent=1))
    return 0 if found else 2


def _twins(options: argparse.Namespace) -> int:
    if options.cabinets:
        from ..catalogue.cabinets import twin_cabinets

        with _open(options) as library:
            return twin_cabinets(options, library)
    progress = Progress("twins")
    with _open(options) as library:
        ensure()
        copies = library.copies()
        pairs = library.twins(lambda done, total: progress(done / total))
        if options.json:
            told = [{"first": a.to_json(), "second": b.to_json(), "esr": esr} for a, b, esr in pairs]
            same = [[str(path) for path in model.paths] for model in copies]
            print(json.dumps({"twins": told, "copies": same}, indent=1))
            return 0
        for model in copies:
            print("The same file: " + ", ".join(str(path) for path in model.paths))
        for first, second, esr in pairs:
            print(f"ESR {esr:.5f}: {first.path}, {second.path}")
        print(f"{len(copies)} files lie in several places, {len(pairs)} pairs of others sound the same.")
    return 0


def _map(options: argparse.Namespace) -> int:
    if options.picture is not None:
        from ...audio.plots import check_writable

        check_writable(options.picture, options.overwrite)
    if options.cabinets:
        from ..catalogue.cabinets import map_cabinets

        with _open(options) as library:
            return map_cabinets(options, library)
    with _open(options) as library:
        placed, share = library.map()
        if options.picture is not None:
            from ..catalogue.map_picture import draw_map

            draw_map(placed, share, options.picture, options.overwrite)
        if options.json:
            points = [{"x": place.x, "y": place.y, **place.model.to_json()} for place in placed]
            print(json.dumps({"share": share, "models": points}, indent=1))
        elif options.picture is None:
            raise UsageError("Name the picture to draw: rig library map map.png (or --json).")
        else:
            print(f"{options.picture}: {len(placed)} models")
    return 0


def _shown(
    options: argparse.Namespace, library: Library, found: Sequence[Found], shares: dict[str, float] | None = None
) -> int:
    """What was found, as a table or JSON; 2 where nothing was."""
    if options.json:
        print(json.dumps([model.to_json() for model in found[: options.most]], indent=1))
        return 0 if found else 2
    if not found:
        empty = "The library holds no model yet; scan a folder first: rig library scan FOLDER."
        print("Nothing was found." if library.models else empty, file=sys.stderr)
        return 2
    from ..catalogue.found_table import found_table

    for line in found_table(found[: options.most], shares):
        print(line)
    if len(found) > options.most:
        print(f"{len(found) - options.most} more; --most N shows them")
    return 0


def _tell(sentence: str) -> None:
    print(f"rig: {sentence}", file=sys.stderr)
