"""Whose a sound is: the files of a bake with their hashes, what they say of it, and what they were baked of themselves.

What stands in a foreign file is believed nothing: it is cut, and never nested, so that it can stand in files of ours.
"""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import Any

from ..files.hashing import sha256_of
from ..nam import Model
from ..scripting.printable import printable
from ..trainer.capture_fields import is_writable

LONGEST_NOTE = 1000  # characters of what a foreign file says
MOST_FIRST = 8  # sources that a model which was baked itself goes on naming
MOST_LOOKED_AT = 1000  # entries of a foreign file
NOTES = ("name", "modeled_by", "gear_make", "gear_model", "license", "licence", "copyright")
BETWEEN = "the bakes between the first sources and this file are not named"
MORE = f"more than {MOST_FIRST} first sources are not named"
HALF = "holds half a character, and is left out"


def kept(text: Any) -> str | None:
    """What a foreign file says, as long as it may stand in one of ours; None: nothing that can."""
    return text[:LONGEST_NOTE] if isinstance(text, str) and is_writable(text) else None


def file_facts(path: Path) -> dict[str, Any]:
    """The name of a file, as it may be shown, and its SHA-256."""
    return {"file": printable(path.name), "sha256": sha256_of(path)}


def model_facts(model: Model) -> dict[str, Any]:
    """The file, what its metadata say of whose it is, and, of a model that was baked itself, its first sources.

    `left_out`: what of that cannot go along, in words.
    """
    text = model.path.read_text(encoding="utf-8-sig").lstrip()
    stated = _object(json.JSONDecoder().raw_decode(text)[0].get("metadata"))
    notes = {key: note for key in NOTES if (note := kept(stated.get(key)))}
    first, left_out = _first_sources(_object(_object(_object(stated.get("training")).get("rig")).get("baked")))
    for key in NOTES:
        if isinstance(stated.get(key), str) and stated[key] != notes.get(key, ""):
            is_cut = key in notes
            left_out.append(f"its {key} {f'is cut after {LONGEST_NOTE} characters' if is_cut else HALF}")
    found: dict[str, Any] = {**file_facts(model.path), **notes}
    if first:
        found["baked_from"] = first
    if left_out:
        found["left_out"] = left_out
    return found


def _first_sources(baked: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """What a bake was made of at first, models and impulse responses, each once, in one list; and what is not named.

    A bake of a bake of a bake names what the very first was made of, and no longer what came between: the list would
    grow with every generation.
    """
    waiting = deque([*_objects(baked.get("models")), *_objects(baked.get("cabinet"))])
    found: list[dict[str, Any]] = []
    left_out: dict[str, None] = {}
    for _ in range(MOST_LOOKED_AT):
        if not waiting:
            break
        entry = waiting.popleft()
        said = entry.get("left_out")
        left_out |= {text: None for text in (BETWEEN, MORE) if isinstance(said, list) and text in said}
        before = _objects(entry.get("baked_from"))
        if before:
            left_out[BETWEEN] = None
            waiting.extendleft(reversed(before))
            continue
        named = {key: note for key in ("file", "sha256", *NOTES) if (note := kept(entry.get(key)))}
        if named and named not in found:
            found.append(named)
    if waiting or len(found) > MOST_FIRST:
        left_out[MORE] = None
    return found[:MOST_FIRST], list(left_out)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value[:MOST_LOOKED_AT] if isinstance(each, dict)] if isinstance(value, list) else []
