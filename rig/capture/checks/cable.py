"""The self-test's one question: is what lies between send and return a cable?

A cable gives back what it gets: every frequency alike, at one delay, at one gain for loud and for soft, with no more
noise than the converters have, and nothing added. Each of these is measured and has a limit of its own. The limits
allow a good interface with coupled inputs, and a transformer; a preamp, however clean, passes at most some of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...audio.align import find_lag
from ...audio.measures import FLOOR_DBFS, ac_rms_dbfs
from ...decibels import db_from_power
from ...trainer.layout import NOISE, PROGRAMME, RATE, VALIDATION
from .digital_copy import is_a_copy
from .latency import USABLE, Latency
from .verdict import Check, Limit

CABLE_LIMITS: dict[str, Limit] = {
    "response": Limit("above", 1.0, 3.0, "dB"),  # largest difference from 1 kHz, 40 Hz - 16 kHz
    "delay": Limit("above", 1.0, 5.0, "samples"),  # by which frequencies differ, 500 Hz - 10 kHz
    "linearity": Limit("above", 0.1, 0.5, "dB"),  # of gain between loud and soft
    "gain": Limit("above", 0.5, 2.0, "dB"),  # off what the calibrated levels say
    "self-noise": Limit("above", -80.0, -60.0, "dBFS RMS"),
    "distortion": Limit("above", -50.0, -36.0, "dB"),  # what is no linear copy, re the playing
}
WINDOW = 8192  # samples of one spectrum
RESPONSE_HZ = (40.0, 16_000.0)
DELAY_HZ = (500.0, 10_000.0)
DISTORTION_HZ = (60.0, 16_000.0)
SMOOTHING = 1 / 6  # octave
SAME_DELAY = 2.0  # samples by which a loop may have changed since it was calibrated
QUARTERS_DB = (0, -6, -12, -24)  # of the validation of rig's own signal; of another one they are parts of it


@dataclass(frozen=True, slots=True)
class Loop:
    """What is known of the loop before it is tested; None: it was not calibrated.

    `gain_db`: level of the send less that of the return. `delay_samples`: the round trip by `rig calibrate latency`.
    """

    gain_db: float | None = None
    delay_samples: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cable:
    """A take of a self-test: dry and wet, (n,) each and cut to each other, and all its silences, (m,)."""

    dry: NDArray[np.float64]
    wet: NDArray[np.float64]
    latency: Latency
    silence: NDArray[np.float64]
    loop: Loop


@dataclass(frozen=True, slots=True, eq=False)
class Transfer:
    """From dry to wet, by frequency: the linear part, and the share of wet's power that it does not explain."""

    hz: NDArray[np.float64]
    response: NDArray[np.complex128]
    power: NDArray[np.float64]  # of wet
    unexplained: NDArray[np.float64]


def cable_checks(cable: Cable) -> tuple[Check, ...]:
    """All of them; a take of a cable passes every one."""
    whole = _transfer(cable.dry, cable.wet)
    return (
        _path(cable),
        _response(whole),
        _delay(cable, whole),
        _linearity(cable),
        _gain(cable, whole),
        _noise(cable.silence),
        _distortion(whole),
        _polarity(cable.latency),
    )


