"""A tape deck on the JACK server with its ports plugged in: what calibrating and sweeping need of a session."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator

from ..backends.jack.client import Jack
from ..capture.take.opened_deck import opened_deck
from ..capture.take.tape_deck import TapeDeck
from ..capture.take.wiring import Wiring
from .console import Console, refuse_portaudio


@contextlib.contextmanager
def opened(options: argparse.Namespace, operator: Console, told: str) -> Iterator[tuple[Jack, TapeDeck, Wiring]]:
    """Choose the ports, say `told` (with {send} and {return} filled in), wait for a yes, plug in, run.

    Raises CaptureError or BackendError: no server, another rate than 48 kHz, missing ports, feedback, no yes.
    """
    refuse_portaudio(options)
    with opened_deck(
        *(operator, options.client, told),
        send=options.send,
        returned=options.returned,
        freewheel=options.freewheel,
    ) as desk:
        yield desk
