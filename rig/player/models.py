"""The models that the keys step through, and how the one that was asked for comes to sound.

A step moves the position in the list at once. The file there sounds as soon as it is ready (`arrive`), which it mostly
is, as the neighbours are prepared ahead. If the steps come faster, only the last one sounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import RigError
from ..files.folders import beside
from ..lane import Lane
from ..library import entered_levels
from ..nam import Model
from .carried import Carried, Snapshot
from .live_rig import LiveRig
from .neighbours import NeighbourPreloader
from .prepared_model import PreparedModel
from .tools.loudness_measurement import PATIENCE_S


class Models(Carried):
    """A list of model files and a position in it. `size`: of models that have several, 0 to 1.

    `entered_dbu`: the level the player entered for the first model; another one has a level of its own.
    """

    CARRIED = ("size", "entered_dbu", "_ends_bypass")
    REMADE = ("rig", "tell", "shelf")

    def __init__(self, rig: LiveRig, paths: Sequence[Path], size: float, entered_dbu: float | None) -> None:
        self.rig, self.tell, self.size, self.entered_dbu = rig, rig.tell, size, entered_dbu
        self._ends_bypass = True  # does the model that is asked for end the bypass? Not if that was pressed later
        self.shelf = self._shelf(paths)

    def _shelf(self, paths: Sequence[Path]) -> NeighbourPreloader[PreparedModel]:
        size, rate = self.size, self.rig.engine.sample_rate
        return NeighbourPreloader(paths, lambda path: PreparedModel.load(path, size, rate).measured())

    @property
    def paths(self) -> list[Path]:
        """The files."""
        return self.shelf.paths

    @property
    def position(self) -> int:
        """Of the file that was asked for last."""
        return self.shelf.position

    @property
    def place(self) -> str:
        """Where in the list the player stands, like `12/300`; empty if there is only one."""
        count = len(self.paths)
        return f"{self.position + 1}/{count}" if count > 1 else ""

    # ------------------------------------------------------------ what plays
    def start(self, first_cabinet: Callable[[], None]) -> None:
        """Play the first file; raises RigError if it cannot be used. `first_cabinet` takes its cabinet in hand."""
        prepared = PreparedModel.load(self.shelf.path, self.size, self.rig.engine.sample_rate)
        first_cabinet()
        self._play(prepared)

    def arrive(self, timeout_s: float) -> None:
        """Play what was asked for if it is ready; what is wrong with it is told, and what plays goes on."""
        try:
            prepared = self.shelf.wait(timeout_s)
            if prepared is not None:
                self._play(prepared)
        except RigError as error:
            self.tell(str(error))

    def _play(self, prepared: PreparedModel) -> None:
        """Play a model at the level that was entered for it, now or earlier; what is wrong with it raises first."""
        rig, model, entered_dbu = self.rig, prepared.model, self.entered_dbu
        known_dbu = prepared.entered_dbu if entered_dbu is None else entered_dbu
        sound = rig.sound.changed(model=model, model_input_dbu=known_dbu)
        sound = sound.changed(measured=rig.measured(model, PATIENCE_S if sound.lacks_loudness else 0.0))
        lane = rig.play(
            sound,
            prepared.network,
            lambda: rig.cabinets.for_model(model),
            bypassed=rig.bypassed and not self._ends_bypass,
            reduced=False,
        )
        self.keep_entered_level(model)
        self._describe(model, lane)

    def keep_entered_level(self, model: Model) -> None:
        """Remember the level that was entered at the start for this model, the first to play. Raises ConfigError."""
        if self.entered_dbu is not None:
            entered_levels.remember_input_level(model.content_hash, model.path.name, self.entered_dbu)
            self.entered_dbu = None

    def _describe(self, model: Model, lane: Lane) -> None:
        place = f" ({self.place})" if self.place else ""
        size = f", size {model.size:g}" if model.sizes else ""
        self.tell(f"Model    {model.path.name}{place}: {model.shape}{size}")
        note = self.rig.sound.rate_note(self.rig.engine.sample_rate, lane.latency_samples)
        for warning in (*([note] if note else ()), *model.warnings):
            self.tell(f"         {warning}")
        self.rig.cabinets.describe()
        self.rig.describe_levels()

    def set_position(self, model: Model) -> None:
        """A preset plays this model: next and previous go on from it, among the files beside it."""
        if model.path not in self.paths:
            self.shelf.close(0.0)
            self.shelf = self._shelf(beside(model.path, (".nam",)))
        self.shelf.position, self.shelf.waiting = self.paths.index(model.path), False
        self._ends_bypass = True

    # ------------------------------------------------------------ steps
    def step(self, direction: int) -> None:
        """The next (1) or previous (-1) one, in a circle."""
        self.go((self.position + direction) % len(self.paths), direction)

    def go(self, position: int, direction: int = 1) -> None:
        """The one at a position; counted from the end if it is negative."""
        self.entered_dbu, self._ends_bypass = None, True
        self.shelf.go(position % len(self.paths), direction)

    def bypass(self, bypassed: bool) -> None:
        """The dry guitar through the cabinet, or the model; a model that is on its way does not end it."""
        self._ends_bypass = False
        self.rig.bypass(bypassed)

    # ------------------------------------------------------------ a restart at another rate
    def snapshot(self) -> Snapshot:
        """The list, and where in it the player stands."""
        here = {"paths": list(self.paths), "position": self.position, "waiting": self.shelf.waiting}
        return super().snapshot() | here

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand where the player stood, and ask again for what was on its way."""
        super().restore(state)
        self.shelf.close(0.0)
        self.shelf = self._shelf(state["paths"])
        self.shelf.position = state["position"]
        if state["waiting"]:
            self.shelf.go(state["position"])

    def close(self) -> None:
        """Read nothing more."""
        self.shelf.close()
