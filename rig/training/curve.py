"""The curve of a training as one HTML page that needs nothing else: how near the model came, and could come."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..audio.plots import draw, heading, legend, make_figure, svg_text
from ..errors import TrainingError
from ..files.atomic_write import reason, write_text
from ..scripting.printable import in_html
from .record import Record

STYLE = """
:root { color-scheme: light dark } body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto;
padding: 0 1rem } h1 { font-size: 1.6rem } figure { margin: 1rem 0; background: #fff; padding: .5rem;
border-radius: .4rem } svg { width: 100%; height: auto } th { text-align: left; padding-right: 2rem } td, th {
vertical-align: top; padding-bottom: .3rem }
"""


def curve_page(record: Record) -> str:
    """The page. Raises RigError where matplotlib is missing."""
    rows = "".join(f"<tr><th>{in_html(name)}</th><td>{in_html(text)}</td></tr>" for name, text in _told(record))
    title = in_html(f"{record.capture}: {record.plan.architecture}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        f"<h1>{title}</h1><table>{rows}</table><figure>{_drawn(record)}</figure></html>\n"
    )


def write_curve(record: Record, folder: Path) -> Path:
    """Write curve.html into a folder, whole; its path. Raises TrainingError."""
    path = folder / "curve.html"
    try:
        write_text(path, curve_page(record))
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written{reason(path, error)}.") from error
    return path


def _told(record: Record) -> list[tuple[str, str]]:
    best = record.best
    told = [("Best", "none yet" if best is None or best.esr is None else f"ESR {best.esr:.4g} in epoch {best.epoch}")]
    gear = "not known" if record.repeatability_esr is None else f"ESR {record.repeatability_esr:.2g}"
    told.append(("The gear against itself", f"{gear} ({record.repeatability_basis})"))
    told.append(("Ended", record.reason or record.state))
    told.append(
        ("Learnt for", f"{record.seconds / 60:.1f} min, {record.epochs[-1].step if record.epochs else 0} steps")
    )
    told.append(("Trainer", ", ".join(f"{name} {version}" for name, version in record.versions.items())))
    if record.accepted:
        told.append(("Trained all the same", f"the take failed its checks: {', '.join(record.accepted)}"))
    return told


def _drawn(record: Record) -> str:
    figure, panels = make_figure([["esr"]], heights=[1.0], height_in=4)
    panel = panels["esr"]
    heading(panel, "ESR of the nine seconds that were held out")
    points = [(each.seconds / 60, each.esr) for each in record.epochs if each.esr is not None and each.esr > 0]
    if points:
        minutes, esrs = np.array(points).T
        draw(panel, minutes, esrs, "the model", 0)
        panel.set_yscale("log")
    if record.repeatability_esr is not None and record.repeatability_esr > 0:
        panel.axhline(record.repeatability_esr, linestyle="--", color="gray", label="the gear against itself")
    panel.set_xlabel("minutes")
    panel.set_ylabel("ESR")
    if points:
        legend(panel)
    return svg_text(figure)
