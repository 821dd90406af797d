"""What is said about a take beside its sound: what silence had to be put into it, and what could still be done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..checks.checks import Judged
from ..checks.verdict import Check, Limit, worst
from ..signal.training_signal import Signal
from ..take.clock_drift import is_straight
from ..take.recording import Recording, stretch

MISSING = Limit("above", 2400, 9600, "samples")  # the signal itself is faded out over its last 50 ms


def with_checks(judged: Judged, more: tuple[Check, ...]) -> Judged:
    """The same with further checks, which count for the verdict."""
    checks = (*judged.checks, *more)
    quality: dict[str, Any] = {**judged.quality, "verdict": worst(check.verdict for check in checks)}
    return replace(judged, checks=checks, quality=quality)


def padding_check(recording: Recording, signal: Signal, latency_samples: int) -> tuple[Check, ...]:
    """A line of the table where a recording made elsewhere lacks its first or last moments; none where it is whole."""
    before, behind = recording.missing(signal, latency_samples)
    if not (before or behind):
        return ()
    ends = [("beginning", before), ("end", behind)]
    text = "silence stands where nothing was recorded: " + " and ".join(
        f"{stretch(samples)} at the {end}" for end, samples in ends if samples
    )
    advice = "Begin recording before the signal, and end a second after it."
    return (MISSING.check("whole", float(max(before, behind)), text, advice),)


def drift_offer(judged: Judged) -> str:
    """What can be done about a take whose only fault is a clock that ran evenly at another speed; else nothing."""
    failed = {check.name for check in judged.of("fail")}
    if "drift" not in failed or not is_straight(judged.track):
        return ""
    return " The lag grows evenly, as with two clocks: --repair-drift undoes it."
