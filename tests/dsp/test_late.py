"""Rooms: responses with a late part, against direct convolution in float64, and evenly made."""

import numpy as np
import pytest
from allocations import rtsys
from judge import error_db
from numba.core.runtime import _nrt_python
from rigs import RATE, Bench, dc_blocked
from scipy.signal import fftconvolve
from test_convolve import Player, noise, thousand_calls

from rig.cabinet.ir import IR
from rig.dsp.convolver import kernels as cv
from rig.dsp.convolver.convolver import convolve_offline
from rig.dsp.convolver.filter import Filter
from rig.dsp.convolver.late import FIRST_TAP, SLICES, TICKS, Q
from rig.dsp.convolver.spectrum import P
from rig.dsp.native.compile import entry
from rig.dsp.native.pointers import record
from rig.engine import Cabinet
from rig.lane import Lane

# As in test_convolve.py: float32 leaves about -132 dB here.
ACCURACY_DB = -125
BLOCKS = [1, 16, 48, 64, 100, 128, 441, 480, 1024]
READY_S = 0.06  # the longest a room may need before its fade begins


def room(seed, taps):
    """Noise that decays by 26 dB: loud to its end, so that nothing late is missed unseen."""
    decay = np.exp(-3 * np.arange(taps) / taps)
    return (noise(seed, taps) * decay / np.sqrt(taps)).astype(np.float32)


def direct(x, taps):
    return fftconvolve(x.astype(np.float64), taps.astype(np.float64))[: len(x)]


# ---------------------------------------------------------------- exact
@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("taps", [FIRST_TAP + 1, FIRST_TAP + Q, FIRST_TAP + Q + 1, 48000])
def test_every_block_size_gives_the_direct_convolution(taps, block):
    x, h = noise(1, 70000), room(2, taps)
    assert error_db(convolve_offline([Filter(h)], x, block)[0], direct(x, h)) < ACCURACY_DB


@pytest.mark.parametrize("sizes", [(64, 128, 1, 0, 63, 256), (48, 208), (1, 255, 127), (100, 41, 3)])
def test_mixed_calls_give_the_direct_convolution(sizes):
    x, h = noise(1, 70000), room(2, 30000)
    assert error_db(Player(h, max_taps=30000).play(x, sizes), direct(x, h)) < ACCURACY_DB


@pytest.mark.parametrize("block", BLOCKS)
def test_short_and_long_stereo_filters_and_a_mix_in_time_share_a_line(block):
    x = noise(1, 60000)
    left, right, cab = room(2, 40000), room(3, 21000), room(4, 2048)
    mix = 0.7 * left.astype(np.float64)
    mix[300 : 300 + cab.size] -= 0.5 * cab
    taps = [left, right, cab, mix.astype(np.float32)]
    outputs = convolve_offline([Filter(h) for h in taps], x, block)
    wanted = [direct(x, left), direct(x, right), direct(x, cab)]
    delayed = np.concatenate([np.zeros(300), wanted[2]])[: x.size]
    for y, want in zip(outputs, [*wanted, 0.7 * wanted[0] - 0.5 * delayed], strict=True):
        assert error_db(y, want) < ACCURACY_DB


def test_ten_seconds_at_48_khz_are_exact_around_the_ring_of_the_line():
    x, h = noise(1, 1_300_000), room(2, 480_000)
    assert error_db(convolve_offline([Filter(h)], x, 64)[0], direct(x, h)) < ACCURACY_DB


@pytest.mark.soak
def test_ten_seconds_at_192_khz_are_exact():
    x, h = noise(1, 4_200_000), room(2, 1_920_000)
    assert error_db(convolve_offline([Filter(h)], x, 64)[0], direct(x, h)) < ACCURACY_DB


# ---------------------------------------------------------------- switched in
def until_ready(player, x, at, voice, filter_, call=64):
    """Feed on from sample `at` until the voice is ready; returns where that is."""
    player.line.attach(voice, filter_)
    while not ready(player.line, voice, filter_):
        player.call(x[at : at + call])
        at += call
    return at


@entry("llll")
def ask_ready(line, voice, filter_):
    return 1 if cv.voice_ready(record(line, cv.LINE), voice, filter_) else 0


def ready(line, voice, filter_):
    return bool(ask_ready(line.address, voice, filter_.address))


@pytest.mark.parametrize("start", [100, Q + 50, 5 * Q, 5 * Q + 4 * P, 5 * Q + 1000, 6 * Q - 700, 6 * Q - P, 20 * Q - 1])
@pytest.mark.parametrize("voice", [0, 3])
def test_a_room_knows_the_past_as_soon_as_it_is_ready(start, voice):
    """At any moment of the late part's work, and it stays exact."""
    x, h = noise(1, 130_000), room(2, 50_000)
    player, filter_ = Player(max_taps=60_000), Filter(h)
    for voice_ in {0, 3} - {voice}:
        player.set(voice_, room(5, 30_000))  # another one is at work all the time
    player.play(x[:start], (64,))
    began = until_ready(player, x, start, voice, filter_)
    assert began - start <= READY_S * RATE
    y = player.play(x[began:], (64,), voice)
    want = direct(x, h)[began:]
    assert error_db(y, want) < ACCURACY_DB
    assert error_db(y[:256], want[:256]) < -110  # few samples, so a wider bound


