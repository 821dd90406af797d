"""The scores as a picture, as ITU-R BS.1534-3, 10.3 asks: boxes of quartiles, with means and their intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...audio.plots import COLOURS, INK, check_writable, heading, make_figure, save
from ...errors import CompareError
from ...scripting.printable import printable
from .scale import HIGHEST, LOWEST, WORDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .tally import Report

LONGEST_NAME = 28  # characters beside a box


def boxes(found: Report) -> Figure:
    """The picture. Raises CompareError where there is nothing to draw, RigError without matplotlib."""
    if not found.heard:
        raise CompareError("There are no scores to draw yet.")
    order = sorted(range(len(found.heard)), key=lambda i: found.heard[i].spread.mean)
    figure, panels = make_figure([["boxes"]], title=found.test, height_in=1.8 + 0.55 * len(order))
    panel = panels["boxes"]
    heading(panel, f"{len(found.counting)} listeners, {len(found.setup['sections'])} sections, {found.ratings} scores")
    for row, i in enumerate(order):
        each = found.heard[i]
        spread, colour = each.spread, COLOURS[0] if each.condition.kind == "candidate" else COLOURS[6]
        width = spread.upper_quartile - spread.lower_quartile
        panel.plot([spread.lowest, spread.highest], [row, row], color=INK, linewidth=0.9)
        panel.barh(row, width, left=spread.lower_quartile, height=0.55, color="white", edgecolor=colour, linewidth=1.4)
        panel.plot([spread.median] * 2, [row - 0.275, row + 0.275], color=colour, linewidth=2.4)
        if each.mean_interval is not None:
            low, high = (min(HIGHEST, max(LOWEST, end)) for end in each.mean_interval)
            panel.plot([low, high], [row, row], color=COLOURS[1], linewidth=3.0, solid_capstyle="butt", zorder=4)
        panel.plot([spread.mean], [row], "o", color=COLOURS[1], markersize=5, zorder=5)
    panel.set_yticks(range(len(order)), [_label(found, i) for i in order])
    panel.set_ylim(-0.6, len(order) - 0.4)
    panel.set_xlim(LOWEST - 1, HIGHEST + 1)
    panel.set_xticks(range(LOWEST, HIGHEST + 1, 20))
    over = "listeners" if found.blocks == "listeners" else "the sections of one listener"
    panel.set_xlabel(
        "   ".join(f"{20 * k}-{20 * (k + 1)} {word}" for k, word in enumerate(WORDS))
        + f"\nbox: quartiles and median; line: lowest to highest score; orange: mean and its 95 % interval over {over}"
    )
    return figure


def draw_boxes(found: Report, path: Path, overwrite: bool = False) -> None:
    """Write the picture, .png or .svg. Raises FileError."""
    check_writable(path, overwrite)
    save(boxes(found), path, overwrite)


def _label(found: Report, i: int) -> str:
    each = found.conditions[i]
    name = printable(each.name).replace("$", r"\$")
    name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    return {"reference": "hidden reference"}.get(each.kind, f"{name}\n({each.kind})" if "anchor" in each.kind else name)
