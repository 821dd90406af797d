"""A minus B in a comparison: what is heard of it, how loud it is said to be, and that a blind test has none."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import A2, NANO, RATE, model
from studio import Gearbox, Studio, power_db

from rig.cabinet.ir import IR
from rig.compare.abx import BlindTest
from rig.errors import CompareError
from rig.sound import Sound


def two_models():
    return Studio(None, Sound(model(NANO)), b=Sound(model(A2)))


def gear():
    return Studio(Gearbox(300, -1, 0.5, A2))


def two_cabinets():
    a = Sound(model(NANO), IR.from_taps(np.r_[1.0, 0.5, np.zeros(60)], RATE))
    b = IR.from_taps(np.r_[np.zeros(7), 0.4, -0.2, np.zeros(53)], RATE)
    return Studio(None, a, b=a.changed(ir=b))


@pytest.mark.parametrize("made", [two_models, gear, two_cabinets])
def test_the_difference_is_as_loud_as_it_is_said_to_be(made):
    studio = made().start()
    samples = studio.comparer.passage.size
    a, difference = (studio.heard_from_the_start(f"hear_{what}", samples) for what in ("a", "difference"))
    assert studio.comparer.hearing == "difference"
    assert power_db(difference, a) == pytest.approx(studio.comparer.difference_db, abs=0.5)


def test_the_trim_of_b_counts_and_equal_sides_leave_nothing():
    studio = Studio(Gearbox(200, 1, 0.5, NANO)).start()
    assert studio.comparer.difference_db < -60
    studio.comparer.set("match_trim", 6.0206)
    assert studio.comparer.difference_db == pytest.approx(0.0, abs=0.1)  # 2 B - A is as loud as A
    studio.comparer.do("hear_difference")
    studio.play(RATE)
    samples = studio.comparer.passage.size
    a, difference = (studio.heard_from_the_start(f"hear_{what}", samples) for what in ("a", "difference"))
    assert power_db(difference, a) == pytest.approx(0.0, abs=0.1)


def test_a_blind_test_has_no_difference_to_hear(tmp_path):
    comparer = two_models().start().comparer
    comparer.blind(BlindTest.begin(tmp_path / "t.json", 5, comparer.setup(), keys=tmp_path))
    for name, value in (("hear_difference", None), ("hear", "difference")):
        with pytest.raises(CompareError, match="no difference to hear in a blind test"):
            comparer.commands.carry_out(name, value)
    assert comparer.hearing == "A"


def test_the_section_of_the_loop_can_be_moved_and_nothing_to_move_is_refused():
    studio = two_models().start()
    with pytest.raises(CompareError.__base__, match="start with --di FILE"):
        studio.comparer.commands.carry_out("loop_from", 0.5)
    studio.comparer.section.put(studio.comparer.passage)
    studio.comparer.set("loop_from", 0.5)
    assert studio.comparer.value("loop_from") == pytest.approx(0.5)
    studio.play(2 * RATE)
    assert studio.comparer.section.at_s >= 0.5
