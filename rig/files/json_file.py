"""Small JSON files of the user's: read within limits and value by value, written whole or not at all.

A file may have been edited, cut off or made by a stranger. What is read from it has the type and the range that was
asked for; anything else is `Damaged`, with the place in the file. What cannot be read just now is an OSError, and
nobody writes over it.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from .atomic_write import write_text
from .numbers import is_number, is_whole
from .toml_file import shown, shown_name

MAX_BYTES = 8 << 20
LONGEST_TEXT = 4096  # characters


class Damaged(ValueError):
    """What stands in a file cannot be right; the message names the place and the value."""


@dataclass(frozen=True, slots=True)
class Record:
    """One object of a file; `where`: its place in it, empty for the whole."""

    values: dict[str, Any]
    where: str = ""

    def _at(self, key: str) -> str:
        return f"{self.where}.{shown_name(key)}" if self.where else shown_name(key)

    def _unexpected(self, key: str, expected: str) -> Damaged:
        found = f"is {shown(self.values[key])}" if key in self.values else "is missing"
        return Damaged(f"{self._at(key)} {found}, expected {expected}")

    def number(self, key: str, low: float, high: float) -> float:
        """A number in a range."""
        value = self.values.get(key)
        if not is_number(value) or not low <= value <= high:
            raise self._unexpected(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def number_or_none(self, key: str, low: float, high: float) -> float | None:
        """A number in a range, or null."""
        return None if key in self.values and self.values[key] is None else self.number(key, low, high)

    def whole_number(self, key: str, low: int, high: int) -> int:
        """A whole number in a range."""
        value = self.values.get(key)
        if not is_whole(value, low, high):
            raise self._unexpected(key, f"a whole number from {low} to {high}")
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """True or false; the default where there is none."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self._unexpected(key, "true or false")
        return value

    def text(self, key: str, default: str | None = None, longest: int = LONGEST_TEXT) -> str:
        """A text; the default where there is none. Half a character (a lone surrogate) is none."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or len(value) > longest or any("\ud800" <= c <= "\udfff" for c in value):
            raise self._unexpected(key, f"a text of up to {longest} characters")
        return value

    def record(self, key: str) -> Record | None:
        """An object below this one; None: it is not there, or null."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, dict):
            raise self._unexpected(key, "an object")
        return None if value is None else Record(value, self._at(key))

    def needed(self, key: str) -> Record:
        """An object that has to be there."""
        found = self.record(key)
        if found is None:
            raise self._unexpected(key, "an object")
        return found

    def records(self, key: str) -> list[Record]:
        """The objects of a list that has to be there."""
        value = self.values.get(key)
        if not isinstance(value, list):
            raise self._unexpected(key, "a list")
        found = [Record({key: entry}, self.where).record(key) for entry in value]
        return [Record(entry.values, f"{self._at(key)}[{i}]") for i, entry in enumerate(found) if entry is not None]

    def entries(self) -> Iterator[tuple[str, Record]]:
        """Each name in it, and the object that stands there."""
        for key in self.values:
            yield key, self.needed(key)

    def check_schema(self, known: int) -> None:
        """Raise Damaged for a file of another schema."""
        if not is_whole(self.values.get("schema"), known, known):
            raise self._unexpected("schema", f"{known}, which this rig reads")


def read_record(path: Path) -> Record | None:
    """What stands in a file; None: there is none. Raises Damaged, and OSError for what cannot be read just now."""
    try:
        kind = os.stat(path).st_mode
        if not stat.S_ISREG(kind):  # a pipe would keep us waiting for its other end
            code = errno.EISDIR if stat.S_ISDIR(kind) else errno.EINVAL
            raise OSError(code, os.strerror(code) if stat.S_ISDIR(kind) else "a pipe or device", str(path))
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    if len(data) > MAX_BYTES:
        raise Damaged(f"it has more than {MAX_BYTES >> 20} MiB")
    try:
        content = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
    except RecursionError:
        raise Damaged("it is nested too deep") from None
    except UnicodeDecodeError:
        raise Damaged("it is no text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise Damaged(f"it is not JSON (line {error.lineno}, column {error.colno})") from None
    except Damaged:
        raise
    except ValueError:  # a whole number of more digits than Python reads
        raise Damaged("it has a number of thousands of digits") from None
    if not isinstance(content, dict):
        raise Damaged(f"it holds {shown(content)}, expected an object")
    return Record(content)


def _refuse(name: str) -> NoReturn:
    raise Damaged(f"it has {name}, which is no number")


def write_json(path: Path, content: dict[str, Any], durable: bool = False) -> None:
    """Write, making the folder if need be; OSError where that is not possible. `durable`: see `write_bytes`."""
    write_text(path, json.dumps(content, indent=1, sort_keys=True) + "\n", durable=durable)
