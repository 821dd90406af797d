"""A sound: a model, a cabinet, and the levels that make the model hear what it was captured with.

This is a description; it holds no audio memory. `lane()` and `cabinet()` make what an engine plays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .cabinet.ir import IR
from .dsp.network.resampled import Playable
from .engine import Cabinet, Engine
from .lane import Lane
from .levels import (
    FROM_MODEL,
    MEASURED,
    Calibration,
    Level,
    LevelMode,
    Loudness,
    OutputGain,
    calibration,
    entered_level,
    output_gain,
)
from .library.measured_loudness import Measured, measure
from .nam import Model
from .nam.model import ASSUMED_RATE_HZ


@dataclass(frozen=True, slots=True)
class Sound:
    """What is played, and how loud.

    `interface`: the level that reads 0 dBFS at the instrument input with the knob at minimum; None: not known.
    `model_input_dbu`: what the player entered where the file says nothing; it wins over the file.
    `preamp_gain_db`: what the interface's gain knob adds. `level_mode` None: normalized, or raw as long as no loudness
    is known. `measured`: what rig measured about the model, if it did; see `with_loudness`.
    The trims are the player's own taste, in dB, on top of both sums. `gate_dbfs`: the peak of the guitar at which the
    noise gate opens; None: no gate. `rumble_hz`: cutoff of the rumble filter in front of the model; None: none.
    """

    model: Model | None = None
    ir: IR | None = None
    interface: Level | None = None
    preamp_gain_db: float = 0.0
    model_input_dbu: float | None = None
    level_mode: LevelMode | None = None
    measured: Measured | None = None
    input_trim_db: float = 0.0
    output_trim_db: float = 0.0
    gate_dbfs: float | None = None
    rumble_hz: float | None = None

    @property
    def model_input(self) -> Level | None:
        """The model's input level with its basis."""
        if self.model_input_dbu is not None:
            return entered_level(self.model_input_dbu, "model input level")
        if self.model is None or self.model.input_level_dbu is None:
            return None
        return Level(self.model.input_level_dbu, FROM_MODEL)

    @property
    def calibration(self) -> Calibration:
        """The input gain as a sum."""
        return calibration(self.interface, self.model_input, self.preamp_gain_db)

    @property
    def loudness(self) -> Loudness | None:
        """The model's loudness with its basis: what the file states, else what was measured."""
        stated_db = self.model.loudness_db if self.model is not None else None
        if stated_db is not None:
            return Loudness(stated_db, FROM_MODEL)
        return None if self.measured is None else Loudness(self.measured.loudness_db, MEASURED)

    @property
    def lacks_loudness(self) -> bool:
        """Whether the level asked for needs a loudness that is neither stated nor measured yet."""
        return self.model is not None and self.level_mode in (None, "normalized") and self.loudness is None

    def with_loudness(self) -> Sound:
        """The same sound, its model measured now if the level asked for needs it: some ten milliseconds, once."""
        if self.model is None or not self.lacks_loudness:
            return self
        return self.changed(measured=measure(self.model))

    @property
    def output(self) -> OutputGain:
        """The gain after the model as a sum."""
        output_dbu = self.model.output_level_dbu if self.model is not None else None
        return output_gain(self.level_mode, self.loudness, output_dbu, self.interface, self.preamp_gain_db)

    @property
    def input_gain_db(self) -> float:
        """Everything before the model."""
        return self.calibration.gain_db + self.input_trim_db

    @property
    def output_gain_db(self) -> float:
        """Everything between the model and the cabinet."""
        return self.output.gain_db + self.output_trim_db

    @property
    def sample_rate(self) -> float:
        """The rate the model was made for, in Hz."""
        return self.model.rate if self.model is not None else ASSUMED_RATE_HZ

    def rate_note(self, session_rate: float, latency_samples: int) -> str | None:
        """How the model plays in a session of another rate than its own; None where the two are the same."""
        if round(session_rate) == round(self.sample_rate):
            return None
        rates = f"a model of {self.sample_rate:g} Hz in a session of {session_rate:g} Hz"
        if latency_samples == 0:
            return f"{rates}: its dilations are stretched, no latency is added"
        late_ms = 1000 * latency_samples / session_rate
        return f"{rates}: resampled around the model, {latency_samples} samples ({late_ms:.1f} ms) of latency added"

    def lane(
        self,
        sample_rate: float,
        source: int = 0,
        network: Playable | None = None,
        *,
        extra_gain_db: float = 0.0,
        inverted: bool = False,
        delay_samples: float = 0.0,
    ) -> Lane:
        """A lane that plays this sound's model from an engine's source; without a model it passes the guitar.

        `network`: an instance of the model that was prepared for this rate and plays nowhere else; None: make one.
        The rest is what makes it equal to another lane: gain behind the model, polarity and delay.
        """
        if network is None and self.model is not None:
            network = self.model.network(sample_rate)
        output_gain_db = self.output_gain_db + extra_gain_db
        lane = Lane(sample_rate, network, self.input_gain_db, output_gain_db, inverted, delay_samples, source)
        lane.has_trims(self.input_trim_db, self.output_trim_db)
        return lane

    def cabinet(self) -> Cabinet | None:
        """The cabinet, or None."""
        return Cabinet(self.ir) if self.ir is not None else None

    def play_on(self, engine: Engine, source: int = 0) -> None:
        """Hand this sound to an engine: lane and cabinet in one step, with one fade; gate and filter with theirs."""
        engine.noise.set_gate(self.gate_dbfs)
        engine.noise.set_rumble(self.rumble_hz)
        engine.play({0: self.lane(engine.sample_rate, source)}, self.cabinet())

    def changed(self, **fields: Any) -> Sound:
        """The same sound with some fields replaced; what was measured holds for the sizes of one file, no further."""
        model = fields.get("model", self.model)
        if self.model is None or model is None or model.content_hash != self.model.content_hash:
            fields.setdefault("measured", None)
        return replace(self, **fields)
