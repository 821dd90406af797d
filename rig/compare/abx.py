"""A blind test: is X the sound A or the sound B? And what the answers show, and what not.

The number of trials is fixed before the first. For each one X is drawn by itself, A or B with probability 1/2, from
the system's random source; all of them before the first is heard, so that nothing the listener does has a say. Until
the end only a commitment is shown: SHA-256 over salt and order. At the end both are revealed, and anybody can compute
whether this is the order that was promised.

**Where the order is meanwhile.** A test must survive a crash, so it has to be on disk. It is sealed: combined bit by
bit with a random pad of the same length, and the two halves lie in two files. The result holds one half, a key file in
the user's data folder the other; each half alone is pure chance and says nothing about any X. Who looks at either by
accident learns nothing. Who puts both together on purpose can know every X: a listener who wants to fool himself can
do that in simpler ways. The commitment is for everybody else: neither the order nor the answers can be changed after
the fact without it showing, since each answer carries a hash over all that came before it.

An answer is on disk, forced there, before the next trial begins; a file is replaced whole or not at all.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ..errors import CompareError
from ..files.json_file import write_json
from ..files.paths import data_folder
from .abx_file import SCHEMA, commitment, linked, now, problems_of, read_result
from .significance import LEVEL, Verdict

MAX_TRIALS = 1000

Side = Literal["A", "B"]


def keys_directory() -> Path:
    """Where the other halves of unfinished tests lie."""
    return data_folder() / "abx"


class BlindTest:
    """One test, from the first trial to the verdict; made by `begin` or `resume`.

    `x` is for whoever switches the sound, never for a screen. `answer` is final.
    """

    def __init__(self, path: Path, data: dict[str, Any], order: str, salt: str) -> None:
        self.path, self._data, self._order, self._salt = path, data, order, salt

    @classmethod
    def begin(cls, path: Path, trials: int, setup: Mapping[str, Any], *, keys: Path | None = None) -> BlindTest:
        """Draw the order and write the file. `setup`: what is needed to repeat the test, plain JSON data.

        Raises CompareError: a number of trials that is none, a file that exists or cannot be written.
        """
        if not 1 <= trials <= MAX_TRIALS:
            raise CompareError(f"A test has 1 to {MAX_TRIALS} trials, not {trials}.")
        if path.exists():
            raise CompareError(f"{path.name} exists: choose another name, or go on with it (--resume {path.name}).")
        order = "".join("AB"[secrets.randbits(1)] for _ in range(trials))
        salt, pad, name = secrets.token_hex(32), secrets.token_bytes(trials + 64), secrets.token_hex(8)
        secret = (order + salt).encode()
        data = {
            "schema": SCHEMA,
            "kind": "rig abx",
            "id": name,
            "created": now(),
            "trials": trials,
            "commitment": commitment(order, salt),
            "sealed": bytes(a ^ b for a, b in zip(secret, pad, strict=True)).hex(),
            "setup": dict(setup),
            "answers": [],
        }
        folder = keys_directory() if keys is None else keys
        try:
            write_json(folder / f"{name}.key", {"pad": pad.hex()}, durable=True)
            write_json(path, data, durable=True)
        except OSError as error:
            raise CompareError(f"{path.name} cannot be written ({error.strerror}): choose another folder.") from error
        return cls(path, data, order, salt)

    @classmethod
    def resume(cls, path: Path, *, keys: Path | None = None) -> BlindTest:
        """Go on after the last answer. Raises CompareError if the file is none, was changed, or its key is gone."""
        data = read_result(path)
        if "order" in data:
            raise CompareError(f"{path.name} is finished; `rig abx {path.name}` shows and checks it.")
        key = (keys_directory() if keys is None else keys) / f"{data['id']}.key"
        try:
            pad = bytes.fromhex(json.loads(key.read_text(encoding="ascii"))["pad"])
            secret = bytes(a ^ b for a, b in zip(bytes.fromhex(data["sealed"]), pad, strict=True)).decode("ascii")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CompareError(
                f"{path.name} cannot go on: its key ({data['id']}.key in rig's data folder) is not there or damaged. "
                "Begin another test."
            ) from error
        order, salt = secret[: data["trials"]], secret[data["trials"] :]
        problems = problems_of(data, order, salt)
        if problems or len(data["answers"]) >= data["trials"]:
            raise CompareError(f"{path.name} cannot go on: {[*problems, 'it is damaged'][0]}. Begin another test.")
        return cls(path, data, order, salt)

    @property
    def trials(self) -> int:
        """How many there are."""
        return int(self._data["trials"])

    @property
    def answered(self) -> int:
        """How many are done."""
        return len(self._data["answers"])

    @property
    def is_finished(self) -> bool:
        """Whether all are."""
        return self.answered == self.trials

    @property
    def commitment(self) -> str:
        """The hash that is shown."""
        return str(self._data["commitment"])

    @property
    def setup(self) -> dict[str, Any]:
        """What it was begun with."""
        return dict(self._data["setup"])

    @property
    def x(self) -> Side:
        """What X is in the trial at hand."""
        if self.is_finished:
            raise CompareError("All trials are answered.")
        return "A" if self._order[self.answered] == "A" else "B"

    def answer(self, side: Side) -> None:
        """Say what X is; final. It is on disk when this returns, and the next trial begins. The last one reveals all.

        Raises CompareError if it cannot be written: then nothing has been answered.
        """
        if self.is_finished:
            raise CompareError("All trials are answered, and answers cannot be changed.")
        before = self._data["answers"][-1]["link"] if self.answered else self.commitment
        at = now()
        entry = {
            "trial": self.answered + 1,
            "answer": side,
            "at": at,
            "link": linked(before, self.answered + 1, side, at),
        }
        data = {**self._data, "answers": [*self._data["answers"], entry]}
        if len(data["answers"]) == self.trials:
            data |= _revealed(data, self._order, self._salt)
        try:
            write_json(self.path, data, durable=True)
        except OSError as error:
            raise CompareError(
                f"{self.path.name} cannot be written ({error.strerror}): make room, then answer again."
            ) from error
        self._data = data

    def describe(self, fields: Mapping[str, Any]) -> None:
        """Complete what is needed to repeat the test, before the first answer; plain JSON data.

        Raises CompareError afterwards, or if it cannot be written.
        """
        if self.answered:
            raise CompareError("The test has begun: what it was begun with cannot be changed.")
        data = {**self._data, "setup": {**self._data["setup"], **fields}}
        try:
            write_json(self.path, data, durable=True)
        except OSError as error:
            raise CompareError(f"{self.path.name} cannot be written ({error.strerror}): make room first.") from error
        self._data = data

    def went_on(self, how: Mapping[str, Any]) -> None:
        """Note what was measured when the test went on after a pause; plain JSON data."""
        data = {**self._data, "resumed": [*self._data.get("resumed", []), {"at": now(), **how}]}
        with contextlib.suppress(OSError):  # a note; the next answer is written or refused
            write_json(self.path, data, durable=True)
        self._data = data

    @property
    def verdict(self) -> Verdict:
        """What it shows; once all trials are answered."""
        if not self.is_finished:
            raise CompareError(f"{self.trials - self.answered} of {self.trials} trials are still to come.")
        return Verdict.of(int(self._data["right"]), self.trials)

    def forget_key(self, *, keys: Path | None = None) -> None:
        """The key of a finished test is of no use any more."""
        if self.is_finished:
            with contextlib.suppress(OSError):
                ((keys_directory() if keys is None else keys) / f"{self._data['id']}.key").unlink()


def _revealed(data: Mapping[str, Any], order: str, salt: str) -> dict[str, Any]:
    right = sum(entry["answer"] == x for entry, x in zip(data["answers"], order, strict=True))
    verdict = Verdict.of(right, len(order))
    return {
        "order": order,
        "salt": salt,
        "right": right,
        "p_value": verdict.p_value,
        "interval": list(verdict.interval),
        "interval_level": LEVEL,
        "sentence": verdict.sentence,
    }


@dataclass(frozen=True, slots=True)
class Checked:
    """A result file, checked. `problems` is empty where everything fits; `verdict` None while trials are to come."""

    file: str
    trials: int
    answered: int
    commitment: str
    order: str | None
    answers: str
    verdict: Verdict | None
    problems: tuple[str, ...]
    setup: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {**asdict(self), "sentence": None if self.verdict is None else self.verdict.sentence}


def check(path: Path) -> Checked:
    """Read a result and check it: order against commitment, answers against their hashes, figures against both.

    Raises CompareError if the file is no result at all.
    """
    data = read_result(path)
    finished = "order" in data
    problems = problems_of(data, data.get("order"), data.get("salt"))
    if finished and len(data["answers"]) < data["trials"]:
        problems.append("answers are missing")
    answers = "".join(str(entry.get("answer")) for entry in data["answers"])
    verdict = None
    if finished and not problems:
        verdict = Verdict.of(sum(a == x for a, x in zip(answers, data["order"], strict=True)), data["trials"])
        if data.get("right") != verdict.right or data.get("p_value") != verdict.p_value:
            problems = ["the figures in it are not those of its answers"]
            verdict = None
    return Checked(
        file=path.name,
        trials=data["trials"],
        answered=len(data["answers"]),
        commitment=data["commitment"],
        order=data.get("order"),
        answers=answers,
        verdict=verdict,
        problems=tuple(problems),
        setup=data["setup"],
    )
