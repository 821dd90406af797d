"""The cabinets of an index: found by words, by likeness, darker or brighter; twins; a map."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...cabinet.ir import IR
from ...errors import CompareError, ConfigError, IRError, RigError
from ..index import NOTHING_LOST, Index
from ..map import spread
from ..words import better_words, rank, texts
from .cabinet_facts import CabinetFacts
from .exact import Difference, Exact
from .fingerprint import SIZE, TILT, Vector
from .nearest import CabinetFingerprints, Tilt
from .response_file import described, loaded
from .twins import CabinetTwin, find_cabinet_twins
from .what_it_is import refused


@dataclass(frozen=True, slots=True)
class FoundCabinet:
    """One cabinet of a library: the files that hold it, and what it is.

    `distance_db`: of its fingerprint, 0 the same, 4 to 11 any two; of one that is darker or brighter, with the slopes
    taken out. `tilt_db`: how much steeper its response rises, dB per octave. None: not asked for.
    """

    paths: tuple[Path, ...]
    sha256: str
    facts: CabinetFacts
    distance_db: float | None = None
    tilt_db: float | None = None

    @property
    def path(self) -> Path:
        """The first of its files."""
        return self.paths[0]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "files": [str(path) for path in self.paths],
            "sha256": self.sha256,
            "distance_db": self.distance_db,
            "tilt_db": self.tilt_db,
            **self.facts.to_json(),
        }


@dataclass(frozen=True, slots=True)
class PlacedCabinet:
    """A cabinet on the map; `x` and `y` from -1 to 1."""

    cabinet: FoundCabinet
    x: float
    y: float


class Shelf:
    """The cabinets that an index held when they were first asked for."""

    def __init__(self, index: Index) -> None:
        self._index = index

    @cached_property
    def cabinets(self) -> dict[str, FoundCabinet]:
        """All that lie somewhere, by content hash."""
        facts = self._facts()
        places: dict[str, list[Path]] = {}
        for listed in self._index.files().values():
            if listed.sha256 in facts and listed.problem is None:
                places.setdefault(listed.sha256, []).append(Path(listed.path))
        return {
            sha256: FoundCabinet(tuple(sorted(paths)), sha256, facts[sha256])
            for sha256, paths in sorted(places.items())
        }

    def _facts(self) -> dict[str, CabinetFacts]:
        found = {}
        try:
            for sha256, text in self._index.rows("SELECT sha256, facts FROM cabinets"):
                told = json.loads(text)
                found[sha256] = CabinetFacts(**{**told, "notes": tuple(told["notes"])})
        except (TypeError, ValueError, KeyError) as error:
            raise ConfigError(f"{self._index.path} is damaged (facts that are none); {NOTHING_LOST}.") from error
        return found

    @cached_property
    def fingerprints(self) -> CabinetFingerprints:
        """The fingerprints of those."""
        rows = self._index.rows("SELECT sha256, fingerprint FROM cabinets ORDER BY sha256")
        there = [(sha256, blob) for sha256, blob in rows if sha256 in self.cabinets and len(blob) == 4 * SIZE]
        vectors = self._index.numbers(b"".join(blob for _, blob in there), SIZE)
        return CabinetFingerprints([sha256 for sha256, _ in there], vectors)

    def find(self, query: str = "", count: int | None = None) -> list[FoundCabinet]:
        """Cabinets whose file name, facts (rate, coding, mono, stereo) or folders hold all words; best first."""
        words = query.casefold().split()
        ranked = [
            (place, cabinet.path.name.casefold(), str(cabinet.path), cabinet)
            for cabinet in self.cabinets.values()
            if (place := rank(words, texts("", _stated(cabinet.facts), cabinet.paths))) is not None
        ]
        ranked.sort(key=lambda row: row[:3])
        return [cabinet for *_, cabinet in ranked[:count]]

    def suggest(self, query: str) -> str | None:
        """A query that finds something, where this one finds nothing."""
        return better_words(query, (f"{c.path.stem.casefold()} {_stated(c.facts)}" for c in self.cabinets.values()))

    def like(self, cabinet: Path | IR, count: int, tilt: Tilt | None = None) -> list[FoundCabinet]:
        """The cabinets most like this one, itself left out; with `tilt` the darker or brighter ones of its character.

        Raises IRError for a file that is no cabinet.
        """
        ir = cabinet if isinstance(cabinet, IR) else loaded(cabinet)[0]
        problem = refused(ir.as_in_file(), ir.sample_rate, ir.name)
        if problem is not None:
            raise IRError(problem)
        return self.near(described(ir)[1], count, tilt, ir.content_hash)

    def near(self, vector: Vector, count: int, tilt: Tilt | None = None, without: str = "") -> list[FoundCabinet]:
        """The same by a fingerprint, (54,)."""
        self._check_any()
        found = self.fingerprints.nearest(vector, count, tilt, (without,))
        here = float(vector[TILT])
        return [
            FoundCabinet(
                self.cabinets[sha256].paths,
                sha256,
                self.cabinets[sha256].facts,
                distance_db,
                self.cabinets[sha256].facts.tilt_db_per_octave - here,
            )
            for sha256, distance_db in found
        ]

    def twins(
        self, progress: Callable[[int, int], None] | None = None
    ) -> list[tuple[FoundCabinet, FoundCabinet, Difference]]:
        """Pairs of different contents that are one to the ear, and how far they are apart; the closest first."""
        self._check_any()
        pairs: list[CabinetTwin] = list(find_cabinet_twins(self.fingerprints, self._exact, progress))
        pairs.sort(key=lambda twin: (twin.difference.apart_db, twin.first, twin.second))
        return [(self.cabinets[twin.first], self.cabinets[twin.second], twin.difference) for twin in pairs]

    def copies(self) -> list[FoundCabinet]:
        """Cabinets that lie in more than one place."""
        return [cabinet for cabinet in self.cabinets.values() if len(cabinet.paths) > 1]

    def map(self) -> tuple[list[PlacedCabinet], float]:
        """Every cabinet in two dimensions, near each other where they sound alike, and the share that these show."""
        self._check_any()
        placed, share = spread(self.fingerprints.points)
        hashes = self.fingerprints.hashes
        return [PlacedCabinet(self.cabinets[hashes[i]], float(x), float(y)) for i, (x, y) in enumerate(placed)], share

    def _check_any(self) -> None:
        if not len(self.fingerprints):
            raise CompareError("The library holds no cabinet yet; scan a folder first: rig library scan FOLDER.")

    def _exact(self, sha256: str) -> Exact | None:
        """The response of a content; None where it cannot be read any more."""
        for path in self.cabinets[sha256].paths:
            try:
                ir, _ = loaded(path)
            except RigError:
                continue
            if ir.content_hash == sha256:
                return Exact.of(ir)
        return None


def _stated(facts: CabinetFacts) -> str:
    """What a file says of itself, to be searched."""
    return f"{'stereo' if facts.channels == 2 else 'mono'} {facts.sample_rate_hz} {facts.coding}".casefold()
