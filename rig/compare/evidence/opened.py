"""A bundle, opened: every byte looked at, before anything in it is used."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...errors import CompareError
from ..abx_file import typed_hash
from .container import Member, look_through, unpack
from .manifest import FILE, Listed, Manifest, read_manifest

State = Literal["ok", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Line:
    """What was found about one thing. unknown: it could not be replayed, and `text` says why."""

    state: State
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle in a folder. `whole`: the members that are what the manifest says; the rest is used for nothing."""

    name: str
    folder: Path
    manifest: Manifest
    whole: frozenset[str]
    lines: tuple[Line, ...]

    def path_of(self, member: str) -> Path | None:
        """Where a member lies; None: it was changed, or is missing."""
        return self.folder / member if member in self.whole else None

    def below(self, result: Listed) -> dict[str, Path]:
        """The files of a result that has a folder, by their names below it."""
        start = f"{result.member}/"
        return {name[len(start) :]: self.folder / name for name in sorted(self.whole) if name.startswith(start)}


@contextlib.contextmanager
def opened(path: Path, seal: str | None = None) -> Iterator[Opened]:
    """Look at every byte of a bundle. Raises CompareError with one sentence for what is none, or hostile.

    `seal`: the seal as somebody else has it. A zip is unpacked into a folder of its own that goes at the end.
    """
    if not path.exists():
        raise CompareError(f"{path.name}: there is no such file or folder in {path.absolute().parent}.")
    wanted = None if seal is None else typed_hash(seal, "The seal")
    try:
        with contextlib.ExitStack() as stack:
            if path.is_dir():
                folder, members = path, look_through(path)
            elif path.is_file():
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rig-evidence-")))
                members = unpack(path, folder)
            else:
                raise CompareError(f"{path.name} is neither a file nor a folder.")
            manifest = read_manifest(folder, path.name)
            yield _looked_at(path.name, folder, manifest, members, wanted)
    except OSError as error:
        raise CompareError(f"{path.name} cannot be read ({error.strerror or error}).") from error


def _looked_at(name: str, folder: Path, manifest: Manifest, members: list[Member], wanted: str | None) -> Opened:
    stated = {member.name: member for member in manifest.members}
    found = {member.name: member for member in members if member.name != FILE}
    lines, whole = [], []
    for each in sorted(stated.keys() | found.keys()):
        if each not in found:
            lines.append(Line("fail", each, "is missing"))
        elif each not in stated:
            lines.append(Line("fail", each, "does not belong to it: the manifest does not name it"))
        elif (found[each].sha256, found[each].size) != (stated[each].sha256, stated[each].size):
            lines.append(Line("fail", each, "was changed: it is not the file whose hash the manifest states"))
        else:
            whole.append(each)
    if not lines:
        lines.append(Line("ok", "files", f"all {len(stated)} are those of the manifest, byte for byte"))
    if wanted is None:
        text = f"{manifest.seal[:16]}... fits the manifest; whoever writes all of it anew can make it fit (--seal)"
        lines.append(Line("unknown", "seal", text))
    elif manifest.seal.startswith(wanted):
        lines.append(Line("ok", "seal", "is the one you gave: nothing was changed since it was told to you"))
    else:
        lines.append(Line("fail", "seal", "is not the one you gave: it is another bundle, or was written anew"))
    return Opened(name, folder, manifest, frozenset(whole), tuple(lines))
