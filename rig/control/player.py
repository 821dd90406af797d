"""Somebody playing: the files at hand, the sound of the moment, and what a command does to it.

The player runs on the control side of an engine and knows nothing of terminals or audio servers. Whatever is worth
telling goes to `tell` as one sentence. A file that cannot be used never stops what is playing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import remembered
from ..engine import Engine
from ..errors import RigError
from ..ir import IR
from ..lane import Lane
from ..levels import LEVEL_MODES, Level, LevelMode
from ..nam import Model
from ..sound import Sound
from .commands import COMMANDS
from .measuring import PATIENCE_S, Measuring

Tell = Callable[[str], None]


class Player:
    """One engine, one lane, and the commands of `commands.py`.

    `models` and `irs` are what the keys step through. `ir_named`: a cabinet was asked for, so it also follows captures
    that already hold one.
    """

    def __init__(
        self,
        engine: Engine,
        tell: Tell,
        models: Sequence[Path],
        irs: Sequence[Path] = (),
        *,
        interface: Level | None = None,
        preamp_gain_db: float = 0.0,
        level_mode: LevelMode | None = None,
        model_input_dbu: float | None = None,
        size: float = 1.0,
        source: int = 0,
        ir_named: bool = False,
    ) -> None:
        self.engine, self.tell, self.source, self.size = engine, tell, source, size
        self.models, self.irs = list(models), list(irs)
        self.model_index, self.ir_index = 0, 0
        self.ir: IR | None = None  # the cabinet at hand, also while it is off
        self.ir_named, self.cabinet_off = ir_named, False
        self.entered_dbu = model_input_dbu  # for the first model only: another one has a level of its own
        self.bypassed, self.muted, self.reduced, self.finished = False, False, False, False
        self.sound = Sound(interface=interface, preamp_gain_db=preamp_gain_db, level_mode=level_mode)
        self._measuring = Measuring()

    # ------------------------------------------------------------ start
    def start(self) -> None:
        """Load the first model and cabinet and hand them to the engine; a file that is wrong raises."""
        model = Model.load(self.models[0], self.size)
        if self.irs:
            self.ir = self._load_ir(0)
        self._adopt(model)

    def _load_ir(self, index: int) -> IR:
        ir = IR.load(self.irs[index], sample_rate=round(self.engine.sample_rate))
        return ir.limited(self.engine.line.max_taps)

    def _adopt(self, model: Model) -> None:
        """Play `model`, at the level that was entered for it, now or earlier; what is wrong with it raises first."""
        entered = self.entered_dbu
        known = remembered.input_level(model.content_hash) if entered is None else entered
        sound = self.sound.changed(model=model, model_input_dbu=known)
        patience_s = PATIENCE_S if sound.lacks_loudness else 0.0
        sound = sound.changed(measured=self._measuring.of(model, patience_s))
        lane = sound.lane(self.engine.sample_rate, self.source)
        if entered is not None:
            remembered.remember_input_level(model.content_hash, model.path.name, entered)
            self.entered_dbu = None
        self.sound = sound.changed(ir=self._cabinet_for(model))
        self.bypassed = self.reduced = False
        self._describe(lane)
        self.engine.play({0: lane}, self.sound.cabinet())

    def _cabinet_for(self, model: Model) -> IR | None:
        if self.ir is not None and model.has_cabinet and not self.ir_named:
            self.tell(f"{model.path.name} already holds a cabinet ({model.gear_type}): none is added.")
            return None
        return None if self.cabinet_off else self.ir

    def _describe(self, lane: Lane) -> None:
        model, ir = self.sound.model, self.sound.ir
        if model is not None:
            size = f", size {model.size:g}" if model.sizes else ""
            self.tell(f"Model    {model.path.name}: {model.shape}{size}")
            note = self.sound.rate_note(self.engine.sample_rate, lane.latency_samples)
            for warning in (*([note] if note else ()), *model.warnings):
                self.tell(f"         {warning}")
        self.tell(f"Cabinet  {ir.name if ir is not None else 'none'}")
        for warning in ir.warnings if ir is not None else ():
            self.tell(f"         {warning}")
        self._describe_levels()

    def _describe_levels(self) -> None:
        self.tell(f"Input    {self.sound.calibration}")
        self.tell(f"Output   {self.sound.output}")

    # ------------------------------------------------------------ commands
    def do(self, name: str, direction: int = 0) -> None:
        """Carry out a command: an action, or a step of its value up (1) or down (-1)."""
        command = COMMANDS[name]
        try:
            if command.is_action:
                getattr(self, f"_{name}")()
            else:
                self.set(name, self.value(name) + direction * (command.step or 0.0))
        except RigError as error:
            self.tell(str(error))

    def value(self, name: str) -> float:
        """The value of a command that has one."""
        return float(getattr(self.sound, f"{name}_db"))

    def set(self, name: str, value: float) -> None:
        """Set a value, as near as its range allows; what sounds follows with a fade."""
        self.sound = self.sound.changed(**{f"{name}_db": COMMANDS[name].clamped(value)})
        self._follow_levels()
        if name == "preamp_gain":
            self._describe_levels()
        else:
            self.tell(f"{COMMANDS[name].text.capitalize()} {self.value(name):+.1f} dB")

    def _follow_levels(self) -> None:
        lane = self.engine.lanes[0]
        if lane is not None and not self.bypassed:
            lane.set_input_gain_db(self.sound.input_gain_db)
            lane.set_output_gain_db(self.sound.output_gain_db)

    def _next_model(self) -> None:
        self._step_model(1)

    def _previous_model(self) -> None:
        self._step_model(-1)

    def _step_model(self, direction: int) -> None:
        self.entered_dbu = None
        self.model_index = (self.model_index + direction) % len(self.models)
        self._adopt(Model.load(self.models[self.model_index], self.size))

    def _next_ir(self) -> None:
        self._step_ir(1)

    def _previous_ir(self) -> None:
        self._step_ir(-1)

    def _step_ir(self, direction: int) -> None:
        if not self.irs:
            self.tell("There is no cabinet to step to: name a folder of IRs when starting.")
            return
        self.ir_index = (self.ir_index + direction) % len(self.irs)
        self.ir = self._load_ir(self.ir_index)
        self.cabinet_off, self.ir_named = False, True
        self._set_cabinet(self.ir)

    def _no_cabinet(self) -> None:
        self.cabinet_off = self.sound.ir is not None
        self.ir_named = not self.cabinet_off
        self._set_cabinet(None if self.cabinet_off else self.ir)

    def _set_cabinet(self, ir: IR | None) -> None:
        self.sound = self.sound.changed(ir=ir)
        self.engine.play(cabinet=self.sound.cabinet())
        self.tell(f"Cabinet  {ir.name if ir is not None else 'none'}")

    def _level_mode(self) -> None:
        now = LEVEL_MODES.index(self.sound.level_mode or self.sound.output.mode)
        order = ("normalized", "raw", "calibrated")
        following = order[(order.index(LEVEL_MODES[now]) + 1) % len(order)]
        self.sound = self.sound.changed(level_mode=following)
        self._follow_levels()
        self.tell(f"Output   {self.sound.output}")

    def _bypass(self) -> None:
        self.bypassed = not self.bypassed
        if self.bypassed:
            self.engine.play({0: Lane(self.engine.sample_rate, source=self.source)})
            self.tell("Bypass: the dry guitar, without model and without gain.")
        else:
            self.engine.play({0: self.sound.lane(self.engine.sample_rate, self.source)})
            self.tell("The model plays again.")

    def _mute(self) -> None:
        self.muted = not self.muted
        self.engine.set_master(0.0 if self.muted else 1.0)
        self.tell("Muted." if self.muted else "Sounding again.")

    def _restore(self) -> None:
        self.bypassed = self.reduced = False
        self.engine.play({0: self.sound.lane(self.engine.sample_rate, self.source)})
        self.tell("The full model plays again.")

    def _help(self) -> None:
        from .commands import help_text

        self.tell(help_text())

    def _quit(self) -> None:
        self.finished = True

    # ------------------------------------------------------------ watching
    def tend(self) -> None:
        """Look after the engine; call it some ten times a second."""
        self.engine.tend()
        self._hear_of_measurement()
        faults = self.engine.faults()
        if faults.overloaded:
            self._relieve()
        if faults.input_samples:
            self.tell(
                f"The input sent {faults.input_samples} samples that are not numbers; silence was put in their place."
            )
        if faults.model_faults:
            name = self.sound.model.path.name if self.sound.model is not None else "The model"
            self.tell(f"{name} answered with something that is not a number; it was silenced and started afresh.")

    def _hear_of_measurement(self) -> None:
        """A model that was slow to measure: its level follows now, with a fade."""
        arrived, model = self._measuring.arrived(), self.sound.model
        if arrived is None or model is None or arrived[0].network_hash != model.network_hash:
            return
        before = self.sound.output
        self.sound = self.sound.changed(measured=arrived[1])
        if self.sound.output != before:
            self._follow_levels()
            self.tell(f"Output   {self.sound.output}")

    def _relieve(self) -> None:
        """The chain has put itself to sleep: go on with less, or stay silent."""
        why = "Overload: rig needed more than 95 % of the period in 8 of 32 cycles"
        smaller = self.sound.model.smaller() if self.sound.model is not None and not self.reduced else None
        if smaller is None or self.bypassed:
            self.tell(f"{why}, so it is silent now. A larger period or a lighter model helps; r brings it back.")
            return
        self.reduced = True
        reduced: Any = self.sound.changed(model=smaller)
        self.engine.play({0: reduced.lane(self.engine.sample_rate, self.source)})
        self.tell(f"{why}; the smaller size of {smaller.path.name} plays on. r brings the full one back.")
