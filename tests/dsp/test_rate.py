"""Sessions at another rate than the model's: the same sound, the same for any block size, and an honest latency."""

from __future__ import annotations

import model_files
import numpy as np
import pytest
from allocations import rtsys
from numba.core import event
from rigs import A2, NANO, RATE

from rig.cabinet.ir import IR
from rig.dsp.native.compile_report import report
from rig.dsp.network.resampled import ResampledNetwork
from rig.engine import Engine
from rig.errors import RigError
from rig.files import bundled
from rig.nam import Model

passes = event.RecordingListener()  # whatever numba compiles runs passes
event.register("numba:run_pass", passes)

SESSIONS = (44100, 88200, 96000, 176400, 192000)  # besides 48000
# Model and session in Hz, and the latency in samples of the session: the figures of docs/levels.md among them. Where
# the session runs at a multiple of the model's rate only recurrent models are resampled.
RESAMPLED = {
    (48000, 44100): 71,
    (48000, 88200): 96,
    (48000, 96000): 9,
    (48000, 176400): 21,
    (48000, 192000): 22,
    (48000, 32000): 71,
    (44100, 48000): 77,
    (44100, 96000): 13,
    (44100, 192000): 25,
    (96000, 44100): 71,
    (96000, 48000): 52,
}
PEAK = 0.5


@pytest.fixture(scope="module")
def wire(tmp_path_factory):
    """A model that passes its input as it is."""
    document = model_files.finished("Linear", {"receptive_field": 1, "bias": False}, [1.0])
    return Model.load(model_files.write(tmp_path_factory.mktemp("wire") / "wire.nam", document))


@pytest.fixture(scope="module")
def response(tmp_path_factory):
    """A Linear model of 64 decaying taps that makes no tone louder."""
    document = model_files.linear(64, bias=False)
    taps = np.array(document["weights"])
    document["weights"] = (taps / np.abs(np.fft.rfft(taps, 4096)).max()).tolist()
    return Model.load(model_files.write(tmp_path_factory.mktemp("linear") / "linear.nam", document))


