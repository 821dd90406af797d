"""The result of a blind test as a file: JSON in which neither the order nor an answer can be changed unnoticed.

The order is promised by a hash before the first trial, and each answer carries a hash over all that came before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import CompareError

SCHEMA = 1
WRITTEN = {  # what a finished or unfinished result has to hold
    "schema": int,
    "kind": str,
    "id": str,
    "trials": int,
    "commitment": str,
    "sealed": str,
    "answers": list,
    "setup": dict,
}


def commitment(order: str, salt: str) -> str:
    """SHA-256 over salt and order, `order` like "ABBA", `salt` in hex: what is shown before the first trial."""
    return hashlib.sha256(f"{salt}:{order}".encode()).hexdigest()


def linked(before: str, trial: int, answer: str, at: str) -> str:
    """The hash that an answer carries: over its own trial, answer and time, and all that came before."""
    return hashlib.sha256(f"{before}:{trial}:{answer}:{at}".encode()).hexdigest()


def problems_of(data: Mapping[str, Any], order: Any, salt: Any) -> list[str]:
    """What in a result does not fit together, as clauses; `order` None: it is not known yet."""
    trials, problems = data["trials"], []
    if order is not None and (
        len(str(order)) != trials
        or set(str(order)) - {"A", "B"}
        or commitment(str(order), str(salt)) != data["commitment"]
    ):
        problems.append("its order is not the one that was promised: the hash differs")
    before = data["commitment"]
    if len(data["answers"]) > trials:
        problems.append(f"it has more answers than its {trials} trials")
    for number, entry in enumerate(data["answers"], 1):
        fits = (
            isinstance(entry, dict)
            and entry.get("trial") == number
            and entry.get("answer") in ("A", "B")
            and entry.get("link") == linked(before, number, entry["answer"], str(entry.get("at")))
        )
        if not fits:
            problems.append(f"answer {number} was changed after it was given")
            break
        before = entry["link"]
    return problems


def read_result(path: Path) -> dict[str, Any]:
    """The content of a result. Raises CompareError: none at all, of another version, or damaged."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CompareError(f"{path.name} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise CompareError(f"{path.name} is not the result of a blind test: no JSON.") from error
    if not isinstance(data, dict) or data.get("kind") != "rig abx":
        raise CompareError(f"{path.name} is not the result of a blind test of rig.")
    if data.get("schema") != SCHEMA:
        raise CompareError(f"{path.name} was written by another version of rig (schema {data.get('schema')}).")
    for name, kind in WRITTEN.items():
        if not isinstance(data.get(name), kind) or isinstance(data[name], bool):
            raise CompareError(f"{path.name} is damaged: {name} is missing or wrong.")
    return data


def now() -> str:
    """The time as it stands in a result: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
