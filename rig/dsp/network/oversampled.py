"""A model at 2, 4 or 8 times the session's rate, with half-band filters of minimum phase, inside the audio callback.

    session -> doubled -> ... -> network -> ... -> halved -> session

A network that bends a wave makes harmonics without end. At the rate it was trained at those above half of it come back
as tones that belong to no note; at a multiple most of them are filtered out instead. The filters are those of
`half_band.py`: flat to 18 kHz; what lies above half the session's rate comes back below -90 dB; together they are 3.3
samples late at 2x, 4.1 at 4x and 4.4 at 8x (48 kHz, below 5 kHz).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RigError
from ..native.address import Address
from ..native.compile import entry, inline, kernel
from ..native.memory import Layout
from ..native.pointers import Record, doubles, floats, foreign, record
from .half_band import delay_samples, half_band, last_filter
from .playable import Playable, Wrapping

FACTORS = (2, 4, 8)
MOST_STAGES = 3
CHUNK = 256  # session samples at a time
SETTLES_SAMPLES = 256  # of the session: the slowest pole (0.95 of 44.1 kHz) has fallen by 100 dB

STAGE = np.dtype(
    [
        ("sections", np.int64, 2),  # of the branches A0 and A1
        ("coefficients", np.int64),  # address of float64: those of A0, then those of A1
        ("up", np.int64),  # address of float64: last input and output of each section
        ("down", np.int64),
        ("fine", np.int64),  # address of float32: this chunk at the stage's higher rate
    ],
    align=True,
)
OVERSAMPLED = np.dtype(
    [
        ("run", np.int64),
        ("reset", np.int64),
        ("network", np.int64),
        ("stages", np.int64),
        ("settled", np.float64),  # the network's answer to silence
        ("biquads", np.int64),  # of the last filter
        ("biquad", np.int64),  # address of float64[5] each: b0, b1, b2, a1, a2
        ("biquad_states", np.int64),  # address of float64[2] each
        ("biquad_rest", np.int64),  # the same after a long constant of 1
        ("stage", STAGE, MOST_STAGES),
    ],
    align=True,
)
_call_run = foreign("v", "l", "l", "l", "l")
_call_reset = foreign("v", "l")
_FLOAT_BYTES = 4


@inline
def _all_pass(states: Any, coefficients: Any, first: Any, sections: Any, v: Any) -> Any:
    """One sample through the sections of a branch."""
    for k in range(first, first + sections):
        y = coefficients[k] * (v - states[2 * k + 1]) + states[2 * k]
        states[2 * k], states[2 * k + 1] = v, y
        v = y
    return v


@kernel
def _double(stage: Record, x: Address, frames: int) -> None:
    """`frames` samples from x to twice as many in `fine`."""
    source, fine = floats(x), floats(stage.fine)
    states, coefficients = doubles(stage.up), doubles(stage.coefficients)
    first, second = stage.sections[0], stage.sections[1]
    for i in range(frames):
        v = np.float64(source[i])
        fine[2 * i] = np.float32(_all_pass(states, coefficients, 0, first, v))
        fine[2 * i + 1] = np.float32(_all_pass(states, coefficients, first, second, v))


@kernel
def _halve(stage: Record, y: Address, frames: int) -> None:
    """Twice `frames` samples in `fine` to `frames` in y."""
    fine, out = floats(stage.fine), floats(y)
    states, coefficients = doubles(stage.down), doubles(stage.coefficients)
    first, second = stage.sections[0], stage.sections[1]
    for i in range(frames):
        late = _all_pass(states, coefficients, first, second, np.float64(fine[2 * i]))
        now = _all_pass(states, coefficients, 0, first, np.float64(fine[2 * i + 1]))
        out[i] = np.float32(0.5 * (late + now))


@kernel
def _halve_last(r: Record, y: Address, frames: int) -> None:
    """Twice `frames` samples of the first stage through the last filter to `frames` in y."""
    fine, out = floats(r.stage[0].fine), floats(y)
    b, states, count = doubles(r.biquad), doubles(r.biquad_states), r.biquads
    for i in range(2 * frames):
        v = np.float64(fine[i])
        for k in range(count):
            w = b[5 * k] * v + states[2 * k]
            states[2 * k] = b[5 * k + 1] * v - b[5 * k + 3] * w + states[2 * k + 1]
            states[2 * k + 1] = b[5 * k + 2] * v - b[5 * k + 4] * w
            v = w
        if i & 1 == 1:
            out[i >> 1] = np.float32(v)


@entry("vllll")
def run_oversampled(oversampled: Address, x: Address, y: Address, frames: int) -> None:
    """As `interpreter.run`: `frames` of float32 from x to y, at the session's rate."""
    r = record(oversampled, OVERSAMPLED)
    done = 0
    while done < frames:
        n = min(frames - done, CHUNK)
        coarse, many = x + _FLOAT_BYTES * done, n
        for s in range(r.stages):
            _double(r.stage[s], coarse, many)
            coarse, many = r.stage[s].fine, 2 * many
        _call_run(r.run, r.network, coarse, coarse, many)
        for s in range(r.stages - 1, -1, -1):
            many //= 2
            if s > 0:
                _halve(r.stage[s], r.stage[s - 1].fine, many)
            else:
                _halve_last(r, y + _FLOAT_BYTES * done, many)
        done += n


