"""`rig` with a saboteur inside: what a server may do to a client, done to it from within at a signal.

SIGUSR1     its connection to the server breaks: the server throws it out
SIGUSR2     it leaves the server's graph without knowing: the server works on and does not call it any more

python tests/support/machine/troubled_rig.py play ...
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import stat
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from rig.cli import main


def cut_the_connection() -> None:
    for number in map(int, os.listdir("/proc/self/fd")):
        try:
            is_socket = stat.S_ISSOCK(os.fstat(number).st_mode)
        except OSError:
            continue
        if is_socket:
            with socket.socket(fileno=os.dup(number)) as end:
                end.shutdown(socket.SHUT_RDWR)


def leave_the_graph() -> None:
    from rig.backends.jack.client import Jack
    from rig.backends.jack.libjack import handle, library

    _, libjack = library()
    for backend in [item for item in gc.get_objects() if isinstance(item, Jack)]:
        if not backend.gone and backend._active:
            libjack.jack_deactivate(ctypes.c_void_p(handle(backend._client)))


def in_a_thread(act):
    return lambda *_: threading.Thread(target=act, daemon=True).start()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, in_a_thread(cut_the_connection))
    signal.signal(signal.SIGUSR2, in_a_thread(leave_the_graph))
    raise SystemExit(main())
