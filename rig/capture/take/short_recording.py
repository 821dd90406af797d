"""Seconds of sound played and recorded at once: silence, tones, bursts, sweeps. After a dropout: once more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...errors import CaptureError
from ...trainer.layout import RATE
from .operator import Operator
from .tape_deck import AGAIN, Dropout, Moment, TapeDeck
from .wiring import CableCheck

ROOM_SAMPLES = RATE // 2  # samples recorded after what was played
TRIES = 10


def record_short(
    deck: TapeDeck, operator: Operator, x: NDArray[np.float64], what: str, cables: CableCheck | None = None
) -> NDArray[np.float64]:
    """Play x, (n,), and record (n + ROOM_SAMPLES,) from the same sample on; `what` names it in the meter.

    Raises CaptureError where every try has a dropout, or for anything that another try does not mend.
    """
    play = np.concatenate([x, np.zeros(ROOM_SAMPLES)]).astype(np.float32)

    def watch(moment: Moment) -> Dropout | None:
        operator.meter(what, moment.done_samples, moment.total_samples, moment.peak_dbfs)
        return cables(moment.done_samples) if cables is not None else None

    last = ""
    for _ in range(TRIES):
        returned = deck.run(play, watch=watch)
        if returned.dropout is None:
            return returned.samples.astype(np.float64)
        last = returned.dropout.text
        if returned.dropout.why not in AGAIN:
            raise CaptureError(f"{last[0].upper()}{last[1:]} while the path was tried.")
    raise CaptureError(
        f"The server loses too much: {TRIES} short recordings in a row were torn ({last}). Choose a longer period, and "
        "let nothing else run."
    )
