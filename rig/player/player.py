"""Somebody playing: the files at hand, the sound of the moment, and what a command does to it.

The player runs on the control side of an engine and knows nothing of terminals or audio servers. Whatever is worth
telling goes to `tell` as an event. A file that cannot be used never stops what is playing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..cabinet.bank import MAX_BYTES
from ..dsp.tone.equalizer import EqBand
from ..dsp.tone.knobs import FLAT
from ..engine import PORT, Engine
from ..errors import RigError
from ..levels import Level, LevelMode
from ..library.preset import Preset
from ..sound import Sound, tone_fields
from .cabinets.audition import Audition
from .carried import Snapshot
from .command import Commands, Value
from .commands import COMMANDS
from .events import Event, Tell
from .finding.library_search import Finding
from .following.followed_training import FollowedTraining
from .leaving import Leaving
from .live_rig import LiveRig
from .midi.control import MidiControl
from .models import Models
from .parts import Parts
from .presets.presets import Presets
from .presets.settings import PresetSettings
from .row.second_model import SecondModel
from .state import PlayerState, state_of
from .tools.backing import Backing
from .tools.headroom import Headroom
from .tools.interface import InterfaceControls
from .tools.looper import Looper
from .tools.recorder import Recorder, description

# In the order of restoring.
PARTS = ("looper", "second", "models", "rig", "audition", "presets", "midi", "backing", "training")


class Player:
    """A rig that sounds, what is chosen from around it, and the commands of `commands.py` that act on both.

    `models` and `irs` are what the keys step through, and `second` what stands behind the model, or, with a share
    `blend` of it, beside it; the first of each plays first. Without `second` one alone plays first. `model_named`: the
    first model was asked for by its name, so no other one will do. `ir_named`: a cabinet was asked for, so it also
    follows captures that already hold one. `tone_db` and `eq`: as of a `Sound`. `presets` are there to be called;
    `preset`: one that plays first, in place of the models, or the file of one of them. `folder` and `keeps`: see
    `Presets`. `blind`: the first cabinet has no name either.
    """

    def __init__(
        self,
        engine: Engine,
        tell: Tell,
        models: Sequence[Path],
        irs: Sequence[Path] = (),
        second: Sequence[Path] = (),
        *,
        blend: float | None = None,
        interface: Level | None = None,
        preamp_gain_db: float = 0.0,
        level_mode: LevelMode | None = None,
        model_input_dbu: float | None = None,
        size: float = 1.0,
        quality: int = 1,
        tone_db: Sequence[float] = FLAT,
        eq: Sequence[EqBand] = (),
        source: int = PORT,
        model_named: bool = True,
        ir_named: bool = False,
        ir_bytes: int = MAX_BYTES,
        presets: Sequence[Path] = (),
        preset: Preset | Path | None = None,
        folder: Path | None = None,
        keeps: bool | None = None,
        blind: bool = False,
    ) -> None:
        self.engine, self.tell, self.finished = engine, tell, False
        sound = Sound(interface=interface, preamp_gain_db=preamp_gain_db, level_mode=level_mode, quality=quality)
        sound = sound.changed(**tone_fields(tone_db), eq=eq)
        self.rig = rig = LiveRig(engine, tell, irs, sound, source=source, named=ir_named, bank_bytes=ir_bytes)
        self.equal, self.cabinets, self.mixer = rig.equal, rig.cabinets, rig.mixer
        self.volume, self.noise, self.tuner = rig.volume, rig.noise, rig.tuner
        self.second = SecondModel(rig, second or models, lambda: self.models.read_anew(), size, blend)
        self.models = Models(rig, models, size, model_input_dbu, self.second)
        self.finding = Finding(rig, self.models)
        self.training = FollowedTraining(rig, self.models, self.second)
        self.audition = Audition(self.cabinets, self.mixer)
        self.looper = Looper(engine, tell, rig.listen, self.equal.use)
        self.backing = Backing(engine, tell)
        self.recorder = Recorder(engine, tell, self._take_title, self._take_description)
        self.headroom = Headroom(
            *(engine, tell, lambda: rig.sound, lambda: rig.source == PORT, lambda db: self.set("preamp_gain", db)),
            lambda: self.set("follow_knob", True),
        )
        self.interface = InterfaceControls(tell, rig.use_interface)
        self.commands: Commands[Parts] = Commands(self, COMMANDS, tell)
        self.presets = Presets(
            *(rig, self.models, self.backing, PresetSettings(self.commands, tell), presets), folder, keeps
        )
        self.midi = MidiControl(rig, self)
        self._starts_with_two = bool(second)
        self._first_preset, self._begins_blind, self._model_named = preset, blind, model_named
        self._changing = False  # a change of sound is on its way
        self._leaving = Leaving()
        self.faults = {"overloads": 0, "input_samples": 0, "models": 0}  # since the start
        self.look()

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
        """Whether a lower quality or a smaller size plays, after an overload."""
        return self.rig.is_reduced

    @property
    def place(self) -> str:
        """Where in the list of models the player stands, like `12/300`; empty if there is only one."""
        return self.models.place

    # ------------------------------------------------------------ start and end
    def start(self) -> None:
        """Load the first preset, or model and cabinet, and hand them to the engine; raises RigError if none can be."""
        if self._first_preset is not None:
            self.presets.start(self._first_preset)
        else:
            if self._starts_with_two:
                self.second.start()
            self.models.start(
                self.audition.begin_blind if self._begins_blind else self.cabinets.first, self._model_named
            )

    def snapshot(self) -> Snapshot:
        """Everything needed to go on at another rate."""
        return {"faults": self.faults} | {name: getattr(self, name).snapshot() for name in PARTS}

    def restore(self, state: Snapshot) -> None:
        """Alternative to `start`: play on as another player did, whose engine had another rate.

        Raises RigError for a model that cannot be played at this rate.
        """
        self.faults = dict(state["faults"])
        for name in PARTS:
            getattr(self, name).restore(state[name])

    def close(self) -> None:
        """Read nothing ahead any more; files that are being written become complete."""
        self.recorder.close()
        self.backing.close()
        self.presets.close()
        self.models.close()
        self.second.close()
        self.rig.close()
        self.midi.close()

    # ------------------------------------------------------------ what is asked for arrives
    @property
    def waiting(self) -> bool:
        """Whether something is on its way to be heard: then `poll` should be called every few milliseconds."""
        return self._asked or self._changing or self.backing.waiting

    @property
    def _asked(self) -> bool:
        preloaders = (self.models.preloader, self.second.preloader, self.cabinets.bank, self.presets.setlist)
        return any(part.waiting for part in (self.mixer, self.training, self.finding)) or any(
            preloader.waiting for preloader in preloaders
        )

    def arrive(self, timeout_s: float = 0.0) -> bool:
        """Play what was asked for if it is ready, or wait for it so long; True if nothing is asked for any more."""
        for part in (self.finding, self.models, self.second, self.training, self.audition, self.mixer, self.presets):
            part.arrive(timeout_s)
        return not self._asked

    # ------------------------------------------------------------ commands
    def do(self, name: str, direction: int = 0, text: str | None = None) -> None:
        """Carry out a command as a key does: an action (with its number or text), a switch, a step up (1) or down (-1).

        What goes wrong is told.
        """
        self.commands.do(name, direction, text)

    def value(self, name: str) -> Any:
        """How a switch, choice or value of the table stands."""
        return self.commands.value(name)

    def set(self, name: str, value: Value) -> None:
        """Set a switch, choice or value, as near as its range allows; what sounds follows with a fade."""
        self.commands.put(name, value)

    def set_quietly(self, name: str, value: Value) -> bool:
        """The same without a word; False: this one cannot be set so."""
        if self.commands.table[name].set is not None:
            return False
        self.commands.put_quietly(name, value)
        return True

    def say(self, name: str) -> None:
        """Tell how a value stands."""
        self.commands.say(name)

    def _take_title(self) -> str:
        if self.presets.playing is not None:
            return self.presets.playing.name
        return self.sound.model.path.stem if self.sound.model is not None else "guitar"

    def _take_description(self) -> dict[str, Any]:
        noise = {"gate_dbfs": self.engine.noise.gate_dbfs, "rumble_hz": self.engine.noise.rumble_hz}
        return description(self.sound, self.cabinets.playing) | noise

    def help(self) -> None:
        """Show what can be done."""
        self.tell(Event("help", ""))

    def show_stage(self) -> None:
        """Show what plays in large letters, or no more."""
        self.tell(Event("stage", ""))

    def quit(self) -> None:
        """End the session; while a take is recorded or names are hidden, only when asked twice."""
        losses = ["A take is being recorded"] if self.recorder.is_recording else []
        losses += ["A loop is being recorded"] if self.looper.recorded_s is not None else []
        losses += ["The names have not been shown"] if self.cabinets.browsing.blind else []
        question = self._leaving.question(losses)
        if question is not None:
            self.tell(Event("state", question))
        else:
            self.finished = True

    # ------------------------------------------------------------ watching
    def poll(self) -> None:
        """Look after the engine and play what has become ready; call it some ten times a second, more while waiting."""
        self.midi.poll()
        self.arrive()
        self._changing = not self.rig.poll()
        if not self._changing:  # what sounds comes before what may sound
            self.models.preloader.read_ahead()
            if self.second.model is not None:
                self.second.preloader.read_ahead()
        self.recorder.poll()
        self.presets.poll(steady=not self._changing)
        self.backing.poll()
        try:
            self.looper.poll()
        except RigError as error:
            self.tell(Event("error", str(error)))
        self._hear_of_faults()
        offer = self.rig.overload_recovery.offer()
        if offer is not None:
            self.tell(Event("state", offer))

    def _hear_of_faults(self) -> None:
        found = self.engine.faults()
        self.faults["overloads"] += found.overloaded
        self.faults["input_samples"] += found.input_samples
        self.faults["models"] += found.model_faults
        if found.overloaded:
            self.tell(Event("fault", self.rig.relieve()))
        if found.input_samples:
            samples = f"{found.input_samples} samples that are not numbers"
            self.tell(Event("fault", f"The input sent {samples}; silence was put in their place."))
        if found.model_faults:
            name = self.models.name_of(self.sound.model) if self.sound.model is not None else "The model"
            what = "answered with something that is not a number; it was silenced and started afresh."
            self.tell(Event("fault", f"{name} {what}"))

    def look(self) -> PlayerState:
        """Read the meters, and take down all there is to see; `state` is what was seen last.

        One front end only may look, some ten times a second, as a meter starts anew when it is read.
        """
        self.state = state_of(self, self.commands, self.midi.is_learning, self.faults)
        return self.state
