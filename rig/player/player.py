"""Somebody playing: the files at hand, the sound of the moment, and what a command does to it.

The player runs on the control side of an engine and knows nothing of terminals or audio servers. Whatever is worth
telling goes to `tell` as one sentence. A file that cannot be used never stops what is playing.

A step moves the position in the list at once. The file there sounds as soon as it is ready (`poll`), which it mostly
is, as the neighbours are prepared ahead. If the steps come faster, only the last one sounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..cabinet.bank import MAX_BYTES
from ..dsp.network.resampled import Playable
from ..engine import PORT, Engine
from ..errors import RigError
from ..files import bundled
from ..files.folders import beside
from ..lane import Lane
from ..levels import LEVEL_MODES, Level, LevelMode
from ..library import entered_levels
from ..library.measured_loudness import Measured
from ..library.preset import Preset
from ..nam import Model
from ..sound import Sound
from .cabinets.audition import Audition
from .cabinets.cabinets import Cabinets
from .cabinets.equal_loudness import EqualLoudness
from .cabinets.mixer import VALUES, Mixer
from .commands import COMMANDS, help_text
from .midi.control import MidiControl
from .neighbours import NeighbourPreloader
from .prepared_model import PreparedModel
from .presets.presets import Presets
from .tools.gate import VALUES as NOISE_VALUES
from .tools.gate import GateControls
from .tools.headroom import Headroom
from .tools.looper import BUNDLED, Looper, loop_from
from .tools.loudness_measurement import PATIENCE_S, Measuring
from .tools.overload import OverloadRecovery
from .tools.recorder import Recorder, description
from .tools.tuner import Tuner
from .tools.volume import Volume

Tell = Callable[[str], None]


class Player:
    """One engine, one lane, and the commands of `commands.py`.

    `models` and `irs` are what the keys step through; the first of each plays first. `ir_named`: a cabinet was asked
    for, so it also follows captures that already hold one. `presets` are there to be called; `preset`: one that plays
    first, in place of the models, or the file of one of them. `folder` and `keeps`: see `Presets`. `blind`: the first
    cabinet has no name either.
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
        source: int = PORT,
        ir_named: bool = False,
        ir_bytes: int = MAX_BYTES,
        presets: Sequence[Path] = (),
        preset: Preset | Path | None = None,
        folder: Path | None = None,
        keeps: bool | None = None,
        blind: bool = False,
    ) -> None:
        self.engine, self.tell, self.source, self.size = engine, tell, source, size
        rate = engine.sample_rate
        self.models = self._shelf(models)
        self.equal = EqualLoudness(rate, lambda: loop_from(bundled.di(), rate), BUNDLED)
        self.cabinets = Cabinets(engine, tell, irs, self.equal, max_bytes=ir_bytes, named=ir_named)
        self.mixer = Mixer(self.cabinets)
        self.audition = Audition(self.cabinets, self.mixer)
        self.looper = Looper(engine, tell, self.listen, self.equal.use)
        self.recorder = Recorder(engine, tell, self._take_title, self._take_description)
        self.volume, self.midi = Volume(engine), MidiControl(self)
        self.noise = GateControls(engine, tell, lambda: self.sound, lambda: self.source)
        self.tuner = Tuner(engine, tell, lambda: self.source, self._mute_for_tuning)
        self.headroom = Headroom(
            engine, tell, lambda: self.sound, lambda: self.source == PORT, lambda db: self.set("preamp_gain", db)
        )
        self.entered_dbu = model_input_dbu  # for the first model only: another one has a level of its own
        self.bypassed, self.muted, self.reduced, self.finished = False, False, False, False
        self.started = False
        self._muted_before = False  # the tuner muted
        self._ends_bypass = True  # does the model that is asked for end the bypass? Not if that was pressed later
        self._changing = False  # a change of sound is on its way
        self._sound = Sound(interface=interface, preamp_gain_db=preamp_gain_db, level_mode=level_mode)
        self._measuring = Measuring()
        self._overload_recovery = OverloadRecovery(engine.record["load"])
        self.presets, self._first_preset = Presets(self, presets, folder, keeps), preset
        self._begins_blind = blind

    def _shelf(self, models: Sequence[Path]) -> NeighbourPreloader[PreparedModel]:
        size, rate = self.size, self.engine.sample_rate
        return NeighbourPreloader(models, lambda path: PreparedModel.load(path, size, rate).measured())

    @property
    def sound(self) -> Sound:
        """What plays, and how loud."""
        return self._sound

    @sound.setter
    def sound(self, sound: Sound) -> None:
        self._sound = sound
        self.equal.follow(sound)

    # ------------------------------------------------------------ start and end
    def start(self) -> None:
        """Load the first preset, or model and cabinet, and hand them to the engine; a file that is wrong raises."""
        if self._first_preset is not None:
            self.presets.start(self._first_preset)
            self.started = True
            return
        model = PreparedModel.load(self.models.path, self.size, self.engine.sample_rate)
        if self._begins_blind:
            self.audition.begin_blind()
        else:
            self.cabinets.first()
        self._adopt(model)
        self.started = True

    def resume(self, before: Player) -> None:
        """Instead of `start`: play as another player stands, whose engine has another rate, which this server left.

        Raises RigError for a model that cannot be played at this rate.
        """
        model, rate = before.sound.model, self.engine.sample_rate
        assert model is not None
        network = None if before.bypassed or before.reduced else model.network(rate)
        self.models.paths, self.models.position = list(before.models.paths), before.models.position
        if before.models.waiting:
            self.models.go(before.models.position)
        self.size, self.source, self.entered_dbu = before.size, before.source, before.entered_dbu
        self.bypassed, self.muted, self.reduced = before.bypassed, before.muted, before.reduced
        self._ends_bypass = before._ends_bypass
        self.sound = before.sound
        if self.sound.lacks_loudness:
            self.sound = self.sound.changed(measured=self._measuring.of(model))
        self.equal.resume(before.equal)
        self.cabinets.resume(before.cabinets)
        self.mixer.resume(before.mixer)
        self.audition.resume(before.audition)
        self.looper.resume(before.looper)
        self.volume.set(before.volume.db)
        self.noise.resume(before.noise)
        self.tuner.resume(before.tuner)
        self._muted_before = before._muted_before
        self.presets.resume(before.presets)
        self.started = True
        self.engine.set_master(0.0 if self.muted else 1.0)
        self.engine.play({0: self._lane(network)}, self.cabinets.for_model(model))

    def close(self) -> None:
        """Read nothing ahead any more; files that are being written become complete."""
        self.recorder.close()
        self.presets.close()
        self.models.close()
        self.cabinets.close()
        self.mixer.close()
        self.equal.close()
        self.midi.close()

    # ------------------------------------------------------------ what is asked for arrives
    @property
    def waiting(self) -> bool:
        """Whether something is on its way to be heard: then `poll` should be called every few milliseconds."""
        return self._asked or self._changing

    @property
    def _asked(self) -> bool:
        return self.models.waiting or self.cabinets.bank.waiting or self.mixer.waiting or self.presets.setlist.waiting

    def arrive(self, timeout_s: float = 0.0) -> bool:
        """Play what was asked for if it is ready, or wait for it so long; True if nothing is asked for any more."""
        try:
            model = self.models.wait(timeout_s)
            if model is not None:
                self._adopt(model)
        except RigError as error:
            self.tell(str(error))
        self.audition.arrive(timeout_s)
        self.mixer.arrive(timeout_s)
        self.presets.arrive(timeout_s)
        return not self._asked

    def take_over(self, sound: Sound, model: Model, bypassed: bool) -> None:
        """A preset's model and levels are those of now, to be handed to the engine by the caller.

        What was asked for before is forgotten. Next and previous go on from this model, among the files beside it.
        """
        self.sound, self.bypassed, self.reduced, self._ends_bypass = sound, bypassed, False, True
        if model.path not in self.models.paths:
            self.models.close(0.0)
            self.models = self._shelf(beside(model.path, (".nam",)))
        self.models.position, self.models.waiting = self.models.paths.index(model.path), False

    def loudness_of(self, model: Model) -> Measured | None:
        """What was measured about a model; None: it will be, and its level follows then."""
        return self._measuring.of(model)

    def _adopt(self, prepared: PreparedModel) -> None:
        """Play a model, at the level that was entered for it, now or earlier; what is wrong with it raises first."""
        model, entered = prepared.model, self.entered_dbu
        known = entered_levels.input_level(model.content_hash) if entered is None else entered
        sound = self.sound.changed(model=model, model_input_dbu=known)
        patience_s = PATIENCE_S if sound.lacks_loudness else 0.0
        sound = sound.changed(measured=self._measuring.of(model, patience_s))
        lane = sound.lane(self.engine.sample_rate, self.source, prepared.network)
        if entered is not None:
            entered_levels.remember_input_level(model.content_hash, model.path.name, entered)
            self.entered_dbu = None
        self.sound = sound
        if self._ends_bypass:
            self.bypassed = False
        self.reduced = False
        self._overload_recovery.forget()
        self.engine.play({} if self.bypassed else {0: lane}, self.cabinets.for_model(model))
        self._describe(lane)

    @property
    def place(self) -> str:
        """Where in the list of models the player stands, like `12/300`; empty if there is only one."""
        count = len(self.models.paths)
        return f"{self.models.position + 1}/{count}" if count > 1 else ""

    def _describe(self, lane: Lane) -> None:
        model = self.sound.model
        if model is not None:
            place = f" ({self.place})" if self.place else ""
            size = f", size {model.size:g}" if model.sizes else ""
            self.tell(f"Model    {model.path.name}{place}: {model.shape}{size}")
            note = self.sound.rate_note(self.engine.sample_rate, lane.latency_samples)
            for warning in (*([note] if note else ()), *model.warnings):
                self.tell(f"         {warning}")
        self.cabinets.describe()
        self.describe_levels()

    def describe_levels(self) -> None:
        """Say the sums of the levels."""
        self.tell(f"Input    {self.sound.calibration}")
        self.tell(f"Output   {self.sound.output}")

    # ------------------------------------------------------------ commands
    def handler(self, name: str) -> Callable[..., None]:
        """Who carries out an action."""
        parts = (self, self.cabinets, self.audition, self.mixer, self.looper, self.recorder, self.midi, self.presets)
        more = (self.noise, self.tuner, self.headroom)
        return next(getattr(part, f"do_{name}") for part in (*parts, *more) if hasattr(part, f"do_{name}"))

    def do(self, name: str, direction: int = 0, text: str | None = None) -> None:
        """Carry out a command: an action (with its number or text), or a step of its value up (1) or down (-1)."""
        command = COMMANDS[name]
        try:
            if not command.is_action:
                self.set(name, self.value(name) + direction * (command.step or 0.0))
            elif command.prompt is not None:
                self.handler(name)(text or "")
            elif direction:
                self.handler(name)(direction)
            else:
                self.handler(name)()
        except RigError as error:
            self.tell(str(error))

    def value(self, name: str) -> float:
        """The value of a command that has one."""
        if name == "volume":
            return self.volume.db
        if name in NOISE_VALUES:
            return self.noise.value(name)
        return self.mixer.value(name) if name in VALUES else float(getattr(self.sound, f"{name}_db"))

    def set(self, name: str, value: float) -> None:
        """Set a value, as near as its range allows; what sounds follows with a fade."""
        if name in VALUES:
            self.mixer.set(name, value)
            return
        if name == "volume":
            self.volume.set(value)
            self.tell(f"Volume {COMMANDS[name].format(self.volume.db)}")
            return
        if name in NOISE_VALUES:
            self.noise.set(name, value)
            return
        value_db = COMMANDS[name].clamped(value)
        self.sound = self.sound.changed(**{f"{name}_db": value_db})  # type: ignore[arg-type]  # a name at run time
        self._follow_levels()
        if name == "preamp_gain":
            self.describe_levels()
        else:
            self.tell(f"{COMMANDS[name].text.capitalize()} {COMMANDS[name].format(self.value(name))}")

    def _follow_levels(self) -> None:
        lane = self.engine.lanes[0]
        if lane is not None and not self.bypassed:
            lane.trims_db = self.sound.input_trim_db, self.sound.output_trim_db
            lane.set_input_gain_db(self.sound.input_gain_db)
            lane.set_output_gain_db(self.sound.output_gain_db)

    def do_next_model(self) -> None:
        """The next model."""
        self._step_model(1)

    def do_previous_model(self) -> None:
        """The one before."""
        self._step_model(-1)

    def do_first_model(self) -> None:
        """The first model."""
        self._go_to_model(0, 1)

    def do_last_model(self) -> None:
        """The last model."""
        self._go_to_model(len(self.models.paths) - 1, -1)

    def _step_model(self, direction: int) -> None:
        self._go_to_model((self.models.position + direction) % len(self.models.paths), direction)

    def _go_to_model(self, position: int, direction: int) -> None:
        self.entered_dbu, self._ends_bypass = None, True
        self.models.go(position, direction)

    def do_level_mode(self) -> None:
        """The next level mode."""
        now = LEVEL_MODES.index(self.sound.level_mode or self.sound.output.mode)
        order: tuple[LevelMode, ...] = ("normalized", "raw", "calibrated")
        following = order[(order.index(LEVEL_MODES[now]) + 1) % len(order)]
        self.sound = self.sound.changed(level_mode=following)
        self._follow_levels()
        self.tell(f"Output   {self.sound.output}")

    def do_bypass(self) -> None:
        """The dry guitar through the cabinet, or the model again."""
        self.bypassed, self._ends_bypass = not self.bypassed, False
        self.engine.play({0: self._lane()})
        if self.bypassed:
            self.tell("Bypass: the dry guitar, without model and without gain.")
        else:
            self.tell("The model plays again.")

    def _lane(self, network: Playable | None = None) -> Lane:
        """A lane for what is to play now; `network`: the model, prepared."""
        if self.bypassed:
            return Lane(self.engine.sample_rate, source=self.source)
        model = self.sound.model
        smaller = model.smaller() if model is not None and self.reduced else None
        sound = self.sound if smaller is None else self.sound.changed(model=smaller)
        return sound.lane(self.engine.sample_rate, self.source, network)

    def listen(self, source: int) -> None:
        """Hear the guitar (PORT) or the loop (LOOP)."""
        self.source = source
        self.engine.play({0: self._lane()})

    def do_mute(self) -> None:
        """Silence, or sound again."""
        self._set_muted(not self.muted)
        self.tell("Muted." if self.muted else "Sounding again.")

    def _set_muted(self, muted: bool) -> None:
        self.muted = muted
        self.engine.set_master(0.0 if muted else 1.0)

    def _mute_for_tuning(self, muted: bool) -> None:
        """Silence while the tuner is on; afterwards as it was before."""
        if muted:
            self._muted_before = self.muted
        self._set_muted(True if muted else self._muted_before)

    def do_restore(self) -> None:
        """The full model, after an overload."""
        self.bypassed = self.reduced = False
        self._overload_recovery.forget()
        self.engine.play({0: self._lane()})
        self.tell("The full model plays again.")

    def _take_title(self) -> str:
        if self.presets.playing is not None:
            return self.presets.playing.name
        return self.sound.model.path.stem if self.sound.model is not None else "guitar"

    def _take_description(self) -> dict[str, Any]:
        noise = {"gate_dbfs": self.engine.noise.gate_dbfs, "rumble_hz": self.engine.noise.rumble_hz}
        return description(self.sound, self.cabinets.playing) | noise

    def do_help(self) -> None:
        """The keys."""
        self.tell(help_text())

    def do_quit(self) -> None:
        """The end."""
        self.finished = True

    # ------------------------------------------------------------ watching
    def poll(self) -> None:
        """Look after the engine and play what has become ready; call it some ten times a second, more while waiting."""
        self.midi.poll()
        self.arrive()
        self._changing = not self.engine.poll()
        if not self._changing:  # what sounds comes before what may sound
            self.models.read_ahead()
        self.cabinets.poll(steady=not self._changing)
        self.recorder.poll()
        self.presets.poll(steady=not self._changing)
        try:
            self.looper.poll()
        except RigError as error:
            self.tell(str(error))
        self.tuner.poll()
        self._hear_of_measurement()
        faults = self.engine.faults()
        if faults.overloaded:
            self._overload_recovery.overloaded()
            self._relieve()
        offer = self._overload_recovery.offer()
        if offer is not None:
            self.tell(offer)
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
        self.engine.play({0: self._lane()})
        self.tell(f"{why}; the smaller size of {smaller.path.name} plays on. r brings the full one back.")
