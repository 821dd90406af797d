"""Whether a process is still there, asked without touching it."""

from __future__ import annotations

import os
import sys

QUERY, STILL_ACTIVE, ACCESS_DENIED = 0x1000, 259, 5  # PROCESS_QUERY_LIMITED_INFORMATION, of winnt.h and winerror.h


def is_alive(process: int) -> bool:
    """Whether there is a process of that number, whoever owns it."""
    if process == os.getpid():
        return True
    if sys.platform == "win32":  # signal 0 is Ctrl-C there
        return _is_alive_on_windows(process)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's
        return True
    return True


if sys.platform == "win32":
    import ctypes

    def _is_alive_on_windows(process: int) -> bool:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = ctypes.c_void_p
        handle = ctypes.c_void_p(kernel.OpenProcess(QUERY, 0, ctypes.c_uint32(process)))
        if not handle:
            return bool(ctypes.get_last_error() == ACCESS_DENIED)  # another user's
        try:
            code = ctypes.c_uint32()
            return bool(kernel.GetExitCodeProcess(handle, ctypes.byref(code))) and code.value == STILL_ACTIVE
        finally:
            kernel.CloseHandle(handle)
