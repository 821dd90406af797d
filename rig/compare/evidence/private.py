"""What a bundle leaves out of results: where files lie on somebody's disk, and so the name of who they belong to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

# A path from a root, as whole text or within a sentence; what stands behind its last separator is the file's name.
_UNIX = re.compile(r"(?<![\w.:/~])~?(?:/[^/\s\"'<>|]+)+/([^/\s\"'<>|]*)")
_HOME = re.compile(r"(?<![\w.:/])~/(?:[^/\s\"'<>|]+/)*([^/\s\"'<>|]*)")
_WINDOWS = re.compile(r"(?<!\w)(?:[A-Za-z]:|\\\\[^\\/\s]+)[\\/](?:[^\\/\s\"'<>|]+[\\/])*([^\\/\s\"'<>|]*)")
_WHOLE = re.compile(r"/|~/|[A-Za-z]:[\\/]|\\\\")  # how such a text begins


def without_folders(text: str) -> str:
    """The text with every path from a root, or from a home, cut down to the name of its file.

    >>> without_folders("/home/ann/my models/a.nam"), without_folders("a/b.nam")
    ('a.nam', 'a/b.nam')
    >>> without_folders("it lies in /home/ann/rig/a.nam, 3/4 of it; see https://example.org/a/b")
    'it lies in a.nam, 3/4 of it; see https://example.org/a/b'
    """
    if _WHOLE.match(text) and "\n" not in text and re.search(r"[/\\]", text[1:]) and _is_path(text):
        return re.split(r"[/\\]", text.rstrip("/\\"))[-1]
    home = str(Path.home())
    if len(home) > 1:
        text = re.sub(re.escape(home) + r"(?:[/\\](?:[^/\\\"'<>|\n]*[/\\])?)?", "", text)
    for pattern in (_WINDOWS, _UNIX, _HOME):
        text = pattern.sub(r"\1", text)
    return text


def _is_path(text: str) -> bool:
    """Whether all of a text is one path, and not a sentence that begins with one."""
    return not re.search(r"[;:,.!?] ", text[2:])


def without_paths(value: Any) -> Any:
    """The same JSON data, each text in it without folders."""
    if isinstance(value, str):
        return without_folders(value)
    if isinstance(value, list):
        return [without_paths(each) for each in value]
    if isinstance(value, dict):
        return {key: without_paths(each) for key, each in value.items()}
    return value
