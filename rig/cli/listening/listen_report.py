"""The report of `rig listen` as text: who counts, a row per condition, and what it comes to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..tables import columns, fitted, name_width
from ..terminal import fitted as wrapped

if TYPE_CHECKING:
    from ...compare.listening.sitting import Revealed
    from ...compare.listening.tally import Heard, Pair, Report

HEADS = (("median", 7), ("quartiles", 11), ("mean", 6), ("95 %", 11))
KINDS = {"reference": "hidden reference", "low anchor": "low anchor", "mid anchor": "mid anchor", "candidate": ""}


def report_text(found: Report) -> str:
    """The whole report."""
    sections = len(found.setup["sections"])
    lines = [
        f"{found.test}: {len(found.scores)} listeners, {sections} sections, {len(found.conditions)} sounds each",
        f"Counting {_counting(found)}",
        f"Level    {found.setup['loudness']['target_lufs']:.1f} LUFS each, by ITU-R BS.1770",
        f"Files    {_files(found)}",
    ]
    lines += [f"PROBLEM  {problem}" for problem in found.problems]
    if found.heard:
        lines += ["", *_table(found), "", *_pairs(found)]
    lines += ["", *found.sentences, ""]
    lines += [f"Note     {note}." for note in found.notes]
    lines += [f"Comment  {name}, section {section + 1}: {text}" for name, section, text in found.comments]
    text = "\n".join(lines).rstrip()
    width = columns()
    return wrapped(text, width) if width is not None else text


def _counting(found: Report) -> str:
    count = len(found.counting)
    left_out = len(found.scores) - count
    who = f"{count} of {len(found.scores)} listeners, {found.ratings} scores"
    return f"{who}; {left_out} left out by the post-screening" if left_out else who


def _files(found: Report) -> str:
    if found.state == "fail":
        return "not all are what they were; those do not count"
    if not found.scores:
        return "whole, as far as there is anything to check"
    if found.state == "ok":
        return "orders and scores fit each other and what was promised"
    return "orders and scores fit each other; whoever writes all of it anew can make it fit (--promised NAME=HASH)"


def _table(found: Report) -> list[str]:
    labels = [_label(each) for each in found.heard]
    rest = sum(size for _, size in HEADS)
    width = name_width(labels, rest + 1)
    order = sorted(range(len(labels)), key=lambda i: -found.heard[i].spread.mean)
    lines = [f"{'sound':<{width}}" + "".join(f"{head:>{size}}" for head, size in HEADS)]
    for i in order:
        each = found.heard[i]
        low, high = each.mean_interval or (None, None)
        cells = (
            _score(each.spread.median),
            f"{_score(each.spread.lower_quartile)} - {_score(each.spread.upper_quartile)}",
            f"{each.spread.mean:.1f}",
            "-" if low is None or high is None else f"{low:z.0f} - {high:z.0f}",
        )
        row = "".join(f"{cell:>{size}}" for cell, (_, size) in zip(cells, HEADS, strict=True))
        lines.append(fitted(labels[i], width) + row)
    over = "listeners" if found.blocks == "listeners" else "sections"
    return [*lines, f"median and quartiles of all scores; 95 %: of the mean, over the {over} (t)"]


def _label(each: Heard) -> str:
    kind = KINDS[each.condition.kind]
    return f"{each.condition.name} ({kind})" if kind else each.condition.name


def _score(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"


def _pairs(found: Report) -> list[str]:
    lines = []
    if found.friedman is not None:
        chi, p = found.friedman
        lines.append(f"Friedman {_p(p)} that the gear and the candidates are all rated alike (chi-square {chi:.2f})")
    for pair in found.pairs:
        lines.append(f"Wilcoxon {_pair(found, pair)}")
    if len(found.pairs) > 1:
        lines.append("*: counts among so many comparisons (Hochberg); medians: by randomisation (attachment 3)")
    return lines


def _pair(found: Report, pair: Pair) -> str:
    one, other = (found.conditions[i].name for i in (pair.first, pair.second))
    star = "*" if pair.counts else " "
    told = "no difference" if pair.p is None else _p(pair.p)
    return f"{told}{star} {one} - {other}: {pair.difference:+z.1f}, medians {_p(pair.p_randomised)}"


def _p(p: float) -> str:
    return f"p = {p:.3f}" if p >= 0.001 else "p < 0.001"


def revealed_text(found: tuple[Revealed, ...], closing: str) -> str:
    """What a listener has rated, at his end."""
    lines = [f"Closing  {closing}"]
    for screen in sorted({each.screen for each in found}):
        of = sorted((each for each in found if each.screen == screen), key=lambda each: -each.score)
        told = ", ".join(f"{each.score} {each.condition.name}" for each in of)
        lines.append(f"Screen {screen + 1} {told}")
    text = "\n".join(lines)
    return wrapped(text, columns()) if sys.stdout is not None and sys.stdout.isatty() else text
