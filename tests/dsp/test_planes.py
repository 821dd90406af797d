"""The operations of a program, one by one, and how planes move through time."""

import numpy as np
import pytest
from drivers import play

from rig.dsp.native.simd import W
from rig.dsp.network import activations
from rig.dsp.network.instance import Network
from rig.dsp.network.operations import tile_heights
from rig.dsp.network.program import BLOCK, LONG, Function, Program, Source

f32 = np.float32


def noise(*shape, seed=3):
    return np.random.default_rng(seed).standard_normal(shape).astype(f32)


@pytest.mark.parametrize("rows", range(1, 41))
def test_tiles_cover_all_rows(rows):
    assert sum(tile_heights(rows)) == rows


def delays(program, signal, channels, step):
    """Rows of the signal, `step` frames apart, each made by a matrix of its own."""
    rows = program.signal(channels)
    eye = np.eye(channels, dtype=f32)
    program.dense(rows, [Source(signal, eye[:, i : i + 1, None], i * step) for i in range(channels)])
    return rows


# Delays below, at and above a vector, a block, and the length after which a past slides seldom.
@pytest.mark.parametrize("delay", [0, 1, W - 1, W, 2 * W, 2 * W + 1, 100, BLOCK, BLOCK + 1, 5000])
@pytest.mark.parametrize("blocks", [1, 64, 100, 8192])
def test_a_delay_is_exact(delay, blocks):
    program = Program()
    program.dense(program.output, [Source(program.input, np.ones((1, 1, 1), f32), delay)])
    x = noise(12000)
    y = play(Network(program, delay + 1), x, blocks)
    assert np.array_equal(y, np.concatenate([np.zeros(delay, f32), x])[: x.size])


@pytest.mark.parametrize("rows", [*range(1, 14), 16, 20, 28, 33])
def test_dense_is_a_matrix_product_with_bias_and_addend(rows):
    matrix, bias, out = noise(rows, 5), noise(rows), noise(1, rows)
    program = Program()
    x = delays(program, program.input, 5, 3)
    added = delays(program, program.input, rows, 1)
    y = program.signal(rows)
    halves = Source(x.rows(0, 2), matrix[:, :2, None]), Source(x.rows(2, 3), matrix[:, 2:, None], 40)
    program.dense(y, halves, bias, add=added)
    program.dense(program.output, [Source(y, out[:, :, None])])
    signal = noise(700)

    def delayed(n):
        return np.concatenate([np.zeros(n), signal])[: signal.size]

    taps = np.array([delayed(3 * i + (40 if i >= 2 else 0)) for i in range(5)])
    expected = out @ (matrix @ taps + bias[:, None] + np.array([delayed(i) for i in range(rows)]))
    assert np.allclose(play(Network(program, 100), signal, [700, 1, 33]), expected[0], atol=1e-4)


def shifted(x, n):
    return np.concatenate([np.zeros((len(x), n)), x], axis=1)[:, : x.shape[1]]


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7, 8, 12])
@pytest.mark.parametrize("taps", [1, 2, 3])
@pytest.mark.parametrize("function", [activations.LEAKY_RELU, activations.RELU])
def test_a_layer_is_a_convolution_a_function_and_a_matrix(rows, taps, function):
    kernel, bias, mix, mix_bias = noise(rows, rows, taps), noise(rows), noise(rows, rows, 1), noise(rows)
    program = Program()
    x = delays(program, program.input, rows, 2)
    z, y, total = (program.signal(rows) for _ in range(3))
    program.clear(total)
    program.layer(
        y,
        [Source(x, kernel, 1, 5)],
        bias,
        Source(z, mix),
        mix_bias,
        add=x,
        function=Function(function, (0.25,) if function == activations.LEAKY_RELU else ()),
        total=total,
    )
    program.dense(program.output, [Source(y, noise(1, rows, 1)), Source(total, noise(1, rows, 1, seed=4))])
    signal = noise(300)
    past = np.concatenate([shifted(signal[np.newaxis], 2 * i) for i in range(rows)])
    inside = sum(kernel[:, :, t] @ shifted(past, 1 + 5 * (taps - 1 - t)) for t in range(taps)) + bias[:, None]
    slope = 0.25 if function == activations.LEAKY_RELU else 0.0
    inside = np.where(inside > 0, inside, slope * inside)
    expected = noise(1, rows) @ (past + mix_bias[:, None] + mix[:, :, 0] @ inside) + noise(1, rows, seed=4) @ inside
    assert np.allclose(play(Network(program, 100), signal, [300, 1, 33]), expected[0], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("rows", [2, 4, 5])
@pytest.mark.parametrize("taps", [1, 2, 3, 6])
@pytest.mark.parametrize("step", [LONG - 1, LONG, BLOCK - 1, BLOCK, BLOCK + 1, 1000])
@pytest.mark.parametrize("blocks", [[1, 127, 3], [BLOCK], [8192], [64, 65, 17, 128]])
def test_a_ring_gives_back_what_went_in_however_often_it_went_round(rows, taps, step, blocks):
    kernel, out = noise(rows, rows, taps), noise(1, rows)
    program = Program()
    x = delays(program, program.input, rows, 1)
    y = program.signal(rows)
    program.dense(y, [Source(x, kernel, 0, step)])
    program.dense(program.output, [Source(y, out[:, :, None])])
    network, rings = Network(program, rows + taps * step), program.allocate().planes["ring_frames"]
    assert np.any(rings) == ((taps - 1) * step > LONG - W)
    signal = noise(4 * (taps * step + 3 * BLOCK))
    past = np.concatenate([shifted(signal[np.newaxis], i) for i in range(rows)])
    expected = out @ sum(kernel[:, :, t] @ shifted(past, step * (taps - 1 - t)) for t in range(taps))
    for _ in range(2):
        assert np.allclose(play(network, signal, blocks), expected[0], rtol=1e-4, atol=1e-3)
        network.reset()  # somewhere in its round


def test_activate_writes_elsewhere_or_in_place():
    program = Program()
    y = program.signal(1)
    program.activate(y, program.input, Function(activations.RELU))
    program.activate(y, y, Function(activations.SOFTSIGN))
    program.dense(program.output, [Source(y, np.ones((1, 1, 1), f32)), Source(program.input, np.ones((1, 1, 1), f32))])
    x = noise(300)
    positive = np.maximum(x, 0)
    assert np.allclose(play(Network(program, 1), x, 64), positive / (1 + positive) + x, atol=1e-6)


def test_sums_start_at_zero_in_each_block():
    program = Program()
    total, y = program.signal(1), program.signal(1)
    program.clear(total)
    for _ in range(3):
        program.dense(y, [Source(program.input, np.ones((1, 1, 1), f32))], total=total)
    program.dense(program.output, [Source(total, np.ones((1, 1, 1), f32))])
    x = noise(300)
    assert np.allclose(play(Network(program, 1), x, 64), 3 * x, atol=1e-6)


def test_rows_lie_on_odd_numbers_of_cache_lines():
    program = Program()
    delays(program, program.input, 7, 50)
    planes = program.allocate().planes
    assert set(planes["stride"] % 32) == {16}
    assert set(planes["base"] % 16) == {0}
