"""Presets called while playing: by number, one after the other, or as the first.

A preset takes over in one step: its model with its gains and its cabinet are handed to the engine together, with one
fade. Its model goes on ringing out through the new cabinet only as long as that fade. It sounds the same whatever was
called before it: what it leaves out is as the player has set it by hand (`own_values.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from ...cabinet.prepared import Cabinet
from ...engine import Keep
from ...errors import PresetError, RigError
from ...files.folders import AUDIO_ENDINGS, beside
from ...library.preset import Preset
from ...nam import Pair
from ...sound import Sound
from ..carried import Carried, Snapshot
from ..events import Event
from ..live_rig import LiveRig
from ..models import Models
from ..tools.backing import Backing
from .common_loudness import CommonLoudness
from .setlist import PreparedPreset, PresetLoader, Setlist
from .settings import PresetSettings


class PresetCaller(Carried):
    """The setlist of a rig, and what of it plays."""

    CARRIED: ClassVar[tuple[str, ...]] = ("playing", "position", "_told")
    REMADE = (
        "rig",
        "models",
        "backing",
        "settings",
        "tell",
        "loader",
        "setlist",
        "loudness",
        "_is_steady",
        "_resumed_at",
    )
    PARTS: ClassVar[tuple[str, ...]] = ("own",)

    def __init__(
        self,
        rig: LiveRig,
        models: Models,
        backing: Backing,
        settings: PresetSettings,
        paths: Sequence[Path],
    ) -> None:
        self.rig, self.models, self.settings, self.tell, self.own = rig, models, settings, rig.tell, settings.own
        self.backing = backing
        self.loader = PresetLoader(rig.engine.sample_rate, rig.cabinets.prepare)
        self.setlist = Setlist(paths, self.loader.load, read=self.loader.read)
        self.playing: Preset | None = None  # what plays began as this one
        self.position: int | None = None  # of it in the setlist; None: it is not in there
        self.loudness = CommonLoudness(rig, self._sound, self._is_equal)
        self._resumed_at: int | None = None  # where in the setlist the preset stands that goes on
        self._told = self._is_steady = False

    # ------------------------------------------------------------ the first one
    def start(self, first: Preset | Path) -> None:
        """Play a preset: this one, this file of the setlist, or of a folder the first that can be used."""
        if isinstance(first, Preset):
            item, position = self.loader.prepare(first), self._resumed_at
        else:
            item, position = self._first(first)
        entered_dbu = self.models.entered_dbu
        if entered_dbu is not None:
            self.models.keep_entered_level(item.model)
            item = replace(item, ready=replace(item.ready, entered_dbu=entered_dbu))
        if item.parts:
            self.rig.cabinets.stock(beside(item.preset.cabinet[0].ir, AUDIO_ENDINGS))
        self._play(item, position)

    def _first(self, begin: Path) -> tuple[PreparedPreset, int]:
        paths, reasons = self.setlist.paths, []  # type: list[Path], list[str]
        for position in [paths.index(begin)] if begin in paths else range(len(paths)):
            try:
                return self.loader.load(paths[position]), position
            except RigError as error:
                reasons.append(str(error))
                self.setlist.problems[position] = str(error)
        if len(reasons) == 1:
            raise PresetError(reasons[0])
        raise PresetError(f"None of {len(reasons)} presets can be used. The first: {reasons[0]}")

    def snapshot(self) -> Snapshot:
        """What plays, and the list with the position that was asked for."""
        setlist = self.setlist
        here = {"paths": list(setlist.paths), "position": setlist.position, "waiting": setlist.waiting}
        parts = {name: getattr(self, name).snapshot() for name in self.PARTS}
        return super().snapshot() | parts | {"setlist": here}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand where the player stood; all presets are prepared again, for this rate."""
        super().restore(state)
        for name in self.PARTS:
            getattr(self, name).restore(state[name])
        here = state["setlist"]
        self._restock(here["paths"])
        self.setlist.position = here["position"]
        if here["waiting"]:
            self.setlist.go(here["position"])

    def _restock(self, paths: Sequence[Path]) -> None:
        """These are the presets now."""
        self.setlist.close(0.0)
        self.setlist = Setlist(paths, self.loader.load, read=self.loader.read)

    def has_changed(self) -> None:
        """What plays is another one, or is called otherwise."""

    # ------------------------------------------------------------ calling them
    def call(self, number: int = 0) -> None:
        """The preset of a number."""
        position = self.setlist.numbered(number)
        if position is None:
            raise RigError(self._none if not self.setlist.paths else f"No preset has the number {number}.")
        self._go(position)

    def choose(self, index: int) -> None:
        """The preset at an index of the list, from 0."""
        if not 0 <= index < len(self.setlist.paths):
            raise RigError(f"There is no preset {index}; there are {len(self.setlist.paths)}, counted from 0.")
        self._go(index)

    _none = "There are no presets: {save_preset} saves what plays as one, and rig play FOLDER plays those of a folder."

    def step(self, direction: int) -> None:
        """The next (1) or previous (-1) one that can be used."""
        here = self.setlist.position if self.setlist.waiting else self.position
        position = self.setlist.neighbour(here, direction) if self.setlist.paths else None
        if position is None:
            raise RigError(self._none if not self.setlist.paths else "There is no other preset.")
        self._go(position)

    def _go(self, position: int) -> None:
        self._refuse_blind()
        self.setlist.go(position)

    def _refuse_blind(self) -> None:
        if self.rig.cabinets.browsing.blind:
            raise RigError("A preset would tell names; {blind} takes the blindfold off.")

    def arrive(self, timeout_s: float) -> None:
        """Play the preset that was asked for if it is ready; what is wrong with it is told, and what plays goes on."""
        position = self.setlist.position
        try:
            item = self.setlist.wait(timeout_s)
            if item is not None:
                self._play(item, position)
        except RigError as error:
            self.setlist.problems[position] = str(error)
            self.tell(Event("error", str(error)))

    def _play(self, item: PreparedPreset, position: int | None) -> None:
        """One hand-over: model, gains, cabinet, gate and filter."""
        rig, preset, before = self.rig, item.preset, self.rig.sound
        changed: list[str] = []
        sound = self._sound(item)
        if sound.measured is None:
            sound = sound.changed(measured=rig.measured(item.model))

        def rest() -> Cabinet | Keep | None:
            rig.mixer.load_parts(item.parts, preset.aligned, item.item.ir if item.is_mix and item.item else None)
            rig.cabinets.from_preset(item.item, preset.cabinet[0].ir if preset.cabinet else None, preset.no_cabinet)
            self.own.take("preamp_gain", before.preamp_gain_db, preset.preamp_gain_db)
            self.own.take("level_mode", before.level_mode, preset.level_mode)
            rig.equal.switch(self.own.take("equal_loudness", rig.equal.is_on, preset.equal_loudness))
            self.loudness.aim(preset)
            changed.extend(self.settings.apply(preset))
            return rig.cabinets.for_preset()

        rig.play(sound, item.ready.network, rest, bypassed=preset.bypass, reduced=False)
        self.models.set_position(item.model)
        self.playing, self.position = preset, position
        self.has_changed()
        self.settings.say(changed)
        self._describe(item)
        self.backing.call(preset.backing)

    def _sound(self, item: PreparedPreset) -> Sound:
        """What a preset will sound like in this session."""
        preset, now = item.preset, self.rig.sound
        return now.changed(
            model=item.model,
            measured=item.measured,
            quality=preset.quality,
            model_input_dbu=item.ready.entered_dbu,
            level_mode=self.own.value("level_mode", now.level_mode, preset.level_mode),
            input_trim_db=preset.input_trim_db,
            output_trim_db=preset.output_trim_db,
            bass_db=preset.bass_db,
            middle_db=preset.middle_db,
            treble_db=preset.treble_db,
            presence_db=preset.presence_db,
            eq=preset.eq,
            preamp_gain_db=self.own.value("preamp_gain", now.preamp_gain_db, preset.preamp_gain_db),
        )

    def _is_equal(self, preset: Preset) -> bool:
        return bool(self.own.value("equal_loudness", self.rig.equal.is_on, preset.equal_loudness))

    def _describe(self, item: PreparedPreset) -> None:
        preset, model = item.preset, item.model
        self.tell(
            Event("preset", f"{self.label}: {self.models.name_of(model)}" + (", bypassed" if preset.bypass else ""))
        )
        notes = [line for line in preset.notes.splitlines() if line.strip()]
        for line in (*notes, *preset.warnings, *model.warnings):
            self.tell(Event("more", f"{''.join(c for c in line if c.isprintable())}"))
        if item.is_mix and not preset.no_cabinet:
            self.tell(Event("mix", f"{item.item.ir.name if item.item is not None else ''}"))
        else:
            self.rig.cabinets.describe()
        self.rig.describe_levels()

    @property
    def label(self) -> str:
        """What plays, by number and name; empty if it is no preset."""
        if self.playing is None:
            return ""
        changed = "" if self._plays_its_models else " *"
        return f"{self.number} {self.playing.name}{changed}".strip()

    @property
    def _plays_its_models(self) -> bool:
        model, preset = self.rig.sound.model, self.playing
        if model is None or preset is None:
            return True
        behind = model.second.path if isinstance(model, Pair) else None
        return model.path == preset.model and behind == (preset.second.model if preset.second is not None else None)

    @property
    def number(self) -> str:
        """Only its number; empty if it has none."""
        return "" if self.position is None else str(self.setlist.entries[self.position].number)

    # ------------------------------------------------------------ while it plays
    def poll(self, steady: bool) -> None:
        """Prepare the other presets, tell when they are ready, and now and then write down what is played."""
        if steady and not self.setlist.waiting:
            self._is_steady = True
            self.setlist.read_ahead()
        if self._is_steady and not self._told and len(self.setlist.paths) > 1:
            self._tell_of_setlist()
        ready = [self.setlist.peek(position) for position in range(len(self.setlist.paths))]
        self.loudness.poll([item for item in ready if item is not None], self.playing)

    def _tell_of_setlist(self) -> None:
        if not self.setlist.idle:
            return
        self._told = True
        entries = enumerate(self.setlist.entries)
        usable = [f"{entry.number} {entry.name}" for at, entry in entries if at not in self.setlist.problems]
        self.tell(Event("setlist", f"{', '.join(usable)}"))
        for problem in (*self.setlist.problems.values(), *self.setlist.warnings):
            self.tell(Event("more", f"{problem}"))

    def close(self) -> None:
        """Prepare nothing more."""
        self.setlist.close()
