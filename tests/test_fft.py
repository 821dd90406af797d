"""The 128-point transform against numpy's."""

import numpy as np
import pytest
from numba import types

from rig.dsp.fft import IMAG, PING, PONG, SIZE, WORKSPACE, fft, fill_twiddles
from rig.dsp.jit import entry
from rig.dsp.memory import Layout
from rig.dsp.pointers import floats


@entry(types.void(types.int64))
def transform(workspace):
    fft(floats(workspace))


def by_kernel(z):
    layout = Layout()
    part = layout.reserve(np.float32, WORKSPACE)
    arena = layout.allocate()
    w = arena[part]
    fill_twiddles(w)
    w[PING : PING + SIZE], w[PING + IMAG : PING + IMAG + SIZE] = z.real, z.imag
    transform(arena.address_of(part))
    return w[PONG : PONG + SIZE] + 1j * w[PONG + IMAG : PONG + IMAG + SIZE].astype(np.float64)


def error_db(found, expected):
    return 20 * np.log10(np.linalg.norm(found - expected) / np.linalg.norm(expected) + 1e-12)


def test_noise_transforms_as_numpy_says():
    rng = np.random.default_rng(1)
    z = rng.standard_normal(SIZE) + 1j * rng.standard_normal(SIZE)
    # float32 has -150 dB; three passes with rounded twiddles cost about 10 dB of it.
    assert error_db(by_kernel(z), np.fft.fft(z)) < -135


@pytest.mark.parametrize("bin_", range(0, SIZE, 7))
def test_a_complex_sine_fills_one_bin(bin_):
    z = np.exp(2j * np.pi * bin_ * np.arange(SIZE) / SIZE)
    expected = np.zeros(SIZE)
    expected[bin_] = SIZE
    assert error_db(by_kernel(z), expected) < -130


@pytest.mark.parametrize("at", [0, 1, 63, 127])
def test_an_impulse_becomes_a_circle(at):
    z = np.zeros(SIZE, complex)
    z[at] = 1
    assert error_db(by_kernel(z), np.fft.fft(z)) < -135


def test_exchanging_real_and_imaginary_parts_inverts():
    rng = np.random.default_rng(2)
    z = rng.standard_normal(SIZE) + 1j * rng.standard_normal(SIZE)
    forth = by_kernel(z)
    back = by_kernel(forth.imag + 1j * forth.real)
    assert error_db((back.imag + 1j * back.real) / SIZE, z) < -130
