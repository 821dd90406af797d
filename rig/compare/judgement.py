"""What the figures of a model come to: a word, and the reason for it in numbers.

The word goes by the ESR after lag, polarity and level have been taken out, as the ranking does: a model that is merely
louder and late is no other sound. The limits are the official trainer's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..trainer.words import OTHERWISE, WORDS, esr_words

State = Literal["ok", "warn", "fail", "unknown"]

OK_ESR, FAIL_ESR = WORDS[1][0], WORDS[-1][0]  # "not bad" is in order; from here on the trainer gives up
OTHER_SOUND = "another sound"  # in place of the trainer's OTHERWISE, where the figures say what went wrong
NOT_KNOWN = "not known"
LEVEL_LU, LAG_SAMPLES = 0.1, 0.05  # smaller ones are not worth a word
COSTS = 1.1  # what level, lag and polarity have to raise the ESR by before they are named
UNSURE = 0.4  # of the correlation: below it lag and polarity are as good as guessed


@dataclass(frozen=True, slots=True)
class Judgement:
    """`words`: in short; `reason`: a sentence in numbers, without the full stop."""

    state: State
    words: str
    reason: str


def judgement(
    *,
    esr: float,
    esr_matched: float,
    null_db: float,
    null_by_octave_db: Mapping[float, float | None],
    louder_lu: float,
    late_samples: float,
    polarity: int,
    confidence: float,
    faults: Sequence[str],
) -> Judgement:
    """The judgement on one model.

    `esr`: as the files are; `esr_matched`, `null_db`: level, lag and polarity taken out. `louder_lu`, `late_samples`:
    of the model against the gear. `faults`: of the take itself, which leave nothing to say about a model.
    """
    if faults:
        return Judgement("unknown", NOT_KNOWN, f"{faults[0]}; no figure here says much about the model")
    words = esr_words(esr_matched)
    words = OTHER_SOUND if words == OTHERWISE else words
    state: State = "ok" if esr_matched < OK_ESR else "warn" if esr_matched < FAIL_ESR else "fail"
    left = f"the null is {null_db:.1f} dB" if math.isfinite(null_db) else "nothing is left"
    if confidence < UNSURE:
        told = f"it resembles the gear so little (correlation {confidence:.2f}) that lag and polarity cannot be told"
        return Judgement(state, words, f"{told}; {left}")
    apart = _apart(louder_lu, late_samples, polarity)
    if apart and esr > COSTS * esr_matched:
        taken_out = {1: "that", 2: "both"}.get(len(apart), "all of it")
        reason = f"{_listed(apart)}; with {taken_out} taken out {left}"
    else:
        reason = left
    return Judgement(state, words, reason + ("" if state == "ok" else _shallowest(null_by_octave_db)))


def _apart(louder_lu: float, late_samples: float, polarity: int) -> list[str]:
    """What lies between the two besides the sound."""
    parts = []
    if math.isfinite(louder_lu) and abs(louder_lu) >= LEVEL_LU:
        parts.append(f"{abs(louder_lu):.1f} dB {'louder' if louder_lu > 0 else 'softer'}")
    if abs(late_samples) >= LAG_SAMPLES:
        digits = 1 if abs(late_samples) >= 1 else 2
        parts.append(f"{abs(late_samples):.{digits}f} samples {'late' if late_samples > 0 else 'early'}")
    return [*parts, *(["upside down"] if polarity < 0 else [])]


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _shallowest(null_by_octave_db: Mapping[float, float | None]) -> str:
    depths = {hz: depth for hz, depth in null_by_octave_db.items() if depth is not None}
    if not depths:
        return ""
    hz = max(depths, key=lambda each: depths[each])
    return f", and shallowest around {hz:g} Hz ({depths[hz]:.1f} dB)"
