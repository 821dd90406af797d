"""One listener's sitting, from the training to the last screen; begun, or gone on with, by `Sitting.open`.

Whoever shows it (terminal, page) knows screens and positions only: `view` says what there is to hear and what is
still missing, `wav` or `sound` gives the sound of a position, `heard`, `rate`, `comment` and `close` keep what the
listener does. All of it is on the disk when the call returns. Nothing here names a condition before `is_over`.
"""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import CompareError
from ...files.lock import locked
from ..abx_file import now
from .chain import keep, linked
from .listener_file import (
    LISTENER,
    LONGEST_COMMENT,
    SCHEMA,
    Course,
    closing_of,
    head_of,
    read_listener,
)
from .prepared import Condition, Prepared
from .scale import HIGHEST, LOWEST, letter
from .sealing import (
    Order,
    forget_key,
    keep_secret,
    kept_pad,
    kept_promise,
    keys_directory,
    opened,
    promise_of,
    sealed,
)
from .waves import wav_files

Phase = Literal["training", "rating", "over"]
HEARD_S = 1.0  # so long, all together, a sound has to have played to count as heard


@dataclass(frozen=True, slots=True)
class View:
    """What a listener may see of the screen at hand.

    `screen` counts from 0 to `screens` - 1, in this listener's order, and training and rating each from 0. `scores`
    and `heard` stand by position; `missing`: why the screen cannot be closed yet, None: it can.
    """

    phase: Phase
    screen: int
    screens: int
    positions: int
    seconds: float
    scores: tuple[int | None, ...]
    heard: tuple[bool, ...]
    reference_heard: bool
    comment: str
    missing: str | None


@dataclass(frozen=True, slots=True)
class Revealed:
    """What one position was; once the sitting is over."""

    screen: int
    section: int
    position: int
    condition: Condition
    score: int


