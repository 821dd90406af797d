"""What is said about the latency of a take: do the figures agree, and does the signal's marker come back at all?"""

from __future__ import annotations

from ...audio.measures import FLOOR_DBFS
from ...decibels import db_from_gain
from ...trainer.layout import RATE
from .latency import CLOSEST, EARLY_STATED, USABLE, Latency
from .limits import LIMITS
from .verdict import Check, Verdict

LITTLE_LATE = 16.0  # samples
LOUD_BACKGROUND = 0.05  # of full scale: what is so loud between the sounds of the signal is no noise of the gear


def latency_check(latency: Latency, stated: int | None) -> Check:
    """The line of the table; `stated`: what was cut off where a person said so."""
    limit, found, difference = LIMITS["latency"], latency.trainer.samples, latency.difference
    figures = str(latency).removeprefix("latency: ")
    if stated is not None and stated != latency.tightest:
        early = latency.tightest - stated
        advice = "Leave --latency-samples out, or a model has to learn the difference as a delay."
        verdict: Verdict = "warn" if abs(early) > EARLY_STATED[0] or not latency.correlation.is_certain else "ok"
        given = stated + latency.counted_from
        return limit.check("latency", float(early), f"{given} samples, as given; {figures}", advice, verdict)
    late = round(latency.correlation.samples) if latency.correlation.is_certain else found or 0
    if late > USABLE[1]:
        text = f"the take is {late} samples ({late / RATE * 1000:.0f} ms) late, and at most {USABLE[1]} can be used"
        advice = "Choose a shorter period; no network and no digital effect may lie in the loop."
        return limit.check("latency", float(late), text, advice, "fail")
    if found is None or latency.trainer.at_lookahead or difference is None:
        text, advice, found_otherwise = _no_marker(latency)
        return limit.check("latency", None, text, advice, "warn" if found_otherwise else "fail")
    if not latency.agrees:
        text = f"the figures contradict each other: {figures}"
        if difference < CLOSEST:
            text = f"the trainer's rule finds the marker {-difference:.0f} samples behind the sound: {figures}"
            if (
                difference >= -LITTLE_LATE and latency.correlation.is_certain
            ):  # of a soft take only its top is out of noise
                advice = "Send hotter; or train by train/run.txt, which says 0: the take itself is cut right."
                return limit.check("latency", abs(difference), text, advice, "warn")
        advice = "Is it a recording of this signal, with nothing but the gear on the send? Take it again."
        return limit.check("latency", abs(difference), text, advice, "fail")
    advice = "The trainer itself would train a model that is so much later: train by train/run.txt, which says 0."
    figure = abs(difference)
    return limit.check("latency", figure, figures, advice, "ok" if limit.verdict(figure) == "ok" else "warn")


def _no_marker(latency: Latency) -> tuple[str, str, bool]:
    """Why the two single samples of the signal were not found: something louder, or nothing at all.

    Also what to do, and whether the take can be cut without them.
    """
    at, loudest = latency.trainer.background_at, latency.trainer.background_peak
    level = max(FLOOR_DBFS, db_from_gain(max(loudest, 1e-12)))
    if loudest > LOUD_BACKGROUND:
        return (
            f"at {at / RATE:.2f} s, where the signal is silent, the take peaks at {level:.1f} dBFS: a click, or "
            "another sound, hides the answer to the two single samples",
            "Take it again without the click.",
            False,
        )
    if latency.trainer.at_lookahead:
        return (
            "there is sound before the two single samples at 10.5 and 11.5 s, where the signal is silent",
            "Is anything but the gear on the send? Take it again with less noise.",
            False,
        )
    if latency.correlation.is_certain:
        return (
            f"no answer to the two single samples rises out of the noise ({level:.1f} dBFS) at 10.5 and 11.5 s, while "
            "the playing is found",
            "A gate of the gear's own swallows single samples, and the take is cut by its noise instead: train by "
            "train/run.txt. Any other gate: switch it off.",
            True,
        )
    return (
        "neither the playing nor the two single samples of the signal are found in the take",
        "Is it a recording of this signal? Is anything but the gear on the send?",
        False,
    )
