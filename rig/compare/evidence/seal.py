"""A seal on JSON data: a hash over all of it, so that an edit is found out, of whatever byte.

It is no signature: whoever edits a file may seal it anew. Against that only a hash helps that somebody else has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "seal"


def seal_of(data: Mapping[str, Any]) -> str:
    """SHA-256, in hex, over everything but the seal itself, as JSON with its keys in order."""
    rest = {key: value for key, value in data.items() if key != SEAL}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def sealed(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same with its seal."""
    return {**{key: value for key, value in data.items() if key != SEAL}, SEAL: seal_of(data)}


def is_intact(data: Mapping[str, Any]) -> bool:
    """Whether there is a seal, and it fits."""
    return data.get(SEAL) == seal_of(data)


def as_written(data: Mapping[str, Any]) -> bytes:
    """The bytes of a file that holds this data, as `files.json_file.write_json` lays it out."""
    return (json.dumps(data, indent=1, sort_keys=True) + "\n").encode()
