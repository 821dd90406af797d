"""Work in a thread of its own: whoever has fetched the last answer waits for nothing more."""

from __future__ import annotations

import sys

import pytest

from rig.errors import RigError
from rig.player.background import BackgroundJobs


@pytest.mark.parametrize("newest_only", [True, False])
def test_with_the_last_answer_the_work_has_ended(newest_only):
    jobs, before = BackgroundJobs(newest_only), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns wherever they can
    try:
        for number in range(3000):
            jobs.ask(lambda number=number: number)
            assert jobs.answer(20.0) == number
            assert not jobs.waiting
    finally:
        sys.setswitchinterval(before)


def test_answers_come_in_order_and_what_is_wrong_is_raised_in_its_place():
    def wrong():
        raise RigError("This one is wrong.")

    jobs = BackgroundJobs(newest_only=False)
    for job in (lambda: 1, wrong, lambda: 3):
        jobs.ask(job)
    assert jobs.answer(20.0) == 1
    with pytest.raises(RigError, match="This one is wrong"):
        jobs.answer(20.0)
    assert jobs.answer(20.0) == 3
    assert not jobs.waiting
