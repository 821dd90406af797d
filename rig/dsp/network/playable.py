"""What every playing network offers to whoever plays it, however it is wrapped."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..native.address import Address


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
