"""One line on stderr while the compiler works: how far it is, and how long it takes yet."""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
import time
from collections.abc import Collection, Iterator

from .waiting_parts import Parts

EVERY_S = 0.5
WORTH_SAYING_S = 1.0
TEMPORARY = "rig-compiled-"  # begins the name of a folder that ends with this process; see rig/dsp/native/build.py


@contextlib.contextmanager
def shown(parts: Parts, names: Collection[str], later: str) -> Iterator[None]:
    """The line, as long as those of the parts are compiled; without a terminal, a sentence before and one after.

    `later`: what is said at the end of the parts that are still left.
    """
    count, left_s = parts.left(names)
    if left_s < WORTH_SAYING_S:
        yield
        return
    is_live, began, done = sys.stderr is not None and sys.stderr.isatty(), time.monotonic(), threading.Event()
    kept = ", kept for later starts" if _is_kept() else ""
    if not is_live:
        _write(f"Compiling rig for this CPU: {count} parts{kept} ...\n")

    def follow() -> None:
        while not done.is_set():
            left, left_s = parts.left(names)
            said = f"Compiling rig for this CPU{kept}: {count - left}/{count}, {_about(left_s)} left"
            _write(f"\r\x1b[K{said[: shutil.get_terminal_size().columns - 1]}")
            done.wait(EVERY_S)

    follower = threading.Thread(target=follow, daemon=True)
    if is_live:
        follower.start()
    try:
        yield
    finally:
        done.set()
        if is_live:
            follower.join()
            _write("\r\x1b[K")
    more, _ = parts.left(parts.names)
    said = f"Compiled {count} parts of rig for this CPU in {time.monotonic() - began:.0f} s"
    _write(f"{said}; {more} more follow {later}.\n" if more else f"{said}.\n")


def _is_kept() -> bool:
    """Whether a later start finds what is compiled now."""
    from ...dsp.native.build import cache_directory

    return not cache_directory().name.startswith(TEMPORARY)


def _about(seconds: float) -> str:
    """A figure that does not pretend: whole seconds, above 20 in steps of five."""
    return f"{max(round(seconds), 1)} s" if seconds < 20.0 else f"{5 * round(seconds / 5.0)} s"


def _write(text: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):  # nobody reads it
        stream = getattr(sys.stderr, "raw", sys.stderr)  # the line is drawn with what steers a terminal
        stream.write(text)
        stream.flush()
