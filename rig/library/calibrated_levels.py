"""What `rig calibrate` found out about this desk: interface, send, return and latency, each with method and date.

One small JSON file in the user's configuration folder, which may be read and edited:

    {"schema": 1,
     "interface": {"dbu": 12.2, "name": "Apollo 8x", "method": "table", "date": "2026-01-31"},
     "send": {"dbu": 18.34, "method": "multimeter", "date": "..."},
     "return": {"dbu": 12.34, "method": "multimeter", "send": "multimeter", "date": "..."},
     "round_trip": {"samples": 201, "period": 64, "method": "noise", "date": "..."},
     "ports": {"send": "system:playback_1", "return": "system:capture_1"}}

All levels are the sine that reads 0 dBFS: the instrument input at minimum gain, the jack that feeds the gear, and the
input that it comes back to.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..files.json_file import Damaged, Record, read_record, write_json
from ..files.lock import locked
from ..files.paths import config_folder
from ..levels import MAX_LEVEL_DBU, MAX_PREAMP_GAIN_DB, Level
from ..scripting.printable import printable

FILE_NAME = "calibration.json"
SCHEMA = 1
MOST_SAMPLES = 1e6  # of a round trip


@dataclass(frozen=True, slots=True)
class KnownLevel:
    """A level in dBu, how it became known and when; `name`: of the interface, where it has one.

    One that was measured against the send says how the level of the send was known then (`send`), and how much gain was
    dialled in meanwhile and taken off again (`gain_db`).
    """

    dbu: float
    method: str
    date: str
    name: str = ""
    send: str = ""
    gain_db: float | None = None

    def level(self) -> Level:
        """With its basis, for sums of gains."""
        return Level(self.dbu, ", ".join(part for part in (self.name, self.method, self.date) if part))


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """From the send to the return over a cable, in samples at 48 kHz, at that period of the server."""

    samples: float
    period: int
    date: str
    method: str = "noise"


@dataclass(frozen=True, slots=True)
class Ports:
    """JACK ports of the last calibration or capture."""

    send: str
    returned: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it; None: never calibrated."""

    interface: KnownLevel | None = None
    send: KnownLevel | None = None
    returned: KnownLevel | None = None
    round_trip: RoundTrip | None = None
    ports: Ports | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        content: dict[str, Any] = {"schema": SCHEMA}
        for part in fields(self):
            value = getattr(self, part.name)
            if value is not None:
                entry = {field.name: getattr(value, field.name) for field in fields(value)}
                content[_written(part.name)] = {
                    _written(name): printable(item) if isinstance(item, str) else item
                    for name, item in entry.items()
                    if item not in ("", None)
                }
        return content


def _written(name: str) -> str:
    return "return" if name == "returned" else name


def settings_file() -> Path:
    """Where it is kept."""
    return config_folder() / FILE_NAME


def load_settings(path: Path | None = None) -> Settings:
    """What was calibrated; nothing where there is no file. Raises ConfigError for a file that is damaged.

    One that cannot be read just now, such as another user's, is said on stderr, and everything goes on without.
    """
    path = path or settings_file()
    try:
        return _read_settings(path)
    except OSError as error:
        print(
            f"{path} cannot be read ({error.strerror}): what was calibrated is not used.", file=sys.stderr, flush=True
        )
        return Settings()


def _read_settings(path: Path) -> Settings:
    try:
        content = read_record(path)
        if content is None:
            return Settings()
        content.check_schema(SCHEMA)
        return Settings(
            _known(content.record("interface")),
            _known(content.record("send")),
            _known(content.record("return")),
            _round_trip(content.record("round_trip")),
            _ports(content.record("ports")),
        )
    except Damaged as error:
        raise ConfigError(f"{path}: damaged, {error}; correct or delete it, then run rig calibrate again.") from error


def kept_interface(path: Path | None = None) -> Level | None:
    """The level of the interface that is kept, its basis beginning with "kept"; None: none is. Raises ConfigError."""
    known = load_settings(path).interface
    return None if known is None else Level(known.dbu, f"kept: {known.level().basis}")


def kept_send(path: Path | None = None) -> Level | None:
    """The same of the send: what 0 dBFS is worth at the jack that feeds the gear. Raises ConfigError."""
    known = load_settings(path).send
    return None if known is None else Level(known.dbu, f"kept: {known.level().basis}")


def remember(path: Path | None = None, **parts: Any) -> Settings:
    """Keep these parts (by the names in `Settings`), leave the others as they are. Raises ConfigError."""
    path = path or settings_file()
    try:
        with locked(path.parent):
            changed = replace(_read_settings(path), **parts)
            write_json(path, changed.to_json())
    except OSError as error:
        raise ConfigError(f"The calibration could not be kept in {path}: {error.strerror}.") from error
    return changed


def today() -> str:
    """The date of a calibration."""
    return date.today().isoformat()


def _known(entry: Record | None) -> KnownLevel | None:
    if entry is None:
        return None
    dbu = entry.number("dbu", -MAX_LEVEL_DBU, MAX_LEVEL_DBU)
    gain_db = entry.number("gain_db", 0.0, MAX_PREAMP_GAIN_DB) if "gain_db" in entry.values else None
    told = (entry.text("method"), entry.text("date"), entry.text("name", ""), entry.text("send", ""))
    return KnownLevel(dbu, *told, gain_db)


def _round_trip(entry: Record | None) -> RoundTrip | None:
    if entry is None:
        return None
    samples, period = entry.number("samples", -MOST_SAMPLES, MOST_SAMPLES), entry.whole_number("period", 1, 1 << 20)
    return RoundTrip(samples, period, entry.text("date"), entry.text("method"))


def _ports(entry: Record | None) -> Ports | None:
    return None if entry is None else Ports(entry.text("send"), entry.text("return"))
