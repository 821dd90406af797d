"""What sounds now: model, cabinet, levels, gate and filter on one engine, and the one way to another sound.

Everything that changes the sound goes through `LiveRig.play`: next model, preset, bypass, restart. It knows no command,
key, preset file or MIDI; whoever does stands above it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..cabinet.bank import MAX_BYTES
from ..cabinet.prepared import Cabinet
from ..dsp.network.playable import Playable
from ..dsp.network.quality import BEST
from ..engine import PORT, Engine, Keep
from ..files import bundled
from ..lane import Lane
from ..levels import Level, LevelMode
from ..library.interfaces import Interface
from ..library.measured_loudness import Measured
from ..nam import Blend, Model, Pair, Row
from ..sound import Sound
from .cabinets.cabinets import Cabinets
from .cabinets.equal_loudness import EqualLoudness
from .cabinets.mixer import Mixer
from .carried import Carried, Snapshot
from .events import Event, Tell
from .tools.eq_bands import EqBands
from .tools.followed_knob import FollowedKnob
from .tools.gate import GateControls
from .tools.looper import BUNDLED, loop_from
from .tools.loudness_measurement import Measuring
from .tools.overload import OverloadRecovery
from .tools.tuner import Tuner
from .tools.volume import Volume

Through = Cabinet | Keep | None


def _same_cabinet() -> Through:
    return "keep"


class LiveRig(Carried):
    """One engine, one lane, and the parts that sound.

    `sound`: what plays, or would play were it not bypassed. After an overload it plays at a lower quality, at most
    `most_quality`, or, `reduced`, in its smaller size.
    `source`: what is listened to, PORT or LOOP. `named` and `bank_bytes`: see `Cabinets`.
    """

    CARRIED = ("sound", "source", "bypassed", "muted", "reduced", "most_quality", "interface_named", "_muted_before")
    REMADE = ("engine", "tell", "_sound", "_measuring")
    PARTS = ("equal", "cabinets", "mixer", "volume", "noise", "tuner", "overload_recovery", "eq_bands", "knob")

    def __init__(
        self,
        engine: Engine,
        tell: Tell,
        irs: Sequence[Path],
        sound: Sound,
        *,
        source: int = PORT,
        named: bool = False,
        bank_bytes: int = MAX_BYTES,
    ) -> None:
        rate = engine.sample_rate
        self.engine, self.tell, self.source = engine, tell, source
        self.equal = EqualLoudness(rate, lambda: loop_from(bundled.di(), rate), BUNDLED)
        self.cabinets = Cabinets(engine, tell, irs, self.equal, max_bytes=bank_bytes, named=named)
        self.mixer = Mixer(self.cabinets)
        self.volume = Volume(engine)
        self.noise = GateControls(engine, tell, lambda: self.sound, lambda: self.source)
        self.tuner = Tuner(engine, tell, lambda: self.source, self._mute_for_tuning)
        self.overload_recovery = OverloadRecovery(engine.record["load"])
        self.eq_bands = EqBands(tell, lambda: self.sound.eq, lambda eq: self.change_levels(eq=eq))
        self.knob = FollowedKnob(tell, self.change_levels, self._describe_followed)
        self.knob.name(sound.interface, None)
        self.bypassed, self.muted, self.reduced = False, False, False
        self.most_quality = BEST
        self._muted_before = False  # when the tuner muted
        self.interface_named = False  # for this session, in place of the one that is kept
        self._sound = sound
        self._measuring = Measuring()

    @property
    def sound(self) -> Sound:
        """What plays, and how loud."""
        return self._sound

    @sound.setter
    def sound(self, sound: Sound) -> None:
        self._sound = sound
        self.equal.follow(sound)

    # ------------------------------------------------------------ the hand-over
    def play(
        self,
        sound: Sound | None = None,
        network: Playable | None = None,
        rest: Callable[[], Through] = _same_cabinet,
        *,
        bypassed: bool | None = None,
        reduced: bool | None = None,
        most_quality: int | None = None,
    ) -> Lane:
        """Fade over to a sound, with all that belongs to it, in one step; None: as it is now.

        `network`: the model prepared for this rate. `rest` sets what else belongs to the sound (the parts of a mix,
        gate and filter) and answers its cabinet; it is called when the sound has been taken over, as gains depend on
        it, and right before all of it is handed to the engine. Returns the lane of the model. Raises RigError for a
        model that cannot be played at this rate; then nothing has changed.
        """
        sound = self.knob.of(self.sound if sound is None else sound)
        bypassed = self.bypassed if bypassed is None else bypassed
        if most_quality is None:
            # Whoever asks for the full model asks for its full quality, too.
            most_quality = BEST if reduced is False or sound.quality != self.sound.quality else self.most_quality
        reduced = self.reduced if reduced is None else reduced
        lane = self.lane(
            sound, network, bypassed=bypassed and network is None, reduced=reduced, most_quality=most_quality
        )
        if sound.model is not self.sound.model or (self.reduced and not reduced) or most_quality > self.most_quality:
            self.overload_recovery.forget()
        lanes: dict[int, Lane | None] = {0: Lane(self.engine.sample_rate, source=self.source) if bypassed else lane}
        if bypassed and self.bypassed and self._is_dry:
            lanes = {}
        self.sound, self.bypassed, self.reduced, self.most_quality = sound, bypassed, reduced, most_quality
        self.engine.play(lanes, rest())
        return lane

    @property
    def _is_dry(self) -> bool:
        """Whether the dry guitar of this source plays already."""
        lane = self.engine.lanes[0]
        return lane is not None and lane.network is None and lane.source == self.source and not self.engine.suspended

    def lane(
        self,
        sound: Sound | None = None,
        network: Playable | None = None,
        *,
        bypassed: bool | None = None,
        reduced: bool | None = None,
        most_quality: int | None = None,
    ) -> Lane:
        """A lane for a sound; None: as it is now. Nothing is handed over."""
        sound = self.knob.of(self.sound if sound is None else sound)
        rate = self.engine.sample_rate
        if self.bypassed if bypassed is None else bypassed:
            return Lane(rate, source=self.source)
        quality = min(sound.quality, self.most_quality if most_quality is None else most_quality)
        if quality != sound.quality:
            sound, network = sound.changed(quality=quality), None
        small = self.reduced if reduced is None else reduced
        smaller = sound.model.smaller() if sound.model is not None and small else None
        if smaller is not None:
            return sound.changed(model=smaller).lane(rate, self.source)
        return sound.lane(rate, self.source, network)

    @property
    def is_reduced(self) -> bool:
        """Whether less plays than was asked for, after an overload."""
        return self.reduced or self.most_quality < self.sound.quality

    def listen(self, source: int) -> None:
        """Hear the guitar (PORT) or the loop (LOOP)."""
        self.source = source
        self.play()

    def bypass(self, bypassed: bool) -> None:
        """The dry guitar through the cabinet, or the model again."""
        self.play(bypassed=bypassed)

    def play_in_full(self) -> None:
        """The full model, after an overload."""
        self.overload_recovery.forget()
        self.play(bypassed=False, reduced=False)
        self.tell(Event("state", "The full model plays again."))

    def relieve(self) -> str:
        """The chain has put itself to sleep: go on with less quality, a smaller size, or stay silent; a sentence."""
        self.overload_recovery.overloaded()
        why = "Overload: rig needed more than 95 % of the period in 8 of 32 cycles"
        model, quality = self.sound.model, min(self.sound.quality, self.most_quality)
        if quality > 1 and not self.bypassed:
            self.play(most_quality=quality // 2)
            return f"{why}; quality {quality // 2}x plays on. {{restore}} brings {self.sound.quality}x back."
        smaller = model.smaller() if model is not None and not self.reduced else None
        if smaller is None or self.bypassed:
            return f"{why}, so it is silent now. A larger period or a lighter model helps; {{restore}} brings it back."
        self.play(reduced=True)
        return f"{why}; the smaller size of {smaller.path.name} plays on. {{restore}} brings the full one back."

    # ------------------------------------------------------------ levels
    def change_levels(self, **fields: Any) -> None:
        """Change fields of the sound that need no new model; what sounds follows with a fade."""
        self.sound = self.knob.of(self.sound.changed(**fields))
        lane = self.engine.lanes[0]
        if lane is not None and not self.bypassed:
            lane.trims_db = self.sound.input_trim_db, self.sound.output_trim_db
            lane.set_input_gain_db(self.sound.input_gain_db)
            lane.set_output_gain_db(self.sound.output_gain_db)
            lane.set_tone(self.sound.tone_db)
            lane.set_eq(self.sound.eq)

    def adjust(self, pair: Pair) -> None:
        """The two models that play, with another trim or share; what sounds follows with a fade."""
        self.sound = self.sound.changed(model=pair, measured=self.sound.measured or self.measured(pair))
        lane = self.engine.lanes[0]
        if lane is not None and not self.bypassed and isinstance(pair, Row):
            lane.set_between_gain_db(pair.between_gain_db)
        if lane is not None and not self.bypassed and isinstance(pair, Blend):
            lane.set_share(pair.share)

    def turn_knob(self, gain_db: float) -> None:
        """The gain dialled in on the interface, as somebody gives it; it is not followed any more."""
        self.knob.let_go()
        self.change_levels(preamp_gain_db=gain_db)

    @property
    def level_mode(self) -> LevelMode:
        """The level mode that was asked for, or the one in force where none was."""
        return self.sound.level_mode or self.sound.output.mode

    def set_level_mode(self, mode: LevelMode) -> None:
        """Take another level mode, and say the sum."""
        self.change_levels(level_mode=mode)
        self.tell(Event("output", f"{self.sound.output}"))

    def mute(self, muted: bool) -> None:
        """Silence, or sound again, with a fade."""
        self.muted = muted
        self.engine.set_master(0.0 if muted else 1.0)

    def say_muted(self) -> None:
        """Tell whether anything is heard."""
        self.tell(Event("state", "Muted." if self.muted else "Sounding again."))

    def _mute_for_tuning(self, muted: bool) -> None:
        """Silence while the tuner is on; afterwards as it was before."""
        if muted:
            self._muted_before = self.muted
        self.mute(True if muted else self._muted_before)

    def measured(self, model: Model, patience_s: float = 0.0) -> Measured | None:
        """What was measured about a model; None: it will be, and its level follows then."""
        return self._measuring.of(model, patience_s)

    def use_interface(self, level: Level | None, named: bool, row: Interface | None = None) -> None:
        """Calibrate for another interface; `named`: for this session only, and not the one that is kept.

        `row`: the interface in the table; None: it is known by its level alone.
        """
        self.interface_named = named
        self.knob.name(level, row)
        self.change_levels(interface=level)
        self.describe_levels()

    def describe_levels(self) -> None:
        """Say the sums of the levels."""
        self.tell(Event("input", f"{self.sound.calibration}"))
        self.tell(Event("output", f"{self.sound.output}"))

    def _describe_followed(self) -> None:
        """The same where the knob has moved: the sum behind the model only where the knob is in it."""
        self.tell(Event("input", f"{self.sound.calibration}"))
        if self.sound.output.mode == "calibrated":
            self.tell(Event("output", f"{self.sound.output}"))

    # ------------------------------------------------------------ while it plays
    def poll(self) -> bool:
        """Free what the engine has given back, and let a model measured late have its level; True if it is steady."""
        steady = self.engine.poll()
        self.knob.poll()
        self.cabinets.poll(steady=steady)
        self.tuner.poll()
        arrived, model = self._measuring.arrived(), self.sound.model
        if arrived is not None and model is not None and arrived[0].network_hash == model.network_hash:
            before = self.sound.output
            self.change_levels(measured=arrived[1])
            if self.sound.output != before:
                self.tell(Event("output", f"{self.sound.output}"))
        return steady

    def close(self) -> None:
        """Read nothing more; files that are being written become complete."""
        self.cabinets.close()
        self.mixer.close()
        self.equal.close()

    # ------------------------------------------------------------ a restart at another rate
    def snapshot(self) -> Snapshot:
        """Everything needed to go on at another rate."""
        return super().snapshot() | {name: getattr(self, name).snapshot() for name in self.PARTS}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Play on as another rig did, whose engine had another rate.

        Raises RigError for a model that cannot be played at this rate.
        """
        super().restore(state)
        model = self.sound.model
        assert model is not None
        if self.sound.lacks_loudness:
            self.sound = self.sound.changed(measured=self.measured(model))
        for name in self.PARTS:
            getattr(self, name).restore(state[name])
        self.engine.set_master(0.0 if self.muted else 1.0)
        self.play(rest=lambda: self.cabinets.for_model(model))
