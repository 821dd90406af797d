"""What there is to choose from, as lists of plain JSON data: models, cabinets, presets, favourites, problems, ...

An `index` counts from 0 over all files of a list, whatever its order; the commands `model`, `cabinet` and `preset_at`
take it. Whoever listens blind finds numbers in place of names, and no index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..cabinets.shapes import shapes_of

if TYPE_CHECKING:
    from ..parts import Parts

Items = list[dict[str, Any]]


def models(parts: Parts) -> Items:
    """The models. What is known of a file once it has been read is null before."""
    listed, model = parts.models, parts.rig.sound.model
    playing = None if model is None else listed.index_of(model.path)
    liked = listed.favourites.among(listed.files)
    folders, found = _folders_of_models(listed.files, listed.order.guests), []
    for index, path in enumerate(listed.files):
        facts = listed.facts.get(path)
        found.append(
            {
                "index": index,
                "name": listed.label(index),
                "folder": folders[index],
                "favourite": path in liked,
                "in_view": listed.order.place(index) is not None,
                "problem": listed.problems.get(path),
                "playing": index == playing,
                "level": None if facts is None else facts.has_level,
                "architecture": None if facts is None else facts.architecture,
                "macs": None if facts is None else facts.macs_per_sample,
            }
        )
    return found


def cabinets(parts: Parts) -> Items:
    """The cabinets; while listening blind by their numbers only, those that are still in the order."""
    listed = parts.rig.cabinets
    order, paths, playing = listed.browsing, listed.bank.paths, listed.position
    if order.blind:
        return [
            {"number": order.blind_number(at), "kept": at in order.kept, "rejected": False, "playing": at == playing}
            for at in sorted(order.positions, key=order.blind_number)
        ]
    problems, folders = listed.bank.problems, _folders(paths)
    remarks = listed.favourites.by_path()
    found = []
    for index, path in enumerate(paths):
        remark = remarks.get(str(path.absolute()))
        found.append(
            {
                "index": index,
                "name": listed.label(index),
                "folder": folders[index],
                "favourite": remark is not None and remark.favourite,
                "note": "" if remark is None else remark.note,
                "kept": index in order.kept,
                "rejected": index in order.rejected,
                "in_view": order.place(index) is not None,
                "problem": problems.get(index),
                "playing": index == playing,
            }
        )
    return found


def presets(parts: Parts) -> Items:
    """The presets, in the order of the setlist."""
    setlist, playing = parts.presets.setlist, parts.presets.position
    return [
        {
            "index": index,
            "number": entry.number,
            "name": entry.name,
            "problem": setlist.problems.get(index),
            "playing": index == playing,
        }
        for index, entry in enumerate(setlist.entries)
    ]


def problems(parts: Parts) -> Items:
    """What cannot be used, and why."""
    found = [
        {"what": what, "name": item["name"], "text": item["problem"]}
        for what, listed in (("model", models), ("cabinet", cabinets), ("preset", presets))
        for item in listed(parts)
        if item.get("problem")
    ]
    return [*found, *({"what": "preset", "name": "", "text": text} for text in parts.presets.setlist.warnings)]


def favourites(parts: Parts) -> Items:
    """The favourites among models and cabinets."""
    return [
        {"what": what, "index": item["index"], "name": item["name"]}
        for what, listed in (("model", models), ("cabinet", cabinets))
        for item in listed(parts)
        if item.get("favourite")
    ]


def interfaces(parts: Parts) -> Items:
    """The audio interfaces whose level is known."""
    from ...library.interfaces import Interface

    return [
        {
            "name": one.name,
            "dbu": round(one.level().dbu, 2),
            "basis": one.basis or "your entry",
            "source": one.source,
            "date": one.date,
            "disputed": [round(dbu, 2) for dbu in one.other_dbu] if one.disputed else [],
        }
        for one in Interface.all()
        if one.max_inst_dbu is not None
    ]


def shapes(parts: Parts) -> Items:
    """Response, waveform and decay of the cabinet that plays and of those that are marked; none while blind."""
    return shapes_of(parts.rig.cabinets, parts.audition)


LISTS: dict[str, Callable[[Parts], Items]] = {
    "models": models,
    "cabinets": cabinets,
    "presets": presets,
    "problems": problems,
    "favourites": favourites,
    "interfaces": interfaces,
    "shapes": shapes,
}
UNCHANGING = ("interfaces",)  # as long as rig runs


def files_of(parts: Parts, name: str) -> Sequence[Path]:
    """The files that the indexes of a list count."""
    if name == "models":
        return parts.models.files
    if name == "cabinets":
        return parts.rig.cabinets.bank.paths
    return parts.presets.setlist.paths if name == "presets" else ()


def _folders_of_models(files: Sequence[Path], guests: set[int]) -> list[str]:
    """The same; of one that a search has brought from elsewhere the name of its folder alone."""
    own = iter(_folders([path for at, path in enumerate(files) if at not in guests]))
    return [path.parent.name if at in guests else next(own) for at, path in enumerate(files)]


def _folders(paths: Sequence[Path]) -> list[str]:
    """The folder of each file, below the one that holds them all; empty: that one itself. No whole path is told."""
    parents = [path.parent.parts for path in paths]
    shared = 0
    if parents:
        shortest, longest = min(parents), max(parents)
        while shared < min(len(shortest), len(longest)) and shortest[shared] == longest[shared]:
            shared += 1
    return ["/".join(parent[shared:]) for parent in parents]
