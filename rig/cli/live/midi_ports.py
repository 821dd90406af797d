"""MIDI in a live session: its ports, and keys that are waited for without keeping a foot switch waiting."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...player.player import Player
    from ..terminal import Keys

MIDI_S = 0.005  # between two looks at the log of the audio thread; a callback cannot wake anybody without a system call


def open_midi(options: argparse.Namespace, backend: Any, player: Player) -> None:
    """Let the player hear MIDI, if the backend has a port for it. Raises ConfigError for a wrong --midi FILE."""
    if "midi" in getattr(backend, "ports", ()):
        player.midi.open(options.midi)


def connect_midi(options: argparse.Namespace, backend: Any, say: Callable[[str], None]) -> None:
    """Connect the port that is named, else the physical ones, and say so in one line. Raises BackendError."""
    if "midi" not in getattr(backend, "ports", ()) or (options.no_connect and options.midi_port is None):
        return
    said = backend.connect_midi(options.midi_port)
    if said:
        say(f"MIDI     {', '.join(said)}")


def wait_for_keys_or_midi(keys: Keys, player: Player, seconds: float, connected: bool) -> list[str]:
    """Keys that are pressed within so many seconds; none, earlier, when MIDI wants something done."""
    until = time.monotonic() + seconds
    while True:
        left = until - time.monotonic()
        pressed = keys.wait(max(0.0, min(left, MIDI_S) if connected else left))
        if pressed or player.midi.has_news or left <= MIDI_S or not connected:
            return pressed
