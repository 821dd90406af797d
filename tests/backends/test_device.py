"""The simulated preamp itself: a test of something on it means nothing if it does not do what it says."""

from __future__ import annotations

import time

import numpy as np
import pytest
from device import FAULTS, Device
from jackclients import Deck, bounce_until_whole, wait_until
from rigs import NANO, RATE, db, guitar, model, noise

from rig.audio.align import find_lag, shifted


@pytest.fixture(scope="module")
def decks(jack_server):
    with Deck("player", jack_server.name, plays=True) as player, Deck("ears", jack_server.name, records=1) as recorder:
        yield player, recorder


def through(decks, device, x, extra=2048):
    """What comes back of x; the decks are two clients, so no period is added."""
    player, recorder = decks
    device.connect("player:out", "ears:in_1")
    return bounce_until_whole(player, recorder, x, extra_samples=extra).samples[:, 0].astype(float)


def below_20_khz(x):
    """Where interpolators are flat, with soft ends."""
    from scipy.signal import firwin

    return np.convolve(x, firwin(511, 20000, fs=RATE, window=("kaiser", 12)), mode="full").astype(np.float32)


@pytest.mark.parametrize(("delay", "polarity", "gain_db"), [(137, -1, 6.0), (61.37, 1, -3.0)])
def test_a_wire_delays_turns_and_amplifies_as_it_says(jack_server, decks, delay, polarity, gain_db):
    x = below_20_khz(noise(RATE // 2, peak=0.25))
    with Device(jack_server, delay, polarity, gain_db, "wire") as device:
        y = through(decks, device, x)
    lag = find_lag(x, y, max_lag_samples=4000)
    assert lag.samples == pytest.approx(delay, abs=0.002)
    assert lag.polarity == polarity
    want = polarity * 10 ** (gain_db / 20) * shifted(np.pad(x, (0, 2048)), delay)
    assert db(y - want, want) < (-110 if delay % 1 == 0 else -75)


def test_it_plays_a_model(jack_server, decks):
    x = guitar(RATE)
    with Device(jack_server, 100, preamp=NANO) as device:
        y = through(decks, device, x)
    want = model(NANO).render(x)
    settled = slice(RATE // 4, RATE - 100)  # the model was not told to forget what came before
    assert db(y[100:][settled] - want[settled], want) < -60


def test_a_tube_bends_one_way_more_than_the_other_and_noise_hum_and_dc_are_there(jack_server, decks):
    x = np.concatenate([np.zeros(RATE // 4), 0.5 * np.sin(2 * np.pi * 500 * np.arange(RATE // 2) / RATE)])
    with Device(jack_server, 0, preamp="tube", noise_dbfs=-80, hum_dbfs=-60, hum_hz=50, dc=0.01) as device:
        y = through(decks, device, x)
    rest, tone = y[: RATE // 4 - 64], y[RATE // 2 : RATE // 2 + RATE // 5]
    assert rest.mean() == pytest.approx(0.01, abs=2e-4)
    hum = 2 * np.abs(np.mean((rest - rest.mean()) * np.exp(-2j * np.pi * 50 * np.arange(rest.size) / RATE)))
    assert 20 * np.log10(hum) == pytest.approx(-60, abs=0.5)
    high = np.diff(rest, 2)  # almost only noise; two differences of white noise are sqrt(6) larger
    assert 20 * np.log10(high.std() / np.sqrt(6)) == pytest.approx(-80, abs=0.5)
    spectrum = np.abs(np.fft.rfft((tone - tone.mean()) * np.hanning(tone.size)))
    fundamental, second = (spectrum[round(k * 500 * tone.size / RATE)] for k in (1, 2))
    assert second > 0.02 * fundamental


@pytest.mark.soak
def test_faults_happen_when_they_are_ordered(jack_server, decks):
    x = noise(RATE // 2, peak=0.25)
    with Device(jack_server, 100, preamp="wire") as device:
        device.fault("dropout", samples=64)
        assert find_lag(x, through(decks, device, x), max_lag_samples=4000).samples == pytest.approx(164, abs=0.01)
        device.set(delay_samples=100)
        device.fault("clip", dbfs=-20)
        assert np.abs(through(decks, device, x)).max() == pytest.approx(0.1, abs=1e-6)
        device.clear()
        device.fault("gate", dbfs=0)
        assert not through(decks, device, x).any()
        device.clear()
        device.fault("gain", db=3)
        device.fault("bypass")
        assert np.abs(through(decks, device, x)).max() == pytest.approx(0.25, rel=0.01)
        device.clear()
        device.fault("drift", ppm=50)
        start, end = (find_lag(a, b, max_lag_samples=4000).samples for a, b in _halves(x, through(decks, device, x)))
        assert end - start == pytest.approx(0.6, abs=0.05)  # 12000 samples between the middles
        device.clear()
        xruns = decks[0].counted("xruns")
        device.fault("stall", ms=8)
        wait_until(lambda: decks[0].counted("xruns") > xruns, "the xrun of a stall")
        device.fault("wrong_port")
        assert np.abs(through_as_connected(decks, x)).std() < 0.01
        device.fault("disconnect")
        assert not through_as_connected(decks, x).any()
        time.sleep(0.1)
    assert set(FAULTS) >= {"buffer", "death", "server_death", "server_freeze", "mute", "hum", "noise", "dc"}


def through_as_connected(decks, x):
    return bounce_until_whole(*decks, x).samples[:, 0].astype(float)


def _halves(x, y):
    middle = x.size // 2
    return (x[:middle], y[:middle]), (x[middle:], y[middle : x.size])