def test_ten_seconds_are_ready_as_soon_again_and_again():
    x = noise(1, 800_000)
    player = Player(room(3, 480_000), max_taps=480_000)
    h = room(2, 480_000)
    player.play(x[:600_000], (64,))
    until = until_ready(player, x, 600_000, 1, Filter(h))
    assert until - 600_000 <= READY_S * RATE
    both = player.play(x[until:700_000], (64,), 1)
    assert error_db(both, direct(x, h)[until:700_000]) < ACCURACY_DB
    player.set(1, None)
    player.play(x[700_000:720_000], (64,))
    until = until_ready(player, x, 720_000, 1, Filter(h))
    assert until - 720_000 <= READY_S * RATE
    y = player.play(x[until:], (64,), 1)
    assert error_db(y, direct(x, h)[until:]) < ACCURACY_DB


def test_a_short_filter_is_ready_at_once_and_a_room_before_anything_has_been_played_after_one_block():
    player = Player(max_taps=60_000)
    assert ready(player.line, 0, Filter(room(1, FIRST_TAP)))
    late = Filter(room(1, FIRST_TAP + 1))
    assert not ready(player.line, 0, late)
    player.line.attach(0, late)
    player.call(np.zeros(P))
    assert ready(player.line, 0, late)


def test_a_voice_that_changes_from_room_to_room_plays_nothing_of_the_first():
    x, first, second = noise(1, 120_000), room(2, 40_000), room(3, 30_000)
    player, filter_ = Player(first, max_taps=60_000), Filter(second)
    player.play(x[:60_000], (64,))
    until = until_ready(player, x, 60_000, 0, filter_)
    assert error_db(player.play(x[until:], (100,)), direct(x, second)[until:]) < ACCURACY_DB


def test_clear_forgets_all_input():
    x, h = noise(1, 60_000), room(2, 40_000)
    player, fresh = Player(h, max_taps=60_000), Player(h, max_taps=60_000)
    player.play(noise(8, 77_777), (100,))
    player.line.clear()
    np.testing.assert_array_equal(player.play(x, (100,)), fresh.play(x, (100,)))


# ---------------------------------------------------------------- even
def test_the_late_work_is_spread_evenly_over_all_blocks():
    """No block does more than its share of the sums, nor more than one transform; a voice that hurries is bounded."""
    player, h = Player(max_taps=480_000), Filter(room(2, 200_000))
    x = noise(1, P)
    state = player.line.state["voices"][0]["late"]
    for _ in range(60 * TICKS + 5):
        player.call(x)
    player.line.attach(0, h)
    steps, was_ready = {False: [], True: []}, False
    for _ in range(4 * TICKS):
        made, slices = int(state["made"]), int(state["slices"])
        player.call(x)
        new = int(state["slices"]) - slices
        steps[was_ready].append(new if int(state["made"]) == made else 0)
        was_ready = was_ready or ready(player.line, 0, h)
        assert was_ready == ready(player.line, 0, h)  # once ready, for ever ready
    assert len(steps[False]) < READY_S * RATE / P
    assert 2048 // h.late_rows >= max(steps[False]) > SLICES // 24
    assert max(steps[True]) == -(-SLICES // 24)


@pytest.mark.parametrize("frames", [48, 128])
def test_a_thousand_calls_allocate_nothing(frames):
    player = Player(room(1, 48000), room(2, 9000), max_taps=480_000)
    x = noise(1, frames)
    _nrt_python.memsys_enable_stats()
    thousand_calls(cv.convolve.address, player.line.address, x.ctypes.data, frames)
    before = rtsys.get_allocation_stats()
    thousand_calls(cv.convolve.address, player.line.address, x.ctypes.data, frames)
    after = rtsys.get_allocation_stats()
    assert (after.alloc, after.mi_alloc) == (before.alloc, before.mi_alloc)


# ---------------------------------------------------------------- through the engine
@pytest.mark.parametrize("block", [64, 441])
@pytest.mark.parametrize("channels", [1, 2])
def test_both_rooms_are_exact_through_the_whole_fade(block, channels):
    bench, x = Bench(block), noise(1, 4 * RATE) * np.float32(0.1)
    rooms = [np.stack([room(10 * k + side, RATE) for side in range(channels)]) for k in (1, 2)]
    old, new = (Cabinet(IR.from_taps(taps, RATE)) for taps in rooms)
    bench.engine.play({0: Lane(RATE)}, old)
    bench.settle(RATE)
    change = 2 * RATE // block * block
    y = [bench.stereo(x[:change])]
    bench.engine.play(cabinet=new)
    y = np.concatenate([*y, bench.stereo(x[change:])])
    bus = dc_blocked(x)
    for side in range(channels):
        before, after = direct(bus, rooms[0][side]), direct(bus, rooms[1][side])
        fade = bench.engine._arena[1].astype(np.float64)
        errors = {}
        chunk_starts = (change + call + chunk for call in range(0, int(READY_S * RATE), block) for chunk in (0, 256))
        for start in chunk_starts:  # a fade begins with a chunk
            rise = np.concatenate([np.zeros(start), fade, np.ones(x.size - start - fade.size)])
            errors[start] = error_db(y[:, side], before + rise * (after - before))
        assert min(errors.values()) < -110
        settled = slice(change + int(READY_S * RATE) + 2 * block + fade.size, None)
        assert error_db(y[settled, side], after[settled]) < -110
        assert error_db(y[:change, side], before[:change]) < -110


def test_the_same_room_handed_over_again_goes_on_without_a_trace():
    bench, x = Bench(), noise(1, 3 * RATE) * np.float32(0.1)
    taps = room(1, RATE)
    cabinet = Cabinet(IR.from_taps(taps, RATE))
    bench.engine.play({0: Lane(RATE)}, cabinet)
    bench.settle(RATE)
    pieces = [bench.process(x[: RATE + 1000])]
    for _ in range(2):
        bench.engine.play(cabinet=cabinet)
    pieces.append(bench.process(x[RATE + 1000 :]))
    y = np.concatenate(pieces)
    assert error_db(y, direct(dc_blocked(x), taps)) < -110
