"""Impulse responses as pictures: frequency response, difference, waveform and decay, several overlaid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..audio.plots import decibel_axis, draw, frequency_axis, heading, legend, make_figure
from ..decibels import db_from_gains, db_from_powers, powers_from_db
from ..errors import IRError
from .ir import IR
from .response import frequencies, level_db, response_db

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LINES = 12
RANGE_DB = 48.0  # below the loudest frequency; what lies deeper is not heard
MOST_TONE_DB = 18.0  # of an axis for tones alone
WAVEFORM_MS = 5.0  # from the last first arrival on
DECAY_DB = -90.0
ENVELOPE_MS, ENVELOPE_POINTS = 0.5, 300  # the highest sample of at least so much, so that the line stays a line
LONGEST_NAME = 44  # characters


def picture(irs: Sequence[IR], smoothing: int = 12, match_level: bool = False, *, tones: Sequence[IR] = ()) -> Figure:
    """One figure of 1 to 12 responses; the difference panel is against the first.

    `match_level` draws the frequency responses of all as loud as the first one's. `tones` (`tone_responses.py`) stand
    beside them over frequency alone, about 0 dB. Raises IRError, or RigError where matplotlib is missing.
    """
    if not 1 <= len(irs) + len(tones) <= MOST_LINES:
        raise IRError(f"A figure takes 1 to {MOST_LINES} responses, not {len(irs) + len(tones)}.")
    if not irs:
        figure, panels = make_figure([["response"]], title=None, heights=[2.2], height_in=4.5)
        _draw_tones(panels["response"], tones, smoothing, 0)
        decibel_axis(panels["response"], -MOST_TONE_DB, MOST_TONE_DB)
        _finish(panels["response"], smoothing, "")
        return figure
    several = len(irs) > 1
    rows = [["response", "response"], *([["difference", "difference"]] if several else []), ["waveform", "decay"]]
    figure, panels = make_figure(
        rows,
        title=_shortened(irs[0].name) if not several else None,
        heights=[2.2, 1.3, 1.5] if several else [2.2, 1.5],
        height_in=9.5 if several else 7.0,
    )
    _draw_responses(panels, irs, smoothing, match_level, tones)
    _draw_waveforms(panels["waveform"], irs)
    _draw_decays(panels["decay"], irs)
    return figure


def _draw_responses(
    panels: dict[str, Axes], irs: Sequence[IR], smoothing: int, match_level: bool, tones: Sequence[IR]
) -> None:
    hz = frequencies()
    curves = [response_db(ir.as_in_file(), ir.sample_rate, hz, smoothing) for ir in irs]
    if match_level:
        curves = [curve + level_db(curves[0], hz) - level_db(curve, hz) for curve in curves]
    means = [db_from_powers(np.mean(powers_from_db(curve), axis=0)) for curve in curves]
    panel = panels["response"]
    for i, (ir, curve, mean) in enumerate(zip(irs, curves, means, strict=True)):
        if len(curve) == 2:
            for side in curve:
                draw(panel, hz, side, None, i, faint=True)
        width = " (stereo: both sides faint)" if len(curve) == 2 else ""
        draw(panel, hz, mean, _shortened(ir.name) + width, i)
    top = max(float(np.nanmax(curve)) for curve in curves) + 1.0
    _draw_tones(panel, tones, smoothing, len(irs))
    decibel_axis(panel, top - RANGE_DB, top)
    _finish(panel, smoothing, ", levels matched" if match_level else "")
    if len(irs) > 1:
        panel = panels["difference"]
        for i, mean in enumerate(means):
            draw(panel, hz, mean - means[0], None, i)
        heard = (hz >= 60) & (hz <= 8000)
        most = max(float(np.nanmax(np.abs(mean - means[0])[heard])) for mean in means)
        most = float(np.clip(most, 3.0, 24.0))
        frequency_axis(panel)
        decibel_axis(panel, -most, most, 3.0 if most <= 12 else 6.0)
        heading(panel, f"Difference to {_shortened(irs[0].name)}")


def _draw_tones(panel: Axes, tones: Sequence[IR], smoothing: int, first: int) -> None:
    hz = frequencies()
    for i, tone in enumerate(tones, first):
        draw(panel, hz, response_db(tone.as_in_file(), tone.sample_rate, hz, smoothing)[0], _shortened(tone.name), i)


def _finish(panel: Axes, smoothing: int, matched: str) -> None:
    frequency_axis(panel)
    heading(panel, f"Frequency response (1/{smoothing} octave{matched})")
    legend(panel)


def _draw_waveforms(panel: Axes, irs: Sequence[IR]) -> None:
    end_ms = 0.0
    for i, ir in enumerate(irs):
        taps = ir.as_in_file()
        ms = 1000 * np.arange(taps.shape[1]) / ir.sample_rate
        loud = np.abs(taps).max(axis=0)
        end_ms = max(end_ms, float(ms[np.argmax(loud > 0.1 * loud.max())]) + WAVEFORM_MS)
        for row in taps:
            draw(panel, ms, row, None, i, faint=len(taps) == 2)
    panel.set_xlim(0, end_ms)
    panel.set_xlabel("ms")
    panel.set_ylabel("full scale = 1")
    heading(panel, "Waveform")


def _draw_decays(panel: Axes, irs: Sequence[IR]) -> None:
    for i, ir in enumerate(irs):
        loud = np.abs(ir.as_in_file()).max(axis=0)
        window = max(1, round(ENVELOPE_MS * ir.sample_rate / 1000), loud.size // ENVELOPE_POINTS)
        frames = np.pad(loud, (0, -loud.size % window)).reshape(-1, window).max(axis=1)
        ms = 1000 * window * (np.arange(frames.size) + 0.5) / ir.sample_rate
        draw(panel, ms, db_from_gains(np.maximum(frames / loud.max(), 1e-9)), None, i)
    panel.set_xlim(left=0)
    panel.set_xlabel("ms")
    decibel_axis(panel, DECAY_DB, 0.0, 15.0, "dB re the peak")
    heading(panel, "Decay")


def _shortened(name: str) -> str:
    """A long name without its middle: the ends tell files apart."""
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[: half - 1]}…{name[-half:]}"
