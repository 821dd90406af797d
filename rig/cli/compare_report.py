"""The report of `rig compare` as text: per model one row of figures, and below it what they come to."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..compare.score import called
from .terminal import fitted

if TYPE_CHECKING:
    from ..compare import Comparison, Score

HUNDREDTHS_FIT = 1000  # samples of a lag that are told to two digits
SAMPLES_FIT = 10_000  # of a lag; no model has more
NO_TERMINAL_COLUMNS = 100  # a file or a pipe has no width; names stand whole there
FEWEST_COLUMNS = 72
HEADS = (
    ("null dB", 8),
    ("ESR", 8),
    ("A-ESR", 8),
    ("as it is", 9),
    ("level", 7),
    ("lag", 12),
    ("LU", 7),
    ("log-sp", 7),
)
WIDTH = sum(width for _, width in HEADS)
EXPLAINED = "null, ESR, A-ESR and log-sp: lag, polarity and level taken out; as it is: nothing taken out"
MORE_HEADS = (
    ("with EQ", 8),
    ("pre-emph", 9),
    ("spectr", 7),
    ("crest", 7),
    ("EQ", 6),
    ("filter", 8),
    ("distort", 9),
    ("noise", 7),
)
MORE = "With EQ: the null behind the EQ that would mend it; then what the error is made of, in % of its energy"
EQ_HZ = (63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)
EQ_WIDTH = 7


def report(c: Comparison, every_figure: bool = False) -> str:
    """The whole report; with `every_figure` those too that do not fit beside the others."""
    columns = max(FEWEST_COLUMNS, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None
    lines = [f"{c.wet} against {c.dry}, {c.samples / c.sample_rate:.1f} s at {c.sample_rate} Hz"]
    lines.append(f"Judged   {c.span_basis} ({c.span_s[0]:.1f} to {c.span_s[1]:.1f} s)")
    repeat = f"ESR {c.repeatability_esr:.2g}, " if c.repeatability_esr is not None else ""
    lines.append(f"Gear     against itself: {repeat}{c.repeatability_basis}")
    lines += [f"PROBLEM  {fault}." for fault in c.faults]
    lines += [f"Note     {warning}." for warning in c.warnings]
    lines += [f"Quality  {quality}x: each model plays at so many times its rate" for quality in c.qualities]
    if c.scores:
        what = called(c.kinds)
        longest = max(len(what), *(len(score.file) for score in c.scores))
        width = longest if columns is None else max(0, min(longest, columns - WIDTH))
        lines += ["", f"{what[:width]:<{width}}" + "".join(f"{head:>{size}}" for head, size in HEADS)]
        for score in c.scores:
            lines += _row(score, c.sample_rate, width, columns or NO_TERMINAL_COLUMNS)
        lines += ["", EXPLAINED, *(_more(c, columns) if every_figure else ()), "", *_by_level(c, columns)]
        lines += ["", *_notes(c)]
    lines += [f"Not compared: {failure.reason}" for failure in c.failures]
    if columns is not None:
        return fitted("\n".join(lines), columns).rstrip()
    return "\n".join(lines).rstrip()


def _row(s: Score, rate: int, width: int, columns: int) -> list[str]:
    """The figures, behind the name where it fits, and the verdict with its reason."""
    lag = f"{_lag(s.lag_samples, rate)}{'' if s.polarity > 0 else ' inv'}"
    cells = (
        *(f"{s.null_db:.1f}", f"{s.esr_matched:.4f}", f"{s.esr_a_weighted:.4f}", _ratio(s.esr)),
        *(_signed(s.gain_db), lag, _signed(s.loudness_difference_lu), _figure(s.log_spectrum_db, "{:.2f}")),
    )
    figures = "".join(f"{cell:>{size}}" for cell, (_, size) in zip(cells, HEADS, strict=True))
    own_line = len(s.file) > width
    lines = [s.file] if own_line else []
    lines.append(f"{'' if own_line else s.file:<{width}}{figures}")
    verdict = f"{s.verdict}: {s.reason}."
    return [*lines, fitted(f"  {verdict}", columns)]


def _signed(value: float) -> str:
    return f"{value:+z.2f}"


def _lag(samples: float, rate: int) -> str:
    """In samples, or in s where a recording began at another time and its samples would need a wider column."""
    if abs(samples) >= SAMPLES_FIT:
        return f"{samples / rate:+z.1f} s"
    return _signed(samples) if abs(samples) < HUNDREDTHS_FIT else f"{samples:+z.1f}"


def _ratio(esr: float) -> str:
    """With four digits behind the point, or four in all where the level alone makes it huge."""
    return f"{esr:.4f}" if esr < 100 else f"{esr:.4g}"


def _figure(value: float | None, form: str, scale: float = 1.0) -> str:
    return "-" if value is None else form.format(scale * value)


def _more(c: Comparison, columns: int | None) -> list[str]:
    """The figures that have no room in the first table, and the EQ curves."""
    lines = ["", MORE, *_tabled(c, MORE_HEADS, _more_cells, columns)]
    heads = tuple((f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}", EQ_WIDTH) for hz in EQ_HZ)
    lines += ["", "That EQ: what is lacking (+) or too much (-), in dB by Hz"]
    return [*lines, *_tabled(c, heads, lambda s: [_figure(s.eq_curve_db[hz], "{:+z.1f}") for hz in EQ_HZ], columns)]


def _more_cells(s: Score) -> list[str]:
    shares = [_figure(s.error_shares[kind], "{:.0f}", 100.0) for kind in ("eq", "filter", "distortion", "noise")]
    figures = [f"{s.null_equalised_db:.1f}", f"{s.esr_pre_emphasised:.4f}", f"{s.spectral_difference_db:.2f}"]
    return [*figures, f"{s.crest_db:.1f}", *shares]


def _tabled(
    c: Comparison, heads: Sequence[tuple[str, int]], cells: Callable[[Score], list[str]], columns: int | None
) -> list[str]:
    """A row for each of them, behind its name where that fits."""
    longest = max(len(score.file) for score in c.scores)
    width = longest if columns is None else max(0, min(longest, columns - sum(size for _, size in heads)))
    lines = [" " * width + "".join(f"{head:>{size}}" for head, size in heads)]
    for score in c.scores:
        row = "".join(f"{cell:>{size}}" for cell, (_, size) in zip(cells(score), heads, strict=True))
        own_line = len(score.file) > width
        lines += [score.file] if own_line else []
        lines.append(f"{'' if own_line else score.file:<{width}}{row}")
    return lines


def _by_level(c: Comparison, columns: int | None) -> list[str]:
    levels = list(c.scores[0].esr_by_input_level)
    lines = ["ESR by input level of the dry file, lag, polarity and level taken out as above"]
    heads = [(f"{level:g} dBFS", 11) for level in levels]
    cells = _tabled(c, heads, lambda s: [_figure(s.esr_by_input_level[each], "{:.4f}") for each in levels], columns)
    return [*lines, *cells]


def _notes(c: Comparison) -> list[str]:
    """What is the same for all models is said once."""
    models = [score for score in c.scores if score.kind == "model"]
    sums = {score.input_gain_basis for score in models}
    notes = []
    if len(sums) == 1:
        notes.append(f"Input    {sums.pop()}")
    else:
        notes += [f"Input    {score.file}: {score.input_gain_basis}" for score in models]
    if recorded := [score.file for score in c.scores if score.kind == "recording"]:
        notes.append(f"Recorded {', '.join(recorded)}: what went into the box is not known here")
    as_trainer = [(score.file, score.esr_trainer) for score in c.scores if score.esr_trainer is not None]
    if as_trainer:
        told = ", ".join(f"{name} {esr:.4f}" for name, esr in as_trainer)
        notes.append(f"Trainer  validation ESR as the trainer counts it, nothing taken out: {told}")
    notes += _aliases(c)
    return [*notes, *(f"Note     {score.file}: {note}." for score in c.scores for note in score.notes)]


def _aliases(c: Comparison) -> list[str]:
    """What folds back, by what it was asked with."""
    by_basis: dict[str, list[str]] = {}
    for score in c.scores:
        told = score.file if score.aliasing_db is None else f"{score.file} {score.aliasing_db:.0f} dB"
        by_basis.setdefault(score.aliasing_basis, []).append(told)
    return [f"Aliases  {basis}: {', '.join(names)}" for basis, names in by_basis.items()]
