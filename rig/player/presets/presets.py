"""Presets while playing: called, saved with a key, changed, and the last one kept for the next start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...errors import RigError
from ...library.last_session import LastState
from ...library.preset import FOLDER, HIGHEST_NUMBER, LONGEST_NAME, Preset
from ...library.trained_offers import is_offered
from ..events import Event
from ..live_rig import LiveRig
from ..models import Models
from ..tools.backing import Backing
from .calling import PresetCaller
from .describe import preset_of
from .edits import PresetEdits, checked_name, checked_number, save_new
from .keeping import Keeper
from .settings import PresetSettings


class Presets(PresetCaller):
    """The setlist of a rig, what of it plays, and its files. `folder`: where presets are saved.

    `keeps`: what is played is kept for the next start; False: only once something has been changed; None: never.
    """

    CARRIED = (*PresetCaller.CARRIED, "folder")
    REMADE = PresetCaller.REMADE
    PARTS = (*PresetCaller.PARTS, "edits", "keeper")

    def __init__(
        self,
        rig: LiveRig,
        models: Models,
        backing: Backing,
        settings: PresetSettings,
        paths: Sequence[Path],
        folder: Path | None,
        keeps: bool | None,
    ) -> None:
        super().__init__(rig, models, backing, settings, paths)
        self.folder, self.edits = folder, PresetEdits()
        self.keeper = Keeper(rig.tell, self._state, keeps)

    def resume(self, last: LastState) -> None:
        """Before `start` with its preset: the session that is kept there goes on."""
        self.own.begin(self.settings.valid(last.own))
        self.rig.volume.set(last.volume_db)
        names = [path.name for path in self.setlist.paths]
        self._resumed_at = names.index(last.file) if last.file in names else None

    def has_changed(self) -> None:
        """It is kept soon."""
        self.keeper.soon()

    # ------------------------------------------------------------ saving and changing
    def now(self, name: str, *, exact: bool = False) -> Preset:
        """What plays, as a preset; `exact`: see `preset_of`."""
        notes = self.playing.notes if self.playing is not None else ""
        return preset_of(self.rig, self.settings, name, notes, self.backing.kept, exact=exact)

    def save(self, text: str) -> None:
        """Write what plays into a new file, with the number that calls it; nothing is ever overwritten."""
        name = text.strip() or "preset"
        self.check_save()
        checked_name(name)
        folder, number = self.folder or FOLDER, self.setlist.free_number
        preset = replace(self.now(name, exact=True), number=number if number <= HIGHEST_NUMBER else None)
        path = save_new(preset, folder)
        entry = self.setlist.add(path, preset.name)
        self.playing, self.position = replace(preset, source=path), len(self.setlist.paths) - 1
        self.tell(Event("saved", f"{folder / path.name}, number {entry.number}"))
        if path.stem != name:
            there = f"{name} was there already and is as it was; {{overwrite_preset}} overwrites the one that plays"
            self.tell(Event("more", there))

    def check_save(self) -> None:
        """Raise a RigError where nothing would be saved: before a name is typed, too."""
        self._refuse_blind()
        if self._is_in_training:
            raise RigError(
                "What plays is in training: its file is another one with each better epoch, and goes one day. Save a "
                "preset of the model that `rig train` writes at the end."
            )

    @property
    def _is_in_training(self) -> bool:
        model = self.rig.sound.model
        return model is not None and is_offered(model.path)

    def check_edit(self) -> None:
        """Raise a RigError where there is no preset to change: before a text is typed, too."""
        self._editable()

    def overwrite(self) -> None:
        """Write what plays in place of the preset that was called last."""
        at = self._editable()
        self.check_save()
        entry = self.setlist.entries[at]
        number = entry.number if entry.number <= HIGHEST_NUMBER else None
        preset = replace(self.now(entry.name, exact=True), number=number)
        self.edits.overwrite(self.setlist, at, preset)
        self._edited(self.setlist.paths, at, f"{entry.number} {entry.name} is overwritten with what plays")

    def rename(self, text: str) -> None:
        """Give the preset that plays, and its file, another name."""
        at, name = self._editable(), text.strip()
        entry = self.setlist.entries[at]
        paths = self.edits.rename(self.setlist, at, name)
        self._edited(paths, at, f"{entry.number} {entry.name} is {paths[at].stem} from now on")

    def renumber(self, text: str) -> None:
        """Let another number call the preset that plays; the preset that had it takes the old one."""
        at, number = self._editable(), checked_number(text)
        entry = self.setlist.entries[at]
        if number == entry.number:
            raise RigError(f"{entry.name} has the number {number} already.")
        other = self.edits.renumber(self.setlist, at, number)
        swapped = "" if other is None else f", and {other} is number {entry.number}"
        self._edited(self.setlist.paths, at, f"{entry.name} is number {number}{swapped}")

    def delete(self) -> None:
        """Take the preset that plays out of the setlist, with its file; it sounds on."""
        at = self._editable()
        entry = self.setlist.entries[at]
        paths = self.edits.delete(self.setlist, at)
        self._edited(paths, None, f"{entry.number} {entry.name} is deleted; what plays goes on")

    def undo(self) -> None:
        """Take back what was overwritten, renamed, renumbered or deleted last."""
        self._refuse_blind()
        path = None if self.position is None else self.setlist.paths[self.position]
        source = None if self.playing is None else self.playing.source
        edit = self.edits.undo()
        paths = list(edit.paths)
        paths += [other for other in self.setlist.paths if other not in paths and other.exists()]
        here = next((paths.index(known) for known in (path, source) if known in paths), None)
        if here is None and self.position is not None and path is not None:  # it had another name
            here = self.position
        self._edited(paths, here, f"taken back: {edit.what}", undo=False)

    def _editable(self) -> int:
        """The position of what plays, whose file can be changed."""
        self._refuse_blind()
        if self.position is None:
            raise RigError("What plays is no preset of the setlist: call one, or {save_preset} saves it as a new one.")
        return self.position

    def _edited(self, paths: Sequence[Path], position: int | None, sentence: str, undo: bool = True) -> None:
        """The files have changed: the list is read again, and what plays stands where it stood."""
        waiting = self.setlist.path if self.setlist.waiting else None
        self._restock(list(paths))
        self.position = position
        self.setlist.position = position or 0
        if position is not None and position not in self.setlist.problems:
            self.playing = self.loader.read(self.setlist.paths[position])
        if waiting in self.setlist.paths:
            self.setlist.go(self.setlist.paths.index(waiting))
        self.has_changed()
        self.tell(Event("saved", sentence + ("; {undo_preset} takes that back" if undo else "")))

    # ------------------------------------------------------------ keeping what is played
    def _state(self) -> LastState | None:
        """What there is to go on with at the next start; None: nothing plays yet."""
        rig = self.rig
        if rig.sound.model is None or self._is_in_training:
            return None
        name = self.playing.name if self.playing is not None else rig.sound.model.path.stem
        preset = self.now("".join(c for c in name if c.isprintable())[:LONGEST_NAME].strip() or "sound")
        folder = self.folder if self.setlist.paths else None
        own = {
            "preamp_gain": rig.sound.preamp_gain_db,
            "level_mode": rig.sound.level_mode,
            "equal_loudness": rig.equal.is_on,
            **self.settings.standing(),
        }
        return LastState(
            preset,
            None if folder is None else folder.absolute(),
            rig.knob.named,
            interface_named=rig.interface_named,
            volume_db=rig.volume.db,
            own={key: value for key, value in self.own.standing(own).items() if value is not None},
            file=None if self.position is None else self.setlist.paths[self.position].name,
        )

    def poll(self, steady: bool) -> None:
        """Prepare the other presets, tell when they are ready, and now and then write down what is played."""
        super().poll(steady)
        self.keeper.poll()

    def close(self) -> None:
        """Write down what was played, and prepare nothing more."""
        self.keeper.close()
        super().close()
