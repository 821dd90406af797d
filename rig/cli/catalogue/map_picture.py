"""The map of a library as a picture: near each other lies what sounds alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...audio.plots import COLOURS, heading, make_figure, save
from ...files.folders import telling_names

if TYPE_CHECKING:
    from ...catalogue.found import Placed

MOST_NAMES = 40  # more cannot be read
OTHER = "not stated"


def draw_map(placed: Sequence[Placed], share: float, path: Path, overwrite: bool) -> None:
    """Write a PNG or SVG; colours by the tone that the files state. Raises FileError, RigError without matplotlib."""
    figure, panels = make_figure([["map"]], title=f"{len(placed)} models", heights=[7.0])
    panel = panels["map"]
    heading(
        panel, f"near each other: alike ({100 * share:.0f} % of what tells them apart lies in these two directions)"
    )
    tones = [(place.model.facts.tone_type or OTHER) for place in placed]
    common = [tone for tone in dict.fromkeys(sorted(tones, key=lambda tone: (-tones.count(tone), tone)))]
    shown = common[: len(COLOURS) - 1]
    x, y = np.array([place.x for place in placed]), np.array([place.y for place in placed])
    for colour, tone in zip(COLOURS, [*shown, None], strict=False):
        within = np.array([(t == tone) if tone is not None else (t not in shown) for t in tones], bool)
        if within.any():
            panel.scatter(x[within], y[within], s=22, color=colour, label=tone or "others", linewidths=0)
    if len(placed) <= MOST_NAMES:
        for place, name in zip(placed, telling_names([each.model.path for each in placed]), strict=True):
            panel.annotate(name, (place.x, place.y), (4, 3), textcoords="offset points", fontsize=7)
    panel.set_xticks([])
    panel.set_yticks([])
    if len(set(tones)) > 1:
        panel.legend(loc="best")
    save(figure, path, overwrite)
