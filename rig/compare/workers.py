"""A pool of worker processes for independent jobs; the parent works too.

So nothing waits while the others start, which takes each of them a second or two, and one that dies (out of memory,
say) only leaves its job to the rest. `concurrent.futures.ProcessPoolExecutor` does neither: its parent waits, and one
worker that is killed breaks the pool and loses every job that is left (BrokenProcessPool).
"""

from __future__ import annotations

import contextlib
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from ..errors import RigError

Job = TypeVar("Job")
Result = TypeVar("Result")
Answer = Callable[[], Any]  # gives the result of a job, or raises what it raised


class WorkerPool:
    """`others` worker processes beside this one, which begin to get ready at once.

    `prepare` is called here first and then in each of them: what it compiles here they find in the cache.
    """

    def __init__(self, others: int, prepare: Callable[[], Any]) -> None:
        self._workers: list[tuple[Any, Any, Lock]] = []
        self._threads: list[Thread] = []
        if others <= 0:
            return
        prepare()
        context = get_context("spawn")  # a forked copy of a process in which threads run may hang
        for _ in range(others):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, prepare), name="rig shares work", daemon=True)
            process.start()
            theirs.close()  # so that its end is noticed
            self._workers.append((process, ours, Lock()))

    def share(
        self, jobs: Sequence[Job], work: Callable[..., Result], tell: Callable[[Any], None], message: Any
    ) -> Iterator[Result]:
        """`work(job)` for every job, in the order in which they end; the others do `tell(message)` first.

        An error that `work` raises anywhere is raised here. It may be called again and again: one that is not ready yet
        when all is done joins in the next time.
        """
        to_do, answers = deque(jobs), SimpleQueue[Answer | None]()

        def feed(line: Connection, turn: Lock) -> None:
            job = None
            # The thread of an earlier call may still wait for it to get ready: two would take each other's answers.
            with turn, contextlib.suppress(OSError, EOFError, RigError):  # it has died, or cannot be told
                if to_do:
                    _ask(line, tell, message)()
                while (job := _next(to_do)) is not None:
                    answers.put(_ask(line, work, job))
            if job is not None:
                to_do.append(job)
            answers.put(None)  # look again, there may be a job left

        self._threads = [thread for thread in self._threads if thread.is_alive()]
        for _, line, turn in self._workers:
            self._threads.append(Thread(target=feed, args=(line, turn), name="rig shares work", daemon=True))
            self._threads[-1].start()
        missing = len(jobs)
        while missing:
            job = _next(to_do)
            if job is not None:
                yield work(job)
                missing -= 1
            while missing and (job is None or not answers.empty()):
                answer = answers.get()
                if answer is None:
                    break
                yield answer()
                missing -= 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process, _, _ in self._workers:
            process.terminate()  # it has nothing that could be left half done
        for thread in self._threads:
            thread.join()  # they notice
        for _, line, _ in self._workers:
            line.close()


def _next(jobs: deque[Job]) -> Job | None:
    try:
        return jobs.popleft()
    except IndexError:
        return None


def _ask(line: Connection, work: Callable[[Any], Any], argument: Any) -> Answer:
    line.send((work, argument))
    answer: Answer = line.recv()
    return answer


def _serve(line: Connection, prepare: Callable[[], Any]) -> None:
    """What another process does: jobs, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the one who asks
    prepare()
    while True:
        try:
            work, argument = line.recv()
        except (OSError, EOFError):
            return
        try:
            answer: Answer = _Given(work(argument))
        except Exception as error:
            answer = _Raised(error)
        line.send(answer)


class _Given:
    def __init__(self, result: Any) -> None:
        self.result = result

    def __call__(self) -> Any:
        return self.result


class _Raised:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self) -> Any:
        raise self.error
