"""Calls into an audio library that may never return, with an end to waiting."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import BackendError

T = TypeVar("T")

ANSWER_S = 5.0  # a server or driver that needs longer than this for one request is stuck
JACK_IS_SILENT = "The JACK server does not answer: restart it."


def ask(
    call: Callable[[], T],
    late: Callable[[T], Any] | None = None,
    patience_s: float = ANSWER_S,
    silent: str = JACK_IS_SILENT,
) -> T:
    """Make a call that waits for a server or a device, but not for ever, and so that Ctrl-C works meanwhile.

    A stuck server answers nothing, and `jack_client_close` can block when the server has died. Raises `BackendError`
    with the sentence `silent` when there is no answer; if one comes after all, `late` is called with it.
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

    thread = threading.Thread(target=run, name="rig-audio-request", daemon=True)
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
        raise BackendError(silent)
    return answer[0]
