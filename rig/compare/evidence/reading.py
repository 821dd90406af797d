"""A result of any kind, as it goes into a bundle."""

from __future__ import annotations

from pathlib import Path

from ...errors import CompareError
from .listened import read_listening_test
from .provenance import KIND
from .result_files import Result, blind_test, comparison, read_json


def read_any(path: Path, keep_names: bool = False) -> Result:
    """A result of `rig ab --trials`, `rig compare --json` or `rig listen`. Raises CompareError."""
    if path.is_dir() or path.name == "test.json":
        return read_listening_test(path, keep_names)
    data, raw = read_json(path)
    kind = data.get("kind")
    if kind == "rig abx":
        return blind_test(path, raw)
    if kind == KIND or (kind is None and "scores" in data and "schema" in data):
        return comparison(path, data, raw)
    raise CompareError(
        f"{path.name} is no result that can be evidence: name the file of a blind test (rig ab --trials), of a "
        "comparison (rig compare --json), or the folder of a listening test (rig listen)."
    )
