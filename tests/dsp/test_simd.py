"""Vectors, tiles and activations against numpy."""

import numpy as np
import pytest

from rig.dsp.native.compile import entry
from rig.dsp.native.cpu import cpu_features
from rig.dsp.native.memory import Layout
from rig.dsp.native.pointers import floats
from rig.dsp.native.roofline import fma_peak_gmacs
from rig.dsp.native.simd import (
    ROUNDING,
    W,
    lanes,
    load,
    nearest,
    quotient,
    splat,
    store,
    times_power,
    vabs,
    vmax,
    vmin,
    vsum,
    where_positive,
)
from rig.dsp.native.tile import (
    lane_columns,
    tile_add,
    tile_bias,
    tile_madd,
    tile_madd_far,
    tile_madd_lanes,
    tile_mix,
    tile_raise,
    tile_repeat,
    tile_store,
    tile_sum,
    tile_zero,
)
from rig.dsp.network import activations

f32 = np.float32
ADDRESSES = "vlll"


@pytest.mark.parametrize(
    ("features", "expected"),
    [("+avx,+avx2,+avx512f", 16), ("+avx,+avx2,-avx512f", 8), ("+sse2,-avx", 4), ("", 4), ("+neon,+fp-armv8", 4)],
)
def test_a_vector_is_as_wide_as_the_registers(features, expected):
    assert lanes(features) == expected


def test_this_machine_has_vectors():
    assert lanes(cpu_features()) == W


@entry(ADDRESSES)
def arithmetic(a, b, y):
    a, b, y = floats(a), floats(b), floats(y)
    u, v = load(a, 0), load(b, 0)
    two = f32(2)
    store(y, 0, u + v)
    store(y, W, u - v)
    store(y, 2 * W, u * v)
    store(y, 3 * W, u / v)
    store(y, 4 * W, (u + two) * two)
    store(y, 5 * W, vmin(u, v))
    store(y, 6 * W, vmax(u, v))
    store(y, 7 * W, vabs(u))
    store(y, 8 * W, where_positive(u, v, splat(f32(7))))
    store(y, 9 * W, quotient(u, v))
    y[10 * W] = vsum(u)


def test_vectors_calculate_like_numpy():
    a, b = np.random.default_rng(1).standard_normal((2, W)).astype(f32)
    y = np.zeros(10 * W + 1, f32)
    arithmetic(a.ctypes.data, b.ctypes.data, y.ctypes.data)
    expected = [
        a + b,
        a - b,
        a * b,
        a / b,
        (a + 2) * 2,
        np.minimum(a, b),
        np.maximum(a, b),
        abs(a),
        np.where(a > 0, b, 7),
        a / b,
    ]
    assert np.allclose(y[:-1].reshape(10, W), expected, rtol=1e-6, atol=1e-7)
    assert y[-1] == pytest.approx(a.sum(), abs=1e-5)


@entry(ADDRESSES)
def tiles(m, w, y):
    """Three rows: bias, rows of m, four inputs by weights; two rows of nothing, two far apart, and a mix of those."""
    m, w, y = floats(m), floats(w), floats(y)
    store(y, 0, splat(f32(0)))
    acc = tile_bias(m, 0, 3, 2)
    acc = tile_add(acc, m, 16, 2 * W)
    for c in range(4):
        acc = tile_madd(acc, m, 3 * c, 16 + c * 2 * W)
    tile_store(acc, y, 0, 2 * W)
    tile_store(tile_zero(2, 2), y, 6 * W, 2 * W)
    acc = tile_repeat(m, 16, 2, 2)
    for c in range(4):
        acc = tile_madd_far(acc, m, c, 5, 16 + c * 2 * W)
    tile_store(tile_sum(acc, acc), y, 10 * W, 2 * W)
    tile_store(tile_mix(tile_bias(m, 3, 1, 2), m, 7, acc), y, 14 * W, 0)


def test_a_tile_is_a_small_matrix_product():
    m = np.random.default_rng(2).standard_normal(16 + 8 * W).astype(f32)
    y = np.ones(16 * W, f32)
    tiles(m.ctypes.data, m.ctypes.data, y.ctypes.data)
    x = m[16:].reshape(4, 2 * W).astype(float)
    expected = m[:3, None] + x[:3] + m[:12].reshape(4, 3).T @ x
    assert np.allclose(y[: 6 * W].reshape(3, 2 * W), expected, atol=1e-5)
    assert not y[6 * W : 10 * W].any()
    expected = 2 * (x[:1] + np.array([m[:4], m[5:9]]).astype(float) @ x)
    assert np.allclose(y[10 * W : 14 * W].reshape(2, 2 * W), expected, atol=1e-5)
    assert np.allclose(y[14 * W :], m[3] + m[7:9] @ expected / 2, atol=1e-5)


