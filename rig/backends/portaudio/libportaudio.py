"""sounddevice, and through it PortAudio: started and ended, its cards, and a stream with a compiled callback.

sounddevice is imported here alone and as late as can be: importing it starts PortAudio, which opens a client on a JACK
server that runs, and a process that has one already may crash of it. What of it is private (`_StreamBase`, `_ffi`,
`_lib`, `_sampleformats`) is used here alone.

PortAudio reads its list of cards when it is started. So it is started (`begin`) for each backend and each look at the
list, and ended (`end`) afterwards, instead of living until the process ends.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import ctypes.util
import os
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from ...dsp.native.address import Address
from ...errors import BackendError
from ..call_timeout import ask
from . import callbacks
from .devices import ASIO, CORE_AUDIO, JACK, WASAPI, Device, Route

T = TypeVar("T")

PLANES = "float32, a buffer per channel"  # our name for that sample format among those of sounddevice
RATES = (44100, 48000, 88200, 96000, 176400, 192000)
HOW_TO_INSTALL = (
    "PortAudio is not installed (its library, libportaudio, was not found): install it, for example with "
    "`apt install libportaudio2` on Debian, `pkg install portaudio` on FreeBSD or `brew install portaudio` on macOS."
)
NOT_LET_GO = (
    "PortAudio cannot go on, as the driver or the JACK server under it hangs or has died: set that right, and start "
    "rig again."
)

# PortAudio's error codes (portaudio.h)
INVALID_RATE, BAD_COMBINATION, UNAVAILABLE = -9997, -9993, -9985


class _Started:
    users = 0
    stuck = False  # a call did not return: nothing more can be asked of PortAudio in this process


# ---------------------------------------------------------------- start and end
def begin(client_name: str = "rig") -> Any:
    """Start PortAudio, if nobody has, and give the module sounddevice; every `begin` needs an `end`.

    `client_name` is how a JACK server sees us. Raises `BackendError` where PortAudio is not installed, or hangs.
    """
    check()
    _name_client(client_name)
    try:
        import sounddevice
    except (OSError, ImportError) as error:
        raise BackendError(HOW_TO_INSTALL) from error
    except Exception as error:  # PortAudio's own, from a module that is not there yet
        raise BackendError(f"PortAudio does not start: {error}.") from error
    atexit.unregister(sounddevice._exit_handler)  # it would end what a stream of ours still uses, or hang
    sounddevice._sampleformats[PLANES] = sounddevice._lib.paFloat32 | sounddevice._lib.paNonInterleaved
    if not sounddevice._initialized:
        try:
            sounddevice._initialize()
        except sounddevice.PortAudioError as error:
            raise BackendError(f"PortAudio does not start: {error}.") from error
    _Started.users += 1
    return sounddevice


def end() -> None:
    """One user less; the last one ends PortAudio. Never raises."""
    import sounddevice

    _Started.users -= 1
    if not _Started.users and not _Started.stuck:
        with contextlib.suppress(sounddevice.PortAudioError):
            while sounddevice._initialized:
                sounddevice._terminate()


def give_up() -> None:
    """Leave PortAudio as it is, to the end of the process: a call into it hangs, or would."""
    _Started.stuck = True


def check() -> None:
    """Raise `BackendError` if PortAudio hangs."""
    if _Started.stuck:
        raise BackendError(NOT_LET_GO)


def _library() -> Any:
    name = ctypes.util.find_library("portaudio")
    return ctypes.CDLL(name) if name is not None else None


_client_name = ctypes.create_string_buffer(64)  # PortAudio keeps the address


def _name_client(name: str) -> None:
    with contextlib.suppress(OSError, AttributeError):  # a PortAudio without JACK
        library = _library()
        if library is not None:
            _client_name.value = name.encode()[:32]
            library.PaJack_SetClientName(_client_name)


def patiently(call: Callable[[], T], patience_s: float, silent: str = NOT_LET_GO) -> T:
    """Make a call that may hang, as the driver does; `BackendError` if it has not come back by then, and ever after.

    On Windows it is made as it is: COM, which WASAPI and ASIO stand on, ties a stream to the thread that opened it.
    """
    if os.name == "nt":
        return call()
    try:
        return ask(call, patience_s=patience_s, silent=silent)
    except (BackendError, KeyboardInterrupt):  # it is still in there
        give_up()
        raise


# ---------------------------------------------------------------- cards
def devices(library: Any) -> list[Device]:
    """Every sound card under every host API."""
    apis = library.query_hostapis()
    found = []
    for index, info in enumerate(library.query_devices()):
        api = apis[info["hostapi"]]
        inputs, outputs = int(info["max_input_channels"]), int(info["max_output_channels"])
        found.append(
            Device(
                index=index,
                name=str(info["name"]),
                host_api=str(api["name"]),
                inputs=inputs,
                outputs=outputs,
                usual_rate=float(info["default_samplerate"]),
                input_latency_s=float(info["default_low_input_latency"]) if inputs else None,
                output_latency_s=float(info["default_low_output_latency"]) if outputs else None,
                usual_input=api["default_input_device"] == index,
                usual_output=api["default_output_device"] == index,
            )
        )
    return found


def host_apis(library: Any) -> list[str]:
    """What PortAudio was built with and finds here."""
    return [str(api["name"]) for api in library.query_hostapis()]


@contextlib.contextmanager
def listed(client_name: str = "rig") -> Iterator[tuple[Any, list[Device]]]:
    """sounddevice and the cards of this moment."""
    library = begin(client_name)
    try:
        yield library, devices(library)
    finally:
        end()


def rates(library: Any, device: Device) -> list[int]:
    """Which of the usual rates a card takes now; none while another program holds it."""
    taken = []
    for rate in RATES:
        with contextlib.suppress(library.PortAudioError, ValueError):
            if device.outputs:
                library.check_output_settings(device.index, min(2, device.outputs), "float32", None, rate)
            if device.inputs:
                library.check_input_settings(device.index, 1, "float32", None, rate)
            taken.append(rate)
    return taken


# ---------------------------------------------------------------- streams
def open_stream(library: Any, route: Route, rate: float, period: int | None, exclusive: bool, state: Address) -> Any:
    """A stream that calls `on_stream` with `state`, a STREAM record's address; not yet started.

    `period`: frames per cycle, None for what the host API likes. Raises sounddevice's `PortAudioError`.
    """
    ffi = library._ffi
    if route.output.host_api == JACK:
        period = None  # the server decides; any other number would only be cut to size by another buffer
    sides: list[tuple[str, Device, tuple[int, ...]]] = []
    if route.input is not None:
        sides.append(("input", route.input, (route.input_channel,)))
    sides.append(("output", route.output, route.output_channels))
    columns = [
        [device.index, *settings_for(library, device, kind, channels, exclusive)] for kind, device, channels in sides
    ]
    both = tuple(zip(*columns, strict=True))  # for each setting what input and output have
    index, count, extra = both if route.input is not None else (column[0] for column in both)
    stream = library._StreamBase(
        kind="duplex" if route.input is not None else "output",
        samplerate=rate,
        blocksize=period or 0,
        device=index,
        channels=count,
        dtype=PLANES,
        latency="low" if period is None else period / rate,
        extra_settings=extra,
        callback=ffi.cast("PaStreamCallback*", callbacks.on_stream.address),
        finished_callback=ffi.cast("PaStreamFinishedCallback*", callbacks.on_finished.address),
        userdata=ffi.cast("void*", state),
        wrap_callback=None,
    )
    if route.output.host_api == "ALSA":
        _ask_for_priority(library, stream)
    return stream


def open_channels(route: Route) -> tuple[int, int, tuple[int, ...]]:
    """Where in what is opened the guitar is, how many outputs are opened, and where in them the sound goes."""
    if route.output.host_api in (ASIO, CORE_AUDIO):  # opened are only those that are used
        return 0, len(route.output_channels), tuple(range(len(route.output_channels)))
    count = route.output.outputs if route.output.host_api == WASAPI else max(route.output_channels) + 1
    return route.input_channel, count, route.output_channels


def settings_for(
    library: Any, device: Device, kind: str, channels: tuple[int, ...], exclusive: bool
) -> tuple[int, Any]:
    """How many channels of a device to open, and what its host API has to be told.

    Only JACK and ALSA have been tried; the others are written by the documentation of PortAudio and sounddevice.
    """
    if device.host_api == ASIO:
        return len(channels), library.AsioSettings(channel_selectors=list(channels))
    if device.host_api == CORE_AUDIO:
        if kind == "input":
            wanted = list(channels)
        else:  # one place for each channel of the card: which of ours it plays
            wanted = [channels.index(place) if place in channels else -1 for place in range(device.outputs)]
        # Exclusive: the card itself is set to our rate and period, and nothing is converted on the way.
        settings = library.CoreAudioSettings(
            channel_map=wanted, change_device_parameters=exclusive, fail_if_conversion_required=exclusive
        )
        return len(channels), settings
    if device.host_api == WASAPI:  # takes the format of its mixer or, exclusive, of the card: all channels
        count = device.inputs if kind == "input" else device.outputs
        return count, library.WasapiSettings(exclusive=exclusive)
    return max(channels) + 1, None


def _ask_for_priority(library: Any, stream: Any) -> None:
    """PortAudio's ALSA thread is an ordinary one unless it is told otherwise."""
    with contextlib.suppress(OSError, AttributeError):
        pointer = ctypes.c_void_p(int(library._ffi.cast("uintptr_t", stream._ptr)))
        ctypes.CDLL(library._libname).PaAlsa_EnableRealtimeScheduling(pointer, 1)


def close_stream(stream: Any) -> None:
    """Play to the end what was handed over, then let go of the card."""
    stream.stop()
    stream.close()
