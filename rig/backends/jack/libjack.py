"""libjack beyond JACK-Client: native callbacks and latency ranges, and cables that others plug in too.

JACK-Client opens clients, registers and connects ports. It has no way to register a callback that is not Python, so
the handles it keeps private (`_ptr`) are read here, and only here, and given to libjack through ctypes. Which libjack
that is, JACK's or PipeWire's, is decided here too, before the first client is opened.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import glob
from functools import cache
from typing import Any

from ...dsp.native.address import Address
from ...dsp.native.compile import Entry
from ...errors import NoServer
from . import callbacks, pipewire

# Where systems keep that of a JACK server.
LIBRARY_PLACES = (
    "/usr/lib/*/libjack.so.[0-9]",
    "/usr/lib*/libjack.so.[0-9]",
    "/usr/local/lib*/libjack.so*",
    "/usr/local/lib/libjack*.dylib",
    "/opt/*/lib/libjack*.dylib",
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

    Importing JACK-Client loads libjack. Raises `NoServer` where neither JACK's is installed nor PipeWire's.
    """
    try:
        import jack

        return jack, ctypes.CDLL(jack._libname)
    except (OSError, ImportError) as error:
        there = library_file() or pipewire.library_file()
        if there is not None:
            return _imported_with(there)
        if pipewire.is_running():
            raise NoServer(pipewire.INSTALL) from error
        raise NoServer(
            "JACK is not installed (its library, libjack, was not found): install it, for example with "
            "`apt install jackd2` on Debian or `brew install jack` on macOS."
        ) from error


def _imported_with(path: str) -> tuple[Any, ctypes.CDLL]:
    """JACK-Client with the libjack at `path`, which the system's loader does not find.

    So it is with PipeWire's, and with JACK's on musl. Raises `NoServer` where it cannot be loaded.
    """
    find = ctypes.util.find_library
    try:
        ctypes.util.find_library = lambda name: path if name == "jack" else find(name)
        import jack

        return jack, ctypes.CDLL(path)
    except (OSError, ImportError) as error:
        raise NoServer(f"JACK's library is there ({path}), but it cannot be loaded: {error}.") from error
    finally:
        ctypes.util.find_library = find


_state = {"opened": False}  # whether a client has been opened: from then on libjack stays which it is


def keep() -> None:
    """A client has been opened."""
    _state["opened"] = True


def turn_to_pipewire() -> bool:
    """Load PipeWire's libjack in place of JACK's, where no JACK server runs but PipeWire does; whether it was done.

    What the script `pw-jack` does for a program that is yet to be started. Not once a client has been opened: libjack
    keeps state of its own for the process. Raises `NoServer` where PipeWire runs without its JACK library.
    """
    if _state["opened"] or is_pipewire() or not pipewire.is_running():
        return False
    path = pipewire.library_file()
    if path is None:
        raise NoServer(pipewire.INSTALL)
    jack, _ = loaded()
    try:
        jack._lib = jack._ffi.dlopen(path)
    except OSError as error:
        raise NoServer(f"PipeWire's JACK library ({path}) cannot be loaded: {error}.") from error
    jack._libname = path
    library.cache_clear()
    return True


def is_pipewire() -> bool:
    """Whether libjack is PipeWire's. Raises NoServer where there is none."""
    return pipewire.version_of(version()) is not None


def library_file() -> str | None:
    """Where JACK's libjack lies, if it does in one of the places for libraries; None: in none of them."""
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
