"""A sound: a model, a cabinet, and the levels that make the model hear what it was captured with.

This is a description; it holds no audio memory. `lane()` and `cabinet()` make what an engine plays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .cabinet.ir import IR
from .dsp.network.playable import Playable
from .dsp.network.quality import checked_quality
from .dsp.tone.equalizer import EqBand, bands_of
from .dsp.tone.knobs import KNOBS, NAMES, checked_tone_db
from .engine import Cabinet, Engine
from .errors import ArgumentError, LevelError
from .lane import Lane
from .levels import (
    FROM_MODEL,
    LEVEL_MODES,
    MEASURED,
    Calibration,
    Level,
    LevelMode,
    Loudness,
    OutputGain,
    calibration,
    checked_preamp_gain_db,
    entered_level,
    output_gain,
)
from .library.calibrated_levels import kept_interface
from .library.interfaces import Interface
from .library.measured_loudness import Measured, measure
from .nam import Model, Pair, one_model
from .nam.model import ASSUMED_RATE_HZ
from .noise_control import checked_gate_dbfs, checked_rumble_hz
from .offline_player import BLOCK_SAMPLES, OfflinePlayer, checked_rate, guitar_samples, in_pieces, tail_samples
from .scripting import notebook
from .scripting.arguments import check_type, finite, number

CALL = "rig.Sound"
RENDER = "Sound.render"
Kept = Literal["kept"]


class SoundFields(TypedDict, total=False):
    """What `Sound` takes and `Sound.changed` replaces."""

    model: Model | Sequence[Model] | None
    ir: IR | None
    quality: int
    interface: Level | Interface | Kept | None
    preamp_gain_db: float
    model_input_dbu: float | None
    level_mode: LevelMode | None
    measured: Measured | None
    input_trim_db: float
    output_trim_db: float
    gate_dbfs: float | None
    rumble_hz: float | None
    bass_db: float
    middle_db: float
    treble_db: float
    presence_db: float
    eq: Sequence[EqBand]
    gain_is_read: bool


class ToneFields(TypedDict):
    """The tone controls among them."""

    bass_db: float
    middle_db: float
    treble_db: float
    presence_db: float


def tone_fields(tone_db: Sequence[float]) -> ToneFields:
    """The fields of a sound whose tone controls stand so, in the order of `rig.dsp.tone.knobs.KNOBS`."""
    bass_db, middle_db, treble_db, presence_db = tone_db
    return {"bass_db": bass_db, "middle_db": middle_db, "treble_db": treble_db, "presence_db": presence_db}


@dataclass(frozen=True, slots=True, init=False)
class Sound:
    """What is played, and how loud.

    `model`: one, or a list of two that play in a row, a pedal into an amp; see `rig.Row` and `rig.Blend`.
    `interface`: the level that reads 0 dBFS at the instrument input with the knob at minimum, or an `Interface` that
    knows it; "kept": the one that `rig calibrate interface` keeps, as `rig play` takes it, if there is one; None: none,
    for a sound that is the same on every computer. Which one it is stands in `calibration`, with its basis.
    `model_input_dbu`: what the player entered where the file says nothing; it wins over the file.
    `preamp_gain_db`: what the interface's gain knob adds; `gain_is_read`: as its driver tells. `level_mode` None:
    normalized, or raw as long as no loudness is known. `measured`: what rig measured about the model, if it did.
    `quality`: 1, 2, 4 or 8 times the rate of the model at least; more of it folds less back from above half that rate.
    The trims are the player's own taste, in dB, on top of both sums. `gate_dbfs`: the peak of the guitar at which the
    noise gate opens; None: no gate. `rumble_hz`: cutoff of the rumble filter in front of the model; None: none.
    `bass_db` to `presence_db`: the tone controls behind the model, each -12 to 12 dB; at 0 they change nothing.
    `eq`: up to six bands of an equalizer, see `rig.EqBand`, in front of the model or behind it.
    Raises ArgumentError for what is of the wrong type, LevelError for a number that cannot be right, ConfigError for an
    interface whose level is not known and for a file of kept levels that is damaged.
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
    quality: int = 1
    bass_db: float = 0.0
    middle_db: float = 0.0
    treble_db: float = 0.0
    presence_db: float = 0.0
    eq: tuple[EqBand, ...] = ()
    gain_is_read: bool = False

    # Written by hand, as the type checker knows no other way to take an Interface for a field that is a Level.
    def __init__(
        self,
        model: Model | Sequence[Model] | None = None,
        ir: IR | None = None,
        interface: Level | Interface | Kept | None = "kept",
        preamp_gain_db: float = 0.0,
        model_input_dbu: float | None = None,
        level_mode: LevelMode | None = None,
        measured: Measured | None = None,
        input_trim_db: float = 0.0,
        output_trim_db: float = 0.0,
        gate_dbfs: float | None = None,
        rumble_hz: float | None = None,
        quality: int = 1,
        bass_db: float = 0.0,
        middle_db: float = 0.0,
        treble_db: float = 0.0,
        presence_db: float = 0.0,
        eq: Sequence[EqBand] = (),
        gain_is_read: bool = False,
    ) -> None:
        model = one_model(CALL, model)
        check_type(CALL, "ir", ir, (IR, type(None)), "a rig.IR", "load it with rig.IR.load(...)")
        if isinstance(interface, str) and interface == "kept":
            interface = kept_interface()
        check_type(
            *(CALL, "interface", interface, (Level, Interface, type(None)), "a rig.Interface or a rig.Level"),
            "find it with rig.Interface.named(...), or give its level as rig.Level(dbu, basis)",
        )
        check_type(CALL, "measured", measured, (Measured, type(None)), "what was measured", "leave it out")
        if level_mode is not None and level_mode not in LEVEL_MODES:
            check_type(CALL, "level_mode", level_mode, str, "a text", f"one of {', '.join(LEVEL_MODES)}")
            raise LevelError(f"{CALL}(level_mode=...) takes one of {', '.join(LEVEL_MODES)}, not {level_mode!r}.")
        if model_input_dbu is not None:
            model_input_dbu = number(CALL, "model_input_dbu", model_input_dbu)
            entered_level(model_input_dbu, "model input level")
        values: SoundFields = {
            "model": model,
            "ir": ir,
            "interface": interface.level() if isinstance(interface, Interface) else interface,
            "preamp_gain_db": checked_preamp_gain_db(number(CALL, "preamp_gain_db", preamp_gain_db)),
            "model_input_dbu": model_input_dbu,
            "level_mode": level_mode,
            "measured": measured,
            "input_trim_db": finite(CALL, "input_trim_db", input_trim_db),
            "output_trim_db": finite(CALL, "output_trim_db", output_trim_db),
            "gate_dbfs": None if gate_dbfs is None else checked_gate_dbfs(number(CALL, "gate_dbfs", gate_dbfs)),
            "rumble_hz": None if rumble_hz is None else checked_rumble_hz(number(CALL, "rumble_hz", rumble_hz)),
            "quality": checked_quality(number(CALL, "quality", quality)),
            "bass_db": checked_tone_db("bass_db", number(CALL, "bass_db", bass_db)),
            "middle_db": checked_tone_db("middle_db", number(CALL, "middle_db", middle_db)),
            "treble_db": checked_tone_db("treble_db", number(CALL, "treble_db", treble_db)),
            "presence_db": checked_tone_db("presence_db", number(CALL, "presence_db", presence_db)),
            "eq": bands_of(CALL, eq),
            "gain_is_read": bool(gain_is_read),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def model_input(self) -> Level | None:
        """The model's input level with its basis; in a row that of the first, or of the one that plays alone."""
        entered_dbu = self.model_input_dbu
        if isinstance(self.model, Pair) and self.model.off == "first":
            entered_dbu = self.model.second_input_dbu
        if entered_dbu is not None:
            return entered_level(entered_dbu, "model input level")
        if self.model is None or self.model.input_level_dbu is None:
            return None
        return Level(self.model.input_level_dbu, FROM_MODEL)

    @property
    def calibration(self) -> Calibration:
        """The input gain as a sum."""
        return calibration(self.interface, self.model_input, self.preamp_gain_db, self.gain_is_read)

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
        dialled = self.preamp_gain_db, self.gain_is_read
        return output_gain(self.level_mode, self.loudness, output_dbu, self.interface, *dialled)

    @property
    def input_gain_db(self) -> float:
        """Everything before the model."""
        return self.calibration.gain_db + self.input_trim_db

    @property
    def output_gain_db(self) -> float:
        """Everything between the model and the cabinet."""
        return self.output.gain_db + self.output_trim_db

    @property
    def tone_db(self) -> tuple[float, ...]:
        """Where the tone controls stand, in the order of `rig.dsp.tone.knobs.KNOBS`."""
        return tuple(getattr(self, name) for name in NAMES)

    @property
    def _tone(self) -> str | None:
        """The tone controls in words; None: all stand in the middle."""
        stand = [(knob.name, db) for knob, db in zip(KNOBS, self.tone_db, strict=True) if db]
        return ", ".join(f"{name} {db:+g} dB" for name, db in stand) or None

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
            return f"{rates}: it needs no resampling, no latency is added"
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
        linear_phase: bool = False,
    ) -> Lane:
        """A lane that plays this sound's model from an engine's source; without a model it passes the guitar.

        `network`: an instance of the model that was prepared for this rate and plays nowhere else; None: make one.
        The rest makes it equal to another lane; `linear_phase`, for files, is that of the filters of a higher quality.
        """
        if network is None and self.model is not None:
            network = self.model.network(sample_rate, self.quality, linear_phase=linear_phase)
        output_gain_db = self.output_gain_db + extra_gain_db
        lane = Lane(sample_rate, network, self.input_gain_db, output_gain_db, inverted, delay_samples, source)
        lane.has_trims(self.input_trim_db, self.output_trim_db)
        lane.prepare_tone(self.tone_db)
        lane.prepare_eq(self.eq)
        return lane

    def cabinet(self) -> Cabinet | None:
        """The cabinet, or None."""
        return Cabinet(self.ir) if self.ir is not None else None

    def play_on(self, engine: Engine, source: int = 0, *, linear_phase: bool = False) -> None:
        """Hand this sound to an engine: lane and cabinet in one step, with one fade; gate and filter with theirs."""
        engine.noise.set_gate(self.gate_dbfs)
        engine.noise.set_rumble(self.rumble_hz)
        lane = self.lane(engine.sample_rate, source, linear_phase=linear_phase)
        engine.play({0: lane}, self.cabinet())

    def render(self, samples: ArrayLike, sample_rate: float, *, tail_s: float = 0.0) -> NDArray[np.float32]:
        """The sound of a guitar in memory, as `rig.render` makes it from a file of floats, bit for bit.

        `samples`: floats of shape (n,) or (n, 1), full scale 1; `sample_rate`: theirs and that of the result, in Hz.
        Returns (n,), or (n, 2) with a stereo cabinet, from the state after long silence; `tail_s` seconds longer, for
        the cabinet to ring out. Raises ArgumentError for what is no array of floats, RigError for samples, a rate or a
        tail that cannot be right.
        """
        x, rate = guitar_samples(RENDER, samples), checked_rate(RENDER, sample_rate)
        total = len(x) + tail_samples(RENDER, tail_s, rate)
        pieces = list(self.with_loudness().offline_player().play(in_pieces(x, rate), total, rate))
        y = np.concatenate(pieces)
        return y if self.channels == 2 else np.ascontiguousarray(y[:, 0])

    def offline_player(self, guard: bool = False, block_size: int = BLOCK_SAMPLES) -> OfflinePlayer:
        """An engine at the model's rate that plays this sound from the state after long silence."""
        player = OfflinePlayer(round(self.sample_rate), guard, block_size)
        self.for_engine(player.engine).play_on(player.engine, linear_phase=True)
        player.settle()
        return player

    def for_engine(self, engine: Engine) -> Sound:
        """The same sound, its cabinet no longer than the engine plays; a cabinet that is cut warns of it."""
        return self if self.ir is None else self.changed(ir=self.ir.limited(engine.line.max_taps))

    @property
    def channels(self) -> int:
        """How many it comes out on: 2 with a stereo cabinet, else 1."""
        return 1 if self.ir is None else self.ir.channels

    def changed(self, **fields: Unpack[SoundFields]) -> Sound:
        """The same sound with some fields replaced; what was measured holds for the sizes of one file, no further.

        Takes the parameters of `Sound` by name.
        """
        known = ", ".join(SoundFields.__annotations__)
        for unknown in sorted(fields.keys() - SoundFields.__annotations__.keys()):
            raise ArgumentError(f"Sound.changed(...) takes {known}; there is no {unknown}.")
        model = one_model(CALL, fields.get("model", self.model))
        if self.model is None or model is None or model.content_hash != self.model.content_hash:
            fields.setdefault("measured", None)
        return replace(self, **fields)  # type: ignore[arg-type]  # `__init__` takes an Interface, the field does not

    def _facts(self) -> list[tuple[str, str | None]]:
        """What a repr shows, by label."""
        model, ir = self.model, self.ir
        lacking = "normalized: measured when it first sounds" if self.lacks_loudness else None
        trims = [("input", self.input_trim_db), ("output", self.output_trim_db)]
        delay = self.measured.delay_samples if self.measured is not None and self.measured.delay_is_clear else None
        return [
            ("model", None if model is None else f"{model.name}, {model.family or model.shape}"),
            ("cabinet", None if ir is None else f"{ir.name}, {'stereo' if ir.channels == 2 else 'mono'}"),
            ("rate", f"{self.sample_rate:g} Hz"),
            ("quality", None if self.quality == 1 else f"{self.quality}x"),
            ("input", str(self.calibration)),
            ("together", model.together if isinstance(model, Pair) else None),
            ("output", lacking or str(self.output)),
            ("trims", ", ".join(f"{name} {trim_db:+g} dB" for name, trim_db in trims if trim_db) or None),
            ("gate", None if self.gate_dbfs is None else f"{self.gate_dbfs:g} dBFS"),
            ("rumble filter", None if self.rumble_hz is None else f"{self.rumble_hz:g} Hz"),
            ("tone", self._tone),
            ("equalizer", f"{len(self.eq)} bands" if self.eq else None),
            ("model's delay", None if delay is None else f"{delay:.1f} samples"),
        ]

    @property
    def _calibrated_by(self) -> str:
        if self.calibration.missing:
            return " (not calibrated)"
        is_kept = self.interface is not None and self.interface.basis.startswith("kept: ")
        return " (the interface that is kept)" if is_kept else ""

    def __repr__(self) -> str:
        model, ir = self.model, self.ir
        output = "output measured when it first sounds" if self.lacks_loudness else None
        return notebook.line(
            CALL,
            None,
            [
                "no model" if model is None else f"model {notebook.short(model.name)}",
                "no cabinet" if ir is None else f"cabinet {notebook.short(ir.name)}",
                f"{self.sample_rate:g} Hz",
                None if self.quality == 1 else f"quality {self.quality}x",
                f"input {self.input_gain_db:+z.2f} dB{self._calibrated_by}",
                output or f"output {self.output_gain_db:+z.2f} dB ({self.output.mode})",
                None if self.gate_dbfs is None else f"gate {self.gate_dbfs:g} dBFS",
                None if self.rumble_hz is None else f"rumble filter {self.rumble_hz:g} Hz",
                self._tone,
                f"equalizer of {len(self.eq)} band{'s' * (len(self.eq) > 1)}" if self.eq else None,
            ],
        )

    def _repr_html_(self) -> str:
        return notebook.table("Sound", self._facts())
