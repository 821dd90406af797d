"""TOML that people write by hand: read within limits, every value checked, every fault named with file and line.

A file that is refused raises an error of the caller's choice. What is merely odd, such as a key that nobody knows,
becomes a warning.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import stat
import sys
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ..errors import RigError
from ..scripting.braced_names import note
from .numbers import is_number, is_whole

MAX_BYTES = 64 << 10
MOST_DOTS = 500  # in a line: Python reads a key of so many parts in no time, one of 30,000 in nine seconds
MOST_WARNINGS = 20  # of one file
LARGEST = sys.float_info.max
LONGEST_SHOWN = 60  # characters of a value in a sentence

Place = tuple[str | int, ...]  # of a value: ("cabinet", 0, "gain_db")
Choice = TypeVar("Choice", bound=str | int)
_NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_NAMES = rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*"
_KEY = re.compile(rf"[ \t]*({_NAMES})[ \t]*=(.*)")
_HEADER = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_NAMES})[ \t]*\]")
_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def lines_of(text: str) -> dict[Place, int]:
    """The line, from 1, of each key and table header of a TOML document that is known to be right."""
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    open_quotes = ""  # of a text that goes on over several lines
    for number, line in enumerate(text.split("\n"), 1):
        if open_quotes:
            open_quotes = "" if open_quotes in line else open_quotes
        elif header := _HEADER.match(line):
            *above, last = _names(header[2])
            table = ()
            for name in above:
                table = (*table, name)
                table = (*table, counts[table]) if table in counts else table  # [a.b] belongs to the last [[a]]
            table = (*table, last)
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            names = _names(key[1])
            for depth in range(1, len(names) + 1):
                lines.setdefault((*table, *names[:depth]), number)
            opened = [quotes for quotes in ('"""', "'''") if key[2].count(quotes) % 2]
            open_quotes = opened[0] if opened else ""
    return lines


