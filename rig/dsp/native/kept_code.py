"""Compiled code on disk: whatever is loaded from there is what was written there, by this user.

One file for each compiled function: a line of JSON that says what follows and gives its hash, then the object file as
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
LONGEST_HEAD_BYTES = 4096


class DamagedCodeError(Exception):
    """What lies on disk is not what was written."""


@dataclass(frozen=True, slots=True)
class CompiledCode:
    """One function as the compiler made it: its name in the object file, the object file, and LLVM's text, packed."""

    symbol: str
    code: bytes
    packed_llvm: bytes

    @property
    def llvm(self) -> str:
        """The code in LLVM's language, optimised, before it became instructions of one CPU."""
        return zlib.decompress(self.packed_llvm).decode()


def keep(path: Path, compiled: CompiledCode) -> None:
    """Write it whole, or raise OSError: then it is made anew next time."""
    body = compiled.code + compiled.packed_llvm
    head = {
        "symbol": compiled.symbol,
        "code_bytes": len(compiled.code),
        "hash": _hash(compiled.symbol, len(compiled.code), body),
    }
    write_bytes(path, json.dumps(head, sort_keys=True).encode() + b"\n" + body, make_folder=False)


def read(path: Path) -> CompiledCode | None:
    """What was kept; None where nothing was. Raises DamagedCodeError."""
    try:
        with path.open("rb") as file:
            head, body = file.readline(LONGEST_HEAD_BYTES), file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DamagedCodeError(str(error)) from error
    try:
        fields = json.loads(head)
        symbol, length = fields["symbol"], fields["code_bytes"]
        intact = fields["hash"] == _hash(symbol, length, body) and 0 < length <= len(body)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedCodeError(str(error)) from error
    if not intact:
        raise DamagedCodeError(f"{path.name} is not as it was written")
    return CompiledCode(symbol, body[:length], body[length:])


def pack(text: str) -> bytes:
    """As `CompiledCode.packed_llvm` holds it."""
    return zlib.compress(text.encode(), 1)


def _hash(symbol: str, code_bytes: int, body: bytes) -> str:
    head = f"{symbol}\0{code_bytes}\0".encode()
    return hashlib.blake2b(head + body, digest_size=HASH_BYTES).hexdigest()


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
