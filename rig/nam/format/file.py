"""From bytes on disk to a JSON object; everything that is not one becomes a `ModelError`."""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import re
import stat
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from ...errors import ModelError
from ...files.file_kinds import MODEL, kind_of, way_out
from .fields import Fields, Found, shown
from .limits import MAX_WEIGHTS
from .number_list import take_lists

MAX_BYTES = 8 << 20  # the largest public file known has 1.3 MB
# What Python makes of JSON is up to forty times as large as the text. Counted before it is made; even two A1 standard
# in one file, printed at full length, have 30,000 values, 100 lists and objects and 300 texts.
MOST = {b",": (1_000_000, "values"), b"[": (50_000, "lists"), b"{": (50_000, "objects"), b'"': (200_000, "quotes")}
# Without backtracking: on a text of 8 MiB that takes a gigabyte.
UNFINISHED = re.compile(r'("(?:[^"\\]++|\\.)*+\\?|[-+.\w]*+)\s*+', re.DOTALL)
NO_SPACE = re.compile(r"[^ \t\r\n]")


def read(path: Path) -> tuple[Fields, str]:
    """The root object, and the SHA-256 of the file's bytes in hex."""
    return parsed(path, content_of(path))


def parsed(path: Path, data: bytes, content_hash: str | None = None) -> tuple[Fields, str]:
    """The same of the bytes that were read from a file; `content_hash`: where it is known already."""
    file = path.name or str(path)
    found = Found()
    if data.startswith(codecs.BOM_UTF8):
        found.warn("the file starts with a byte order mark, which is ignored")
    root = _parsed_briefly(data)
    if root is None:
        root = _parse(file, _text(data, file), found)
    if not isinstance(root, dict):
        raise ModelError(f"{file}: JSON, but not a NAM file ({shown(root)} where an object is expected)")
    return Fields(file, "", root, found), content_hash or hashlib.sha256(data).hexdigest()


def content_of(path: Path) -> bytes:
    """What stands in a file, where it may be a `.nam` file by its kind and size; of a larger one no more is read."""
    file = path.name or str(path)
    try:
        # Only what is a file is opened: a pipe would keep us waiting for its other end.
        kind = os.stat(path).st_mode
        if stat.S_ISDIR(kind):
            raise ModelError(f"{file}: a folder, not a .nam file")
        if not stat.S_ISREG(kind):
            raise ModelError(f"{file}: a pipe or device, not a .nam file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ModelError(f"{file}: no such file in {path.parent.absolute()}") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    found = kind_of(data)
    if found is not None and MODEL not in found:
        raise ModelError(f"{file}: {found}, not a NAM file; {way_out(found, 'a .nam file')}")
    if len(data) > MAX_BYTES:
        raise ModelError(f"{file}: more than {MAX_BYTES >> 20} MiB, which no NAM file has")
    return data


def _parsed_briefly(data: bytes) -> dict[str, Any] | None:
    """The root object of a file in which nothing is wrong, its weights as `NumberList`; None: read it the long way."""
    rest, lists = take_lists(data, MAX_WEIGHTS)
    if not lists or _asks_too_much(rest, {b",": sum(map(len, lists))}):
        return None
    left = deque(lists)
    try:
        text = rest.decode("utf-8-sig")
        # The names of what is no number are called in the order of the text. A genuine NaN is one too many.
        decoder = json.JSONDecoder(parse_constant=lambda name: left.popleft())
        root, end = decoder.raw_decode(text, _start(text))
    except (ValueError, RecursionError, IndexError):
        return None
    return root if isinstance(root, dict) and not left and not text[end:].strip() else None


def _asks_too_much(data: bytes, more: Mapping[bytes, int] = MappingProxyType({})) -> str | None:
    """What there is more of than a file may have, in words; `more`: what counts besides."""
    for sign, (limit, what) in MOST.items():
        if data.count(sign) + more.get(sign, 0) > limit:
            return f"more than {limit} {what}"
    return None


def _text(data: bytes, file: str) -> str:
    """The bytes as text; refused if they would make too much of too little."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ModelError(f"{file}: not a NAM file (it is no text in UTF-8)") from None
    if _start(text) == len(text):
        raise ModelError(f"{file}: the file is empty; export or download it again")
    if (found := _asks_too_much(data)) is not None:
        raise ModelError(f"{file}: {found}, which no NAM file has")
    return text


def _parse(file: str, text: str, found: Found) -> Any:
    """JSON in the strict sense (no NaN, no Infinity); what follows the closing brace is ignored, as Core does."""

    def refuse(name: str) -> NoReturn:
        raise ModelError(f"{file}: contains {name}, which is no number in a NAM file")

    start = _start(text)
    try:
        root, end = json.JSONDecoder(parse_constant=refuse).raw_decode(text, start)
    except json.JSONDecodeError as error:
        # An object that was cut off fails at its very end, or in a word or text that runs to the end.
        cut = text.startswith("{", start) and UNFINISHED.fullmatch(text, error.pos)
        where = f"line {error.lineno}, column {error.colno}"
        why = "the file is cut off" if cut else "not JSON"
        raise ModelError(f"{file}: {why} ({where}); export or download it again") from None
    except RecursionError:
        raise ModelError(f"{file}: lists or objects are nested too deep for a NAM file") from None
    except ValueError:  # an integer of more digits than Python reads
        raise ModelError(f"{file}: contains a number with thousands of digits") from None
    if text[end:].strip():
        found.warn(f"{len(text) - end} characters after the end of the model are ignored")
    return root


def _start(text: str) -> int:
    """Where something stands that is no space."""
    found = NO_SPACE.search(text)
    return found.start() if found else len(text)
