"""What the player told rig about a model, kept by the content of the file, so that renaming it loses nothing.

One small JSON file in the user's data folder:

    {"schema": 1, "input_levels": {"<content hash>": {"name": "e570.nam", "dbu": 15.0}}}

A file that cannot be understood is set aside, never overwritten.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import ConfigError
from ..files.atomic_write import set_aside
from ..files.json_file import Damaged, Record, read_record, write_json
from ..files.lock import locked
from ..files.paths import data_folder
from ..levels import MAX_LEVEL_DBU, entered_level
from ..scripting.printable import printable

FILE_NAME = "models.json"
SCHEMA = 1

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Entered:
    """The level that was entered for one model, and its name at that time."""

    name: str
    dbu: float


def _tell_on_stderr(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def data_directory() -> Path:
    """Where the file is kept."""
    return data_folder()


def input_level(content_hash: str, *, directory: Path | None = None, tell: Tell = _tell_on_stderr) -> float | None:
    """The input level in dBu that the player entered for this model; `None`: never entered.

    `tell` gets one sentence where the file could not be read; playing goes on without it.
    """
    return input_levels(directory=directory, tell=tell).get(content_hash)


def input_levels(*, directory: Path | None = None, tell: Tell = _tell_on_stderr) -> dict[str, float]:
    """All input levels in dBu that the player entered, by the content hash of the model."""
    path = _file(directory)
    try:
        return {content_hash: entry.dbu for content_hash, entry in _read(path, tell).items()}
    except OSError as error:
        tell(f"{path} cannot be read ({error.strerror}): the model levels you entered are not used.")
        return {}


def remember_input_level(
    content_hash: str, name: str, dbu: float, *, directory: Path | None = None, tell: Tell = _tell_on_stderr
) -> None:
    """Keep the input level the player entered for a model; `name` is only there for people who open the file.

    Raises LevelError for a level that cannot be right and ConfigError where nothing can be written.
    """
    level = entered_level(dbu, f"model input level for {name}")
    path = _file(directory)
    try:
        with locked(path.parent):
            levels = _read(path, tell)
            levels[content_hash] = Entered(printable(name), level.dbu)
            kept = {model: asdict(entry) for model, entry in levels.items()}
            write_json(path, {"schema": SCHEMA, "input_levels": kept})
    except OSError as error:
        raise ConfigError(
            f"The input level of {name} could not be kept in {path}: {error.strerror}; it has to be entered each time."
        ) from error


def _file(directory: Path | None) -> Path:
    return (directory if directory is not None else data_directory()) / FILE_NAME


def _read(path: Path, tell: Tell) -> dict[str, Entered]:
    try:
        content = read_record(path)
        if content is None:
            return {}
        content.check_schema(SCHEMA)
        levels = content.needed("input_levels")
        return {model: _checked(entry) for model, entry in levels.entries()}
    except Damaged as error:
        aside = set_aside(path)
        tell(f"{path} is not a list of model levels ({error}); it is kept as {aside.name} and a new one is begun.")
        return {}


def _checked(entry: Record) -> Entered:
    return Entered(entry.text("name"), entry.number("dbu", -MAX_LEVEL_DBU, MAX_LEVEL_DBU))
