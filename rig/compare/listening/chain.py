"""Files of which no byte can be changed unnoticed: canonical JSON, and a hash in each entry over all before it.

What is written is always the text of `canonical`, so that a file that holds the same content in other bytes has been
edited, too. Whoever writes a whole file anew can make it fit itself; against
that stands the promise, which this machine and whoever wants to have kept (see `sealing.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import CompareError
from ...files.atomic_write import write_text
from ...files.json_file import Damaged, read_record


def canonical(content: Mapping[str, Any], indent: int | None) -> str:
    """The only text that a file of ours may be: keys in order; in one line, which is written fast, or indented."""
    separators = (",", ":") if indent is None else None
    return json.dumps(content, sort_keys=True, indent=indent, separators=separators, allow_nan=False) + "\n"


def digest(content: Any) -> str:
    """SHA-256 of plain JSON data, whatever order its keys stand in."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def linked(before: str, entry: Mapping[str, Any]) -> str:
    """The hash that an entry carries: over itself and, by the hash before it, all that came before."""
    return digest([before, {name: value for name, value in entry.items() if name != "link"}])


def read_json(path: Path, what: str, kind: str, schema: int, indent: int | None) -> dict[str, Any]:
    """The content of a file of ours. Raises CompareError: it is none, of another version, or was edited."""
    try:
        record = read_record(path)
        if record is None:
            raise CompareError(f"{path}: there is no such file; {what} was expected.")
        found = record.values
        text = path.read_bytes()
    except OSError as error:
        raise CompareError(f"{path.name} cannot be read ({error.strerror}).") from error
    except (Damaged, RecursionError, ValueError) as error:
        raise CompareError(f"{path.name} is not {what}: {error}.") from error
    if found.get("kind") != kind:
        raise CompareError(f"{path.name} is not {what} of rig.")
    if found.get("schema") != schema:
        raise CompareError(f"{path.name} was written by another version of rig (schema {found.get('schema')!r}).")
    try:
        expected = canonical(found, indent).encode()
    except (RecursionError, ValueError) as error:
        raise CompareError(f"{path.name} is damaged: a number in it is none.") from error
    if expected != text:
        raise CompareError(f"{path.name} was edited: its bytes are not those that rig writes.")
    return found


def keep(path: Path, content: Mapping[str, Any], indent: int | None = None) -> None:
    """Write such a file: whole or not at all, and on the disk when this returns. Raises OSError."""
    write_text(path, canonical(content, indent), durable=True)
