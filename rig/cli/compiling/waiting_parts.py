"""What is still to be compiled, and who does it: this process until it has what it needs, others to the very end."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from .compile_helper import Helper

if TYPE_CHECKING:
    from ...dsp.native.compile import Entry

# How long the longest take, in seconds of one slow core: only the ratios count. `prepare_filter` is reckoned behind
# `convolve`, whose transform it shares: to whoever compiled that, it is a third of the work.
SECONDS = {
    "rig.dsp.network.interpreter.run": 9.5,
    "rig.chain.block": 8.0,
    "rig.dsp.convolver.kernels.convolve": 3.0,
    "rig.handover.publish": 2.2,
    "rig.backends.cycle.silence": 1.4,
    "rig.backends.jack.callbacks.on_process": 1.3,
    "rig.dsp.combined.row.run_row": 1.2,
    "rig.dsp.network.oversampled.run_oversampled": 1.1,
    "rig.dsp.combined.blend.run_blend": 0.8,
    "rig.dsp.network.resampled.run_rated": 0.7,
    "rig.dsp.convolver.filter.prepare_filter": 0.6,
    "rig.capture.take.tape_deck.deck_block": 0.6,
}
SHORT_S = 0.2  # of the rest
MOST_HELPERS = 3  # a few hundred MB each
LEAST_PARTS = 6  # for each helper, which has to start first


class Parts:
    """Parts that are not on disk, the longest of those that are needed `first` in front, made by so many `helpers`."""

    def __init__(self, waiting: list[Entry], first: Collection[str], helpers: int) -> None:
        self._waiting = sorted(waiting, key=lambda entry: (entry.name not in first, -seconds_of(entry.name)))
        self.names = frozenset(entry.name for entry in waiting)
        self._began: dict[str, float] = {}  # what is being compiled, since when
        self._scale: tuple[float, float] = 0.0, 0.0  # seconds that finished parts took, and what the table says
        self._changed = threading.Condition()
        self._helpers: list[Helper] = []
        self._count = helpers
        self._threads: list[threading.Thread] = []
        self._is_stopped = False

    def begin_helping(self) -> None:
        """Start the other processes."""
        while len(self._threads) < self._count and not self._is_stopped:
            self._threads.append(threading.Thread(target=self._with_help, daemon=True, name="rig compile helper"))
            self._threads[-1].start()

    def help_at_least(self, count: int) -> None:
        """That many other processes, from now on."""
        self._count = max(self._count, count)
        self.begin_helping()

    def complete(self, names: Collection[str]) -> None:
        """Return when those of the parts are on disk; this process compiles what nobody else has begun."""
        while True:
            with self._changed:
                left = [entry for entry in self._waiting if entry.name in names]
                if not left:
                    if not any(name in names for name in self._began):
                        return
                    self._changed.wait()
                    continue
                self._take(left[0])
            try:
                left[0].compile()
            except BaseException:  # Ctrl-C
                self._undone(left[0])
                raise
            self._done(left[0])

    def left(self, names: Collection[str]) -> tuple[int, float]:
        """How many of those are not on disk, and about how many seconds that takes."""
        with self._changed:
            now, (took, expected) = time.monotonic(), self._scale
            waiting = [entry.name for entry in self._waiting if entry.name in names]
            begun = {name: now - began for name, began in self._began.items() if name in names}
        factor = took / expected if expected > 1.0 else 1.0
        # What takes longer than it should says, too, how slow the machine is.
        factor = max([factor, *(1.1 * since / seconds_of(name) for name, since in begun.items())])
        running = [seconds_of(name) * factor - since for name, since in begun.items()]
        total = sum(running) + sum(seconds_of(name) * factor for name in waiting)
        return len(waiting) + len(begun), max([total / (1 + len(self._threads)), *running])

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        with self._changed:
            return not self._waiting and not self._began and not self._is_stopped

    def stop(self) -> None:
        """Begin nothing more, and let nobody go on."""
        with self._changed:
            self._is_stopped = True
            self._waiting.clear()
            for helper in self._helpers:
                helper.close()

    def _take(self, entry: Entry) -> None:
        self._waiting.remove(entry)
        self._began[entry.name] = time.monotonic()

    def _done(self, entry: Entry) -> None:
        with self._changed:
            took, expected = self._scale
            took += time.monotonic() - self._began.pop(entry.name)
            self._scale = took, expected + seconds_of(entry.name)
            self._changed.notify_all()

    def _undone(self, entry: Entry) -> None:
        with self._changed:
            del self._began[entry.name]
            if not self._is_stopped:
                self._waiting.insert(0, entry)
            self._changed.notify_all()

    def _with_help(self) -> None:
        """All there is, through another process; what that cannot do is left to others."""
        with contextlib.suppress(OSError), contextlib.closing(Helper()) as helper:
            with self._changed:
                self._helpers.append(helper)
            while True:
                with self._changed:
                    if self._is_stopped or not self._waiting:
                        return
                    entry = self._waiting[0]
                    self._take(entry)
                if helper.compile(entry.name):
                    self._done(entry)
                    continue
                self._undone(entry)
                return


def seconds_of(name: str) -> float:
    """How long a part takes, on one slow core."""
    return SECONDS.get(name, SHORT_S)


def helpers_for(count: int) -> int:
    """How many processes help with so many parts: one for each other core, where what they make can be found."""
    from ...dsp.native.build import is_shared

    return min((os.cpu_count() or 1) - 1, MOST_HELPERS, count // LEAST_PARTS) if is_shared() else 0
