"""A comparison of two sides, as the page shows it. In a blind test nothing in it tells the sides apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from ...compare.live.commands import COMMANDS
from ...compare.live.comparer import NOT_TELLING, Comparer
from ...compare.significance import needed, p_value
from ...engine_readings import Metered
from ...nam import Blend, Model, Row
from ...player.command import Value
from ...player.shown.details import wave_of
from ...player.shown.tone_curve import tone_curves
from ..live_spectra import LiveSpectra
from ..merge_patch import Json
from ..meters import UNKNOWN, EngineMeters, number
from ..server_state import ServerState
from .shown import Nothing, Spectra, described, finite

WAYS: tuple[Metered, ...] = ("input", "send", "return", "output")
FIELDS = ("peak_dbfs", "rms_dbfs", "clips")
TELLING = ("match_db", "loudness_a_lufs", "loudness_b_lufs", "power_b", "overlap")  # which side is louder as it is


class AbShown(Nothing):
    """`server()`: from any thread. `on_change`: called when something that takes long begins."""

    view = "ab"
    meter_names: Sequence[str] = (
        *(f"{way}_{field}" for way in WAYS for field in FIELDS),
        "xruns",
        "loop_at_s",
        "measured",
    )

    def __init__(self, comparer: Comparer, server: Callable[[], ServerState]) -> None:
        super().__init__()
        self._comparer, self._server = comparer, server
        self._meters = EngineMeters()
        self._spectra = LiveSpectra(lambda: comparer.engine, lambda: comparer.source, lambda: self._is_blind)
        self.is_measuring = True  # from the start, until both sides have been measured
        self.on_change: Callable[[], None] = lambda: None

    @property
    def _is_blind(self) -> bool:
        return self._comparer.test is not None

    @property
    def spectrum_hz(self) -> Sequence[float]:  # type: ignore[override]
        """The points of a spectrum."""
        return self._spectra.hz

    def commands(self) -> list[Json]:
        """The table."""
        return described(COMMANDS)

    def carry_out(self, name: str, value: Value | None) -> None:
        """Do it."""
        if name != "measure":
            self._comparer.commands.carry_out(name, value)
            return
        self.is_measuring = True
        self.on_change()
        try:
            self._comparer.commands.carry_out(name, value)
        finally:
            self.is_measuring = False

    def state(self) -> Json:
        """See docs/developer/protocol.md."""
        comparer, server = self._comparer, self._server()
        a, b = comparer.names
        wiring = None if comparer.gear is None else comparer.gear.wiring
        values = comparer.commands.values()
        if self._is_blind:
            values = {name: values[name] for name in NOT_TELLING}
        return finite(
            {
                "view": self.view,
                "values": values,
                "sides": {"a": a, "b": b},
                "wiring": wiring if comparer.hears_guitar else "files",
                "cabinets_differ": comparer.cabinets_differ,
                "measured": self._measured(),
                "level_b_db": None if self._is_blind else comparer.level_b_db,
                "difference_db": None if self._is_blind or self.is_measuring else comparer.difference_db,
                "loop_wave": wave_of(comparer.section),
                "tone": None if self._is_blind else tone_curves(comparer.a, comparer.engine.sample_rate),
                "pair": _pair(comparer.a.model),
                "training": None if comparer.in_test else comparer.training.state,
                "test": self._test(),
                "server": server.to_json(),
            }
        )

    def listed(self, name: str) -> tuple[list[Json], Sequence[Any]] | None:
        """The ports that each way may be plugged into."""
        wires = self._comparer.wires
        return ([asdict(port) for port in wires.ports()], ()) if name == "ports" and wires is not None else None

    def _measured(self) -> Json | None:
        match = self._comparer.match
        if match is None or self.is_measuring:
            return None
        found = asdict(match)
        return {name: None if self._is_blind and name in TELLING else value for name, value in found.items()}

    def _test(self) -> Json | None:
        test = self._comparer.test
        if test is None:
            return None
        right = needed(test.trials)
        return {
            "trials": test.trials,
            "answered": test.answered,
            "in_trial": self._comparer.trials.in_trial,
            "asked": self._comparer.trials.asked,
            "needed": right,
            "p": None if right is None else p_value(right, test.trials),
            "commitment": test.commitment,
            "result": test.verdict.sentence if test.is_finished else None,
        }

    def prepare(self, watched: bool) -> None:
        """A tape for the spectrum of the output."""
        self._spectra.prepare(watched)

    def meters(self) -> tuple[int, list[float]]:
        """All four, as far as they tell nothing."""
        server, found = self._server(), []  # type: ServerState, list[float]
        for way in WAYS:
            reading = self._meters.read(self._comparer.engine, way)
            is_told = way == "input" and self._comparer.hears_guitar
            is_told |= way in ("send", "return") and self._comparer.gear is not None
            is_told |= way == "output" and not self._is_blind
            found += reading if is_told else (UNKNOWN,) * len(FIELDS)
        return server.frame, [
            *found,
            float(server.xruns),
            number(self._comparer.section.at_s),
            self._comparer.takes.done,
        ]

    def spectra(self) -> Spectra | None:
        """Of the guitar, and of the output while it tells nothing."""
        return (self._server().frame, *self._spectra.read())


def _pair(model: Model | None) -> str | None:
    """How two models that are side A play together; None: there is one."""
    return "blend" if isinstance(model, Blend) else "row" if isinstance(model, Row) else None
