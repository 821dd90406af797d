"""Somebody playing: the files at hand, the sound of the moment, and what a command does to it.

The player runs on the control side of an engine and knows nothing of terminals or audio servers. Whatever is worth
telling goes to `tell` as one sentence. A file that cannot be used never stops what is playing.

A step moves the position in the list at once. The file there sounds as soon as it is ready (`tend`), which it mostly
is, as the neighbours are prepared ahead. If the steps come faster, only the last one sounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import remembered
from ..engine import Cabinet, Engine, Keep
from ..errors import RigError
from ..ir import IR
from ..lane import Lane
from ..levels import LEVEL_MODES, Level, LevelMode
from ..nam import Model
from ..sound import Sound
from .commands import COMMANDS
from .measuring import PATIENCE_S, Measuring
from .prepared import PreparedIR, PreparedModel
from .shelf import Item, Shelf

Tell = Callable[[str], None]


class Player:
    """One engine, one lane, and the commands of `commands.py`.

    `models` and `irs` are what the keys step through; the first of each plays first. `ir_named`: a cabinet was asked
    for, so it also follows captures that already hold one.
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
        rate = engine.sample_rate
        self.models: Shelf[PreparedModel] = Shelf(models, lambda path: PreparedModel.load(path, size, rate).measured())
        self.irs: Shelf[PreparedIR] = Shelf(irs, lambda path: PreparedIR.load(path, engine))
        self.ir: IR | None = None  # the cabinet at hand, also while it is off
        self.ir_named, self.cabinet_off = ir_named, False
        self.entered_dbu = model_input_dbu  # for the first model only: another one has a level of its own
        self.bypassed, self.muted, self.reduced, self.finished = False, False, False, False
        self._ends_bypass = True  # does the model that is asked for end the bypass? Not if that was pressed later
        self._changing = False  # a change of sound is on its way
        self.sound = Sound(interface=interface, preamp_gain_db=preamp_gain_db, level_mode=level_mode)
        self._measuring = Measuring()

    # ------------------------------------------------------------ start and end
    def start(self) -> None:
        """Load the first model and cabinet and hand them to the engine; a file that is wrong raises."""
        model = PreparedModel.load(self.models.path, self.size, self.engine.sample_rate)
        ir = PreparedIR.load(self.irs.path, self.engine) if self.irs.paths else None
        self._adopt(model, ir)

    def close(self) -> None:
        """Read nothing ahead any more."""
        self.models.close()
        self.irs.close()

    # ------------------------------------------------------------ what is asked for arrives
    @property
    def waiting(self) -> bool:
        """Whether something is on its way to be heard: then `tend` should be called every few milliseconds."""
        return self.models.waiting or self.irs.waiting or self._changing

    def arrive(self, timeout_s: float = 0.0) -> bool:
        """Play what was asked for if it is ready, or wait for it so long; True if nothing is asked for any more."""
        self._take(self.models, self._adopt, timeout_s)
        self._take(self.irs, self._adopt_ir, timeout_s)
        return not (self.models.waiting or self.irs.waiting)

    def _take(self, shelf: Shelf[Item], adopt: Callable[[Item], None], timeout_s: float) -> None:
        try:
            item = shelf.wait(timeout_s)
            if item is not None:
                adopt(item)
        except RigError as error:
            self.tell(str(error))

    def _adopt(self, prepared: PreparedModel, first_ir: PreparedIR | None = None) -> None:
        """Play a model, at the level that was entered for it, now or earlier; what is wrong with it raises first."""
        model, entered = prepared.model, self.entered_dbu
        known = remembered.input_level(model.content_hash) if entered is None else entered
        sound = self.sound.changed(model=model, model_input_dbu=known)
        patience_s = PATIENCE_S if sound.lacks_loudness else 0.0
        sound = sound.changed(measured=self._measuring.of(model, patience_s))
        lane = sound.lane(self.engine.sample_rate, self.source, prepared.network)
        if entered is not None:
            remembered.remember_input_level(model.content_hash, model.path.name, entered)
            self.entered_dbu = None
        if first_ir is not None:
            self.ir = first_ir.ir
        before, self.sound = self.sound.ir, sound.changed(ir=self._cabinet_for(model))
        if self._ends_bypass:
            self.bypassed = False
        self.reduced = False
        if self.sound.ir is before:
            cabinet: Cabinet | Keep | None = "keep"
        else:
            cabinet = first_ir.cabinet if first_ir is not None and self.sound.ir is not None else self.sound.cabinet()
        self.engine.play({} if self.bypassed else {0: lane}, cabinet)
        self._describe(lane)

    def _cabinet_for(self, model: Model) -> IR | None:
        if self.ir is not None and model.has_cabinet and not self.ir_named:
            self.tell(f"{model.path.name} already holds a cabinet ({model.gear_type}): none is added.")
            return None
        return None if self.cabinet_off else self.ir

    @property
    def place(self) -> str:
        """Where in the list of models the player stands, like `12/300`; empty if there is only one."""
        count = len(self.models.paths)
        return f"{self.models.position + 1}/{count}" if count > 1 else ""

    def _describe(self, lane: Lane) -> None:
        model, ir = self.sound.model, self.sound.ir
        if model is not None:
            place = f" ({self.place})" if self.place else ""
            size = f", size {model.size:g}" if model.sizes else ""
            self.tell(f"Model    {model.path.name}{place}: {model.shape}{size}")
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

    def _first_model(self) -> None:
        self._go_to_model(0, 1)

    def _last_model(self) -> None:
        self._go_to_model(len(self.models.paths) - 1, -1)

    def _step_model(self, direction: int) -> None:
        self._go_to_model((self.models.position + direction) % len(self.models.paths), direction)

    def _go_to_model(self, position: int, direction: int) -> None:
        self.entered_dbu, self._ends_bypass = None, True
        self.models.go(position, direction)

    def _next_ir(self) -> None:
        self._step_ir(1)

    def _previous_ir(self) -> None:
        self._step_ir(-1)

    def _step_ir(self, direction: int) -> None:
        if not self.irs.paths:
            self.tell("There is no cabinet to step to: name a folder of IRs when starting.")
            return
        self.irs.step(direction)

    def _adopt_ir(self, prepared: PreparedIR) -> None:
        self.ir = prepared.ir
        self.cabinet_off, self.ir_named = False, True
        self._set_cabinet(prepared.ir, prepared.cabinet)

    def _no_cabinet(self) -> None:
        self.cabinet_off = self.sound.ir is not None
        self.ir_named = not self.cabinet_off
        self._set_cabinet(None if self.cabinet_off else self.ir)

    def _set_cabinet(self, ir: IR | None, cabinet: Cabinet | None = None) -> None:
        self.sound = self.sound.changed(ir=ir)
        self.engine.play(cabinet=cabinet if cabinet is not None else self.sound.cabinet())
        self.tell(f"Cabinet  {ir.name if ir is not None else 'none'}")

    def _level_mode(self) -> None:
        now = LEVEL_MODES.index(self.sound.level_mode or self.sound.output.mode)
        order = ("normalized", "raw", "calibrated")
        following = order[(order.index(LEVEL_MODES[now]) + 1) % len(order)]
        self.sound = self.sound.changed(level_mode=following)
        self._follow_levels()
        self.tell(f"Output   {self.sound.output}")

    def _bypass(self) -> None:
        self.bypassed, self._ends_bypass = not self.bypassed, False
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
        """Look after the engine and play what has become ready; call it some ten times a second, more while waiting."""
        self.arrive()
        self._changing = not self.engine.tend()
        if not self._changing:  # what sounds comes before what may sound
            self.models.read_ahead()
            self.irs.read_ahead()
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
