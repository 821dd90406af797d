"""Stepping back behind everything else that wants the processor: whoever plays misses no cycle for a scan.

Linux has a class for what runs only when nothing else does (SCHED_IDLE); with it nice 19, for what does not know that
class. macOS has a background state, Windows a priority class. None of them can be taken back without rights, so a
process that is somebody else's is left as it is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from multiprocessing import parent_process

NICEST = 19
DARWIN_PROCESS, DARWIN_BACKGROUND = 4, 0x1000  # PRIO_DARWIN_PROCESS, PRIO_DARWIN_BG of sys/resource.h
WINDOWS_IDLE = 0x40  # IDLE_PRIORITY_CLASS


def step_back() -> None:
    """The lowest priority for this process, this thread, and whatever they start from now on; what is refused stays."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, NICEST)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif sys.platform == "darwin":
        with contextlib.suppress(OSError):
            os.setpriority(DARWIN_PROCESS, 0, DARWIN_BACKGROUND)
    elif sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32")
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), WINDOWS_IDLE)


def step_back_in_a_worker() -> None:
    """The same where this process was started to share work; a process that asked for it stays as it is."""
    if parent_process() is not None:
        step_back()
