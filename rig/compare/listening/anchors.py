"""The anchors of ITU-R BS.1534-3, 5.1: the reference through a low-pass of 3.5 kHz, and of 7 kHz.

For the first the recommendation has a mask: 3.5 kHz as the cut-off, a ripple of at most +-0.1 dB below it, at least
25 dB less at 4 kHz, at least 50 dB less at 4.5 kHz. It has none for the second; rig takes the same one at twice the
frequencies. Both are FIR filters of linear phase (Kaiser window, `scipy.signal.firwin`), whose delay is taken out, so
an anchor is in step with the reference. The stopband begins where the mask wants 25 dB, and is 80 dB down there.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import CompareError
from .scale import Kind

STOPBAND_DB = 80.0
MASK_HZ = (3500.0, 4000.0, 4500.0)  # cut-off, and where MASK_DB have to be reached
MASK_RIPPLE_DB, MASK_DB = 0.1, (25.0, 50.0)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A low-pass: flat up to `pass_hz`, `STOPBAND_DB` down from `stop_hz` on."""

    kind: Kind
    pass_hz: float
    stop_hz: float

    @property
    def name(self) -> str:
        """As it stands in a table.

        >>> ANCHORS[0].name
        'low-pass 3.5 kHz'
        """
        return f"low-pass {self.pass_hz / 1000:g} kHz"

    def to_json(self) -> dict[str, Any]:
        """What is needed to make it again, as plain JSON data."""
        return {**asdict(self), "stopband_db": STOPBAND_DB, "filter": "FIR, linear phase, Kaiser window, firwin"}


ANCHORS = (
    Anchor("low anchor", MASK_HZ[0], MASK_HZ[1]),
    Anchor("mid anchor", 2 * MASK_HZ[0], 2 * MASK_HZ[1]),
)


@lru_cache(maxsize=8)
def taps(anchor: Anchor, sample_rate: int) -> NDArray[np.float64]:
    """The filter, (an odd number of taps,), symmetric. Raises CompareError at a rate whose half is not above it."""
    from scipy.signal import firwin, kaiserord

    if anchor.stop_hz >= sample_rate / 2:
        raise CompareError(
            f"A pair of {sample_rate} Hz holds nothing above {sample_rate / 2000:g} kHz, where an anchor has to be "
            f"told from the reference: listening needs more than {2 * anchor.stop_hz:.0f} Hz."
        )
    count, beta = kaiserord(STOPBAND_DB, (anchor.stop_hz - anchor.pass_hz) / (sample_rate / 2))
    middle_hz = (anchor.pass_hz + anchor.stop_hz) / 2
    return np.asarray(firwin(int(count) | 1, middle_hz, window=("kaiser", beta), fs=sample_rate), np.float64)


def filtered(anchor: Anchor, x: NDArray[Any], sample_rate: int) -> NDArray[np.float64]:
    """x through the filter, (n,), in step with x; silence is taken before its start and behind its end."""
    from scipy.signal import oaconvolve

    return np.asarray(oaconvolve(np.asarray(x, np.float64), taps(anchor, sample_rate), mode="same"), np.float64)
