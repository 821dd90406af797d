"""Play a network in blocks of given lengths from compiled code: single samples would take minutes from Python."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rig.dsp.native.compile import entry
from rig.dsp.native.pointers import foreign, ints
from rig.dsp.network.instance import Network
from rig.dsp.network.interpreter import run

call_run = foreign("v", "l", "l", "l", "l")


@entry("vlllllll")
def run_pattern(function, network, x, y, total, blocks, count):
    """Call `run` at address `function` with `count` block lengths from address `blocks`, again and again."""
    lengths = ints(blocks)
    done, i = 0, 0
    while done < total:
        n = min(lengths[i], total - done)
        call_run(function, network, x + 4 * done, y + 4 * done, n)
        done += n
        i = i + 1 if i + 1 < count else 0


def play(network: Network, x: np.ndarray, blocks: int | Sequence[int]) -> np.ndarray:
    """The network's output for x, in blocks of these lengths, repeated to the end."""
    lengths = np.atleast_1d(np.asarray(blocks, np.int64))
    x = np.ascontiguousarray(x, np.float32)
    y = np.full_like(x, np.nan)
    addresses = (x.ctypes.data, y.ctypes.data, x.size, lengths.ctypes.data, lengths.size)
    run_pattern(run.address, network.address, *addresses)
    return y
