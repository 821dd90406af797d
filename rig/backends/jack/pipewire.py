"""PipeWire as a JACK server: whether it runs, where its libjack lies, and what that calls itself.

Debian keeps PipeWire's libjack in a folder that the loader does not search, as JACK's own has the same name; `pw-jack`
is a script that puts that folder first. rig finds the same file and loads it by its path, so nothing is started anew.
Where a distribution puts PipeWire's in JACK's place (Arch, Fedora) it is found like any other.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import socket
from pathlib import Path

LIBRARY_PLACES = (
    "/usr/lib/*/pipewire-*/jack/libjack.so.[0-9]",
    "/usr/lib*/pipewire-*/jack/libjack.so.[0-9]",
    "/usr/local/lib*/pipewire-*/jack/libjack.so.[0-9]",
    "/usr/local/lib/*/pipewire-*/jack/libjack.so.[0-9]",
)
SCRIPT_FOLDER = re.compile(r"""^\s*LD_LIBRARY_PATH=['"]?([^'":$]*(?:\$\{?LIB\}?)?[^'":$]*)""", re.MULTILINE)
SYSTEM_FOLDER = "/run/pipewire"  # of a PipeWire for all users
PATIENCE_S = 0.5  # a server that is there takes a connection at once
INSTALL = (
    "PipeWire runs, but its JACK library is not installed: install it, for example with `apt install pipewire-jack` on "
    "Debian or `dnf install pipewire-jack-audio-connection-kit` on Fedora."
)
NOT_RUNNING = (
    "PipeWire is not running for you: start it, for example with `systemctl --user start pipewire wireplumber`, or "
    "start a JACK server."
)


def is_running(remote: str | None = None) -> bool:
    """Whether a PipeWire takes connections of ours, at the socket where its own programs look for it.

    `remote`: the name of its socket, or the path; None: as the environment says.
    """
    return any(_answers(path) for path in _sockets(remote or os.environ.get("PIPEWIRE_REMOTE") or "pipewire-0"))


def _sockets(remote: str) -> list[Path]:
    folders = [os.environ.get(name) for name in ("PIPEWIRE_RUNTIME_DIR", "XDG_RUNTIME_DIR", "USERPROFILE")]
    own = next((folder for folder in folders if folder), None)
    return [Path(folder, remote) for folder in (own, SYSTEM_FOLDER) if folder is not None]


def _answers(path: Path) -> bool:
    if not hasattr(socket, "AF_UNIX"):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
        asked.settimeout(PATIENCE_S)
        try:
            asked.connect(str(path))
        except (OSError, ValueError):  # none there, one that has ended, one of another user
            return False
        return True


def library_file() -> str | None:
    """PipeWire's own libjack: in one of the usual places, or where `pw-jack` looks for it; None: in neither."""
    found = (name for pattern in LIBRARY_PLACES for name in sorted(glob.glob(pattern)))
    return next(found, None) or _named_by_script()


def _named_by_script() -> str | None:
    """On systems with a layout of their own the script `pw-jack` has the folder written into it."""
    script = shutil.which("pw-jack")
    try:
        said = SCRIPT_FOLDER.search(Path(script).read_text(errors="replace")) if script is not None else None
    except OSError:
        said = None
    if said is None:
        return None
    for lib in ("lib", "lib64"):  # what the loader puts for ${LIB}
        folder = re.sub(r"\$\{?LIB\}?", lib, said[1])
        for found in sorted(glob.glob(f"{glob.escape(folder)}/libjack.so.[0-9]")):
            return found
    return None


def version_of(said: str | None) -> str | None:
    """PipeWire's version in what its libjack calls itself; None: it is another libjack.

    The numbers in front are those of the interface, not of PipeWire.

    >>> version_of("3.1.4.2 (using PipeWire 1.4.2)")
    '1.4.2'
    >>> version_of("1.9.21") is None
    True
    """
    if said is None or "pipewire" not in said.casefold():
        return None
    found = re.search(r"pipewire\s+(\d[\w.+~-]*)", said, re.IGNORECASE)
    return found[1] if found is not None else "of a version that it does not say"
