"""A blind trial begins with side A, whatever was heard before it."""

from __future__ import annotations

import pytest
from rigs import A2, NANO, model
from studio import Studio, power_db

from rig.compare.abx import BlindTest
from rig.sound import Sound


@pytest.fixture(scope="module")
def studio():
    return Studio(None, Sound(model(NANO)), b=Sound(model(A2))).start()


@pytest.mark.parametrize("before", ["hear_a", "hear_b"])
def test_whatever_was_heard_before_a_trial_it_begins_with_a(studio, tmp_path, before):
    comparer, samples = studio.comparer, studio.comparer.passage.size
    a = studio.heard_from_the_start("hear_a", samples)
    b = studio.heard_from_the_start("hear_b", samples)
    comparer.trials.in_trial = False
    comparer.blind(BlindTest.begin(tmp_path / "t.json", 6, comparer.setup(), keys=tmp_path / "keys"))
    comparer.do(before)
    studio.play(9600)
    heard = studio.heard_from_the_start("begin_test", samples)
    # What the models heard before differs a little from time to time, and the sides from each other by far more.
    assert power_db(heard - a, a) < power_db(b - a, a) - 20
    assert comparer.hearing == "A"
