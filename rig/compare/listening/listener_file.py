"""What one listener was promised and did, as a file; and what in it can be checked.

    {
      "kind": "rig listen listener", "schema": 1,
      "id":        name of its key, hex
      "test":      hash of the test it belongs to (`hash` of test.json)
      "listener":  name
      "created":   UTC
      "promise":   SHA-256 over salt, order, test and listener
      "sealed":    order and salt, combined with a pad that lies elsewhere; hex
      "head":      SHA-256 over all of the above
      "events":    [{"what", "at", "link", ...}, ...]
      "order", "salt", "closing":   only once all screens are closed
    }

Events, screens and positions counted from 0 as they are in the listener's own order:

    {"what": "heard", "training": bool, "screen": s, "position": p or null}      null: the open reference
    {"what": "rated", "screen": s, "position": p, "score": 0 to 100}             the last one counts
    {"what": "comment", "screen": s, "text": "..."}
    {"what": "closed", "training": bool, "screen": s}
    {"what": "training left out"}

`link` is SHA-256 over the event and the link before it (`head`, for the first); `closing` over the last link, order
and salt. So every byte is covered, as far as a file can cover itself: see `chain.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...errors import CompareError
from ...files.numbers import is_whole
from .chain import digest, linked, read_json
from .prepared import Prepared
from .scale import HIGHEST, LOWEST, letter
from .sealing import Order, promise_of

SCHEMA = 1
LISTENER = "rig listen listener"
HEAD = ("kind", "schema", "id", "test", "listener", "created", "promise", "sealed")
REVEALED = ("order", "salt", "closing")
LONGEST_COMMENT = 1000  # characters
FIELDS = {
    "heard": {"training", "screen", "position"},
    "rated": {"screen", "position", "score"},
    "comment": {"screen", "text"},
    "closed": {"training", "screen"},
    "training left out": set(),
}


@dataclass(slots=True)
class Course:
    """Where a sitting stands: what its events come to. `scores[s]` maps positions of screen s to scores."""

    screens: int
    positions: int
    trained: int = 0  # training screens that are closed
    left_out: bool = False  # the training
    closed: int = 0
    heard: set[tuple[bool, int, int | None]] = field(default_factory=set)
    scores: list[dict[int, int]] = field(default_factory=list)
    comments: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scores = [{} for _ in range(self.screens)]

    def after(self, event: Mapping[str, Any]) -> Course:
        """The course gone on by an event; this one stays as it is. Raises ValueError, see `take`."""
        found = replace(self, heard=set(self.heard), comments=dict(self.comments))
        found.scores = [dict(each) for each in self.scores]
        found.take(event)
        return found

    @property
    def is_training(self) -> bool:
        """Whether the training is not over yet."""
        return self.trained < self.screens and not self.left_out

    @property
    def screen(self) -> int:
        """The screen at hand."""
        return self.trained if self.is_training else self.closed

    @property
    def is_over(self) -> bool:
        """Whether every screen is closed."""
        return not self.is_training and self.closed == self.screens

    def has_heard(self, position: int | None) -> bool:
        """Whether that one was heard on the screen at hand."""
        return (self.is_training, self.screen, position) in self.heard

    def missing(self) -> str | None:
        """Why the screen at hand cannot be closed, as a sentence; None: it can."""
        unheard = [p for p in range(self.positions) if not self.has_heard(p)]
        if not self.has_heard(None) or unheard:
            which = ["the reference"] * (not self.has_heard(None)) + [letter(p) for p in unheard]
            return f"Not heard yet: {', '.join(which)}."
        if self.is_training:
            return None
        scores = self.scores[self.screen]
        unrated = [letter(p) for p in range(self.positions) if p not in scores]
        if unrated:
            return f"Not rated yet: {', '.join(unrated)}."
        if max(scores.values()) < HIGHEST:
            return (
                f"Give {HIGHEST} to at least one: the reference is among them, and nothing is closer to it than itself."
            )
        return None

    def take(self, event: Mapping[str, Any]) -> None:
        """Go on by one event. Raises ValueError where it cannot have happened then."""
        what = event.get("what")
        if what not in FIELDS or set(event) != FIELDS[what] | {"what", "at", "link"} or self.is_over:
            raise ValueError("no such event")
        if "screen" in event and (event["screen"] != self.screen or not is_whole(event["screen"], 0, self.screens)):
            raise ValueError("another screen")
        if event.get("training", self.is_training) is not self.is_training:
            raise ValueError("another part")
        position = event.get("position")
        if position is not None and not is_whole(position, 0, self.positions - 1):
            raise ValueError("no such position")
        if what == "heard":
            self.heard.add((self.is_training, self.screen, position))
        elif what == "rated":
            if self.is_training or not is_whole(event["score"], LOWEST, HIGHEST) or not self.has_heard(position):
                raise ValueError("no score")
            if position is None:
                raise ValueError("no such position")
            self.scores[self.screen][position] = event["score"]
        elif what == "comment":
            if self.is_training or not isinstance(event["text"], str) or len(event["text"]) > LONGEST_COMMENT:
                raise ValueError("no comment")
            self.comments[self.screen] = event["text"]
        elif what == "training left out":
            if not self.is_training:
                raise ValueError("it is over")
            self.left_out = True
        else:
            if self.missing() is not None:
                raise ValueError("closed too early")
            if self.is_training:
                self.trained += 1
            else:
                self.closed += 1


@dataclass(frozen=True, slots=True)
class Listener:
    """The file of a listener, read; `problems`: what in it does not fit, as clauses. `order` None: not over yet."""

    path: Path
    data: dict[str, Any]
    course: Course
    order: Order | None
    problems: tuple[str, ...]

    @property
    def name(self) -> str:
        """As it was given."""
        return str(self.data["listener"])

    @property
    def closing_hash(self) -> str:
        """What covers all that was done so far: of a finished sitting `closing`, else the last link."""
        events = self.data["events"]
        return str(self.data.get("closing") or (events[-1]["link"] if events else self.data["head"]))


def head_of(data: Mapping[str, Any]) -> str:
    """The hash of what a file begins with."""
    return digest([data[name] for name in HEAD])


def closing_of(data: Mapping[str, Any], order: Mapping[str, Any], salt: str) -> str:
    """The hash that ends a file."""
    last = data["events"][-1]["link"] if data["events"] else data["head"]
    return digest([last, dict(order), salt])


def read_listener(path: Path, test: Prepared) -> Listener:
    """Read and check the file of a listener. Raises CompareError if it is none, is damaged, or was edited in its form.

    What does not fit together in it stands in `problems`.
    """
    data = read_json(path, "what a listener did", LISTENER, SCHEMA, None)
    names = set(data) - {"head", "events"}
    finished = "order" in data
    if names != set(HEAD) | (set(REVEALED) if finished else set()):
        raise CompareError(f"{path.name} is damaged: a part of it is missing, or there is one too many.")
    texts = [data[name] for name in (*HEAD, *REVEALED[1:]) if name in data and name != "schema"] + [data.get("head")]
    if not all(isinstance(each, str) for each in texts) or not re.fullmatch("[0-9a-f]{1,64}", data["id"]):
        raise CompareError(f"{path.name} is damaged: a part of it is of the wrong kind.")
    events = data.get("events")
    if not isinstance(events, list) or not all(isinstance(each, dict) for each in events):
        raise CompareError(f"{path.name} is damaged: what happened in it is missing.")
    problems, course, order = [], Course(test.sections, len(test.conditions)), None
    if data["test"] != test.hash:
        problems.append(f"it belongs to another test than {test.name}, or that was edited")
    if data["head"] != head_of(data):
        problems.append("what it was begun with was changed")
    before = data["head"]
    for number, event in enumerate(events, 1):
        try:
            if event.get("link") != linked(before, event):
                raise ValueError("another link")
            course.take(event)
        except (ValueError, TypeError):
            problems.append(f"entry {number} of {len(events)} was changed after it was made")
            break
        before = event["link"]
    if finished:
        try:
            order = Order.of(data["order"], test.sections, len(test.conditions))
            if promise_of(order, data["salt"], data["test"], data["listener"]) != data["promise"]:
                problems.append("its order is not the one that was promised: the hash differs")
        except ValueError:
            problems.append("its order is none")
        if not problems and not course.is_over:
            problems.append("it is said to be over, and is not")
        if not problems and data["closing"] != closing_of(data, data["order"], data["salt"]):
            problems.append("its closing hash is not that of what was done")
    elif not problems and course.is_over:
        problems.append("it is over, and its order is missing")
    return Listener(path, data, course, order if not problems else None, tuple(problems))
