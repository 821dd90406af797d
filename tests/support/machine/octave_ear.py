"""An ear at a port of rig: how loud it is, and how that is spread over the octaves. Deaf to lost cycles."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Self

import numpy as np
from jackclients import DONE, IDLE, Deck, wait_until
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rig.dsp.ramp import fade_samples

RATE = 48000
ROUND = RATE - fade_samples(RATE)  # of the noise of one second that rig repeats, its end faded into its beginning
WINDOW, HOP = np.hanning(4097)[:-1], 1024  # of most moments: one in which a cycle is lost has every octave in it
OCTAVES_HZ = 62.5 * 2.0 ** np.arange(8)  # the lower edges
SILENCE_DB = -120.0
AUDIBLE_DB = -80.0
MASKED_DB = -40.0  # below the whole: there, a lost cycle or the end of a fade tells more than the sound


class Ear:
    """A context manager. `levels()`: the RMS and each octave from 62.5 Hz to 16 kHz as far as it is heard, in dBFS."""

    def __init__(self, server: str, port: str = "rig:out_1") -> None:
        self._deck = Deck("ear", server, records=1)
        self._deck.connect("in_1", port)
        self._deck.state["lax"] = 1

    def levels(self) -> NDArray[np.float64]:
        """Of the next moment."""
        self._deck.state["state"] = IDLE
        time.sleep(0.02)
        self._deck.arm(ROUND)
        wait_until(lambda: self._deck.state["state"] >= DONE, "the ear")
        x = self._deck.recorded[0].astype(np.float64)
        moments = sliding_window_view(np.concatenate((x, x[: WINDOW.size - HOP])), WINDOW.size)[::HOP]  # it goes round
        power = 2 * np.abs(np.fft.rfft(moments * WINDOW)) ** 2 / (WINDOW.size * np.sum(WINDOW**2))
        hz = np.fft.rfftfreq(WINDOW.size, 1 / RATE)
        bands = [np.median(power[:, (hz >= low) & (hz < 2 * low)].sum(axis=1)) for low in OCTAVES_HZ]
        floor = max(np.mean(x**2) * 10 ** (MASKED_DB / 10), 10 ** (SILENCE_DB / 10))
        return 10 * np.log10(np.maximum([np.mean(x**2), *bands], floor))

    def until(self, condition: Callable[[NDArray[np.float64]], bool], seconds: float = 15.0) -> NDArray[np.float64]:
        """Listen until it sounds so, twice in a row, as a change may be half done; how it sounds then."""
        end, times = time.monotonic() + seconds, 0
        while times < 2:
            times = times + 1 if condition(levels := self.levels()) else 0
            assert times or time.monotonic() < end, f"it does not sound so: {np.round(levels, 1)}"
        return levels

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._deck.close()


def is_silent(levels: NDArray[np.float64]) -> bool:
    """Nothing is heard."""
    return bool(levels[0] <= SILENCE_DB)


def coloured_like(other: NDArray[np.float64], within_db: float = 2.5) -> Callable[[NDArray[np.float64]], bool]:
    """Whether the octaves stand to each other as there, at whatever level."""

    def found(levels: NDArray[np.float64]) -> bool:
        return bool(levels[0] > AUDIBLE_DB and np.abs((levels - levels[0]) - (other - other[0])).max() < within_db)

    return found


def coloured_unlike(other: NDArray[np.float64], by_db: float = 6.0) -> Callable[[NDArray[np.float64]], bool]:
    """Whether it is another sound, at whatever level."""
    same = coloured_like(other, by_db)
    return lambda levels: bool(levels[0] > AUDIBLE_DB) and not same(levels)


def like(other: NDArray[np.float64], within_db: float = 1.5) -> Callable[[NDArray[np.float64]], bool]:
    """Whether something sounds like that: what it plays is never twice quite the same."""
    return lambda levels: bool(np.abs(levels - other)[1:].max() < within_db)


def unlike(other: NDArray[np.float64], by_db: float = 3.0) -> Callable[[NDArray[np.float64]], bool]:
    """Whether it sounds as something else, not merely softer or louder by chance."""
    return lambda levels: bool(levels[0] > AUDIBLE_DB and np.abs(levels - other)[1:].max() > by_db)


def louder(other: NDArray[np.float64], by_db: float, within_db: float = 1.0) -> Callable[[NDArray[np.float64]], bool]:
    """Whether it is so much louder."""
    return lambda levels: bool(abs(levels[0] - other[0] - by_db) < within_db)
