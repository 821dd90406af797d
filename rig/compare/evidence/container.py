"""The zip of a bundle, written in exactly one way, so that the same content is the same bytes everywhere.

Members are stored as they are, in the order of their names, with one fixed time, and with names of plain letters. A
reader that knows this need not trust anything in the file: it works out what every byte has to be and compares. So any
edit is found, also one that other programs would not notice, and nothing that makes other zips dangerous can be in one:
no member that grows when it is unpacked, no path out of the folder, no link, no encryption, no two of one name.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ...errors import CompareError

MOST_BYTES = (1 << 32) - (1 << 20)  # of a zip, which counts in 32 bits
MOST_MEMBERS = 5000
LONGEST_NAME = 200
PIECE = 1 << 20
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*(/[A-Za-z0-9_][A-Za-z0-9._+-]*){0,3}")
LOCAL, CENTRAL, END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
MADE_BY = 3 << 8 | 20  # Unix, so that the kind of a file is stated
NEEDED, DATE = 10, 0x21  # zip 1.0 is enough; 1980-01-01, the first day a zip knows
KIND = (stat.S_IFREG | 0o644) << 16


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a bundle: its name in it, and what is known of its bytes."""

    name: str
    size: int
    crc: int
    sha256: str


def measured(name: str, path: Path) -> Member:
    """A file as a member of that name. Raises OSError."""
    size, crc, sha = 0, 0, hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            size, crc = size + len(piece), zlib.crc32(piece, crc)
            sha.update(piece)
    return Member(name, size, crc, sha.hexdigest())


def name_problem(name: str) -> str | None:
    """Why a member may not be called so, as a clause; None: it may."""
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return "leads to a fixed place of the disk"
    if ".." in re.split(r"[/\\]", name):
        return "leads out of the bundle"
    if NAME.fullmatch(name) is None or len(name) > LONGEST_NAME:
        return "has a name that rig gives no file"
    return None


def _local(member: Member) -> bytes:
    name = member.name.encode("ascii")
    sizes = member.crc, member.size, member.size
    return LOCAL.pack(b"PK\3\4", NEEDED, 0, 0, 0, DATE, *sizes, len(name), 0) + name


def _central(member: Member, offset: int) -> bytes:
    name = member.name.encode("ascii")
    sizes = member.crc, member.size, member.size
    head = (b"PK\1\2", MADE_BY, NEEDED, 0, 0, 0, DATE, *sizes, len(name), 0, 0, 0, 0, KIND, offset)
    return CENTRAL.pack(*head) + name


def _tail(members: Sequence[Member]) -> bytes:
    """The directory of a zip, and its end."""
    parts, offset = [], 0
    for member in members:
        parts.append(_central(member, offset))
        offset += len(_local(member)) + member.size
    directory = b"".join(parts)
    return directory + END.pack(b"PK\5\6", 0, 0, len(members), len(members), len(directory), offset, 0)


def size_of(members: Sequence[Member]) -> int:
    """How many bytes the zip of these has."""
    heads = sum(LOCAL.size + CENTRAL.size + 2 * len(member.name) for member in members)
    return heads + sum(member.size for member in members) + END.size


def write_zip(file: BinaryIO, members: Sequence[tuple[Member, Path]]) -> None:
    """Write all of it. Raises OSError, and CompareError for a file that is not any more as it was measured."""
    for member, path in members:
        file.write(_local(member))
        sha = hashlib.sha256()
        for piece in _pieces(path):
            sha.update(piece)
            file.write(piece)
        if sha.hexdigest() != member.sha256:
            raise CompareError(f"{path.name} changed while the bundle was written; begin again.")
    file.write(_tail([member for member, _ in members]))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


# -------------------------------------------------------------------- reading
def unpack(path: Path, into: Path) -> list[Member]:
    """Check a zip byte for byte, and write its members below `into`; what they are.

    Nothing is written before all names and sizes are known to be harmless. Raises CompareError, OSError.
    """
    with path.open("rb") as file:
        members = _directory(file, path.name)
        if shutil.disk_usage(into).free < size_of(members) + (64 << 20):
            raise CompareError(f"{path.name}: there is not enough room on the disk to look into it.")
        file.seek(0)
        found = [_unpacked(file, member, into / member.name, path.name) for member in members]
        if file.read() != _tail(members):
            raise CompareError(f"{path.name} was changed: its directory is not as rig writes it.")
    return found


