"""An index of thousands of models that nobody has: rows as a scan writes them, drawn at random, nothing is played."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from rig.catalogue.entry import Facts
from rig.catalogue.fingerprint import SIZE
from rig.catalogue.index import Index

MAKES = (("Marshall", "JCM 800"), ("Fender", "Twin"), ("Vox", "AC 30"), ("Mesa", "Rectifier"), (None, None))
TONES = ("clean", "crunch", "hi_gain", None)
SHAPES = (("A1 standard", 13_802), ("A2 nano", 1_200), (None, 5_000))


def written_facts(at: int) -> Facts:
    """Of the model of that number."""
    make, model = MAKES[at % len(MAKES)]
    family, macs = SHAPES[at % len(SHAPES)]
    return Facts(
        name=f"{make or 'Own'} {model or 'amp'} take {at:05d}",
        family=family,
        shape="WaveNet of some channels",
        sample_rate_hz=48000.0,
        weights=macs,
        macs_per_sample=macs,
        input_level_dbu=12.5 + at % 7 if at % 3 == 0 else None,
        output_level_dbu=None,
        loudness_db=-18.0,
        gear_type="amp",
        gear_make=make,
        gear_model=model,
        tone_type=TONES[at % len(TONES)],
        modeled_by=f"somebody {at % 40}",
        has_cabinet=at % 10 == 0,
        level_dbfs=-20.0,
        delay_samples=0.0,
        polarity=1,
        aliasing_db=-60.0,
    )


def written_sha256(at: int) -> str:
    """Of the content that nobody has."""
    return hashlib.sha256(f"made {at}".encode()).hexdigest()


def write_index(path: Path, folder: Path, count: int, seed: int = 5) -> None:
    """Write `count` rows; the files are said to lie in 40 folders below `folder`, and do not."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 6, (60, SIZE))
    with Index(path) as index, index.writing() as database:
        for at in range(count):
            vector = (centres[at % len(centres)] + rng.normal(0, 2, SIZE)).astype("<f4")
            facts = json.dumps(written_facts(at).to_json())
            database.execute("INSERT INTO models VALUES (?, ?, ?, 0)", (written_sha256(at), facts, vector.tobytes()))
            file = folder / f"pack {at % 40:02d}" / f"take-{at:05d}.nam"
            database.execute("INSERT INTO files VALUES (?, 1, 1, 1, ?, NULL)", (str(file), written_sha256(at)))
