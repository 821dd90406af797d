"""Choosing among cabinets: stepping, searching, favourites, a shortlist, A against B, and blind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import RigError
from ..carried import Carried
from .browse_order import VIEW_NAMES, VIEWS
from .cabinets import Cabinets
from .mixer import Mixer, Scene


class Audition(Carried):
    """The commands of choosing. What they ask for arrives by `arrive`."""

    CARRIED = ("_searched", "_scenes", "_heard")
    REMADE = ("cabinets", "desk", "tell")

    def __init__(self, cabinets: Cabinets, mixer: Mixer) -> None:
        self.cabinets, self.mixer, self.tell = cabinets, mixer, cabinets.tell
        self._searched = ""
        self._scenes: dict[str, Scene] = {}
        self._heard = ""  # A or B, whichever was compared last

    def arrive(self, timeout_s: float) -> None:
        """Play what was asked for as soon as it is ready; what is wrong with it is told, and what plays goes on."""
        try:
            item = self.cabinets.bank.wait(timeout_s)
        except RigError as error:
            self.tell(str(error))
            self.cabinets.refuse()
            return
        if item is not None:
            self.mixer.select(item)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remember what was remembered; the scenes are prepared for this rate."""
        super().restore(state)
        self._scenes = {name: self.mixer.scene_again(scene) for name, scene in self._scenes.items()}

    # ------------------------------------------------------------ stepping
    def _step(self, direction: int) -> None:
        bank, browsing = self.cabinets.bank, self.cabinets.browsing
        if not bank.paths:
            self.tell("There is no cabinet to step to: name a folder of IRs when starting, or open one (I).")
            return
        position = browsing.step(bank.position, direction)
        if position is None:
            self.tell(f"There is nothing among {VIEW_NAMES[browsing.view]}; s steps through others.")
            return
        self.cabinets.go(position, direction)

    def do_next_ir(self) -> None:
        """The next one."""
        self._step(1)

    def do_previous_ir(self) -> None:
        """The one before."""
        self._step(-1)

    def do_first_ir(self) -> None:
        """The first one."""
        if self.cabinets.browsing.positions:
            self.cabinets.go(self.cabinets.browsing.positions[0], 1)

    def do_last_ir(self) -> None:
        """The last one."""
        if self.cabinets.browsing.positions:
            self.cabinets.go(self.cabinets.browsing.positions[-1], -1)

    def do_jump_ir(self, text: str) -> None:
        """By its number in the tour."""
        browsing, number = self.cabinets.browsing, text.strip()
        position = browsing.numbered(int(number)) if number.isdecimal() and len(number) < 10 else None
        if position is None:
            raise RigError(
                f"{number or 'Nothing'} is no number of a cabinet; there are 1 to {len(browsing.positions)}."
            )
        self.cabinets.go(position)

    def found(self, text: str) -> list[int]:
        """The positions of the tour whose path holds every word of the text, in the order of the tour."""
        words, bank = text.casefold().split(), self.cabinets.bank
        names = ((at, str(bank.paths[at]).casefold()) for at in self.cabinets.browsing.positions)
        return [at for at, name in names if all(word in name for word in words)]

    def preview(self, text: str) -> str:
        """What a search would find, while it is typed."""
        if self.cabinets.browsing.blind or not text.strip():
            return ""
        found = self.found(text)
        return f"{len(found)} found" + (f", {self.cabinets.label(self._from_here(found))}" if found else "")

    def _from_here(self, found: list[int]) -> int:
        browsing, here = self.cabinets.browsing, self.cabinets.browsing.place(self.cabinets.bank.position)
        later = (at for at in found if here is not None and (browsing.place(at) or 0) > here)
        return next(later, found[0])

    def do_search_ir(self, text: str) -> None:
        """By words; without a text the next one of the last search."""
        self._forbid_blind("Searching")
        self._searched = text.strip() or self._searched
        found = self.found(self._searched) if self._searched else []
        if not found:
            raise RigError(f"No cabinet is called like {self._searched!r}." if self._searched else "Nothing to search.")
        self.tell(f"Search   {self._searched}: {len(found)} found")
        self.cabinets.go(self._from_here(found))

    def _forbid_blind(self, what: str) -> None:
        if self.cabinets.browsing.blind:
            raise RigError(f"{what} would tell names; v takes the blindfold off.")

    # ------------------------------------------------------------ remarks and the shortlist
    def _remark(self, **fields: object) -> None:
        path, hand, favourites = self.cabinets.hand_path, self.cabinets.hand, self.cabinets.favourites
        if path is None or hand is None:
            raise RigError("There is no cabinet to remark on.")
        if self.mixer.is_on:
            hand = self.mixer.parts[self.mixer.chosen].item
        if not fields:
            before = favourites.of(path, hand.ir.content_hash)
            fields = {"favourite": not (before is not None and before.favourite)}
        after = favourites.change(path, hand.ir.content_hash, **fields)
        self.cabinets.browsing.again(self.cabinets.bank.position)
        label = self._label()
        if "note" in fields:
            self.tell(f"Noted    {label}: {after.note or '(nothing)'}")
        else:
            self.tell(f"Choice   {label} is {'a' if after.favourite else 'no'} favourite")

    def _here(self) -> int:
        position = self.cabinets.position
        if position is None:
            raise RigError("What plays is not in this folder.")
        return position

    def _label(self) -> str:
        path = self.cabinets.hand_path
        if self.cabinets.browsing.blind:
            return self.cabinets.label(self._here())
        return "the cabinet" if path is None else path.name

    def do_favourite(self) -> None:
        """A favourite, or none any more."""
        self._remark()

    def do_note(self, text: str) -> None:
        """A note; an empty one takes it away."""
        self._remark(note=text.strip())

    def do_keep(self) -> None:
        """On the shortlist, or not."""
        at, browsing = self._here(), self.cabinets.browsing
        kept = browsing.keep(at)
        self.tell(f"Choice   {self.cabinets.label(at)} is {'kept' if kept else 'not kept'}: {len(browsing.kept)} kept")

    def do_reject(self) -> None:
        """Never again, and on to the next."""
        at, browsing = self._here(), self.cabinets.browsing
        label = self.cabinets.label(at)
        browsing.reject(at)
        self.tell(f"Choice   {label} is rejected: {len(browsing.positions)} left")
        self._step(1)

    def do_view(self) -> None:
        """All, the kept, the favourites."""
        browsing = self.cabinets.browsing
        browsing.look_at(VIEWS[(VIEWS.index(browsing.view) + 1) % len(VIEWS)], self.cabinets.bank.position)
        self.tell(f"Choice   next and previous go through {VIEW_NAMES[browsing.view]}: {len(browsing.positions)}")

    def do_everything(self) -> None:
        """Nothing is kept or rejected any more."""
        self.cabinets.browsing.include_all()
        self.tell(f"Choice   all {len(self.cabinets.browsing.positions)} cabinets are in play again")

    # ------------------------------------------------------------ A and B
    def _mark(self, which: str) -> None:
        scene = self.mixer.scene()
        if scene is None:
            raise RigError("No cabinet plays that could be marked.")
        self._scenes[which], self._heard = scene, which
        other = "" if len(self._scenes) == 2 else f"; mark the other one with {'B' if which == 'A' else 'A'}"
        self.tell(f"Compare  {self._scene_label(scene)} is {which}{other}; tab changes between the two")

    def _scene_label(self, scene: Scene) -> str:
        if scene.mixed:
            return f"the mix of {len(scene.parts)}"
        return "it" if self.cabinets.browsing.blind else scene.item.ir.name

    def do_mark_a(self) -> None:
        """What plays is A."""
        self._mark("A")

    def do_mark_b(self) -> None:
        """What plays is B."""
        self._mark("B")

    def do_compare(self) -> None:
        """The other of the two."""
        if len(self._scenes) < 2:
            raise RigError("There is nothing to compare yet: mark one cabinet with A and another one with B.")
        self._heard = "A" if self._heard == "B" else "B"
        scene = self._scenes[self._heard]
        self.tell(f"Compare  {self._heard}: {self._scene_label(scene)}")
        self.mixer.show(scene)

    # ------------------------------------------------------------ blind
    def do_blind(self) -> None:
        """Names off and a random order; then the names."""
        browsing, bank = self.cabinets.browsing, self.cabinets.bank
        if browsing.blind:
            heard = browsing.reveal(bank.position)
            self.tell("Blind    these were:")
            for number, at in heard:
                mark = " (kept)" if at in browsing.kept else " (rejected)" if at in browsing.rejected else ""
                self.tell(f"         number {number}: {bank.paths[at].name}{mark}")
            self.cabinets.describe()
            return
        if self.mixer.is_on:
            raise RigError("A mix cannot be heard blind; z leaves it.")
        self.cabinets.pass_over_problems()
        first = self._blindfold()
        if not self.cabinets.equal.is_on:
            self.cabinets.do_equal_loudness()
        self.cabinets.go(first)

    def begin_blind(self) -> None:
        """Before anything sounds: names off, and one at random in hand. Raises IRError, as `Cabinets.first`."""
        self.cabinets.equal.switch(True)
        self.cabinets.first(blind=True)
        try:
            self.cabinets.browsing.heard_blind.append(self._blindfold(self.cabinets.bank.position))
        except RigError as error:
            self.tell(str(error))

    def _blindfold(self, first: int | None = None) -> int:
        browsing = self.cabinets.browsing
        begins_with = browsing.blindfold(first)
        if begins_with is None:
            raise RigError("Blind listening needs two cabinets or more.")
        self.tell(
            f"Blind    {len(browsing.positions)} cabinets in random order, without names; y keeps, x rejects, v reveals"
        )
        return begins_with
