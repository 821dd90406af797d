"""`rig`, whose page's thread dies whenever SIGUSR1 comes, as of an exception that nobody foresaw; rig starts another.

python tests/support/machine/mortal_rig.py play ...
"""

from __future__ import annotations

import signal
import sys
from typing import Any

from rig.cli import main
from rig.web.server import Server


class Mortal(Server):
    """One that can be reached from a signal."""

    latest: Server | None = None

    def start(self) -> None:
        """Serve, and be the one that dies next."""
        Mortal.latest = self
        super().start()


def die() -> None:
    """End the thread."""
    raise SystemExit


def on_signal(number: int, frame: Any) -> None:
    """The thread that serves now ends in the middle of whatever it does."""
    loop = Mortal.latest._loop if Mortal.latest is not None else None
    if loop is not None and not loop.is_closed():
        loop.call_soon_threadsafe(die)


if __name__ == "__main__":
    import rig.web.server

    rig.web.server.Server = Mortal  # type: ignore[misc]
    signal.signal(signal.SIGUSR1, on_signal)
    sys.exit(main(sys.argv[1:]))
