"""A model at another rate than the session's: a resampler on each side of it, inside the audio callback.

    session -> model's rate -> network -> session's rate

Both are polyphase filters, see `polyphase.py`: flat to 18 kHz, images and aliases below -100 dB. They have linear phase
where the two delay by at most `MOST_LATE_SAMPLES` of the session, else minimum phase. The ratio is exact, so nothing
drifts, and every output needs only what has already arrived: the delay is that of the two filters, and the same for
any pattern of block sizes.

Positions are whole numbers. With L / M = model rate / session rate in lowest terms, model sample j stands at j M / L
session samples and session sample i at i L / M model samples.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RigError
from ..native.address import Address
from ..native.compile import entry, inline, kernel
from ..native.memory import Layout
from ..native.pointers import Record, floats, foreign, record
from ..native.simd import W, fma, load, splat, vsum
from .playable import Playable, Wrapping
from .polyphase import Polyphase, filter_length, polyphase

MOST_LATE_SAMPLES = 96
MAX_FACTOR = 1000  # of the ratio in lowest terms: a row of taps each
CHUNK = 256  # session samples at a time

STAGE = np.dtype(
    [
        ("taps", np.int64),  # address of float32[phases][width], each row reversed: oldest sample first
        ("width", np.int64),  # taps of a row, whole vectors
        ("history", np.int64),  # address of float32: `width` samples of the past, then the running ones
    ],
    align=True,
)
RATED = np.dtype(
    [
        ("run", np.int64),
        ("reset", np.int64),
        ("network", np.int64),
        ("up", np.int64),  # L
        ("down", np.int64),  # M
        ("ahead", np.int64),  # how far the next model sample lies behind the next session sample, in 1 / L of one
        ("settled", np.float32),  # the network's answer to silence
        ("enter", STAGE),  # session -> model
        ("leave", STAGE),  # model -> session
        ("inner", np.int64),  # address of float32: the network's input
    ],
    align=True,
)
_call_run = foreign("v", "l", "l", "l", "l")
_call_reset = foreign("v", "l")
_FLOAT_BYTES = 4


@inline
def _dot(a: Any, at: Any, b: Any, start: Any, width: Any) -> Any:
    total = splat(np.float32(0.0))
    for k in range(0, width, W):
        total = fma(load(a, at + k), load(b, start + k), total)
    return vsum(total)


@kernel
def _append(stage: Record, x: Any, frames: Any) -> None:
    """Put new samples behind the past."""
    history = floats(stage.history)
    for i in range(frames):
        history[stage.width + i] = x[i]


@kernel
def _keep(stage: Record, frames: Any) -> None:
    """The newest samples become the past."""
    history = floats(stage.history)
    for i in range(stage.width):
        history[i] = history[frames + i]


@entry("vllll")
def run_rated(rated: Address, x: Address, y: Address, frames: int) -> None:
    """As `interpreter.run`: `frames` of float32 from x to y, at the session's rate."""
    r = record(rated, RATED)
    done = 0
    while done < frames:
        n = min(frames - done, CHUNK)
        _append(r.enter, floats(x + _FLOAT_BYTES * done), n)
        inner, taps, history, width = floats(r.inner), floats(r.enter.taps), floats(r.enter.history), r.enter.width
        at, made = r.ahead, 0
        while at < n * r.up:
            i = at // r.up
            inner[made] = _dot(taps, (at - i * r.up) * width, history, i + 1, width)
            at += r.down
            made += 1
        _keep(r.enter, n)
        _call_run(r.run, r.network, r.inner, r.leave.history + _FLOAT_BYTES * r.leave.width, made)
        out = floats(y + _FLOAT_BYTES * done)
        taps, history, width = floats(r.leave.taps), floats(r.leave.history), r.leave.width
        position = -r.ahead  # of session sample i behind the first new model sample, in 1 / M of one
        for i in range(n):
            q = position // r.down  # -1: the last sample of the block before
            out[i] = _dot(taps, (position - q * r.down) * width, history, q + 1, width)
            position += r.up
        _keep(r.leave, made)
        r.ahead = at - n * r.up
        done += n


@entry("vl")
def reset_rated(rated: Address) -> None:
    """As `interpreter.reset`."""
    r = record(rated, RATED)
    _call_reset(r.reset, r.network)
    _clear(r.enter, np.float32(0.0))
    _clear(r.leave, r.settled)
    r.ahead = 0


@kernel
def _clear(stage: Record, value: Any) -> None:
    history = floats(stage.history)
    for i in range(stage.width):
        history[i] = value


def _in_vectors(filter_: Polyphase) -> NDArray[np.float32]:
    """The rows as the audio thread reads them: oldest sample first, in whole vectors."""
    rows = np.zeros((filter_.rows.shape[0], -(-filter_.length // W) * W), np.float32)
    rows[:, rows.shape[1] - filter_.length :] = filter_.rows[:, ::-1]
    return rows


def can_play(model_rate: float, session_rate: float) -> bool:
    """Whether a model of the one rate can play in a session of the other: their ratio has moderate numbers."""
    ratio = Fraction(round(model_rate), round(session_rate))
    return max(ratio.numerator, ratio.denominator) <= MAX_FACTOR


class ResampledNetwork(Wrapping):
    """A network that plays in a session of another rate; plays like a `Network`.

    `latency_samples` is what its filters add, in samples of the session. Raises RigError where the two rates have no
    ratio of moderate numbers.
    """

    def __init__(self, network: Playable, model_rate: float, session_rate: float) -> None:
        ratio = Fraction(round(model_rate), round(session_rate))
        up, down = ratio.numerator, ratio.denominator
        if not can_play(model_rate, session_rate):
            raise RigError(
                f"A model of {model_rate:g} Hz cannot play in a session of {session_rate:g} Hz: the two rates have no "
                "simple ratio. Choose 44100, 48000, 88200 or 96000 Hz."
            )
        lower = min(model_rate, session_rate)
        late = filter_length(session_rate, lower) / 2 + filter_length(model_rate, lower) / 2 / ratio
        early = round(late) > MOST_LATE_SAMPLES
        enter = polyphase(session_rate, lower, up, minimum_phase=early)
        leave = polyphase(model_rate, lower, down, minimum_phase=early)
        most = CHUNK * up // down + 2
        layout = Layout()
        head = layout.reserve(RATED)
        parts = {}
        for name, filter_, room in (("enter", enter, CHUNK), ("leave", leave, most)):
            rows = _in_vectors(filter_)
            history = layout.reserve(np.float32, rows.shape[1] + room + W)
            parts[name] = rows, layout.reserve(np.float32, rows.size), history
        inner = layout.reserve(np.float32, most)
        arena = layout.allocate()
        r = self._record = arena[head][0]
        super().__init__(run_rated, reset_rated, arena.address_of(head), arena, (network,))
        r["run"], r["reset"], r["network"] = network.run_address, network.reset_address, network.address
        r["up"], r["down"], r["inner"] = up, down, arena.address_of(inner)
        for name, (rows, taps, history) in parts.items():
            arena[taps][:] = rows.ravel()
            r[name]["taps"], r[name]["width"] = arena.address_of(taps), rows.shape[1]
            r[name]["history"] = arena.address_of(history)
        r["settled"] = network.process(np.zeros(1, np.float32))[0]
        late = enter.delay + (leave.delay + network.latency_samples) / float(ratio)
        self.latency_samples = round(late)
        past = network.receptive_field_samples / float(ratio)
        self.receptive_field_samples = math.ceil(past + enter.length + leave.length / float(ratio))
        self.reset()
