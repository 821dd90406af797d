"""The results that go into a bundle: read, checked, and rid of what is nobody's business.

A result that does not fit itself is refused here: a bundle begins with what is whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...errors import CompareError
from ...files import bundled
from ...files.folders import AUDIO_ENDINGS
from ...files.json_file import Damaged, read_record
from ...files.numbers import is_number, is_whole
from ...files.toml_file import shown
from .. import abx, abx_file
from ..score import SCHEMA as COMPARISON
from . import provenance
from .private import without_paths
from .seal import SEAL, as_written, is_intact, sealed

Kind = Literal["abx", "compare", "listen"]
WHAT: dict[Kind, str] = {"abx": "a blind test", "compare": "a comparison", "listen": "a listening test"}
LAYOUT = "its content is what rig wrote, its layout is not: something laid it out anew"
MOST_DB = 300.0  # of a level or gain: beyond any
SETUP_HASH = "setup_sha256"  # of a blind test of schema 2, whose promise covers paths


@dataclass(frozen=True, slots=True)
class Needed:
    """A file that a result was made from. `sha256` None: the result does not state it; `places`: where it may lie."""

    role: str
    name: str
    sha256: str | None
    places: tuple[Path, ...]

    @property
    def is_audio(self) -> bool:
        """Whether it is a recording or a cabinet, by its name."""
        return self.name.lower().endswith(AUDIO_ENDINGS)


@dataclass(frozen=True, slots=True)
class Result:
    """One result, ready for a bundle. `files`: what stands in it, by the name below its own; "" is the only one."""

    kind: Kind
    path: Path
    sha256: str  # of the file as it was
    files: tuple[tuple[str, bytes], ...]
    needed: tuple[Needed, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...] = ()
    is_as_written: bool = True  # down to its layout


def read_json(path: Path) -> tuple[dict[str, Any], bytes]:
    """The object in a JSON file, and the bytes. Raises CompareError."""
    try:
        record = read_record(path)
        if record is None:
            raise CompareError(f"{path.name}: there is no such file in {path.absolute().parent}.")
        json.dumps(record.values, ensure_ascii=False, allow_nan=False).encode()
        return record.values, path.read_bytes()
    except OSError as error:
        raise CompareError(f"{path.name} cannot be read ({error.strerror}).") from error
    except Damaged as error:
        raise CompareError(f"{path.name} is no result of rig: {error}.") from error
    except (ValueError, RecursionError) as error:
        raise CompareError(f"{path.name} is no result of rig: half a character, or a number that is none.") from error


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


# -------------------------------------------------------------------- blind tests
def blind_test(path: Path, raw: bytes) -> Result:
    """A finished blind test. Raises CompareError for one that is not finished, or does not fit itself."""
    checked = abx.check(path)
    if checked.problems:
        raise CompareError(f"{path.name} cannot be evidence: {checked.problems[0]}.")
    if checked.verdict is None:
        left = checked.trials - checked.answered
        raise CompareError(
            f"{path.name} is not finished, {left} of {checked.trials} trials are to come: evidence is of whole tests. "
            f"rig ab --resume {path.name} goes on."
        )
    data = abx_file.read_result(path)
    kept, left_out = _bare_blind_test(data)
    return Result("abx", path, _sha256(raw), (("", as_written(sealed(kept))),), tuple(_sounds(path, data)), left_out)


def _bare_blind_test(data: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A blind test without paths and ports; its promise can be checked without them."""
    setup = dict(data["setup"])
    kept = {key: value for key, value in data.items() if key != SEAL}
    left_out: tuple[str, ...] = ()
    private = [key for key in abx_file.PRIVATE if key in setup]
    if private:
        if data["schema"] > abx_file.UNSEALED:
            setup = dict(abx_file.promised_setup(data) or {})
        else:
            setup = {key: value for key, value in setup.items() if key not in private}
        left_out = ("paths and ports",)
    kept = without_paths({**kept, "setup": setup})
    original = abx_file.promised_setup(data)
    if original is not None and abx_file.promised_setup(kept) != original:
        kept[SETUP_HASH] = abx_file.setup_hash(original)
    return kept, left_out


def _sounds(path: Path, data: Mapping[str, Any]) -> Iterator[Needed]:
    """What was heard in a blind test: files with their hashes, wherever they stand in its setup."""
    command = data["setup"].get(abx_file.COMMAND)
    values = command.values() if isinstance(command, dict) else ()
    places = [Path(value) for value in values if isinstance(value, str) and "/" in value.replace("\\", "/")]
    for role, part in _with_hashes(data["setup"], ""):
        yield Needed(role, _last(part["file"]), part["hash"], (*places, path.parent / _last(part["file"])))
    heard, named = data["setup"].get("di"), command.get("di") if isinstance(command, dict) else None
    sha256 = heard if isinstance(heard, str) and abx_file.HASH.fullmatch(heard) else None
    if isinstance(named, str):
        yield Needed("the guitar (--di)", _last(named), sha256, (Path(named),))
    elif sha256 is not None:
        yield Needed("what it was matched by", bundled.di().name, sha256, (bundled.di(),))


