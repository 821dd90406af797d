"""A rig that plays or auditions, as the page shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...player.command import Value
from ...player.player import Player
from ...player.shown.details import details_of
from ...player.shown.lists import LISTS, files_of
from ..live_spectra import LiveSpectra
from ..merge_patch import Json
from ..meters import UNKNOWN, EngineMeters, number
from ..server_state import ServerState
from .shown import Nothing, Spectra, described, finite

NAMES = (
    *("input_peak_dbfs", "input_rms_dbfs", "input_clips", "model_peak_dbfs", "model_rms_dbfs"),
    *("output_peak_dbfs", "output_rms_dbfs", "output_clips", "loudest_dbfs", "load_median", "load_worst"),
    *("tuner_hz", "tuner_note", "tuner_cents", "gate_open", "recording_s", "recording_left_s", "loop_s", "xruns"),
    *("loop_at_s", "second_peak_dbfs", "second_rms_dbfs"),
)
SEMITONES = {name: at for at, name in enumerate(("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"))}


class PlayerShown(Nothing):
    """`player()` is the one that plays now, as a server may come back at another rate. `server()`: from any thread."""

    meter_names: Sequence[str] = NAMES

    def __init__(self, player: Callable[[], Player], server: Callable[[], ServerState], view: str = "play") -> None:
        super().__init__()
        self._player, self._server, self.view = player, server, view
        self._meters = EngineMeters()
        self._spectra = LiveSpectra(lambda: player().engine, lambda: player().rig.source)

    @property
    def spectrum_hz(self) -> Sequence[float]:  # type: ignore[override]
        """The points of a spectrum."""
        return self._spectra.hz

    def commands(self) -> list[Json]:
        """The table."""
        return described(self._player().commands.table)

    def carry_out(self, name: str, value: Value | None) -> None:
        """Do it; what is asked for and lies ready sounds at once."""
        player = self._player()
        player.commands.carry_out(name, value)
        player.arrive()

    def state(self) -> Json:
        """See docs/developer/protocol.md."""
        player = self._player()
        seen, server = player.state, self._server()
        return finite(
            {
                "view": self.view,
                "values": player.commands.values(),
                **details_of(player),
                "zone_dbfs": seen.zone_dbfs,
                "hint": seen.hint,
                "is_learning": player.midi.is_learning,
                "is_reduced": player.rig.is_reduced,
                "is_asleep": player.engine.suspended,
                "faults": player.faults,
                "server": server.to_json(),
            }
        )

    def listed(self, name: str) -> tuple[list[Json], Sequence[Any]] | None:
        """A list of `player/shown/lists.py`."""
        if name not in LISTS:
            return None
        player = self._player()
        return finite(LISTS[name](player)), files_of(player, name)

    def prepare(self, watched: bool) -> None:
        """A tape for the spectrum of the output."""
        self._spectra.prepare(watched)

    def meters(self) -> tuple[int, list[float]]:
        """Peaks as they are now; the rest as the thread that plays saw it last."""
        player = self._player()
        engine, seen, server = player.engine, player.state, self._server()
        guitar = self._meters.read(engine, "input")
        model = self._meters.read(engine, "model")
        output = self._meters.read(engine, "output")
        tuner, recording = seen.tuner, seen.recording
        heard = tuner is not None and tuner.hz is not None
        return server.frame, [
            *(*guitar, *model[:2], *output),
            *(number(seen.loudest_dbfs), number(seen.load_median), number(seen.load_worst)),
            number(tuner.hz) if tuner is not None else UNKNOWN,
            float(_midi_note(tuner.note)) if tuner is not None and heard else UNKNOWN,
            tuner.cents if tuner is not None and heard else UNKNOWN,
            float(seen.gate_is_open),
            number(None if recording is None else recording.seconds),
            number(None if recording is None else recording.left_s),
            number(seen.loop_recorded_s),
            float(server.xruns),
            number(player.looper.section.at_s if player.looper.is_looping else None),
            *(self._meters.read(engine, "between")[:2] if engine.plays_a_row else (UNKNOWN, UNKNOWN)),
        ]

    def spectra(self) -> Spectra | None:
        """Of the guitar and of the output."""
        return (self._server().frame, *self._spectra.read())


def _midi_note(name: str) -> int:
    """A note as the tuner names it, as MIDI counts.

    >>> _midi_note("A4"), _midi_note("E2"), _midi_note("Bb-1")
    (69, 40, 10)
    """
    letters = name.rstrip("-0123456789")
    return SEMITONES[letters] + 12 * (int(name[len(letters) :]) + 1)
