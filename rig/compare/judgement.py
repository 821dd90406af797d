"""What the figures of a model come to: a word, and the reason for it in numbers.

The word goes by the ESR after lag, polarity and level have been taken out, as the ranking does: a model that is merely
louder and late is no other sound. The limits are the official trainer's.

The reason names first what is linear and can be put right: level, lag, polarity, and an EQ curve where that takes away
a fifth of the error. Then what is left: distortion, which follows the playing, and noise, which does not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..decibels import db_from_power, power_from_db
from ..trainer.words import OTHERWISE, WORDS, esr_words

State = Literal["ok", "warn", "fail", "unknown"]

OK_ESR, FAIL_ESR = WORDS[1][0], WORDS[-1][0]  # "not bad" is in order; from here on the trainer gives up
OTHER_SOUND = "another sound"  # in place of the trainer's OTHERWISE, where the figures say what went wrong
NOT_KNOWN = "not known"
LEVEL_LU, LAG_SAMPLES = 0.1, 0.05  # smaller ones are not worth a word
SECONDS_FROM_S = 0.1  # a longer lag is told in seconds: a recording that begins elsewhere
COSTS = 1.1  # what level, lag and polarity have to raise the ESR by before they are named
EQ_COSTS = 1.25  # what a wrong EQ has to raise the ESR by before it is named: it lowers the null by 1 dB
FAR_EQ_COSTS = 2.0  # the same where another sound is left
EQ_DB = 0.1  # a smaller one is a matter of phase
NAMED_DB = -60.0  # of a deeper null nobody needs to know what is left
LEAST_REST = (
    0.02  # of the error: where an EQ takes away more, what distortion is left and what the fit is cannot be told
)
NAMED_SHARE = 0.1  # of what is left, for a kind to be named
KINDS = {"filter": "a filter finer than an EQ", "distortion": "distortion", "noise": "noise"}
UNSURE = 0.4  # of the correlation: below it lag and polarity are as good as guessed


@dataclass(frozen=True, slots=True)
class Judgement:
    """`words`: in short; `reason`: a sentence in numbers, without the full stop."""

    state: State
    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left after lag, polarity and level: the ESR with an EQ taken out too, the EQ, and its worst third octave.

    `shares`: of the error before the EQ, by kind (`figures/shares.py`); None: not known.
    """

    esr_equalised: float
    eq_curve_db: Mapping[float, float | None]
    eq_worst_hz: float | None
    shares: Mapping[str, float | None]


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
    rest: Rest | None = None,
    kind: str = "model",
    sample_rate: float,
) -> Judgement:
    """The judgement on one model, or what else `kind` says.

    `esr`: as the files are; `esr_matched`, `null_db`: level, lag and polarity taken out. `louder_lu`, `late_samples`:
    of the model against the gear. `faults`: of the take itself, or of a recording, which leave nothing to say about a
    model. `rest`: what is known of the rest; None: nothing.
    """
    if faults:
        return Judgement("unknown", NOT_KNOWN, f"{faults[0]}; no figure here says much about the {kind}")
    words = esr_words(esr_matched)
    words = OTHER_SOUND if words == OTHERWISE else words
    state: State = "ok" if esr_matched < OK_ESR else "warn" if esr_matched < FAIL_ESR else "fail"
    left = f"the null is {null_db:.1f} dB" if math.isfinite(null_db) else "nothing is left"
    if confidence < UNSURE:
        told = f"it resembles the gear so little (correlation {confidence:.2f}) that lag and polarity cannot be told"
        return Judgement(state, words, f"{told}; {left}")
    apart = _apart(louder_lu, late_samples, polarity, sample_rate)
    if apart and esr > COSTS * esr_matched:
        taken_out = {1: "that", 2: "both"}.get(len(apart), "all of it")
        reason = f"{_listed(apart)}; with {taken_out} taken out {left}"
    else:
        reason = left
    reason += "" if state == "ok" else _shallowest(null_by_octave_db)
    return Judgement(state, words, reason + ("" if rest is None else _beyond(esr_matched, rest)))


def _apart(louder_lu: float, late_samples: float, polarity: int, sample_rate: float) -> list[str]:
    """What lies between the two besides the sound."""
    parts = []
    if math.isfinite(louder_lu) and abs(louder_lu) >= LEVEL_LU:
        parts.append(f"{abs(louder_lu):.1f} dB {'louder' if louder_lu > 0 else 'softer'}")
    if abs(late_samples) >= LAG_SAMPLES:
        digits, seconds = (1 if abs(late_samples) >= 1 else 2), abs(late_samples) / sample_rate
        lag = f"{seconds:.2f} s" if seconds >= SECONDS_FROM_S else f"{abs(late_samples):.{digits}f} samples"
        parts.append(f"{lag} {'late' if late_samples > 0 else 'early'}")
    return [*parts, *(["upside down"] if polarity < 0 else [])]


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _shallowest(null_by_octave_db: Mapping[float, float | None]) -> str:
    depths = {hz: depth for hz, depth in null_by_octave_db.items() if depth is not None}
    if not depths:
        return ""
    hz = max(depths, key=lambda each: depths[each])
    return f", and shallowest around {hz:g} Hz ({depths[hz]:.1f} dB)"


def _beyond(esr_matched: float, rest: Rest) -> str:
    """The EQ that would mend it, where it is worth a word, and what no EQ mends."""
    told = ""
    costs = EQ_COSTS if rest.esr_equalised < FAIL_ESR else FAR_EQ_COSTS
    if esr_matched > costs * rest.esr_equalised:
        null = f"{db_from_power(rest.esr_equalised):.1f} dB" if rest.esr_equalised > 0 else "perfect"
        told = f"; with an EQ curve taken out as well ({_eq(rest)}) it is {null}"
    if not rest.esr_equalised > power_from_db(NAMED_DB):
        return told
    left = _left(rest.shares)
    return told if left is None else f"{told}; what is left is {left}"


def _eq(rest: Rest) -> str:
    """The EQ in short, by the third octave that is farthest off."""
    hz = rest.eq_worst_hz
    lacks_db = None if hz is None else rest.eq_curve_db[hz]
    if hz is None or lacks_db is None or abs(lacks_db) < EQ_DB:
        return "of phase only"
    at = f"{hz / 1000:g} kHz" if hz >= 1000 else f"{hz:g} Hz"
    return f"{abs(lacks_db):.1f} dB too {'little' if lacks_db > 0 else 'much'} at {at}"


def _left(shares: Mapping[str, float | None]) -> str | None:
    """What no EQ mends, by kind, the largest first; None: too little to tell."""
    known = {kind: share for kind in KINDS if (share := shares.get(kind)) is not None}
    rest = 1.0 - (shares.get("eq") or 0.0)
    noise = shares.get("noise")
    if rest < LEAST_REST:
        return KINDS["noise"] if noise is not None and noise > rest / 2 else None
    if noise is None:
        return KINDS["filter"] if known.get("filter", 0.0) > rest / 2 else "not linear"
    parts = sorted(((share / rest, kind) for kind, share in known.items() if share >= NAMED_SHARE * rest), reverse=True)
    if len(parts) == 1:
        return KINDS[parts[0][1]]
    return _listed([f"{100 * share:.0f} % {KINDS[kind]}" for share, kind in parts])
