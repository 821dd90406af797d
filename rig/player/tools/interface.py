"""The interface named while playing: every sum follows at once, and the first one that is named is kept."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import ConfigError, LevelError, RigError
from ...levels import Level, entered_level
from ...library.calibrated_levels import KnownLevel, load_settings, remember, today
from ...library.interfaces import Interface
from ..events import Event, Tell

NONE = "none"  # no interface: nothing is calibrated


class InterfaceControls:
    """Names the interface. `set_level(level, named, row)`: what sounds follows.

    `named`: it is not the one that is kept. `row`: it in the table, where a name was given.
    """

    def __init__(self, tell: Tell, set_level: Callable[[Level | None, bool, Interface | None], None]) -> None:
        self.tell, self._set_level = tell, set_level

    def name_level(self, text: str) -> None:
        """By its level in dBu at 0 dBFS, gain at minimum. Raises LevelError for what is no level."""
        if not _is_level(text):
            raise LevelError(f"{text.strip() or 'Nothing'} is no level: type what 0 dBFS is worth, in dBu.")
        self.name(text)

    def name(self, text: str) -> None:
        """By name from the table, by its level in dBu at 0 dBFS, or `none`. Raises RigError for what is neither."""
        wanted = text.strip()
        if not wanted:
            raise RigError("Type the name of your interface, its level in dBu at 0 dBFS and minimum gain, or none.")
        if wanted.casefold() == NONE:
            self._set_level(None, True, None)
            return
        row = None if _is_level(wanted) else Interface.named(wanted)
        known = _known(wanted, row)
        try:
            kept = load_settings().interface
            if kept is None:
                remember(interface=known)
                kept = known
        except ConfigError as error:
            self._set_level(known.level(), True, row)
            self.tell(Event("more", f"{error} It holds for this session."))
            return
        is_kept = (kept.dbu, kept.name) == (known.dbu, known.name)
        self._set_level(known.level(), not is_kept, row)
        if kept is known:
            self.tell(Event("more", "kept for the next time; rig calibrate interface measures it or names another one"))
        elif not is_kept:
            text = f"for this session; {kept.level()} stays kept, and rig calibrate interface replaces it"
            self.tell(Event("more", text))


def _is_level(text: str) -> bool:
    try:
        _dbu(text)
    except ValueError:
        return False
    return True


def _dbu(text: str) -> float:
    return float(text.strip().casefold().removesuffix("dbu").strip().replace(",", "."))


def _known(wanted: str, row: Interface | None) -> KnownLevel:
    if row is None:
        return KnownLevel(round(entered_level(_dbu(wanted), "maximum input level").dbu, 2), "entered by you", today())
    method = f"table, {row.basis or 'your entry'}"
    return KnownLevel(round(row.level().dbu, 2), method, today(), row.name)
