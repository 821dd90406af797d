"""What models fold back, as rig measured it: kept like their loudness, a small file for each network that plays.

    {"schema": 1, "name": "e570.nam", "aliasing_db": {"1": -42.1, "2": -92.3}}

The figures are those of `nam/aliasing.py`, by the quality they belong to; null: the model gives no answer. A file that
cannot be read or written costs a new measurement, nothing else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path

from ..dsp.network.quality import QUALITIES
from ..files.json_file import Damaged, read_record, write_json
from ..files.paths import cache_folder
from ..nam import Model
from ..nam.aliasing import LEAST_DB, measure_aliasing_db

SCHEMA = 1
MOST_DB = 100.0  # energy off the harmonics re that on them


def measure(model: Model, qualities: Collection[int], *, directory: Path | None = None) -> dict[int, float | None]:
    """The figures in dB of these qualities: what is known, and what is measured and kept now. From any thread."""
    found = known(model, directory=directory)
    missing = [quality for quality in qualities if quality not in found]
    if missing:
        found |= {quality: measure_aliasing_db(model, quality) for quality in missing}
        kept = {str(quality): aliasing_db for quality, aliasing_db in found.items()}
        with contextlib.suppress(OSError):  # then it is measured again some day
            write_json(_file(model, directory), {"schema": SCHEMA, "name": model.path.name, "aliasing_db": kept})
    return {quality: found[quality] for quality in qualities}


def known(model: Model, *, directory: Path | None = None) -> dict[int, float | None]:
    """What was measured earlier, in dB, by quality; empty: nothing, or the file is of no use any more."""
    try:
        content = read_record(_file(model, directory))
        if content is None:
            return {}
        content.check_schema(SCHEMA)
        figures = content.needed("aliasing_db")
        named = {quality: str(quality) for quality in QUALITIES if str(quality) in figures.values}
        return {quality: figures.number_or_none(name, LEAST_DB, MOST_DB) for quality, name in named.items()}
    except (OSError, Damaged):
        return {}


def _file(model: Model, folder: Path | None) -> Path:
    return (folder if folder is not None else cache_folder() / "aliasing") / f"{model.network_hash}.json"
