"""A take: played, recorded, repeated by itself after a mishap, and kept aside where that does not help."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..levels import gain_from_db
from .desk import Desk
from .layout import RATE
from .measures import FULL_SCALE
from .signal import Signal
from .take import POST_ROLL, PRE_ROLL
from .tape_deck import AGAIN, Ended, Moment, Returned, TapeDeck, Tear

RETAKES = 5
REST_S = 0.5  # before another take: what was playing dies away
LOOK_AT_CABLES_S = 0.25
SOFTER_DB = 3.0  # after a take that clipped

Cables = Callable[[int], Tear | None]  # at that sample of the take, is anything unplugged?


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """The last take that was made. `torn`: why it is not whole; `mishaps`: why those before it were not."""

    samples: NDArray[np.float32]
    torn: Tear | None
    mishaps: tuple[str, ...]
    send_trim_db: float


def take(
    deck: TapeDeck,
    desk: Desk,
    signal: Signal,
    send_trim_db: float,
    cables: Cables,
    *,
    may_trim: bool = True,
    retakes: int = RETAKES,
) -> Taken:
    """Play the signal and record what comes back, from PRE_ROLL before it to POST_ROLL after it.

    Takes that the server tore are repeated, and those that clipped, softer if `may_trim`; at most `retakes` times. One
    that is ended by hand (Ctrl-C) comes back like a torn one; whoever asked for it has to end then.
    """
    mishaps: list[str] = []
    while True:
        play = np.concatenate([np.zeros(PRE_ROLL), gain_from_db(send_trim_db) * signal.samples, np.zeros(POST_ROLL)])
        returned = _once(deck, desk, play.astype(np.float32), cables)
        torn = returned.torn
        if torn is None or torn.why not in (*AGAIN, "clipped") or len(mishaps) == retakes:
            return Taken(returned.samples, torn, tuple(mishaps), send_trim_db)
        mishaps.append(torn.text)
        softer = ""
        if torn.why == "clipped" and may_trim:
            send_trim_db -= SOFTER_DB
            softer = f", {SOFTER_DB:g} dB softer"
        desk.say(f"Torn: {torn.text}. Once more{softer} ({len(mishaps)} of {retakes}).")
        time.sleep(REST_S)


def _once(deck: TapeDeck, desk: Desk, play: NDArray[np.float32], cables: Cables) -> Returned:
    looked = 0.0

    def watch(moment: Moment) -> Tear | None:
        nonlocal looked
        desk.meter("Take", moment.done, moment.samples, moment.peak_dbfs)
        if moment.clips:
            return Tear("clipped", f"the return clipped at {moment.done / RATE:.1f} s", moment.done)
        if time.monotonic() - looked < LOOK_AT_CABLES_S:
            return None
        looked = time.monotonic()
        return cables(moment.done)

    try:
        returned = deck.run(play, watch=watch)
    except Ended as ended:
        return ended.returned
    if returned.torn is not None:
        return returned
    desk.meter("Take", len(play), len(play), -200.0)
    if np.count_nonzero(np.abs(returned.samples) >= FULL_SCALE):  # since the last look
        return Returned(returned.samples, Tear("clipped", "the return clipped at the end", len(play)))
    return Returned(returned.samples, cables(len(play)))
