"""Which fields `capture.json` has, and of what kind; a file that comes from elsewhere is believed nothing.

Fields that this version does not know may stand beside them: they are only kept finite and writable.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from ..levels import MAX_LEVEL_DBU
from ..scripting.printable import printable

DEEPEST = 12  # lists within lists
MOST_WHOLE = 1 << 53  # beyond it a float cannot tell whole numbers apart
LONGEST_SHOWN = 60  # characters of what a file says, in a sentence about it

Check = Callable[[Any], str | None]  # what is wrong with a value, if anything


def shown(text: Any) -> str:
    """What a file says, as it may stand in a sentence: in one line, without half characters or terminal codes."""
    whole = printable(str(text))
    return whole if len(whole) <= LONGEST_SHOWN else f"{whole[:LONGEST_SHOWN]}..."


def is_writable(text: str) -> bool:
    """Whether a file in UTF-8 can hold it: no half characters, which JSON and names of files may bring."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def finite(value: Any) -> Any:
    """The same, with None for what no JSON number can say: an ESR against silence is infinite."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value


def content_fault(content: dict[str, Any]) -> str | None:
    """The first thing that is wrong with the content of a `capture.json`, by its field; None: nothing."""
    fault = _value_fault(content, "", 0)
    if fault is not None:
        return fault
    for path, check in FIELDS.items():
        fault = _field_fault(content, path, check)
        if fault is not None:
            return fault
    padded = content["audio"].get("padded_samples", [0, 0])
    if not (isinstance(padded, list) and len(padded) == 2 and all(_whole(0, 100_000)(n) is None for n in padded)):
        return "audio.padded_samples are no two numbers of samples"
    fault = _field_fault(content, "baked.source", _text) if "baked" in content else None
    if fault is not None:
        return fault
    for number, entry in enumerate(content["checks"], 1):
        for name, check in CHECK_FIELDS.items():
            if not isinstance(entry, dict) or name not in entry:
                return f"checks: {name} of number {number} is missing"
            fault = check(entry[name])
            if fault is not None:
                return f"checks: {name} of number {number} {fault}"
    return files_fault(content["files"])


def files_fault(files: dict[str, Any]) -> str | None:
    """What is wrong with the names and hashes of files; None: nothing."""
    return next((f"files: {fault}" for entry in files.items() if (fault := _file_fault(*entry))), None)


def level_fault(value: Any) -> str | None:
    """What is wrong with a level in dBu that may be unknown; None: nothing."""
    fault = _number_or_none(value)
    if fault is not None or value is None:
        return fault
    return None if abs(value) <= MAX_LEVEL_DBU else f"is {shown(value)}; a level lies within {MAX_LEVEL_DBU:g} dBu"


def _value_fault(value: Any, path: str, depth: int) -> str | None:
    """Whatever the field: finite, writable, not endlessly deep."""
    if depth > DEEPEST:
        return f"{path} is nested too deep"
    if isinstance(value, str) and not is_writable(value):
        return f"{path} holds half a character"
    if isinstance(value, int | float) and not isinstance(value, bool) and not _finite(value):
        return f"{path} is no finite number"
    if isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{shown(key)}" if path else shown(key)
            fault = f"{below} holds half a character" if not is_writable(key) else _value_fault(item, below, depth + 1)
            if fault is not None:
                return fault
    if isinstance(value, list):
        for number, item in enumerate(value, 1):
            fault = _value_fault(item, f"{path} number {number}", depth + 1)
            if fault is not None:
                return fault
    return None


def _finite(value: float) -> bool:
    return abs(value) <= MOST_WHOLE if isinstance(value, int) else math.isfinite(value)


def _field_fault(content: dict[str, Any], path: str, check: Check) -> str | None:
    value: Any = content
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return f"{path} is missing"
        value = value[part]
    fault = check(value)
    return None if fault is None else f"{path} {fault}"


def _file_fault(name: str, sha256: Any) -> str | None:
    plain = name and name not in (".", "..") and "\0" not in name
    inside = PurePosixPath(name).name == name and PureWindowsPath(name).name == name
    if not (plain and inside):
        return f"{shown(name)!r} is no name of a file in the folder"
    if not (isinstance(sha256, str) and len(sha256) == 64 and set(sha256) <= set("0123456789abcdef")):
        return f"the SHA-256 of {shown(name)} is none"
    return None


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) else "is no text"


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _object(value: Any) -> str | None:
    return None if isinstance(value, dict) else "is no object with fields"


def _list(value: Any) -> str | None:
    return None if isinstance(value, list) else "is no list"


def _number(value: Any) -> str | None:
    return None if isinstance(value, int | float) and not isinstance(value, bool) else "is no number"


def _number_or_none(value: Any) -> str | None:
    return None if value is None else _number(value)


def _whole(least: int, most: int) -> Check:
    def check(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return "is no whole number"
        return None if least <= value <= most else f"is {shown(value)}; it lies from {least} to {most}"

    return check


def _whole_or_none(least: int, most: int) -> Check:
    whole = _whole(least, most)
    return lambda value: None if value is None else whole(value)


def _one_of(*values: Any) -> Check:
    return lambda value: None if value in values and not isinstance(value, bool) else f"is {shown(repr(value))}"


FIELDS: dict[str, Check] = {
    "created": _text,
    "rig_version": _text,
    "signal.kind": _text,
    "signal.name": _text,
    "signal.n": _whole(1, 1 << 31),
    "audio.rate": _whole(1, 1_000_000),
    "audio.xruns": _whole_or_none(0, 1 << 31),
    "latency.official": _whole_or_none(-100_000, 100_000),
    "latency.phat": _number,
    "latency.applied": _whole(-100_000, 100_000_000),
    "latency.polarity": _one_of(1, -1),
    "levels.send_trim_db": _number,
    "levels.input_level_dbu": level_fault,
    "levels.input_method": _text,
    "levels.output_level_dbu": level_fault,
    "levels.output_method": _text,
    "quality": _object,
    "checks": _list,
    "files": _object,
    "metadata": _object,
    **{
        f"metadata.{name}": _text_or_none
        for name in ("name", "modeled_by", "gear_type", "gear_make", "gear_model", "tone_type")
    },
}
CHECK_FIELDS: dict[str, Check] = {
    "name": _text,
    "verdict": _one_of("ok", "unknown", "warn", "fail"),
    "figure": _number_or_none,
    "unit": _text,
    "warn": _number_or_none,
    "fail": _number_or_none,
    "text": _text,
}