def _with_hashes(value: Any, role: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, dict):
        return
    if isinstance(value.get("file"), str) and isinstance(value.get("hash"), str):
        if abx_file.HASH.fullmatch(value["hash"]):
            yield role, value
        return
    for key, each in value.items():
        if key not in abx_file.PRIVATE:
            yield from _with_hashes(each, f"{role}, {key}" if role else f"side {key.upper()}" if key in "ab" else key)


def _last(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2] or "file"


# -------------------------------------------------------------------- comparisons
def comparison(path: Path, data: Mapping[str, Any], raw: bytes) -> Result:
    """What `rig compare --json` wrote. Raises CompareError for what it did not, or not so."""
    problem = comparison_problem(data)
    if problem is not None:
        raise CompareError(f"{path.name} is no comparison that rig wrote: {problem}.")
    notes: tuple[str, ...] = ()
    is_as_written = True
    if SEAL in data or "provenance" in data:  # which every comparison with a seal has, and none without
        if not is_intact(data):
            raise CompareError(f"{path.name} cannot be evidence: it was changed after it was written.")
        if raw.replace(b"\r\n", b"\n").rstrip(b"\n") != json.dumps(data, indent=2).encode():
            notes, is_as_written = (f"{path.name}: {LAYOUT}",), False
    else:
        notes = (f"{path.name} has no seal and no hashes of its files; an earlier version of rig wrote it",)
    bare = without_paths({key: value for key, value in data.items() if key != SEAL})
    made = data.get("provenance")
    needed: list[Needed] = []
    for stated, kept in zip(*((each or {}).get("files", []) for each in (made, bare.get("provenance"))), strict=True):
        kept.pop("path", None)
        place = stated.get("path", stated["name"])
        needed.append(Needed(stated["role"], _last(place), stated["sha256"], (Path(place), path.parent / _last(place))))
    left_out = ("paths",) if needed else ()
    return Result(
        "compare", path, _sha256(raw), (("", as_written(bare)),), tuple(needed), left_out, notes, is_as_written
    )


def comparison_problem(data: Mapping[str, Any]) -> str | None:
    """What in a comparison is missing or of the wrong kind, as a clause; None: what is used of it can be used."""
    if data.get("schema") != COMPARISON:
        return f"schema {shown(data.get('schema'))}"
    scores, failures = data.get("scores"), data.get("failures", [])
    if not isinstance(scores, list) or not isinstance(failures, list):
        return "its scores are missing"
    for number, score in enumerate(scores, 1):
        if not isinstance(score, dict) or not isinstance(score.get("file"), str):
            return f"score {number} is none"
        gain, size, quality = (score.get(key) for key in ("input_gain_db", "size", "quality"))  # None: a recording
        if not (gain is None or _is_within(gain, MOST_DB)) or not (size is None or _is_within(size, 1.0)):
            return f"score {number} is none"
        if not (quality is None or is_whole(quality, 1, 64)):
            return f"score {number} is none"
    return _provenance_problem(data.get("provenance"))


def _provenance_problem(made: Any) -> str | None:
    if made is None:
        return None
    if not isinstance(made, dict) or made.get("schema") != provenance.SCHEMA:
        return "where it comes from is of another version"
    files, options = made.get("files"), made.get("options")
    if not isinstance(files, list) or not isinstance(options, dict) or not isinstance(made.get("versions"), dict):
        return "where it comes from is missing"
    for each in files:
        texts = [each.get(key) for key in ("role", "name", "sha256")] if isinstance(each, dict) else [None]
        if not all(isinstance(text, str) for text in texts) or not isinstance(each.get("path", ""), str):
            return "one of its files is none"
        if each["role"] not in provenance.ROLES or abx_file.HASH.fullmatch(each["sha256"]) is None:
            return "one of its files is none"
    level, channel = options.get("input_dbu"), options.get("channel")
    if not (level is None or _is_within(level, MOST_DB)) or not (channel is None or is_whole(channel, 1, 64)):
        return "its options are none"
    return None if isinstance(options.get("input_basis", ""), str) else "its options are none"


def _is_within(value: Any, most: float) -> bool:
    return is_number(value) and -most <= value <= most
