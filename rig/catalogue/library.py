"""`rig.Library`: a folder of thousands of models, searched by words and by what they do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray

from ..cabinet.ir import IR
from ..compare.models import compare_models, take_files
from ..compare.pair import TakeFiles, open_take
from ..errors import ArgumentError, CompareError, RigError
from ..files.folders import telling_names
from ..levels import Level
from ..library.calibrated_levels import kept_interface, kept_send
from ..library.entered_levels import input_levels
from ..nam import Model, load_model
from ..scripting.arguments import path as checked_path
from ..scripting.arguments import type_name, whole_number
from .cabinets.exact import Difference
from .cabinets.nearest import TILTS, Tilt
from .cabinets.shelf import FoundCabinet, PlacedCabinet, Shelf
from .entry import described
from .found import Found, Placed
from .index import Index
from .likeness import heard
from .map import positions
from .nearest import Fingerprints
from .pair import excerpts, judged_together, quick_esr
from .pair_search import search_pair
from .scanning.scan import Scanned, scan
from .twins import Twin, find_twins
from .words import Texts, Wanted, rank, suggestion, texts

if TYPE_CHECKING:
    from ..capture.take.operator import Operator
    from .gear.hearing import HeardGear

CALL, SCAN, LIKE, LIKE_CABINET = "rig.Library", "Library.scan", "Library.like", "Library.like_cabinet"
MOST = 20  # results, where nobody says
EXACT = 50  # models that are compared exactly behind a search by a pair


class Library:
    """An index of models, made and kept current by `scan`. `index`: where it is kept (None: rig's own place).

    Raises ConfigError where the index cannot be opened. Every search looks at the index as it is then.
    """

    def __init__(self, index: str | os.PathLike[str] | Index | None = None) -> None:
        if isinstance(index, Index):
            self._index = index
        else:
            self._index = Index(None if index is None else checked_path(CALL, "index", index))

    def scan(
        self,
        folders: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        *,
        workers: int | None = None,
        cluster: str | None = None,
        verify: bool = False,
        progress: Callable[[int, int], None] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> Scanned:
        """Bring the index up to date with folders and all below them; what was read before is not read again.

        `workers`: processes (None: one per core); `cluster`: the address of a Dask scheduler in their place. `verify`:
        hash every file, also those whose time, size and inode are as they were. `progress` hears how many files are
        done, and of how many; `tell` what else there is to say. Raises FileError for a folder that cannot be read,
        ConfigError for an index that cannot be written.

        The workers that it starts run at the lowest priority that the system has. This process reads, too, at the
        priority that it has: who wants to play meanwhile, and not be disturbed, lowers it before (`os.nice`).
        """
        named = [folders] if isinstance(folders, str | os.PathLike) else folders
        if not isinstance(named, Iterable):
            raise ArgumentError(f"{SCAN}(folders=...) takes folders, not {type_name(folders)}.")
        count = None if workers is None else whole_number(SCAN, "workers", workers, 1)
        found = scan(
            self._index,
            [checked_path(SCAN, "folders", folder) for folder in named],
            workers=count,
            cluster=cluster,
            verify=verify,
            progress=progress,
            tell=tell,
        )
        self.refresh()
        return found

    def refresh(self) -> None:
        """Forget what was read of the index: another rig may have scanned."""
        for name in ("models", "fingerprints", "_texts", "_shelf"):
            self.__dict__.pop(name, None)

    @cached_property
    def models(self) -> dict[str, Found]:
        """All that can be played and lies somewhere, by content hash."""
        self.__dict__.pop("fingerprints", None)  # of another moment: another rig may scan
        facts = self._index.facts()
        places: dict[str, list[str]] = {}
        for listed in self._index.files().values():
            if listed.sha256 is not None and listed.problem is None:
                places.setdefault(listed.sha256, []).append(listed.path)
        return {
            sha256: Found(tuple(map(Path, sorted(paths))), sha256, facts[sha256])
            for sha256, paths in sorted(places.items())
            if sha256 in facts
        }

    @cached_property
    def fingerprints(self) -> Fingerprints:
        """The fingerprints of those that answer."""
        hashes, vectors = self._index.vectors()
        if "models" in self.__dict__:
            there = [i for i, sha256 in enumerate(hashes) if sha256 in self.models]
            hashes, vectors = [hashes[i] for i in there], vectors[there]
        return Fingerprints(hashes, vectors)

    def model(self, sha256: str) -> Found | None:
        """One of them, without reading all the others; None: no such content lies anywhere."""
        if "models" in self.__dict__:
            return self.models.get(sha256)
        found = self._index.model(sha256)
        return None if found is None else Found(tuple(map(Path, found[1])), sha256, found[0])

    @property
    def problems(self) -> list[tuple[Path, str]]:
        """Files that are of no use, and why."""
        return [(Path(row.path), row.problem) for row in self._index.files().values() if row.problem is not None]

    def find(self, query: str = "", wanted: Wanted | None = None, count: int | None = None) -> list[Found]:
        """Models whose name, facts or folders hold all words of the query, and that are as wanted; best first."""
        what, words = wanted if wanted is not None else Wanted(), query.casefold().split()
        ranked = [
            (place, within.names, model)
            for model, within in self._texts
            if (place := rank(words, within)) is not None and what.fits(model.facts)
        ]
        ranked.sort(key=lambda row: row[:2])
        return [model for *_, model in ranked[:count]]

    @cached_property
    def _texts(self) -> list[tuple[Found, Texts]]:
        """Where words are looked for, made once; in the order of paths."""
        models = sorted(self.models.values(), key=lambda model: str(model.path))
        return [(model, texts(model.facts.name, model.facts.text, model.paths)) for model in models]

    def suggest(self, query: str) -> str | None:
        """A query that finds something, where this one finds nothing."""
        return suggestion(query, {sha256: model.facts for sha256, model in self.models.items()})

    def like(self, model: str | os.PathLike[str] | Model, count: int = MOST) -> list[Found]:
        """The models that answer most as this one does, the nearest first; itself left out. Raises ModelError."""
        loaded = model if isinstance(model, Model) else load_model(checked_path(LIKE, "model", model))
        place = self.fingerprints.place(loaded.content_hash)
        if place is not None:
            vector = self._index.vector(loaded.content_hash)
        else:
            _, vector = described(loaded)
        if vector is None:
            raise RigError(f"{loaded.path.name} answers the probe with silence: nothing is like it.")
        return self.near(vector, count, without=(loaded.content_hash,))

    def near(self, vector: NDArray[np.float32], count: int = MOST, without: Sequence[str] = ()) -> list[Found]:
        """The models nearest to a fingerprint, (220,), as `rig.catalogue.fingerprint.answered` makes it."""
        self._check_any()
        near = self.fingerprints.nearest(vector, count, without)
        found = [(self.model(each.sha256), each.distance) for each in near]
        return [replace(model, distance=distance) for model, distance in found if model is not None]

    def like_pair(
        self,
        dry: str | os.PathLike[str] | TakeFiles,
        wet: str | os.PathLike[str] | None = None,
        count: int = MOST,
        *,
        channel: int | None = None,
        workers: int | None = None,
        on_search: Callable[[int], None] | None = None,
        on_compare: Callable[[float], None] | None = None,
    ) -> list[Found]:
        """The models nearest to what some gear made of a dry file, the nearest first, each with its exact ESR.

        `dry` may be the folder of a capture, without `wet`; `channel` of a stereo file, from 1. Some hundred models
        at most are played, briefly (`on_search` hears how many), and the best `EXACT` compared as `rig compare` does,
        by so many `workers` (None: one per core; `on_compare` hears how far it is). Raises RigError where the pair
        cannot be judged.
        """
        models = self._all()
        files = take_files(dry, wet, channel=channel)
        take = open_take(files)
        entered, parts, prints = input_levels(), excerpts(take), self.fingerprints

        def try_all(places: list[int]) -> dict[int, float]:
            jobs = []
            for place in places:
                model = models[prints.hashes[place]]
                jobs.append((place, partial(quick_esr, model.path, take, parts, entered.get(model.sha256))))
            return dict(judged_together(jobs))

        best = search_pair(prints, try_all, max(count, EXACT), on_search)
        near = {prints.hashes[place]: None for place, _ in best}
        return self._ranked(models, files, near, workers, on_compare)[:count]

    def like_gear(
        self,
        send: str | None,
        returned: str | None,
        count: int = MOST,
        *,
        send_level: Level | Literal["kept"] | None = "kept",
        interface: Level | Literal["kept"] | None = "kept",
        send_trim_db: float | None = None,
        keep: str | os.PathLike[str] | None = None,
        operator: Operator | None = None,
        client: str = "rig-library",
        freewheel: bool = False,
        accept: bool = False,
        workers: int | None = None,
        on_compare: Callable[[float], None] | None = None,
    ) -> tuple[list[Found], HeardGear]:
        """The models nearest to the gear between two JACK ports, the nearest first, and what the gear answered.

        The probe is played through it, and the `EXACT` models with the nearest fingerprints are compared exactly on ten
        seconds of guitar, as `rig compare` does; each has its distance and its ESR. It sounds, loudly, at `send`.

        `send_level`: of 0 dBFS at the gear; `interface`: at whose level models are played; "kept": what `rig calibrate`
        keeps, None: not known. `send_trim_db`: a digital gain in place of the one that follows (0 or less). `keep`: a
        folder for the pair. `operator` is told and asked what a capture tells and asks; None: nobody, and the wiring is
        right. `accept`: go on with a path that is noisy. Raises CompareError for an empty library, before anything
        sounds; CaptureError or BackendError for gear that is silent, clips or feeds back, and for a server that cannot
        be used.
        """
        from .gear.hearing import Desk, hear_gear, kept_in
        from .gear.sent_level import levels_to_probe, sent_level
        from .gear.shortlist import shortlist

        models, prints = self._all(), self.fingerprints
        facts = [models[sha256].facts for sha256 in prints.hashes]
        stated = [one.input_level_dbu for one in facts if one.input_level_dbu is not None]
        send_known = kept_send() if send_level == "kept" else send_level
        first = sent_level(send_known, kept_interface() if interface == "kept" else interface, stated, send_trim_db)
        desk = Desk(send, returned, client, freewheel, accept)
        with kept_in(None if keep is None else checked_path(LIKE, "keep", keep)) as folder:
            heard = hear_gear(operator, desk, levels_to_probe(first, stated, len(facts)), folder)
            near = {one.sha256: one.distance for one in shortlist(prints, facts, heard.probed, EXACT)}
            return self._ranked(models, heard.take, near, workers, on_compare)[:count], heard

    def _ranked(
        self,
        models: Mapping[str, Found],
        files: TakeFiles,
        near: Mapping[str, float | None],
        workers: int | None,
        on_compare: Callable[[float], None] | None,
    ) -> list[Found]:
        """Contents (with the distance of each) compared exactly with a pair, the best first."""
        by_path = {str(models[sha256].path): sha256 for sha256 in near}
        paths = list(by_path)
        scores = compare_models(files, models=paths, workers=workers, progress=on_compare).scores
        names = dict(zip(telling_names([Path(path) for path in paths]), paths, strict=True))
        found = [(by_path[names[score.file]], score.esr_matched) for score in scores]
        return [models[sha256].with_figures(near[sha256], esr) for sha256, esr in found]

    def twins(self, progress: Callable[[int, int], None] | None = None) -> list[tuple[Found, Found, float]]:
        """Pairs of different contents that are one sound, with the ESR between them; the closest first."""
        models = self._all()
        pairs: list[Twin] = list(find_twins(self.fingerprints, self._heard, progress))
        pairs.sort(key=lambda twin: (twin.esr, twin.first, twin.second))
        return [(models[twin.first], models[twin.second], twin.esr) for twin in pairs]

    def copies(self) -> list[Found]:
        """Models that lie in more than one place."""
        return [model for model in self.models.values() if len(model.paths) > 1]

    def map(self) -> tuple[list[Placed], float]:
        """Every model in two dimensions, near each other where they sound alike, and the share that these show."""
        models = self._all()
        placed, share = positions(self.fingerprints)
        hashes = self.fingerprints.hashes
        return [Placed(models[hashes[i]], float(x), float(y)) for i, (x, y) in enumerate(placed)], share

    # Cabinets

    @property
    def cabinets(self) -> dict[str, FoundCabinet]:
        """All impulse responses that lie somewhere, by content hash."""
        return self._shelf.cabinets

    def find_cabinets(self, query: str = "", count: int | None = None) -> list[FoundCabinet]:
        """Cabinets whose file name, folders, rate, coding or channels (mono, stereo) hold all words; best first."""
        return self._shelf.find(query, count)

    def suggest_cabinets(self, query: str) -> str | None:
        """A query that finds a cabinet, where this one finds none."""
        return self._shelf.suggest(query)

    def like_cabinet(
        self, cabinet: str | os.PathLike[str] | IR, count: int = MOST, *, tilt: Tilt | None = None
    ) -> list[FoundCabinet]:
        """The cabinets whose responses are most like that of this one, the nearest first; itself left out.

        `tilt`: "darker" or "brighter", of the same character but for a slope of 0.3 to 3 dB per octave. Raises IRError
        for a file that is no cabinet.
        """
        if tilt is not None and tilt not in TILTS:
            raise ArgumentError(f"{LIKE_CABINET}(tilt=...) takes {' or '.join(TILTS)}, not {tilt!r}.")
        named = cabinet if isinstance(cabinet, IR) else checked_path(LIKE_CABINET, "cabinet", cabinet)
        return self._shelf.like(named, whole_number(LIKE_CABINET, "count", count, 1), tilt)

    def twin_cabinets(
        self, progress: Callable[[int, int], None] | None = None
    ) -> list[tuple[FoundCabinet, FoundCabinet, Difference]]:
        """Pairs of different files that are one cabinet to the ear, with what is left between them in dB."""
        return self._shelf.twins(progress)

    def copied_cabinets(self) -> list[FoundCabinet]:
        """Cabinets that lie in more than one place."""
        return self._shelf.copies()

    def map_cabinets(self) -> tuple[list[PlacedCabinet], float]:
        """Every cabinet in two dimensions, near each other where they sound alike, and the share that these show."""
        return self._shelf.map()

    @cached_property
    def _shelf(self) -> Shelf:
        return Shelf(self._index)

    def close(self) -> None:
        """Let go of the index."""
        self._index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _check_any(self) -> None:
        if not len(self.fingerprints):
            raise CompareError("The library holds no model yet; scan a folder first: rig library scan FOLDER.")

    def _all(self) -> dict[str, Found]:
        """The models, with fingerprints of the same moment. Raises CompareError where there is none."""
        models = self.models
        self._check_any()
        return models

    def _heard(self, sha256: str) -> NDArray[np.float32] | None:
        """The guitar through a model; None where it cannot be played any more."""
        for path in self.models[sha256].paths:
            try:
                return heard(load_model(path))
            except RigError:
                continue
        return None
