"""The curve as a figure: share of right answers, or of listeners who could tell, over an error measure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...audio.plots import COLOURS, draw, heading, legend, make_figure, save
from .detection import By, Curve, is_ratio

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES: dict[By, str] = {"abx": "right answers in blind tests", "listen": "listeners who could tell"}


def plot(curve: Curve, path: Path, overwrite: bool = False) -> None:
    """Write it as .png or .svg. Raises FileError, RigError where matplotlib is missing."""
    figure, panels = make_figure(
        [["curve"]], title=f"{curve.measure} and what was heard, from {curve.bundles} bundles", height_in=5.0
    )
    panel = panels["curve"]
    heading(panel, sizes(curve))
    if is_ratio(curve.measure):
        panel.set_xscale("log")
    for index, by in enumerate(curve.drawn):
        _one(panel, curve, by, index)
    panel.axhline(50.0, color="#333333", linewidth=0.9, linestyle=":", label="by guessing (listeners: at most)")
    panel.set_ylim(0.0, 105.0)
    panel.set_ylabel("%, with 95 % intervals")
    panel.set_xlabel(curve.measure)
    legend(panel)
    save(figure, path, overwrite)


def _one(panel: Axes, curve: Curve, by: By, index: int) -> None:
    groups = curve.groups(by)
    x, y = np.array([g.measure for g in groups]), 100 * np.array([g.share for g in groups])
    draw(panel, x, y, f"{NAMES[by]} ({curve.count(by)})", index)
    low, high = (100 * np.array(ends) for ends in zip(*(g.interval for g in groups), strict=True))
    across = [x - [g.low for g in groups], [g.high for g in groups] - x]
    panel.errorbar(
        *(x, y), yerr=[y - low, high - y], xerr=np.maximum(across, 0.0), fmt="o", capsize=4, color=COLOURS[index]
    )
    for g in groups:
        place = (g.measure, 100 * g.share)
        beside = (6, -14) if index == 0 else (-20, 6)
        panel.annotate(f"{g.count}", place, textcoords="offset points", xytext=beside, fontsize=9, color=COLOURS[index])


def sizes(curve: Curve) -> str:
    """How much it stands on, in words."""
    told = []
    for by in curve.drawn:
        points = [point for point in curve.points if point.by == by]
        tests = len({(point.bundle, point.test) for point in points})
        what = "answers in" if by == "abx" else "ratings by listeners in"
        told.append(f"{curve.count(by)} {what} {tests} {'blind' if by == 'abx' else 'listening'} tests")
    return ", ".join(told)
