"""What a report shows in sentences, and what it does not: no more than so many listeners allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .scale import ENOUGH_LISTENERS
from .statistics.comparisons import ALPHA, fewest_blocks
from .statistics.screening import MID_ANCHOR, SHARE_OF_LISTENERS
from .statistics.spread import MULTIMODAL

if TYPE_CHECKING:
    from .tally import Pair, Report

Finding = Literal["heard", "not shown", "too few", "nobody"]
CROWDED = 80  # medians above this, of most candidates: the test is too coarse for them (section 2)


def finding(report: Report, pair: Pair) -> Finding:
    """What the scores show of two conditions, in a word."""
    if not report.heard:
        return "nobody"
    if _blocks(report) < fewest_blocks(1):
        return "too few"
    return "heard" if pair.counts else "not shown"


def sentences_on(report: Report) -> list[str]:
    """One per candidate against the hidden reference, then the candidates among themselves, then whom it holds for."""
    if not report.scores:
        return ["Nobody has finished yet: there is nothing to reveal."]
    if not report.heard:
        return ["All listeners were left out by the post-screening: no score of this test says anything."]
    reference = report.of_kind("reference")[0]
    against = [pair for pair in report.pairs if pair.first == reference]
    among = [pair for pair in report.pairs if pair.first != reference]
    found = [_against_reference(report, pair) for pair in against]
    found += [_among(report, pair) for pair in among if finding(report, pair) == "heard"]
    if among and _blocks(report) >= fewest_blocks(1):
        silent = [pair for pair in among if finding(report, pair) != "heard"]
        if silent:
            what = "any two" if len(silent) == len(among) else f"{len(silent)} of {len(among)} pairs"
            found.append(
                f"Between {what} of the candidates no difference was shown; that is not to say that there is none."
            )
    return [*found, _whom(report)]


def _against_reference(report: Report, pair: Pair) -> str:
    name, found = report.conditions[pair.second].name, report.heard[pair.second]
    below = f"mean {found.spread.mean:.0f}, {_points(pair.difference)} below the hidden reference{_within(pair)}"
    word = finding(report, pair)
    if word == "too few":
        return f"{name}: {below}. Too few to show anything beyond chance."
    if word == "heard":
        way = "a difference was heard" if pair.difference > 0 else "it was told from the reference, and rated above it"
        return f"{name}: {below}; {_chance(pair)}: {way}."
    return f"{name}: {below}; {_chance(pair)}: no difference was shown, which does not show that there is none."


def _among(report: Report, pair: Pair) -> str:
    better, worse = (pair.first, pair.second) if pair.difference > 0 else (pair.second, pair.first)
    one, other = report.conditions[better].name, report.conditions[worse].name
    return f"{one} was rated {_points(abs(pair.difference))} above {other}; {_chance(pair)}: closer to the gear."


def _whom(report: Report) -> str:
    count = len(report.counting)
    if report.blocks == "sections":
        sections = len(report.setup["sections"])
        least = fewest_blocks(1)
        more = "" if sections >= least else f", and fewer than {least} sections can show nothing, however he rates them"
        over = "one section" if sections == 1 else f"{sections} sections"
        return f"All of it holds for one listener, {report.counting[0]}, over {over}{more}."
    if count < fewest_blocks(1):
        return (
            f"{count} listeners are too few to show a difference: even if all rate the same way, chance does so in "
            f"{100 * 2 * 0.5**count:.0f} % of such tests; at least {fewest_blocks(1)} are needed. The figures describe "
            "those who listened."
        )
    return (
        f"It holds for these {count} listeners, sections and headphones or loudspeakers; others may hear more or less. "
        f"Hochberg's procedure keeps the chance of one false difference among the {len(report.pairs)} comparisons at "
        f"{100 * ALPHA:.0f} %."
    )


def notes_on(report: Report) -> list[str]:
    """What a reader has to know beside the figures: clauses without the full stop."""
    notes = [*report.setup["notes"]]
    for each in report.screening.listeners:
        notes += [f"{each.listener} is left out: {reason} (BS.1534-3, 4.1.2)" for reason in each.reasons]
    if report.screening.weak_items:
        which = ", ".join(str(item + 1) for item in report.screening.weak_items)
        share = f"{100 * SHARE_OF_LISTENERS:.0f} %"
        notes.append(
            f"in section {which} more than {share} of the listeners give the mid anchor more than {MID_ANCHOR}: it is "
            "hardly degraded there, and nobody is left out for it"
        )
    if report.unfinished:
        notes.append(f"not finished, and not counted: {', '.join(report.unfinished)}")
    if report.without_training:
        notes.append(f"without the training, which BS.1534-3 (5.2) demands: {', '.join(report.without_training)}")
    if report.heard and len(report.counting) < ENOUGH_LISTENERS:
        notes.append(
            f"{len(report.counting)} of the {ENOUGH_LISTENERS} listeners that BS.1534-3 (4.2) finds often sufficient"
        )
    notes += _on_figures(report)
    return notes


def _on_figures(report: Report) -> list[str]:
    if not report.heard:
        return []
    notes = []
    candidates = [report.heard[i] for i in report.of_kind("candidate")]
    crowded = [each for each in candidates if each.spread.median > CROWDED]
    if 2 * len(crowded) > len(candidates):
        notes.append(
            f"{len(crowded)} of {len(candidates)} candidates have a median above {CROWDED}: for differences that small "
            "a blind test of two is keener (rig ab --trials)"
        )
    low, mid = (report.heard[report.of_kind(kind)[0]].spread.median for kind in ("low anchor", "mid anchor"))
    if low > mid:
        notes.append("the low anchor was rated above the mid anchor: the scale was not used as it is meant")
    split = [each.condition.name for each in report.heard if (each.spread.multimodality or 0) > MULTIMODAL]
    if split:
        notes.append(
            f"there may be more than one opinion about {', '.join(split)} (BS.1534-3, 9.1): look at the picture"
        )
    outliers = sum(spread.outliers for each in report.heard for spread in each.by_section)
    if outliers:
        notes.append(f"{outliers} scores lie beyond 1.5 interquartile ranges of their section; none was removed")
    return notes


def _blocks(report: Report) -> int:
    return len(report.counting) if report.blocks == "listeners" else len(report.setup["sections"])


def _points(difference: float) -> str:
    return f"{difference:.0f}" if abs(difference) >= 9.5 else f"{difference:z.1f}"


def _within(pair: Pair) -> str:
    if pair.interval is None:
        return ""
    low, high = pair.interval
    return f" (95 %: {low:z.0f} to {high:z.0f})"


def _chance(pair: Pair) -> str:
    if pair.p is None:
        return "nobody rated them differently"
    return f"p = {pair.p:.3f}" if pair.p >= 0.001 else "p < 0.001"
