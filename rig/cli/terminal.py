"""The terminal: keys without Enter, lines that fit, progress of long work, and an end that is polite."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import select
import shutil
import signal
import socket
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Self, TextIO

from ..scripting.printable import printable

_ARROWS = ("up", "down", "right", "left", "home", "end")
_ESCAPES = {
    **{f"{start}{end}": name for start in "[O" for end, name in zip("ABCDHF", _ARROWS, strict=True)},
    "[1~": "home",
    "[7~": "home",
    "[4~": "end",
    "[8~": "end",
    "[5~": "pageup",
    "[6~": "pagedown",
}
_NAMED = {"\n": "enter", "\r": "enter", "\t": "tab", "\x7f": "backspace", "\b": "backspace"}
_GAP = re.compile(r"(?<=\S) {2,}(?=\S)")  # behind a label, which has a column of its own in front of a text
_SEQUENCE = re.compile("\x1b(\\[[0-?]*[ -/]*[@-~]|O[A-Z])?")  # an escape alone, or what a special key sends


class Keys:
    """Single keys from the terminal, as a context manager that puts the terminal back.

    Where standard input is no terminal there are no keys, and nothing is changed.
    """

    def __init__(self) -> None:
        self._before: Any = None
        self._is_console = False  # of Windows
        self._to_continue: Any = None
        self.is_woken = False
        self.was_stopped = False  # by Ctrl-Z, and goes on
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")

    def __enter__(self) -> Self:
        if sys.platform == "win32":
            self._is_console = sys.stdin is not None and sys.stdin.isatty()
        else:
            with _no_terminal_is_no_error():
                import termios

                before = termios.tcgetattr(sys.stdin)
                _to_single_keys()
                self._before = before
            if self.present and threading.current_thread() is threading.main_thread():
                self._to_continue = signal.signal(signal.SIGCONT, self._go_on)  # after Ctrl-Z and `fg`
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if sys.platform == "win32":
            return
        if self._to_continue is not None:
            signal.signal(signal.SIGCONT, self._to_continue)
        if self.present:
            with _no_terminal_is_no_error():  # it may have been closed
                import termios

                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def _go_on(self, *_: Any) -> None:
        self.was_stopped = True
        if sys.platform != "win32":
            _to_single_keys()

    @property
    def present(self) -> bool:
        """Whether keys can be read at all."""
        return self._before is not None or self._is_console

    def wait(self, seconds: float, *wakers: socket.socket) -> list[str]:
        """Wait at most so long; the keys pressed meanwhile, special ones by name: up, home, tab, enter, escape, ...

        `wakers`: the wait ends as well when one of them can be read; `is_woken` says so.
        """
        end_if_asked()
        self.is_woken = False
        if not self.present and not wakers:
            time.sleep(seconds)
            return []
        if sys.platform == "win32" and self._is_console:
            from .display.windows_console import pressed_within

            pressed, self.is_woken = pressed_within(seconds, wakers)
            end_if_asked()
            return [_NAMED.get(key, key) for key in pressed]
        sources: list[Any] = [sys.stdin] if self.present else []
        ready, _, _ = select.select([*sources, *wakers], [], [], seconds)
        self.is_woken = any(waker in ready for waker in wakers)
        if sys.stdin not in ready or not self.present:
            return []
        try:
            sent = os.read(sys.stdin.fileno(), 4096)
        except OSError:
            sent = b""
        if not sent:  # the terminal was closed
            raise KeyboardInterrupt
        return _keys(self._decoder.decode(sent))


def line_within(seconds: float, waker: socket.socket) -> bool:
    """Whether standard input has something to read, within so many seconds or until `waker` can be read."""
    if sys.platform == "win32":
        from .display.windows_console import typed_within

        return not sys.stdin.isatty() or typed_within(seconds, waker)
    return sys.stdin in select.select([sys.stdin, waker], [], [], seconds)[0]


if sys.platform != "win32":

    def _to_single_keys(*_: Any) -> None:
        with _no_terminal_is_no_error():
            import tty

            if not _is_in_background():
                tty.setcbreak(sys.stdin)

    def _is_in_background() -> bool:
        """Whether the terminal belongs to another job; touching its settings would stop us."""
        try:
            return os.tcgetpgrp(sys.stdin.fileno()) != os.getpgrp()
        except OSError:  # not a terminal that has jobs
            return False


@contextlib.contextmanager
def _no_terminal_is_no_error() -> Iterator[None]:
    """Standard input may be a file, closed, or a terminal that has gone; some systems know no termios."""
    try:
        yield
    except (ImportError, OSError, ValueError, AttributeError, TypeError):
        pass
    except Exception as error:  # termios.error is no subclass of OSError
        if type(error).__name__ != "error":
            raise


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


def fitted(text: str, columns: int | None = None) -> str:
    """Lines broken between words where they do not fit the terminal, what follows below the text behind the label.

    >>> print(fitted("Note     you hear the guitar late", 24))
    Note     you hear the
             guitar late
    """
    columns = shutil.get_terminal_size().columns if columns is None else columns
    return "\n".join(part for line in text.split("\n") for part in _fitted(line, columns))


def _fitted(line: str, columns: int) -> list[str]:
    if len(line) <= columns:
        return [line]
    labels = [gap.end() for gap in _GAP.finditer(line) if gap.end() < columns // 2]
    indent = labels[-1] if labels else len(line) - len(line.lstrip())
    head, text = line[:indent], line[indent:]
    wrapper = textwrap.TextWrapper(columns, head, " " * indent, break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(text) or [line]


class Harmless:
    """A stream of text through which names from elsewhere cannot steer the terminal; `raw`: the stream itself.

    `fits`: on a terminal lines are broken between words, see `fitted`.
    """

    def __init__(self, stream: TextIO, fits: bool = False) -> None:
        self.raw, self._fits = stream, fits and stream.isatty()

    @classmethod
    def of(cls, stream: TextIO, fits: bool = False) -> Any:
        """Around a stream; None stays None: a process may have none."""
        return stream if stream is None or isinstance(stream, cls) else cls(stream, fits)

    def write(self, text: str) -> int:
        """Write it, with an escape in place of what cannot be seen."""
        text = printable(text, keep="\n\t")
        return self.raw.write(fitted(text) if self._fits else text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


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
        stream = getattr(sys.stderr, "raw", sys.stderr)
        figures = f" [{'#' * filled}{'.' * (30 - filled)}] {percent:3d} %  {left:4.0f} s left"
        room = max(0, shutil.get_terminal_size().columns - 1 - len(figures))
        stream.write(f"\r{printable(self._what)[:room]}{figures}{end}")
        stream.flush()


class _Asked:
    to_end = False  # by a signal; no lock, as a signal may come in while one is held
    was_heard = False  # its KeyboardInterrupt was raised


def end_if_asked() -> None:
    """Raise the KeyboardInterrupt of a signal that came in and was lost; see `ending_politely`."""
    if _Asked.to_end:
        _Asked.was_heard = True
        raise KeyboardInterrupt


def _imports(frame: FrameType | None) -> bool:
    """Whether a module is being imported there, or a text run as code."""
    while frame is not None and frame.f_back is not None:  # the outermost is that of `python -m` or `python -c`
        if frame.f_code.co_filename in ("<string>", "<frozen importlib._bootstrap>"):
            return True
        frame = frame.f_back
    return False


@contextlib.contextmanager
def ending_politely() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end a command; each raises KeyboardInterrupt.

    An exception that comes in at any moment may be lost: in a callback from C, as while something is compiled, there is
    nobody to pass it on. So it is noted as well, and whoever waits for keys or shows a meter raises it again. While a
    module is imported it waits, as half a module is worse than none, and as Python, once an `exec` of a text has been
    interrupted (dataclasses do that), ends itself by SIGINT whatever the exit code.
    """
    if threading.current_thread() is not threading.main_thread():  # where Python lets nobody handle signals
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        _Asked.to_end = True
        if _imports(frame):
            later = threading.Timer(0.02, once_more, (number,))
            later.daemon = True
            later.start()
            return
        _Asked.was_heard = True
        raise KeyboardInterrupt

    main = threading.get_ident()

    def once_more(number: int) -> None:
        if _Asked.was_heard:
            return
        if sys.platform == "win32":
            signal.raise_signal(number)
        else:
            signal.pthread_kill(main, number)  # to it and no other, so that it wakes from whatever it waits for

    _Asked.was_heard = False

    signals = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    # What was to be ignored from the start stays so: that is what nohup is for.
    before = {number: signal.signal(number, stop) for number in signals if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield
    finally:
        _Asked.to_end, _Asked.was_heard = False, True
        for number, handler in before.items():
            signal.signal(number, handler)