def _transfer(x: NDArray[np.float64], y: NDArray[np.float64]) -> Transfer:
    """By averaged spectra, half a window apart: H = Sxy / Sxx, and what is left of Syy (coherence)."""
    window = np.hanning(WINDOW)
    starts = range(0, len(x) - WINDOW + 1, WINDOW // 2)
    own, wet = np.zeros(WINDOW // 2 + 1), np.zeros(WINDOW // 2 + 1)
    both = np.zeros(WINDOW // 2 + 1, np.complex128)
    for start in starts:
        a, b = (np.fft.rfft(part[start : start + WINDOW] * window) for part in (x, y))
        own += np.abs(a) ** 2
        both += np.conj(a) * b
        wet += np.abs(b) ** 2
    own = np.maximum(own, 1e-20)
    left = np.maximum(wet - np.abs(both) ** 2 / own, 0.0)
    return Transfer(np.fft.rfftfreq(WINDOW, 1 / RATE).astype(np.float64), both / own, wet, left)


def _path(cable: Cable) -> Check:
    dry, wet = cable.dry[NOISE:PROGRAMME], cable.wet[NOISE:PROGRAMME]
    lag = find_lag(dry, wet, max_lag_samples=400)
    if is_a_copy(dry, wet, round(lag.samples)):
        text = "wet is an exact copy of dry: this cable is inside the computer, and no converter was tried"
        advice = "For a test of the interface choose the ports that the cable is plugged into."
        return Check("path", "warn", lag.confidence, "", None, None, text, advice)
    return Check("path", "ok", lag.confidence, "", None, None, "a way out of the computer and back")


def _response(transfer: Transfer) -> Check:
    """Smoothed over a sixth of an octave, against 1 kHz."""
    centres = np.geomspace(*RESPONSE_HZ, 120)
    levels = np.array([_level_db(transfer, hz) for hz in (*centres, 1000.0)])
    difference = levels[:-1] - levels[-1]
    worst = int(np.argmax(np.abs(difference)))
    text = (
        f"{difference.min():+z.2f} to {difference.max():+z.2f} dB against 1 kHz, from {RESPONSE_HZ[0]:g} Hz to "
        f"{RESPONSE_HZ[1] / 1000:g} kHz; most at {centres[worst]:.0f} Hz"
    )
    advice = "A cable passes every frequency alike: is there gear in the loop, or a filter on in the interface?"
    return CABLE_LIMITS["response"].check("response", float(abs(difference[worst])), text, advice)


def _level_db(transfer: Transfer, hz: float) -> float:
    near = (transfer.hz >= hz * 2 ** (-SMOOTHING / 2)) & (transfer.hz <= hz * 2 ** (SMOOTHING / 2))
    near |= np.abs(transfer.hz - hz) < RATE / WINDOW
    return float(db_from_power(max(float(np.mean(np.abs(transfer.response[near]) ** 2)), 1e-20)))


def _delay(cable: Cable, transfer: Transfer) -> Check:
    """How far the phase delay of single frequencies lies from that of most."""
    limit, latency = CABLE_LIMITS["delay"], cable.latency
    if not latency.correlation.is_certain or latency.correlation.samples < 0:
        text = "what comes back has no delay against what was played that a cable could have"
        return limit.check("delay", None, text, "Is the cable in both ports that were chosen?", "fail")
    band = (transfer.hz >= DELAY_HZ[0]) & (transfer.hz <= DELAY_HZ[1])
    omega = 2 * np.pi * transfer.hz[band] / RATE
    delays = -np.unwrap(np.angle(transfer.response[band] * latency.correlation.polarity)) / omega
    spread = float(np.max(np.abs(delays - np.median(delays))))
    samples = latency.correlation.samples
    text = f"{samples:.1f} samples ({samples / RATE * 1000:.2f} ms), the same within {spread:.2f} from 500 Hz to 10 kHz"
    known = cable.loop.delay_samples
    verdict = limit.verdict(spread)
    advice = "A cable delays every frequency alike: is there gear in the loop?"
    if samples > USABLE[1]:
        verdict, advice = "fail", "That is too late for a capture: choose a shorter period."
    elif known is not None and abs(samples - known) > SAME_DELAY and verdict == "ok":
        verdict = "warn"
        text += f"; rig calibrate latency found {known:.1f} at this period"
        advice = "Something in the loop has changed since then: measure again with rig calibrate latency."
    return limit.check("delay", spread, text, advice, verdict)


def _linearity(cable: Cable) -> Check:
    """The gain of each quarter of the first nine seconds, by least squares."""
    gains = []
    for x, y in zip(np.split(cable.dry[:VALIDATION], 4), np.split(cable.wet[:VALIDATION], 4), strict=True):
        transfer = _transfer(x, y)
        band = (transfer.hz >= 100.0) & (transfer.hz <= 5000.0)
        gain = float(np.sum(np.abs(transfer.response[band]) ** 2 * _own(transfer)[band])) / float(
            max(np.sum(_own(transfer)[band]), 1e-30)
        )
        gains.append(db_from_power(max(gain, 1e-20)))
    spread = max(gains) - min(gains)
    text = f"loud and soft come back with gains that differ by {spread:.2f} dB"
    advice = "A cable has one gain: is there a preamp, a compressor or a limiter in the loop?"
    return CABLE_LIMITS["linearity"].check("linearity", spread, text, advice)


def _own(transfer: Transfer) -> NDArray[np.float64]:
    """Power of dry by frequency."""
    explained = np.maximum(transfer.power - transfer.unexplained, 0.0)
    size = np.maximum(np.abs(transfer.response) ** 2, 1e-20)
    own: NDArray[np.float64] = explained / size
    return own


def _gain(cable: Cable, transfer: Transfer) -> Check:
    limit = CABLE_LIMITS["gain"]
    gain = _level_db(transfer, 1000.0)
    text, known = f"the loop has a gain of {gain:+z.2f} dB at 1 kHz", cable.loop.gain_db
    if known is None:
        advice = "Calibrate both ends (rig calibrate send, rig calibrate return), and the gain can be judged as well."
        return limit.check("gain", None, f"{text}; what it should be is not known", advice)
    advice = "Has a knob been turned since rig calibrate, or is the return padded?"
    return limit.check("gain", abs(gain - known), f"{text}; by the calibrated levels {known:+z.2f} dB", advice)


def _noise(silence: NDArray[np.float64]) -> Check:
    if not len(silence):
        text = "no silence was there to listen to"
        return CABLE_LIMITS["self-noise"].check("self-noise", None, text, "Use rig's own signal, which has some.")
    level = ac_rms_dbfs(silence, FLOOR_DBFS)
    advice = "Turn the return's gain down, choose a line input, or try another cable."
    text = f"silence comes back at {level:.1f} dBFS RMS"
    return CABLE_LIMITS["self-noise"].check("self-noise", level, text, advice)


def _distortion(transfer: Transfer) -> Check:
    band = (transfer.hz >= DISTORTION_HZ[0]) & (transfer.hz <= DISTORTION_HZ[1])
    share = float(np.sum(transfer.unexplained[band])) / max(float(np.sum(transfer.power[band])), 1e-30)
    figure = db_from_power(max(share, 1e-20))
    text = f"what no linear path adds, distortion and noise together, lies at {figure:.1f} dB of the playing"
    advice = "A cable adds nothing: is there gear in the loop, or is the send or the return overdriven?"
    return CABLE_LIMITS["distortion"].check("distortion", figure, text, advice)


def _polarity(latency: Latency) -> Check:
    sign = latency.correlation.polarity
    text = "the same way up" if sign > 0 else "upside down"
    advice = "" if sign > 0 else "A cable with two wires swapped, or an interface that inverts; no fault of a capture."
    return Check("turn", "ok" if sign > 0 else "warn", float(sign), "", None, None, text, advice)
