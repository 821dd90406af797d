"""The list of what is in a bundle, `manifest.json`: members with hashes, results, sounds and models with their rights.

    {
      "kind": "rig evidence", "schema": 1,
      "versions": {"rig": "...", ...}            of what made the bundle
      "members":  [{"name", "bytes", "sha256", "licence"}, ...]     every file but this one, by name
      "results":  [{"number", "kind", "name", "member", "original_sha256", "left_out"}, ...]
      "stimuli":  [{"name", "sha256", "bytes", "uses": [{"result", "role"}], "member", "why_not", "licence"}, ...]
      "seal":     SHA-256 over everything above
    }

`member` of a stimulus is null where only its hash is in the bundle, and `why_not` says why; `bytes` is null where the
file was not there. The seal covers the hash of every member, so it stands for the whole bundle.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import CompareError
from ...files.json_file import Damaged, Record
from .container import Member, name_problem
from .result_files import WHAT, Kind, read_json
from .seal import SEAL, as_written, is_intact, sealed

SCHEMA = 1
KIND = "rig evidence"
FILE, README = "manifest.json", "README.txt"
NOT_STATED = "not stated"
MOST = 1 << 42  # bytes of a file: beyond anything


@dataclass(frozen=True, slots=True)
class Listed:
    """A result in a bundle. `member`: its file, or the folder of its files."""

    number: int
    kind: Kind
    name: str
    member: str
    original_sha256: str
    left_out: tuple[str, ...]

    @property
    def called(self) -> str:
        """In a line of a report."""
        return f"{WHAT[self.kind]}, {self.name}"


@dataclass(frozen=True, slots=True)
class Stimulus:
    """A file that results were made from."""

    name: str
    sha256: str | None  # None: it was not there, and the result does not state it
    size: int | None
    uses: tuple[tuple[int, str], ...]  # number of the result, and as what
    member: str | None
    why_not: str | None
    licence: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of it."""

    versions: dict[str, str]
    members: tuple[Member, ...]
    licences: tuple[str, ...]  # of the members, in their order
    results: tuple[Listed, ...]
    stimuli: tuple[Stimulus, ...]
    seal: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it stands in the bundle, sealed."""
        return sealed(
            {
                "kind": KIND,
                "schema": SCHEMA,
                "versions": self.versions,
                "members": [
                    {"name": m.name, "bytes": m.size, "sha256": m.sha256, "licence": licence}
                    for m, licence in zip(self.members, self.licences, strict=True)
                ],
                "results": [
                    {
                        "number": r.number,
                        "kind": r.kind,
                        "name": r.name,
                        "member": r.member,
                        "original_sha256": r.original_sha256,
                        "left_out": list(r.left_out),
                    }
                    for r in self.results
                ],
                "stimuli": [
                    {
                        "name": s.name,
                        "sha256": s.sha256,
                        "bytes": s.size,
                        "uses": [{"result": number, "role": role} for number, role in s.uses],
                        "member": s.member,
                        "why_not": s.why_not,
                        "licence": s.licence,
                    }
                    for s in self.stimuli
                ],
            }
        )


def read_manifest(folder: Path, bundle: str) -> Manifest:
    """The manifest of a bundle in a folder. Raises CompareError: it is none, another version's, or was edited."""
    if not (folder / FILE).is_file():
        raise CompareError(f"{bundle} is no bundle of evidence: it holds no {FILE}.")
    data, raw = read_json(folder / FILE)
    if data.get("kind") != KIND:
        raise CompareError(f"{bundle} is no bundle of evidence: its {FILE} is something else.")
    if not is_intact(data) or raw != as_written(data):
        raise CompareError(f"{bundle} was changed: its {FILE} does not fit its seal.")
    try:
        record = Record(data)
        record.check_schema(SCHEMA)
        return _read(record)
    except Damaged as error:
        raise CompareError(f"{bundle} cannot be used: in its {FILE} {error}.") from None


def _read(record: Record) -> Manifest:
    members, licences = [], []
    for each in record.records("members"):
        members.append(Member(_name(each, "name"), each.whole_number("bytes", 0, MOST), 0, _hash(each, "sha256")))
        licences.append(each.text("licence"))
    return Manifest(
        versions={key: record.needed("versions").text(key) for key in record.needed("versions").values},
        members=tuple(members),
        licences=tuple(licences),
        results=tuple(_result(each, number) for number, each in enumerate(record.records("results"), 1)),
        stimuli=tuple(_stimulus(each) for each in record.records("stimuli")),
        seal=record.text(SEAL),
    )


def _result(each: Record, number: int) -> Listed:
    kind = each.text("kind")
    if kind not in WHAT:
        raise Damaged(f"{each.where}.kind is none that is known")
    left_out = each.values.get("left_out")
    if not isinstance(left_out, list) or not all(isinstance(text, str) for text in left_out):
        raise Damaged(f"{each.where}.left_out is no list of texts")
    return Listed(
        each.whole_number("number", number, number),
        kind,
        each.text("name"),
        _name(each, "member"),
        _hash(each, "original_sha256"),
        tuple(left_out),
    )


def _stimulus(each: Record) -> Stimulus:
    has_hash, is_member = each.values.get("sha256") is not None, each.values.get("member") is not None
    return Stimulus(
        each.text("name"),
        _hash(each, "sha256") if has_hash else None,
        None if each.values.get("bytes") is None else each.whole_number("bytes", 0, MOST),
        tuple((use.whole_number("result", 1, 1 << 20), use.text("role")) for use in each.records("uses")),
        _name(each, "member") if is_member else None,
        None if is_member else each.text("why_not"),
        each.text("licence"),
    )


def _hash(each: Record, key: str) -> str:
    text = each.text(key)
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise Damaged(f"{each.where}.{key} is no SHA-256")
    return text


def _name(each: Record, key: str) -> str:
    text = each.text(key)
    if name_problem(text) is not None:
        raise Damaged(f"{each.where}.{key} {name_problem(text)}")
    return text
