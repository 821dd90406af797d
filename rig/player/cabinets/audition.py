"""Choosing among cabinets: stepping, searching, favourites, a shortlist, A against B, and blind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...cabinet.ir import IR
from ...cabinet.prepared import PreparedIR
from ...errors import RigError
from ...library.favourites import Remark
from ..browse_order import VIEW_NAMES, BrowseOrder
from ..browser import Browser
from ..events import Event
from .cabinets import Cabinets
from .mixer import Mixer, Scene

MOST_CHOICES = 100  # that can be taken back


def _choice(kept: bool, rejected: bool) -> str:
    return "kept" if kept else "rejected" if rejected else "neither kept nor rejected"


class Audition(Browser):
    """The commands of choosing. What they ask for arrives by `arrive`."""

    NOUN = "cabinet"
    NONE = "There is no cabinet to step to: name a folder of IRs when starting, or open one ({open_irs})."
    CARRIED = (*Browser.CARRIED, "_scenes", "_heard", "_choices")
    REMADE = ("cabinets", "mixer", "tell")

    def __init__(self, cabinets: Cabinets, mixer: Mixer) -> None:
        super().__init__()
        self.cabinets, self.mixer, self.tell = cabinets, mixer, cabinets.tell
        self._scenes: dict[str, Scene] = {}
        self._heard = ""  # A or B, whichever was compared last
        self._choices: list[tuple[int, bool, bool]] = []  # positions, and whether they were kept or rejected before

    def arrive(self, timeout_s: float) -> None:
        """Play what was asked for as soon as it is ready; what is wrong with it is told, and what plays goes on."""
        try:
            item = self.cabinets.bank.wait(timeout_s)
        except RigError as error:
            self.tell(Event("error", str(error)))
            self.cabinets.refuse()
            return
        if item is not None:
            self.mixer.select(item)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remember what was remembered; the scenes are prepared for this rate."""
        super().restore(state)
        self._scenes = {name: self.mixer.scene_again(scene) for name, scene in self._scenes.items()}

    # ------------------------------------------------------------ the list, for `Browser`
    @property
    def order(self) -> BrowseOrder:
        """The order in which the cabinets are gone through."""
        return self.cabinets.browsing

    @property
    def asked(self) -> int:
        """The position in the bank that was asked for last."""
        return self.cabinets.bank.position

    @property
    def files(self) -> Sequence[Path]:
        """The files of the bank."""
        return self.cabinets.bank.paths

    def go(self, position: int, direction: int = 1) -> None:
        """Ask for a file of the bank."""
        self.cabinets.go(position, direction)

    def label(self, position: int) -> str:
        """What a cabinet is called; only its number while listening blind."""
        return self.cabinets.label(position)

    def _nothing_in_view(self) -> str:
        return f"{super()._nothing_in_view().removesuffix('.')}; {{view}} steps through others."

    # ------------------------------------------------------------ remarks and the shortlist
    def _remark(self, **fields: object) -> None:
        self.check_remark()
        path, hand, favourites = self.cabinets.hand_path, self._in_hand(), self.cabinets.favourites
        assert path is not None and hand is not None
        after = favourites.change(path, hand.ir.content_hash, **fields)
        self.cabinets.browsing.again(self.cabinets.bank.position)
        label = self._label()
        if "note" in fields:
            self.tell(Event("noted", f"{label}: {after.note or '(nothing)'}"))
        else:
            self.tell(Event("choice", f"{label} is {'a' if after.favourite else 'no'} favourite"))

    def check_remark(self) -> None:
        """Raise a RigError where there is no cabinet to remark on."""
        if self.cabinets.hand_path is None or self.cabinets.hand is None:
            raise RigError("There is no cabinet to remark on.")

    def _here(self) -> int:
        position = self.cabinets.position
        if position is None:
            raise RigError("What plays is not in this folder.")
        return position

    def _label(self) -> str:
        path = self.cabinets.hand_path
        if self.cabinets.browsing.blind:
            return self.cabinets.label(self._here())
        return "the cabinet" if path is None else self.cabinets.name_of(path, path.name)

    @property
    def is_favourite(self) -> bool:
        """Whether what plays is a favourite; while listening blind that would tell something, so False."""
        remark = self._remarked()
        return remark is not None and remark.favourite and not self.order.blind

    def _remarked(self) -> Remark | None:
        path, hand = self.cabinets.hand_path, self._in_hand()
        return None if path is None or hand is None else self.cabinets.favourites.of(path, hand.ir.content_hash)

    def _in_hand(self) -> PreparedIR | None:
        """The cabinet that remarks are about: of a mix the chosen part."""
        return self.mixer.parts[self.mixer.chosen].item if self.mixer.is_on else self.cabinets.hand

    @property
    def note_of_playing(self) -> str:
        """The note about what plays."""
        remark = self._remarked()
        return "" if remark is None else remark.note

    def press_favourite(self) -> None:
        """A favourite, or none any more, whichever it was."""
        remark = self._remarked()
        self._remark(favourite=not (remark is not None and remark.favourite))

    def favour(self, favourite: bool) -> None:
        """A favourite, or none any more."""
        self._remark(favourite=favourite)

    def note(self, text: str) -> None:
        """A note; an empty one takes it away."""
        self._remark(note=text.strip())

    @property
    def is_kept(self) -> bool:
        """Whether what plays is on the shortlist."""
        return self.cabinets.position in self.cabinets.browsing.kept

    def keep(self, kept: bool) -> None:
        """On the shortlist, or not."""
        at, browsing = self._here(), self.cabinets.browsing
        self._note_choice(at)
        browsing.keep(at, kept)
        self.tell(
            Event("choice", f"{self.cabinets.label(at)} is {'kept' if kept else 'not kept'}: {len(browsing.kept)} kept")
        )

    def reject(self) -> None:
        """Never again, and on to the next."""
        at, browsing = self._here(), self.cabinets.browsing
        label = self.cabinets.label(at)
        self._note_choice(at)
        browsing.reject(at)
        self.tell(Event("choice", f"{label} is rejected: {len(browsing.positions)} left"))
        self.step(1)

    def _note_choice(self, at: int) -> None:
        browsing = self.cabinets.browsing
        choice = at, at in browsing.kept, at in browsing.rejected
        self._choices = [*self._choices, choice][-MOST_CHOICES:]

    def undo_choice(self) -> None:
        """Take back what was kept or rejected last, and hear it again."""
        browsing = self.cabinets.browsing
        if not self._choices:
            raise RigError("Nothing has been kept or rejected that could be taken back.")
        at, kept, rejected = self._choices[-1]
        self._choices = self._choices[:-1]
        browsing.choose_again(at, kept, rejected)
        self.tell(Event("choice", f"taken back: {self.cabinets.label(at)} is {_choice(kept, rejected)}"))
        if at != self.cabinets.position:
            self.go(at)

    def view(self, view: str) -> None:
        """All, the kept, the favourites."""
        browsing = self.cabinets.browsing
        browsing.look_at(view, self.cabinets.bank.position)
        self.tell(
            Event("choice", f"next and previous go through {VIEW_NAMES[browsing.view]}: {len(browsing.positions)}")
        )

    def include_all(self) -> None:
        """Nothing is kept or rejected any more; once more: as it was before."""
        browsing = self.cabinets.browsing
        kept, rejected = len(browsing.kept), len(browsing.rejected)
        if browsing.include_all():
            back = f"{len(browsing.kept)} kept and {len(browsing.rejected)} rejected are so again"
            self.tell(Event("choice", back))
            return
        undo = f"; {kept} kept and {rejected} rejected are forgotten ({{everything}} brings that back)"
        forgotten = undo if kept or rejected else ""
        self.tell(Event("choice", f"all {len(browsing.positions)} cabinets are in play again{forgotten}"))

    # ------------------------------------------------------------ A and B
    def mark(self, which: str) -> None:
        """What plays is A, or B."""
        scene = self.mixer.scene()
        if scene is None:
            raise RigError("No cabinet plays that could be marked.")
        self._scenes[which], self._heard = scene, which
        other = (
            "" if len(self._scenes) == 2 else f"; mark the other one with {'{mark_b}' if which == 'A' else '{mark_a}'}"
        )
        self.tell(
            Event("compare", f"{self._scene_label(scene)} is {which}{other}; {{compare}} changes between the two")
        )

    def _scene_label(self, scene: Scene) -> str:
        if scene.mixed:
            return f"the mix of {len(scene.parts)}"
        blind = "it" if self.cabinets.browsing.blind else scene.item.ir.name
        return self.cabinets.name_of(scene.path, blind)

    @property
    def heard(self) -> str:
        """A or B, if that is what plays; empty: neither."""
        scene = self._scenes.get(self._heard)
        return self._heard if scene is not None and scene.item is self.cabinets.hand else ""

    def marked(self, which: str) -> str | None:
        """What is marked as A or B, by name; None: nothing."""
        return self._scene_label(self._scenes[which]) if which in self._scenes else None

    def marked_ir(self, which: str) -> IR | None:
        """The response that is marked."""
        return self._scenes[which].item.ir if which in self._scenes else None

    def press_compare(self) -> None:
        """The other of the two."""
        self.compare("A" if self._heard == "B" else "B")

    def compare(self, which: str) -> None:
        """A, or B."""
        if len(self._scenes) < 2:
            raise RigError(
                "There is nothing to compare yet: mark one cabinet with {mark_a} and another one with {mark_b}."
            )
        self._heard = which
        scene = self._scenes[self._heard]
        self.tell(Event("compare", f"{self._heard}: {self._scene_label(scene)}"))
        self.mixer.show(scene)

    # ------------------------------------------------------------ blind
    def listen_blind(self, blind: bool) -> None:
        """Names off and a random order; then the names."""
        if not blind:
            self._reveal()
            return
        if self.mixer.is_on:
            raise RigError("A mix cannot be heard blind; {mix} leaves it.")
        self.cabinets.pass_over_problems()
        first = self._blindfold()
        if not self.cabinets.equal.is_on:
            self.cabinets.play_equally_loud(True)
        self.cabinets.go(first)

    def _reveal(self) -> None:
        browsing = self.cabinets.browsing
        heard = browsing.reveal(self.cabinets.bank.position)
        self.tell(Event("blind", "these were:"))
        for number, at in heard:
            mark = " (kept)" if at in browsing.kept else " (rejected)" if at in browsing.rejected else ""
            self.tell(Event("more", f"number {number}: {self.cabinets.label(at)}{mark}"))
        self.cabinets.describe()

    def begin_blind(self) -> None:
        """Before anything sounds: names off, and one at random in hand. Raises IRError, as `Cabinets.first`."""
        self.cabinets.equal.switch(True)
        self.cabinets.first(blind=True)
        try:
            self.cabinets.browsing.heard_blind.append(self._blindfold(self.cabinets.bank.position))
        except RigError as error:
            self.tell(Event("error", str(error)))

    def _blindfold(self, first: int | None = None) -> int:
        browsing = self.cabinets.browsing
        begins_with = browsing.blindfold(first)
        if begins_with is None:
            raise RigError("Blind listening needs two cabinets or more.")
        keys = "{keep} keeps, {reject} rejects, {blind} reveals"
        self.tell(Event("blind", f"{len(browsing.positions)} cabinets in random order, without names; {keys}"))
        return begins_with
