"""Either model of a row changes while a sine sounds: it is one fade, nothing is heard beside it, nothing allocated."""

from __future__ import annotations

import numpy as np
import pytest
from allocations import rtsys
from fades import FADE, HZ, MORE_DB, PEAK, beside_the_notes, ideal
from rigs import A2, NANO, RATE, Bench, model, sine

from rig.errors import RigError
from rig.lane import Lane
from rig.nam import Row
from rig.sound import Sound

AROUND = 2048  # samples before and behind a fade that are looked at


def rows():
    """Rows of which each two neighbours have one model in common, in the first place or in the second."""
    nano, a2 = model(NANO), model(A2)
    return [Row.of(nano, a2), Row.of(a2, a2), Row.of(a2, nano), Row.of(nano, nano)]


def always(row, x):
    """What a lane puts out that has played this row all along."""
    return Sound(row, interface=None, level_mode="raw").render(x, RATE).astype(float)


def swap(bench, x, rows, gap, block=64):
    """Play x, and go on to the next row every `gap` samples: what came out, and where each fade was asked for."""
    bench.engine.play({0: Lane(RATE, rows[0].network())})
    bench.settle(RATE)
    pieces, asked = [bench.process(x[:RATE])], []
    for at in range(RATE, x.size - gap + 1, gap):
        asked.append(at)
        bench.engine.play({0: Lane(RATE, rows[len(asked) % len(rows)].network())})
        pieces.append(bench.process(x[at : at + gap]))
        assert bench.engine.poll() or bench.engine.poll()
    return np.concatenate(pieces), asked


def check(swaps):
    gap = 6000
    x, played = sine(RATE + swaps * gap, HZ, PEAK), rows()
    bench = Bench()
    y, asked = swap(bench, x, played, gap)
    always_played = [always(row, x) for row in played]
    worst = -np.inf
    for count, at in enumerate(asked, 1):
        old, new = always_played[(count - 1) % len(played)], always_played[count % len(played)]
        around = slice(at - AROUND, at + FADE + AROUND)
        wanted = ideal(old, new, at)[around]
        loudest = np.abs(wanted).max()
        assert np.abs(y[around] - wanted).max() < 1e-3 * loudest
        worst = max(worst, beside_the_notes(y[around]) - beside_the_notes(wanted))
    assert len(asked) == swaps
    assert worst <= MORE_DB
    return worst


def test_a_swap_of_either_model_is_the_ideal_fade_between_two_rendered_outputs():
    check(swaps=8)


@pytest.mark.soak
def test_two_hundred_swaps_of_either_model_are_the_ideal_fade():
    print(f"worst beside the notes, re the ideal fade: {check(swaps=200):+.2f} dB")


def test_the_figure_finds_a_swap_without_a_fade():
    x, played = sine(2 * RATE, HZ, PEAK), rows()
    old, new = always(played[0], x), always(played[2], x)
    at = RATE + int(np.argmax(np.abs(old - new)[RATE : RATE + 200]))  # where the two differ most
    hard = np.concatenate([old[:at], new[at:]])
    around = slice(at - AROUND, at + FADE + AROUND)
    assert beside_the_notes(hard[around]) > beside_the_notes(ideal(old, new, at)[around]) + MORE_DB


def test_a_row_and_its_trim_allocate_nothing_and_the_trim_fades():
    bench, row = Bench(), rows()[0]
    lane = Lane(RATE, row.network())
    bench.engine.play({0: lane})
    bench.settle(RATE)
    x = sine(RATE, HZ, PEAK)
    bench.process(x)
    before = rtsys.get_allocation_stats()
    lane.set_between_gain_db(row.between_gain_db - 12.0)
    y = bench.process(x)
    after = rtsys.get_allocation_stats()
    assert (after.alloc, after.mi_alloc) == (before.alloc, before.mi_alloc)
    softer = always(row.changed(between_trim_db=-12.0), np.concatenate([x, x]))[RATE + 4000 :]
    assert np.abs(y[4000:] - softer).max() < 1e-3 * np.abs(softer).max()
    steady = always(row, np.concatenate([x, x]))[RATE - AROUND : RATE]
    faded = np.concatenate([steady, y[: FADE + AROUND]])
    jumped = np.concatenate([steady, always(row.changed(between_trim_db=-12.0), np.concatenate([x, x]))[RATE:]])
    assert beside_the_notes(faded) < beside_the_notes(jumped[: faded.size]) - MORE_DB


def test_a_first_model_that_answers_with_no_number_is_silenced_and_both_start_afresh(tmp_path):
    import json

    # A model whose answer lies beyond all that is a sound.
    content = {"version": "0.5.4", "architecture": "Linear", "sample_rate": RATE}
    content |= {"config": {"receptive_field": 1, "bias": False}, "weights": [1e8]}
    (tmp_path / "wild.nam").write_text(json.dumps(content))
    row = Row.of(model(tmp_path / "wild.nam"), model(NANO))
    bench = Bench()
    bench.engine.play({0: Lane(RATE, row.network(), input_gain_db=0.0)})
    bench.settle(RATE)
    y = bench.process(100 * sine(RATE, HZ, PEAK))
    assert np.isfinite(y).all()
    assert bench.engine.faults().model_faults > 0
    bench.engine.play({0: Lane(RATE, model(NANO).network())})
    bench.settle(RATE)
    assert np.abs(bench.process(sine(RATE, HZ, PEAK))).max() > 1e-3


def test_a_meter_stands_between_the_two():
    bench, row = Bench(), rows()[0]
    lane = Lane(RATE, row.network())
    bench.engine.play({0: lane})
    bench.settle(RATE)
    bench.process(sine(RATE, HZ, PEAK))
    first = always(row.first, sine(2 * RATE, HZ, PEAK))[RATE:]
    heard_db = 20 * np.log10(np.abs(first).max()) + row.between_gain_db
    assert bench.engine.plays_a_row
    bench.engine.reading("between")
    bench.process(sine(RATE, HZ, PEAK))
    assert bench.engine.reading("between").peak_dbfs == pytest.approx(heard_db, abs=0.5)
    bench.engine.play({0: Lane(RATE, model(NANO).network())})
    assert not bench.engine.plays_a_row
    assert bench.engine.reading("between").peak_dbfs == -np.inf


def test_a_row_that_cannot_be_leaves_what_plays():
    with pytest.raises(RigError):
        rows()[0].changed(off="both")
