"""The audio thread as the operating system sees it: its number, and the priority it really has."""

from __future__ import annotations

import ctypes
import os
import sys

from ..dsp.native.address import NOWHERE, Address


def thread_id_function() -> Address:
    """Where `gettid` starts; 0 where thread numbers mean nothing to the scheduler's calls."""
    if not sys.platform.startswith("linux"):
        return NOWHERE
    try:
        return Address(ctypes.cast(ctypes.CDLL(None).gettid, ctypes.c_void_p).value or 0)
    except AttributeError:  # an old C library
        return NOWHERE


def priority_of(thread: int) -> int | None:
    """Real-time priority of a thread, 0 for an ordinary one, `None` where the system does not say.

    `thread` is what `gettid` answered in it, 0 if it was not asked.
    """
    if not thread or not sys.platform.startswith("linux") or not hasattr(os, "sched_getscheduler"):
        return None
    try:
        if os.sched_getscheduler(thread) & ~getattr(os, "SCHED_RESET_ON_FORK", 0) == os.SCHED_OTHER:
            return 0
        return os.sched_getparam(thread).sched_priority
    except OSError:  # the thread has ended
        return None
