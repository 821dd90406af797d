"""A server, or a sound card, that is not there yet: it is waited for, and that is said."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...errors import BackendError
from ..compiling.first_start import ensure
from ..open_backend import opened
from ..terminal import end_if_asked
from .service import notify, ready

if TYPE_CHECKING:
    from ...backends.base import Backend

TRY_S = 1.0  # between two tries
LOOK_S = 0.1  # between two looks whether to end


def awaited(options: argparse.Namespace, say: Callable[[str], None]) -> Backend:
    """The backend of the options, as soon as it can be opened; meanwhile what is not compiled yet is."""
    told = ""
    while True:
        try:
            return opened(options)
        except BackendError as error:
            if str(error) != told:
                say(f"Waiting  {error} rig goes on trying." if not told else f"         {error}")
                if told:
                    notify(f"STATUS=waits: {error}")
                else:
                    ready(f"waits: {error}")
                    ensure()
            told = str(error)
        until = time.monotonic() + TRY_S
        while time.monotonic() < until:
            end_if_asked()
            time.sleep(LOOK_S)