def tone(hz, rate, seconds=0.4):
    return (PEAK * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def amplitudes(y):
    """Of the sines in y, over its second half under a window that hides nothing above -150 dB."""
    y = np.asarray(y[len(y) // 2 :], float)
    window = np.kaiser(len(y), 20)
    return 2 * np.abs(np.fft.rfft(y * window)) / window.sum()


def gain_db(y, hz, rate):
    """How much louder the tone is than it was."""
    found = amplitudes(y)
    return 20 * np.log10(found[np.abs(np.arange(found.size) * rate / (len(y) // 2) - hz) < 60].max() / PEAK)


def everything_else_db(y, hz, rate):
    """Loudest component that is not the tone, re the tone that went in."""
    found = amplitudes(y)
    return 20 * np.log10(found[np.abs(np.arange(found.size) * rate / (len(y) // 2) - hz) > 60].max() / PEAK)


@pytest.mark.parametrize(("model_rate", "rate"), RESAMPLED)
def test_the_filters_are_flat_to_18_khz_and_let_no_image_or_alias_through(wire, model_rate, rate):
    for hz in (100, 1000, 5000, 10000, 14000, 18000):
        if hz <= 18000 / 22050 * rate / 2:
            y = ResampledNetwork(wire.network(), model_rate, rate).process(tone(hz, rate))
            assert gain_db(y, hz, rate) == pytest.approx(0, abs=0.1), hz
            assert everything_else_db(y, hz, rate) < -100, hz


@pytest.mark.parametrize("rate", SESSIONS)
def test_a_linear_model_makes_no_tone_that_did_not_go_in(response, rate):
    """Up to the session's Nyquist frequency: from 24 kHz on, a model of 48 kHz could only play aliases."""
    for hz in (1000, 9700, 17900, 19500, 21900, 23300, 24100, 26500, 30100, 43900, 61000, 87000, 95000):
        if hz < rate / 2:
            y = response.network(rate).process(tone(hz, rate))
            assert gain_db(y, hz, rate) <= 0.01, hz
            assert everything_else_db(y, hz, rate) < -100, hz


@pytest.mark.parametrize(("model_rate", "rate"), RESAMPLED)
def test_the_latency_is_what_is_said_and_at_most_96_samples(wire, model_rate, rate):
    network = ResampledNetwork(wire.network(), model_rate, rate)
    assert network.latency_samples == RESAMPLED[model_rate, rate] <= 96
    x = np.zeros(16384, np.float32)
    x[1000] = 1.0
    y = network.process(x).astype(float)
    hz = np.fft.rfftfreq(y.size, 1 / rate)
    late = (np.fft.rfft(y * (np.arange(y.size) - 1000)) / np.fft.rfft(y)).real  # group delay
    audible = (hz > 50) & (hz < 5000)
    np.testing.assert_allclose(late[audible], network.latency_samples, atol=1)
    # Minimum phase lets the highest notes come later; this much nobody hears.
    flat = hz < min(18000, 18000 / 44100 * rate)
    assert 1000 * np.abs(late[flat] - network.latency_samples).max() / rate < 0.35  # ms


@pytest.mark.parametrize("rate", [96000, 192000])
def test_stretched_dilations_add_no_latency(wire, rate):
    network = wire.network(rate)
    assert network.latency_samples == 0
    x = (np.random.default_rng(0).standard_normal(500) * 0.2).astype(np.float32)
    np.testing.assert_array_equal(network.process(x), x)


def chirp(rate):
    """A second up to 18.4 kHz, so quiet that every model is nearly linear, and a fifth of a second to ring out."""
    t = np.arange(rate) / rate
    fade = np.clip(np.minimum(t, 1 - t) / 0.01, 0, 1)
    sweep = 1e-3 * np.sin(np.pi * 18400 * t * t) * np.sin(np.pi / 2 * fade) ** 2
    return np.concatenate([sweep, np.zeros(rate // 5)]).astype(np.float32)


def chirp_response_db(network, rate):
    """Level of each 100 Hz from 100 Hz to 18 kHz in the network's answer to the chirp.

    Single frequencies would tell the rounding of float32 and the overtones of a quiet sound. Without 15.9 to 16.1 kHz:
    the octave of 16 kHz folds onto 16 kHz itself at 48 kHz, and adds or takes away as the samples happen to lie.
    """
    x = chirp(rate)
    silence = network.process(np.zeros(1, np.float32))[0]
    network.reset()
    power = np.abs(np.fft.rfft(network.process(x).astype(float) - silence) / rate) ** 2
    band = 100 * x.size // rate
    return 10 * np.log10(np.delete(power[band : 180 * band].reshape(-1, band).mean(axis=1), [158, 159]))


@pytest.mark.parametrize("name", ["nano", "A2", "LSTM"])
def test_a_quiet_chirp_sounds_the_same_at_any_session_rate(name, tmp_path):
    path = {"nano": NANO, "A2": A2}.get(name) or model_files.write(tmp_path / "l.nam", model_files.lstm(2, 12))
    model = Model.load(path)
    here = chirp_response_db(model.network(), RATE)
    for rate in SESSIONS:
        there = chirp_response_db(model.network(rate), rate)
        difference_db = np.abs(there - here)
        print(f"{name} at {rate} Hz: within {difference_db.max():.4f} dB")
        assert difference_db.max() < 0.1, rate


@pytest.mark.parametrize("rate", SESSIONS)
def test_a_cabinet_sounds_the_same_at_any_session_rate(rate):
    path = bundled.irs()[0]
    here, there = (
        np.abs(np.fft.rfft(IR.load(path, hz).taps[0].astype(float), 4 * hz))[: 4 * 18000] for hz in (RATE, rate)
    )
    heard = here > here.max() * 1e-2
    assert np.abs(20 * np.log10(there[heard] / here[heard])).max() < 0.1


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
