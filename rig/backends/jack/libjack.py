"""libjack beyond JACK-Client: native callbacks and latency ranges, and cables that others plug in too.

JACK-Client opens clients, registers and connects ports. It has no way to register a callback that is not Python, so
the handles it keeps private (`_ptr`) are read here, and only here, and given to libjack through ctypes.
"""

from __future__ import annotations

import ctypes
import errno
import glob
from functools import cache
from typing import Any

from ...dsp.native.address import Address
from ...dsp.native.compile import Entry
from ...errors import NoServer
from . import callbacks

# Where systems keep it, that of PipeWire last: it is no JACK server's, and `pw-jack` is the way to it.
LIBRARY_PLACES = (
    "/usr/lib/*/libjack.so.[0-9]",
    "/usr/lib*/libjack.so.[0-9]",
    "/usr/local/lib*/libjack.so*",
    "/usr/local/lib/libjack*.dylib",
    "/opt/*/lib/libjack*.dylib",
    "/usr/lib*/*/pipewire-*/jack/libjack.so.[0-9]",
    "/usr/lib*/pipewire-*/jack/libjack.so.[0-9]",
)


@cache
def library() -> tuple[Any, ctypes.CDLL]:
    """The module `jack` and libjack itself, its messages silenced. Raises `NoServer`, as `loaded`."""
    jack, libjack = loaded()
    for name in ("jack_set_error_function", "jack_set_info_function"):
        getattr(libjack, name)(callbacks.on_message.pointer)
    return jack, libjack


def loaded() -> tuple[Any, ctypes.CDLL]:
    """The module `jack` and libjack itself.

    Raises `NoServer` where JACK is not installed: importing JACK-Client loads libjack.
    """
    try:
        import jack

        return jack, ctypes.CDLL(jack._libname)
    except (OSError, ImportError) as error:
        there = library_file()
        if there is not None:
            folder = there.rpartition("/")[0]
            way = f"add its folder to the loader's path (LD_LIBRARY_PATH={folder}), or run `ldconfig` as root"
            if "pipewire" in there.lower():
                way = "run the command through `pw-jack`"
            raise NoServer(
                f"JACK's library is there ({there}), but the system's loader does not find it: {way}."
            ) from error
        raise NoServer(
            "JACK is not installed (its library, libjack, was not found): install it, for example with "
            "`apt install jackd2` on Debian or `brew install jack` on macOS."
        ) from error


def library_file() -> str | None:
    """Where libjack lies, if it does in one of the places for libraries; None: in none of them."""
    return next((found for pattern in LIBRARY_PLACES for found in sorted(glob.glob(pattern))), None)


def handle(item: Any) -> int:
    """The C pointer behind a client or port of JACK-Client."""
    jack, _ = library()
    return int(jack._ffi.cast("uintptr_t", item._ptr))


def version() -> str | None:
    """What libjack calls itself: "1.9.21", or "3.0.0.0 (using PipeWire 1.2.7)"; None where it does not say."""
    _, libjack = loaded()
    try:
        function = libjack.jack_get_version_string
    except AttributeError:
        return None
    function.restype = ctypes.c_char_p
    said = function()
    return said.decode(errors="replace") if said else None


def function_address(name: str) -> int:
    """Where a function of libjack starts."""
    _, libjack = library()
    return ctypes.cast(getattr(libjack, name), ctypes.c_void_p).value or 0


def register(client: Any, setter: str, callback: Entry, state: Address) -> None:
    """Have libjack call a compiled callback with `state` as its argument; before the client is activated."""
    _, libjack = library()
    getattr(libjack, setter)(ctypes.c_void_p(handle(client)), callback.pointer, ctypes.c_void_p(state))


def connect(port: Any, other: str) -> None:
    """Connect a port of our own to another, and leave it where they are connected already.

    Asking first would not do: a session manager, or whoever else plugs cables in, may be quicker in between. Raises
    JackError where it cannot be done.
    """
    jack, _ = library()
    try:
        port.connect(other)
    except jack.JackErrorCode as error:
        if error.code != errno.EEXIST:
            raise


def disconnect(port: Any, other: str) -> None:
    """Part a port of our own from another, and leave it where somebody else has been quicker. Raises JackError."""
    jack, _ = library()
    try:
        port.disconnect(other)
    except jack.JackErrorCode:
        if any(each.name == other for each in port.connections):
            raise


class _LatencyRange(ctypes.Structure):
    _fields_ = (("least", ctypes.c_uint32), ("most", ctypes.c_uint32))


def latency_range(port: Any, playback: bool = False) -> tuple[int, int]:
    """Least and most frames since capture (or until playback) of what passes a port, as the server knows them."""
    _, libjack = library()
    found = _LatencyRange()
    libjack.jack_port_get_latency_range(ctypes.c_void_p(handle(port)), int(playback), ctypes.byref(found))
    return found.least, found.most


def last_frame_time(client: Any) -> int:
    """The server's frame counter at the start of its last cycle, read from its shared memory: nobody is asked."""
    _, libjack = library()
    libjack.jack_last_frame_time.restype = ctypes.c_uint32
    return int(libjack.jack_last_frame_time(ctypes.c_void_p(handle(client))))


def recompute_latencies(client: Any) -> None:
    """Have the server ask every client for its latencies again."""
    _, libjack = library()
    libjack.jack_recompute_total_latencies(ctypes.c_void_p(handle(client)))
