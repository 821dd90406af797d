"""What every playing network offers to whoever plays it, however it is wrapped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..native.address import Address
from ..native.compile import Entry
from ..native.memory import Arena


class Playable(Protocol):
    """A network that is ready to play, at the rate of a session. Only one thread may run it at a time."""

    address: Address  # the first argument of the functions at `run_address` and `reset_address`
    receptive_field_samples: int  # how much past input decides its state

    @property
    def latency_samples(self) -> int:
        """How late its output is."""
        ...

    @property
    def run_address(self) -> Address:
        """Where the function starts that plays it."""
        ...

    @property
    def reset_address(self) -> Address:
        """Where the function starts that resets it."""
        ...

    @property
    def nbytes(self) -> int:
        """Size of its memory."""
        ...

    def process(self, x: ArrayLike) -> NDArray[np.float32]:
        """The next output for the input x, (n,) to (n,) float32; state carries over from call to call."""
        ...

    def reset(self) -> None:
        """Back to the state after long silence."""
        ...


class Wrapping:
    """What plays other networks, in memory of its own: `run` and `reset` are the compiled functions that do so."""

    def __init__(self, run: Entry, reset: Entry, address: Address, arena: Arena, inner: Sequence[Playable]) -> None:
        self._run, self._reset, self._arena, self._inner = run, reset, arena, inner
        self.address, self.run_address, self.reset_address = address, run.address, reset.address

    @property
    def nbytes(self) -> int:
        """Size of its memory."""
        return self._arena.nbytes + sum(each.nbytes for each in self._inner)

    def process(self, x: ArrayLike) -> NDArray[np.float32]:
        """The next output for the input x, (n,) to (n,) float32, both at the rate it is played at."""
        signal = np.ascontiguousarray(x, np.float32)
        y = np.empty_like(signal)
        self._run(self.address, signal.ctypes.data, y.ctypes.data, signal.size)
        return y

    def reset(self) -> None:
        """Back to the state after long silence."""
        self._reset(self.address)
