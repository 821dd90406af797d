"""`rig library ... --cabinets`: what is printed of impulse responses."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import UsageError
from ...files.folders import telling_names
from ..tables import fitted, name_width
from ..terminal import Progress

if TYPE_CHECKING:
    from ...catalogue.cabinets.nearest import Tilt
    from ...catalogue.cabinets.shelf import FoundCabinet
    from ...catalogue.library import Library

EMPTY = "The library holds no cabinet yet; scan a folder first: rig library scan FOLDER."
OF_MODELS = ("has_input_level", "no_cabinet", "gear_type", "tone_type", "under")  # options of `find`


def find_cabinets(options: argparse.Namespace, library: Library) -> int:
    """`find --cabinets`."""
    for name in OF_MODELS:
        if getattr(options, name):
            raise UsageError(f"--{name.replace('_', '-')} is for models, and --cabinets searches cabinets.")
    query = " ".join(options.words)
    found = library.find_cabinets(query)
    if not found and library.cabinets and (better := library.suggest_cabinets(query)) is not None:
        print(f"Nothing holds {query!r}; did you mean: rig library find --cabinets {better}", file=sys.stderr)
    return _shown(options, library, found, "Nothing was found.")


def like_cabinet(options: argparse.Namespace, library: Library) -> int:
    """`like CAB.wav`, `--darker`, `--brighter`."""
    tilt: Tilt | None = "darker" if options.darker else "brighter" if options.brighter else None
    found = library.like_cabinet(options.files[0], options.most, tilt=tilt)
    nothing = "Nothing is like it."
    if tilt is not None:
        nothing = f"None of the {len(library.cabinets)} cabinets is like it and {tilt} by 0.3 to 3 dB per octave."
    return _shown(options, library, found, nothing)


def twin_cabinets(options: argparse.Namespace, library: Library) -> int:
    """`twins --cabinets`."""
    progress = Progress("twins")
    copies = library.copied_cabinets()
    pairs = library.twin_cabinets(lambda done, total: progress(done / total))
    if options.json:
        told = [
            {
                "first": first.to_json(),
                "second": second.to_json(),
                "apart_db": apart.apart_db,
                "largest_db": apart.largest_db,
                "agreement": apart.agreement,
            }
            for first, second, apart in pairs
        ]
        same = [[str(path) for path in cabinet.paths] for cabinet in copies]
        print(json.dumps({"twins": told, "copies": same}, indent=1))
        return 0
    for cabinet in copies:
        print("The same file: " + ", ".join(str(path) for path in cabinet.paths))
    for first, second, apart in pairs:
        print(f"{apart.apart_db:.2f} dB apart: {first.path}, {second.path}")
    print(f"{len(copies)} files lie in several places, {len(pairs)} pairs of others sound the same.")
    return 0


def map_cabinets(options: argparse.Namespace, library: Library) -> int:
    """`map --cabinets`."""
    placed, share = library.map_cabinets()
    if options.picture is not None:
        from .cabinet_picture import draw_cabinets

        draw_cabinets(placed, share, options.picture, options.overwrite)
    if options.json:
        points = [{"x": place.x, "y": place.y, **place.cabinet.to_json()} for place in placed]
        print(json.dumps({"share": share, "cabinets": points}, indent=1))
    elif options.picture is None:
        raise UsageError("Name the picture to draw: rig library map --cabinets map.png (or --json).")
    else:
        print(f"{options.picture}: {len(placed)} cabinets")
    return 0


def _shown(options: argparse.Namespace, library: Library, found: Sequence[FoundCabinet], nothing: str) -> int:
    """What was found, as a table or JSON; 2 where nothing was."""
    if options.json:
        print(json.dumps([cabinet.to_json() for cabinet in found[: options.most]], indent=1))
        return 0 if found else 2
    if not found:
        print(nothing if library.cabinets else EMPTY, file=sys.stderr)
        return 2
    for line in cabinet_table(found[: options.most]):
        print(line)
    if len(found) > options.most:
        print(f"{len(found) - options.most} more; --most N shows them")
    return 0


def cabinet_table(cabinets: Sequence[FoundCabinet]) -> list[str]:
    """One line per cabinet: what it is; how far it is from another and how much brighter, where that was asked."""
    names = telling_names([cabinet.path for cabinet in cabinets])
    heads = ["ms", "Hz", "ch", "level dB", "middle Hz"]
    rows = [
        [
            f"{cabinet.facts.duration_ms:.0f}",
            str(cabinet.facts.sample_rate_hz),
            str(cabinet.facts.channels),
            f"{cabinet.facts.level_db:.1f}",
            f"{cabinet.facts.centre_hz:.0f}",
        ]
        for cabinet in cabinets
    ]
    if any(cabinet.distance_db is not None for cabinet in cabinets):
        heads += ["dB/oct", "apart dB"]
        for cabinet, row in zip(cabinets, rows, strict=True):
            row += [f"{cabinet.tilt_db or 0.0:+z.1f}", f"{cabinet.distance_db or 0.0:.1f}"]
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    width = name_width(names, sum(widths) + 2 * len(widths))
    lines = []
    for name, cells, more in zip(
        ["cabinet", *names], [heads, *rows], [0, *(len(c.paths) - 1 for c in cabinets)], strict=True
    ):
        figures = "  ".join(cell.rjust(size) for cell, size in zip(cells, widths, strict=True))
        lines.append(f"{fitted(name, width)}  {figures}" + (f"  (+{more} copies)" if more else ""))
    return lines
