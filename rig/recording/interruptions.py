"""Notices, by a clock, that for a while nothing came to be recorded: the server was stopped, hung, or was restarted.

The audio thread counts the frames of a take, and where no cycle comes it counts none: a take would be shorter than what
was played, with a cut in it that nobody can find again. A clock goes on. What it is ahead of the frames by swings by a
period or two, and stays where it is; a jump of it is what is missing.
"""

from __future__ import annotations

from collections import deque

SHORTEST_S = 0.3  # a longer one is an interruption; JACK's longest period is 0.17 s, and xruns are counted elsewhere
REMEMBERED_S = 2.0  # how far back it is looked how much the clock is ahead: no clock runs away from another so fast


class Interruptions:
    """Of one take. Ask `missing` at least every `SHORTEST_S`."""

    def __init__(self, sample_rate: float) -> None:
        self.sample_rate = sample_rate
        self._ahead: deque[tuple[float, float]] = deque()  # (when, clock ahead of the frames in s), while frames came
        self._frames = 0

    def missing(self, now_s: float, frames: int) -> int:
        """How many frames are missing right behind those that had come at the last question.

        `frames`: of the take until now. What is missing is known once something comes again; then it counts once.
        """
        if frames == self._frames:
            return 0
        self._frames = frames
        ahead_s = now_s - frames / self.sample_rate
        missing = self._since_s(ahead_s)
        if missing > SHORTEST_S:
            self._ahead.clear()
        self._ahead.append((now_s, ahead_s))
        while self._ahead[0][0] < now_s - REMEMBERED_S:
            self._ahead.popleft()
        return round(missing * self.sample_rate) if missing > SHORTEST_S else 0

    def missing_at_the_end(self, now_s: float) -> int:
        """How many frames are missing behind the last one, for a take that ends now."""
        missing = self._since_s(now_s - self._frames / self.sample_rate)
        return round(missing * self.sample_rate) if missing > SHORTEST_S else 0

    def _since_s(self, ahead_s: float) -> float:
        """How much farther the clock is ahead than it was while frames came."""
        return ahead_s - min(each for _, each in self._ahead) if self._ahead else 0.0
