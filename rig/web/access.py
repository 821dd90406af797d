"""Who may steer: one token for this run of rig, one of its own for each device on the LAN; five wrong ones a minute.

What is kept of a device is the hash of its token, in a file that only the user can read. Tokens are 128 random bits and
are compared in constant time.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ..errors import RigError
from ..files.atomic_write import set_aside
from ..files.json_file import Damaged, Record, read_record, write_json
from ..files.paths import state_folder

TOKEN_BYTES = 16
FAILURES, WITHIN_S = 5, 60.0
MOST_ADDRESSES = 256  # whose failures are remembered
MOST_DEVICES = 32
SCHEMA = 1


def new_token() -> str:
    """128 random bits, as they stand in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def devices_file() -> Path:
    """Where paired devices are kept."""
    return state_folder() / "devices.json"


@dataclass(frozen=True, slots=True)
class Device:
    """A phone or tablet that was paired. `paired`: the day."""

    id: str
    sha256: str  # of its token
    name: str
    paired: str
    address: str = ""  # from where it came last


class Refused(RigError):
    """A token that does not open anything. `is_locked`: none would, for now."""

    def __init__(self, sentence: str, is_locked: bool = False) -> None:
        super().__init__(sentence)
        self.is_locked = is_locked


class Access:
    """The token of this run, and the devices. From any thread.

    `devices` None: none are paired, as nobody from elsewhere can come.
    """

    def __init__(
        self,
        devices: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        token: str | None = None,
        most_devices: int = MOST_DEVICES,
    ) -> None:
        self.token = new_token() if token is None else token
        self._most = most_devices
        self._path, self._clock, self._lock = devices, clock, threading.Lock()
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._devices = _read(devices, most_devices) if devices is not None else []

    def check(self, token: str, address: str) -> Device | None:
        """Whose token it is; None: that of this run. Raises Refused."""
        with self._lock:
            failures = self._failures.setdefault(address, deque(maxlen=FAILURES))
            self._failures.move_to_end(address)
            while len(self._failures) > MOST_ADDRESSES:
                self._failures.popitem(last=False)
            now = self._clock()
            if len(failures) == FAILURES and now - failures[0] < WITHIN_S:
                raise Refused("Too many wrong tokens; none is taken for a minute.", is_locked=True)
            given, found = _hash(token), None
            is_own = hmac.compare_digest(given, _hash(self.token))
            for device in self._devices:
                if hmac.compare_digest(given, device.sha256):
                    found = device
            if not is_own and found is None:
                failures.append(now)
                raise Refused("That is not the token: open the address that rig prints when it starts.")
            return None if is_own else found

    # ------------------------------------------------------------ devices
    @property
    def devices(self) -> list[Device]:
        """All that are paired."""
        with self._lock:
            return list(self._devices)

    def pair(self, name: str, address: str, day: str) -> tuple[Device, str]:
        """A device of its own token from now on, and that token. If it cannot be kept, it holds until rig ends."""
        token = new_token()
        device = Device(secrets.token_hex(4), _hash(token), name or "a device", day, address)
        with self._lock:
            self._devices = [*self._devices, device][-self._most :]
            self._keep()
        return device, token

    def seen(self, device: Device, address: str) -> None:
        """It came from there."""
        with self._lock:
            self._devices = [replace(d, address=address) if d.id == device.id else d for d in self._devices]

    def revoke(self, id: str) -> tuple[Device, str | None]:
        """Its token opens nothing any more, and neither does the one that was printed. Raises RigError.

        Also a sentence, where the file could not be written, so that the device is known again when rig starts anew.
        """
        with self._lock:
            device = next((device for device in self._devices if device.id == id), None)
            if device is None:
                raise RigError(f"There is no device {id[:20]!r}; `rig remote devices` lists them.")
            self._devices = [other for other in self._devices if other.id != id]
            self.token = new_token()
            return device, self._keep()

    def _keep(self) -> str | None:
        """Write the file; a sentence, if that is not possible."""
        if self._path is None:
            return None
        try:
            make_private(self._path)
            write_json(self._path, {"schema": SCHEMA, "devices": [asdict(device) for device in self._devices]})
        except OSError as error:
            return f"{self._path.name} cannot be written ({error.strerror}): this holds until rig ends."
        return None


def make_private(path: Path) -> None:
    """An empty file that only the user can read, where there is none; what replaces it keeps that. OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    os.chmod(path, 0o600)


def _read(path: Path, most: int) -> list[Device]:
    try:
        if path.exists() and not _is_own(path):  # whoever else can write it could let themselves in
            set_aside(path)
        content = read_record(path) if path.exists() and path.stat().st_size else None
        if content is None:
            return []
        content.check_schema(SCHEMA)
        return [_checked(entry) for entry in content.records("devices")][-most:]
    except Damaged:
        set_aside(path)
        return []
    except OSError:
        return []


def _is_own(path: Path) -> bool:
    """Whether only this user can write a file."""
    if not hasattr(os, "geteuid"):
        return True
    found = path.stat()
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _checked(entry: Record) -> Device:
    return Device(
        entry.text("id"), entry.text("sha256"), entry.text("name"), entry.text("paired"), entry.text("address")
    )
