"""Jobs shared with other processes: all are done once, whatever becomes of the others."""

from __future__ import annotations

import os
import signal
import time

import pytest

from rig.compare.workers import WorkerPool
from rig.errors import CompareError

_told: list[int] = []


def ready() -> None:
    """Nothing has to be prepared."""


def tell(number: int) -> None:
    _told.append(number)


def where(job: int) -> tuple[int, int, bool]:
    time.sleep(0.02)
    return job, os.getpid(), bool(_told)


def deadly(job: int) -> int:
    """Kills whoever does it elsewhere."""
    time.sleep(0.02)
    if _told:
        os.kill(os.getpid(), signal.SIGKILL)
    return job


def wrong(job: int) -> int:
    time.sleep(0.02)
    if _told:
        raise CompareError("This file cannot be judged.")
    return job


def test_every_job_is_done_once_here_and_elsewhere():
    with WorkerPool(2, ready) as crew:
        done = list(crew.share(range(300), where, tell, 1))
    assert sorted(job for job, _, _ in done) == list(range(300))
    assert len({pid for _, pid, _ in done}) == 3
    assert {told for _, pid, told in done if pid != os.getpid()} == {True}  # they were told first
    assert {told for _, pid, told in done if pid == os.getpid()} == {False}


def briefly(job: int) -> tuple[int, int]:
    time.sleep(0.004)
    return job, os.getpid()


def test_shares_that_end_before_the_others_are_ready_are_not_mistaken_for_each_other():
    with WorkerPool(1, ready) as crew:
        batch, elsewhere, limit = 0, 0, time.monotonic() + 60
        while elsewhere < 5 and time.monotonic() < limit:  # many before it is ready, and many behind
            jobs = range(100 * batch, 100 * batch + 7)
            done = list(crew.share(jobs, briefly, tell, batch))
            assert sorted(job for job, _ in done) == list(jobs)
            elsewhere += any(pid != os.getpid() for _, pid in done)
            batch += 1
        assert elsewhere


def test_what_a_dead_worker_leaves_is_done_by_the_rest():
    with WorkerPool(1, ready) as crew:
        assert sorted(crew.share(range(150), deadly, tell, 1)) == list(range(150))


def test_what_goes_wrong_elsewhere_is_said_here():
    with pytest.raises(CompareError, match="cannot be judged"), WorkerPool(1, ready) as crew:
        list(crew.share(range(1000), wrong, tell, 1))


def test_nobody_stays_behind():
    with WorkerPool(2, ready) as crew:
        processes = [process for process, *_ in crew._workers]
    for process in processes:
        process.join(10)
        assert process.exitcode is not None


def test_alone_it_does_everything_itself():
    with WorkerPool(0, ready) as crew:
        assert [pid for _, pid, _ in crew.share(range(3), where, tell, 1)] == [os.getpid()] * 3
