"""Compiled code on disk: whatever is loaded from there is what was written there, by this user.

One file for each compiled function: the hash of all that follows, a line of JSON that describes it, the object file as
the compiler made it. Behind it, packed, stands LLVM's text of the same code, for those who want to read what runs. What
does not match its hash, by a flipped bit or a stranger's hand, is never executed. The folder that holds all of it
belongs to its user and can be written by nobody else; one that does not is not used at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path

from ...files.atomic_write import write_bytes

WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
HASH_BYTES = 32
LONGEST_HEAD_BYTES = 65536


class DamagedCodeError(Exception):
    """What lies on disk is not what was written."""


@dataclass(frozen=True, slots=True)
class CompiledCode:
    """One function as the compiler made it.

    Its name in the object file, the object file, the names that takes from elsewhere, and LLVM's text, packed.
    """

    symbol: str
    code: bytes
    externals: tuple[str, ...]
    packed_llvm: bytes

    @property
    def llvm(self) -> str:
        """The code in LLVM's language, optimised, before it became instructions of one CPU."""
        return zlib.decompress(self.packed_llvm).decode()


def keep(path: Path, compiled: CompiledCode) -> None:
    """Write it whole, or raise OSError: then it is made anew next time."""
    body = compiled.code + compiled.packed_llvm
    head = json.dumps([compiled.symbol, len(compiled.code), compiled.externals]).encode()
    write_bytes(path, _hash(head, body) + b" " + head + b"\n" + body, make_folder=False)


def read(path: Path) -> CompiledCode | None:
    """What was kept; None where nothing was. Raises DamagedCodeError."""
    try:
        with path.open("rb") as file:
            head, body = file.readline(LONGEST_HEAD_BYTES), file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DamagedCodeError(str(error)) from error
    written, _, description = head.removesuffix(b"\n").partition(b" ")
    if not head.endswith(b"\n") or written != _hash(description, body):
        raise DamagedCodeError(f"{path.name} is not as it was written")
    symbol, length, externals = json.loads(description)
    return CompiledCode(symbol, body[:length], tuple(externals), body[length:])


def pack(text: str) -> bytes:
    """As `CompiledCode.packed_llvm` holds it."""
    return zlib.compress(text.encode(), 1)


def _hash(head: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(head + b"\n" + body, digest_size=HASH_BYTES).hexdigest().encode()


def private_folder(path: Path) -> None:
    """Make a folder that its user alone can write, or see to it that this one is. Raises OSError where it is not.

    What lies in a folder that others could write into is thrown away. On systems without owners nothing is checked.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not hasattr(os, "geteuid"):
        return
    found = path.stat()
    if found.st_uid != os.geteuid():
        raise PermissionError(f"{path} belongs to another user")
    if found.st_mode & WRITABLE_BY_OTHERS:
        for entry in list(path.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
        path.chmod(stat.S_IMODE(found.st_mode) & ~WRITABLE_BY_OTHERS)
