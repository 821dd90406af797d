"""Models measured beside the music: a thread of its own, in which one model after the other is measured and kept.

After its loudness, what a model folds back is measured, as trained and at the next quality, for whoever asks later.

The answer is there at once where a model was measured before. Else it is waited for a moment, as a usual model is
measured before a player notices; what takes longer arrives later and is heard of by `arrived`.
"""

from __future__ import annotations

import contextlib
import queue
import threading

from ...dsp.network.quality import QUALITIES
from ...library import measured_aliasing
from ...library.measured_loudness import Measured, known, measure
from ...nam import Model

PATIENCE_S = 0.5  # a usual model takes a tenth of it


class Measuring:
    """Measures in the background, whichever model was asked for last; a model passed over meanwhile is left out."""

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[tuple[Model, queue.SimpleQueue[Measured | None] | None]] = queue.SimpleQueue()
        self._pending: tuple[Model, queue.SimpleQueue[Measured | None]] | None = None
        self._thread: threading.Thread | None = None

    def of(self, model: Model, patience_s: float = 0.0) -> Measured | None:
        """What is known about a model; None: it is being measured, and `arrived` will tell."""
        found = known(model)
        if found is not None:
            self._pending = None
            if not measured_aliasing.known(model):
                self._ask(model, None)
            return found
        answer: queue.SimpleQueue[Measured | None] = queue.SimpleQueue()
        self._pending = model, answer
        self._ask(model, answer)
        return self._answer(patience_s)

    def _ask(self, model: Model, answer: queue.SimpleQueue[Measured | None] | None) -> None:
        self._asked.put((model, answer))
        if self._thread is None:
            # A daemon: the end of the program does not wait for a model of many times real time.
            self._thread = threading.Thread(target=self._work, name="measuring", daemon=True)
            self._thread.start()

    def arrived(self) -> tuple[Model, Measured] | None:
        """What has been measured since the last question, once."""
        if self._pending is None:
            return None
        model, found = self._pending[0], self._answer(0.0)
        return None if found is None else (model, found)

    def _answer(self, patience_s: float) -> Measured | None:
        if self._pending is None:
            return None
        try:
            found = self._pending[1].get(timeout=patience_s) if patience_s else self._pending[1].get_nowait()
        except queue.Empty:
            return None
        self._pending = None
        return found

    def _work(self) -> None:
        while True:
            asked = self._asked.get()
            while not self._asked.empty():
                asked = self._asked.get()
            model, answer = asked
            if answer is not None:
                try:
                    answer.put(measure(model))
                except Exception:  # what is wrong with a model is said where it is played; here it only has no level
                    answer.put(None)
            if self._asked.empty():
                with contextlib.suppress(Exception):  # likewise
                    measured_aliasing.measure(model, QUALITIES[:2])
