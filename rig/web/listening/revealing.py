"""What a listener's page shows at his end, where that is wanted: what each sound was, and what all have come to so far.

The figures of all are computed in a thread: sounds are read and checked for them, and others go on rating meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from ...compare.listening.prepared import Prepared
from ...compare.listening.sitting import Sitting
from ...errors import RigError
from ..merge_patch import Json


class Revealing:
    """Of one test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._all: Json | None = None
        self._is_busy = self._is_old = False

    def of(self, sitting: Sitting) -> Json:
        """For a listener who has finished; `all` null: not computed yet."""
        scores: dict[tuple[str, str], list[int]] = {}
        for each in sitting.revealed():
            scores.setdefault((each.condition.kind, each.condition.name), []).append(each.score)
        conditions = [(each.kind, each.name) for each in sitting.test.conditions]
        return {
            "mine": [{"kind": kind, "name": name, "scores": scores[kind, name]} for kind, name in conditions],
            "all": self._all,
        }

    def renew(self, done: Callable[[], None]) -> None:
        """Compute what all have come to anew, and call `done` from another thread."""
        with self._lock:
            if self._is_busy:
                self._is_old = True  # once more, when that is done
                return
            self._is_busy = True
        threading.Thread(target=self._work, args=(done,), name="rig results", daemon=True).start()

    def _work(self, done: Callable[[], None]) -> None:
        while True:
            found = self._computed()
            with self._lock:
                self._all = found
                again, self._is_old = self._is_old, False
                self._is_busy = again
            done()
            if not again:
                return

    def _computed(self) -> Json:
        from ...compare.listening.results import report

        try:
            found = report(Prepared.open(self._folder))
        except RigError as error:
            return {"listeners": 0, "left_out": 0, "unfinished": 0, "conditions": [], "sentences": [str(error)]}
        heard = [
            {
                "mean": each.spread.mean,
                "low": each.mean_interval[0] if each.mean_interval is not None else None,
                "high": each.mean_interval[1] if each.mean_interval is not None else None,
            }
            for each in found.heard
        ]
        return {
            "listeners": len(found.counting),
            "left_out": len(found.scores) - len(found.counting),
            "unfinished": len(found.unfinished),
            "conditions": heard,
            "sentences": list(found.sentences),
        }
