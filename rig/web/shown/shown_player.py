"""A rig that plays or auditions, as the page shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...errors import ArgumentError
from ...nam import Model, Pair
from ...player.command import Value
from ...player.found.found_models import FoundModels
from ...player.player import Player
from ...player.shown.details import details_of
from ...player.shown.lists import LISTS, files_of
from ..finding.desk import SearchDesk
from ..finding.open_scan import OpenScan, open_folders
from ..live_spectra import LiveSpectra
from ..merge_patch import Json
from ..messages import is_content
from ..meters import UNKNOWN, EngineMeters, number
from ..server_state import ServerState
from .shown import Nothing, Spectra, described, finite

NAMES = (
    *("input_peak_dbfs", "input_rms_dbfs", "input_clips", "model_peak_dbfs", "model_rms_dbfs"),
    *("output_peak_dbfs", "output_rms_dbfs", "output_clips", "loudest_dbfs", "load_median", "load_worst"),
    *("tuner_hz", "tuner_note", "tuner_cents", "gate_open", "recording_s", "recording_left_s", "loop_s", "xruns"),
    *("loop_at_s", "second_peak_dbfs", "second_rms_dbfs"),
)
LIBRARY_COMMANDS = ("play_found", "play_before", "scan_open")  # of the page alone
SEMITONES = {name: at for at, name in enumerate(("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"))}


class PlayerShown(Nothing):
    """`player()` is the one that plays now, as a server may come back at another rate. `server()`: from any thread.

    `index`: another index of the library than rig's own.
    """

    meter_names: Sequence[str] = NAMES

    def __init__(
        self,
        player: Callable[[], Player],
        server: Callable[[], ServerState],
        view: str = "play",
        index: Path | None = None,
    ) -> None:
        super().__init__()
        self._searches = SearchDesk(index, self._playing)
        self.desk = self._searches
        self._found = FoundModels(player, lambda: self.wake())
        self._scan = OpenScan(index, self._scanned)
        self._open: tuple[Sequence[Path], list[Path]] = ((), [])  # the files at hand, and their folders
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
        if name in LIBRARY_COMMANDS:
            self._of_library(name, value)
            return
        player.commands.carry_out(name, value)
        player.arrive()

    def _of_library(self, name: str, value: Value | None) -> None:
        if name == "play_found":
            if not isinstance(value, str) or not is_content(value):
                raise ArgumentError("play_found takes the content of a model, as a list of the library holds it.")
            sha256 = value
            self._found.play(sha256, lambda: (sha256, self._searches.where(sha256)))
        elif name == "play_before":
            self._found.back()
        elif value is True:
            self._scan.start(self._open_folders())
        elif value is False:
            self._scan.stop()
        else:
            raise ArgumentError("scan_open takes true or false.")

    def _playing(self) -> Model | None:
        """The model that plays, the first of two; from any thread."""
        model = self._player().rig.sound.model
        return model.first if isinstance(model, Pair) else model

    def _open_folders(self) -> list[Path]:
        files = self._player().models.files
        if self._open[0] is not files:  # there may be thousands, and this is asked all the time
            self._open = files, open_folders(files)
        return self._open[1]

    def _scanned(self) -> None:
        if self._scan.state is None:
            self._searches.hurry()
        self.wake()

    def poll(self) -> None:
        """What was found and asked for sounds as soon as it is ready."""
        self._found.poll()

    def close(self) -> None:
        """Search and scan no more."""
        self._searches.close()
        self._scan.stop()

    def _library(self) -> Json:
        playing = self._playing()
        return {
            "rev": self._searches.rev,
            "playing": None if playing is None else playing.content_hash,
            "asked": self._found.asked,
            "before": self._found.before,
            "problems": dict(self._found.problems),
            "open": [folder.name for folder in self._open_folders()],
            "scan": self._scan.state,
            "scanned": self._scan.said,
        }

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
                "library": self._library(),
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
