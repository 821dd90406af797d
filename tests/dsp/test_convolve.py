"""The partitioned convolver against direct convolution in float64."""

import numpy as np
import pytest
from allocations import rtsys
from judge import error_db
from numba.core.runtime import _nrt_python

from rig import errors
from rig.dsp.convolver import kernels as cv
from rig.dsp.convolver.convolver import Convolver, convolve_offline
from rig.dsp.convolver.filter import Filter
from rig.dsp.convolver.spectrum import P
from rig.dsp.native.compile import entry
from rig.dsp.native.memory import Layout
from rig.dsp.native.pointers import foreign

RNG_SEED = 7
call_convolve = foreign("v", "l", "l", "l")
LENGTH = 5000


def noise(seed, samples):
    return np.random.default_rng(seed).standard_normal(samples).astype(np.float32)


def response(seed, taps):
    """Decaying noise, about as a cabinet rings."""
    return (noise(seed, taps) * np.exp(-np.arange(taps) / 500)).astype(np.float32)


def direct(x, taps):
    """What it has to be: plain convolution in double precision, as long as x."""
    return np.convolve(x.astype(np.float64), taps.astype(np.float64))[: len(x)]


class Player:
    """Feeds one line call by call, as the engine does, with a filter per voice."""

    def __init__(self, *taps, max_taps=16384):
        self.line = Convolver(max_taps)
        for voice, h in enumerate(taps):
            self.set(voice, h)

    def set(self, voice, taps):
        self.line.attach(voice, None if taps is None else Filter(taps))

    def call(self, x, voice=0):
        x = np.ascontiguousarray(x, np.float32)
        cv.convolve(self.line.address, x.ctypes.data, len(x))
        return self.line.outs[voice][: len(x)].copy()

    def play(self, x, sizes, voice=0):
        """`sizes` is repeated until x ends."""
        out, at, turn = [], 0, 0
        while at < len(x):
            size = sizes[turn % len(sizes)]
            out.append(self.call(x[at : at + size], voice))
            at, turn = at + size, turn + 1
        return np.concatenate(out)


# float32 has -150 dB per operation; 128-point transforms and sums over thousands of taps leave about -134 dB.
ACCURACY_DB = -125


@pytest.mark.parametrize("taps", [1, 2, 127, 128, 129, 512, 2048, 8192])
@pytest.mark.parametrize("block", [1, 16, 48, 64, 100, 128, 256, 1000])
def test_every_block_size_gives_the_direct_convolution(taps, block):
    x, h = noise(RNG_SEED, LENGTH), response(taps, taps)
    assert error_db(convolve_offline([Filter(h)], x, block)[0], direct(x, h)) < ACCURACY_DB


@pytest.mark.parametrize(
    "sizes", [(64, 128, 1, 0, 63, 256), (128, 7, 121, 128), (200, 56, 256), (3, 5, 250, 11, 97), (0, 0, 130)]
)
@pytest.mark.parametrize("taps", [1, 129, 2048])
def test_mixed_calls_give_the_direct_convolution(taps, sizes):
    x, h = noise(RNG_SEED, LENGTH), response(taps, taps)
    assert error_db(Player(h).play(x, sizes), direct(x, h)) < ACCURACY_DB


def test_random_calls_give_the_direct_convolution():
    x, h = noise(RNG_SEED, 20000), response(3, 3000)
    sizes = np.random.default_rng(5).integers(0, cv.MAX_CHUNK + 1, 1000)
    assert error_db(Player(h).play(x, sizes), direct(x, h)) < ACCURACY_DB


def test_an_impulse_comes_out_at_once():
    """No latency: the first tap is heard in the very sample that goes in."""
    h = response(1, 700)
    x = np.zeros(1000, np.float32)
    x[0] = 1
    for block in (1, 64, 128, 256):
        y = convolve_offline([Filter(h)], x, block)[0]
        np.testing.assert_allclose(y[:700], h, atol=1e-6)


def test_four_voices_share_a_line():
    x = noise(RNG_SEED, LENGTH)
    taps = [response(k, n) for k, n in enumerate((1, 300, 2048, 8000))]
    for block in (48, 128):
        outputs = convolve_offline([Filter(h) for h in taps], x, block)
        for y, h in zip(outputs, taps, strict=True):
            assert error_db(y, direct(x, h)) < ACCURACY_DB


@pytest.mark.parametrize("sizes", [(64,), (128,), (37,), (256,), (1,)])
def test_a_filter_switched_in_is_exact_from_its_first_sample(sizes):
    """In the middle of a block too, where the tail of the old filter has been made already."""
    x, old, new = noise(RNG_SEED, LENGTH), response(1, 1500), response(2, 4000)
    at = 2479 // sizes[0] * sizes[0]
    player = Player(old)
    before = player.play(x[:at], sizes)
    player.set(0, new)
    after = player.play(x[at:], sizes)
    assert error_db(before, direct(x, old)[:at]) < ACCURACY_DB
    assert error_db(after, direct(x, new)[at:]) < ACCURACY_DB
    assert error_db(after[: sizes[0]], direct(x, new)[at : at + sizes[0]]) < -100  # few samples, so a wider bound


