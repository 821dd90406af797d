"""Whose `rig` is first on the path: Debian and PyPI have other programs of that name."""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
from pathlib import Path

from .finding import Finding

LOOKED_AT = 65536  # bytes of a file: the scripts that start Python programs are a few lines
INTERPRETER = re.compile(rb"(/[^\n\"']*?/)(?:python|pypy)[\d.]*\b")


def command_name(path: str | None = None) -> Finding:
    """What `rig` starts in a terminal. `path`: folders to look in; None: those of this process."""
    found = shutil.which("rig", path=path)
    if found is None:
        return Finding(
            "command",
            "unknown",
            "No command rig is on the path of this process, so it may be another one in your terminal.",
            f"Add {_scripts()} to PATH.",
        )
    if _is_this_one(Path(found)):
        return Finding("command", "ok", f"rig is {found}, which is this program.")
    if b"rig.cli" in _beginning(Path(found)):
        text = f"rig is {found}, another installation of this program; the one that looks is in {sys.prefix}."
        return Finding("command", "warn", text, "Remove one of them, or put the one you want first on PATH.")
    text = f"rig is {found}, another program of that name, which is first on the path."
    return Finding("command", "warn", text, "Start this one as amprig: everything else stays as it is written.")


def _is_this_one(script: Path) -> bool:
    """Whether a script starts what runs now: by its folder, or by the interpreter that it names."""
    if script.resolve().parent == _scripts().resolve():
        return b"rig.cli" in _beginning(script) or sys.platform == "win32"  # there it is a program
    text = _beginning(script)
    named = INTERPRETER.search(text[:1024])
    if b"rig.cli" not in text or named is None:
        return False
    return Path(os.fsdecode(named[1])).resolve() == Path(sys.executable).parent.resolve()


def _scripts() -> Path:
    return Path(sysconfig.get_path("scripts"))


def _beginning(script: Path) -> bytes:
    try:
        with script.open("rb") as file:
            return file.read(LOOKED_AT)
    except OSError:  # it may be run and not read
        return b""
