"""A cabinet: the filters of one impulse response, in the form in which the audio thread takes them over."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from ..decibels import gain_from_db
from ..dsp.convolver.filter import Filter, FilterPlace
from ..dsp.native.memory import Arena, Layout
from .ir import IR

CABINET = np.dtype(
    [
        ("left", np.int64),  # address of a FILTER
        ("right", np.int64),  # address of another, 0: mono, to both outputs
    ],
    align=True,
)


class CabinetPlace(NamedTuple):
    """The parts of a Layout that one cabinet takes."""

    state: int
    filters: tuple[FilterPlace, ...]

    @classmethod
    def reserve(cls, layout: Layout, ir: IR) -> CabinetPlace:
        """Ask for the memory of a cabinet."""
        return cls(layout.reserve(CABINET), tuple(Filter.reserve(layout, taps) for taps in ir.taps))


class Cabinet:
    """The filters of one IR, ready for the convolver: mono in, mono or stereo out.

    Never written again: the same one may be handed over any number of times. `nbytes` is what it takes.
    """

    def __init__(self, ir: IR, place: tuple[Arena, CabinetPlace] | None = None) -> None:
        if place is None:
            layout = Layout()
            reserved = CabinetPlace.reserve(layout, ir)
            place = layout.allocate(lock=False), reserved
        self._arena, parts = place
        self.filters = tuple(
            Filter(taps, (self._arena, part)) for taps, part in zip(ir.taps, parts.filters, strict=True)
        )
        self.nbytes = sum(part.nbytes for part in self.filters)
        self.address = self._arena.address_of(parts.state)
        right = self.filters[1].address if len(self.filters) > 1 else 0
        self._arena[parts.state][0] = self.filters[0].address, right

    @classmethod
    def many(cls, irs: Sequence[IR]) -> list[Cabinet]:
        """Cabinets in one block of memory, which is faster for many short ones; it lives as long as any of them."""
        layout = Layout()
        places = [CabinetPlace.reserve(layout, ir) for ir in irs]
        arena = layout.allocate(lock=False)
        return [cls(ir, (arena, place)) for ir, place in zip(irs, places, strict=True)]

    def lock(self) -> None:
        """Keep it in RAM, where the user's limits allow."""
        for part in self.filters:
            part.lock()

    def unlock(self) -> None:
        """It has stopped playing."""
        for part in self.filters:
            part.unlock()


@dataclass(frozen=True, slots=True)
class PreparedIR:
    """An impulse response as an engine can play it, and its cabinet."""

    ir: IR
    cabinet: Cabinet

    @classmethod
    def load(cls, path: Path, sample_rate: float, max_taps: int) -> Self:
        """Read for a session of this rate, in Hz; what is longer than `max_taps` is cut. Raises IRError."""
        ir = IR.load(path, sample_rate=round(sample_rate)).limited(max_taps)
        return cls(ir, Cabinet(ir))

    @property
    def nbytes(self) -> int:
        """The taps, and their spectra."""
        return self.ir.taps.nbytes + self.cabinet.nbytes

    def louder(self, gain_db: float) -> Cabinet:
        """A cabinet of the same response that plays it so much louder (softer if negative)."""
        if gain_db == 0.0:
            return self.cabinet
        return Cabinet(dataclasses.replace(self.ir, taps=self.ir.taps * np.float32(gain_from_db(gain_db))))
