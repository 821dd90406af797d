"""JACK servers of other users: they are there, and nobody else can play on them.

JACK 2 keeps its socket `jack_SERVER_USER_0` in shared memory, JACK 1 its folder `jack-USER` in the folder for temporary
files; USER is the number of a user.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from pathlib import Path

SOCKET = re.compile(r"jack_(?P<server>.+)_(?P<user>\d+)_\d+")
FOLDER = re.compile(r"jack-(?P<user>\d+)")


def server_of_another(server_name: str | None = None, places: tuple[Path, ...] | None = None) -> str | None:
    """Who runs a JACK server that we cannot use, as "root" or "user 1001"; None: nobody that could be seen.

    `server_name` None: any. `places`: where to look, socket and folder; None: where JACK keeps them.
    """
    if not hasattr(os, "getuid"):
        return None
    shared, temporary = places or (Path("/dev/shm"), Path(tempfile.gettempdir()))
    for folder, pattern in ((shared, SOCKET), (temporary, FOLDER)):
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for match in filter(None, map(pattern.fullmatch, names)):
            server = match.groupdict().get("server")
            if int(match["user"]) != os.getuid() and (server_name is None or server in (None, server_name)):
                return _name_of(int(match["user"]))
    return None


def _name_of(user: int) -> str:
    if sys.platform != "win32":
        import pwd

        with contextlib.suppress(KeyError):
            return pwd.getpwuid(user).pw_name
    return f"user {user}"
