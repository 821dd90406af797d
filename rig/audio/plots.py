"""Figures in one style: for reports, and for the eye of whoever compares by ear.

matplotlib draws them, without a window; it is an extra (`pip install 'amprig[plots]'`) and imported when the first
figure is made.

    figure, panels = make_figure([["response"], ["waveform"]], title="v30.wav", heights=[2, 1])
    heading(panels["response"], "Frequency response")
    frequency_axis(panels["response"])
    draw(panels["response"], hz, level_db, "v30.wav", 0)
    save(figure, "v30.png")
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FileError, RigError
from ..files.atomic_write import reason, write_bytes
from ..files.distribution import install_line
from ..scripting.printable import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito: told apart with any kind of colour vision; without their yellow, which is too faint on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES = ("-", "--", "-.", ":")  # after the last colour the lines change
INK, GRID = "#333333", "#D8D8D8"
WIDTH_IN, DPI = 10.0, 120
STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 10.0,
    "axes.labelsize": 10.0,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "svg.fonttype": "path",
    "path.simplify": True,
}


def make_figure(
    layout: Sequence[Sequence[str]],
    *,
    title: str | None = None,
    heights: Sequence[float] | None = None,
    height_in: float = 6.0,
) -> tuple[Figure, dict[str, Axes]]:
    """An empty figure with panels by name, laid out in rows; a name given twice in a row takes both places.

    Raises RigError where matplotlib is missing.
    """
    matplotlib = _matplotlib()
    with matplotlib.rc_context(STYLE):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        FigureCanvasAgg(figure)
        if title is not None:
            figure.suptitle(_plain(title), fontsize=13, fontweight="bold", x=0.01, ha="left")
        panels = figure.subplot_mosaic([list(row) for row in layout], height_ratios=heights)
    return figure, panels


def heading(panel: Axes, text: str) -> None:
    """What a panel shows."""
    panel.set_title(_plain(text), loc="left", fontsize=11, fontweight="bold", color=INK)


def frequency_axis(panel: Axes, low_hz: float = 20.0, high_hz: float = 20000.0) -> None:
    """Hearing from left to right, with the figures a musician knows."""
    from matplotlib.ticker import NullFormatter

    ticks = [hz for hz in (20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000) if low_hz <= hz <= high_hz]
    panel.set_xscale("log")
    panel.set_xlim(low_hz, high_hz)
    panel.set_xticks(ticks, [f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in ticks])
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.grid(True, which="minor", axis="x", color=GRID, linewidth=0.35)
    panel.set_xlabel("Hz")


def decibel_axis(panel: Axes, low_db: float, high_db: float, step_db: float = 6.0, label: str = "dB") -> None:
    """Level from bottom to top, with a line every `step_db`."""
    low_db, high_db = np.floor(low_db / step_db) * step_db, np.ceil(high_db / step_db) * step_db
    panel.set_ylim(low_db, high_db)
    panel.set_yticks(np.arange(low_db, high_db + step_db / 2, step_db))
    panel.set_ylabel(label)


def draw(panel: Axes, x: NDArray[Any], y: NDArray[Any], name: str | None, index: int, *, faint: bool = False) -> None:
    """One line; `index` chooses its colour, the same in every panel. Without a name it is not in the legend."""
    panel.plot(
        x,
        y,
        label=_plain(name) if name is not None else "_",
        color=COLOURS[index % len(COLOURS)],
        linestyle=DASHES[index // len(COLOURS) % len(DASHES)],
        linewidth=0.9 if faint else 1.6,
        alpha=0.55 if faint else 0.95,
    )


def legend(panel: Axes, columns: int = 1) -> None:
    """Names of the lines, where they cover least."""
    panel.legend(loc="best", ncols=columns, frameon=True, framealpha=0.85, edgecolor="none", fontsize=9)


def png_bytes(figure: Figure, dpi: int = DPI) -> bytes:
    """The figure as PNG."""
    stream = io.BytesIO()
    with _matplotlib().rc_context(STYLE):
        figure.savefig(stream, format="png", dpi=dpi, metadata={"Software": "rig"})
    return stream.getvalue()


def svg_text(figure: Figure) -> str:
    """The figure as an `<svg>` element, to be put into a page."""
    stream = io.StringIO()
    with _matplotlib().rc_context(STYLE):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": "rig"})
    text = stream.getvalue()
    return text[text.index("<svg") :]


def check_writable(path: str | Path, overwrite: bool = False) -> None:
    """Raise FileError where `save` could not write, before work is done that would be lost."""
    path = Path(path)
    if path.suffix.lower() not in (".png", ".svg"):
        raise FileError(f"{path.name}: a figure is written as .png or .svg.")
    if path.is_dir() or (path.exists() and not overwrite):
        raise FileError(f"{path.name}: the file exists already; choose another name, or replace it with --overwrite.")
    if not path.absolute().parent.is_dir():
        raise FileError(f"{path.name}: cannot be written; there is no folder {path.parent}.")


def save(figure: Figure, path: str | Path, overwrite: bool = False) -> None:
    """Write a .png or .svg; it is complete or not there at all. Raises FileError."""
    path = Path(path)
    check_writable(path, overwrite)
    content = svg_text(figure).encode() if path.suffix.lower() == ".svg" else png_bytes(figure)
    try:
        write_bytes(path, content, make_folder=False)
    except OSError as error:
        raise FileError(f"{path.name}: cannot be written{reason(path, error)}.") from error


def _plain(text: str) -> str:
    """File names as they are: matplotlib takes what stands between dollars for a formula."""
    return printable(text).replace("$", r"\$")


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError as error:
        raise RigError(f"Figures need matplotlib, which is not installed: {install_line('plots')}") from error
    return matplotlib