class Sitting:
    """See the module. A context manager: while it is open, nobody else goes on with the same listener's file."""

    def __init__(
        self, test: Prepared, path: Path, data: dict[str, Any], course: Course, order: Order, salt: str
    ) -> None:
        self.test, self.path, self._data, self._course = test, path, data, course
        self._order, self._salt, self._keys = order, salt, keys_directory()
        self._tried: dict[int, int] = {}  # scores of the training screen at hand: shown, never kept
        self._played_s: dict[int | None, float] = {}
        self._waves: tuple[tuple[bool, int], tuple[bytes, ...]] | None = None
        self._held = contextlib.ExitStack()

    @classmethod
    def open(cls, test: Prepared, listener: str) -> Sitting:
        """Begin, or go on where it was left; with a finished one, `is_over` at once.

        Raises CompareError: the file was edited, its key is gone, somebody else has it open, or it cannot be written.
        """
        path = test.listener_path(listener)
        held = contextlib.ExitStack()
        try:
            held.enter_context(locked(path.parent, 0.2, f".{path.stem}.lock"))
        except TimeoutError as error:
            raise CompareError(f"{listener} is listening already, in another window.") from error
        except OSError as error:
            raise CompareError(f"{path.name} cannot be written ({error.strerror}).") from error
        try:
            made = cls._gone_on_with(test, path) if path.exists() else cls._begun(test, path, listener)
        except BaseException:
            held.close()
            raise
        made._held = held
        return made

    @classmethod
    def _begun(cls, test: Prepared, path: Path, listener: str) -> Sitting:
        order, salt = Order.drawn(test.sections, len(test.conditions)), secrets.token_hex(32)
        half, pad = sealed(order, salt)
        data: dict[str, Any] = {
            "kind": LISTENER,
            "schema": SCHEMA,
            "id": secrets.token_hex(8),
            "test": test.hash,
            "listener": listener,
            "created": now(),
            "promise": promise_of(order, salt, test.hash, listener),
            "sealed": half,
        }
        data |= {"head": head_of(data), "events": []}
        try:
            keep_secret(keys_directory(), data["id"], pad, data["promise"])
            keep(path, data)
        except OSError as error:
            raise CompareError(f"{path.name} cannot be written ({error.strerror}): make room first.") from error
        return cls(test, path, data, Course(test.sections, len(test.conditions)), order, salt)

    @classmethod
    def _gone_on_with(cls, test: Prepared, path: Path) -> Sitting:
        found = read_listener(path, test)
        if found.problems:
            raise CompareError(f"{path.name} cannot go on: {found.problems[0]}. Listen under another name.")
        if found.order is not None:
            return cls(test, path, found.data, found.course, found.order, found.data["salt"])
        name, keys = found.data["id"], keys_directory()
        try:
            pad = kept_pad(keys, name, path)
            order, salt = opened(found.data["sealed"], pad, test.sections, len(test.conditions))
        except ValueError as error:
            raise CompareError(
                f"{path.name} cannot go on: it does not fit its key. Listen under another name."
            ) from error
        promise = promise_of(order, salt, test.hash, found.name)
        if promise != found.data["promise"] or kept_promise(keys, name) not in (None, promise):
            raise CompareError(f"{path.name} cannot go on: its order is not the one that was promised.")
        return cls(test, path, found.data, found.course, order, salt)

    def __enter__(self) -> Sitting:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_file()

    def close_file(self) -> None:
        """Let somebody else go on with it; everything is kept already."""
        self._held.close()

    # -------------------------------------------------------- what may be seen
    @property
    def listener(self) -> str:
        """The name."""
        return str(self._data["listener"])

    @property
    def promise(self) -> str:
        """The hash to show before the first screen: it covers the order, the test and the listener."""
        return str(self._data["promise"])

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return "over" if self._course.is_over else "training" if self._course.is_training else "rating"

    @property
    def is_over(self) -> bool:
        """Whether all screens are closed, and may be revealed."""
        return self._course.is_over

    def view(self) -> View:
        """The screen at hand; of a sitting that is over, the last one."""
        course, training = self._course, self._course.is_training
        screen = min(course.screen, course.screens - 1)
        scores = self._tried if training else course.scores[screen]
        return View(
            phase=self.phase,
            screen=screen,
            screens=course.screens,
            positions=course.positions,
            seconds=self.test.samples(self._section(screen)) / self.test.sample_rate,
            scores=tuple(scores.get(position) for position in range(course.positions)),
            heard=tuple((training, screen, position) in course.heard for position in range(course.positions)),
            reference_heard=(training, screen, None) in course.heard,
            comment=course.comments.get(screen, "") if not training else "",
            missing=None if course.is_over else course.missing(),
        )

    # -------------------------------------------------------- what is heard
    def sound(self, position: int | None) -> NDArray[np.float32]:
        """What is heard there on the screen at hand, (samples, 2) at `test.sample_rate`; None: the open reference.

        All of a screen are equally long, loop without a click, and are equally loud: play them as they are.
        """
        mono = self._mono(position)
        return np.ascontiguousarray(np.stack([mono, mono], axis=1))

    def wav(self, position: int | None) -> bytes:
        """The same as a mono WAV file of 24 bits; all files of a screen have the same number of bytes.

        Each has dither of its own, so that not even the reference and the hidden one are the same bytes.
        """
        key = self._course.is_training, self._course.screen
        if self._waves is None or self._waves[0] != key:  # all at once: none takes longer than another
            everything = [self._mono(each) for each in (None, *range(self._course.positions))]
            self._waves = key, wav_files(everything, self.test.sample_rate)
        return self._waves[1][0 if position is None else self._checked(position) + 1]

    def _mono(self, position: int | None) -> NDArray[np.float32]:
        screen, training = self._course.screen, self._course.is_training
        if self._course.is_over:
            raise CompareError("All screens are closed.")
        sounds = self.test.sounds(self._section(screen))
        if position is None:
            return sounds[next(i for i, each in enumerate(self.test.conditions) if each.kind == "reference")]
        orders = self._order.training_positions if training else self._order.positions
        return sounds[orders[screen][self._checked(position)]]

    def _section(self, screen: int) -> int:
        screens = self._order.training_screens if self._course.is_training else self._order.screens
        return screens[screen]

    def _checked(self, position: int) -> int:
        if not 0 <= position < self._course.positions:
            raise CompareError(f"There is no such sound: they go from A to {letter(self._course.positions - 1)}.")
        return position

    # -------------------------------------------------------- what is kept
    def heard(self, position: int | None, seconds: float) -> None:
        """So long it has just played (None: the open reference); from HEARD_S on, all together, it counts as heard."""
        if position is not None:
            self._checked(position)
        if self._course.is_over or self._course.has_heard(position):
            return
        self._played_s[position] = self._played_s.get(position, 0.0) + max(0.0, seconds)
        if self._played_s[position] >= HEARD_S:
            training, screen = self._course.is_training, self._course.screen
            self._keep({"what": "heard", "training": training, "screen": screen, "position": position})

    def rate(self, position: int, score: int) -> None:
        """Give a score, 0 to 100; it may be changed until the screen is closed. In the training nothing is kept.

        Raises CompareError: it was not heard on this screen yet, or there is no such score.
        """
        if self._course.is_over:
            raise CompareError("All screens are closed, and scores cannot be changed.")
        self._checked(position)
        if isinstance(score, bool) or not isinstance(score, int) or not LOWEST <= score <= HIGHEST:
            raise CompareError(f"A score is a whole number from {LOWEST} to {HIGHEST}, not {score!r}.")
        if not self._course.has_heard(position):
            raise CompareError(f"Listen to {letter(position)} first: only what was heard can be rated.")
        if self._course.is_training:
            self._tried[position] = score
        elif self._course.scores[self._course.screen].get(position) != score:
            self._keep({"what": "rated", "screen": self._course.screen, "position": position, "score": score})

    def comment(self, text: str) -> None:
        """A remark on the screen at hand; it replaces the one before. Not in the training."""
        if self.phase != "rating":
            raise CompareError("Comments are kept with the screens that count.")
        text = text.strip()[:LONGEST_COMMENT]
        if text != self._course.comments.get(self._course.screen, ""):
            self._keep({"what": "comment", "screen": self._course.screen, "text": text})

    def close(self) -> None:
        """Close the screen at hand, for good; the next begins. The last one ends the sitting and reveals its order.

        Raises CompareError with what is missing, as `view` says it.
        """
        if self._course.is_over:
            raise CompareError("All screens are closed.")
        missing = self._course.missing()
        if missing is not None:
            raise CompareError(missing)
        self._keep({"what": "closed", "training": self._course.is_training, "screen": self._course.screen})

    def leave_out_training(self) -> None:
        """Go to the first screen that counts. The recommendation wants a training; the report says who had none."""
        if self._course.is_training:
            self._keep({"what": "training left out"})

    def _keep(self, event: dict[str, Any]) -> None:
        before = self._data["events"][-1]["link"] if self._data["events"] else self._data["head"]
        event = {**event, "at": now()}
        event["link"] = linked(before, event)
        course = self._course.after(event)
        data = {**self._data, "events": [*self._data["events"], event]}
        if course.is_over:
            revealed = self._order.to_json()
            data |= {"order": revealed, "salt": self._salt, "closing": closing_of(data, revealed, self._salt)}
        try:
            keep(self.path, data)
        except OSError as error:
            raise CompareError(
                f"{self.path.name} cannot be written ({error.strerror}): make room, then do it again."
            ) from error
        screen = self._course.is_training, self._course.screen
        self._data, self._course = data, course
        if (course.is_training, course.screen) != screen:
            self._tried, self._played_s = {}, {}
        if course.is_over:
            forget_key(self._keys, data["id"])

    # -------------------------------------------------------- the end
    @property
    def closing_hash(self) -> str:
        """Covers all that was done; to show at the end."""
        if not self.is_over:
            raise CompareError("The sitting is not over.")
        return str(self._data["closing"])

    def revealed(self) -> tuple[Revealed, ...]:
        """What every position was, and its score; CompareError before the end."""
        if not self.is_over:
            raise CompareError("Nothing is revealed before the last screen is closed.")
        conditions = self.test.conditions
        return tuple(
            Revealed(screen, section, position, conditions[which], self._course.scores[screen][position])
            for screen, section in enumerate(self._order.screens)
            for position, which in enumerate(self._order.positions[screen])
        )
