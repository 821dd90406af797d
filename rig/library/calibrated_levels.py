"""What `rig calibrate` found out about this desk: interface, send, return and latency, each with method and date.

One small JSON file in the user's configuration folder, which may be read and edited:

    {"schema": 1,
     "interface": {"dbu": 12.2, "name": "Apollo 8x", "method": "table", "date": "2026-01-31"},
     "send": {"dbu": 18.34, "method": "multimeter", "date": "..."},
     "return": {"dbu": 12.34, "method": "multimeter", "date": "..."},
     "round_trip": {"samples": 201, "period": 64, "method": "noise", "date": "..."},
     "ports": {"send": "system:playback_1", "return": "system:capture_1"}}

All levels are the sine that reads 0 dBFS: the instrument input at minimum gain, the jack that feeds the gear, and the
input that it comes back to.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..files.json_file import write_json
from ..files.paths import config_folder
from ..levels import MAX_LEVEL_DBU, Level

FILE_NAME = "calibration.json"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class KnownLevel:
    """A level in dBu, how it became known and when; `name`: of the interface, where it has one."""

    dbu: float
    method: str
    date: str
    name: str = ""

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
                content[_written(part.name)] = {_written(name): item for name, item in entry.items() if item != ""}
        return content


def _written(name: str) -> str:
    return "return" if name == "returned" else name


def settings_file() -> Path:
    """Where it is kept."""
    return config_folder() / FILE_NAME


def load_settings(path: Path | None = None) -> Settings:
    """What was calibrated; nothing where there is no file. Raises ConfigError for a file that is damaged."""
    path = path or settings_file()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError
        return Settings(
            _known(content.get("interface")),
            _known(content.get("send")),
            _known(content.get("return")),
            _round_trip(content.get("round_trip")),
            _ports(content.get("ports")),
        )
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ConfigError(f"{path}: damaged; correct or delete it, then run rig calibrate again.") from error


def kept_interface(path: Path | None = None) -> Level | None:
    """The level of the interface that is kept, its basis beginning with "kept"; None: none is. Raises ConfigError."""
    known = load_settings(path).interface
    return None if known is None else Level(known.dbu, f"kept: {known.level().basis}")


def remember(path: Path | None = None, **parts: Any) -> Settings:
    """Keep these parts (by the names in `Settings`), leave the others as they are. Raises ConfigError."""
    path = path or settings_file()
    changed = replace(load_settings(path), **parts)
    try:
        write_json(path, changed.to_json())
    except OSError as error:
        raise ConfigError(f"The calibration could not be kept in {path}: {error.strerror}.") from error
    return changed


def today() -> str:
    """The date of a calibration."""
    return date.today().isoformat()


def _known(entry: Any) -> KnownLevel | None:
    if entry is None:
        return None
    return KnownLevel(
        _number(entry["dbu"], MAX_LEVEL_DBU), str(entry["method"]), str(entry["date"]), str(entry.get("name", ""))
    )


def _round_trip(entry: Any) -> RoundTrip | None:
    if entry is None:
        return None
    return RoundTrip(_number(entry["samples"], 1e6), int(entry["period"]), str(entry["date"]), str(entry["method"]))


def _ports(entry: Any) -> Ports | None:
    return None if entry is None else Ports(str(entry["send"]), str(entry["return"]))


def _number(value: Any, most: float) -> float:
    if isinstance(value, bool) or not (math.isfinite(value) and abs(value) <= most):
        raise ValueError
    return float(value)
