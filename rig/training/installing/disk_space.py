"""Whether there is room for what is to be written, asked before anything is."""

from __future__ import annotations

import shutil
from pathlib import Path

from ...errors import TrainingError


def check_space(folder: Path, needed_bytes: int, what: str) -> None:
    """Raise TrainingError if the disk of a folder, which need not be there yet, has less than `needed_bytes` free.

    `what` needs them: the subject of the sentence.
    """
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    free_bytes = shutil.disk_usage(there).free
    if free_bytes < needed_bytes:
        raise TrainingError(
            f"{there}: {size_in_words(free_bytes)} are free, and {what} needs {size_in_words(needed_bytes)}; make "
            "room, or let XDG_DATA_HOME name a folder on another disk."
        )


def size_in_words(count_bytes: float) -> str:
    """A size with a unit, as disks and downloads are sold: in powers of 1000.

    >>> size_in_words(411_721_182), size_in_words(2_950_211_700)
    ('412 MB', '3.0 GB')
    """
    if count_bytes >= 999.5e6:
        return f"{count_bytes / 1e9:z.1f} GB"
    return f"{count_bytes / 1e6:.0f} MB"
