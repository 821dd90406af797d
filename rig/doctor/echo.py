"""Soft noise out of the speakers' jacks, and which input hears it: a cable, or the computer itself.

An input that gives back what the computer plays looks like any other, and a guitar plugged beside it is not heard. What
comes through converters and a cable is a little filtered and noisy; what never left the computer is the same, bit for
bit, a whole number of samples later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..audio.align import Lag, find_lag
from ..backends.jack.client import Jack
from ..capture.checks.latency import MAX_LAG_SAMPLES
from ..capture.take.tape_deck import TapeDeck
from ..decibels import db_from_gain, gain_from_db
from .finding import Finding

NOISE_DBFS = -40.0  # peak
NOISE_S, LISTEN_S = 0.4, 0.7
TRIES = 3
MOST_PORTS = 32
SAME_DB = -90.0  # what differs, re what came back: more than 24 bits cost at that level, less than any converter
LOOPBACK_NAMES = re.compile(r"loop ?-?back|monitor", re.IGNORECASE)
# Cards whose last two inputs are their own output; found with Solo, 2i2 and 4i4.
LOOPBACK_CARDS = re.compile(r"scarlett .*4th gen", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Echo:
    """What one input heard of the noise. `lag` None: nothing. `is_digital`: it never left the computer.

    `dropout`: why the recording is not whole, so that nothing is known.
    """

    port: str
    lag: Lag | None = None
    gain_db: float | None = None
    is_digital: bool = False
    dropout: str | None = None


def send_noise(backend: Jack, inputs: Sequence[str], outputs: Sequence[str]) -> list[Echo]:
    """Play noise to all `outputs` for each of `inputs` in turn. Raises CaptureError or BackendError."""
    rate = backend.sample_rate
    peak = gain_from_db(NOISE_DBFS)
    noise = np.random.default_rng(7).uniform(-peak, peak, round(NOISE_S * rate)).astype(np.float32)
    return [_echo(backend, port, outputs, noise, round(LISTEN_S * rate)) for port in inputs[:MOST_PORTS]]


def _echo(backend: Jack, port: str, outputs: Sequence[str], noise: NDArray[np.float32], samples: int) -> Echo:
    for _ in range(TRIES):
        with TapeDeck(backend) as deck:
            backend.reconnect({"in": [port], "out_1": list(outputs)})
            taken = deck.run(noise, samples)
        if taken.dropout is None:
            return heard_in(port, noise, taken.samples, backend.sample_rate)
    return Echo(port, dropout=taken.dropout.text if taken.dropout is not None else None)


def heard_in(port: str, noise: NDArray[np.float32], back: NDArray[np.float32], sample_rate: float) -> Echo:
    """What of `noise` came back, both of shape (n,), begun together."""
    if len(back) < len(noise) or not np.any(back):
        return Echo(port)
    lag = find_lag(noise, back, max_lag_samples=MAX_LAG_SAMPLES, sample_rate=sample_rate)
    late = round(lag.samples)
    heard = back[late : late + len(noise)].astype(np.float64)
    if not lag.is_certain or late < 0 or len(heard) < len(noise):
        return Echo(port)
    sent = noise.astype(np.float64)
    gain = float(np.dot(sent, heard) / np.dot(sent, sent))
    rest = heard - gain * sent
    differs_db = db_from_gain(float(np.sqrt(np.mean(rest**2)) / np.sqrt(np.mean(heard**2))))
    return Echo(port, lag, db_from_gain(abs(gain)), differs_db < SAME_DB)


def named_loopbacks(ports: Sequence[str], cards: Sequence[str]) -> list[str]:
    """Capture ports that are a card's own output by what they, or the card, are called."""
    found = [port for port in ports if LOOPBACK_NAMES.search(port)]
    last_two = [port for port in ports if LOOPBACK_CARDS.search(port)][-2:]  # PipeWire names the card in the port
    if not last_two and len(cards) == 1 and LOOPBACK_CARDS.search(cards[0]) and len(ports) >= 4:
        last_two = list(ports[-2:])
    return found + [port for port in last_two if port not in found]


def inputs_finding(own: str | None, named: Sequence[str], echoes: Sequence[Echo] | None) -> Finding:
    """Whether the guitar's input `own` is one; `echoes` None: no noise was sent."""
    digital = [echo.port for echo in echoes or () if echo.is_digital]
    loopbacks = [*digital, *(port for port in named if port not in digital)]
    figures = {"input": own, "loopbacks": loopbacks, "measured": echoes is not None}
    if own is None:
        text = "There is no input to plug a guitar into."
        return Finding("input", "problem", text, "Choose the interface in the settings of the server.", figures)
    if own in loopbacks:
        why = "gives back exactly what the computer plays" if own in digital else "is the card's own output by its name"
        way_out = "Play through another one: rig play --input PORT."
        return Finding("input", "problem", f"{own} {why}: no guitar is heard there.", way_out, figures)
    if loopbacks:
        text = f"{own} is the input; {', '.join(loopbacks)} bring the computer's own output, not a guitar."
        return Finding("input", "ok", text, figures=figures)
    if echoes is None:
        text = f"{own} is the input; nothing was played to find out whether it is the card's own output."
        return Finding("input", "unknown", text, "rig doctor --noise plays half a second of soft noise.", figures)
    return Finding(
        "input", "ok", f"{own} is the input, and no input brings the computer's own output.", figures=figures
    )


def round_trip_finding(echoes: Sequence[Echo] | None, sample_rate: float, claimed_samples: int) -> Finding:
    """The way out and back over a cable; `claimed_samples`: what the server says of the same way."""
    if echoes is None:
        text = "The round trip was not measured."
        return Finding("round trip", "unknown", text, "Plug a cable from an output into an input: rig doctor --noise.")
    cables = [echo for echo in echoes if echo.lag is not None and not echo.is_digital]
    dropout = next((echo.dropout for echo in echoes if echo.dropout is not None), None)
    if not cables and dropout is not None:
        text = f"The round trip was not measured: {dropout} of the noise."
        return Finding("round trip", "unknown", text, "Try again when xruns are rarer.")
    if not cables:
        text = "No input hears what an output plays: no cable is plugged."
        return Finding("round trip", "unknown", text, "Plug a cable from an output into an input to have it measured.")
    best = max(cables, key=lambda echo: echo.lag.confidence if echo.lag is not None else 0.0)
    assert best.lag is not None
    samples, confidence = best.lag.samples, best.lag.confidence
    ms, extra = 1000 * samples / sample_rate, 1000 * (samples - claimed_samples) / sample_rate
    figures = {"samples": samples, "ms": ms, "port": best.port, "confidence": confidence, "gain_db": best.gain_db}
    text = (
        f"From the output over the cable into {best.port} it takes {ms:.1f} ms ({samples:.0f} samples), "
        f"{extra:.1f} ms more than the server says."
    )
    return Finding("round trip", "ok", text, figures=figures)
