"""Where environments of the trainer lie, and the mark that says that one is complete.

In rig's data:

    trainer/wheels/                     what was fetched, by name; gone when an environment is complete
    trainer/cpu-1a2b3c4d/               of a variant, and of a lock
            environment-0123456789abcdef/   the environment; a new name for each try
            complete.json                   the mark, written last: which of them, and of which lock
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from ...files.json_file import Damaged, read_record, write_json
from ...files.paths import data_folder
from .locked_versions import VARIANTS, lock_hash

MARK = "complete.json"
SCHEMA = 1
_LONGEST_NAME = 64
_FOLDER = re.compile(rf"({'|'.join(VARIANTS)})-[0-9a-f]{{8}}")


@dataclass(frozen=True)
class Complete:
    """An environment that was made to its end: its folder, its Python, the variant and hash of its lock."""

    folder: Path
    python: Path
    variant: str
    lock: str

    @property
    def is_current(self) -> bool:
        """Whether it was made of the lock that this rig has."""
        return self.variant in VARIANTS and self.lock == lock_hash(self.variant)


def trainer_folder() -> Path:
    """The folder of all of them, in the user's data."""
    return data_folder() / "trainer"


def folder_of(variant: str) -> Path:
    """Where an environment of a variant lies if it is made of the lock that this rig has."""
    return trainer_folder() / f"{variant}-{lock_hash(variant)[:8]}"


def wheels_folder() -> Path:
    """Where what is fetched lies until an environment is complete."""
    return trainer_folder() / "wheels"


def python_in(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def mark_complete(folder: Path, environment: Path, variant: str) -> None:
    """The last step: from now on it is used. OSError."""
    content = {"schema": SCHEMA, "environment": environment.name, "variant": variant, "lock": lock_hash(variant)}
    write_json(folder / MARK, content, durable=True)


def complete_in(folder: Path) -> Complete | None:
    """The environment in a folder; None: it was never finished. A mark that cannot be read is none."""
    try:
        record = read_record(folder / MARK)
        if record is None:
            return None
        record.check_schema(SCHEMA)
        name = record.text("environment", longest=_LONGEST_NAME)
        variant, lock = record.text("variant", longest=_LONGEST_NAME), record.text("lock", longest=_LONGEST_NAME)
    except (Damaged, OSError):
        return None
    if Path(name).name != name or not name:  # another folder is none of ours
        return None
    return Complete(folder, python_in(folder / name), variant, lock)


def folders() -> list[Path]:
    """Those of all environments, finished or not, the one that was changed last in front."""
    try:
        found = [path for path in trainer_folder().iterdir() if _FOLDER.fullmatch(path.name) and path.is_dir()]
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return []
