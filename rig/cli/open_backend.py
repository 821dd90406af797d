"""Which backend plays: JACK if a server answers, else PortAudio; and what is said and done where they differ."""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING, Any

from ..backends.base import Backend, is_pluggable
from ..errors import BackendError, CompareError, NoServer, RigError

if TYPE_CHECKING:
    from ..backends.portaudio.stream import PortAudio
    from ..engine import Engine
    from .display.screen import Screen


def add_backend_options(command: Any, offline: bool = False, waits: bool = False) -> None:
    """Who calls us with audio, and how often; `offline`: that may be a file; `waits`: for one that is not there yet."""
    audio = command.add_argument_group("audio")
    audio.add_argument(
        "--backend",
        choices=("auto", "jack", "portaudio", *(("offline",) if offline else ())),
        default="jack" if waits else "auto",
        help="jack (default): JACK or PipeWire; portaudio: the sound card; auto: whichever is there first"
        if waits
        else "auto (default): JACK if a server runs, else PortAudio"
        + ("; offline: a file through the same engine" if offline else ""),
    )
    audio.add_argument("--rate", type=int, metavar="HZ", help="PortAudio: sample rate (default 48000, if the card can)")
    audio.add_argument("--period", type=int, metavar="N", help="PortAudio: frames per cycle (default: what it offers)")
    audio.add_argument(
        "--exclusive", action="store_true", help="PortAudio: keep other programs off the card (WASAPI, Core Audio)"
    )


def opened(options: argparse.Namespace) -> Backend:
    """The backend that the options ask for, with its channels chosen.

    JACK first: only a process without a JACK client may look for PortAudio. Raises BackendError.
    """
    missing = None
    if options.backend in ("auto", "jack"):
        from ..backends.jack.client import Jack

        try:
            return Jack(options.client, midi=not options.no_midi)
        except NoServer as error:
            if options.backend == "jack":
                raise
            missing = error
    from ..backends.portaudio.stream import PortAudio

    try:
        return PortAudio(
            options.input,
            options.output,
            rate=options.rate,
            period=options.period,
            exclusive=options.exclusive,
            client_name=options.client,
        )
    except BackendError as error:
        raise BackendError(f"{missing} Without JACK: {error}" if missing is not None else str(error)) from error


def plugged(backend: Backend, options: argparse.Namespace, *, hears: bool = True) -> list[str]:
    """Connect a backend that can be connected; what is played through, a sentence each. `hears`: a guitar comes in."""
    if not is_pluggable(backend):
        return _portaudio(backend).sentences()
    said = [] if options.no_connect else backend.connect(options.input, options.output, hears=hears)
    if options.rate is not None or options.period is not None or options.exclusive:
        said.append(
            f"The JACK server decides on rate and period ({backend.sample_rate} Hz, {backend.block_size} frames); "
            "--rate, --period and --exclusive are for PortAudio."
        )
    return said


def may_howl(backend: Backend, options: argparse.Namespace) -> bool:
    """Whether nobody chose what is listened to: a laptop's microphone, through an amp, to its own loudspeakers."""
    return options.backend == "auto" and options.input is None and options.di is None and not is_pluggable(backend)


def why_ordinary(backend: Backend) -> str:
    """Where to look if the audio thread has no real-time priority."""
    if not is_pluggable(backend):
        return "the rtprio limit of your user"
    if backend.product == "PipeWire":
        return "rtkit, or the group `pipewire`: `rig doctor` says which"
    return "your JACK settings"


def await_device(backend: Backend, engine: Engine, screen: Screen) -> Backend:
    """The sound card has gone: try every second to open it again, and play on. Ctrl-C ends it.

    Raises BackendError if PortAudio hangs and nothing can be opened in this process any more.
    """
    from ..backends.portaudio import libportaudio
    from ..backends.portaudio.stream import wait_for_device

    earlier = _portaudio(backend)
    earlier.close()
    libportaudio.check()
    screen.say(f"{earlier.route.output.full_name} has gone; waiting for it to come back (Ctrl-C ends).")
    while True:
        later = wait_for_device(earlier)
        if later is None:
            raise KeyboardInterrupt
        with contextlib.suppress(RigError):  # it may have gone again
            later.start(engine.block_address, engine.address)
            screen.say(f"{later.route.output.full_name} is back.")
            return later
        later.close()


def refuse_to_compare(options: argparse.Namespace) -> None:
    """Raise a CompareError for a backend that cannot compare with gear."""
    if options.backend != "jack":
        raise CompareError(
            "Sides are compared over JACK only: PortAudio runs output and input on buffers of their own and does not "
            "say what was lost, so nobody could tell that both sides are equally late. Start a JACK server; there is "
            "one for Windows and macOS too."
        )


def _portaudio(backend: Backend) -> PortAudio:
    from ..backends.portaudio.stream import PortAudio

    assert isinstance(backend, PortAudio)
    return backend
