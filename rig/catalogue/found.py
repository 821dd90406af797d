"""A model of a library, as a search or the map gives it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .entry import Facts


@dataclass(frozen=True, slots=True)
class Found:
    """One model of a library: the files that hold it, and what it is.

    `distance`: of its fingerprint, 0 the same, about 0.9 any two; `esr`: of its sound. None: not asked for.
    """

    paths: tuple[Path, ...]
    sha256: str
    facts: Facts
    distance: float | None = None
    esr: float | None = None

    @property
    def path(self) -> Path:
        """The first of its files."""
        return self.paths[0]

    def with_figures(self, distance: float | None = None, esr: float | None = None) -> Found:
        """The same as something was asked about it."""
        return replace(self, distance=distance, esr=esr)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "files": [str(path) for path in self.paths],
            "sha256": self.sha256,
            "distance": self.distance,
            "esr": self.esr,
            **self.facts.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Placed:
    """A model on the map; `x` and `y` from -1 to 1."""

    model: Found
    x: float
    y: float
