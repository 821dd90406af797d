"""The result of a blind test as a file: JSON, and what in it can be checked.

What the test was begun with and the order of X are promised by a hash before the first trial, and each answer carries a
hash over all that came before it. So nobody can change one of them and leave the rest.

**What a file cannot prove.** Whoever writes all of it anew can make all of it fit. Only a hash that somebody else has
shows that: the one shown before the first trial (the promise) that order and setup are those of then, the one shown
behind the last (the closing hash) that the answers are. No file shows who answered, whether X was looked up, or how
many tests were begun and not shown.

Everything that is used of a file is checked here first: its kinds, its lengths, its ranges.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import CompareError
from ..files.json_file import Damaged, read_record
from ..files.numbers import is_number, is_whole
from ..files.toml_file import shown
from .evidence.seal import SEAL, as_written, is_intact

SCHEMA = 3
ORDER_ALONE = 1  # the schema whose promise does not cover the setup
UNSEALED = 2  # the last without a seal over the whole file
COMMAND = "command"
PRIVATE = (COMMAND, "connections")  # of the setup: paths and ports, which are promised by their hashes
MAX_TRIALS = 1000
HASH = re.compile(r"[0-9a-f]{64}")
FEWEST_DIGITS = 16  # of a hash that is typed in: 64 bits, which nobody hits by trying


def _is_count(value: Any) -> bool:
    return is_whole(value, 1, MAX_TRIALS)


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and HASH.fullmatch(value) is not None


def _is_hex(value: Any) -> bool:
    return isinstance(value, str) and len(value) % 2 == 0 and re.fullmatch("[0-9a-f]*", value) is not None


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{1,64}", value) is not None  # a part of a file name


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _or_none(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or kind(value)


def _is_side(value: Any) -> bool:
    parts = [value.get(name) for name in ("model", "ir")] if isinstance(value, dict) else [0]
    return all(part is None or isinstance(part, dict) for part in parts)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(name, str) for name in value)


def _is_interval(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))


def _is_match(value: Any) -> bool:
    return isinstance(value, dict) and (value.get("match_db") is None or is_number(value["match_db"]))


WRITTEN = {  # what a finished or unfinished result has to hold
    "kind": _is_text,
    "id": _is_id,
    "trials": _is_count,
    "commitment": _is_hash,
    "sealed": _is_hex,
    "answers": _is_list,
    "setup": _is_table,
}
REVEALED = {  # what stands in a finished one besides
    "order": _is_text,
    "salt": _is_text,
    "right": lambda value: is_whole(value, 0, MAX_TRIALS),
    "p_value": is_number,
    "interval": _is_interval,
}
ANSWER = {"trial": _is_count, "answer": lambda value: value in ("A", "B"), "at": _is_text, "link": _is_hash}
SETUP = {  # what is used of it, where it is there
    "sides": _is_pair,
    "a": _or_none(_is_side),
    "b": _or_none(_is_side),
    "match": _or_none(_is_match),
    "match_trim_db": _or_none(is_number),
}


def setup_hash(setup: Mapping[str, Any]) -> str:
    """SHA-256 over what the test was begun with, as JSON with its keys in order."""
    return hashlib.sha256(json.dumps(setup, sort_keys=True).encode()).hexdigest()


def commitment(order: str, salt: str, setup: Mapping[str, Any] | None) -> str:
    """The promise: SHA-256 over salt, order and setup, `order` like "ABBA", `salt` in hex.

    `setup` None: as results of schema 1 have it, which promised their order alone.
    """
    promised = f"{salt}:{order}" if setup is None else f"{salt}:{order}:{setup_hash(setup)}"
    return hashlib.sha256(promised.encode()).hexdigest()


def linked(before: str, trial: int, answer: str, at: str) -> str:
    """The hash that an answer carries: over its own trial, answer and time, and all that came before."""
    return hashlib.sha256(f"{before}:{trial}:{answer}:{at}".encode()).hexdigest()


def promised_setup(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The setup as far as the promise of this file covers it.

    From schema 3 on paths and ports stand in it by their hashes, so that the promise can be checked without them.
    """
    if data["schema"] <= UNSEALED:
        return None if data["schema"] == ORDER_ALONE else data["setup"]
    setup = dict(data["setup"])
    for key in PRIVATE:
        if key in setup:
            setup[f"{key}_sha256"] = setup_hash(setup.pop(key))
    return setup


