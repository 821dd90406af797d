"""The report of `rig compare` as text: per model one row of figures, and below it what they come to."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from ..nam.aliasing import HZ, PEAK_DBFS
from .terminal import fitted

if TYPE_CHECKING:
    from ..compare import Comparison, Score

NO_TERMINAL_COLUMNS = 100  # a file or a pipe has no width; names stand whole there
FEWEST_COLUMNS = 72
HEADS = (
    ("null dB", 8),
    ("ESR", 8),
    ("pre-emph", 9),
    ("as it is", 9),
    ("level", 7),
    ("lag", 11),
    ("LU", 7),
    ("spectr", 7),
)
WIDTH = sum(width for _, width in HEADS)
EXPLAINED = "ESR, pre-emph and null: lag, polarity and level taken out; as it is: nothing taken out"


def report(c: Comparison) -> str:
    """The whole report."""
    columns = max(FEWEST_COLUMNS, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None
    lines = [f"{c.wet} against {c.dry}, {c.samples / c.sample_rate:.1f} s at {c.sample_rate} Hz"]
    lines.append(f"Judged   {c.span_basis} ({c.span_s[0]:.1f} to {c.span_s[1]:.1f} s)")
    repeat = f"ESR {c.repeatability_esr:.2g}, " if c.repeatability_esr is not None else ""
    lines.append(f"Gear     against itself: {repeat}{c.repeatability_basis}")
    lines += [f"PROBLEM  {fault}." for fault in c.faults]
    lines += [f"Note     {warning}." for warning in c.warnings]
    lines += [f"Quality  {quality}x: each model plays at so many times its rate" for quality in c.qualities]
    if c.scores:
        longest = max(len(score.file) for score in c.scores)
        width = longest if columns is None else max(0, min(longest, columns - WIDTH))
        lines += ["", f"{'model'[:width]:<{width}}" + "".join(f"{head:>{size}}" for head, size in HEADS)]
        for score in c.scores:
            lines += _row(score, width, columns or NO_TERMINAL_COLUMNS)
        lines += ["", EXPLAINED, "", *_by_level(c, columns), "", *_notes(c)]
    lines += [f"Not compared: {failure.reason}" for failure in c.failures]
    if columns is not None:
        return fitted("\n".join(lines), columns).rstrip()
    return "\n".join(lines).rstrip()


def _row(s: Score, width: int, columns: int) -> list[str]:
    """The figures, behind the name where it fits, and the verdict with its reason."""
    lag = f"{_signed(s.lag_samples)}{'' if s.polarity > 0 else ' inv'}"
    cells = (
        *(f"{s.null_db:.1f}", f"{s.esr_matched:.4f}", f"{s.esr_pre_emphasised:.4f}", f"{s.esr:.4f}"),
        *(_signed(s.gain_db), lag, _signed(s.loudness_difference_lu), f"{s.spectral_difference_db:.2f}"),
    )
    figures = "".join(f"{cell:>{size}}" for cell, (_, size) in zip(cells, HEADS, strict=True))
    own_line = len(s.file) > width
    lines = [s.file] if own_line else []
    lines.append(f"{'' if own_line else s.file:<{width}}{figures}")
    verdict = f"{s.verdict}: {s.reason}."
    return [*lines, fitted(f"  {verdict}", columns)]


def _signed(value: float) -> str:
    return f"{value:+z.2f}"


def _by_level(c: Comparison, columns: int | None) -> list[str]:
    levels = list(c.scores[0].esr_by_input_level)
    longest = max(len(score.file) for score in c.scores)
    width = longest if columns is None else max(0, min(longest, columns - 11 * len(levels)))
    lines = ["ESR by input level of the dry file, lag, polarity and level taken out as above"]
    lines.append(f"{'':<{width}}" + "".join(f"{f'{level:g} dBFS':>11}" for level in levels))
    for score in c.scores:
        cells = (score.esr_by_input_level[level] for level in levels)
        row = "".join(f"{'-':>11}" if cell is None else f"{cell:>11.4f}" for cell in cells)
        own_line = len(score.file) > width
        lines += [score.file] if own_line else []
        lines.append(f"{'' if own_line else score.file:<{width}}{row}")
    return lines


def _notes(c: Comparison) -> list[str]:
    """What is the same for all models is said once."""
    sums = {score.input_gain_basis for score in c.scores}
    notes = []
    if len(sums) == 1:
        notes.append(f"Input    {sums.pop()}")
    else:
        notes += [f"Input    {score.file}: {score.input_gain_basis}" for score in c.scores]
    as_trainer = [(score.file, score.esr_trainer) for score in c.scores if score.esr_trainer is not None]
    if as_trainer:
        told = ", ".join(f"{name} {esr:.4f}" for name, esr in as_trainer)
        notes.append(f"Trainer  validation ESR as the trainer counts it, nothing taken out: {told}")
    folded = [f"{score.file} {score.aliasing_db:.0f} dB" for score in c.scores if score.aliasing_db is not None]
    if folded:
        notes.append(f"Aliases  what folds back of a sine of {HZ:.0f} Hz at {PEAK_DBFS:g} dBFS: {', '.join(folded)}")
    return [*notes, *(f"Note     {score.file}: {note}." for score in c.scores for note in score.notes)]
