"""The models that the keys step through, and how the one that was asked for comes to sound.

A step moves the position in the list at once. The file there sounds as soon as it is ready (`arrive`), which it mostly
is, as the neighbours are prepared ahead. If the steps come faster, only the last one sounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..errors import ConfigError, LevelError, ModelError, RigError
from ..files.folders import beside, telling_names
from ..lane import Lane
from ..levels import entered_level
from ..library import entered_levels
from ..library.favourites import Favourites
from ..nam import Model, Pair
from .browse_order import VIEWS_OF_MODELS, BrowseOrder
from .browser import PreloadedBrowser
from .carried import Snapshot
from .events import Event
from .live_rig import LiveRig
from .neighbours import NeighbourPreloader
from .prepared_model import PreparedModel
from .tools.loudness_measurement import PATIENCE_S


@dataclass(frozen=True, slots=True)
class Facts:
    """What a list says of a model that has been read."""

    architecture: str
    has_level: bool  # whether it states, or the player entered, its input level
    macs_per_sample: float


class Behind(Protocol):
    """What plays behind the models of the list, if anything does."""

    @property
    def name(self) -> str:
        """What it is called; empty where there is nothing."""
        ...

    def row_now(self) -> Callable[[Model], Model]:
        """What makes of a model what plays, as things stand now; for any thread."""

    def follow(self, model: Model) -> bool:
        """Go on from what plays now, put together elsewhere; whether others play otherwise from now on."""

    def hear_first_at(self, input_dbu: float | None) -> None:
        """The model of the list that plays was made at this level."""


class Models(PreloadedBrowser):
    """A list of model files and a position in it. `size`: of models that have several, 0 to 1.

    `entered_dbu`: the level the player entered for the first model; another one has a level of its own. `behind`: what
    each of them plays in front of.
    """

    NOUN, NONE = "model", "There is no model to step to."
    CARRIED = (*PreloadedBrowser.CARRIED, "size", "entered_dbu", "_ends_bypass")
    REMADE = ("rig", "behind", "tell", "preloader", "favourites", "_order", "_names", "facts", "problems")

    def __init__(
        self, rig: LiveRig, paths: Sequence[Path], size: float, entered_dbu: float | None, behind: Behind
    ) -> None:
        super().__init__()
        self.rig, self.behind, self.tell, self.size, self.entered_dbu = rig, behind, rig.tell, size, entered_dbu
        self.favourites = Favourites(lambda sentence: self.tell(Event("warning", sentence)), kind="models")
        self._ends_bypass = True  # does the model that is asked for end the bypass? Not if that was pressed later
        self.facts: dict[Path, Facts] = {}  # of what has been read
        self.problems: dict[Path, str] = {}  # of what cannot be used, as far as it is known
        self._stock(paths)

    def _stock(self, paths: Sequence[Path]) -> None:
        """Next and previous go through these files."""
        self.preloader = self._preloader(paths)
        self._order = BrowseOrder(paths, lambda: self.favourites.among(self.files))
        self._names = telling_names(self.files)

    def _preloader(self, paths: Sequence[Path]) -> NeighbourPreloader[PreparedModel]:
        size, quality, in_row = self.size, self.rig.sound.quality, self.behind.row_now()
        return NeighbourPreloader(paths, lambda path: self._read(path, size, quality, in_row).measured())

    def _read(self, path: Path, size: float, quality: int, in_row: Callable[[Model], Model]) -> PreparedModel:
        """Read a file, in whatever thread, and note for lists what there is to know of it."""
        try:
            prepared = PreparedModel.load(path, size, self.rig.engine.sample_rate, quality, in_row)
        except RigError as error:
            self.problems[path] = str(error)
            raise
        model = prepared.model
        has_level = model.input_level_dbu is not None or prepared.entered_dbu is not None
        first = model.first if isinstance(model, Pair) else model
        self.facts[path] = Facts(first.family or first.shape, has_level, first.macs_per_sample)
        self.problems.pop(path, None)
        return prepared

    # ------------------------------------------------------------ the list
    @property
    def asked_name(self) -> str:
        """The name of the file that was asked for last, and of what it plays in front of."""
        model = self.rig.sound.model
        if model is not None and self._is_elsewhere:
            return self.name_of(model)
        if not self.files:
            return ""
        return f"{self.label(self.asked)} + {self.behind.name}" if self.behind.name else self.label(self.asked)

    def name_of(self, model: Model) -> str:
        """What a model is called that plays; of a row, both."""
        index = self.index_of(model.path)
        name = model.path.name if index is None else self.label(index)
        return f"{name} + {model.second.path.name}" if isinstance(model, Pair) else name

    def index_of(self, path: Path) -> int | None:
        """Where in the list a file stands; None: it is not in there."""
        if self.files and self.files[self.asked] == path:
            return self.asked
        return self.files.index(path) if path in self.files else None

    @property
    def _is_elsewhere(self) -> bool:
        """Whether what plays is not in the list, and nothing of the list is on its way."""
        model = self.rig.sound.model
        return model is not None and not self.preloader.waiting and self.index_of(model.path) is None

    @property
    def place(self) -> str:
        """Where in the list the player stands, like `12/300`; empty if there is only one."""
        if len(self.files) < 2:
            return ""
        at, view = None if self._is_elsewhere else self.order.place(self.asked), self.order.view
        return f"{'-' if at is None else at + 1}/{len(self.order.positions)}{'' if view == 'all' else f' {view}'}"

    # ------------------------------------------------------------ what plays
    def start(self, first_cabinet: Callable[[], None], named: bool) -> None:
        """Play the first file, or, where it was not `named` itself, the first that can be used.

        `first_cabinet` takes its cabinet in hand. Raises RigError for a file that was named and cannot be used, or if
        none of them can.
        """
        refused: dict[int, RigError] = {}
        for position in range(1 if named else len(self.files)):
            self.preloader.position = position
            try:
                prepared = self._read(self.files[position], self.size, self.rig.sound.quality, self.behind.row_now())
            except RigError as error:
                refused[position] = error
                continue
            for reason in refused.values():
                self.tell(Event("error", str(reason)))
            self.order.pass_over(set(refused), position)
            first_cabinet()
            self._play(prepared)
            return
        if len(refused) == 1:
            raise refused[0]
        raise ModelError(f"None of {len(refused)} models can be used. The first: {refused[0]}")

    def arrive(self, timeout_s: float) -> None:
        """Play what was asked for if it is ready; what is wrong with it is told, and what plays goes on."""
        try:
            prepared = self.preloader.wait(timeout_s)
            if prepared is not None:
                self._play(prepared)
        except RigError as error:
            self.tell(Event("error", str(error)))
            self._refuse()

    def _refuse(self) -> None:
        """What was asked for cannot be used: what plays goes on, is shown, and the next step leads past the file."""
        refused, model = self.asked, self.rig.sound.model
        if model is not None and model.path in self.files:
            self.preloader.position = self.files.index(model.path)
        if refused != self.asked:
            self.order.pass_over({refused}, self.asked)

    def play_from_elsewhere(self, prepared: PreparedModel, *, ends_bypass: bool, describes: bool) -> None:
        """Play a model that is not in the list, with one fade; next and previous go on from where the list stands.

        Raises RigError for one that cannot be played; then nothing has changed.
        """
        before, self._ends_bypass = self._ends_bypass, ends_bypass
        try:
            self._play(prepared, describes)
        finally:
            self._ends_bypass = before

    def _play(self, prepared: PreparedModel, describes: bool = True) -> None:
        """Play a model at the level that was entered for it, now or earlier; what is wrong with it raises first."""
        rig, model, entered_dbu = self.rig, prepared.model, self.entered_dbu
        known_dbu = prepared.entered_dbu if entered_dbu is None else entered_dbu
        sound = rig.sound.changed(model=model, model_input_dbu=known_dbu)
        sound = sound.changed(measured=rig.measured(model, PATIENCE_S if sound.lacks_loudness else 0.0))
        lane = rig.play(
            sound,
            prepared.network if prepared.quality == sound.quality else None,  # a preset may have changed it meanwhile
            lambda: rig.cabinets.for_model(model),
            bypassed=rig.bypassed and not self._ends_bypass,
            reduced=False,
        )
        self.keep_entered_level(model)
        if describes:
            self._describe(model, lane)

    def keep_entered_level(self, model: Model) -> None:
        """Remember the level that was entered at the start for this model, the first to play, if that is possible."""
        if self.entered_dbu is not None:
            try:
                entered_levels.remember_input_level(model.heard_hash, model.path.name, self.entered_dbu)
            except ConfigError as error:  # it plays at that level all the same
                self.tell(Event("warning", str(error)))
            self.entered_dbu = None

    def _describe(self, model: Model, lane: Lane) -> None:
        place = f" ({self.place})" if self.place else ""
        size = f", size {model.size:g}" if model.sizes else ""
        self.tell(Event("model", f"{self.name_of(model)}{place}: {model.shape}{size}"))
        note = self.rig.sound.rate_note(self.rig.engine.sample_rate, lane.latency_samples)
        between = (f"{model.JOINED}: {model.together}",) if isinstance(model, Pair) else ()
        for warning in (*between, *([note] if note else ()), *model.warnings):
            self.tell(Event("more", f"{warning}"))
        self.rig.cabinets.describe()
        self.rig.describe_levels()

    def set_position(self, model: Model) -> None:
        """A preset plays this model: next and previous go on from it, among the files beside it."""
        changed = self.behind.follow(model)
        if model.path not in self.files:
            self.preloader.close(0.0)
            self._stock(beside(model.path, (".nam",)))
        self.preloader.position, self.preloader.waiting = self.files.index(model.path), False
        self._ends_bypass = True
        if changed:
            self.read_anew()

    def read_anew(self) -> None:
        """What was read ahead plays in front of something else now."""
        self._read_anew(self.preloader.waiting)

    # ------------------------------------------------------------ what keys do
    def go(self, position: int, direction: int = 1) -> None:
        """Ask for the file at a position; it sounds when it is ready."""
        self.entered_dbu, self._ends_bypass = None, True
        self.preloader.go(position, direction)

    @property
    def is_favourite(self) -> bool:
        """Whether what plays is a favourite."""
        model = self.rig.sound.model
        remark = None if model is None else self.favourites.of(model.path, model.heard_hash)
        return remark is not None and remark.favourite

    def favour(self, favourite: bool) -> None:
        """What plays is a favourite, or none any more; remembered."""
        model = self.rig.sound.model
        if model is None:
            raise RigError("No model plays.")
        self.favourites.change(model.path, model.heard_hash, favourite=favourite)
        self.order.again(self.asked)
        self.tell(Event("choice", f"{self.name_of(model)} is {'a' if favourite else 'no'} favourite"))

    def view(self, view: str) -> None:
        """Step through all models, or through the favourites."""
        if view == "found" and not self.order.found:
            raise RigError("Nothing has been found yet; {search_model} searches, {like_model} lists what is alike.")
        self.order.unusable.clear()  # a file may have been mended meanwhile
        self.order.look_at(view, self.asked)
        what = {"all": "all models", "favourites": "the favourite models", "found": "the models that were found"}[view]
        self.tell(Event("choice", f"next and previous go through {what}: {len(self.order.positions)}"))

    def press_view(self) -> None:
        """The next view in which there is something to find."""
        views = VIEWS_OF_MODELS if self.order.found else tuple(each for each in VIEWS_OF_MODELS if each != "found")
        self.view(views[(views.index(self.order.view) + 1) % len(views)] if self.order.view in views else views[0])

    def show_found(self, paths: Sequence[Path], is_entered: bool, playing: Path | None = None) -> None:
        """These were found, in this order, in whatever folders: they join the list, and the view `found` has them.

        `is_entered`: next and previous go through them from now on; from `playing`, or from where the list stands.
        """
        asked = playing if playing is not None else self.files[self.asked]
        own = [path for at, path in enumerate(self.files) if at not in self.order.guests]
        files = list(dict.fromkeys([*own, *paths, asked]))
        places = {path: at for at, path in enumerate(files)}
        waiting = self.preloader.waiting and playing is None
        self.preloader.close(0.0)
        self.preloader, self._names = self._preloader(files), telling_names(files)
        self.order.receive(files, [places[path] for path in dict.fromkeys(paths)], set(range(len(own), len(files))))
        self.preloader.position, self.preloader.waiting = places[asked], waiting
        if waiting:
            self.preloader.go(places[asked])
        if is_entered or self.order.view == "found":
            self.order.look_at("found", places[asked])

    def _nothing_in_view(self) -> str:
        return "No model is a favourite; {view_models} steps through all."

    @property
    def playing_size(self) -> float:
        """The size of what plays, or of the next one that has several."""
        model = self.rig.sound.model
        return self.size if model is None or not model.sizes else model.size

    def resize(self, size: float) -> None:
        """Another size of what plays, and of every model from now on that has several."""
        size = round(size, 6)
        model, waiting = self.rig.sound.model, self.preloader.waiting
        if size == self.size and (model is None or not model.sizes or model.size == size):
            return
        self.size = size
        asks = waiting or (model is not None and bool(model.sizes) and not self._is_elsewhere)
        if asks:
            self._ends_bypass = waiting and self._ends_bypass
        self._read_anew(asks)
        if model is not None and not model.sizes:
            self.tell(Event("state", f"{self.name_of(model)} has one size only; size {size:g} holds for others."))
        elif model is not None and self._is_elsewhere:
            self.tell(Event("state", f"Size {size:g} holds from the next better epoch on."))

    def _read_anew(self, asks: bool) -> None:
        """What was read ahead is of another size or quality; `asks`: play what the list stands at, once it is there."""
        position = self.asked
        self.preloader.close(0.0)
        self.preloader = self._preloader(self.files)
        self.preloader.position = position
        if asks:
            self.preloader.go(position)

    def set_quality(self, quality: int) -> None:
        """Play what plays, and every model from now on, at so many times its rate; it is said what it adds."""
        rig = self.rig
        lane = rig.play(rig.sound.changed(quality=quality))
        self._read_anew(self.preloader.waiting)
        network = lane.network
        late = f", {network.latency_samples} samples late" if network is not None and network.latency_samples else ""
        self.tell(Event("state", f"Quality {quality}x{late}"))

    def enter_level(self, text: str) -> None:
        """The level that what plays was made at, in dBu at 0 dBFS, kept for its file; `none`: what it says itself.

        Raises LevelError for what is neither.
        """
        model, typed = self.rig.sound.model, text.strip().casefold()
        if model is None:
            raise RigError("No model plays.")
        if typed == "none":
            self.rig.change_levels(model_input_dbu=None)
            self.behind.hear_first_at(None)
            self.rig.describe_levels()
            return
        try:
            dbu = float(typed.removesuffix("dbu").strip().replace(",", "."))
        except ValueError:
            raise LevelError(f"{text.strip() or 'Nothing'} is no level: type it in dBu, or none.") from None
        level = entered_level(dbu, "model input level")
        self.rig.change_levels(model_input_dbu=level.dbu)
        self.rig.describe_levels()
        try:
            entered_levels.remember_input_level(model.heard_hash, model.path.name, level.dbu)
        except ConfigError as error:  # it plays at that level all the same
            self.tell(Event("warning", str(error)))
        self.behind.hear_first_at(level.dbu)

    def bypass(self, bypassed: bool) -> None:
        """The dry guitar through the cabinet, or the model; a model that is on its way does not end it."""
        self._ends_bypass = False
        self.rig.bypass(bypassed)
        dry = "Bypass: the dry guitar, without model and without gain."
        self.tell(Event("state", dry if bypassed else "The model plays again."))

    # ------------------------------------------------------------ a restart at another rate
    def snapshot(self) -> Snapshot:
        """The list, and where in it the player stands."""
        here = {"paths": list(self.files), "position": self.asked, "waiting": self.preloader.waiting}
        return super().snapshot() | here | {"order": self.order.snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand where the player stood, and ask again for what was on its way."""
        super().restore(state)
        self.preloader.close(0.0)
        self._stock(state["paths"])
        self.order.restore(state["order"])
        self.preloader.position = state["position"]
        if state["waiting"]:
            self.preloader.go(state["position"])

    def close(self) -> None:
        """Read nothing more."""
        self.preloader.close()
