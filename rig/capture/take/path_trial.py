"""Before a take: silence, a quiet tone and the loudest second of the signal, played and judged.

What is wrong with the wiring shows here in seconds, and not after three minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import CaptureError
from ...trainer.layout import RATE
from ..checks.verdict import Check, worst
from ..signal.training_signal import Signal
from .level_search import find_level
from .operator import Operator, agreed
from .path_checks import alive_check, ringing_check, silence_checks, tone
from .short_recording import record_short
from .tape_deck import TapeDeck
from .wiring import CableCheck


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: the digital gain to play with, and what was found."""

    send_trim_db: float
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, eq=False)
class HeardPath:
    """A path that is alive: what came back while nothing played, (n,), and what was found."""

    silence: NDArray[np.float64]
    checks: tuple[Check, ...]


def try_path(
    deck: TapeDeck,
    operator: Operator,
    signal: Signal,
    send_trim_db: float | None,
    *,
    self_test: bool = False,
    accept: bool = False,
    cables: CableCheck | None = None,
) -> Trial:
    """Try the path and find the level. `send_trim_db` None: may be lowered. `accept`: go on with a noisy path.

    Raises CaptureError: nothing comes back, the computer hears itself, something rings, or a level that cannot be used.
    """
    path = heard_path(deck, operator, accept=accept, cables=cables)
    trim_db = find_level(deck, operator, signal, send_trim_db, self_test=self_test, cables=cables)
    return Trial(trim_db, path.checks)


def heard_path(
    deck: TapeDeck, operator: Operator, *, accept: bool = False, cables: CableCheck | None = None
) -> HeardPath:
    """Play a second of silence and a quiet tone. Raises CaptureError as `try_path` does, but for the level."""
    silence = record_short(deck, operator, np.zeros(RATE), "Silence", cables)
    checks = silence_checks(silence)
    for check in checks:
        operator.say(str(check))
    if worst(check.verdict for check in checks) == "fail" and not (
        accept or agreed(operator, "Record all the same?", "--accept", "n")
    ):
        failed = [check for check in checks if check.verdict == "fail"]
        raise CaptureError(" ".join(f"{check.name}: {check.text}. {check.advice}" for check in failed))
    toned = record_short(deck, operator, tone(), "Tone", cables)
    alive = alive_check(silence, toned[:RATE])
    operator.say(str(alive))
    if alive.verdict == "fail":
        raise CaptureError(f"{alive.text[0].upper()}{alive.text[1:]}. {alive.advice}")
    rings = ringing_check(silence, toned)
    operator.say(str(rings))
    if rings.verdict == "fail" and not accept:
        raise CaptureError(f"{rings.text[0].upper()}{rings.text[1:]}. {rings.advice}")
    return HeardPath(silence, (*checks, alive, rings))
