"""The map of cabinets as a picture: near each other lies what sounds alike, coloured from dark to bright."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...audio.plots import heading, make_figure, save
from ...files.folders import telling_names
from .map_picture import MOST_NAMES

if TYPE_CHECKING:
    from ...catalogue.cabinets.shelf import PlacedCabinet


def draw_cabinets(placed: Sequence[PlacedCabinet], share: float, path: Path, overwrite: bool) -> None:
    """Write a PNG or SVG. Raises FileError, RigError without matplotlib."""
    figure, panels = make_figure([["map"]], title=f"{len(placed)} cabinets", heights=[7.0])
    panel = panels["map"]
    heading(
        panel, f"near each other: alike ({100 * share:.0f} % of what tells them apart lies in these two directions)"
    )
    dots = panel.scatter(
        [place.x for place in placed],
        [place.y for place in placed],
        s=26,
        c=[place.cabinet.facts.tilt_db_per_octave for place in placed],
        cmap="viridis",
        linewidths=0,
    )
    figure.colorbar(dots, ax=panel, label="dB per octave from 100 Hz to 6.4 kHz: dark to bright", shrink=0.8)
    if len(placed) <= MOST_NAMES:
        for place, name in zip(placed, telling_names([each.cabinet.path for each in placed]), strict=True):
            panel.annotate(name, (place.x, place.y), (4, 3), textcoords="offset points", fontsize=7)
    panel.set_xticks([])
    panel.set_yticks([])
    save(figure, path, overwrite)
