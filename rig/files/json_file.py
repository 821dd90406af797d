"""A small JSON file of the user's, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .atomic_write import write_text


def write_json(path: Path, content: dict[str, Any], durable: bool = False) -> None:
    """Write, making the folder if need be; OSError where that is not possible. `durable`: see `write_bytes`."""
    write_text(path, json.dumps(content, indent=1, sort_keys=True) + "\n", durable=durable)
