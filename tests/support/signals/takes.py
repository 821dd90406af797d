"""Takes of a simulated preamp, with faults on demand: what a session with real gear may hand in."""

from __future__ import annotations

from functools import cache

import numpy as np
from preamp import preamp

from rig.audio.align import shifted
from rig.capture.checks.checks import Evidence, judge
from rig.capture.signal.training_signal import own_signal
from rig.capture.take.recording import POST_ROLL, PRE_ROLL, Recording
from rig.trainer.layout import RATE

SECONDS = 35.0
DELAY = 312  # samples
NOISE_DBFS = -90.0
END = PRE_ROLL + round(SECONDS * RATE)


@cache
def signal():
    return own_signal(SECONDS)


@cache
def wet():
    """The preamp's answer, (n,) float64, read-only."""
    y = preamp(signal().samples).astype(np.float64)
    y.flags.writeable = False
    return y


def recorded(y=None, delay=DELAY, noise_dbfs=NOISE_DBFS, seed=0):
    """What an interface would have recorded: silence before and after, a delay, noise, on 24-bit steps."""
    y = wet() if y is None else y
    x = shifted(np.concatenate([np.zeros(PRE_ROLL), y, np.zeros(POST_ROLL)]), delay)
    if noise_dbfs is not None:
        x += 10 ** (noise_dbfs / 20) * np.random.default_rng(seed).standard_normal(len(x))
    return on_24_bit(x)


def on_24_bit(x):
    return np.clip(np.round(x * 2**23), -(2**23), 2**23 - 1) / 2**23


def judged(x, **evidence):
    """All checks of a recording, cut as a capture cuts it."""
    recording = Recording(x)
    latency = recording.latency(signal())
    cut = recording.cut(signal(), latency.tightest)
    return judge(Evidence(signal().samples, on_24_bit(cut), x[:PRE_ROLL], latency, **evidence))


# ---------------------------------------------------------------- faults: each takes a clean recording and its strength
def louder(x, peak_dbfs):
    return on_24_bit(x * 10 ** (peak_dbfs / 20) / np.abs(x).max())


def clipped(x, share):
    """The converter's ceiling lies at this share of the peak, below digital full scale."""
    ceiling = share * np.abs(x).max()
    return on_24_bit(np.clip(x, -ceiling, ceiling))


def with_noise(x, snr_db):
    """White noise so far below the playing of the first 9 s."""
    playing = np.sqrt(np.mean(x[PRE_ROLL : PRE_ROLL + 9 * RATE] ** 2))
    return on_24_bit(x + playing * 10 ** (-snr_db / 20) * np.random.default_rng(1).standard_normal(len(x)))


def with_hum(x, rms_dbfs, mains_hz=50.0):
    t = np.arange(len(x)) / RATE
    hum = np.sin(2 * np.pi * mains_hz * t) + 0.5 * np.sin(2 * np.pi * 2 * mains_hz * t + 1)
    return on_24_bit(x + 10 ** (rms_dbfs / 20) * hum / np.sqrt(np.mean(hum**2)))


def with_dc(x, offset):
    return on_24_bit(x + offset)


def dropped(x, samples, at_s=20.0):
    """So many samples were never recorded: everything after them comes early."""
    at = PRE_ROLL + round(at_s * RATE)
    return np.concatenate([x[:at], x[at + samples :], np.zeros(samples)])


def stalled(x, samples, at_s=15.5):
    """A block was replaced by silence."""
    at = PRE_ROLL + round(at_s * RATE)
    return np.concatenate([x[:at], np.zeros(samples), x[at + samples :]])


def knob_moved(x, esr):
    """Louder in the second half, by as much as gives this replicate ESR."""
    gain = np.ones(len(x))
    gain[PRE_ROLL + 20 * RATE :] = 1 / (1 - np.sqrt(esr))
    return on_24_bit(x * gain)


def drifted(x, samples):
    """The clock of the input is wrong: the second validation lies so much later."""
    late = samples * (np.arange(len(x)) - PRE_ROLL) / (round(SECONDS * RATE) - 9 * RATE)
    spectrum, omega = np.fft.rfft(x), 2j * np.pi * np.fft.rfftfreq(len(x))
    y, power = x.copy(), np.ones(len(x))
    for order in range(1, 9):  # Taylor's series: the shift is a fraction of a sample everywhere
        spectrum = spectrum * omega
        power = power * -late / order
        y += power * np.fft.irfft(spectrum, len(x))
    return on_24_bit(y)


def gated(x, hiss_dbfs, hold_s=0.25):
    """The gear hisses and a gate mutes it after `hold_s` without signal."""
    dry = np.concatenate([np.zeros(PRE_ROLL + DELAY), signal().samples, np.zeros(POST_ROLL - DELAY)])
    open_for = round(hold_s * RATE)
    sounding = np.concatenate([[0], np.cumsum(np.abs(dry) > 1e-4)])
    is_open = sounding[1:] > sounding[np.maximum(0, np.arange(len(dry)) - open_for)]
    hiss = 10 ** (hiss_dbfs / 20) * np.random.default_rng(2).standard_normal(len(x))
    return on_24_bit(np.where(is_open, x + hiss, 0) + 1e-5 * np.random.default_rng(3).standard_normal(len(x)))


def with_tail(x, level):
    """A delay pedal was left on."""
    y = x.copy()
    for i in range(1, 6):
        y[i * RATE // 8 :] += level**i * x[: -i * RATE // 8]
    return on_24_bit(y)
