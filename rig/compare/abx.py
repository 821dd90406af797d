"""A blind test: is X the sound A or the sound B? And what the answers show, and what not.

The number of trials is fixed before the first. For each one X is drawn by itself, A or B with probability 1/2, from
the system's random source; all of them before the first is heard, so that nothing the listener does has a say. Until
the end only a commitment is shown: SHA-256 over salt, order, and what the test was begun with. At the end all are
revealed, and anybody can compute whether they are what was promised. What was promised is also kept in the user's data
folder, so that this machine knows it again.

**Where the order is meanwhile.** A test must survive a crash, so it has to be on disk. It is sealed: combined bit by
bit with a random pad of the same length, and the two halves lie in two files. The result holds one half, a key file in
the user's data folder the other; each half alone is pure chance and says nothing about any X. Who looks at either by
accident learns nothing. Who puts both together on purpose can know every X: a listener who wants to fool himself can
do that in simpler ways. The commitment is for everybody else; what it proves, and what not, stands in `abx_file.py`.

An answer is on disk, forced there, before the next trial begins; a file is replaced whole or not at all.
"""

from __future__ import annotations

import contextlib
import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ..errors import CompareError
from ..files.json_file import write_json
from ..files.paths import data_folder
from .abx_file import (
    MAX_TRIALS,
    SCHEMA,
    closing_hash,
    commitment,
    linked,
    now,
    problems_of,
    promised_setup,
    read_result,
    seal_problem,
    typed_hash,
)
from .evidence.seal import sealed
from .significance import LEVEL, Verdict, check_trials, fewest_trials

PROMISES = ".promise"  # ending of what is kept of a commitment, beside the keys
Compared = Literal["given", "kept"]

Side = Literal["A", "B"]


def keys_directory() -> Path:
    """Where the other halves of unfinished tests lie."""
    return data_folder() / "abx"


class BlindTest:
    """One test, from the first trial to the verdict; made by `begin` or `resume`.

    `x` is for whoever switches the sound, never for a screen. `answer` is final.
    """

    def __init__(self, path: Path, data: dict[str, Any], order: str, salt: str, keys: Path | None = None) -> None:
        self.path, self._data, self._order, self._salt = path, data, order, salt
        self._keys = keys_directory() if keys is None else keys

    @classmethod
    def begin(cls, path: Path, trials: int, setup: Mapping[str, Any], *, keys: Path | None = None) -> BlindTest:
        """Draw the order and write the file. `setup`: what is needed to repeat the test, plain JSON data.

        Raises CompareError: a number of trials that is none or too small, a file that exists or cannot be written.
        """
        check_trials(trials)
        if not 1 <= trials <= MAX_TRIALS:
            raise CompareError(f"A test has {fewest_trials()} to {MAX_TRIALS} trials, not {trials}.")
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
            "commitment": commitment(order, salt, promised_setup({"schema": SCHEMA, "setup": dict(setup)})),
            "sealed": bytes(a ^ b for a, b in zip(secret, pad, strict=True)).hex(),
            "setup": dict(setup),
            "answers": [],
        }
        folder = keys_directory() if keys is None else keys
        try:
            write_json(folder / f"{name}.key", {"pad": pad.hex()}, durable=True)
            _keep_promise(folder, data)
            write_json(path, sealed(data), durable=True)
        except OSError as error:
            raise CompareError(f"{path.name} cannot be written ({error.strerror}): choose another folder.") from error
        return cls(path, data, order, salt, folder)

    @classmethod
    def resume(cls, path: Path, *, keys: Path | None = None) -> BlindTest:
        """Go on after the last answer. Raises CompareError if the file is none, was changed, or its key is gone."""
        data, folder = read_result(path), keys_directory() if keys is None else keys
        if "order" in data:
            raise CompareError(f"{path.name} is finished; `rig abx {path.name}` shows and checks it.")
        key = folder / f"{data['id']}.key"
        try:
            pad = bytes.fromhex(json.loads(key.read_text(encoding="ascii"))["pad"])
            secret = bytes(a ^ b for a, b in zip(bytes.fromhex(data["sealed"]), pad, strict=True)).decode("ascii")
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise CompareError(
                f"{path.name} cannot go on: its key ({data['id']}.key in rig's data folder) is not there or damaged. "
                "Begin another test."
            ) from error
        order, salt = secret[: data["trials"]], secret[data["trials"] :]
        problems = problems_of(data, order, salt)
        if problems or len(data["answers"]) >= data["trials"]:
            raise CompareError(f"{path.name} cannot go on: {[*problems, 'it is damaged'][0]}. Begin another test.")
        return cls(path, data, order, salt, folder)

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
        """The hash that is shown before the first trial: the promise."""
        return str(self._data["commitment"])

    @property
    def promised(self) -> str:
        """What the promise covers."""
        return "order" if promised_setup(self._data) is None else "order and setup"

    @property
    def closing_hash(self) -> str:
        """The hash that is shown behind the last trial; it covers every answer."""
        return closing_hash(self._data)

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
            write_json(self.path, sealed(data), durable=True)
        except OSError as error:
            raise CompareError(
                f"{self.path.name} cannot be written ({error.strerror}): make room, then answer again."
            ) from error
        self._data = data

    def describe(self, fields: Mapping[str, Any]) -> None:
        """Complete what is needed to repeat the test, before the first answer; plain JSON data. The promise covers it.

        Raises CompareError afterwards, or if it cannot be written.
        """
        if self.answered:
            raise CompareError("The test has begun: what it was begun with cannot be changed.")
        data = {**self._data, "setup": {**self._data["setup"], **fields}}
        data["commitment"] = commitment(self._order, self._salt, promised_setup(data))
        try:
            _keep_promise(self._keys, data)
            write_json(self.path, sealed(data), durable=True)
        except OSError as error:
            raise CompareError(f"{self.path.name} cannot be written ({error.strerror}): make room first.") from error
        self._data = data

    def went_on(self, how: Mapping[str, Any]) -> None:
        """Note what was measured when the test went on after a pause; plain JSON data."""
        data = {**self._data, "resumed": [*self._data.get("resumed", []), {"at": now(), **how}]}
        with contextlib.suppress(OSError):  # a note; the next answer is written or refused
            write_json(self.path, sealed(data), durable=True)
        self._data = data

    @property
    def verdict(self) -> Verdict:
        """What it shows; once all trials are answered."""
        if not self.is_finished:
            raise CompareError(f"{self.trials - self.answered} of {self.trials} trials are still to come.")
        return Verdict.of(int(self._data["right"]), self.trials)

    def forget_key(self) -> None:
        """The key of a finished test is of no use any more."""
        if self.is_finished:
            with contextlib.suppress(OSError):
                (self._keys / f"{self._data['id']}.key").unlink()


