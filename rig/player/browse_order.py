"""The order in which next and previous go through a bank: a shortlist that narrows, and blind listening.

All is positions in the bank's list of files; nothing here sounds.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from pathlib import Path

from .carried import Carried

VIEWS = ("all", "kept", "favourites")
VIEWS_OF_MODELS = ("all", "favourites", "found")
VIEW_NAMES = {
    "all": "all but the rejected",
    "kept": "the kept",
    "favourites": "the favourites",
    "found": "what was found",
}


class BrowseOrder(Carried):
    """Where the keys lead. `favourites` answers which of the paths are favourites now."""

    CARRIED = (
        *("kept", "rejected", "unusable", "view", "blind", "numbers", "heard_blind", "_random", "_gap", "positions"),
        *("_places", "_forgotten", "found", "guests"),
    )
    REMADE = ("paths", "_favourites")

    def __init__(self, paths: Sequence[Path], favourites: Callable[[], set[Path]], seed: int | None = None) -> None:
        self.paths, self._favourites = list(paths), favourites
        self.kept: set[int] = set()
        self.rejected: set[int] = set()
        self.unusable: set[int] = set()  # stepped over like the rejected, until everything is wanted again
        self.found: list[int] = []  # what a search found last, in its order
        self.guests: set[int] = set()  # in the list for that only, and not among all
        self.view = "all"
        self.blind = False
        self.numbers: dict[int, int] = {}  # what positions are called while blind, from 1; they keep their numbers
        self.heard_blind: list[int] = []  # what was visited since the blindfold went on
        self._random = random.Random(seed)
        self._gap = 0  # where the position stood that has left the order
        self._forgotten: tuple[set[int], set[int], str] | None = None  # kept, rejected and view, before all was wanted
        self.positions: list[int] = []  # the positions, in order
        self._make()

    def _make(self) -> None:
        everything = range(len(self.paths))
        if self.view == "favourites":
            liked = self._favourites()
            positions = [at for at in everything if self.paths[at] in liked]
        elif self.view == "kept":
            positions = sorted(self.kept)
        elif self.view == "found":
            positions = list(self.found)
        else:
            positions = [at for at in everything if at not in self.rejected and at not in self.guests]
        self.positions = [at for at in positions if at not in self.unusable]
        self._places = {at: i for i, at in enumerate(self.positions)}

    def place(self, position: int) -> int | None:
        """The position's number in the order, from 0; None: it is not in it."""
        return self._places.get(position)

    def numbered(self, number: int) -> int | None:
        """The position of a number as it is shown, from 1; None: there is none in the order."""
        if self.blind:
            return next((at for at in self.positions if self.blind_number(at) == number), None)
        return self.positions[number - 1] if 1 <= number <= len(self.positions) else None

    @property
    def numbers_there(self) -> str:
        """The numbers that `numbered` knows, in words."""
        known = sorted(self.numbers[at] for at in self.positions) if self.blind else list(range(1, len(self.paths) + 1))
        known = known[: len(self.positions)]
        return f"1 to {len(known)}" if known == list(range(1, len(known) + 1)) else ", ".join(map(str, known))

    def blind_number(self, position: int) -> int:
        """What a position is called while blind; one that has no number yet gets the next."""
        return self.numbers.setdefault(position, len(self.numbers) + 1)

    def step(self, position: int, direction: int) -> int | None:
        """The neighbour of a position, behind the last the first; None: the order is empty."""
        if not self.positions:
            return None
        place = self.place(position)
        if place is not None:
            return self.positions[(place + direction) % len(self.positions)]
        return self.positions[(self._gap - (direction < 0)) % len(self.positions)]

    def order(self, position: int, direction: int) -> list[int]:
        """All positions of the bank, those that the next keys may ask for first."""
        around: list[int] = []
        if self.positions:
            place, count = self.place(position), len(self.positions)
            middle = self._gap if place is None else place
            ways = (way for k in range(1, count // 2 + 2) for way in (2 * k - 1, 2 * k, -k))  # two ahead, one behind
            around = [self.positions[(middle + direction * way) % count] for way in ways]
        return list(dict.fromkeys([position, *around, *self.positions, *range(len(self.paths))]))

    def receive(self, paths: Sequence[Path], found: Sequence[int], guests: set[int]) -> None:
        """Another search: `paths` are the list's own files as before, and behind them its guests, of this search."""
        self.unusable -= self.guests
        self.paths, self.found, self.guests = list(paths), list(found), set(guests)
        self._make()

    # ------------------------------------------------------------ narrowing
    def keep(self, position: int, kept: bool) -> None:
        """Keep it, or keep it no more."""
        self.rejected.discard(position)
        self.kept = self.kept | {position} if kept else self.kept - {position}
        self.again(position)

    def choose_again(self, position: int, kept: bool, rejected: bool) -> None:
        """Have it as it was before."""
        self.kept = self.kept | {position} if kept else self.kept - {position}
        self.rejected = self.rejected | {position} if rejected else self.rejected - {position}
        self.again(position)

    def reject(self, position: int) -> None:
        """Step over it from now on."""
        self.kept.discard(position)
        self.rejected.add(position)
        self.again(position)

    def pass_over(self, positions: set[int], here: int) -> None:
        """Leave out what cannot be used."""
        if not positions <= self.unusable:
            self.unusable |= positions
            self.again(here)

    def include_all(self) -> bool:
        """Everything is in the order again; done once more, what was forgotten is back: True."""
        before, self._forgotten = self._forgotten, None
        if before is not None and not (self.kept or self.rejected):
            self.kept, self.rejected, self.view = before
            self.again()
            return True
        if self.kept or self.rejected:
            self._forgotten = self.kept, self.rejected, self.view
        self.kept, self.rejected, self.unusable, self.view = set(), set(), set(), "all"
        self.again()
        return False

    def look_at(self, view: str, position: int) -> None:
        """Go through all, the kept or the favourites."""
        self.view = view
        self.again(position)

    def again(self, position: int = 0) -> None:
        """Make the order anew; a position that leaves it, or is not in it, keeps its neighbours."""
        before, place = self.positions, self.place(position)
        self._make()
        if self.blind:  # the order of before; what is new comes last, shuffled
            still, known = set(self.positions), set(before)
            new = [at for at in self.positions if at not in known]
            self._random.shuffle(new)
            for at in new:
                self.blind_number(at)
            self.positions = [*(at for at in before if at in still), *new]
            self._places = {at: i for i, at in enumerate(self.positions)}
        if self.place(position) is None:
            self._gap = place if self.blind and place is not None else bisect_left(sorted(self.positions), position)

    # ------------------------------------------------------------ blind
    def shuffled(self) -> list[int]:
        """The stops in a random order."""
        return self._random.sample(self.positions, len(self.positions))

    def blindfold(self, first: int | None = None) -> int | None:
        """Shuffle, and begin with the first, or with one that was drawn before; None: there is nothing to compare."""
        if len(self.positions) < 2:
            return None
        self.blind, self.heard_blind = True, []
        self.positions = self.shuffled()
        if first is not None:
            self.positions.remove(first)
            self.positions.insert(0, first)
        self._places = {at: i for i, at in enumerate(self.positions)}
        self.numbers = {at: i + 1 for i, at in enumerate(self.positions)}
        return self.positions[0]

    def reveal(self, position: int) -> list[tuple[int, int]]:
        """Take the blindfold off: number and position of everything that was heard, by number."""
        heard = sorted((self.blind_number(at), at) for at in set(self.heard_blind) - self.unusable)
        self.blind = False
        self.again(position)
        return heard
