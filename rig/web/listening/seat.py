"""One listener's sitting, as his page sees it: what to show, what may be done, and the sounds as one block.

The sounds of a screen are one block of 24-bit samples: of the first moment the reference and then every position, of
the second moment the same, and so on. A page fetches it in pieces. So nothing that is sent belongs to one sound alone.
"""

from __future__ import annotations

import re
import struct
from typing import Any

import numpy as np

from ...compare.listening.sitting import Sitting
from ...errors import CompareError, RigError
from ..entrance.visitor import Budget
from ..merge_patch import Json
from ..messages import Do
from .revealing import Revealing
from .said import Sounds

SAMPLE_BYTES = 3
PIECE_BYTES = 192 << 10  # about: whole moments of all sounds
HEADER_BYTES = 44  # of the WAV files of a sitting
LARGEST_PIECE = 1 << 20
KIND = 16  # of the binary frames that hold sounds
KEPT_PER_S, KEPT_AT_ONCE = 8.0, 60.0  # of what is written to the disk
LONGEST_HEARD_S = 60.0
_NUMBERED = re.compile(r"(rate|heard)_(\d{1,3})")


class TooFast(RigError):
    """More than a hand can do."""


class Seat:
    """A sitting that pages look at; `revealing`: what is shown at the end, None: nothing."""

    def __init__(self, sitting: Sitting, revealing: Revealing | None) -> None:
        self.sitting, self._revealing = sitting, revealing
        self._budget = Budget(KEPT_PER_S, KEPT_AT_ONCE)

    @property
    def number(self) -> int:
        """Which screen is at hand: those of the training first, then those that count."""
        view = self.sitting.view()
        return view.screen if view.phase == "training" else view.screens + view.screen + (view.phase == "over")

    def state(self) -> Json:
        """All that the page may know."""
        view = self.sitting.view()
        found: Json = {
            "phase": view.phase,
            "listener": self.sitting.listener,
            "promise": self.sitting.promise,
            "screen": view.screen,
            "screens": view.screens,
            "number": self.number,
            "positions": view.positions,
        }
        if self.sitting.is_over:
            results = None if self._revealing is None else self._revealing.of(self.sitting)
            return found | {"closing": self.sitting.closing_hash, "results": results}
        samples = round(view.seconds * self.sitting.test.sample_rate)
        each = _moments(view.positions + 1)
        return found | {
            "scores": list(view.scores),
            "heard": list(view.heard),
            "reference_heard": view.reference_heard,
            "comment": view.comment,
            "missing": view.missing,
            "sound": {
                "rate_hz": self.sitting.test.sample_rate,
                "samples": samples,
                "sounds": view.positions + 1,
                "moments": each,
                "pieces": -(-samples // each),
            },
        }

    # ------------------------------------------------------------ what is heard
    def piece(self, wanted: Sounds) -> bytes:
        """A frame with a piece of the block. Raises CompareError."""
        self._is_at(wanted.screen)
        positions = self.sitting.view().positions
        files = [self.sitting.wav(position) for position in (None, *range(positions))]
        sounds = [np.frombuffer(file, np.uint8, offset=HEADER_BYTES).reshape(-1, SAMPLE_BYTES) for file in files]
        each = _moments(len(sounds))
        first = min(wanted.piece, LARGEST_PIECE) * each
        part = np.stack([sound[first : first + each] for sound in sounds], axis=1)
        if not len(part):
            raise CompareError("There is no such piece of the sounds.")
        return struct.pack("<BBHI", KIND, 0, wanted.screen, wanted.piece) + part.tobytes()

    # ------------------------------------------------------------ what is done
    def carry_out(self, said: Do) -> None:
        """Do it; `of` is the number of the screen that was meant. Raises RigError."""
        sitting = self.sitting
        if said.name == "close" and said.of is not None and said.of < self.number:
            return  # it was, and the answer was lost
        self._is_at(said.of)
        if not self._budget.spend():
            raise TooFast("Too much at once: wait a moment.")
        if said.name == "close":
            sitting.close()
        elif said.name == "leave_out_training":
            sitting.leave_out_training()
        elif said.name == "comment":
            sitting.comment(_text(said.value))
        elif found := _NUMBERED.fullmatch(said.name):
            number = int(found[2])
            if found[1] == "heard":
                sitting.heard(number - 1 if number else None, _seconds(said.value))
            else:
                sitting.rate(number - 1, _score(said.value))
        else:
            raise CompareError("Here one can only listen, rate, comment and go on.")

    def _is_at(self, number: int | None) -> None:
        if number != self.number or self.sitting.is_over:
            raise CompareError("That screen is not the one at hand.")


def _moments(sounds: int) -> int:
    """How many a piece holds."""
    return max(1, PIECE_BYTES // (SAMPLE_BYTES * sounds))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise CompareError("A comment is a text.")
    return value


def _score(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise CompareError("A score is a whole number.")
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_HEARD_S:
        raise CompareError(f"How long it played is a number of seconds, up to {LONGEST_HEARD_S:g}.")
    return float(value)
