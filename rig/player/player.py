"""Somebody playing: the files at hand, the sound of the moment, and what a command does to it.

The player runs on the control side of an engine and knows nothing of terminals or audio servers. Whatever is worth
telling goes to `tell` as one sentence. A file that cannot be used never stops what is playing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..cabinet.bank import MAX_BYTES
from ..engine import PORT, Engine, Faults
from ..errors import RigError
from ..levels import Level, LevelMode
from ..library.preset import Preset
from ..sound import Sound
from .cabinets.audition import Audition
from .cabinets.mixer import VALUES
from .carried import Snapshot
from .commands import COMMANDS, help_text
from .live_rig import LEVEL_ORDER, LiveRig
from .midi.control import MidiControl
from .models import Models
from .presets.presets import Presets
from .tools.gate import VALUES as NOISE_VALUES
from .tools.headroom import Headroom
from .tools.looper import Looper
from .tools.recorder import Recorder, description

Tell = Callable[[str], None]
PARTS = ("hands", "models", "rig", "audition", "presets", "midi")  # in the order in which they are restored


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
        self.engine, self.tell, self.finished = engine, tell, False
        sound = Sound(interface=interface, preamp_gain_db=preamp_gain_db, level_mode=level_mode)
        self.rig = rig = LiveRig(engine, tell, irs, sound, source=source, named=ir_named, bank_bytes=ir_bytes)
        self.equal, self.cabinets, self.mixer = rig.equal, rig.cabinets, rig.mixer
        self.volume, self.noise, self.tuner = rig.volume, rig.noise, rig.tuner
        self.models = Models(rig, models, size, model_input_dbu)
        self.audition = Audition(self.cabinets, self.mixer)
        self.looper = Looper(engine, tell, rig.listen, self.equal.use)
        self.recorder = Recorder(engine, tell, self._take_title, self._take_description)
        self.headroom = Headroom(
            engine, tell, lambda: rig.sound, lambda: rig.source == PORT, lambda db: self.set("preamp_gain", db)
        )
        self.presets = Presets(rig, self.models, presets, folder, keeps)
        self.midi = MidiControl(rig, self)
        self._first_preset, self._begins_blind = preset, blind
        self._changing = False  # a change of sound is on its way

    @property
    def sound(self) -> Sound:
        """What plays, and how loud."""
        return self.rig.sound

    @property
    def bypassed(self) -> bool:
        """Whether the dry guitar plays."""
        return self.rig.bypassed

    @property
    def muted(self) -> bool:
        """Whether the outputs are silent."""
        return self.rig.muted

    @property
    def reduced(self) -> bool:
        """Whether a smaller size plays, after an overload."""
        return self.rig.reduced

    @property
    def place(self) -> str:
        """Where in the list of models the player stands, like `12/300`; empty if there is only one."""
        return self.models.place

    # ------------------------------------------------------------ start and end
    def start(self) -> None:
        """Load the first preset, or model and cabinet, and hand them to the engine; a file that is wrong raises."""
        if self._first_preset is not None:
            self.presets.start(self._first_preset)
        else:
            self.models.start(self.audition.begin_blind if self._begins_blind else self.cabinets.first)

    def snapshot(self) -> Snapshot:
        """Everything needed to go on at another rate."""
        return {name: getattr(self, name).snapshot() for name in PARTS}

    def restore(self, state: Snapshot) -> None:
        """Alternative to `start`: play on as another player did, whose engine had another rate.

        Raises RigError for a model that cannot be played at this rate.
        """
        for name in PARTS:
            getattr(self, name).restore(state[name])

    def close(self) -> None:
        """Read nothing ahead any more; files that are being written become complete."""
        self.recorder.close()
        self.presets.close()
        self.models.close()
        self.rig.close()
        self.midi.close()

    # ------------------------------------------------------------ what is asked for arrives
    @property
    def waiting(self) -> bool:
        """Whether something is on its way to be heard: then `poll` should be called every few milliseconds."""
        return self._asked or self._changing

    @property
    def _asked(self) -> bool:
        shelves = (self.models.shelf, self.cabinets.bank, self.presets.setlist)
        return self.mixer.waiting or any(shelf.waiting for shelf in shelves)

    def arrive(self, timeout_s: float = 0.0) -> bool:
        """Play what was asked for if it is ready, or wait for it so long; True if nothing is asked for any more."""
        for part in (self.models, self.audition, self.mixer, self.presets):
            part.arrive(timeout_s)
        return not self._asked

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
        self.rig.change_levels(**{f"{name}_db": COMMANDS[name].clamped(value)})
        if name == "preamp_gain":
            self.rig.describe_levels()
        else:
            self.tell(f"{COMMANDS[name].text.capitalize()} {COMMANDS[name].format(self.value(name))}")

    def do_next_model(self) -> None:
        """The next model."""
        self.models.step(1)

    def do_previous_model(self) -> None:
        """The one before."""
        self.models.step(-1)

    def do_first_model(self) -> None:
        """The first model."""
        self.models.go(0)

    def do_last_model(self) -> None:
        """The last model."""
        self.models.go(-1, -1)

    def do_level_mode(self) -> None:
        """The next level mode."""
        following = LEVEL_ORDER[(LEVEL_ORDER.index(self.rig.level_mode) + 1) % len(LEVEL_ORDER)]
        self.rig.change_levels(level_mode=following)
        self.tell(f"Output   {self.sound.output}")

    def do_bypass(self) -> None:
        """The dry guitar through the cabinet, or the model again."""
        self.models.bypass(not self.bypassed)
        if self.bypassed:
            self.tell("Bypass: the dry guitar, without model and without gain.")
        else:
            self.tell("The model plays again.")

    def do_mute(self) -> None:
        """Silence, or sound again."""
        self.rig.mute(not self.muted)
        self.tell("Muted." if self.muted else "Sounding again.")

    def do_restore(self) -> None:
        """The full model, after an overload."""
        self.rig.play_in_full()
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
        self._changing = not self.rig.poll()
        if not self._changing:  # what sounds comes before what may sound
            self.models.shelf.read_ahead()
        self.recorder.poll()
        self.presets.poll(steady=not self._changing)
        try:
            self.looper.poll()
        except RigError as error:
            self.tell(str(error))
        self._tell_of(self.engine.faults())
        offer = self.rig.overload_recovery.offer()
        if offer is not None:
            self.tell(offer)

    def _tell_of(self, faults: Faults) -> None:
        if faults.overloaded:
            self.rig.overload_recovery.overloaded()
            self._relieve()
        if faults.input_samples:
            self.tell(
                f"The input sent {faults.input_samples} samples that are not numbers; silence was put in their place."
            )
        if faults.model_faults:
            name = self.sound.model.path.name if self.sound.model is not None else "The model"
            self.tell(f"{name} answered with something that is not a number; it was silenced and started afresh.")

    def _relieve(self) -> None:
        """The chain has put itself to sleep: go on with less, or stay silent."""
        why = "Overload: rig needed more than 95 % of the period in 8 of 32 cycles"
        name = self.rig.relieve()
        if name is None:
            self.tell(f"{why}, so it is silent now. A larger period or a lighter model helps; r brings it back.")
        else:
            self.tell(f"{why}; the smaller size of {name} plays on. r brings the full one back.")
