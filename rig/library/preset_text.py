"""Lines of a preset file that are changed while all others stay as somebody wrote them, comments included."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from ..errors import PresetError
from ..files.toml_file import MAX_BYTES, lines_of, written

_VALUE = r"""("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"']+)"""
_NUMBER = re.compile(r"[ \t]*number[ \t]*=[ \t]*(\d{1,3})[ \t]*(?:#.*)?")
_TABLE = re.compile(r"[ \t]*\[")


def stated_number(path: Path) -> int | None:
    """The number that a file states, even if the rest of it cannot be used; None: none, or nothing can be read."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES).decode("utf-8-sig", errors="replace")
    except (OSError, ValueError):
        return None
    for line in text.splitlines():
        if _TABLE.match(line):
            return None
        if found := _NUMBER.fullmatch(line):
            return int(found[1])
    return None


def with_line(text: str, key: str, value: str | int) -> str:
    """A preset file with another value of a key outside its tables. Raises PresetError where that cannot be done."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    at, line = lines_of("\n".join(lines)).get((key,)), f"{key} = {written(value)}"
    if at is None:
        first = next((i for i, other in enumerate(lines) if other.strip() and other.lstrip()[0] != "#"), 0)
        lines.insert(first, line)
    else:
        rest = re.fullmatch(rf"[^=]*=[ \t]*{_VALUE}([ \t]*(?:#.*)?)", lines[at - 1])
        lines[at - 1] = line + (rest[2].rstrip() if rest is not None else "")
    changed = "\n".join(lines)
    if _read(changed) != {**_read(text), key: value}:
        raise PresetError(f"{key} cannot be changed in this file; change it with an editor.")
    return changed


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except (ValueError, RecursionError):
        raise PresetError("The file is no TOML; mend it with an editor first.") from None
