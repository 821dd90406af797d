"""A tape deck on the JACK server with its ports plugged in, after somebody has said that all is wired."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ...backends.jack.client import Jack
from ...errors import CaptureError
from ...library.calibrated_levels import load_settings
from .operator import Operator, agreed
from .tape_deck import TapeDeck
from .wiring import Wiring, choose_wiring, connect, freewheeling


@contextlib.contextmanager
def opened_deck(
    operator: Operator,
    client: str,
    told: str,
    *,
    send: str | None = None,
    returned: str | None = None,
    freewheel: bool = False,
) -> Iterator[tuple[Jack, TapeDeck, Wiring]]:
    """Choose the ports, say `told` (with {send} and {return} filled in), wait for a yes, plug in, run.

    Raises CaptureError or BackendError: no server, another rate than 48 kHz, missing ports, feedback, no yes.
    """
    kept = load_settings().ports
    with Jack(client) as backend:
        usual = Wiring(kept.send, kept.returned) if kept else None
        wiring = choose_wiring(backend, operator, send, returned, usual, freewheel)
        operator.say(told.format(**{"send": wiring.send, "return": wiring.returned}))
        if not agreed(operator, "Is everything wired like this?", "--yes"):
            raise CaptureError("Nothing was played: change the wiring, or choose other ports with --send and --return.")
        with TapeDeck(backend) as deck:
            connect(backend, wiring)
            with freewheeling(backend, freewheel):
                yield backend, deck, wiring
