"""The folder of a capture: its name, and how it appears complete or not at all. Captures are never replaced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import CaptureError
from ...files.atomic_write import NewFolder
from ..entered_text import checked_text


def checked_name(name: str) -> str:
    """The name of a capture, or a CaptureError where no folder can have it."""
    checked_text(name, "name")
    if not name.strip() or name != name.strip() or name.startswith(".") or any(c in name for c in '/\\:*?"<>|\0'):
        raise CaptureError(f"{name!r} cannot name a capture: it names a folder, so no slashes, colons or leading dots.")
    return name


@contextmanager
def new_capture(target: Path) -> Iterator[NewFolder]:
    """A `NewFolder` whose failures are CaptureErrors: a name that is taken or impossible, a folder or disk in the way.

    An OSError of what is done within the `with` is one of them, too.
    """
    target = target.absolute()
    checked_name(target.name)
    refuse_existing(target)
    try:
        with NewFolder(target) as new:
            yield new
    except OSError as error:
        refuse_existing(target)
        raise CaptureError(
            f"{target.name}: cannot be written to {target.parent} ({error.strerror}); nothing was changed. "
            "Choose another folder with --into, or make room."
        ) from error


def refuse_existing(target: Path) -> None:
    """Raise a CaptureError if there is something of that name."""
    if target.exists() or target.is_symlink():
        raise CaptureError(
            f"{target.name}: there is a capture of that name in {target.parent} already, and captures are never "
            "replaced; choose another name."
        )
