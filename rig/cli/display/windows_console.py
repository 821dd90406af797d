"""The console of Windows, which has no termios: keys by `msvcrt`, colours and cursor by a mode of the console.

`msvcrt` comes with Python. Packages for keys (readchar, for one) wait for the next key and nothing else; a session
has a page and meters to look after meanwhile.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from collections.abc import Sequence

LOOK_S = 0.01  # between two looks for a key: the console cannot be waited for together with a socket
OUTPUT, PROCESSED = -11, 0x0004  # STD_OUTPUT_HANDLE; ENABLE_VIRTUAL_TERMINAL_PROCESSING
FIRST = ("\x00", "\xe0")  # of the two characters of a special key
SPECIAL = dict(zip("HPMKGOIQ", ("up", "down", "right", "left", "home", "end", "pageup", "pagedown"), strict=True))
CTRL_C = "\x03"

if sys.platform == "win32":
    import ctypes
    import msvcrt

    def pressed_within(seconds: float, wakers: Sequence[socket.socket]) -> tuple[list[str], bool]:
        """What was typed within so many seconds, special keys by name; and whether one of `wakers` ended the wait."""
        until = time.monotonic() + seconds
        while True:
            keys = []
            while msvcrt.kbhit():
                keys += _key(msvcrt.getwch())
            left = until - time.monotonic()
            if keys or left <= 0:
                return keys, False
            if not wakers:  # Windows does not wait for nothing
                time.sleep(min(left, LOOK_S))
            elif select.select(wakers, [], [], min(left, LOOK_S))[0]:
                return [], True

    def _key(first: str) -> list[str]:
        if first == CTRL_C:
            raise KeyboardInterrupt
        if first not in FIRST or not msvcrt.kbhit():  # a letter may be one of those, too
            return [first]
        name = SPECIAL.get(msvcrt.getwch())
        return [] if name is None else [name]

    def typed_within(seconds: float, waker: socket.socket) -> bool:
        """Whether somebody has begun to type a line, within so many seconds or until `waker` can be read."""
        until = time.monotonic() + seconds
        while not msvcrt.kbhit():
            left = until - time.monotonic()
            if left <= 0 or select.select([waker], [], [], min(left, LOOK_S))[0]:
                return False
        return True

    def shows_escapes() -> bool:
        """Whether the console does what escape sequences say, from now on; those before Windows 10 show them."""
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetStdHandle.restype = ctypes.c_void_p
        console, mode = ctypes.c_void_p(kernel.GetStdHandle(OUTPUT)), ctypes.c_uint32()
        if not kernel.GetConsoleMode(console, ctypes.byref(mode)):
            return True  # a terminal that is no console of Windows: under a shell of Unix, say
        return bool(kernel.SetConsoleMode(console, mode.value | PROCESSED))
