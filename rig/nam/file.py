"""From bytes on disk to a JSON object; everything that is not one becomes a `ModelError`."""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from pathlib import Path
from typing import Any, NoReturn

from ..errors import ModelError
from .fields import Fields, shown

MAX_BYTES = 8 << 20  # the largest public file known has 1.3 MB
UNFINISHED = re.compile(r'("(?:[^"\\]|\\.)*\\?|[-+.\w]*)\s*', re.DOTALL)


def read(path: Path) -> tuple[Fields, str]:
    """The root object, and the SHA-256 of the file's bytes in hex."""
    data = _bytes(path)
    warnings: list[str] = []
    if data.startswith(codecs.BOM_UTF8):
        warnings.append("the file starts with a byte order mark, which is ignored")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ModelError(f"{path.name}: not a NAM file (it is no text in UTF-8)") from None
    root = _parse(path.name, text.lstrip(" \t\r\n"), warnings)
    if not isinstance(root, dict):
        raise ModelError(f"{path.name}: JSON, but not a NAM file ({shown(root)} where an object is expected)")
    return Fields(path.name, "", root, warnings), hashlib.sha256(data).hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ModelError(f"{path.name}: a folder, not a .nam file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ModelError(f"{path.name}: no such file in {path.parent.absolute()}") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path.name}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if not data:
        raise ModelError(f"{path.name}: the file is empty; export or download it again")
    if len(data) > MAX_BYTES:
        raise ModelError(f"{path.name}: more than {MAX_BYTES >> 20} MiB, which no NAM file has")
    return data


def _parse(file: str, text: str, warnings: list[str]) -> Any:
    """JSON in the strict sense (no NaN, no Infinity); what follows the closing brace is ignored, as Core does."""

    def refuse(name: str) -> NoReturn:
        raise ModelError(f"{file}: contains {name}, which is no number in a NAM file")

    try:
        root, end = json.JSONDecoder(parse_constant=refuse).raw_decode(text)
    except json.JSONDecodeError as error:
        # An object that was cut off fails at its very end, or in a word or text that runs to the end.
        cut = text.startswith("{") and UNFINISHED.fullmatch(text, error.pos)
        where = f"line {error.lineno}, column {error.colno}"
        why = "the file is cut off" if cut else "not JSON"
        raise ModelError(f"{file}: {why} ({where}); export or download it again") from None
    except RecursionError:
        raise ModelError(f"{file}: lists or objects are nested too deep for a NAM file") from None
    except ValueError:  # an integer of more digits than Python reads
        raise ModelError(f"{file}: contains a number with thousands of digits") from None
    if text[end:].strip():
        warnings.append(f"{len(text) - end} characters after the end of the model are ignored")
    return root
