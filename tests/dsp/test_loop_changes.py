"""A loop that becomes another one, or another section of itself, while it plays: heard as a fade, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import RATE, Bench, jump, sine

from rig.engine import LOOP
from rig.lane import Lane

FADE = 480  # samples


def playing(loop, block=64):
    bench = Bench(block)
    bench.engine.loop(loop)
    bench.engine.play({0: Lane(RATE, source=LOOP)})
    bench.settle()
    bench.process(np.zeros(RATE))
    return bench


def place(bench):
    """The next sample of the recording."""
    loop = bench.engine.record["sources"][LOOP]["loop"]
    tape = next(tape for tape in bench.engine._playing.values() if tape.address == int(loop["playing"]))
    return int(tape.record["origin_samples"]) + int(tape.record["position_samples"])


@pytest.mark.parametrize("block", [1, 64, 1000])
def test_another_loop_fades_in_over_the_old_one(block):
    bench = playing(sine(4 * RATE, hz=220.0, peak=0.3), block)
    steady = jump(bench.process(np.zeros(RATE)))
    bench.engine.loop(np.full(RATE, 0.0, np.float32))
    y = bench.process(np.zeros(RATE // 2))
    assert jump(y) < 2 * steady
    assert np.abs(y[: FADE // 4]).max() > 0.2  # the old one is still there
    assert np.abs(y[RATE // 4 :]).max() < 1e-3


def test_another_section_that_holds_the_place_of_now_is_not_heard_at_all():
    loop = sine(4 * RATE, hz=220.0, peak=0.3) * np.linspace(0.2, 1, 4 * RATE, dtype=np.float32)
    one, other = playing(loop), playing(loop)
    at = place(other)
    other.engine.loop(loop[at - RATE // 4 :], at - RATE // 4)
    np.testing.assert_allclose(one.process(np.zeros(RATE)), other.process(np.zeros(RATE)), atol=1e-6)
    assert place(one) == place(other)


def test_a_section_elsewhere_begins_at_its_beginning_with_a_fade():
    loop = sine(4 * RATE, hz=220.0, peak=0.3)
    bench = playing(loop)
    steady, at = jump(bench.process(np.zeros(RATE // 2))), place(bench)
    bench.engine.loop(loop[: RATE // 4], 0)
    y = bench.process(np.zeros(RATE))
    assert at > RATE // 4
    assert jump(y) < 3 * steady  # the fade, and the seams of the section
    assert place(bench) < RATE // 4


def test_what_faded_out_is_freed_and_not_before():
    bench = playing(sine(RATE))
    old = bench.engine._playing["loop"]
    bench.engine.loop(sine(RATE, hz=300.0))
    bench.process(np.zeros(64 * 4))
    bench.engine.poll()
    assert any(tape is old for _, tape in bench.engine._tapes)
    bench.process(np.zeros(FADE + 64))
    bench.engine.poll()
    assert bench.engine._tapes == []


def test_many_changes_within_one_fade_end_with_the_last():
    loop = sine(4 * RATE, hz=220.0, peak=0.3)
    bench = playing(loop)
    for at in range(20):
        bench.engine.loop(loop[at * 1000 : at * 1000 + RATE], at * 1000)
        bench.process(np.zeros(64))
        bench.engine.poll()
    bench.process(np.zeros(2 * FADE))
    bench.engine.poll()
    assert bench.engine._tapes == []
    assert int(bench.engine._playing["loop"].record["origin_samples"]) == 19 * 1000 + FADE
    assert place(bench) >= 19 * 1000
