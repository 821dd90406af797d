"""Files the player writes while it plays, each under a name that is still free."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...cabinet.ir import IR
from ...errors import IRError
from ...files.atomic_write import reason
from ..events import Event


def write(ir: IR, path: Path, note: str = "") -> Event:
    """Export a response, float, of full length, and say so; a missing folder is made. Raises IRError or AudioError."""
    from ...cabinet.export import export

    try:
        if path.exists():
            raise IRError(f"{path}: the file exists already; choose another name.")
        path.parent.mkdir(exist_ok=True)
        return Event("written", f"{path.parent / str(export(ir, path, bits='float'))}{note}")
    except OSError as error:
        raise IRError(f"{path}: cannot be written{reason(path, error)}.") from error


def draw(irs: Sequence[IR], path: Path) -> Event:
    """Draw responses over each other, and say so. Raises RigError."""
    from ...audio.plots import save
    from ...cabinet.plots import picture

    save(picture(irs), path, False)
    return Event("drawn", str(path))
