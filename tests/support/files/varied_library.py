"""A folder of many models at the price of their bytes: real architectures, with weights that differ from file to file.

The first and the last weights of a model are drawn anew around what they were, so that every file is another content
and another sound; the text between them is copied.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

VARIED = 160  # weights at either end
BY = 0.15  # of each, RMS


def make_varied_library(
    folder: Path, count: int, documents: list[dict[str, Any]], seed: int, per_folder: int = 500
) -> None:
    """Write `count` models, `varied-00000.nam` and so on, in folders of `per_folder`; the documents take turns."""
    rng = np.random.default_rng(seed)
    cut = [_cut(document) for document in documents]
    for i in range(count):
        before, first, middle, last, behind = cut[i % len(cut)]
        there = folder / f"{i // per_folder:03d}"
        there.mkdir(parents=True, exist_ok=True)
        text = before + _varied(first, rng) + middle + _varied(last, rng) + behind
        (there / f"varied-{i:05d}.nam").write_text(text)


def _cut(document: dict[str, Any]) -> tuple[str, list[float], str, list[float], str]:
    """The text before the weights, the first of them, the text up to the last, these, and the text behind."""
    marked = deepcopy(document)
    holder = marked
    while holder["architecture"] == "SlimmableContainer":
        holder = holder["config"]["submodels"][-1]["model"]  # the one that plays
    weights = holder["weights"]
    holder["weights"] = ["HERE"]
    ends = min(VARIED, len(weights) // 2)
    before, behind = json.dumps(marked).split('"HERE"')
    middle = json.dumps(weights[ends:-ends])[1:-1]
    return before, weights[:ends], f", {middle}, " if middle else ", ", weights[-ends:], behind


def _varied(weights: list[float], rng: np.random.Generator) -> str:
    drawn = np.array(weights) * (1 + BY * rng.standard_normal(len(weights)))
    return ", ".join(f"{weight:.9g}" for weight in drawn)
