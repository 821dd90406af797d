"""Quitting: one slip of the finger ends nothing that cannot be had again."""

from __future__ import annotations

import time

AGAIN_S = 10.0  # within which the second press ends it


class Leaving:
    """Asks before something would be lost: the same key once more, soon enough, means it."""

    def __init__(self) -> None:
        self._asked_at: float | None = None

    def question(self, losses: list[str]) -> str | None:
        """What to ask before leaving; None: leave. `losses`: what would be lost, in words; none, no question."""
        now = time.monotonic()
        if not losses or (self._asked_at is not None and now - self._asked_at < AGAIN_S):
            return None
        self._asked_at = now
        return f"{'; '.join(losses)}: press {{quit}} once more to end."