@entry("vl")
def reset_oversampled(oversampled: Address) -> None:
    """As `interpreter.reset`."""
    r = record(oversampled, OVERSAMPLED)
    _call_reset(r.reset, r.network)
    for s in range(r.stages):
        stage = r.stage[s]
        up, down = doubles(stage.up), doubles(stage.down)
        for k in range(2 * (stage.sections[0] + stage.sections[1])):
            up[k] = 0.0
            down[k] = r.settled  # an all-pass leaves a constant as it is
    states, rest = doubles(r.biquad_states), doubles(r.biquad_rest)
    for k in range(2 * r.biquads):
        states[k] = r.settled * rest[k]


def _rest(sections: NDArray[np.float64]) -> NDArray[np.float64]:
    """The states of second-order sections after a long constant of 1, two each."""
    states, v = [], 1.0
    for b0, b1, b2, _, a1, a2 in sections:
        w = v * (b0 + b1 + b2) / (1 + a1 + a2)
        states += [w - b0 * v, b2 * v - a2 * w]
        v = w
    return np.array(states)


class OversampledNetwork(Wrapping):
    """A network that plays at `factor` times the session's rate, in Hz; plays like a `Network`.

    `network` is one that is ready for `factor` times that rate. Raises RigError for a factor that is none of FACTORS.
    """

    def __init__(self, network: Playable, factor: int, session_rate: float) -> None:
        if factor not in FACTORS:
            raise RigError(f"The quality is {factor}, expected 1, 2, 4 or 8 times the rate of the model.")
        stages = FACTORS.index(factor) + 1
        filters = [half_band(session_rate * 2**s, session_rate) for s in range(stages)]
        last = last_filter(session_rate)
        layout = Layout()
        head = layout.reserve(OVERSAMPLED)
        biquad = layout.reserve(np.float64, 5 * len(last))
        biquad_states, biquad_rest = (layout.reserve(np.float64, 2 * len(last)) for _ in range(2))
        parts = [
            (
                layout.reserve(np.float64, a.size),
                layout.reserve(np.float64, 2 * a.size),
                layout.reserve(np.float64, 2 * a.size),
                layout.reserve(np.float32, CHUNK << (s + 1)),
            )
            for s, a in enumerate(filters)
        ]
        arena = layout.allocate()
        r = self._record = arena[head][0]
        super().__init__(run_oversampled, reset_oversampled, arena.address_of(head), arena, (network,))
        r["run"], r["reset"], r["network"] = network.run_address, network.reset_address, network.address
        r["stages"], r["settled"] = stages, network.process(np.zeros(1, np.float32))[0]
        for s, (a, (taps, up, down, fine)) in enumerate(zip(filters, parts, strict=True)):
            stage = r["stage"][s]
            arena[taps][:] = np.concatenate([a[0::2], a[1::2]])
            stage["sections"] = (a[0::2].size, a[1::2].size)
            for name, part in (("coefficients", taps), ("up", up), ("down", down), ("fine", fine)):
                stage[name] = arena.address_of(part)
        arena[biquad][:] = np.delete(last, 3, axis=1).ravel()
        arena[biquad_rest][:] = _rest(last)
        r["biquads"] = len(last)
        for name, part in (("biquad", biquad), ("biquad_states", biquad_states), ("biquad_rest", biquad_rest)):
            r[name] = arena.address_of(part)
        self.delay_samples = delay_samples(session_rate, stages)  # of the filters, below 5 kHz
        self.latency_samples = round(self.delay_samples + network.latency_samples / factor)
        # An elliptic filter rings on for some tens of samples until it is below -120 dB.
        past = math.ceil(network.receptive_field_samples / factor)
        self.receptive_field_samples = past + SETTLES_SAMPLES
        self.reset()
