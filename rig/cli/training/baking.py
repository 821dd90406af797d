"""`rig train --from SOUND NAME`: the capture of a sound, made or gone on with."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from ...errors import UsageError
from ...training.bake import bake, baked_before


def baked_capture(options: argparse.Namespace, tell: Callable[[str], None]) -> Path:
    """The folder that `--from` is made into, or was before: then the same command goes on with it."""
    if len(options.captures) != 1:
        raise UsageError("--from makes one capture: give it one NAME.")
    name, cabinet = str(options.captures[0]), options.with_cabinet
    folder = Path(options.into) / name
    if baked_before(folder, options.source, seconds=options.length_s, with_cabinet=cabinet):
        return folder
    seconds = {} if options.length_s is None else {"seconds": options.length_s}
    baked = bake(options.source, Path(options.into), name, with_cabinet=cabinet, **seconds)
    for note in baked.notes:
        tell(f"Note     {note}")
    return baked.folder
