"""What a comparison was made from: the hashes of its files, and the options that its figures depend on.

It stands in the JSON of `rig compare` beside the figures, so that somebody else can make them anew:

    "kind": "rig compare",
    "provenance": {
      "schema": 1,
      "files": [{"role": "dry", "name": "dry.wav", "path": "dry.wav", "sha256": "...", "bytes": 1440044}, ...],
      "options": {"input_dbu": 12.2, "input_basis": "entered", "channel": null},
      "versions": {"rig": "...", "python": "...", "numpy": "...", "numba": "...", "scipy": "...", "system": "..."}
    },
    "seal": SHA-256 over everything else

`role` is dry, wet, second wet or candidate; a candidate is called as its score is (`file`), and one of two models in a
row has two entries of that name. `path` is as it was typed.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from ...errors import CompareError
from ...files.folders import Stamp, stamp_of, telling_names
from ...files.hashing import sha256_of
from ...files.row_path import row_parts, shown_path
from ..pair import TakeFiles
from .seal import sealed

SCHEMA = 1
KIND = "rig compare"
DRY, WET, SECOND_WET, CANDIDATE = "dry", "wet", "second wet", "candidate"
ROLES = (DRY, WET, SECOND_WET, CANDIDATE)
PACKAGES = ("numpy", "numba", "scipy")


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was before the comparison."""

    role: str
    name: str
    path: Path
    sha256: str
    size: int
    stamp: Stamp | None


class Provenance:
    """What is compared, hashed before it is; `stated` afterwards looks whether a file has changed meanwhile."""

    def __init__(self, files: TakeFiles, candidates: Sequence[Path]) -> None:
        """Raises CompareError for a file that cannot be read."""
        named = [(DRY, files.dry.name, files.dry), (WET, files.wet.name, files.wet)]
        if files.second_wet is not None:
            named.append((SECOND_WET, files.second_wet.name, files.second_wet))
        called = telling_names([shown_path(each) for each in candidates])
        for name, path in zip(called, candidates, strict=True):
            named += [(CANDIDATE, name, part) for part in row_parts(path) or (path,)]
        self._seen = [seen for each in named if (seen := _seen(*each)) is not None]
        self._options = {"input_dbu": files.input_dbu, "input_basis": files.input_basis, "channel": files.channel}

    def stated(self, comparison: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON of a comparison with its provenance, sealed. Raises CompareError if a file has changed meanwhile."""
        for seen in self._seen:
            if stamp_of(seen.path) != seen.stamp:
                raise CompareError(f"{seen.path.name} changed while it was compared; compare once more.")
        files = [
            {"role": s.role, "name": s.name, "path": s.path.as_posix(), "sha256": s.sha256, "bytes": s.size}
            for s in self._seen
        ]
        made = {"schema": SCHEMA, "files": files, "options": self._options, "versions": versions()}
        return sealed({"kind": KIND, **comparison, "provenance": made})


def _seen(role: str, name: str, path: Path) -> Seen | None:
    stamp = stamp_of(path)
    try:
        return None if stamp is None or not path.is_file() else Seen(role, name, path, sha256_of(path), stamp[1], stamp)
    except OSError as error:
        raise CompareError(f"{path.name} cannot be read ({error.strerror}).") from error


def versions() -> dict[str, str]:
    """What figures depend on beside the files: rig, what it computes with, and the kind of machine; nobody's name."""
    from ... import __version__

    found = {"rig": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return {**found, "system": f"{platform.system()} {platform.machine()}"}
