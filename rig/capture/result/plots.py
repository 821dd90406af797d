"""A take as a picture: waveforms, lag track, noise in silence, how loud comes back what went in, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...audio.plots import decibel_axis, draw, frequency_axis, heading, legend, make_figure
from ...decibels import db_from_powers
from ...trainer.layout import RATE, SILENCE_END
from ..checks.checks import Judged
from ..checks.measures import LagTrack
from ..checks.programme import ProgrammeTrack

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 1200  # of a waveform
FRAME = RATE // 50  # 20 ms: levels
QUIETEST_DB = -80.0
SPECTRUM = 16384  # samples of one spectrum; several are averaged
SETTLED = round(9.3 * RATE)  # from here to SILENCE_END the validation has died away
HIGHEST_SCORE = 4.0  # drawn; what is stranger stands at the top


def take_figure(
    dry: NDArray[np.float64], wet: NDArray[np.float64], pre_roll: NDArray[np.float64], judged: Judged
) -> Figure:
    """All panels of a take, (n,) each at 48 kHz. Raises RigError where matplotlib is missing."""
    rows = [["dry", "dry"], ["wet", "wet"], ["alike", "alike"], ["lag", "noise"], ["transfer", "levels"]]
    figure, panels = make_figure(rows, heights=[1, 1, 1, 1.4, 1.6], height_in=13)
    for index, (name, x) in enumerate((("dry", dry), ("wet", wet))):
        _waveform(panels[name], x, f"{name}.wav", index)
    _alike(panels["alike"], judged.programme, len(dry) / RATE)
    _lag(panels["lag"], judged.track)
    _noise(panels["noise"], pre_roll, wet[SETTLED:SILENCE_END])
    dry_db, wet_db = frame_levels_db(dry), frame_levels_db(wet)
    _transfer(panels["transfer"], dry_db, wet_db)
    _levels(panels["levels"], dry_db, wet_db)
    return figure


def envelope(x: NDArray[np.float64], columns: int = COLUMNS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest sample of each of `columns` pieces of x, (n,): two arrays, (columns,)."""
    edges = np.linspace(0, len(x), columns + 1).astype(int)[:-1]
    return np.minimum.reduceat(x, edges), np.maximum.reduceat(x, edges)


def frame_levels_db(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """RMS level in dBFS of each 20 ms of x, (n,) at 48 kHz."""
    frames = x[: len(x) // FRAME * FRAME].reshape(-1, FRAME)
    return db_from_powers(np.maximum(np.mean(frames**2, axis=1), 1e-20))


def noise_spectrum_db(silence: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies in Hz, and the RMS level in dBFS of a sine that would show as high; averaged over a silence, (n,)."""
    size = min(SPECTRUM, len(silence))
    window = np.hanning(size)
    starts = range(0, len(silence) - size + 1, max(1, size // 2))
    spectra = [np.abs(np.fft.rfft(silence[start : start + size] * window)) ** 2 for start in starts]
    power = 2 * np.mean(spectra, axis=0) / np.sum(window) ** 2
    return np.fft.rfftfreq(size, 1 / RATE).astype(np.float64), db_from_powers(np.maximum(power, 1e-20))


def _waveform(panel: Axes, x: NDArray[np.float64], name: str, index: int) -> None:
    heading(panel, name)
    low, high = envelope(x)
    seconds = np.linspace(0, len(x) / RATE, len(low))
    draw(panel, np.repeat(seconds, 2), np.ravel([low, high], order="F"), None, index)
    panel.set_xlim(0, len(x) / RATE)
    panel.set_ylim(-1.02, 1.02)
    panel.set_xlabel("s")


def _alike(panel: Axes, track: ProgrammeTrack, seconds: float) -> None:
    heading(panel, "Wet against what this gear makes of dry: above the line it is another")
    panel.plot(track.seconds, np.minimum(track.score, HIGHEST_SCORE), ".", color="#0072B2", markersize=3)
    panel.axhline(1.0, color="#D55E00", linewidth=1.2)
    panel.set_xlim(0, seconds)
    panel.set_ylim(0, HIGHEST_SCORE + 0.1)
    panel.set_xlabel("s")
    panel.set_ylabel("strangeness")


def _lag(panel: Axes, track: LagTrack) -> None:
    heading(panel, "Wet behind dry along the take")
    panel.plot(track.start / RATE, track.lag, ".", color="#0072B2", markersize=3)
    middle = float(np.median(track.lag)) if len(track.lag) else 0.0
    panel.set_ylim(middle - 5, middle + 5)
    panel.set_xlabel("s")
    panel.set_ylabel("samples")


def _noise(panel: Axes, pre_roll: NDArray[np.float64], silence: NDArray[np.float64]) -> None:
    heading(panel, "Noise in silence")
    frequency_axis(panel)
    for index, (name, part) in enumerate((("before the take", pre_roll), ("within it", silence))):
        if len(part) >= FRAME:
            hz, level_db = noise_spectrum_db(part - np.mean(part))
            draw(panel, hz[1:], level_db[1:], name, index, faint=True)
    decibel_axis(panel, -160, -40, 20, "dBFS RMS")
    legend(panel)


def _transfer(panel: Axes, dry_db: NDArray[np.float64], wet_db: NDArray[np.float64]) -> None:
    heading(panel, "Transfer: 20 ms of dry against wet")
    loud = dry_db > QUIETEST_DB
    panel.plot(dry_db[loud], wet_db[loud], ".", color="#0072B2", markersize=2, alpha=0.4)
    edges = np.arange(QUIETEST_DB, 1, 4.0)
    bins = np.digitize(dry_db, edges)
    filled = [i for i in range(1, len(edges)) if np.any(bins == i)]
    middles = np.array([np.median(wet_db[bins == i]) for i in filled])
    draw(panel, np.array([edges[i - 1] + 2 for i in filled]), middles, "median", 1)
    panel.set_xlim(QUIETEST_DB, 0)
    panel.set_xlabel("dry, dBFS RMS")
    decibel_axis(panel, max(QUIETEST_DB - 20, float(wet_db[loud].min(initial=0))), 0, 20, "wet, dBFS RMS")
    legend(panel)


def _levels(panel: Axes, dry_db: NDArray[np.float64], wet_db: NDArray[np.float64]) -> None:
    heading(panel, "How often each level occurs")
    edges = np.arange(QUIETEST_DB, 1, 3.0)
    for index, (name, levels) in enumerate((("dry", dry_db), ("wet", wet_db))):
        share = 100 * np.histogram(levels, edges)[0] / len(levels)
        panel.stairs(share, edges, label=name, color=("#0072B2", "#D55E00")[index], linewidth=1.6)
    panel.set_xlabel("dBFS RMS of 20 ms")
    panel.set_ylabel("% of the time")
    legend(panel)
