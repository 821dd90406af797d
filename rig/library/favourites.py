"""Which cabinets and models the player likes, and what was noted about them: plain files beside the user's settings.

    {"schema": 1, "cabinets": [{"path": "/irs/v30/57.wav", "sha256": "...", "favourite": true, "note": "solo"}]}

Models are kept likewise, in a file of their own. A file is known again by its content, so that renaming it loses
nothing, and before it is read by its path. A list that cannot be understood is set aside, never overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ..errors import ConfigError
from ..files.atomic_write import set_aside
from ..files.json_file import Damaged, Record, read_record, write_json
from ..files.lock import locked
from ..files.paths import config_folder
from ..scripting.printable import printable

FILE_NAMES = {"cabinets": "favourites.json", "models": "favourite-models.json"}
FILE_NAME = FILE_NAMES["cabinets"]
SCHEMA = 1
LONGEST_NOTE = 500  # characters


@dataclass(frozen=True, slots=True)
class Remark:
    """What is kept about one cabinet. `sha256` is of the file's bytes."""

    path: str
    sha256: str
    favourite: bool = False
    note: str = ""


class Favourites:
    """The player's remarks, read once and written with every change.

    `tell` gets one sentence where the file cannot be read; auditioning goes on without it.
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        directory: Path | None = None,
        kind: Literal["cabinets", "models"] = "cabinets",
    ) -> None:
        folder = directory if directory is not None else config_folder()
        self._path, self._tell, self._kind = folder / FILE_NAMES[kind], tell, kind
        self._remarks = self._read()

    def of(self, path: Path, sha256: str | None = None) -> Remark | None:
        """The remark about a cabinet; without a hash (not read yet) by its path."""
        name = str(path.absolute())
        if sha256 is None:
            return next((remark for remark in self._remarks if remark.path == name), None)
        return next((remark for remark in self._remarks if remark.sha256 == sha256), None)

    def by_path(self) -> dict[str, Remark]:
        """All remarks, by the whole path that each file had last."""
        return {remark.path: remark for remark in self._remarks}

    def among(self, paths: Iterable[Path]) -> set[Path]:
        """Which of the paths are favourites."""
        names = {remark.path for remark in self._remarks if remark.favourite}
        return {path for path in paths if str(path.absolute()) in names}

    def change(self, path: Path, sha256: str, **fields: Any) -> Remark:
        """Keep a remark (`favourite`, `note`) about a cabinet. Raises ConfigError where nothing can be written."""
        before = self.of(path, sha256) or Remark("", sha256)
        remark = replace(before, path=str(path.absolute()), **fields)
        remark = replace(remark, note=printable(remark.note[:LONGEST_NOTE]))
        try:
            with locked(self._path.parent):  # another rig may write it
                others = [kept for kept in self._there() if kept.sha256 != sha256]
                self._remarks = [kept for kept in (*others, remark) if kept.favourite or kept.note]
                write_json(self._path, {"schema": SCHEMA, self._kind: [asdict(kept) for kept in self._remarks]})
        except OSError as error:
            others = [kept for kept in self._remarks if kept.sha256 != sha256]
            self._remarks = [kept for kept in (*others, remark) if kept.favourite or kept.note]
            raise ConfigError(
                f"{path.name} could not be noted in {self._path}: {error.strerror}; it holds for this session only."
            ) from error
        return remark

    def _read(self) -> list[Remark]:
        try:
            return self._there()
        except OSError as error:
            self._tell(f"{self._path} cannot be read ({error.strerror}): your favourites are not used.")
        return []

    def _there(self) -> list[Remark]:
        """What stands in the file. OSError: it cannot be read just now, or not be set aside."""
        try:
            content = read_record(self._path)
            if content is None:
                return []
            content.check_schema(SCHEMA)
            return [_checked(entry) for entry in content.records(self._kind)]
        except Damaged as error:
            aside = set_aside(self._path)
            kept = f"it is kept as {aside.name} and a new one is begun"
            self._tell(f"{self._path} is not a list of favourites ({error}); {kept}.")
        return []


def _checked(entry: Record) -> Remark:
    path = entry.values.get("path")
    if not isinstance(path, str):
        raise Damaged(f"{entry.where} names no path")
    note = entry.text("note", "")
    return Remark(path, entry.text("sha256"), entry.flag("favourite", False), note)
