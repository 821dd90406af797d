"""libjack beyond JACK-Client: native callbacks, latency ranges, and calls that must not hang.

JACK-Client opens clients, registers and connects ports. It has no way to register a callback that is not Python, so
the handles it keeps private (`_ptr`) are read here, and only here, and given to libjack through ctypes.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from ..dsp.jit import Entry
from ..errors import BackendError
from . import jack_callbacks

T = TypeVar("T")

ANSWER_S = 5.0  # a server that needs longer than this for one request is stuck


@cache
def library() -> tuple[Any, ctypes.CDLL]:
    """The module `jack` and libjack itself, its messages silenced.

    Raises `BackendError` where JACK is not installed: importing JACK-Client loads libjack.
    """
    try:
        import jack

        libjack = ctypes.CDLL(jack._libname)
    except (OSError, ImportError) as error:
        raise BackendError(
            "JACK is not installed (its library, libjack, was not found): install it, for example with "
            "`apt install jackd2` on Debian or `brew install jack` on macOS."
        ) from error
    for name in ("jack_set_error_function", "jack_set_info_function"):
        getattr(libjack, name)(jack_callbacks.on_message.pointer)
    return jack, libjack


def handle(item: Any) -> int:
    """The C pointer behind a client or port of JACK-Client."""
    jack, _ = library()
    return int(jack._ffi.cast("uintptr_t", item._ptr))


def version() -> str | None:
    """What libjack calls itself: "1.9.21", or "3.0.0.0 (using PipeWire 1.2.7)"; None where it does not say."""
    _, libjack = library()
    try:
        function = libjack.jack_get_version_string
    except AttributeError:
        return None
    function.restype = ctypes.c_char_p
    said = function()
    return said.decode(errors="replace") if said else None


def function_address(name: str) -> int:
    """Where a function of libjack starts."""
    _, libjack = library()
    return ctypes.cast(getattr(libjack, name), ctypes.c_void_p).value or 0


def thread_id_function() -> int:
    """Where `gettid` starts; 0 where thread numbers mean nothing to the scheduler's calls."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return ctypes.cast(ctypes.CDLL(None).gettid, ctypes.c_void_p).value or 0
    except AttributeError:  # an old C library
        return 0


def register(client: Any, setter: str, callback: Entry, state: int) -> None:
    """Have libjack call a compiled callback with `state` as its argument; before the client is activated."""
    _, libjack = library()
    getattr(libjack, setter)(ctypes.c_void_p(handle(client)), callback.pointer, ctypes.c_void_p(state))


class _LatencyRange(ctypes.Structure):
    _fields_ = (("least", ctypes.c_uint32), ("most", ctypes.c_uint32))


def latency_range(port: Any, playback: bool = False) -> tuple[int, int]:
    """Least and most frames since capture (or until playback) of what passes a port, as the server knows them."""
    _, libjack = library()
    found = _LatencyRange()
    libjack.jack_port_get_latency_range(ctypes.c_void_p(handle(port)), int(playback), ctypes.byref(found))
    return found.least, found.most


def recompute_latencies(client: Any) -> None:
    """Have the server ask every client for its latencies again."""
    _, libjack = library()
    libjack.jack_recompute_total_latencies(ctypes.c_void_p(handle(client)))


def ask(call: Callable[[], T], late: Callable[[T], Any] | None = None, patience_s: float = ANSWER_S) -> T:
    """Make a call that waits for the server, but not for ever, and so that Ctrl-C works meanwhile.

    A stuck server answers nothing, and `jack_client_close` can block when the server has died. Raises `BackendError`
    when there is no answer; if one comes after all, `late` is called with it.
    """
    answer: list[T] = []
    errors: list[BaseException] = []
    lock, given_up = threading.Lock(), threading.Event()

    def run() -> None:
        try:
            value = call()
        except BaseException as error:
            errors.append(error)
            return
        with lock:
            if not given_up.is_set():
                answer.append(value)
                return
        if late is not None:
            with contextlib.suppress(Exception):
                late(value)

    thread = threading.Thread(target=run, name="rig-jack-request", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the interpreter is ending and starts no thread any more
        run()
    else:
        try:
            thread.join(patience_s)
        finally:
            with lock:
                given_up.set()  # also on Ctrl-C
    if errors:
        raise errors[0]
    if not answer:
        raise BackendError("The JACK server does not answer: restart it.")
    return answer[0]
