"""What of the sound was lost: xruns that the server tells, and cycles that never came, which nobody tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Lost:
    """Counts of one backend or of several. `gaps`: the places at which the `missed_cycles` were missed.

    >>> str(Lost(3)), str(Lost(0, 10, 379)), str(Lost(1, 1, 1)), Lost(1, 10, 379).short, Lost(3, 10, 379).times
    ('xruns 3', 'xruns 0, 379 cycles missed', 'xruns 1, 1 cycle missed', 'xruns 1, 379 missed', 10)
    """

    xruns: int = 0
    gaps: int = 0
    missed_cycles: int = 0

    @classmethod
    def of(cls, host: Any) -> Self:
        """What a HOST record has counted."""
        return cls(int(host["xruns"]), int(host["gaps"]), int(host["missed_cycles"]))

    def __add__(self, other: Lost) -> Lost:
        return Lost(self.xruns + other.xruns, self.gaps + other.gaps, self.missed_cycles + other.missed_cycles)

    def __sub__(self, other: Lost) -> Lost:
        return Lost(self.xruns - other.xruns, self.gaps - other.gaps, self.missed_cycles - other.missed_cycles)

    @property
    def times(self) -> int:
        """How often sound was lost, at least: a server that tells an xrun often leaves out cycles at it."""
        return max(self.xruns, self.gaps)

    def __str__(self) -> str:
        missed = f", {self.missed_cycles} cycle{'s' * (self.missed_cycles != 1)} missed" if self.missed_cycles else ""
        return f"xruns {self.xruns}{missed}"

    @property
    def short(self) -> str:
        """The same where there is little room."""
        return f"xruns {self.xruns}{f', {self.missed_cycles} missed' if self.missed_cycles else ''}"
