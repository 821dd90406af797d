"""The terminal while playing: one live line, sentences above it, keys without Enter, and progress of long work."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import select
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, TextIO

_ARROWS = ("up", "down", "right", "left", "home", "end")
_ESCAPES = {
    **{f"{start}{end}": name for start in "[O" for end, name in zip("ABCDHF", _ARROWS, strict=True)},
    "[1~": "home",
    "[7~": "home",
    "[4~": "end",
    "[8~": "end",
}
_NAMED = {"\n": "enter", "\r": "enter", "\t": "tab", "\x7f": "backspace", "\b": "backspace"}
_SEQUENCE = re.compile("\x1b(\\[[0-?]*[ -/]*[@-~]|O[A-Z])?")  # an escape alone, or what a special key sends


class Keys:
    """Single keys from the terminal, as a context manager that puts the terminal back.

    Where standard input is no terminal (or the system has no termios) there are no keys, and nothing is changed.
    """

    def __init__(self) -> None:
        self._before: Any = None
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")

    def __enter__(self) -> Self:
        try:
            import termios
            import tty

            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        except (ImportError, OSError, ValueError, AttributeError):
            self._before = None
        except Exception as error:  # termios.error is no subclass of OSError
            if type(error).__name__ != "error":
                raise
            self._before = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._before is not None:
            import termios

            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    @property
    def present(self) -> bool:
        """Whether keys can be read at all."""
        return self._before is not None

    def wait(self, seconds: float) -> list[str]:
        """Wait at most so long; the keys pressed meanwhile, special ones by name: up, home, tab, enter, escape, ..."""
        end_if_asked()
        if not self.present:
            time.sleep(seconds)
            return []
        ready, _, _ = select.select([sys.stdin], [], [], seconds)
        if not ready:
            return []
        sent = os.read(sys.stdin.fileno(), 4096)
        if not sent:  # the terminal was closed
            raise KeyboardInterrupt
        return _keys(self._decoder.decode(sent))


def _keys(text: str) -> list[str]:
    keys, at = [], 0
    while at < len(text):
        sequence = _SEQUENCE.match(text, at)
        if sequence is None:
            keys.append(_NAMED.get(text[at], text[at]))
            at += 1
            continue
        if sequence[1] is None:
            keys.append("escape")
        elif sequence[1] in _ESCAPES:
            keys.append(_ESCAPES[sequence[1]])
        at = sequence.end()
    return keys


class Screen:
    """Sentences that stay, and one line at the bottom that is rewritten; without a terminal the line comes seldom."""

    QUIET_S = 10.0  # between live lines in a log file

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream, self._live, self._last = stream, stream.isatty(), -self.QUIET_S

    def say(self, text: str) -> None:
        """One or more lines that stay."""
        self._stream.write(f"\r\x1b[K{text}\n" if self._live else f"{text}\n")
        self._stream.flush()

    def line(self, *forms: str) -> None:
        """The live line: the first of its forms that fits the terminal, or the last one, cut."""
        text = forms[0]
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            text = next((form for form in forms if len(form) <= width), forms[-1])
            self._stream.write(f"\r\x1b[K{text[:width]}")
            self._stream.flush()
        elif time.monotonic() - self._last >= self.QUIET_S:
            self._last = time.monotonic()
            self.say(text)

    def end(self) -> None:
        """Leave the live line."""
        if self._live:
            self._stream.write("\n")
            self._stream.flush()


class Progress:
    """A line with a percentage for work that takes longer than a moment; on stderr, only on a terminal."""

    def __init__(self, what: str) -> None:
        self._what, self._started, self._shown = what, time.monotonic(), -1

    def __call__(self, done: float) -> None:
        """`done` from 0 to 1."""
        percent = int(done * 100)
        if not sys.stderr.isatty() or percent == self._shown:
            return
        self._shown = percent
        filled = percent * 30 // 100
        left = (time.monotonic() - self._started) * (1 - done) / done if done > 0 else 0.0
        end = "\n" if percent >= 100 else ""
        sys.stderr.write(
            f"\r{self._what} [{'#' * filled}{'.' * (30 - filled)}] {percent:3d} %  {left:4.0f} s left{end}"
        )
        sys.stderr.flush()


class _Asked:
    to_end = False  # by a signal; no lock, as a signal may come in while one is held


def end_if_asked() -> None:
    """Raise the KeyboardInterrupt of a signal that came in and was lost; see `ending_politely`."""
    if _Asked.to_end:
        raise KeyboardInterrupt


@contextlib.contextmanager
def ending_politely() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end a command; each raises KeyboardInterrupt.

    An exception that comes in at any moment may be lost: in a callback from C, as while something is compiled, there is
    nobody to pass it on. So it is noted as well, and whoever waits for keys or shows a meter raises it again.
    """
    if threading.current_thread() is not threading.main_thread():  # where Python lets nobody handle signals
        yield
        return

    def stop(*_: Any) -> None:
        _Asked.to_end = True
        raise KeyboardInterrupt

    signals = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # What was to be ignored from the start stays so: that is what nohup is for.
    before = {number: signal.signal(number, stop) for number in signals if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield
    finally:
        _Asked.to_end = False
        for number, handler in before.items():
            signal.signal(number, handler)
