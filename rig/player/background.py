"""Work that must not hold up the keys: done in a thread of its own, the answer fetched when it is there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from ..errors import RigError

Answer = TypeVar("Answer")
Job = Callable[[], Answer]


class BackgroundJobs(Generic[Answer]):
    """Jobs done one after the other. `newest_only`: what was asked for and not begun gives way to what is asked now.

    A job raises RigError for what a player can act on. One thread only may call the methods.
    """

    def __init__(self, newest_only: bool) -> None:
        self._newest_only = newest_only
        self._jobs: list[Job[Answer]] = []
        self._answers: list[Answer | RigError] = []
        self._working = False
        self._changed = threading.Condition()

    def ask(self, job: Job[Answer]) -> None:
        """Have a job done."""
        with self._changed:
            if self._newest_only:
                self._jobs.clear()
                self._answers.clear()
            self._jobs.append(job)
            if not self._working:
                self._working = True
                threading.Thread(target=self._work, name="rig background job", daemon=True).start()

    @property
    def waiting(self) -> bool:
        """Whether an answer is to come, or has not been fetched."""
        with self._changed:
            return self._working or bool(self._answers)

    def answer(self, timeout_s: float = 0.0) -> Answer | None:
        """The next answer, once; None if there is none yet. Raises what the job raised."""
        with self._changed:
            self._changed.wait_for(lambda: self._answers or not self._working, timeout_s)
            answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, RigError):
            raise answer.with_traceback(None)
        return answer

    def finish(self, timeout_s: float) -> None:
        """Wait until all is done; a file that is being written shall be complete."""
        with self._changed:
            self._changed.wait_for(lambda: not self._working, timeout_s)

    def _work(self) -> None:
        is_working = True
        while is_working:
            with self._changed:
                job = self._jobs.pop(0)
            answer: Answer | RigError
            try:
                answer = job()
            except RigError as error:
                answer = error
            except Exception as error:  # a mistake of ours must not stop the music either
                answer = RigError(f"rig failed ({type(error).__name__}: {error}); please report it.")
            with self._changed:  # the last answer and the end in one step: who has fetched it waits for nothing more
                if not (self._newest_only and self._jobs):
                    self._answers.append(answer)
                self._working = is_working = bool(self._jobs)
                self._changed.notify_all()
