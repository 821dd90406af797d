"""What rig measured about a model itself: its loudness, its own delay and its polarity.

A measurement takes some ten milliseconds, once in the life of a model: it is kept in the user's cache folder, one small
file for each network that plays (a size of a model that has several is a network of its own), named by its hash:

    {"schema": 1, "name": "e570.nam", "loudness_db": -18.3, "delay_samples": 8.4, "polarity": 1, "confidence": 0.97}

So there is no list to damage or to fight over: two rigs at once write the same file twice, and a file that cannot be
read or written costs a new measurement, nothing else.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ..files.json_file import Damaged, Record, read_record, write_json
from ..files.paths import cache_folder
from ..nam import Model
from ..nam.delay import CLEAR, PROBE_SAMPLES, measure_delay
from ..nam.loudness import measure_loudness_db

SCHEMA = 1
MOST_DB = 1000.0  # of a loudness: float32 ends at 770


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured about one network. None: it answers with silence, or with what is not a number."""

    loudness_db: float | None  # as a file would state it
    delay_samples: float | None  # at the model's own rate; where its answer to a click is highest
    polarity: Literal[1, -1] | None  # -1: upside down
    confidence: float | None  # of delay and polarity, 0 to 1; 1: nothing but a delay and a gain

    @property
    def delay_is_clear(self) -> bool:
        """Whether delay and polarity mean something; a resonant or very bright model has no single delay."""
        return self.confidence is not None and self.confidence >= CLEAR


def measure(model: Model, *, directory: Path | None = None) -> Measured:
    """What is known about the network that plays, else measured now and kept. From any thread, without the GIL."""
    found = known(model, directory=directory)
    if found is None:
        found = Measured(measure_loudness_db(model), *measure_delay(model))
        with contextlib.suppress(OSError):  # then it is measured again some day
            write_json(_file(model, directory), {"schema": SCHEMA, "name": model.path.name, **asdict(found)})
    return found


def known(model: Model, *, directory: Path | None = None) -> Measured | None:
    """What was measured earlier; None: nothing, or the file is of no use any more."""
    try:
        content = read_record(_file(model, directory))
        return None if content is None else _checked(content)
    except (OSError, Damaged):
        return None


def directory() -> Path:
    """Where measurements are kept."""
    return cache_folder() / "measured"


def _file(model: Model, folder: Path | None) -> Path:
    return (folder if folder is not None else directory()) / f"{model.network_hash}.json"


def _checked(content: Record) -> Measured:
    content.check_schema(SCHEMA)
    polarity = content.values.get("polarity", 0)
    if polarity not in (1, -1, None) or isinstance(polarity, bool | float):
        raise Damaged("polarity is neither 1 nor -1")
    loudness_db = content.number_or_none("loudness_db", -MOST_DB, MOST_DB)
    delay_samples = content.number_or_none("delay_samples", -PROBE_SAMPLES, PROBE_SAMPLES)
    return Measured(loudness_db, delay_samples, polarity, content.number_or_none("confidence", 0.0, 1.0))