def test_a_voice_turned_on_late_knows_the_past():
    """Input is remembered while no voice is on, longer than the ring of the line goes round."""
    x, h = noise(RNG_SEED, 60000), response(2, 8000)
    player = Player(max_taps=8192)
    player.play(x[:50100], (100,))
    player.set(0, h)
    assert error_db(player.play(x[50100:], (100,)), direct(x, h)[50100:]) < ACCURACY_DB


def test_a_voice_turned_off_leaves_its_output_alone():
    player = Player(response(1, 500), response(2, 500))
    x = noise(RNG_SEED, 64)
    player.call(x)
    player.set(1, None)
    before = player.line.outs[1].copy()
    player.call(x)
    np.testing.assert_array_equal(player.line.outs[1], before)


def test_clear_forgets_all_input_and_keeps_the_filters():
    x, h = noise(RNG_SEED, 3000), response(2, 4000)
    player, fresh = Player(h), Player(h)
    player.play(noise(8, 5000), (100,))
    player.line.clear()
    np.testing.assert_array_equal(player.play(x, (100,)), fresh.play(x, (100,)))


def test_the_longest_filter_of_a_line_is_exact():
    player = Player(max_taps=9 * P)
    x, h = noise(RNG_SEED, LENGTH), response(2, 9 * P)
    player.set(0, h)
    assert error_db(player.play(x, (100, 156)), direct(x, h)) < ACCURACY_DB


def test_a_filter_too_long_for_its_line_is_refused():
    line = Convolver(640)
    with pytest.raises(errors.RigError, match="641 taps is too long; the convolver takes 640"):
        line.attach(0, Filter(np.ones(641)))
    assert line.state["voices"][0]["filter"] == 0


@pytest.mark.parametrize("taps", [np.zeros(0), np.array([1.0, np.nan]), np.ones((2, 3))])
def test_taps_that_make_no_filter_are_refused(taps):
    with pytest.raises(errors.RigError, match="row of finite taps"):
        Filter(taps)


def test_what_cannot_be_convolved_is_refused():
    h = Filter(np.ones(3))
    with pytest.raises(errors.RigError, match="block size must be at least 1"):
        convolve_offline([h], np.zeros(10), 0)
    with pytest.raises(errors.RigError, match="1 to 4 filters"):
        convolve_offline([h] * 5, np.zeros(10))
    with pytest.raises(errors.RigError, match="one channel"):
        convolve_offline([h], np.zeros((10, 2)))
    with pytest.raises(errors.RigError, match="at least one tap"):
        Convolver(0)


def test_filters_that_share_an_arena_are_those_made_alone():
    taps = [response(k, n) for k, n in enumerate((1, 300, 2048, 20_000))]
    layout = Layout()
    places = [Filter.reserve(layout, h) for h in taps]
    arena = layout.allocate()
    together = [Filter(h, (arena, place)) for h, place in zip(taps, places, strict=True)]
    x = noise(RNG_SEED, LENGTH)
    alone = convolve_offline([Filter(h) for h in taps], x)
    np.testing.assert_array_equal(convolve_offline(together, x), alone)
    assert [f.nbytes for f in together] == [f.nbytes for f in map(Filter, taps)]


def test_no_signal_gives_no_output():
    assert convolve_offline([Filter(np.ones(3))], np.zeros(0)).shape == (1, 0)


def test_a_decaying_tail_stays_silent_and_finite():
    """Input down to the smallest numbers: flushed to zero, never garbage."""
    x = (noise(1, 20000) * np.exp(-np.arange(20000) / 100)).astype(np.float32)
    y = convolve_offline([Filter(response(1, 512))], x, 64)[0]
    assert np.isfinite(y).all()
    assert not y[-5000:].any()


@entry("vllll")
def thousand_calls(convolve, line, x, frames):
    for _ in range(1000):
        call_convolve(convolve, line, x, frames)


@pytest.mark.parametrize("frames", [48, 128])
def test_a_thousand_calls_allocate_nothing(frames):
    player = Player(response(1, 2048), response(2, 700))
    x = noise(RNG_SEED, frames)
    _nrt_python.memsys_enable_stats()
    thousand_calls(cv.convolve.address, player.line.address, x.ctypes.data, frames)
    before = rtsys.get_allocation_stats()
    thousand_calls(cv.convolve.address, player.line.address, x.ctypes.data, frames)
    after = rtsys.get_allocation_stats()
    assert after.alloc == before.alloc
    assert after.mi_alloc == before.mi_alloc