def _keep_promise(folder: Path, data: Mapping[str, Any]) -> None:
    write_json(folder / f"{data['id']}{PROMISES}", {"commitment": data["commitment"]}, durable=True)


def _kept_promise(folder: Path, name: str) -> str | None:
    """What this machine promised in the test of that name; None: it knows nothing of it."""
    try:
        kept = json.loads((folder / f"{name}{PROMISES}").read_text(encoding="ascii"))["commitment"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return kept if isinstance(kept, str) else None


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
    """A result file, checked. `problems` is empty where everything fits; `verdict` None while trials are to come.

    `compared`: with which promise; None: with none, so that nobody knows whether the whole file was written anew.
    """

    file: str
    trials: int
    answered: int
    commitment: str
    order: str | None
    answers: str
    closing_hash: str
    compared: Compared | None
    closing_compared: bool
    setup_is_promised: bool
    verdict: Verdict | None
    problems: tuple[str, ...]
    setup: dict[str, Any]

    @property
    def state(self) -> Literal["ok", "fail", "unknown"]:
        """Of the file: whether it is what was promised; unknown where there is no promise to hold it against."""
        return "fail" if self.problems else "ok" if self.compared is not None else "unknown"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        told = {} if self.verdict is None else {"sentence": self.verdict.sentence, "finding": self.verdict.finding}
        return {**asdict(self), "state": self.state, "sentence": None, "finding": None, **told}


def check(path: Path, *, promised: str | None = None, closing: str | None = None, keys: Path | None = None) -> Checked:
    """Read a result and check it: order and setup against the promise, answers and figures against those.

    `promised`, `closing`: the hashes that were shown before the first trial and behind the last, as somebody else has
    them; without the first, what this machine has kept of it. Raises CompareError if the file is no result at all.
    """
    data = read_result(path)
    finished = "order" in data
    problems = problems_of(data, data.get("order"), data.get("salt"))
    if finished and len(data["answers"]) < data["trials"]:
        problems.append("answers are missing")
    compared: Compared | None = None
    if promised is not None:
        compared = "given"
        if not data["commitment"].startswith(typed_hash(promised, "The promise")):
            problems.append("its promise is not the one you gave: it is another test, or was written anew")
    else:
        kept = _kept_promise(keys_directory() if keys is None else keys, data["id"])
        compared = "kept" if kept is not None else None
        if kept is not None and kept != data["commitment"]:
            problems.append("this machine promised another hash for this test: it was written anew")
    if closing is not None and not closing_hash(data).startswith(typed_hash(closing, "The closing hash")):
        problems.append("its closing hash is not the one you gave: its answers are not those of then")
    answers = "".join(entry["answer"] for entry in data["answers"])
    verdict = None
    if finished and not problems:
        verdict = Verdict.of(sum(a == x for a, x in zip(answers, data["order"], strict=True)), data["trials"])
        if not _fits(data, verdict):
            problems = ["the figures in it are not those of its answers"]
            verdict = None
    broken = seal_problem(data, path.read_bytes())
    if broken is not None and not problems:
        problems, verdict = [broken], None
    return Checked(
        file=path.name,
        trials=data["trials"],
        answered=len(data["answers"]),
        commitment=data["commitment"],
        order=data.get("order"),
        answers=answers,
        closing_hash=closing_hash(data),
        compared=compared,
        closing_compared=closing is not None,
        setup_is_promised=promised_setup(data) is not None,
        verdict=verdict,
        problems=tuple(problems),
        setup=data["setup"],
    )


def _fits(data: Mapping[str, Any], verdict: Verdict) -> bool:
    """Whether the figures in a file are those of its answers."""
    return (
        data["right"] == verdict.right
        and data["p_value"] == verdict.p_value
        and all(math.isclose(x, y, abs_tol=1e-9) for x, y in zip(data["interval"], verdict.interval, strict=True))
    )