def seal_problem(data: Mapping[str, Any], raw: bytes) -> str | None:
    """Whether a byte of a file is not as it was written; earlier schemas have no seal, and nothing is said of them."""
    if data["schema"] <= UNSEALED and SEAL not in data:
        return None
    if not is_intact(data):
        return "it was changed after it was written: its seal does not fit"
    return None if raw == as_written(data) else "it was changed after it was written: its layout is not rig's"


def problems_of(data: Mapping[str, Any], order: str | None, salt: str | None) -> list[str]:
    """What in a result does not fit together, as clauses; `order` None: it is not known yet."""
    trials, problems = data["trials"], []
    if order is not None and (
        len(order) != trials
        or set(order) - {"A", "B"}
        or commitment(order, salt or "", promised_setup(data)) != data["commitment"]
    ):
        what = "its order is not the one" if data["schema"] == ORDER_ALONE else "its order or its setup is not the one"
        problems.append(f"{what} that was promised: the hash differs")
    before = data["commitment"]
    if len(data["answers"]) > trials:
        problems.append(f"it has more answers than its {trials} trials")
    for number, entry in enumerate(data["answers"], 1):
        if entry["trial"] != number or entry["link"] != linked(before, number, entry["answer"], entry["at"]):
            problems.append(f"answer {number} was changed after it was given")
            break
        before = entry["link"]
    return problems


def closing_hash(data: Mapping[str, Any]) -> str:
    """The hash of the last answer, which covers all of them; of none, the promise."""
    return str(data["answers"][-1]["link"] if data["answers"] else data["commitment"])


def typed_hash(text: str, what: str) -> str:
    """A hash as somebody copied it. Raises CompareError for fewer than 16 of its digits, or what are none."""
    digits = re.sub(r"[\s:.-]", "", text).lower()
    if not re.fullmatch(f"[0-9a-f]{{{FEWEST_DIGITS},64}}", digits):
        raise CompareError(
            f"{what} {text!r} is no hash: it has 64 digits (0 to 9, a to f), of which the first {FEWEST_DIGITS} do."
        )
    return digits


def read_result(path: Path) -> dict[str, Any]:
    """The content of a result, each part of its kind. Raises CompareError: none at all, another version, damaged."""
    try:
        record = read_record(path)
        if record is None:
            raise CompareError(f"{path.name} cannot be read: there is no such file in {path.absolute().parent}.")
        data = record.values
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()  # half a character, or 1e999, cannot be shown
    except OSError as error:
        raise CompareError(f"{path.name} cannot be read ({error.strerror}).") from error
    except (UnicodeEncodeError, RecursionError) as error:
        raise CompareError(f"{path.name} is not the result of a blind test: no text, or nested too deep.") from error
    except Damaged as error:
        raise CompareError(f"{path.name} is not the result of a blind test: {error}.") from error
    except ValueError as error:
        raise CompareError(f"{path.name} is damaged: a number in it is too large.") from error
    if data.get("kind") != "rig abx":
        raise CompareError(f"{path.name} is not the result of a blind test of rig.")
    schema = data.get("schema")
    if not is_whole(schema, ORDER_ALONE, SCHEMA):
        raise CompareError(f"{path.name} was written by another version of rig (schema {shown(schema)}).")
    _check(path, data, WRITTEN, "")
    if "order" in data:
        _check(path, data, REVEALED, "")
    for number, entry in enumerate(data["answers"], 1):
        if not isinstance(entry, dict):
            raise damaged(path, f"answer {number}")
        _check(path, entry, ANSWER, f" of answer {number}")
    _check(path, data["setup"], {name: kind for name, kind in SETUP.items() if name in data["setup"]}, " of its setup")
    if not isinstance(data.get("resumed", []), list):
        raise damaged(path, "resumed")
    return data


def damaged(path: Path, what: str) -> CompareError:
    """The sentence for a part that is missing or of the wrong kind."""
    return CompareError(f"{path.name} is damaged: {what} is missing or wrong.")


def _check(path: Path, table: Mapping[str, Any], kinds: Mapping[str, Callable[[Any], bool]], of: str) -> None:
    for name, is_right in kinds.items():
        if name not in table or not is_right(table[name]):
            raise damaged(path, f"{name}{of}")


def now() -> str:
    """The time as it stands in a result: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
