"""The library as it was read last, for the table and the map: rows, orders, folders, as plain JSON data."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...catalogue.entry import Facts
from ...catalogue.found import Found
from ...catalogue.library import Library
from ...errors import RigError
from ..merge_patch import Json
from ..messages import Search

MOST_ORDERS = 8  # of searches, that are remembered
MOST_DOTS = 100_000  # on a map
MAP_STEPS = 10_000  # from the middle of a map to its edge
ANYWHERE = 1e30  # further than any distance; infinite is that of a model to itself
FIGURES = 3  # behind the point of a distance


class Shelf:
    """`rev` tells this content from that of another moment; `entered`: input levels that the player entered."""

    def __init__(self, library: Library, rev: int, entered: Mapping[str, float]) -> None:
        self.rev, self._library, self._entered = rev, library, entered
        self.models: dict[str, Found] = library.models
        self._hashes = list(library.fingerprints.hashes)
        self._places = {sha256: at for at, sha256 in enumerate(self._hashes)}
        self._shared = _shared([path.parent for model in self.models.values() for path in model.paths])
        self._orders: OrderedDict[tuple[str, str, bool], list[str]] = OrderedDict()
        self._map: Json | None = None

    # ------------------------------------------------------------ the table
    def page(self, search: Search) -> Json:
        """So many rows of a search, from one on."""
        order = self._order(search.query, search.sort, search.down)
        found: Json = {
            "rev": self.rev,
            "all": len(self.models),
            "total": len(order),
            "from": search.begin,
            "items": [self.item(sha256) for sha256 in order[search.begin : search.begin + search.count]],
        }
        if not order and search.query.strip():
            found["instead"] = self._library.suggest(search.query)
        return found

    def _order(self, query: str, sort: str, down: bool) -> list[str]:
        key = (" ".join(query.casefold().split()), sort, down)
        if key in self._orders:
            self._orders.move_to_end(key)
            return self._orders[key]
        found = self._library.find(query)
        if sort:
            by = SORTS[sort]
            known = [(value, model) for model in found if (value := by(self, model)) is not None]
            known.sort(key=lambda row: row[0], reverse=down)
            lacking = [model for model in found if by(self, model) is None]  # last, either way
            found = [*(model for _, model in known), *lacking]
        order = [model.sha256 for model in found]
        self._orders[key] = order
        while len(self._orders) > MOST_ORDERS:
            self._orders.popitem(last=False)
        return order

    # ------------------------------------------------------------ likeness
    def places(self, sha256: str) -> bool:
        """Whether a content has a place among the fingerprints."""
        return sha256 in self._places

    def nearest(self, sha256: str, count: int) -> Json:
        """The nearest of one of the library, the nearest first. Raises RigError."""
        model, place = self.models.get(sha256), self._places.get(sha256)
        if model is None:
            raise RigError("The library does not hold that model any more; search again.")
        if place is None:
            raise RigError(f"{model.path.name} answers the probe with silence: nothing is like it.")
        prints = self._library.fingerprints
        near = prints.neighbours(place, ANYWHERE, count)
        apart = np.linalg.norm(prints.points[near] - prints.points[place], axis=1)
        found = [
            replace(self.models[self._hashes[at]], distance=float(far)) for at, far in zip(near, apart, strict=True)
        ]
        return self.like(model.facts.name or model.path.stem, sha256, found)

    def like(self, name: str, sha256: str | None, near: list[Found]) -> Json:
        """Rows of the nearest to one that is called so, with their distances."""
        items = [
            self.item(model.sha256) | {"distance": None if model.distance is None else round(model.distance, FIGURES)}
            for model in near
            if model.sha256 in self.models
        ]
        found: Json = {"rev": self.rev, "all": len(self.models), "total": len(items), "from": 0, "items": items}
        return found | {"name": name, "of": sha256}

    # ------------------------------------------------------------ the map
    def dots(self) -> Json:
        """Where each model stands, by its place; `of`: how many there are, where they are too many to be drawn."""
        if self._map is None:
            placed, share = self._library.map() if self._hashes else ([], 0.0)
            self._map = {
                "rev": self.rev,
                "all": len(self.models),
                "of": len(placed),
                "share": round(share, 4),
                "x": [round(MAP_STEPS * one.x) for one in placed[:MOST_DOTS]],
                "y": [round(MAP_STEPS * one.y) for one in placed[:MOST_DOTS]],
            }
        return self._map

    def found_places(self, query: str) -> Json:
        """Which dots of the map a search finds."""
        places = [self._places[sha256] for sha256 in self._order(query, "", False) if sha256 in self._places]
        return {"rev": self.rev, "places": [place for place in places if place < MOST_DOTS]}

    def one(self, search: Search) -> Json:
        """The row of one model, by its content, or by its place on the map of that `rev`. Raises RigError."""
        sha256 = search.of
        if search.place is not None:
            if search.rev != self.rev or not 0 <= search.place < len(self._hashes):
                raise RigError("The library has changed meanwhile; the map is drawn anew.")
            sha256 = self._hashes[search.place]
        known = sha256 is not None and sha256 in self.models
        return {"rev": self.rev, "items": [self.item(sha256)] if known and sha256 is not None else []}

    # ------------------------------------------------------------ a row
    def item(self, sha256: str) -> Json:
        """A row: what a model is called and states, and where it lies below the folder that holds all."""
        model = self.models[sha256]
        facts = model.facts
        return {
            "sha256": sha256,
            "name": facts.name or model.path.stem,
            "file": model.path.name,
            "folder": self.folder(model),
            "copies": len(model.paths) - 1,
            "gear": gear(facts),
            "tone": facts.tone_type,
            "by": facts.modeled_by,
            "cabinet": facts.has_cabinet,
            "architecture": facts.architecture,
            "macs": facts.macs_per_sample,
            "level_dbu": self.level(model),
            "place": self._places.get(sha256),
        }

    def folder(self, model: Found) -> str:
        """Where its first file lies, below the folder that holds all; no whole path is told."""
        return "/".join(model.path.parent.parts[self._shared :])

    def level(self, model: Found) -> float | None:
        """Its input level in dBu, stated or entered."""
        stated = model.facts.input_level_dbu
        return self._entered.get(model.sha256) if stated is None else stated


def gear(facts: Facts) -> str:
    """The gear in a word or three, as the file states it; empty: it does not."""
    named = " ".join(filter(None, (facts.gear_make, facts.gear_model)))
    return named or (facts.gear_type or "").replace("_", " ")


def _shared(folders: list[Path]) -> int:
    """How many parts all paths have in common."""
    parts = {folder.parts for folder in folders}
    first, last = min(parts, default=()), max(parts, default=())
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return shared


def _text(value: str | None) -> str | None:
    return value.casefold() if value else None


SORTS: dict[str, Callable[[Shelf, Found], Any]] = {
    "name": lambda shelf, model: (model.facts.name or model.path.stem).casefold(),
    "folder": lambda shelf, model: shelf.folder(model).casefold(),
    "gear": lambda shelf, model: _text(gear(model.facts)),
    "tone": lambda shelf, model: _text(model.facts.tone_type),
    "architecture": lambda shelf, model: _text(model.facts.architecture),
    "cost": lambda shelf, model: model.facts.macs_per_sample,
    "level": lambda shelf, model: shelf.level(model),
}
