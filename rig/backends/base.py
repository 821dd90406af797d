"""What the engine and the command line may ask of any backend, on one screen.

    with Jack() as backend:                     # or Offline(48000)
        backend.start(block_address, engine_address)
        ...
                                                # leaving the block stops the audio and closes the client

`start` hands over the address of a compiled block function and of its state (`rig.dsp.cycle_record`). From then on the
backend calls it for every cycle from its own thread, without Python, until `stop` or `close`. Afterwards it never calls
it, so the engine's memory may be freed. Whatever the backend has to tell stands in the HOST record, to be polled.

MIDI that came in during a cycle stands there too (`rig.dsp.midi_events`), where the backend has a port for it.

Where gear is compared or captured a backend has two ports more, `send` and `return`; whoever makes
it asks for them.

There are three: JACK, PortAudio where there is no JACK, and files (`jack/`, `portaudio/`, `offline.py`). Only the
ports of JACK are plugged while it plays (`Pluggable`); PortAudio is told its channels when it is opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeGuard

from ..dsp.native.address import Address


class Backend(Protocol):
    """A source of cycles; see the module's text."""

    @property
    def host(self) -> Any:
        """The HOST record as a numpy view: `host["cycles"]`, `host["xruns"]`, ... follow the audio thread."""

    @property
    def sample_rate(self) -> int:
        """Hz; as long as the backend lives."""

    @property
    def block_size(self) -> int:
        """Frames in a cycle now. It may change while playing (`host["resizes"]` counts), to at most MAX_FRAMES."""

    @property
    def gone(self) -> bool:
        """The server has shut down, or the sound card was pulled out: close this backend, wait, and open a new one."""

    @property
    def latency_samples(self) -> int:
        """What the engine adds between input and output, reported to the server. Settable; 0 unless set."""

    @latency_samples.setter
    def latency_samples(self, samples: int) -> None: ...

    def realtime_priority(self) -> int | None:
        """Real-time priority of the audio thread, 0 for an ordinary thread, `None` where the system does not say."""

    def start(self, block: Address, engine: Address) -> None:
        """Call `block(engine, host, frames)` for every cycle from now on; both are addresses.

        Raises `BackendError` if the server refuses.
        """

    def stop(self) -> None:
        """Call it no more. Never raises; may be started again."""

    def close(self) -> None:
        """Stop and let go of the server. Never raises or hangs, even if the server is gone; may be called twice."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class Pluggable(Backend, Protocol):
    """A backend with ports that are connected by name, while it plays."""

    @property
    def product(self) -> str:
        """Who serves: "JACK" or "PipeWire"."""

    @property
    def tells_late(self) -> bool:
        """Whether priority and latencies are known only a moment after a start."""

    @property
    def server_frames(self) -> int:
        """A counter that moves as long as the server works, even if it does not call us."""

    @property
    def may_go_silently(self) -> bool:
        """Whether `gone` may stay false when the server goes: then nothing moves any more, and nobody says so."""

    def server_is_there(self) -> bool:
        """Whether a server would take a new client; waits for its answer, so ask beside the control thread."""

    @property
    def ports_changed(self) -> int:
        """How often a port of anybody's came or went."""

    @property
    def cables_changed(self) -> int:
        """How often any two ports were connected or parted."""

    def follow_transport(self, on: bool) -> None:
        """Say in each cycle where the server's transport is, and whether it rolls; or no more."""

    def port_names(self) -> set[str]:
        """Every port there is."""

    def ports_there(self, capture: bool) -> dict[str, bool]:
        """All audio ports of others that sound comes from (`capture`) or goes to: name, and whether a sound card's."""

    def round_trip_samples(self) -> int | None:
        """From the sound card's input through us to its output; None: not known."""

    def connect(self, input: str | None = None, output: str | None = None, *, hears: bool = True) -> list[str]:
        """Connect to the ports a player names, or to the sound card; one sentence each. `hears`: something comes in."""

    def connections(self) -> dict[str, list[str]]:
        """What each port is connected to; once the server is gone, what it was connected to before."""

    def reconnect(self, connections: Mapping[str, Sequence[str]]) -> list[str]:
        """Make the connections that `connections()` of an earlier backend listed; one sentence each."""


def is_pluggable(backend: Backend) -> TypeGuard[Pluggable]:
    """Whether its ports can be connected."""
    return hasattr(backend, "reconnect")
