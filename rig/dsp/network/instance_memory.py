"""The memory of one instance of a network, as `program.py` lays it out, and the parts of it that Python looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..native.address import Address
from ..native.memory import Arena

Places = NDArray[np.int64]  # base and stride of each plane: (2, planes)


@dataclass(frozen=True, slots=True)
class State:
    """One instance, before or after its prewarm."""

    arena: Arena
    address: Address  # of the NETWORK record
    planes: NDArray[Any]
    positions: NDArray[np.int64]
    lstms: NDArray[Any]
    memory: NDArray[np.float32]

    def settle(self) -> None:
        """Take the present state, after the prewarm, as the one that `reset` restores.

        After a long silence every row of a convolution's past holds one constant, so one float per row is enough,
        unless an LSTM is there.
        """
        for plane, pos in zip(self.planes, self.positions, strict=True):
            if plane["lookback_frames"]:
                rows = plane["base"] + pos + np.arange(plane["channels"])[:, None] * plane["stride"]
                past = (rows + np.arange(-plane["kept_frames"], 0)).ravel()
                self.memory[plane["settled"] : plane["settled"] + past.size] = self.memory[past]
        for lstm in self.lstms:
            count = lstm["state_floats"]
            now = self.memory[lstm["state"] : lstm["state"] + count]
            self.memory[lstm["settled"] : lstm["settled"] + count] = now
            lstm["settled_phase"] = lstm["phase"]


def write_rows(table: NDArray[Any], signals: Sequence[tuple[int, int, int]], places: Places, delays: Any = 0) -> None:
    """Signals (plane, first row, channels), each some frames ago, as ROWS records.

    Where they are in a block is found when it plays.
    """
    numbers, firsts, _ = np.array(signals, np.int64).reshape(-1, 3).T
    bases, strides = places
    is_there = numbers > 0
    table["first"] = np.where(is_there, bases[numbers] + firsts * strides[numbers] - delays, -1)
    table["plane"], table["stride"] = numbers, strides[numbers] * is_there
