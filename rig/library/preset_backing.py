"""The backing track of a preset: a file, how loud, which section of it, and how it is counted in.

A table of the preset, for example:

    [backing]
    file = "../songs/blues.mp3"   # relative to the preset
    volume_db = -12.0
    from_s = 62.5                 # its section
    to_s = 78.0
    once = false
    count_in = 4                  # beats
    bpm = 96.0

A file that is missing is told of when the preset is called, and the sound plays.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..files.toml_file import Table

LOWEST_DB, HIGHEST_DB = -60.0, 12.0
DEFAULT_DB = -12.0  # a mastered track is at full scale already, and the guitar has to find room
SLOWEST_BPM, FASTEST_BPM, DEFAULT_BPM = 20.0, 400.0, 120.0
MOST_BEATS = 32
LONGEST_S = 36_000.0  # what an end can be set to
LONGEST_PATH = 4096  # characters
NAME = "backing"  # of the table


@dataclass(frozen=True, slots=True)
class PresetBacking:
    """A track beside the guitar. `to_s` None: to its end."""

    file: Path
    volume_db: float = DEFAULT_DB
    from_s: float = 0.0
    to_s: float | None = None
    once: bool = False
    beats: int = 0  # that are counted in
    bpm: float = DEFAULT_BPM

    @classmethod
    def read(cls, table: Table | None) -> PresetBacking | None:
        """What a preset says; None: nothing. Whether the file is there shows when it is called. Raises PresetError."""
        if table is None:
            return None
        name = table.text("file", longest=LONGEST_PATH)
        if not name or "\0" in name:
            raise table.error('[backing] names no file; write file = "SONG.mp3".')
        path = Path(os.path.expanduser(name))
        volume_db = table.number("volume_db", LOWEST_DB, HIGHEST_DB, "dB")
        bpm = table.number("bpm", SLOWEST_BPM, FASTEST_BPM, "bpm")
        found = cls(
            path if path.is_absolute() else table.folder / path,
            DEFAULT_DB if volume_db is None else volume_db,
            table.number("from_s", 0.0, LONGEST_S, "s") or 0.0,
            table.number("to_s", 0.0, LONGEST_S, "s"),
            table.flag("once") or False,
            table.whole_number("count_in", 0, MOST_BEATS) or 0,
            DEFAULT_BPM if bpm is None else bpm,
        )
        if found.to_s is not None and found.to_s <= found.from_s:
            raise table.error(f"to_s is {found.to_s:g}, and has to lie behind from_s.", "to_s")
        table.warn_of_the_rest()
        return found

    def values(self, name: str) -> dict[str, str | bool | float | int | None]:
        """The lines of its table, the file called `name` there; None is left out."""
        return {
            "file": name,
            "volume_db": self.volume_db,
            "from_s": self.from_s or None,
            "to_s": self.to_s,
            "once": self.once or None,
            "count_in": self.beats or None,
            "bpm": self.bpm if self.beats else None,
        }
