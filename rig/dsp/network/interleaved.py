"""A recurrent model at a whole multiple of its rate: so many copies, each with a state of its own, take turns.

Sample i of the faster signal belongs to copy i mod N, and each copy hears the signal at the rate it was trained at. It
is the same network with N samples of delay in its loop instead of one: A. Carson and others, "Sample rate independent
recurrent neural networks for audio effects processing" (2024), arXiv 2406.06293.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..native.address import Address
from ..native.compile import entry
from ..native.memory import Layout
from ..native.pointers import floats, foreign, record
from .playable import Playable, Wrapping

MOST_COPIES = 64
CHUNK = 256  # samples of one copy at a time

INTERLEAVED = np.dtype(
    [
        ("run", np.int64),
        ("reset", np.int64),
        ("copies", np.int64),
        ("networks", np.int64, MOST_COPIES),
        ("turn", np.int64),  # the copy whose sample is next
        ("heard", np.int64),  # address of float32[CHUNK]: what one copy hears, and answers
    ],
    align=True,
)
_call_run = foreign("v", "l", "l", "l", "l")
_call_reset = foreign("v", "l")


@entry("vllll")
def run_interleaved(interleaved: Address, x: Address, y: Address, frames: int) -> None:
    """As `interpreter.run`: `frames` of float32 from x to y, which may be the same place."""
    r = record(interleaved, INTERLEAVED)
    source, out, heard = floats(x), floats(y), floats(r.heard)
    copies = r.copies
    done = 0
    while done < frames:
        n = min(frames - done, CHUNK * copies)
        for first in range(min(copies, n)):
            count = (n - first + copies - 1) // copies
            for k in range(count):
                heard[k] = source[done + first + k * copies]
            _call_run(r.run, r.networks[(r.turn + first) % copies], r.heard, r.heard, count)
            for k in range(count):
                out[done + first + k * copies] = heard[k]
        r.turn = (r.turn + n) % copies
        done += n


@entry("vl")
def reset_interleaved(interleaved: Address) -> None:
    """As `interpreter.reset`."""
    r = record(interleaved, INTERLEAVED)
    for k in range(r.copies):
        _call_reset(r.reset, r.networks[k])
    r.turn = 0


class InterleavedNetwork(Wrapping):
    """Copies of one network that take turns, at as many times its rate; plays like a `Network`."""

    latency_samples = 0  # it answers at once

    def __init__(self, copies: Sequence[Playable]) -> None:
        layout = Layout()
        head, heard = layout.reserve(INTERLEAVED), layout.reserve(np.float32, CHUNK)
        inner, arena = tuple(copies), layout.allocate()
        r = self._record = arena[head][0]
        super().__init__(run_interleaved, reset_interleaved, arena.address_of(head), arena, inner)
        first, count = inner[0], len(inner)
        r["run"], r["reset"], r["copies"] = first.run_address, first.reset_address, count
        r["networks"][:count] = [each.address for each in inner]
        r["heard"] = arena.address_of(heard)
        self.receptive_field_samples = (first.receptive_field_samples - 1) * count + 1
        self.reset()
