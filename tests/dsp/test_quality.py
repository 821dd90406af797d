"""A model at 2, 4 and 8 times its rate: against a computation of its own, and what it is for: fewer aliases."""

import model_files
import numpy as np
import pytest
from rigs import NANO, RATE, db, guitar
from scipy import signal

from rig.dsp.network.half_band import half_band, last_filter, sections_response
from rig.dsp.network.polyphase import PASS_HZ
from rig.errors import ModelError, RigError
from rig.nam import Model

PRIME = 48017  # samples of a period: no harmonic falls on an alias
LATE = {2: 3.5, 4: 5.0, 8: 6.0}  # samples, at most
KINDS = {
    "A1 standard": lambda: model_files.a1_standard(),
    "A2": lambda: model_files.a2(),
    "feather": lambda: model_files.wavenet([8, 4], dilations=(1, 2, 4, 8, 16, 32, 64)),
    "LSTM": lambda: model_files.lstm(1, 16),
    "ConvNet": lambda: model_files.convnet(8, dilations=(1, 2, 4, 8)),
    "Linear": lambda: model_files.linear(65),
}

LARGE = ("A1 standard", "A2")


def loaded(folder, kind):
    return Model.load(model_files.write(folder / f"{kind}.nam", KINDS[kind]()))


def wire(folder):
    return model_files.linear_from(folder / "wire.nam", [1.0])


def of_branches(a):
    """Numerator and denominator of H(z) = (A0(z^2) + z^-1 A1(z^2)) / 2."""
    over, under = [], []
    for branch in (a[0::2], a[1::2]):
        top, bottom = np.ones(1), np.ones(1)
        for each in branch:
            top, bottom = np.convolve(top, [each, 0, 1]), np.convolve(bottom, [1, 0, each])
        over.append(top)
        under.append(bottom)
    first, second = np.convolve(over[0], under[1]), np.convolve(over[1], under[0])
    numerator = np.zeros(max(first.size, second.size + 1))
    numerator[: first.size] += first
    numerator[1 : second.size + 1] += second
    return numerator / 2, np.convolve(under[0], under[1])


def plays_at(model, x, quality, rate=RATE):
    """The model at `quality` times its rate by scipy's filters, and by copies that take turns for the network."""
    stages = [of_branches(half_band(rate * 2**s, rate)) for s in range({2: 1, 4: 2, 8: 3}[quality])]
    v = x.astype(np.float64)
    for over, under in stages:
        stuffed = np.zeros(2 * v.size)
        stuffed[::2] = 2 * v
        v = signal.lfilter(over, under, stuffed)
    rest = model.network().process(np.zeros(1, np.float32))[0]
    y = np.empty(v.size)
    for phase in range(quality):
        y[phase::quality] = model.network().process(v[phase::quality].astype(np.float32))
    for over, under in reversed(stages[1:]):
        y = (signal.lfilter(over, under, y - rest) + rest)[1::2]
    sections = last_filter(rate).copy()
    return signal.sosfilt(sections, y, zi=signal.sosfilt_zi(sections) * rest)[0][1::2]


def sine(hz, peak, periods=3):
    """Some periods of PRIME samples of a sine that fits into one, and its number of cycles there."""
    cycles = round(hz * PRIME / RATE)
    t = np.arange(periods * PRIME) % PRIME
    return (peak * np.sin(2 * np.pi * cycles * t / PRIME)).astype(np.float32), cycles


def spectrum(network, hz, peak=0.25):
    """Powers of the last period of its answer to a sine, and the bins of the harmonics."""
    x, cycles = sine(hz, peak)
    powers = np.abs(np.fft.rfft(network.process(x)[-PRIME:].astype(float)) / PRIME) ** 2
    return powers, np.arange(cycles, powers.size, cycles)


def aliases_db(network, hz, peak=0.25):
    """Energy that lies on no harmonic, re that of the harmonics."""
    powers, harmonics = spectrum(network, hz, peak)
    is_harmonic = np.zeros(powers.size, bool)
    is_harmonic[np.minimum(harmonics[:, None] + np.arange(-1, 2), powers.size - 1)] = True
    is_harmonic[0] = True
    return 10 * np.log10(powers[~is_harmonic].sum() / powers[is_harmonic][1:].sum())