def _names(dotted: str) -> Place:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, dotted))


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file, read value by value; what was never asked for is unknown (`warn_of_the_rest`)."""

    file: str  # name with ending, or all of its path
    folder: Path  # where the file lies: relative names count from there
    content: str  # of the whole file
    values: dict[str, Any]
    lines: Mapping[Place, int]
    error_type: type[RigError]
    place: Place = ()
    warnings: list[str] = field(default_factory=list)  # of the whole file
    known: set[str] = field(default_factory=set)

    def where(self, *key: str | int) -> str:
        """File and line of a key; of the table, if there is no such key."""
        place = (*self.place, *key)
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.file}, line {self.lines.get(place, 1)}"

    @property
    def span(self) -> tuple[int, int] | None:
        """Its first and last line, from 1, without what only stands before the next header; None: it has no header."""
        first = self.lines.get(self.place)
        if first is None or not self.place:
            return None
        beyond = (n for place, n in self.lines.items() if n > first and place[: len(self.place)] != self.place)
        lines = self.content.split("\n")[: min(beyond, default=1 << 31) - 1]
        last = max(n for n, line in enumerate(lines, 1) if n == first or (line.strip() and line.lstrip()[0] != "#"))
        return first, last

    def error(self, text: str, *key: str | int) -> RigError:
        """The error to raise."""
        return self.error_type(f"{self.where(*key)}: {text}")

    def unexpected(self, key: str, expected: str) -> RigError:
        """The error to raise for a wrong value."""
        return self.error(f"{key} is {shown(self.values[key])}, expected {expected}.", key)

    def warn(self, text: str, *key: str | int) -> None:
        """Note something odd but harmless."""
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(f"{self.where(*key)}: {text}")

    def _take(self, key: str) -> Any:
        self.known.add(key)
        return self.values.get(key)

    def number(self, key: str, low: float = -LARGEST, high: float = LARGEST, unit: str = "") -> float | None:
        """A number, in a range if there is one; None: it is not there."""
        value = self._take(key)
        if value is None:
            return None
        if not is_number(value) or not low <= value <= high:
            expected = f"{low:g} to {high:g}{f' {unit}' if unit else ''}" if high < LARGEST else "a number"
            raise self.unexpected(key, expected)
        return float(value)

    def whole_number(self, key: str, low: int, high: int) -> int | None:
        """A whole number in a range; None: it is not there."""
        value = self._take(key)
        if value is None:
            return None
        if not is_whole(value, low, high):
            raise self.unexpected(key, f"a whole number from {low} to {high}")
        return value

    def flag(self, key: str) -> bool | None:
        """True or false; None: it is not there."""
        value = self._take(key)
        if value is None or isinstance(value, bool):
            return value
        raise self.unexpected(key, "true or false")

    def text(self, key: str, longest: int, expected: str = "a text in quotes") -> str | None:
        """A text; None: it is not there."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.unexpected(key, expected)
        if len(value) > longest:
            raise self.error(f"{key} has {len(value)} characters; {longest} at most.", key)
        return value

    def choice(self, key: str, choices: Collection[Choice]) -> Choice | None:
        """One of some words or whole numbers; None: it is not there."""
        value = self._take(key)
        if value is None:
            return None
        for choice in choices:
            if type(value) is type(choice) and value == choice:
                return choice
        raise self.unexpected(key, " or ".join(json.dumps(choice) for choice in choices))

    def path(self, key: str, what: str) -> Path | None:
        """An existing file, from the folder of this one if its name is relative; None: the key is not there."""
        value = self.text(key, longest=4096)
        if value is None:
            return None
        path = Path(os.path.expanduser(value))
        path = path if path.is_absolute() else self.folder / path
        try:
            if value and path.is_file():
                return path
        except (OSError, ValueError):  # a name that no file can have
            pass
        raise self.error(f"there is no {what} {shown(value)}; names are relative to this file's folder.", key)

    def table(self, key: str) -> Table | None:
        """A table below this one; None: it is not there."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.unexpected(key, f"a table [{key}]")
        return self._below(value, key)

    def tables(self, key: str) -> list[Table]:
        """The tables of an array, none if it is not there."""
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self.unexpected(key, f"tables that begin with [[{key}]]")
        return [self._below(entry, key, i) for i, entry in enumerate(value)]

    def _below(self, values: dict[str, Any], *key: str | int) -> Table:
        return Table(
            *(self.file, self.folder, self.content, values, self.lines, self.error_type),
            place=(*self.place, *key),
            warnings=self.warnings,
        )

    def warn_of_the_rest(self) -> None:
        """Warn of each key that nobody asked for."""
        for key in self.values:
            if key not in self.known:
                near = difflib.get_close_matches(key, self.known, n=1, cutoff=0.5)
                nearest = f"; the nearest known one is {near[0]}" if near else ""
                self.warn(f"nothing is known of {shown_name(key)}, it is ignored{nearest}", key)


def read_toml(path: Path, what: str, error_type: type[RigError]) -> Table:
    """The root table of a file; `what` it should be, for the sentences: "preset". Whatever is wrong is `error_type`."""
    table = read_toml_if_any(path, what, error_type)
    if table is None:
        raise error_type(f"{path.name}: no such {what} in {path.parent.absolute()}.")
    return table


def read_toml_if_any(
    path: Path, what: str, error_type: type[RigError], file: str = "", most_bytes: int = MAX_BYTES
) -> Table | None:
    """The same of a file that need not be there; None: it is not. `file`: what to call it, if not by its name."""
    file = file or path.name or str(path)
    note(path)
    try:
        kind = os.stat(path).st_mode
        if not stat.S_ISREG(kind):  # a pipe would keep us waiting for its other end
            raise error_type(f"{file}: a {'folder' if stat.S_ISDIR(kind) else 'pipe or device'}, not a {what}.")
        with path.open("rb") as stream:
            data = stream.read(most_bytes + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise error_type(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error}).") from None
    return parsed(data, path, what, error_type, file, most_bytes)


def parsed(
    data: bytes, path: Path, what: str, error_type: type[RigError], file: str = "", most_bytes: int = MAX_BYTES
) -> Table:
    """The root table of what stands, or is about to stand, in the file at `path`; otherwise as `read_toml_if_any`."""
    file = file or path.name
    text = _text(data, file, what, error_type, most_bytes)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _WHERE.search(str(error))
        line = found[1] if found and found[1] else str(len(text.rstrip("\n").split("\n")))
        said = _WHERE.sub("", str(error))
        raise error_type(f"{file}, line {line}: not TOML: {said[:1].lower()}{said[1:]}.") from None
    except RecursionError:
        raise error_type(f"{file}: lists or tables are nested too deep for a {what}.") from None
    except ValueError:  # a number of more digits than Python reads
        raise error_type(f"{file}: contains a number with thousands of digits.") from None
    return Table(file, path.parent, text, values, lines_of(text), error_type)


def _text(data: bytes, file: str, what: str, error_type: type[RigError], most_bytes: int) -> str:
    if data.lstrip()[:1] == b"{":
        raise error_type(f"{file}: a file in JSON, as a model is, and not a {what}.")
    if len(data) > most_bytes:
        raise error_type(f"{file}: more than {most_bytes >> 10} KiB, which no {what} has.")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise error_type(f"{file}, line {line}: not a {what} (it is no text in UTF-8).") from None
    for number, line_text in enumerate(text.split("\n"), 1):
        if line_text.count(".") > MOST_DOTS:
            raise error_type(f"{file}, line {number}: a key of hundreds of parts, which no {what} has.")
    return text


def shown(value: Any) -> str:
    """A value in a sentence, short and on one line."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, int) and abs(value) >= 10**LONGEST_SHOWN:  # Python refuses to spell some of these
        return "a number of very many digits"
    if isinstance(value, list):
        text = f"[{', '.join('...' if isinstance(entry, list) else shown(entry) for entry in value[:LONGEST_SHOWN])}]"
    else:
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def shown_name(key: str) -> str:
    """A key in a sentence."""
    return key if re.fullmatch(r"[\w-]{1,60}", key) else shown(key)


def written(value: str | bool | int | float) -> str:
    """A value as TOML; a text that is none (the bytes of a strange file name) raises ValueError."""
    if isinstance(value, str):
        value.encode("utf-8")
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if not is_number(value):
        raise ValueError(f"{value} is no number")
    return str(value) if isinstance(value, int) else repr(float(f"{value:.10g}"))
