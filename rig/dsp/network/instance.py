"""One playing instance of a network: its memory, prewarmed and ready, as whoever plays it sees it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import RigError
from ..native.address import Address
from ..native.simd import W
from .interpreter import reset, run, settle
from .program import Program


class Network:
    """One playing instance of a program: its own memory, prewarmed with silence.

    `address` is that of its NETWORK record, the first argument of `run` and `reset`. Only one thread may run it at a
    time. `receptive_field_samples`: how much past input decides its state. `prewarm_samples`: so much silence it plays
    first if it is recurrent; None: as much as that. Any other network settles at once. `rest`: its answer to silence.
    """

    def __init__(self, program: Program, receptive_field_samples: int, prewarm_samples: int | None = None) -> None:
        self._state = program.allocate()
        self.address = self._state.address
        self.receptive_field_samples = receptive_field_samples
        if program.recurrent:
            prewarm = receptive_field_samples if prewarm_samples is None else prewarm_samples
            self.process(np.zeros(prewarm, np.float32))
            self._state.settle()
        else:
            scratch = np.zeros(W, np.float32)
            settle(self.address, run.address, scratch.ctypes.data)
        self.reset()
        self.rest = float(self.process(np.zeros(1, np.float32))[0])
        self.reset()

    latency_samples = 0  # it answers at once

    @property
    def run_address(self) -> Address:
        """Where the function starts that plays it."""
        return run.address

    @property
    def reset_address(self) -> Address:
        """Where the function starts that resets it."""
        return reset.address

    @property
    def nbytes(self) -> int:
        """Size of its memory."""
        return self._state.arena.nbytes

    def process(self, x: ArrayLike) -> NDArray[np.float32]:
        """The next output for the input x, (n,) to (n,) float32; state carries over from call to call.

        Raises RigError for any other shape.
        """
        signal = np.ascontiguousarray(x, np.float32)
        if np.ndim(x) != 1:
            raise RigError(f"A network plays one channel: expected an array of shape (n,), got {np.shape(x)}.")
        y = np.empty_like(signal)
        run(self.address, signal.ctypes.data, y.ctypes.data, signal.size)
        return y

    def reset(self) -> None:
        """Back to the state after loading."""
        reset(self.address)
