"""A TOML file that people write by hand: what stands in it, and in which line, so that a mistake can be named.

`tomllib` tells the line of a broken file only. Here every table and key of a sound one has its line too.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import ConfigError

_HEADER = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*[\"']?([\w-]+)[\"']?\s*=")


@dataclass(slots=True)
class Table:
    """Where a table stands: the lines of its header, of its keys, and the last one that belongs to it, from 1."""

    name: str
    line: int
    last_line: int
    keys: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file: `content` as tomllib reads it; `text` as it is written."""

    path: Path
    text: str
    content: dict[str, Any]
    tables: tuple[Table, ...]  # in order; the first holds the keys before any header

    def table(self, name: str = "", number: int = 0) -> Table:
        """The table of that name; of several `[[name]]` the one of that number, from 0."""
        found = [table for table in self.tables if table.name == name]
        return found[number] if number < len(found) else self.tables[0]

    def where(self, table: Table, key: str | None = None) -> str:
        """File and line, for the beginning of a sentence."""
        return f"{self.path.name}, line {table.keys.get(key or '', table.line)}"


def read_toml(path: Path) -> Document:
    """Read one. Raises ConfigError for a file that cannot be read or is no TOML, with its line; FileNotFoundError."""
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path.name} is not a TOML file: {error}.") from error
    return Document(path, text, content, tuple(_tables(text)))


def _tables(text: str) -> list[Table]:
    tables = [Table("", 1, 0)]
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header is not None:
            tables.append(Table(header[1], number, number))
        elif key is not None:
            tables[-1].keys.setdefault(key[1], number)
        if line.strip() and not line.lstrip().startswith("#"):
            tables[-1].last_line = number
    return tables


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, making the folder if need be; OSError where that is not possible."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
