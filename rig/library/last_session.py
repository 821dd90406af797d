"""What was played last, kept in the user's state folder while it is played, to be offered at the next start.

A preset with one more table, of what belongs to the session:

    [session]
    setlist = "/home/me/presets/friday"
    preset = "lead.toml"                 # of the setlist, where what plays began as one
    interface_dbu = 12.2
    interface = "Apollo 8x, article"
    interface_named = true               # for this session, in place of the one that is kept
    volume_db = -30.0

    [session.own]                        # what holds where a preset says nothing, by the names of the commands
    preamp_gain = 10.0
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from ..errors import PresetError
from ..files.atomic_write import write_text
from ..files.numbers import is_number
from ..files.paths import state_folder
from ..files.toml_file import read_toml_if_any, written
from ..levels import MAX_LEVEL_DBU, Level
from .preset import Preset

FILE_NAME = "last.toml"
LONGEST_BASIS = 500  # characters
LOWEST_VOLUME_DB = -60.0  # which is silence

Own = float | bool | str


def state_file() -> Path:
    """Where it is kept."""
    return state_folder() / FILE_NAME


@dataclass(frozen=True, slots=True)
class LastState:
    """A sound, the setlist that it was played with and the interface it was calibrated for; None: there was none.

    `own`: the player's own values where a preset says nothing. `file`: the name of the preset in the setlist.
    """

    preset: Preset
    setlist: Path | None = None
    interface: Level | None = None
    interface_named: bool = False
    volume_db: float = 0.0
    own: Mapping[str, Own] = field(default_factory=dict, hash=False)
    file: str | None = None

    @classmethod
    def load(cls, path: Path | None = None) -> Self | None:
        """What was kept; None: nothing. Raises PresetError for what cannot be played any more."""
        path = path or state_file()
        table = read_toml_if_any(path, "kept sound", PresetError)
        if table is None:
            return None
        session = table.table("session")
        preset = Preset.read(table, path)
        if session is None:
            return cls(preset)
        setlist = session.text("setlist", longest=4096)
        dbu = session.number("interface_dbu", -MAX_LEVEL_DBU, MAX_LEVEL_DBU, "dBu")
        basis = session.text("interface", LONGEST_BASIS) or "as before"
        own = session.table("own")
        return cls(
            preset,
            None if setlist is None else Path(setlist),
            None if dbu is None else Level(dbu, basis),
            interface_named=session.flag("interface_named") or False,
            volume_db=session.number("volume_db", LOWEST_VOLUME_DB, 0.0, "dB") or 0.0,
            own={} if own is None else _own(own.values),
            file=session.text("preset", longest=4096),
        )

    def keep(self, path: Path | None = None) -> None:
        """Write it in place of what was kept before. Raises PresetError."""
        path = path or state_file()
        lines = [self.preset.text(path.parent), "[session]"]
        try:
            if self.setlist is not None:
                lines.append(f"setlist = {written(str(self.setlist.absolute()))}")
            if self.interface is not None:
                lines.append(f"interface_dbu = {written(self.interface.dbu)}")
                lines.append(f"interface = {written(self.interface.basis[:LONGEST_BASIS])}")
            if self.interface_named:
                lines.append("interface_named = true")
            if self.file is not None:
                lines.append(f"preset = {written(self.file)}")
            if self.volume_db:
                lines.append(f"volume_db = {written(float(self.volume_db))}")
            if self.own:
                lines += ["", "[session.own]", *(f"{name} = {written(value)}" for name, value in self.own.items())]
            write_text(path, "\n".join(lines) + "\n", durable=True)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "a name is no text in UTF-8"
            raise PresetError(f"What you play could not be kept in {path}: {reason}.") from error

    @property
    def text(self) -> str:
        """What it is, for people."""
        cabinet = " + ".join(part.ir.name for part in self.preset.cabinet)
        sound = self.preset.model.name + (f" with {cabinet}" if cabinet and not self.preset.no_cabinet else "")
        return sound if self.preset.name == self.preset.model.stem else f"{self.preset.name}: {sound}"


def _own(values: Mapping[str, Any]) -> dict[str, Own]:
    """Values of commands; whoever knows the commands checks their ranges."""
    return {name: value for name, value in values.items() if isinstance(value, bool | str) or is_number(value)}


def offer() -> str | None:
    """One line that offers what was played last; None: nothing was. It stops nothing if it cannot be read."""
    path = state_file()
    try:
        last = LastState.load(path)
        when = datetime.fromtimestamp(path.stat().st_mtime).strftime("%d %B, %H:%M") if last is not None else ""
    except (PresetError, OSError) as error:
        return f"Last     cannot be brought back: {error}"
    return None if last is None else f"Last     {last.text} ({when}); rig play --resume brings it back"
