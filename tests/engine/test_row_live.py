"""Two models in a row on a real JACK server: two hundred swaps without a click, five minutes without a missed cycle."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
from allocations import rtsys
from fades import FADE, HZ, MORE_DB, PEAK, beside_the_notes, best_start, ideal
from jackclients import Deck
from jackserver import JACKD_IS_MISSING
from rigs import NANO, RATE, dc_blocked, guitar, model, sine
from test_live import _played_from_loop, live, standard, whole_take  # noqa: F401  # two are fixtures
from test_row_swaps import AROUND, rows
from watched import OWN_SHARE

from rig.cabinet.ir import IR
from rig.dsp.tone.equalizer import EqBand
from rig.engine import LOOP, Cabinet
from rig.lane import Lane
from rig.nam import Row
from rig.sound import Sound

pytestmark = [pytest.mark.soak, pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")]
WANTED, MOST_TAKES = 200, 30  # swaps; a busy machine leaves fewer of a take apart from each other
MINUTES = 5
PERIOD = 512  # samples
RECURS = 3840  # cycles of 64 frames, 5.12 s: whole partitions of the cabinet


@pytest.fixture
def unhurried(jack_server):
    """The server with long cycles, which a busy machine seldom tears: the sound of a fade is no matter of time."""
    with Deck("unhurried", jack_server.name) as deck:
        before, deck.client.blocksize = deck.client.blocksize, PERIOD
        yield
        deck.client.blocksize = before


@pytest.mark.usefixtures("unhurried")
def test_two_hundred_live_swaps_of_either_model_are_the_ideal_fade(live):  # noqa: F811
    engine, backend, _ = live
    played = rows()
    engine.loop(sine(120 * RATE, HZ, PEAK))
    engine.play({0: Lane(RATE, played[0].network(), source=LOOP)})
    assert engine.wait_until_steady()
    time.sleep(1.5)  # the loop began in the middle of the sine
    allocated = rtsys.get_allocation_stats()
    worst, count = -np.inf, 0
    for seed in range(MOST_TAKES):
        if count >= WANTED:
            break
        began, y, sounds = whole_take(engine, backend, played, [None], seed)
        y = y.astype(float)
        x = _played_from_loop(engine, began - 2 * RATE, y.size + 2 * RATE)
        always = [dc_blocked(row.render(x))[2 * RATE :] for row in played]
        for (_, before, old, _), (start, _, new, _) in pairwise(sounds):
            if not AROUND < before < start + AROUND < y.size:
                continue
            off, at = best_start(y, always[old], always[new], before - FADE, start)
            around = slice(at - FADE, at + 2 * FADE)
            wanted = ideal(always[old][around], always[new][around], FADE)
            assert off < 1e-3 * np.abs(wanted).max()
            worst, count = max(worst, beside_the_notes(y[around]) - beside_the_notes(wanted)), count + 1
    assert rtsys.get_allocation_stats().alloc == allocated.alloc  # neither callback nor control side
    print(f"{count} swaps, the worst {worst:+.2f} dB beside the notes re the ideal fade")
    assert count >= WANTED
    assert worst <= MORE_DB


def test_five_minutes_of_a_pedal_into_a_standard_at_4x_with_a_long_cabinet_miss_no_cycle(live, standard):  # noqa: F811
    engine, backend, watch = live
    engine.loop(guitar(RECURS * 64 + engine.fade_samples))  # whose ends are joined: whole blocks
    rng = np.random.default_rng(1)
    taps = rng.standard_normal(2048) * np.exp(-np.arange(2048) / 300)
    cabinet = IR.from_taps((0.05 * taps).astype(np.float32), RATE, name="2048 taps")
    bands = [EqBand("peak", 200.0 * 2**k, 3.0, before=k < 2, between=2 <= k < 4) for k in range(6)]
    sound = Sound(Row.of(model(NANO), standard), interface=None, quality=4, eq=bands, bass_db=3.0, treble_db=-2.0)
    engine.play({0: sound.with_loudness().lane(RATE, LOOP)}, Cabinet(cabinet))
    assert engine.wait_until_steady()
    watch.recurs(RECURS)
    watch.begin(backend)
    allocated = rtsys.get_allocation_stats()
    time.sleep(60 * MINUTES)
    assert rtsys.get_allocation_stats().alloc == allocated.alloc
    watch.end()
    told, longest_ns = watch.told(), int(watch.least_ns.max())
    print(f"a usual cycle takes {told['usual_us'][0] * 1e3 / watch.period_ns:.0%} of the period; the longest of the")
    print(f"{RECURS} that recur {longest_ns / watch.period_ns:.0%}; the machine's doing included, {watch.longest:.0%}")
    print(f"of {told['cycles']}, over half of it: {len(watch.machines)} by the machine's doing")
    print(f"and {len(watch.ours)} perhaps by ours: {told['ours']}")
    assert engine.reading("output").rms_dbfs > -80
    assert watch.longest > 0
    assert not engine.suspended  # nothing was given up for an overload, or the times are those of silence
    assert told["missed"] == []
    assert longest_ns < OWN_SHARE * watch.period_ns
