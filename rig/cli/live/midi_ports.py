"""MIDI in a live session: its ports, its lamps, and keys that are waited for without keeping a foot switch waiting."""

from __future__ import annotations

import argparse
import contextlib
import socket
import time
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import BackendError

if TYPE_CHECKING:
    from ...player.player import Player
    from ..terminal import Keys

MIDI_S = 0.005  # between two looks at the log of the audio thread; a callback cannot wake anybody without a system call


class Backed(Protocol):
    """Whatever has a backend, which may be another one after the server was restarted."""

    backend: Any


class MidiCables:
    """What the player knows of MIDI's ports; see `rig.player.midi.lamps.MidiOut`."""

    def __init__(self, session: Backed) -> None:
        self._session = session

    @property
    def plugged(self) -> Hashable:
        """Which client it is, and how often cables were plugged since."""
        backend = self._session.backend
        return id(backend), int(backend.cables_changed)

    def send(self, message: bytes) -> bool:
        """To the lamps."""
        return bool(self._session.backend.send_midi(message))

    def connect_lamps(self) -> None:
        """As far as there is a way back; before the first cycle there is none yet."""
        with contextlib.suppress(BackendError):
            self._session.backend.connect_lamps()

    def why_silent(self) -> str:
        """Nothing is plugged in, or there is nothing to plug."""
        with contextlib.suppress(BackendError):  # a server that goes away is noticed elsewhere
            backend = self._session.backend
            return "" if backend.connections()["midi"] else no_midi(backend)
        return ""


def no_midi(backend: Any) -> str:
    """Why no MIDI arrives where nothing is connected, in a sentence with the way out."""
    there = backend.midi_sources()
    if there:
        names = ", ".join(there)
        return f"nothing is connected to {backend.name}:midi; there are {names}: --midi-port connects one of them"
    return (
        "the JACK server has no MIDI port: plug the controller in, and bring its port into JACK with `a2jmidid -e` or "
        "`jackd -d alsa -X seq`; PipeWire has it by itself"
    )


def open_midi(options: argparse.Namespace, session: Backed, player: Player) -> None:
    """Let the player hear MIDI, if the backend has a port for it. Raises ConfigError for a wrong --midi FILE."""
    if "midi" in getattr(session.backend, "ports", ()):
        player.midi.open(options.midi, MidiCables(session))


def connect_midi(options: argparse.Namespace, backend: Any, player: Player, say: Callable[[str], None]) -> None:
    """Connect the port that is named, else the physical ones, and say so; where MIDI was asked for, also that it fails.

    Raises BackendError for a port that is not there.
    """
    asked = options.midi is not None or options.midi_port is not None
    if "midi" not in getattr(backend, "ports", ()):
        if asked and not options.no_midi:
            say("MIDI     comes over JACK only: --midi and --midi-port do nothing here.")
        return
    if options.no_connect and options.midi_port is None:
        return
    if options.midi_port is not None and not backend.midi_sources():
        raise BackendError(f"No MIDI port matches --midi-port {options.midi_port!r}: {no_midi(backend)}.")
    said = backend.connect_midi(options.midi_port)
    if said and any(binding.lamp for binding in player.midi.mapping.bindings):
        said += backend.connect_lamps()
    if said or asked or player.midi.mapping.bindings:
        say(f"MIDI     {', '.join(said) or no_midi(backend)}")


def wait_for_keys_or_midi(
    keys: Keys, player: Player, seconds: float, connected: bool, wakers: Sequence[socket.socket] = ()
) -> list[str]:
    """Keys that are pressed within so many seconds; none, earlier, when MIDI or a waker wants something done."""
    until = time.monotonic() + seconds
    while True:
        left = until - time.monotonic()
        pressed = keys.wait(max(0.0, min(left, MIDI_S) if connected else left), *wakers)
        if pressed or keys.is_woken or player.midi.has_news or left <= MIDI_S or not connected:
            return pressed
