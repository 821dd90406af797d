"""Models looked for while playing: among the files in hand at once, and in the library behind them.

The library is read and searched in a thread of its own, on however slow a disk; keys and sound go on, and what was
found is told when it is there. It joins the list of models, in the order in which it was found, so that next and
previous step through it with the fade that every change of models has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...catalogue.beside_playing.consulted import EMPTY, Consulted, there
from ...catalogue.beside_playing.typed_words import parsed
from ...catalogue.words import Wanted
from ...errors import RigError
from ...nam import Pair
from ..background import BackgroundJobs
from ..browser import Browser
from ..events import Event
from ..live_rig import LiveRig
from ..models import Models

MOST = 50  # that join the list; who finds more types more words
ALIKE, TOLD = 20, 8  # that are listed as alike, and that are told one by one


@dataclass(frozen=True, slots=True)
class Answer:
    """What the library says. `total`: how many were found, of which `paths` join the list."""

    apply: Callable[[Answer], None]
    paths: tuple[Path, ...] = ()
    total: int = 0
    more: tuple[str, ...] = ()  # a line for each of the first
    suggestion: str | None = None
    empty: str = ""  # a sentence, where it holds nothing


class Finding:
    """See the module's text."""

    def __init__(self, rig: LiveRig, models: Models, index: Path | None = None) -> None:
        self.rig, self.models, self.tell = rig, models, rig.tell
        self._library = Consulted(index)
        self._jobs: BackgroundJobs[Answer] = BackgroundJobs(newest_only=True)
        self._previews: BackgroundJobs[tuple[str, str]] = BackgroundJobs(newest_only=True)
        self._previewed = self._preview = ("", "")  # a text, and what the library has of it

    @property
    def waiting(self) -> bool:
        """Whether an answer is on its way."""
        return self._jobs.waiting

    def arrive(self, timeout_s: float) -> None:
        """What was found is told, listed and played; what went wrong is told."""
        try:
            answer = self._jobs.answer(timeout_s)
            if answer is not None:
                answer.apply(answer)
        except RigError as error:
            self.tell(Event("error", str(error)))

    # ------------------------------------------------------------ by words and facts
    def search(self, text: str) -> None:
        """Search; the next one among the files in hand plays at once, else the first that the library has.

        Without a text: the next one found. Raises RigError for a wish that is none.
        """
        typed = text.strip()
        if not typed:
            self._next_found()
            return
        query, wanted = parsed(typed)
        here = self._in_hand(query) if query and wanted == Wanted() else []
        beside = [self.models.files[at] for at in here]
        if here:
            if self.models.order.view == "found":
                self.models.order.look_at("all", self.models.asked)
            self.models.search(query)
        self._jobs.ask(lambda: self._found(typed, query, wanted, beside))

    def _in_hand(self, query: str) -> list[int]:
        """The positions that match among those that next and previous go through; of what was found among all own."""
        order, words = self.models.order, query.casefold().split()
        if order.view != "found":
            return self.models.found(query)
        own = ((at, str(path).casefold()) for at, path in enumerate(self.models.files) if at not in order.guests)
        return [at for at, name in own if all(word in name for word in words)]

    def _next_found(self) -> None:
        if self.models.order.view == "found":
            self.models.step(1)
        else:
            self.models.search("")

    def _found(self, typed: str, query: str, wanted: Wanted, beside: list[Path]) -> Answer:
        """In a thread: what the library holds, without what lies in hand."""

        def apply(answer: Answer) -> None:
            self._show(typed, beside, answer)

        try:
            library = self._library.library()
        except RigError as error:
            if str(error) != EMPTY:
                raise
            return Answer(apply, empty=EMPTY)
        known = set(beside)
        found = [model for model in library.find(query, wanted) if not known.intersection(model.paths)]
        better = library.suggest(query) if not found and query else None
        return Answer(apply, tuple(path for path, _ in there(found[:MOST])), len(found), suggestion=better)

    def _show(self, typed: str, beside: list[Path], answer: Answer) -> None:
        if beside:
            if answer.paths:
                self.models.show_found([*beside, *answer.paths], is_entered=False)
                more = f"{answer.total} more in the library{self._cut(answer)}"
                self.tell(Event("search", f"{more}; {{view_models}} steps through what was found, too"))
            return
        if not answer.paths:
            raise RigError(self._nothing(typed, answer))
        self.models.show_found(answer.paths, is_entered=True)
        self.tell(Event("search", f"{typed}: {answer.total} found in the library{self._cut(answer)}"))
        self.models.go_to_end(1)

    def _cut(self, answer: Answer) -> str:
        return f", the first {len(answer.paths)} of them listed" if answer.total > len(answer.paths) else ""

    def _nothing(self, typed: str, answer: Answer) -> str:
        if answer.empty:
            return f"No model is called like {typed!r}, and the library is empty: rig library scan FOLDER fills it."
        hint = f"; did you mean {answer.suggestion!r}?" if answer.suggestion else "."
        return f"No model is called like {typed!r}, here or in the library{hint}"

    def preview(self, text: str) -> str:
        """What a search would find, while it is typed: here at once, in the library as soon as that is known."""
        try:
            query, wanted = parsed(text)
        except RigError:
            return ""
        here = self._preview_here(query) if wanted == Wanted() else ""
        if not text.strip():
            return here
        try:
            self._preview = self._previews.answer() or self._preview
        except RigError:
            self._preview = text, ""
        if self._previewed != (text, query):
            self._previewed = text, query
            self._previews.ask(lambda: (text, f"{len(self._library.library().find(query, wanted))} in the library"))
        known, there_text = self._preview
        return ", ".join(part for part in (here, there_text if known == text else "") if part)

    def _preview_here(self, query: str) -> str:
        if self.models.order.view != "found" or not query:
            return self.models.preview(query)
        found = self._in_hand(query)
        return f"{len(found)} found" + (f", {self.models.label(found[0])}" if found else "")

    # ------------------------------------------------------------ with one key for both
    def search_either(self, text: str, cabinets: Browser) -> None:
        """Cabinets, or, with a / in front, models."""
        if text.lstrip().startswith("/"):
            self.search(text.lstrip()[1:])
        else:
            cabinets.search(text)

    def preview_either(self, text: str, cabinets: Browser) -> str:
        """What that would find."""
        models = text.lstrip().startswith("/")
        return self.preview(text.lstrip()[1:]) if models else cabinets.preview(text)

    # ------------------------------------------------------------ more like this
    def like(self) -> None:
        """List the models nearest to the one that plays; next and previous step through them. Raises RigError."""
        model = self.rig.sound.model
        if model is None:
            raise RigError("No model plays.")
        first = model.first if isinstance(model, Pair) else model
        path, sha256, name = first.path, first.content_hash, self.models.name_of(first)

        def apply(answer: Answer) -> None:
            self._show_alike(path, name, answer)

        def job() -> Answer:
            near = there(self._library.like(path, sha256, ALIKE))
            lines = tuple(f"{found.distance:.2f}  {where.name}" for where, found in near[:TOLD])
            return Answer(apply, tuple(where for where, _ in near), len(near), lines)

        self._jobs.ask(job)

    def _show_alike(self, path: Path, name: str, answer: Answer) -> None:
        if not answer.paths:
            raise RigError(f"The library holds nothing beside {name}; rig library scan FOLDER reads more.")
        self.models.show_found([path, *answer.paths], True, None if self.models.preloader.waiting else path)
        self.tell(Event("search", f"like {name}: {answer.total}, the nearest first; {{next_model}} steps through them"))
        for line in answer.more:
            self.tell(Event("more", line))