@entry(ADDRESSES)
def lanes_by_weights(m, w, y):
    """Two rows of two vectors: bias in the first; the lanes of m by all columns, or by the first four."""
    m, w, y = floats(m), floats(w), floats(y)
    acc = tile_raise(tile_repeat(m, W, 1, 2), 2)
    tile_store(tile_madd_lanes(acc, load(m, 0), w, 0, W), y, 0, 2 * W)
    tile_store(tile_madd_lanes(acc, load(m, 0), w, 0, 4), y, 4 * W, 2 * W)


def test_every_lane_meets_every_other_one_once():
    assert [sorted(lanes) for lanes in zip(*lane_columns(), strict=True)] == [list(range(W))] * W


def test_a_vector_is_multiplied_by_a_matrix_that_lies_in_columns_of_lanes():
    layout = Layout()
    parts = [layout.reserve(np.float32, size) for size in (3 * W, 2 * W * W, 8 * W)]
    arena = layout.allocate()
    m, w, y = (arena[part] for part in parts)
    m[:] = np.random.default_rng(5).standard_normal(m.size)
    w[:] = np.random.default_rng(6).standard_normal(w.size)
    lanes_by_weights(*(arena.address_of(part) for part in parts))
    bias, columns = m[W:].reshape(2, W), w.reshape(W, 2, W)
    for columns_read, rows in ((W, y[: 4 * W]), (4, y[4 * W :])):
        expected = np.zeros((2, 2, W))
        expected[0] = bias
        for k, lanes_read in enumerate(lane_columns()[:columns_read]):
            expected[k % 2] += m[lanes_read] * columns[k]
        assert np.allclose(rows.reshape(2, 2, W), expected, atol=1e-5)


@entry(ADDRESSES)
def whole_numbers_and_powers(x, y, frames):
    x, y = floats(x), floats(y)
    for t in range(0, frames, W):
        store(y, t, nearest(load(x, t)))
        store(y, frames + t, times_power(splat(f32(1.5)), nearest(load(x, t)) + f32(ROUNDING)))


def test_numbers_are_rounded_and_powers_of_two_are_exact():
    x = np.linspace(-40, 40, 1 << 12).astype(f32)
    y = np.empty((2, x.size), f32)
    whole_numbers_and_powers(x.ctypes.data, y.ctypes.data, x.size)
    assert np.array_equal(y[0], np.rint(x))
    assert np.array_equal(y[1], f32(1.5) * f32(2) ** np.rint(x))


@entry(ADDRESSES)
def fractions(x, y, frames):
    """The logistic, and tanh, each as a fraction, and tanh."""
    x, y = floats(x), floats(y)
    for t in range(0, frames, W):
        p, q = activations.exp2_fraction(load(x, t) * f32(1 / np.log(2)))
        store(y, t, p / (p + q))
        p, q = activations.exp2_fraction(load(x, t) * f32(2 / np.log(2)))
        store(y, frames + t, (p - q) / (p + q))
        store(y, 2 * frames + t, activations.tanh(load(x, t)))


def test_powers_of_two_make_logistic_and_tanh():
    x = np.linspace(-40, 40, 1 << 18).astype(f32)
    x[:4] = 0, 1e-30, 1e6, -1e6
    y = np.empty((3, x.size), f32)
    fractions(x.ctypes.data, y.ctypes.data, x.size)
    with np.errstate(over="ignore"):
        expected = [1 / (1 + np.exp(-x.astype(float))), *[np.tanh(x.astype(float))] * 2]
    assert np.abs(y - expected).max() < 6e-7


# As loud as it should be: a factor that is off by a millionth is 0.00001 dB.
def test_a_quiet_signal_keeps_its_level_through_tanh():
    x = np.linspace(1e-3, 2e-3, 1 << 12).astype(f32)
    y = np.empty((3, x.size), f32)
    fractions(x.ctypes.data, y.ctypes.data, x.size)
    assert np.mean(y[1:] / np.tanh(x.astype(float)), axis=1) == pytest.approx(1, abs=2e-6)


@entry(ADDRESSES)
def tanh_and_sigmoid(x, y, frames):
    x, y = floats(x), floats(y)
    for t in range(0, frames, W):
        store(y, t, activations.tanh(load(x, t)))
        store(y, frames + t, activations.sigmoid(load(x, t)))


# Every error of the activation is amplified by the layers behind it: 2e-6 would be audible in a null test at -90 dB.
def test_tanh_is_exact_to_a_millionth():
    x = np.linspace(-12, 12, 1 << 18).astype(f32)
    x[:6] = 0, 1e-30, -1e-30, 1e30, np.inf, -np.inf
    y = np.empty((2, x.size), f32)
    tanh_and_sigmoid(x.ctypes.data, y.ctypes.data, x.size)
    assert np.abs(y[0] - np.tanh(x.astype(float))).max() < 1e-6
    with np.errstate(over="ignore"):
        assert np.abs(y[1] - 1 / (1 + np.exp(-x.astype(float)))).max() < 1e-6


def test_the_peak_is_a_speed():
    assert 0.1 < fma_peak_gmacs() < 1e4
