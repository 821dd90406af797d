"""What a service manager and a service tell each other: systemd's datagrams one way, SIGHUP the other."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from types import FrameType


def notify(*lines: str) -> None:
    """Tell systemd, where it started this process (sd_notify(3)): one `NAME=value` for each line; else do nothing."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return
    name = f"\0{address[1:]}" if address.startswith("@") else address
    text = "\n".join(" ".join(line.split()) for line in lines)
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
        sending.sendto(text.encode(errors="replace"), name)


def ready(status: str) -> None:
    """It has started, or is done with reading everything anew. `status`: what it does now."""
    notify("READY=1", f"STATUS={status}")


def reloading() -> None:
    """Everything is read anew, until `ready`."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def ends() -> None:
    """It was asked to end."""
    notify("STOPPING=1", "STATUS=fades out")


class Hangup:
    """SIGHUP, as services take it: everything is to be read anew. `is_asked` until somebody puts it back."""

    def __init__(self) -> None:
        self.is_asked = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.is_asked = True

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Note the signal meanwhile; where it was to be ignored from the start (nohup) it stays so."""
        if sys.platform == "win32" or signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
            yield
            return
        before = signal.signal(signal.SIGHUP, self._note)
        try:
            yield
        finally:
            signal.signal(signal.SIGHUP, before)


def fill_streams() -> None:
    """Standard streams that whoever started us has closed are empty ones: no socket shall take their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            while os.open(os.devnull, os.O_RDWR) < number:
                pass
