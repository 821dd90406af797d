"""Decibels and what they stand for, each way, in one place.

A gain (a ratio of amplitudes: volts, samples) is 20 log10 in dB, a power (a ratio of squares: energies, mean squares,
an ESR) is 10 log10; 0 is minus infinity in both. What ends in a singular is for one number and is exact to the last
bit of the C library's `pow` and `log10`; what ends in a plural is for arrays of any shape and keeps their float type.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the command line starts without numpy
    from numpy.typing import ArrayLike, NDArray


def gain_from_db(gain_db: float) -> float:
    """Linear gain of a gain in dB.

    >>> gain_from_db(20.0)
    10.0
    """
    return math.pow(10.0, gain_db / 20.0)


def db_from_gain(gain: float) -> float:
    """Decibels of a linear gain; its sign (polarity) does not matter, and 0 gives minus infinity.

    >>> db_from_gain(-10.0)
    20.0
    """
    return 20.0 * math.log10(abs(gain)) if gain else -math.inf


def power_from_db(power_db: float) -> float:
    """Power ratio of a level in dB.

    >>> power_from_db(20.0)
    100.0
    """
    return math.pow(10.0, power_db / 10.0)


def db_from_power(power: float) -> float:
    """Decibels of a power ratio, at least 0; 0 gives minus infinity. ValueError below 0, where there is no power.

    >>> db_from_power(100.0)
    20.0
    """
    return 10.0 * math.log10(power) if power else -math.inf


def gains_from_db(gains_db: ArrayLike) -> NDArray[Any]:
    """Linear gains of gains in dB, of the same shape."""
    import numpy as np

    return np.asarray(10.0 ** (np.asarray(gains_db) / 20.0))


def db_from_gains(gains: ArrayLike) -> NDArray[Any]:
    """Decibels of linear gains, of the same shape; minus infinity where a gain is 0."""
    import numpy as np

    with np.errstate(divide="ignore"):
        return np.asarray(20.0 * np.log10(np.abs(gains)))


def powers_from_db(powers_db: ArrayLike) -> NDArray[Any]:
    """Power ratios of levels in dB, of the same shape."""
    import numpy as np

    return np.asarray(10.0 ** (np.asarray(powers_db) / 10.0))


def db_from_powers(powers: ArrayLike) -> NDArray[Any]:
    """Decibels of power ratios, at least 0 and of the same shape; minus infinity where a power is 0."""
    import numpy as np

    with np.errstate(divide="ignore"):
        return np.asarray(10.0 * np.log10(powers))


# ---------------------------------------------------------------- levels in words
SILENCE_DBFS = -120.0  # what was measured below this is silence: converters stand above it


def level_in_words(level_dbfs: float, unit: str = "dBFS", digits: int = 0) -> str:
    """A level that was measured; where there is next to nothing, that it is silent. Never a minus in front of a zero.

    >>> level_in_words(-41.26, digits=1), level_in_words(-0.04), level_in_words(-483.0)
    ('-41.3 dBFS', '0 dBFS', 'silent')
    """
    return f"{level_dbfs:z.{digits}f} {unit}" if level_dbfs > SILENCE_DBFS else "silent"


def peak_in_words(peak_dbfs: float, digits: int = 1) -> str:
    """A peak that was measured.

    >>> peak_in_words(-3.21), peak_in_words(-float("inf"))
    ('peak -3.2 dBFS', 'silent')
    """
    return f"peak {level_in_words(peak_dbfs, digits=digits)}" if peak_dbfs > SILENCE_DBFS else "silent"


def levels_in_words(peak_dbfs: float, rms_dbfs: float) -> str:
    """Peak and RMS of one signal.

    >>> levels_in_words(-3.21, -20.0), levels_in_words(-float("inf"), -float("inf"))
    ('peak -3.2 dBFS, RMS -20.0 dBFS', 'silent')
    """
    silent = peak_dbfs <= SILENCE_DBFS
    return "silent" if silent else f"{peak_in_words(peak_dbfs)}, RMS {level_in_words(rms_dbfs, digits=1)}"
