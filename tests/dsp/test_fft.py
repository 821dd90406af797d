"""The transforms of 128 and of 4096 points against numpy's. Each day the convolver's tests hold them to float64."""

import numpy as np
import pytest
from judge import error_db

from rig.dsp.convolver.fft import LONG, PING, SHORT, fft, fill_twiddles, long_fft_1, long_fft_2, long_fft_3, long_fft_4
from rig.dsp.native.compile import entry
from rig.dsp.native.memory import Layout
from rig.dsp.native.pointers import floats

pytestmark = pytest.mark.soak  # two parts to compile
BOTH = pytest.mark.parametrize("plan", [SHORT, LONG], ids=["128", "4096"])


@entry("vl")
def short_transform(workspace):
    fft(floats(workspace))


@entry("vl")
def long_transform(workspace):
    long_fft_1(floats(workspace))
    long_fft_2(floats(workspace))
    long_fft_3(floats(workspace))
    long_fft_4(floats(workspace))


def by_kernel(z):
    plan = SHORT if z.size == SHORT.size else LONG
    layout = Layout()
    part = layout.reserve(np.float32, plan.workspace)
    arena = layout.allocate()
    w = arena[part]
    fill_twiddles(w, plan)
    w[PING : PING + z.size], w[PING + plan.imag : PING + plan.imag + z.size] = z.real, z.imag
    (short_transform if plan is SHORT else long_transform)(arena.address_of(part))
    out = plan.pong if plan is SHORT else PING
    return w[out : out + z.size] + 1j * w[out + plan.imag : out + plan.imag + z.size].astype(np.float64)


@BOTH
def test_noise_transforms_as_numpy_says(plan):
    rng = np.random.default_rng(1)
    z = rng.standard_normal(plan.size) + 1j * rng.standard_normal(plan.size)
    # float32 has -150 dB; three or four passes with rounded twiddles cost about 10 dB of it.
    assert error_db(by_kernel(z), np.fft.fft(z)) < -135


@pytest.mark.parametrize(
    ("plan", "bin_"), [*((SHORT, k) for k in range(0, 128, 7)), *((LONG, k) for k in (0, 1, 700, 2048, 4095))]
)
def test_a_complex_sine_fills_one_bin(plan, bin_):
    z = np.exp(2j * np.pi * bin_ * np.arange(plan.size) / plan.size)
    expected = np.zeros(plan.size)
    expected[bin_] = plan.size
    assert error_db(by_kernel(z), expected) < -130


@BOTH
@pytest.mark.parametrize("at", [0, 1, 63, 127])
def test_an_impulse_becomes_a_circle(plan, at):
    z = np.zeros(plan.size, complex)
    z[at] = 1
    assert error_db(by_kernel(z), np.fft.fft(z)) < -135


@BOTH
def test_exchanging_real_and_imaginary_parts_inverts(plan):
    rng = np.random.default_rng(2)
    z = rng.standard_normal(plan.size) + 1j * rng.standard_normal(plan.size)
    forth = by_kernel(z)
    back = by_kernel(forth.imag + 1j * forth.real)
    assert error_db((back.imag + 1j * back.real) / plan.size, z) < -130
