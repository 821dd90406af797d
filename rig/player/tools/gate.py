"""The gate and the rumble filter as a player handles them: on, off, a threshold that suits the noise of this guitar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...decibels import SILENCE_DBFS
from ...dsp.rumble import CUTOFFS_HZ
from ...engine import Engine
from ...noise_control import (
    ABOVE_NOISE_DB,
    HIGHEST_GATE_DBFS,
    LOWEST_GATE_DBFS,
    checked_gate_dbfs,
    checked_rumble_hz,
    noise_peak_dbfs,
    suggested_gate_dbfs,
)
from ...sound import Sound
from ..carried import Carried, Snapshot
from ..events import Event, Tell

USUAL_GATE_DBFS = -60.0  # where no noise has been measured


class GateControls(Carried):
    """Gate and rumble filter. `sound()` and `source()`: what plays and what it listens to."""

    CARRIED = ("_threshold_dbfs",)
    REMADE = ("engine", "tell", "_sound", "_source")

    def __init__(self, engine: Engine, tell: Tell, sound: Callable[[], Sound], source: Callable[[], int]) -> None:
        self.engine, self.tell, self._sound, self._source = engine, tell, sound, source
        self._threshold_dbfs: float | None = None  # None: nobody has chosen one yet

    @property
    def gate_is_on(self) -> bool:
        """Whether the gate decides."""
        return self.engine.noise.gate_dbfs is not None

    @property
    def threshold_dbfs(self) -> float:
        """Where the gate opens, or would."""
        return USUAL_GATE_DBFS if self._threshold_dbfs is None else self._threshold_dbfs

    @property
    def rumble_hz(self) -> float:
        """The cutoff of the rumble filter; 0: off."""
        return self.engine.noise.rumble_hz or 0.0

    # ------------------------------------------------------------ values, for presets and controllers
    def value(self, name: str) -> float:
        """gate: 1 on, 0 off; gate_threshold: dBFS; rumble: Hz, 0 off."""
        if name == "gate":
            return float(self.gate_is_on)
        if name == "gate_threshold":
            return self.threshold_dbfs
        return self.rumble_hz

    def put(self, name: str, value: float) -> None:
        """Set one of them, or the nearest there is, without a word; what sounds follows with a fade."""
        if name == "rumble":
            nearest = min((0.0, *CUTOFFS_HZ), key=lambda hz: abs(hz - value))
            self.engine.noise.set_rumble(checked_rumble_hz(nearest))
            return
        is_on = self.gate_is_on
        if name == "gate":
            is_on = value >= 0.5
        else:
            self._threshold_dbfs = checked_gate_dbfs(min(max(value, LOWEST_GATE_DBFS), HIGHEST_GATE_DBFS))
        self.engine.noise.set_gate(self.value("gate_threshold") if is_on else None)

    def begin(self, gate_dbfs: float | None, rumble_hz: float | None) -> None:
        """What was asked for at the start; None: off."""
        if gate_dbfs is not None:
            self.put("gate_threshold", gate_dbfs)
            self.put("gate", 1.0)
        if rumble_hz:
            self.put("rumble", rumble_hz)

    def snapshot(self) -> Snapshot:
        """What is on, and where."""
        return super().snapshot() | {name: self.value(name) for name in ("gate", "rumble")}

    def restore(self, state: Mapping[str, Any]) -> None:
        """On and off as they were."""
        super().restore(state)
        self.put("gate", state["gate"])
        self.put("rumble", state["rumble"])

    # ------------------------------------------------------------ actions
    def press_gate(self) -> None:
        """On or off; the first time above the noise there is just now, if nobody plays."""
        if self.gate_is_on:
            self.put("gate", 0.0)
            self.say("gate")
            return
        noise_dbfs = self._noise_dbfs()
        chosen = self._threshold_dbfs is not None
        if not chosen and noise_dbfs is not None:
            self._threshold_dbfs = suggested_gate_dbfs(noise_dbfs)
        self.put("gate", 1.0)
        self.say("gate")
        self._advise(noise_dbfs, chosen)

    def _noise_dbfs(self) -> float | None:
        samples, _ = self.engine.heard(self._source())
        return noise_peak_dbfs(samples, self.engine.sample_rate)

    def _advise(self, noise_dbfs: float | None, chosen: bool) -> None:
        if noise_dbfs is None:
            if not chosen:
                how = "damp the strings for a second, then {gate}, {gate} measures it"
                self.tell(Event("more", f"nobody knows your noise yet: {how}"))
                self._threshold_dbfs = None  # so the next time it is measured
            return
        if noise_dbfs <= SILENCE_DBFS:
            self.tell(Event("more", "there is no noise at all: is the guitar plugged in, and its volume up?"))
            return
        good = suggested_gate_dbfs(noise_dbfs)
        peaks = f"the noise peaks at {noise_dbfs:.0f} dBFS"
        if chosen and self.value("gate_threshold") < good - ABOVE_NOISE_DB / 2:
            self.tell(Event("more", f"{peaks}: below {good:.0f} it may not shut ({{gate_threshold+}} raises it)"))
        else:
            self.tell(Event("more", f"{peaks} ({{gate_threshold-}} and {{gate_threshold+}} move the threshold)"))

    def say(self, name: str) -> None:
        """Tell how one of them stands."""
        if name == "rumble":
            hz = self.engine.noise.rumble_hz
            text = "filter off" if hz is None else f"filter: nothing below {hz:g} Hz reaches the model"
            self.tell(Event("rumble", text))
            return
        threshold = self.value("gate_threshold")
        sound = self._sound()
        dbu = ""
        if sound.interface is not None:
            dbu = f" ({sound.interface.dbu - sound.preamp_gain_db + threshold:.1f} dBu at the guitar's jack)"
        self.tell(Event("gate", f"{'on' if self.gate_is_on else 'off'}, opens at {threshold:.1f} dBFS{dbu}"))