# ---------------------------------------------------------------- the same as elsewhere
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("quality", [2, 4, 8])
def test_it_is_what_scipy_and_copies_that_take_turns_make_of_it(kind, quality, tmp_path):
    model = loaded(tmp_path, kind)
    x = (0.3 * guitar(RATE // 2)).astype(np.float32)
    want = plays_at(model, x, quality)
    got = model.network(RATE, quality).process(x).astype(float)
    difference = db(got - want, want - want.mean())
    assert difference < -90, f"{difference:.0f} dB"


@pytest.mark.parametrize("kind", ["A2", "LSTM"])
def test_the_size_of_the_blocks_changes_no_bit(kind, tmp_path):
    model = loaded(tmp_path, kind)
    x = (0.3 * guitar(3 * 8192)).astype(np.float32)
    network = model.network(RATE, 4)
    whole = network.process(x)
    for block in (1, 7, 64, 1000, 8192):
        network.reset()
        count = 2000 if block == 1 else x.size
        pieces = [network.process(x[at : min(at + block, count)]) for at in range(0, count, block)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole[:count])


@pytest.mark.parametrize("kind", [pytest.param(k, marks=[pytest.mark.soak] * (k in LARGE)) for k in KINDS])
def test_live_and_offline_agree_in_all_that_can_be_heard_but_the_delay(kind, tmp_path):
    """The magnitudes of sines below 18 kHz within 0.1 dB, harmonics 1 to 5 within 0.01 dB of those at 1x."""
    model = loaded(tmp_path, kind)
    for hz in (331.0, 1245.0, 2489.0):
        plain, at = spectrum(model.network(RATE), hz)
        live, _ = spectrum(model.network(RATE, 4), hz)
        offline, _ = spectrum(model.network(RATE, 4, linear_phase=True), hz)
        audible = at[(at * RATE / PRIME < PASS_HZ) & (plain[at] > 1e-7 * plain[at[0]])]
        np.testing.assert_allclose(10 * np.log10(live[audible] / offline[audible]), 0, atol=0.1)
        if kind in ("Linear", "LSTM", "ConvNet"):  # nothing to speak of folds back onto a harmonic of these
            first = audible[:5]
            np.testing.assert_allclose(10 * np.log10(live[first] / plain[first]), 0, atol=0.01)


# ---------------------------------------------------------------- the filters
@pytest.mark.parametrize("quality", [2, 4, 8])
def test_the_filters_are_flat_to_18_khz_early_and_say_how_late_they_are(quality, tmp_path):
    network = wire(tmp_path).network(RATE, quality)
    impulse = np.zeros(8192, np.float32)
    impulse[0] = 1
    h = network.process(impulse).astype(float)
    hz = np.arange(h.size // 2 + 1) * RATE / h.size
    response = np.fft.rfft(h)
    heard = (hz > 20) & (hz < PASS_HZ)
    np.testing.assert_allclose(20 * np.log10(np.abs(response[heard])), 0, atol=0.1)
    delay = -np.diff(np.unwrap(np.angle(response))) / (2 * np.pi / h.size)
    low = delay[hz[:-1] < 5000]
    print(f"{quality}x: {low.min():.2f} to {low.max():.2f} samples below 5 kHz")
    assert low.max() <= LATE[quality]
    assert network.delay_samples == pytest.approx(low.mean(), abs=0.1)
    assert network.latency_samples == round(network.delay_samples)


def least_delay(hz, log_gain, rate):
    """The group delay at 0 Hz, in samples, that a magnitude brings with it: Bode's relation on the unit circle.

    No filter of that magnitude is earlier; one of minimum phase is exactly so late. `log_gain`: ln |H(f) / H(0)|.
    """
    angle = 2 * np.pi * hz / rate
    return -np.trapezoid(log_gain / (2 * np.sin(angle / 2) ** 2), angle) / np.pi


def test_the_relation_of_gain_and_phase_tells_how_late_a_filter_is():
    sections, hz = last_filter(RATE), np.linspace(1, RATE, 200_001)[:-1]
    gain = np.abs(sections_response(sections, np.append(0.0, 2 * np.pi * hz / (2 * RATE))))
    phase = np.unwrap(np.angle(sections_response(sections, np.array([-1e-3, 1e-3]))))
    want = -(phase[1] - phase[0]) / 2e-3
    assert least_delay(hz, np.log(gain[1:] / gain[0]), 2 * RATE) == pytest.approx(want, abs=1e-3)


@pytest.mark.parametrize(("quality", "least"), [(2, 1.70), (4, 1.95), (8, 1.95)])
def test_the_filters_are_not_much_later_than_gain_and_phase_allow(quality, least, tmp_path):
    # Flat to 18 kHz, images below -90 dB, no gain anywhere: an interpolator and a decimator at the higher rate. The
    # decimator keeps the last sample of each `quality`, which is there earlier.
    rate = quality * RATE
    hz = np.linspace(1, rate / 2, 200_001)[:-1]
    image = (np.abs(hz - RATE * np.round(hz / RATE)) <= PASS_HZ) & (hz > RATE / 2)
    bound = 2 * least_delay(hz, np.where(image, -90 * np.log(10) / 20, 0.0), rate) / quality - (1 - 1 / quality)
    assert bound == pytest.approx(least, abs=0.01)
    late = wire(tmp_path).network(RATE, quality).delay_samples
    print(f"{quality}x: {late:.2f} samples, {bound:.2f} at least")
    assert bound <= late < bound + 2.5


def test_images_and_what_folds_back_lie_below_90_db():
    """Of the two filters of a doubling: images of what can be heard, and all that would come back into the session."""
    for rate in (44100, 48000, 96000):
        hz = np.linspace(0, rate, 4001)
        _, up = signal.freqz(*of_branches(half_band(rate, rate)), worN=hz, fs=2 * rate)
        edge = min(PASS_HZ, PASS_HZ / 44100 * rate)
        assert 20 * np.log10(np.abs(up[hz >= rate - edge]).max()) < -90
        _, down = signal.sosfreqz(last_filter(rate).copy(), worN=hz, fs=2 * rate)
        assert 20 * np.log10(np.abs(down[hz >= rate / 2]).max()) < -90


# ---------------------------------------------------------------- what it is for
def test_the_aliases_of_the_nano_model_go_under():
    model = Model.load(NANO)
    plain, twice, four = (aliases_db(model.network(RATE, quality), 2489.0) for quality in (1, 2, 4))
    print(f"aliases at 1x, 2x, 4x: {plain:.0f}, {twice:.0f}, {four:.0f} dB")
    assert plain > -60
    assert twice < -65
    assert four < -78


def test_a_driven_lstm_makes_fewer_aliases(tmp_path):
    content = model_files.lstm(1, 8)
    content["weights"] = [8 * each for each in content["weights"]]
    model = Model.load(model_files.write(tmp_path / "driven.nam", content))
    plain, four = (aliases_db(model.network(RATE, quality), 2489.0) for quality in (1, 4))
    print(f"aliases at 1x, 4x: {plain:.0f}, {four:.0f} dB")
    assert four < plain - 10


def test_an_lstm_needs_no_resampler_at_a_multiple_of_its_rate(tmp_path):
    model = loaded(tmp_path, "LSTM")
    for rate in (96000, 192000):
        network = model.network(rate)
        assert network.latency_samples == 0
        x = (0.3 * guitar(RATE)).astype(np.float32)
        faster = signal.resample_poly(x, rate // RATE, 1).astype(np.float32)
        want, got = model.network().process(x), network.process(faster)[:: rate // RATE]
        assert db(got - want, want - want.mean()) < -60


# ---------------------------------------------------------------- in other sessions, and refused
def test_quality_counts_from_the_rate_of_the_model(tmp_path):
    model = loaded(tmp_path, "A2")
    x = (0.3 * guitar(2000)).astype(np.float32)
    np.testing.assert_array_equal(model.network(96000, 2).process(x), model.network(96000).process(x))
    assert model.network(44100, 2).latency_samples > model.network(44100).latency_samples


def test_what_cannot_be_is_one_sentence(tmp_path):
    with pytest.raises(RigError, match="The quality is 3, expected 1, 2, 4 or 8"):
        Model.load(NANO).network(RATE, 3)
    content = model_files.wavenet([64], dilations=(8192,))
    large = Model.load(model_files.write(tmp_path / "large.nam", content))
    large.network(RATE, 2)
    with pytest.raises(ModelError, match=r"large\.nam: at 8 times its rate .* choose a lower quality"):
        large.network(RATE, 8)