def _unpacked(file: BinaryIO, member: Member, target: Path, zip_name: str) -> Member:
    """Write one, and return it with the hash of what was written."""
    expected = _local(member)
    if file.read(len(expected)) != expected:
        raise CompareError(f"{zip_name} was changed: what stands before {member.name} is not as rig writes it.")
    target.parent.mkdir(parents=True, exist_ok=True)
    left, crc, sha = member.size, 0, hashlib.sha256()
    with target.open("xb") as written:
        while left:
            piece = file.read(min(PIECE, left))
            if not piece:
                raise CompareError(f"{zip_name} is cut off within {member.name}.")
            left, crc = left - len(piece), zlib.crc32(piece, crc)
            sha.update(piece)
            written.write(piece)
    if crc != member.crc:
        raise CompareError(f"{zip_name} was changed: {member.name} is not what its checksum says.")
    return replace(member, sha256=sha.hexdigest())


def _directory(file: BinaryIO, name: str) -> list[Member]:
    """The members as the directory at the end of a zip lists them, each harmless, and in the only order there is."""
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(2) != b"PK":
        raise CompareError(f"{name} is no bundle: it is not a zip.")
    if size > MOST_BYTES:
        raise CompareError(f"{name} has {size >> 20} MiB; no bundle of rig has more than {MOST_BYTES >> 20}.")
    file.seek(max(0, size - END.size))
    end = file.read(END.size)
    if len(end) < END.size or not end.startswith(b"PK\5\6"):
        raise CompareError(f"{name} is cut off, or something was added at its end.")
    _, disk, disk_too, count, all_of_them, length, offset, comment = END.unpack(end)
    if (disk, disk_too, all_of_them, comment) != (0, 0, count, 0) or offset + length + END.size != size:
        raise CompareError(f"{name} is cut off, or something was added to it: its end is not as rig writes it.")
    if count > MOST_MEMBERS or length > MOST_MEMBERS * (CENTRAL.size + LONGEST_NAME):
        raise CompareError(f"{name} holds {count} files; no bundle of rig has more than {MOST_MEMBERS}.")
    file.seek(offset)
    members = list(_listed(file.read(length), count, name))
    check_names([member.name for member in members], name)
    if size_of(members) != size:
        raise CompareError(f"{name} was changed: its files are not as long as its directory says.")
    return members


def _listed(directory: bytes, count: int, zip_name: str) -> Iterator[Member]:
    at = 0
    for number in range(1, count + 1):
        head = directory[at : at + CENTRAL.size]
        if len(head) < CENTRAL.size or not head.startswith(b"PK\1\2"):
            raise CompareError(f"{zip_name} is damaged: entry {number} of its directory is none.")
        fields = CENTRAL.unpack(head)
        flags, method, crc, packed, size, length, extra, remark = (*fields[3:5], *fields[7:13])
        raw = directory[at + CENTRAL.size : at + CENTRAL.size + length]
        name = raw.decode("utf-8", "backslashreplace")
        if flags & 1:
            raise CompareError(f"{zip_name}: {name} is encrypted; rig writes and reads no such bundle.")
        if stat.S_ISLNK(fields[15] >> 16):
            raise CompareError(f"{zip_name}: {name} is a link to another file; no bundle of rig holds one.")
        problem = name_problem(name)
        if problem is not None:
            raise CompareError(f"{zip_name}: {name} {problem}; nothing was unpacked.")
        if method != 0 or packed != size:
            raise CompareError(
                f"{zip_name}: {name} is packed, and rig stores files as they are: this zip was made by another "
                "program. Unpack it with that, and check the folder."
            )
        at += CENTRAL.size + length + extra + remark
        yield Member(name, size, crc, "")


def check_names(names: Iterable[str], bundle: str) -> None:
    """Raise CompareError for two files that are one on some disk, or an order that rig does not write."""
    listed = list(names)
    known: set[str] = set()
    for name in listed:
        if name.casefold() in known:
            raise CompareError(f"{bundle} holds {name} twice.")
        known.add(name.casefold())
    for name in known:
        parts = name.split("/")
        if any("/".join(parts[:depth]) in known for depth in range(1, len(parts))):
            raise CompareError(f"{bundle} holds a file and a folder of one name, above {name}.")
    if listed != sorted(listed):
        raise CompareError(f"{bundle} was packed by another program: its files stand in another order than rig's.")


def look_through(folder: Path) -> list[Member]:
    """The members of a bundle that is a folder. Raises CompareError for what no bundle holds, OSError."""
    found: list[Member] = []
    for path in sorted(folder.rglob("*")):
        name, kind = path.relative_to(folder).as_posix(), path.lstat().st_mode
        if stat.S_ISDIR(kind):
            continue
        if not stat.S_ISREG(kind):
            raise CompareError(f"{folder.name}: {name} is a link, a pipe or a device; no bundle of rig holds one.")
        if len(found) == MOST_MEMBERS:
            raise CompareError(f"{folder.name} holds more than {MOST_MEMBERS} files, which no bundle of rig has.")
        problem = name_problem(name)
        if problem is not None:
            raise CompareError(f"{folder.name}: {name} {problem}.")
        found.append(measured(name, path))
    return sorted(found, key=lambda member: member.name)
