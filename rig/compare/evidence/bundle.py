"""Results and what they were made from, written as one bundle: a zip, or a folder.

The same input gives the same bytes. A bundle is there whole or not at all, and what it was made from is only read.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...errors import CompareError, FileError
from ...files.atomic_write import NewFolder, forget, give_name, reason, temporary_beside
from ...files.hashing import sha256_of
from .container import MOST_BYTES, MOST_MEMBERS, Member, measured, size_of, write_zip
from .manifest import FILE, NOT_STATED, README, Listed, Manifest, Stimulus
from .provenance import versions
from .reading import read_any
from .readme import readme
from .result_files import Needed, Result
from .seal import SEAL, as_written

ZIP = ".zip"
BY_RIG = "written by rig"
RIGHTS, NOT_THERE, CHANGED = "left out on wish", "it was not found", "the file has changed since the result was made"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What goes in. `without`: paths or names of files whose hashes do; `licences`: by path or name of a file."""

    without_audio: bool = False
    without: tuple[str, ...] = ()
    licence: str = NOT_STATED
    licences: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()  # where files are looked for that lie no more where they were
    keep_names: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that was written."""

    path: Path
    manifest: Manifest
    size: int
    notes: tuple[str, ...]


def make(out: Path, paths: Sequence[Path], wishes: Wishes, overwrite: bool = False) -> Made:
    """Write a bundle of these results: a zip if `out` ends so, else a folder.

    Raises CompareError for what is no result, FileError where it cannot be written.
    """
    _check_out(out, overwrite)
    results = _in_order([read_any(path, wishes.keep_names) for path in paths])
    found, stimuli = _stimuli(results, wishes)
    notes = [note for result in results for note in result.notes]
    listed = []
    with tempfile.TemporaryDirectory(prefix="rig-evidence-") as scratch:
        sources: dict[str, Path] = dict(found)
        for number, result in enumerate(results, 1):
            member = f"results/{number}-{result.kind}" + (".json" if result.files[0][0] == "" else "")
            for below, content in result.files:
                name = f"{member}/{below}" if below else member
                sources[name] = _scratched(Path(scratch), name, content)
            listed.append(Listed(number, result.kind, result.path.name, member, result.sha256, result.left_out))
        sources[README] = _scratched(Path(scratch), README, readme(listed, stimuli).encode())
        members = tuple(measured(name, sources[name]) for name in sorted(sources))
        manifest = Manifest(
            versions(), members, tuple(_licence_of(m, stimuli, wishes) for m in members), tuple(listed), tuple(stimuli)
        )
        sealed = manifest.to_json()
        manifest = replace(manifest, seal=sealed[SEAL])
        sources[FILE] = _scratched(Path(scratch), FILE, as_written(sealed))
        everything = sorted([*members, measured(FILE, sources[FILE])], key=lambda member: member.name)
        if len(everything) > MOST_MEMBERS or size_of(everything) > MOST_BYTES:
            raise CompareError(
                f"{out.name} would hold {len(everything)} files of {size_of(everything) >> 20} MiB; at most "
                f"{MOST_MEMBERS} and {MOST_BYTES >> 20} go into one bundle. Make several, or leave files out "
                "(--without-audio, --without FILE)."
            )
        write = _write_zip if out.suffix.lower() == ZIP else _write_folder
        try:
            write(out, [(member, sources[member.name]) for member in everything], overwrite)
        except OSError as error:
            raise FileError(f"{out.name}: cannot be written{reason(out, error)}.") from error
    return Made(out, manifest, size_of(everything), tuple(notes))


def _check_out(out: Path, overwrite: bool) -> None:
    if os.path.lexists(out):
        if out.is_dir():
            raise FileError(f"{out.name}: the folder exists already, and is never replaced; choose another name.")
        if not overwrite:
            raise FileError(f"{out.name}: the file exists already; choose another name, or replace it (--overwrite).")
    if out.suffix.lower() in (".json", ".wav", ".nam"):
        raise FileError(f"{out.name}: a bundle is a .zip or a folder; name it first: rig evidence OUT.zip RESULT...")
    if not out.absolute().parent.is_dir():
        raise FileError(f"{out.name}: cannot be written; there is no folder {out.parent}.")


def _in_order(results: Iterable[Result]) -> list[Result]:
    """By kind, name and content, each once: the order they were named in says nothing."""
    once = {(result.kind, result.path.name, result.sha256): result for result in results}
    return [once[key] for key in sorted(once)]


def _scratched(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# -------------------------------------------------------------------- what it was made from
def _stimuli(results: Sequence[Result], wishes: Wishes) -> tuple[dict[str, Path], list[Stimulus]]:
    """Where the files of the members lie, by the name of the member; and all that is said of stimuli."""
    locate = _Places(wishes.folders)
    uses: dict[tuple[str | None, str], list[tuple[int, str]]] = {}
    known: dict[tuple[str | None, str], tuple[Needed, Path | None, str | None]] = {}
    for number, result in enumerate(results, 1):
        for needed in result.needed:
            path, sha256, why_not = locate(needed)
            key = sha256, "" if sha256 is not None else needed.name  # one content is one file, whatever it is called
            uses.setdefault(key, []).append((number, needed.role))
            if key not in known or (known[key][1] is None and path is not None):
                known[key] = needed, path, why_not
    members: dict[str, Path] = {}
    stimuli, asked = [], {name: False for name in (*wishes.without, *wishes.licences)}
    for (sha256, _), (needed, path, why_not) in known.items():
        names = {needed.name, *map(str, needed.places), *(() if path is None else (str(path), str(path.absolute())))}
        named = [wish for wish in asked if wish in names or str(Path(wish).absolute()) in names]
        asked |= dict.fromkeys(named, True)
        if any(wish in wishes.without for wish in named) or (wishes.without_audio and needed.is_audio):
            why_not = RIGHTS
        licence = next((wishes.licences[wish] for wish in named if wish in wishes.licences), wishes.licence)
        size = None if path is None else path.stat().st_size
        member = None
        if why_not is None and path is not None and sha256 is not None:
            member = f"stimuli/{sha256[:12]}/{safe_name(needed.name)}"
            members[member] = path
        told = tuple(sorted(set(uses[sha256, "" if sha256 is not None else needed.name])))
        stimuli.append(Stimulus(needed.name, sha256, size, told, member, why_not, licence))
    for name, was_found in asked.items():
        if not was_found:
            raise CompareError(f"{name}: none of the results was made from a file of that name.")
    return members, sorted(stimuli, key=lambda each: (each.name, each.sha256 or ""))


def safe_name(name: str) -> str:
    """A name for a member: plain letters, with the ending."""
    stem, dot, ending = name.rpartition(".")
    plain = re.sub(r"[^A-Za-z0-9._+-]", "_", stem if dot else ending)[:80]
    plain = plain if re.match(r"[A-Za-z0-9_]", plain) else f"_{plain}"
    return f"{plain}.{re.sub(r'[^A-Za-z0-9]', '_', ending)[:10]}" if dot else plain


class _Places:
    """Looks for files by their hashes; each file is hashed once."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders, self._below = folders, None  # type: Sequence[Path], list[Path] | None
        self._hashes: dict[Path, str | None] = {}

    def __call__(self, needed: Needed) -> tuple[Path | None, str | None, str | None]:
        """Where it lies, its hash, and why it cannot go in, if it cannot."""
        changed = False
        for path in self._tried(needed):
            sha256 = self._hash(path)
            if sha256 is None:
                continue
            if needed.sha256 in (None, sha256):
                return path, sha256, None
            changed = changed or path in needed.places
        return None, needed.sha256, CHANGED if changed else NOT_THERE

    def _tried(self, needed: Needed) -> Iterable[Path]:
        yield from needed.places
        if self._below is None:
            self._below = [path for folder in self._folders for path in sorted(folder.rglob("*")) if path.is_file()]
        if needed.sha256 is not None:
            yield from sorted(self._below, key=lambda path: path.name != needed.name)

    def _hash(self, path: Path) -> str | None:
        if path not in self._hashes:
            try:
                self._hashes[path] = sha256_of(path) if path.is_file() else None
            except (OSError, ValueError):
                self._hashes[path] = None
        return self._hashes[path]


def _licence_of(member: Member, stimuli: Sequence[Stimulus], wishes: Wishes) -> str:
    if member.name == README:
        return BY_RIG
    return next((each.licence for each in stimuli if each.member == member.name), wishes.licence)


# -------------------------------------------------------------------- writing
def _write_zip(out: Path, members: Sequence[tuple[Member, Path]], overwrite: bool) -> None:
    temporary = temporary_beside(out)
    try:
        with temporary.open("xb") as file:
            write_zip(file, members)
            file.flush()
            os.fsync(file.fileno())
        give_name(temporary, out, overwrite)
    finally:
        forget(temporary)


def _write_folder(out: Path, members: Sequence[tuple[Member, Path]], overwrite: bool) -> None:
    with NewFolder(out) as new:
        for member, path in members:
            target = new.path / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb") as source, target.open("xb") as file:
                while piece := source.read(1 << 20):
                    file.write(piece)
            if measured(member.name, target).sha256 != member.sha256:
                raise CompareError(f"{path.name} changed while the bundle was written; begin again.")


Progress = Callable[[float], None]
