"""`rig compare DRY WET MODEL...` or `rig compare CAPTURE MODEL...`: how close models are to the gear, in numbers."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import CompareError, FileError
from ...files.atomic_write import reason, write_text
from ...files.folders import AUDIO_ENDINGS, files_in
from ..compare_door import CompareDoor, compare_door
from ..options import (
    KEPT,
    add_json_option,
    add_overwrite_option,
    add_quality_option,
    add_size_option,
    capture_level,
    models_from,
)
from ..page_door import add_page_options
from ..terminal import Progress

if TYPE_CHECKING:
    from ...compare import Comparison
    from ...compare.pair import TakeFiles


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "compare",
        help="compare models and recordings with the gear they stand for, by number",
        usage="rig compare DRY WET MODEL... | rig compare CAPTURE MODEL... [options]",
        description="Play DRY through every MODEL (a .nam file or a folder of them) and compare with WET, what the "
        "gear made of it; best first. CAPTURE is the folder of a capture, which holds both and knows its level. In "
        "place of a MODEL may stand a recording: what another box or plug-in made of the same DRY. A folder stands for "
        "its models; where it holds none, for its recordings.",
        examples=(
            "rig compare dry.wav wet.wav crunch.nam lead.nam",
            "rig compare dry.wav wet.wav other-box.wav crunch.nam",
            "rig compare captures/e570 models/ --html e570.html",
        ),
    )
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="DRY WET MODEL..., or CAPTURE MODEL...")
    command.add_argument(
        "--second-wet", type=Path, metavar="FILE", help="the gear once more: how well it repeats itself"
    )
    command.add_argument(
        "--channel", type=int, metavar="N", help="channel of stereo files, from 1 (default: the one with sound in it)"
    )
    command.add_argument(
        "--capture-dbu",
        type=capture_level,
        default=KEPT,
        metavar="X",
        help="dBu at the gear's jack that 0 dBFS of DRY was worth; none: not known (default kept: what the capture "
        "states, else what rig calibrate keeps of the send, for a training signal, or of the interface)",
    )
    add_size_option(command, "models that have several")
    add_quality_option(command)
    command.add_argument("--workers", type=int, metavar="N", help="processes (default: one per core)")
    command.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler whose workers see the same files")
    command.add_argument("--all", action="store_true", help="show every figure, and the EQ that would mend each")
    command.add_argument("--html", type=Path, metavar="FILE", help="write one page with figures, pictures and sound")
    add_overwrite_option(command, "FILE")
    add_json_option(command)
    add_page_options(command, on=False)
    command.set_defaults(run=run)


def _both(progress: Progress | None, door: CompareDoor | None) -> Callable[[float], None]:
    """How far it is, to whoever wants to know."""

    def tell(done: float) -> None:
        if progress is not None:
            progress(done)
        if door is not None:
            door.progress(done)

    return tell


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    return 0 if compared(options).scores else 2


def compared(options: argparse.Namespace) -> Comparison:
    """Compare, show the report, and what came out."""
    from ...audio.wav import Reader
    from ...compare.candidates.which_kind import kind_of_candidate
    from ...compare.evidence.provenance import Provenance
    from ...compare.models import compare_models, take_files
    from ...compare.score import counted
    from ...levels import entered_level

    if isinstance(options.capture_dbu, float):
        entered_level(options.capture_dbu, "capture level")
    first, *rest = options.files
    is_capture = first.is_dir()
    if not rest or (len(rest) < 2 and not is_capture):
        if not first.exists():
            raise CompareError(
                f"{first}: no such folder or file; name a capture and models (CAPTURE MODEL...), or what was played, "
                "what came back, and models (DRY WET MODEL...)."
            )
        raise CompareError("Name what was played, what came back, and at least one model: DRY WET MODEL...")
    wet = None if is_capture else rest.pop(0)
    files = take_files(first, wet, options.capture_dbu, options.second_wet, options.channel)
    models = [model for path in rest for model in candidates_in(path, files)]
    for path in (files.dry, files.wet, files.second_wet):
        if path is not None:
            with Reader(path):  # what is wrong is said before anything is compiled
                pass
    if options.html is not None:
        _check_page(options.html, options.overwrite)
    provenance = Provenance(files, models) if options.json else None
    with compare_door(options) as door:
        comparison = compare_models(
            files,
            models=models,
            size=options.size,
            quality=options.quality,
            workers=options.workers,
            cluster=options.cluster,
            progress=_both(
                None
                if options.json
                else Progress(counted(len(models), [kind_of_candidate(model) for model in models])),
                door,
            ),
            tell=lambda text: print(f"rig: {text}", file=sys.stderr, flush=True),
        )
        if options.html is not None:
            from ...compare.page import page

            text = page(comparison, files, models, None if options.json else Progress(options.html.name))
            try:
                write_text(options.html, text, make_folder=False)
            except OSError as error:
                raise FileError(f"{options.html.name}: cannot be written{reason(options.html, error)}.") from error
        if provenance is not None:
            print(json.dumps(provenance.stated(comparison.to_json()), indent=2))
        else:
            from ..compare_report import report

            print(report(comparison, options.all))
            if options.html is not None:
                print(f"\n{options.html}: the same with pictures and sound")
        if door is not None and comparison.scores:
            door.show(comparison, files, models)
    return comparison


def candidates_in(path: Path, files: TakeFiles) -> list[Path]:
    """Of a folder its models; where it holds none, its recordings, without those of the pair."""
    if not path.is_dir():
        return [path]
    pair = {each.resolve() for each in (files.dry, files.wet, files.second_wet) if each is not None}
    recordings = [] if files_in(path, (".nam",)).files else files_in(path, AUDIO_ENDINGS).files
    return [each for each in recordings if each.resolve() not in pair] or models_from(path, ())


def _check_page(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise FileError(f"{path.name}: the file exists already; choose another name, or replace it with --overwrite.")
    if not path.absolute().parent.is_dir():
        raise FileError(f"{path.name}: cannot be written; there is no folder {path.parent}.")
