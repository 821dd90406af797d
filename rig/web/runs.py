"""Which pages are served on this machine now: a file each that only the user can read, with port and token."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigError
from ..files.json_file import Damaged, read_record, write_json
from ..files.paths import state_folder
from ..files.processes import is_alive
from .access import make_private

SCHEMA = 1
LARGEST_PID = 1 << 31


@dataclass(frozen=True, slots=True)
class Run:
    """A page that is served. `pid`: of its rig."""

    port: int
    token: str
    scheme: str
    view: str
    pid: int
    began: float


def folder() -> Path:
    """Where the files lie."""
    return state_folder() / "pages"


def announce(port: int, token: str, scheme: str, view: str) -> Path:
    """Write the file of a page. OSError."""
    path = folder() / f"{port}.json"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    make_private(path)
    write_json(
        path, {"schema": SCHEMA, "port": port, "token": token, "scheme": scheme, "view": view, "pid": os.getpid()}
    )
    return path


def withdraw(path: Path) -> None:
    """The page is served no more."""
    with contextlib.suppress(OSError):
        path.unlink()


def all_running() -> list[Run]:
    """The pages that are served on this machine, in the order of their files."""
    return [run for path in sorted(folder().glob("*.json")) if (run := _read(path)) is not None]


def running(port: int | None = None) -> Run:
    """The page that was announced last, or the one on a port. Raises ConfigError if there is none."""
    found = all_running()
    if port is not None:
        found = [run for run in found if run.port == port]
    if not found:
        where = "" if port is None else f" on port {port}"
        raise ConfigError(f"No rig serves a page{where}: start one, as with `rig play`, and without --no-page.")
    return max(found, key=lambda run: run.began)


def _read(path: Path) -> Run | None:
    try:
        record = read_record(path)
        if record is None:
            return None
        record.check_schema(SCHEMA)
        run = Run(
            record.whole_number("port", 1, 65535),
            record.text("token"),
            record.text("scheme"),
            record.text("view"),
            record.whole_number("pid", 1, LARGEST_PID),
            path.stat().st_mtime,
        )
    except (OSError, Damaged):
        return None
    return run if is_alive(run.pid) else None
