"""Presets while playing: called by number or one after the other, saved with a key, and the last one kept.

A preset takes over in one step: its model with its gains and its cabinet are handed to the engine together, with one
fade. Its model goes on ringing out through the new cabinet only as long as that fade.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...cabinet.ir import IR
from ...cabinet.prepared import Cabinet
from ...engine import Keep
from ...errors import PresetError, RigError
from ...files.atomic_write import free_name, reason, write_text
from ...files.folders import AUDIO_ENDINGS, beside
from ...library.last_session import LastState
from ...library.preset import ENDING, LONGEST_NAME, LOUDNESS_LUFS, CabinetPart, Preset
from ...sound import Sound
from ..background import BackgroundJobs
from ..carried import Carried, Snapshot
from ..events import Event
from ..live_rig import LiveRig
from ..models import Models
from .setlist import PreparedPreset, PresetLoader, Setlist
from .settings import PresetSettings

FOLDER = Path("presets")  # where a preset is saved if no setlist is played
KEEP_EVERY_S = 2.0  # how often what is played is written down, if it has changed
PATIENCE_S = 3.0  # how long the end waits for that


class Presets(Carried):
    """The setlist of a rig, and what of it plays. `folder`: where presets are saved.

    `keeps`: what is played is kept for the next start; False: only once something has been changed; None: never.
    """

    CARRIED = ("playing", "position", "folder", "_level_mode", "_loudness_lufs", "_kept", "_keeps", "_told")
    REMADE = (
        *("rig", "models", "settings", "tell", "loader", "setlist", "_is_steady", "_coming", "_coming_of", "_jobs"),
        "_looked_at",
    )

    def __init__(
        self,
        rig: LiveRig,
        models: Models,
        settings: PresetSettings,
        paths: Sequence[Path],
        folder: Path | None,
        keeps: bool | None,
    ) -> None:
        self.rig, self.models, self.settings, self.tell, self.folder = rig, models, settings, rig.tell, folder
        self.loader = PresetLoader(rig.engine.sample_rate, rig.cabinets.prepare)
        self.setlist = Setlist(paths, self.loader.load, read=self.loader.read)
        self.playing: Preset | None = None  # what plays began as this one
        self.position: int | None = None  # of it in the setlist; None: it is not in there
        self._level_mode = rig.sound.level_mode  # of presets that name none
        self._told = self._is_steady = False
        self._loudness_lufs: float | None = None  # of all presets, while all are equally loud
        self._coming: list[tuple[Sound, IR]] = []
        self._coming_of: tuple[object, ...] = ()  # what that was made of
        self._jobs: BackgroundJobs[str] = BackgroundJobs(newest_only=False)
        self._keeps, self._looked_at = keeps, time.monotonic()
        self._kept: Preset | None = None

    # ------------------------------------------------------------ the first one
    def start(self, first: Preset | Path) -> None:
        """Play a preset: this one, this file of the setlist, or of a folder the first that can be used."""
        item, position = (self.loader.prepare(first), None) if isinstance(first, Preset) else self._first(first)
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
        return super().snapshot() | {"setlist": here}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand where the player stood; all presets are prepared again, for this rate."""
        super().restore(state)
        here = state["setlist"]
        self.setlist.close(0.0)
        self.setlist = Setlist(here["paths"], self.loader.load, read=self.loader.read)
        self.setlist.position = here["position"]
        if here["waiting"]:
            self.setlist.go(here["position"])

    # ------------------------------------------------------------ calling them
    def call(self, number: int = 0) -> None:
        """The preset of a number."""
        position = self.setlist.numbered(number)
        if position is None:
            raise RigError(self._none if not self.setlist.paths else f"No preset has the number {number}.")
        self._go(position)

    _none = "There are no presets: {save_preset} saves what plays as one, and rig play FOLDER plays those of a folder."

    def step(self, direction: int) -> None:
        """The next (1) or previous (-1) one that can be used."""
        here = self.setlist.position if self.setlist.waiting else self.position
        position = self.setlist.neighbour(here, direction) if self.setlist.paths else None
        if position is None:
            raise RigError(self._none if not self.setlist.paths else "There is no other preset.")
        self._go(position)

    def _go(self, position: int) -> None:
        if self.rig.cabinets.browsing.blind:
            raise RigError("A preset would tell names; {blind} takes the blindfold off.")
        self.setlist.go(position)

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
        rig, preset, before_lufs = self.rig, item.preset, self._loudness_now()
        changed: list[str] = []
        sound = self._sound(item)
        if sound.measured is None:
            sound = sound.changed(measured=rig.measured(item.model))

        def rest() -> Cabinet | Keep | None:
            rig.mixer.load_parts(item.parts, preset.aligned, item.item.ir if item.is_mix and item.item else None)
            rig.cabinets.from_preset(item.item, preset.cabinet[0].ir if preset.cabinet else None, preset.no_cabinet)
            self._aim(preset, before_lufs)
            changed.extend(self.settings.apply(preset))
            return rig.cabinets.for_preset()

        rig.play(sound, item.ready.network, rest, bypassed=preset.bypass, reduced=False)
        self.models.set_position(item.model)
        self.playing, self.position = preset, position
        self.settings.say(changed)
        self._describe(item)

    def _sound(self, item: PreparedPreset) -> Sound:
        """What a preset will sound like in this session."""
        preset, model = item.preset, item.model
        sound = self.rig.sound.changed(
            model=model,
            measured=item.measured,
            model_input_dbu=item.ready.entered_dbu,
            level_mode=preset.level_mode or self._level_mode,
            input_trim_db=preset.input_trim_db,
            output_trim_db=preset.output_trim_db,
        )
        return sound if preset.preamp_gain_db is None else sound.changed(preamp_gain_db=preset.preamp_gain_db)

    def _describe(self, item: PreparedPreset) -> None:
        preset, model = item.preset, item.model
        self.tell(Event("preset", f"{self.label}: {model.path.name}" + (", bypassed" if preset.bypass else "")))
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
        changed = "" if self.rig.sound.model is None or self.rig.sound.model.path == self.playing.model else " *"
        return f"{self.number} {self.playing.name}{changed}".strip()

    @property
    def number(self) -> str:
        """Only its number; empty if it has none."""
        return "" if self.position is None else str(self.setlist.entries[self.position].number)

    # ------------------------------------------------------------ how loud
    def _loudness_now(self) -> float | None:
        ir, equal = self.rig.cabinets.playing, self.rig.equal
        return None if ir is None or not equal.is_on else equal.loudness_lufs(ir)

    def _aim(self, preset: Preset, before_lufs: float | None) -> None:
        """At its own level, as loud as it says, or with equal loudness as loud as what played before."""
        equal = self.rig.equal
        if preset.equal_loudness is not None and preset.equal_loudness != equal.is_on:
            equal.switch(preset.equal_loudness)
        if not equal.is_on:
            self._loudness_lufs = None
            equal.aim(preset.loudness_lufs)
            return
        if self._loudness_lufs is None:
            self._loudness_lufs = before_lufs if before_lufs is not None else preset.loudness_lufs
        equal.aim(self._common_lufs())

    def _common_lufs(self) -> float | None:
        """What all presets come out at: lowered as far as the peakiest of them needs."""
        if self._loudness_lufs is None:
            return None
        highest = [self.rig.equal.highest_lufs(sound, ir) for sound, ir in self._coming]
        return min([self._loudness_lufs, *(lufs for lufs in highest if lufs is not None)])

    def _poll_loudness(self) -> None:
        equal = self.rig.equal
        if not equal.is_on:
            self._loudness_lufs = None
        elif self._loudness_lufs is None and len(self.setlist.paths) > 1:
            self._loudness_lufs = self._loudness_now()
        ready = [self.setlist.peek(position) for position in range(len(self.setlist.paths))]
        wanted = equal.is_on or any(item is not None and item.preset.loudness_lufs is not None for item in ready)
        if not wanted or self.rig.cabinets.playing is None:
            return
        items = [item for item in ready if item is not None and item.item is not None]
        made_of = tuple((item.preset, id(item.model), item.item.ir.content_hash) for item in items if item.item)
        sound = self.rig.sound
        if (sound.interface, sound.preamp_gain_db, *made_of) != self._coming_of:
            self._coming_of = (sound.interface, sound.preamp_gain_db, *made_of)
            self._coming = [(self._sound(item), item.item.ir) for item in items if item.item]
            equal.prepare(self._coming)

    # ------------------------------------------------------------ saving
    def now(self, name: str) -> Preset:
        """What plays, as a preset."""
        rig, sound, cabinets, mixer = self.rig, self.rig.sound, self.rig.cabinets, self.rig.mixer
        assert sound.model is not None
        parts: tuple[CabinetPart, ...] = ()
        if mixer.is_on and mixer.parts:
            parts = tuple(
                CabinetPart(strip.path, gain_db, strip.delay_ms, strip.pan, strip.inverted)
                for strip, gain_db in zip(mixer.parts, mixer.levels_db(), strict=True)
                if strip.path is not None
            )
        elif cabinets.hand is not None and cabinets.hand_path is not None:
            parts = (CabinetPart(cabinets.hand_path),)
        equal, lufs = rig.equal, None
        if equal.applies and cabinets.playing is not None:
            lufs = equal.loudness_lufs(cabinets.playing)
        preset = Preset(
            name=name,
            model=sound.model.path,
            size=sound.model.size,
            cabinet=parts,
            aligned=mixer.is_on and mixer.aligned,
            no_cabinet=bool(parts) and cabinets.playing is None,
            bypass=rig.bypassed,
            level_mode=sound.level_mode,
            input_trim_db=round(sound.input_trim_db, 4),
            output_trim_db=round(sound.output_trim_db, 4),
            preamp_gain_db=sound.preamp_gain_db or None,
            equal_loudness=True if equal.is_on else None if self.playing is None else False,
            loudness_lufs=None if lufs is None else round(min(max(lufs, LOUDNESS_LUFS[0]), LOUDNESS_LUFS[1]), 2),
            notes=self.playing.notes if self.playing is not None else "",
        )
        return replace(preset, **self.settings.now())

    def save(self, text: str) -> None:
        """Write what plays into a new file; nothing is ever overwritten."""
        name = text.strip() or "preset"
        if self.rig.cabinets.browsing.blind:
            raise RigError("A preset would tell the name; {blind} takes the blindfold off.")
        if len(name) > LONGEST_NAME or not name.isprintable() or set(name) & set('/\\:*?"<>|') or name[0] in ".~":
            raise RigError(f"{name[:LONGEST_NAME]!r} cannot be the name of a preset: it is also the name of its file.")
        folder, preset = self.folder or FOLDER, self.now(name)
        path = _save(preset, folder)
        entry = self.setlist.add(path, preset.name)
        self.playing, self.position = replace(preset, source=path), len(self.setlist.paths) - 1
        self.tell(Event("saved", f"{folder / path.name}, number {entry.number}"))

    # ------------------------------------------------------------ keeping what is played
    def _keep(self) -> None:
        if self._keeps is None or self.rig.sound.model is None:
            return
        name = self.playing.name if self.playing is not None else self.rig.sound.model.path.stem
        now = self.now("".join(c for c in name if c.isprintable())[:LONGEST_NAME].strip() or "sound")
        if now == self._kept:
            return
        first, self._kept = self._kept is None, now
        if first and not self._keeps:
            return  # nothing has been changed yet
        folder = self.folder if self.setlist.paths else None
        last = LastState(now, folder.absolute() if folder is not None else None, self.rig.sound.interface)

        def write() -> str:
            last.keep()
            return ""

        self._jobs.ask(write)

    def poll(self, steady: bool) -> None:
        """Prepare the other presets, tell when they are ready, and now and then write down what is played."""
        if steady and not self.setlist.waiting:
            self._is_steady = True
            self.setlist.read_ahead()
        if self._is_steady and not self._told and len(self.setlist.paths) > 1:
            self._tell_of_setlist()
        self._poll_loudness()
        if time.monotonic() > self._looked_at + KEEP_EVERY_S:
            self._looked_at = time.monotonic()
            self._keep()
        self._hear_of_errors()

    def _hear_of_errors(self) -> None:
        try:
            while self._jobs.answer() is not None:
                pass
        except RigError as error:
            self._keeps = None  # once is enough
            self.tell(Event("error", str(error)))

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
        """Write down what was played, and prepare nothing more."""
        self._keep()
        self._jobs.finish(PATIENCE_S)
        self._hear_of_errors()
        self.setlist.close()


def _save(preset: Preset, folder: Path) -> Path:
    """Write into a folder, under the preset's name or the next one with a number that is free."""
    path = folder / f"{preset.name}{ENDING}"
    while True:
        try:
            write_text(path, preset.text(folder), replace=False)
            return path
        except FileExistsError:
            path = free_name(folder, f"{preset.name}-", ENDING, first=2)
        except OSError as error:
            raise PresetError(f"{path}: cannot be written{reason(path, error)}.") from error
