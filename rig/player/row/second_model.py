"""The second model of a row: stepped through like the first, and put behind whatever plays there.

It is read in a thread of its own; the row that plays is made, with one fade, when it is there. A first model that comes
later is put in front of it in the same way (`row_now`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ...errors import ModelError, RigError
from ...files.folders import beside, telling_names
from ...library import entered_levels
from ...nam import Blend, Model, Pair, Row
from ...nam.pair import PairSettings
from ..browse_order import BrowseOrder
from ..browser import PreloadedBrowser
from ..carried import Snapshot
from ..events import Event
from ..live_rig import LiveRig
from ..neighbours import NeighbourPreloader
from ..tools.loudness_measurement import PATIENCE_S

WORDS_FOR_NOTHING = ("none", "off", "-")


@dataclass(frozen=True, slots=True)
class ReadModel:
    """A model that has been read. `entered_dbu`: the input level that the player entered for it once."""

    model: Model
    entered_dbu: float | None

    @classmethod
    def load(cls, path: Path, size: float) -> ReadModel:
        """Raises ModelError for a file that cannot be played."""
        model = Model.load(path, size)
        return cls(model, entered_levels.input_level(model.content_hash))

    @property
    def nbytes(self) -> int:
        """The weights."""
        return 8 * self.model.weight_count


class SecondModel(PreloadedBrowser):
    """What plays behind the first model. `model` None: nothing, and then it costs nothing.

    `anew` makes the list of first models prepare its neighbours again, as they play in this row.
    """

    NOUN, NONE = "second model", "There is no second model to step to; {open_second} names one."
    CARRIED = (*PreloadedBrowser.CARRIED, "model", "settings", "beside", "share", "between_trim_db", "size")

    def __init__(
        self, rig: LiveRig, paths: Sequence[Path], anew: Callable[[], None], size: float, blend: float | None
    ) -> None:
        super().__init__()
        self.rig, self.tell, self._anew, self.size = rig, rig.tell, anew, size
        self.model: Model | None = None
        self.settings: PairSettings = {}
        self.beside, self.share = blend is not None, 0.5 if blend is None else blend  # side by side, not in a row
        self.between_trim_db = 0.0
        self._stock(paths)

    def _stock(self, paths: Sequence[Path]) -> None:
        size = self.size
        self.preloader = NeighbourPreloader(paths, lambda path: ReadModel.load(path, size))
        self._order, self._names = BrowseOrder(paths, set), telling_names(paths)

    @property
    def name(self) -> str:
        """What plays behind the first model; empty where nothing does."""
        return "" if self.model is None else self.model.path.name

    def go(self, position: int, direction: int = 1) -> None:
        """Ask for the file at a position; it sounds when it is there."""
        self.preloader.go(position, direction)

    # ------------------------------------------------------------ what plays
    def start(self) -> None:
        """Read the first of the files, before the first model is. Raises RigError if that fails."""
        self._take(ReadModel.load(self.files[0], self.size))

    def row_now(self) -> Callable[[Model], Model]:
        """What makes of a model what plays here: itself, or a row; as things stand now, for any thread."""
        second, settings, share, trim_db = self.model, self.settings, self.share, self.between_trim_db
        if second is None:
            return lambda first: first
        if not self.beside:
            return lambda first: Row.of(first, second, between_trim_db=trim_db, **settings)

        def blended(first: Model) -> Model:
            entered_dbu = entered_levels.input_level(first.content_hash)
            return Blend.of(first, second, share=share, first_input_dbu=entered_dbu, **settings)

        return blended

    def arrive(self, timeout_s: float) -> None:
        """Play what was asked for if it is ready; what is wrong with it is told, and what plays goes on."""
        try:
            found = self.preloader.wait(timeout_s)
            if found is None:
                return
            before = self.model, self.settings
            self._take(found)
            try:
                self._play()
            except RigError:
                self.model, self.settings = before
                raise
            self._describe()
        except RigError as error:
            self.tell(Event("error", str(error)))
            if self.model is not None and self.model.path in self.files:
                self.preloader.position = self.files.index(self.model.path)

    def _take(self, found: ReadModel) -> None:
        """It is the second model; how the row is set stays, but for what was entered for another one."""
        self.model = found.model
        self.settings = {**self.settings, "second_input_dbu": found.entered_dbu, "off": None}

    def _play(self) -> None:
        """Fade over to the row as it is now."""
        playing = self.rig.sound.model
        if playing is None:
            raise RigError("No model plays.")
        self._fade_to(self.row_now()(playing.first if isinstance(playing, Pair) else playing), bypassed=False)

    def _fade_to(self, made: Model, bypassed: bool | None) -> None:
        rig = self.rig
        before = rig.sound.changed(model=made)  # it keeps what was measured of the same two, set otherwise
        unmeasured = before.changed(measured=None)
        measured = rig.measured(made, PATIENCE_S if unmeasured.lacks_loudness else 0.0)
        rig.play(before if measured is None else before.changed(measured=measured), bypassed=bypassed)
        self._anew()

    def _describe(self) -> None:
        pair = self.rig.sound.model
        if not isinstance(pair, Pair):
            self.tell(Event("model", "No second model."))
            return
        how = "beside" if self.beside else "into"
        self.tell(Event("model", f"{pair.first.path.name} {how} {self.name}: {pair.shape}"))
        self.tell(Event("more", f"{pair.JOINED}: {pair.together}"))
        for warning in pair.warnings[len(pair.first.warnings) :]:
            self.tell(Event("more", warning))
        self.rig.describe_levels()

    def follow(self, model: Model) -> bool:
        """Something else has put two models, or one, into play: go on from there; whether that is something new."""
        before = self.kept
        if not isinstance(model, Pair):
            self.model, self.settings, self.between_trim_db = None, {}, 0.0
            return before[0] is not None
        self.model, self.beside = model.second, isinstance(model, Blend)
        self.settings = {
            "second_input_dbu": model.second_input_dbu,
            "first_quality": model.first_quality,
            "second_quality": model.second_quality,
            "off": model.off,
        }
        if isinstance(model, Row):
            self.between_trim_db = model.between_trim_db
        if isinstance(model, Blend):
            self.share = model.share
        if model.second.path not in self.files:
            self.preloader.close(0.0)
            self._stock(beside(model.second.path, (".nam",)))
        self.preloader.position, self.preloader.waiting = self.files.index(model.second.path), False
        return before != self.kept

    @property
    def kept(self) -> tuple[object, ...]:
        """All that decides what plays behind or beside the first model."""
        return self.model, self.settings, self.beside, self.share, self.between_trim_db

    # ------------------------------------------------------------ commands
    def open(self, text: str) -> None:
        """A file, a folder, or `none`: what plays behind the first model."""
        if text.strip().casefold() in WORDS_FOR_NOTHING:
            self.take_away()
            return
        path = Path(text.strip()).expanduser()
        if not text.strip() or not path.exists():
            raise ModelError(f"{text.strip() or 'Nothing'}: there is no such file or folder; name one, or none.")
        paths = beside(path / "any.nam" if path.is_dir() else path, (".nam",))
        paths = [each for each in paths if each.exists()]
        if not paths:
            raise ModelError(f"{path}: this folder holds no .nam file; name a file or another folder.")
        self.preloader.close(0.0)
        self._stock(paths)
        self.go(0 if path.is_dir() else paths.index(path))

    def take_away(self) -> None:
        """The first model plays alone."""
        if self.model is None:
            raise RigError("There is no second model; {open_second} names one.")
        self.model, self.settings, self.between_trim_db = None, {}, 0.0
        self._play()
        self._describe()

    def change(self, **settings: Any) -> None:
        """Set the row otherwise, with one fade: which is off, how good each one is."""
        if self.model is None:
            raise RigError("There is no second model; {open_second} names one.")
        before, after = self.settings, dict(self.settings)
        after.update(settings)
        self.settings = cast("PairSettings", after)
        try:
            self._play()
        except RigError:
            self.settings = before
            raise

    def trim(self, between_trim_db: float) -> None:
        """Turn up or down what the second hears."""
        row = self.rig.sound.model
        if self.model is None or not isinstance(row, Row):
            if self.model is not None:
                raise RigError("There is nothing between two models side by side.")
            raise RigError("There is no second model; {open_second} names one.")
        self.between_trim_db = between_trim_db
        self.rig.adjust(row.changed(between_trim_db=between_trim_db))
        self._anew()

    def blend(self, share: float) -> None:
        """How much of the second is heard, where the two play side by side."""
        blend = self.rig.sound.model
        if self.model is None:
            raise RigError("There is no second model; {open_second} names one.")
        self.share = share
        if isinstance(blend, Blend):
            self.rig.adjust(blend.changed(share=share))
            self._anew()

    def hear_first_at(self, input_dbu: float | None) -> None:
        """The first model was made at this level: beside it, the second hears so much more or less."""
        blend = self.rig.sound.model
        if isinstance(blend, Blend) and blend.first_input_dbu != input_dbu:
            self._fade_to(blend.changed(first_input_dbu=input_dbu), bypassed=None)

    def place(self, beside: bool) -> None:
        """The second model beside the first, or behind it, with one fade."""
        if self.model is None:
            raise RigError("There is no second model; {open_second} names one.")
        before, self.beside = self.beside, beside
        try:
            self._play()
        except RigError:
            self.beside = before
            raise
        self._describe()

    @property
    def playing_size(self) -> float:
        """The size of what plays, or of the next one that has several."""
        return self.size if self.model is None or not self.model.sizes else self.model.size

    def resize(self, size: float) -> None:
        """Another size of the second model, and of every one from now on that has several."""
        self.size = round(size, 6)
        position = self.asked
        self.preloader.close(0.0)
        self._stock(self.files)
        self.preloader.position = position
        if self.model is not None and self.model.sizes:
            self.go(position)

    # ------------------------------------------------------------ a restart at another rate
    def snapshot(self) -> Snapshot:
        """The list, and where in it the player stands."""
        here = {"paths": list(self.files), "position": self.asked, "waiting": self.preloader.waiting}
        return super().snapshot() | here

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand where the player stood, and ask again for what was on its way."""
        super().restore(state)
        self.preloader.close(0.0)
        self._stock(state["paths"])
        self.preloader.position = state["position"]
        if state["waiting"]:
            self.preloader.go(state["position"])

    def close(self) -> None:
        """Read nothing more."""
        self.preloader.close()
