"""Models at another rate than the session's: the same sound, the same for any block size, and an honest latency."""

from __future__ import annotations

import model_files
import numpy as np
import pytest
from numba.core import event
from numba.core.runtime import rtsys
from rigs import A2, NANO, RATE

from rig.dsp.jit import report
from rig.dsp.rate import RatedNetwork
from rig.engine import Engine
from rig.errors import RigError
from rig.nam import Model

passes = event.RecordingListener()  # whatever numba compiles runs passes
event.register("numba:run_pass", passes)

RESAMPLED = (44100, 88200, 176400, 32000)
STRETCHED = (96000, 192000)


@pytest.fixture(scope="module")
def wire(tmp_path_factory):
    """A WaveNet that passes its input as it is."""
    document = model_files.wavenet(
        [1], dilations=(1,), kernels=1, activation={"type": "LeakyReLU", "negative_slope": 1.0}
    )
    document["weights"] = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0]
    return Model.load(model_files.write(tmp_path_factory.mktemp("wire") / "wire.nam", document))


def tone(hz, rate, seconds=0.4, peak=0.5):
    return (peak * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def amplitude(y, hz, rate):
    """Of one sine, measured over the second half of y under a window."""
    y = np.asarray(y[len(y) // 2 :], float)
    window = np.kaiser(len(y), 20)
    return 2 * np.abs((y * window * np.exp(-2j * np.pi * hz * np.arange(len(y)) / rate)).sum()) / window.sum()


def everything_else_db(y, hz, rate):
    """Loudest component that is not the sine, re the sine."""
    y = np.asarray(y[len(y) // 2 :], float)
    spectrum = np.abs(np.fft.rfft(y * np.kaiser(len(y), 20)))
    f = np.fft.rfftfreq(len(y), 1 / rate)
    return 20 * np.log10(spectrum[np.abs(f - hz) > 12 * rate / len(y)].max() / spectrum.max())


@pytest.mark.parametrize("rate", RESAMPLED)
def test_the_filters_are_flat_to_18_khz_and_let_no_image_or_alias_through(wire, rate):
    for hz in (100, 1000, 5000, 10000, 14000, 18000):
        if hz <= 18000 / 22050 * rate / 2:
            y = wire.network(rate).process(tone(hz, rate))
            assert 20 * np.log10(amplitude(y, hz, rate) / 0.5) == pytest.approx(0, abs=0.1), hz
            assert everything_else_db(y, hz, rate) < -100, hz


@pytest.mark.parametrize("hz", [19000, 20500, 21900])
def test_what_lies_above_18_khz_is_lowered_and_makes_no_alias(wire, hz):
    y = wire.network(44100).process(tone(hz, 44100))
    assert amplitude(y, hz, 44100) <= 0.5
    alias_db = everything_else_db(y, hz, 44100) + 20 * np.log10(amplitude(y, hz, 44100) / 0.5)
    assert alias_db < -100


@pytest.mark.parametrize("rate", [*RESAMPLED, *STRETCHED])
def test_the_latency_is_what_is_said_and_at_44_1_khz_at_most_96_samples(wire, rate):
    network = wire.network(rate)
    x = np.zeros(4096, np.float32)
    x[1000] = 1.0
    spectrum = np.fft.rfft(network.process(x).astype(float))[1:200]
    slope = np.polyfit(np.arange(1, 200), np.unwrap(np.angle(spectrum)), 1)[0]
    late = -slope * 4096 / (2 * np.pi) - 1000
    assert network.latency_samples == pytest.approx(late, abs=1)
    assert rate not in (44100, 88200) or network.latency_samples <= 96
    assert rate not in STRETCHED or network.latency_samples == 0


@pytest.mark.parametrize("path", [NANO, A2], ids=["nano", "A2"])
@pytest.mark.parametrize("rate", [44100, 96000])
def test_a_model_sounds_the_same_at_any_session_rate(path, rate):
    # Sines so quiet that the model is nearly linear, up to 18 kHz, and none whose harmonics fold onto it at 48 kHz.
    model = Model.load(path)
    for hz in (200, 1000, 4100, 7700, 11900, 15300, 17900):
        here = amplitude(model.render(tone(hz, RATE, peak=1e-3)), hz, RATE)
        there = amplitude(model.network(rate).process(tone(hz, rate, peak=1e-3)), hz, rate)
        assert 20 * np.log10(there / here) == pytest.approx(0, abs=0.1), hz


@pytest.mark.parametrize("rate", [44100, 96000, 176400])
def test_block_size_and_reset_change_nothing(rate, tmp_path):
    for model in (Model.load(NANO), Model.load(model_files.write(tmp_path / "l.nam", model_files.lstm(1, 8)))):
        network = model.network(rate)
        x = (np.random.default_rng(0).standard_normal(20000) * 0.2).astype(np.float32)
        whole = network.process(x)
        network.reset()
        cuts = np.cumsum(np.random.default_rng(1).integers(1, 700, 100))
        np.testing.assert_array_equal(np.concatenate([network.process(part) for part in np.split(x, cuts)]), whole)
        np.testing.assert_array_equal(model.network(rate).process(x), whole)


@pytest.mark.parametrize("factor", [2, 4])
def test_a_stretched_impulse_response_has_its_taps_as_many_times_as_far_apart(factor, tmp_path):
    taps = np.random.default_rng(0).standard_normal(100).tolist()
    config = {"receptive_field": 100, "bias": False}
    document = model_files.finished("Linear", config, taps)
    model = Model.load(model_files.write(tmp_path / "linear.nam", document))
    impulse = np.zeros(factor * 100, np.float32)
    impulse[0] = 1.0
    y = model.network(factor * 48000).process(impulse)
    np.testing.assert_allclose(y[::factor], taps, atol=1e-6)
    assert not y.reshape(-1, factor)[:, 1:].any()


def test_a_settled_network_is_still_in_silence(tmp_path):
    for rate in (44100, 96000):
        y = Model.load(A2).network(rate).process(np.zeros(9000, np.float32))
        assert np.abs(y - y[0]).max() < 1e-6


def test_a_recurrent_network_is_resampled_even_at_twice_its_rate(tmp_path):
    model = Model.load(model_files.write(tmp_path / "l.nam", model_files.lstm(1, 4)))
    assert isinstance(model.network(96000), RatedNetwork)
    assert model.network(48000).latency_samples == 0


def test_resampling_allocates_nothing():
    network = Model.load(NANO).network(44100)
    x = np.zeros(64, np.float32)
    network.process(x)
    before = rtsys.get_allocation_stats()
    for _ in range(100):
        network.process(x)
    assert rtsys.get_allocation_stats() == before


def test_a_model_of_another_rate_compiles_nothing_while_an_engine_plays():
    Engine(RATE)
    before = report.compiled, len(passes.buffer)
    Model.load(NANO).network(44100)
    assert (report.compiled, len(passes.buffer)) == before


def test_rates_without_a_simple_ratio_are_refused():
    with pytest.raises(RigError, match="A model of 48000 Hz cannot play in a session of 44101 Hz"):
        Model.load(NANO).network(44101)
