"""A tape deck on the JACK server with its ports plugged in: what calibrating and sweeping need of a session."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator

from ..backends.jack.client import Jack
from ..capture.take.operator import agreed
from ..capture.take.tape_deck import TapeDeck
from ..capture.take.wiring import Wiring, choose_wiring, connect, freewheeling
from ..errors import CaptureError
from ..library.calibrated_levels import load_settings
from .console import Console, refuse_portaudio


@contextlib.contextmanager
def opened(options: argparse.Namespace, operator: Console, told: str) -> Iterator[tuple[Jack, TapeDeck, Wiring]]:
    """Choose the ports, say `told` (with {send} and {return} filled in), wait for a yes, plug in, run.

    Raises CaptureError or BackendError: no server, another rate than 48 kHz, missing ports, feedback, no yes.
    """
    refuse_portaudio(options)
    kept = load_settings().ports
    with Jack(options.client) as backend:
        usual = Wiring(kept.send, kept.returned) if kept else None
        wiring = choose_wiring(backend, operator, options.send, options.returned, usual, options.freewheel)
        operator.say(told.format(**{"send": wiring.send, "return": wiring.returned}))
        if not agreed(operator, "Is everything wired like this?", "--yes"):
            raise CaptureError("Nothing was played: change the wiring, or choose other ports with --send and --return.")
        with TapeDeck(backend) as deck:
            connect(backend, wiring)
            with freewheeling(backend, options.freewheel):
                yield backend, deck, wiring
