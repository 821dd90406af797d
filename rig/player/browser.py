"""Going through a list of files by steps, numbers, words and favourites: cabinets and models alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from ..errors import RigError
from .browse_order import VIEW_NAMES, BrowseOrder
from .carried import Carried
from .events import Event, Tell
from .neighbours import NeighbourPreloader


class Browser(ABC, Carried):
    """Where the keys lead. `NOUN`: what the files are; `NONE`: what is said where there are none."""

    NOUN, NONE = "file", "There is no file to step to."
    CARRIED: ClassVar[tuple[str, ...]] = ("_searched",)
    tell: Tell

    def __init__(self) -> None:
        self._searched = ""  # the words of the last search

    @property
    @abstractmethod
    def order(self) -> BrowseOrder:
        """The order in which the files are gone through."""

    @property
    @abstractmethod
    def asked(self) -> int:
        """The position that was asked for last, in the list of files."""

    @property
    @abstractmethod
    def files(self) -> Sequence[Path]:
        """The files."""

    @abstractmethod
    def go(self, position: int, direction: int = 1) -> None:
        """Ask for the file at a position; `direction`: where the next steps may lead."""

    def label(self, position: int) -> str:
        """What a file is called."""
        return self.files[position].name

    # ------------------------------------------------------------ steps and numbers
    def step(self, direction: int) -> None:
        """The next (1) or previous (-1) one, in a circle."""
        if not self.files:
            self.tell(Event("state", self.NONE))
            return
        position = self.order.step(self.asked, direction)
        if position is None:
            self.tell(Event("state", self._nothing_in_view()))
            return
        self.go(position, direction)

    def _nothing_in_view(self) -> str:
        return f"There is nothing among {VIEW_NAMES[self.order.view]}."

    def go_to_end(self, direction: int) -> None:
        """The first one (1), from where the next steps lead on, or the last one (-1)."""
        stops = self.order.positions
        if stops:
            self.go(stops[0] if direction > 0 else stops[-1], direction)

    def choose(self, index: int) -> None:
        """By its index in the list of files, from 0, whatever the order. Refused while listening blind."""
        if self.order.blind:
            raise RigError("An index would tell names; {blind} takes the blindfold off.")
        if not 0 <= index < len(self.files):
            raise RigError(f"There is no {self.NOUN} {index}; there are {len(self.files)}, counted from 0.")
        self.go(index)

    def jump(self, text: str) -> None:
        """By its number in the order."""
        order, number = self.order, text.strip()
        position = order.numbered(int(number)) if number.isdecimal() and len(number) < 10 else None
        if position is None:
            raise RigError(f"{number or 'Nothing'} is no number of a {self.NOUN}; there are {order.numbers_there}.")
        self.go(position)

    # ------------------------------------------------------------ words
    def found(self, text: str) -> list[int]:
        """The positions whose path holds every word of the text, in order."""
        words = text.casefold().split()
        names = ((at, str(self.files[at]).casefold()) for at in self.order.positions)
        return [at for at, name in names if all(word in name for word in words)]

    def preview(self, text: str) -> str:
        """What a search would find, while it is typed."""
        if self.order.blind or not text.strip():
            return ""
        found = self.found(text)
        return f"{len(found)} found" + (f", {self.label(self._from_here(found))}" if found else "")

    def _from_here(self, found: list[int]) -> int:
        here = self.order.place(self.asked)
        later = (at for at in found if here is not None and (self.order.place(at) or 0) > here)
        return next(later, found[0])

    def check_search(self) -> None:
        """Raise a RigError while a search would tell names: before a text is typed, too."""
        if self.order.blind:
            raise RigError("Searching would tell names; {blind} takes the blindfold off.")

    def search(self, text: str) -> None:
        """By words; without a text the next one of the last search."""
        self.check_search()
        self._searched = text.strip() or self._searched
        found = self.found(self._searched) if self._searched else []
        if not found:
            raise RigError(
                f"No {self.NOUN} is called like {self._searched!r}." if self._searched else "Nothing to search."
            )
        self.tell(Event("search", f"{self._searched}: {len(found)} found"))
        self.go(self._from_here(found))


class PreloadedBrowser(Browser):
    """A browser whose files are read ahead."""

    preloader: NeighbourPreloader[Any]
    _order: BrowseOrder
    _names: list[str]

    @property
    def order(self) -> BrowseOrder:
        """The order in which the files are gone through."""
        return self._order

    @property
    def asked(self) -> int:
        """The position that was asked for last."""
        return self.preloader.position

    @property
    def files(self) -> list[Path]:
        """The files."""
        return self.preloader.paths

    def label(self, position: int) -> str:
        """What a file is called: the name that tells it from all others."""
        return self._names[position]
