"""Before a take: silence, a quiet tone and the loudest second of the signal, played and judged (`preflight.py`).

What is wrong with the wiring shows here in seconds, and not after three minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...audio.align import find_lag
from ...audio.measures import FLOOR_DBFS, ac_rms_dbfs
from ...decibels import gain_from_db
from ...errors import CaptureError
from ...trainer.layout import RATE
from ..checks.checks import is_a_copy
from ..checks.latency import LONGEST
from ..checks.verdict import Check, worst
from ..signal.training_signal import Signal
from .operator import Operator, agreed
from .path_checks import Step, alive_check, level_step, loudest_second, silence_checks, tone
from .tape_deck import AGAIN, Dropout, Moment, Returned, TapeDeck, Watch

Heard = NDArray[np.float64]

ROOM = RATE // 2  # samples recorded after what was played
TORN = 10  # times a short recording may be torn
STEPS = 12  # of the level search
SOFTEST_TRIM_DB = -30.0
RINGS_ON_DB = 20.0  # over the silence, half a second after a tone has ended
LATEST = ROOM // 2  # by then what was played has come back


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: the digital gain to play with, and what was found."""

    send_trim_db: float
    checks: tuple[Check, ...]


def heard(deck: TapeDeck, x: NDArray[np.float64], operator: Operator, what: str, watch: Watch | None = None) -> Heard:
    """What comes back of a short x, with ROOM behind it; repeated when the server tears it.

    Raises CaptureError where that never ends, or for anything that another try does not mend.
    """
    play = np.concatenate([x, np.zeros(ROOM)]).astype(np.float32)

    def look(moment: Moment) -> Dropout | None:
        operator.meter(what, moment.done, moment.samples, moment.peak_dbfs)
        return watch(moment) if watch is not None else None

    last = ""
    for _ in range(TORN):
        returned: Returned = deck.run(play, watch=look)
        if returned.dropout is None:
            return returned.samples.astype(np.float64)
        last = returned.dropout.text
        if returned.dropout.why not in AGAIN:
            raise CaptureError(f"{last[0].upper()}{last[1:]} while the path was tried.")
    raise CaptureError(
        f"The server loses too much: {TORN} short recordings in a row were torn ({last}). Choose a longer period, and "
        "let nothing else run."
    )


def try_path(
    deck: TapeDeck,
    operator: Operator,
    signal: Signal,
    send_trim_db: float | None,
    *,
    self_test: bool = False,
    accept: bool = False,
    watch: Watch | None = None,
) -> Trial:
    """Try the path and find the level. `send_trim_db` None: may be lowered. `accept`: go on with a noisy path.

    Raises CaptureError: nothing comes back, the computer hears itself, something rings, or a level that cannot be used.
    """
    silence = heard(deck, np.zeros(RATE), operator, "Silence", watch)
    checks = silence_checks(silence)
    for check in checks:
        operator.say(str(check))
    if worst(check.verdict for check in checks) == "fail" and not (
        accept or agreed(operator, "Record all the same?", "--accept", "n")
    ):
        failed = [check for check in checks if check.verdict == "fail"]
        raise CaptureError(" ".join(f"{check.name}: {check.text}. {check.advice}" for check in failed))
    toned = heard(deck, tone(), operator, "Tone", watch)
    alive = alive_check(silence, toned[:RATE])
    operator.say(str(alive))
    if alive.verdict == "fail":
        raise CaptureError(f"{alive.text[0].upper()}{alive.text[1:]}. {alive.advice}")
    rings = _ringing(silence, toned)
    operator.say(str(rings))
    if rings.verdict == "fail" and not accept:
        raise CaptureError(f"{rings.text[0].upper()}{rings.text[1:]}. {rings.advice}")
    trim = _find_level(deck, operator, signal, send_trim_db, self_test, watch)
    return Trial(trim, (*checks, alive, rings))


def _ringing(silence: NDArray[np.float64], toned: NDArray[np.float64]) -> Check:
    rest = toned[RATE + LATEST :]
    above_db = ac_rms_dbfs(rest, FLOOR_DBFS) - ac_rms_dbfs(silence, -90.0)
    good = above_db < RINGS_ON_DB
    text = f"a quarter of a second after the tone it is {max(above_db, 0.0):.0f} dB above silence"
    advice = "" if good else "It rings on: the return is fed back into the send, or a reverb or delay is on."
    return Check("feedback", "ok" if good else "fail", above_db, "dB", None, RINGS_ON_DB, text, advice)


def _find_level(
    deck: TapeDeck,
    operator: Operator,
    signal: Signal,
    fixed_trim_db: float | None,
    self_test: bool,
    watch: Watch | None,
) -> float:
    burst = loudest_second(signal)
    trim = 0.0 if fixed_trim_db is None else fixed_trim_db
    for _ in range(STEPS):
        back = heard(deck, gain_from_db(trim) * burst, operator, "Level", watch)
        if not self_test and _is_our_own(burst, back):
            raise CaptureError(
                "What comes back is an exact copy of what was played: the computer records its own send (a monitor "
                "port, or a cable inside the computer). Choose the input that the gear is plugged into with --return."
            )
        step = level_step(back, trim)
        operator.say(step.text)
        if step.done:
            return trim
        answer = _what_now(operator, step, trim, fixed_trim_db is None)
        if answer == "g":
            return trim
        if answer == "s":
            trim = max(step.send_trim_db, SOFTEST_TRIM_DB)
    raise CaptureError("The level was not found: turn the gain of the return, then begin again.")


def _is_our_own(burst: NDArray[np.float64], back: NDArray[np.float64]) -> bool:
    played = np.concatenate([burst, np.zeros(ROOM)])
    return is_a_copy(played, back, round(find_lag(played, back, max_lag_samples=LONGEST).samples))


def _what_now(operator: Operator, step: Step, trim_db: float, free: bool) -> str:
    """`s` for a softer send, `g` to go on, anything else to try again."""
    too_hot, clips = step.return_gain_db < 0, step.peak_dbfs >= -0.1
    choices = ["a: again, after turning the return's gain", "g: go on as it is"]
    default: str | None = None if clips else "g"
    option = "--send-trim-db T, or turn the return's gain down"
    if free and too_hot and trim_db > SOFTEST_TRIM_DB:
        choices.append(f"s: play {trim_db - step.send_trim_db:.0f} dB softer")
        default = "s"
    enter = f" [{default}]" if default else ""
    return operator.ask(f"{'; '.join(choices)}{enter}:", option, default).strip().casefold()
