"""The takes of a session: each is the whole signal played and recorded at once; one with a mishap is repeated."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...audio.measures import count_full_scale
from ...decibels import gain_from_db
from ...trainer.layout import RATE
from ..signal.training_signal import Signal
from .operator import Operator
from .recording import POST_ROLL, PRE_ROLL
from .tape_deck import AGAIN, Dropout, Ended, Moment, Returned, TapeDeck
from .wiring import CableCheck

RETAKES = 5
REST_S = 0.5  # before another take: what was playing dies away
LOOK_AT_CABLES_S = 0.25
SOFTER_DB = 3.0  # after a take that clipped


@dataclass(frozen=True, slots=True, eq=False)
class TakeResult:
    """The last take that was made. `dropout`: why it is not whole; `mishaps`: why those before it were not."""

    samples: NDArray[np.float32]  # (PRE_ROLL + n + POST_ROLL,) for a signal of n samples; fewer if it is not whole
    dropout: Dropout | None
    mishaps: tuple[str, ...]
    send_trim_db: float


def record_take(
    deck: TapeDeck,
    operator: Operator,
    signal: Signal,
    send_trim_db: float,
    cables: CableCheck,
    *,
    may_trim: bool = True,
    retakes: int = RETAKES,
) -> TakeResult:
    """Play the signal and record what comes back, from PRE_ROLL before it to POST_ROLL after it.

    Takes that the server tore are repeated, and those that clipped, softer if `may_trim`; at most `retakes` times. One
    that is ended by hand (Ctrl-C) comes back like a torn one; whoever asked for it has to end then.
    """
    mishaps: list[str] = []
    while True:
        play = np.concatenate([np.zeros(PRE_ROLL), gain_from_db(send_trim_db) * signal.samples, np.zeros(POST_ROLL)])
        returned = _play_and_record(deck, operator, play.astype(np.float32), cables)
        dropout = returned.dropout
        if dropout is None or dropout.why not in (*AGAIN, "clipped") or len(mishaps) == retakes:
            return TakeResult(returned.samples, dropout, tuple(mishaps), send_trim_db)
        mishaps.append(dropout.text)
        softer = ""
        if dropout.why == "clipped" and may_trim:
            send_trim_db -= SOFTER_DB
            softer = f", {SOFTER_DB:g} dB softer"
        operator.say(f"Torn: {dropout.text}. Once more{softer} ({len(mishaps)} of {retakes}).")
        time.sleep(REST_S)


def _play_and_record(deck: TapeDeck, operator: Operator, play: NDArray[np.float32], cables: CableCheck) -> Returned:
    looked = 0.0

    def watch(moment: Moment) -> Dropout | None:
        nonlocal looked
        operator.meter("Take", moment.done_samples, moment.total_samples, moment.peak_dbfs)
        if moment.clips:
            return Dropout("clipped", f"the return clipped at {moment.done_samples / RATE:.1f} s", moment.done_samples)
        if time.monotonic() - looked < LOOK_AT_CABLES_S:
            return None
        looked = time.monotonic()
        return cables(moment.done_samples)

    try:
        returned = deck.run(play, watch=watch)
    except Ended as ended:
        return ended.returned
    if returned.dropout is not None:
        return returned
    operator.meter("Take", len(play), len(play), -200.0)
    if count_full_scale(returned.samples):  # since the last look
        return Returned(returned.samples, Dropout("clipped", "the return clipped at the end", len(play)))
    return Returned(returned.samples, cables(len(play)))
