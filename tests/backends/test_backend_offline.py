"""The offline backend: the engine's block function over arrays, in any pattern of block sizes."""

import numpy as np
import pytest
from blocks import ENGINE, halving, new_engine, passthrough
from numba.core.runtime import rtsys

from rig.backends import cycle
from rig.backends.offline import Offline
from rig.dsp.cycle_record import BLOCK_SIGNATURE, HOST
from rig.dsp.native.compile import entry
from rig.dsp.native.pointers import floats, record
from rig.errors import BackendError


def noise(n, seed=1):
    return np.random.default_rng(seed).standard_normal(n).astype(np.float32)


@entry(BLOCK_SIGNATURE)
def running_sum(engine, host, frames):
    """An engine with memory: y[n] = y[n-1] / 2 + x[n]; on the second output the frame time."""
    h = record(host, HOST)
    z, x, y_1, y_2 = floats(engine), floats(h.input), floats(h.output_1), floats(h.output_2)
    for i in range(frames):
        z[0] = z[0] * np.float32(0.5) + x[i]
        y_1[i] = z[0]
        y_2[i] = np.float32(h.frame_time + i)


def running_sum_naive(x):
    y = np.zeros(x.size, np.float32)
    z = np.float32(0)
    for i in range(x.size):
        z = z * np.float32(0.5) + x[i]
        y[i] = z
    return y


@pytest.mark.parametrize("block_size", [1, 2, 7, 64, 100, 4096, 8192, (1, 7, 64, 8192, 3)], ids=str)
def test_the_block_size_does_not_change_the_sound(block_size):
    x, z = noise(9001), np.zeros(1, np.float32)
    backend = Offline(48000, block_size)
    backend.start(running_sum.address, z.ctypes.data)
    y = backend.process(x)
    # exact: the same float32 operations in the same order
    np.testing.assert_array_equal(y[:, 0], running_sum_naive(x))
    np.testing.assert_array_equal(y[:, 1], np.arange(x.size))


def test_calls_continue_each_other():
    x, z = noise(5000), np.zeros(1, np.float32)
    backend = Offline(44100, 64)
    backend.start(running_sum.address, z.ctypes.data)
    y = np.concatenate([backend.process(part) for part in np.split(x, [0, 1, 63, 64, 1000, 1001, 4000])])
    np.testing.assert_array_equal(y[:, 0], running_sum_naive(x))
    np.testing.assert_array_equal(y[:, 1], np.arange(x.size))


def test_blocks_are_as_long_as_asked_and_the_last_one_is_what_is_left():
    engine = new_engine()
    backend = Offline(48000, (10, 20))
    backend.start(passthrough.address, engine.ctypes.data)
    assert backend.block_size == 10
    backend.process(noise(35))  # 10 + 20 + 5
    assert (engine["blocks"][0], engine["longest"][0], engine["frames"][0]) == (3, 20, 35)
    assert backend.block_size == 20
    assert backend.host["cycles"] == 3


def test_both_outputs_arrive_as_two_columns_of_float32():
    x, engine = noise(1000).astype(np.float64), new_engine()
    with Offline(48000, 64) as backend:
        backend.start(passthrough.address, engine.ctypes.data)
        y = backend.process(x)
    assert y.dtype == np.float32 and y.shape == (1000, 2) and y.flags.c_contiguous
    np.testing.assert_array_equal(y, np.stack([x, -x], axis=1).astype(np.float32))


def test_the_host_record_says_what_this_is():
    backend = Offline(44100)
    assert backend.host["sample_rate"] == backend.sample_rate == 44100
    assert backend.host["timed"] == 0
    assert (backend.gone, backend.latency_samples, backend.realtime_priority()) == (False, 0, None)


def test_without_an_engine_there_is_silence():
    backend = Offline(48000)
    assert not backend.process(noise(100)).any()
    engine = new_engine()
    backend.start(passthrough.address, engine.ctypes.data)
    backend.process(noise(100))
    backend.close()
    assert not backend.process(noise(100)).any()
    assert engine["frames"][0] == 100


def test_nothing_in_gives_nothing_out():
    assert Offline(48000).process([]).shape == (0, 2)


@pytest.mark.parametrize("block_size", [0, -1, 8193, (), (64, 0)])
def test_a_block_size_that_no_server_has_is_refused(block_size):
    with pytest.raises(BackendError, match="A block has 1 to 8192 frames, not"):
        Offline(48000, block_size)


def test_a_signal_with_two_dimensions_is_refused():
    with pytest.raises(ValueError, match=r"one dimension.*\(10, 2\)"):
        Offline(48000).process(np.zeros((10, 2)))


def test_denormals_are_flushed_while_the_engine_runs_and_only_then():
    z = np.ones(1, np.float32)
    backend = Offline(48000)
    backend.start(halving.address, z.ctypes.data)
    y = backend.process(np.zeros(200))[:, 0]
    assert y[125] == np.float32(2.0**-126)  # the smallest normal number
    assert not y[126:].any()
    assert np.float32(2.0**-126) * np.float32(0.5) != 0  # this thread still has denormals


def test_a_cycle_longer_than_any_engine_expects_arrives_in_pieces():
    n, engine = 20000, new_engine()
    x, y, host = noise(n), np.zeros((2, n), np.float32), np.zeros(1, HOST)
    host["block"], host["engine"] = passthrough.address, engine.ctypes.data
    one_cycle(host.ctypes.data, x.ctypes.data, y[0].ctypes.data, y[1].ctypes.data, n)
    np.testing.assert_array_equal(y, [x, -x])
    assert (engine["blocks"][0], engine["longest"][0], host["cycles"][0]) == (3, 8192, 1)


@entry("vlllll")
def one_cycle(host, x, y_1, y_2, frames):
    cycle.cycle(host, x, 0, y_1, y_2, 0, 0, frames)


@pytest.mark.parametrize("block", [passthrough, running_sum], ids=lambda e: e.function.__name__)
def test_a_thousand_blocks_allocate_nothing(block):
    state = np.zeros(max(ENGINE.itemsize, 64), np.uint8)
    backend = Offline(48000, 64)
    backend.start(block.address, state.ctypes.data)
    backend.process(noise(64))
    before = rtsys.get_allocation_stats()
    backend.process(noise(64000))
    after = rtsys.get_allocation_stats()
    # one call into compiled code may cost a few; a thousand blocks none
    assert after.alloc - before.alloc < 10
    assert after.mi_alloc - before.mi_alloc < 10
