"""Models in training, as `rig train` lays them out for a rig that plays: NAME.nam, and NAME.json with its curve.

They lie in one folder of the user's data that nobody else can write. An offer names a file in it and its content hash;
a path is never taken.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import TrainingError
from ..files.atomic_write import write_bytes
from ..files.json_file import Damaged, Record, read_record, write_json
from ..files.numbers import is_number
from ..files.paths import data_folder

SCHEMA = 1
LONGEST_NAME = 100  # characters
MAX_BYTES = 64 << 20  # of a model
MOST_POINTS = 400  # of a curve
LARGEST = 1e9  # of an ESR, of seconds, of an epoch
OTHERS = 0o077  # permissions of everybody but the owner
OTHERS_WRITE = 0o022
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Offered:
    """A model in training. `esrs` at `seconds` are the curve; `repeatability_esr`: of the gear against itself."""

    name: str
    sha256: str
    epoch: int
    esr: float
    seconds: tuple[float, ...] = ()
    esrs: tuple[float, ...] = ()
    repeatability_esr: float | None = None

    @property
    def same(self) -> tuple[str, int, str]:
        """What it is, whatever its curve has come to since."""
        return self.name, self.epoch, self.sha256

    @property
    def text(self) -> str:
        """Which epoch it is, and how good."""
        return f"{self.name} epoch {self.epoch}, ESR {self.esr:.2g}"


def training_folder() -> Path:
    """The folder of all offers, made if need be. Raises TrainingError where it may be another one's, or cannot be made.

    Its owner only can read and write it.
    """
    folder = data_folder() / "training"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise TrainingError(f"{folder}: is a link or a file where rig keeps models in training; remove it.")
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            raise TrainingError(f"{folder}: belongs to another user, so no model in it is played; remove it.")
        if os.name == "posix" and found.st_mode & OTHERS:
            folder.chmod(0o700)
    except OSError as error:
        raise TrainingError(f"{folder}: cannot be made or opened ({error.strerror}).") from error
    return folder


def is_offered(path: Path) -> bool:
    """Whether a file is one in the training folder: another model soon, and gone one day."""
    return path.parent == data_folder() / "training"


def path_of(offered: Offered) -> Path:
    """Where the model lies. Raises TrainingError as `training_folder` does."""
    return training_folder() / f"{offered.name}.nam"


def publish(model: Path, name: str, epoch: int, esr: float, **more: Any) -> Offered:
    """Copy a model into the folder, whole or not at all, with its figures; `more`: further fields of `Offered`.

    Raises TrainingError and OSError; then a player finds what lay there before, or refuses it by its hash.
    """
    folder = training_folder()
    content = model.read_bytes()
    offered = Offered(_checked(name), hashlib.sha256(content).hexdigest(), epoch, esr, **more)
    model_file, figures = folder / f"{name}.nam", folder / f"{name}.json"
    write_bytes(model_file, content)
    write_json(figures, {"schema": SCHEMA, **asdict(offered)})
    if os.name == "posix":  # whatever the user's umask leaves to a group
        for path in (model_file, figures):
            path.chmod(0o600)
    return offered


def find(text: str) -> Offered:
    """The offer of "NAME SHA256".

    Raises TrainingError for a path, a missing file, one that another user can have written, other content, no figures.
    """
    name, _, digest = text.strip().rpartition(" ")
    if not _HASH.fullmatch(digest):
        raise TrainingError("An offer is NAME SHA256: a model in rig's training folder, and the hash of its content.")
    name = _checked(name)
    folder = training_folder()
    if hashlib.sha256(_content(folder / f"{name}.nam")).hexdigest() != digest:
        raise TrainingError(f"{name}.nam is not what was offered: its content has another SHA-256. Offer it again.")
    figures = folder / f"{name}.json"
    if not os.path.lexists(figures):
        raise TrainingError(f"{name}.json: there are no figures beside the model; offer it again.")
    _content(figures)
    try:
        record = read_record(figures)
        if record is None:
            raise TrainingError(f"{name}.json: there are no figures beside the model; offer it again.")
        record.check_schema(SCHEMA)
        offered = _read(record, name)
    except (Damaged, OSError) as error:
        raise TrainingError(f"{name}.json: its figures cannot be read ({error}); offer it again.") from error
    if offered.sha256 != digest:
        raise TrainingError(f"{name}.json: its figures are those of another epoch; offer it again.")
    return offered


def thinned(seconds: Sequence[float], esrs: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """A curve of at most MOST_POINTS, the last one in it.

    >>> thinned([1.0, 2.0], [0.5, 0.25])
    ((1.0, 2.0), (0.5, 0.25))
    """
    count = min(len(esrs), MOST_POINTS)
    kept = [(at + 1) * len(esrs) // count - 1 for at in range(count)]
    return tuple(seconds[at] for at in kept), tuple(esrs[at] for at in kept)


def _checked(name: str) -> str:
    is_bare = name.isprintable() and not set(name) & set('/\\:*?"<>|') and name[:1] not in (".", "~", " ", "")
    if not is_bare or len(name) > LONGEST_NAME:
        raise TrainingError(f"{name[:LONGEST_NAME]!r} is no bare name of a model in training; a path is never taken.")
    return name


def _content(path: Path) -> bytes:
    """Of a file that is no link, not too large, and that nobody but this user can have written."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise TrainingError(f"{path.name}: is no file.")
            if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & OTHERS_WRITE):
                raise TrainingError(f"{path.name}: another user can have written it, so it is not played; remove it.")
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise TrainingError(f"{path.name}: there is no such model in rig's training folder.") from None
    except OSError as error:
        why = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise TrainingError(f"{path.name}: cannot be read from rig's training folder ({why}).") from error
    if len(content) > MAX_BYTES:
        raise TrainingError(f"{path.name}: has more than {MAX_BYTES >> 20} MiB, which no model in training has.")
    return content


def _read(record: Record, name: str) -> Offered:
    seconds, esrs = _numbers(record, "seconds"), _numbers(record, "esrs")
    if len(seconds) != len(esrs):
        raise Damaged("seconds and esrs are not equally many")
    return Offered(
        name,
        record.text("sha256", longest=64),
        record.whole_number("epoch", 0, int(LARGEST)),
        record.number("esr", 0.0, LARGEST),
        seconds,
        esrs,
        record.number_or_none("repeatability_esr", 0.0, LARGEST),
    )


def _numbers(record: Record, key: str) -> tuple[float, ...]:
    values = record.values.get(key)
    if not isinstance(values, list) or len(values) > MOST_POINTS:
        raise Damaged(f"{key} is no list of at most {MOST_POINTS} numbers")
    if not all(is_number(value) and 0.0 <= value <= LARGEST for value in values):
        raise Damaged(f"{key} holds what is no number from 0 to {LARGEST:g}")
    return tuple(float(value) for value in values)
