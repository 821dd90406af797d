"""The versions of the trainer's environment, with the hashes of all files that may be installed, and their sizes.

`locks/common.txt` holds what every environment needs, `locks/torch-cpu.txt` and `locks/torch-gpu.txt` the two builds of
torch. They are requirement files as pip reads them, and name no place where anything is fetched: that is for the user's
own settings of pip to say. `tests/training/locks/make.py` writes them.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ...errors import TrainingError

FOLDER = Path(__file__).resolve().parents[1] / "locks"
VARIANTS = ("cpu", "gpu")
TRAINER = "neural-amp-modeler"
LIGHTNING = "pytorch-lightning"
_PIN = re.compile(r"^([a-z0-9-]+)==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True)
class Requirement:
    """One package: its name, its version, and its lines in the lock, with marker and hashes."""

    name: str
    version: str
    lines: str


@cache
def requirements(variant: str) -> tuple[Requirement, ...]:
    """What an environment of this variant holds, torch first, as that is most of it."""
    text = "".join(_text(name) for name in (f"torch-{variant}", "common"))
    pins = [*_PIN.finditer(text)]
    ends = [pin.start() for pin in pins[1:]] + [len(text)]
    return tuple(
        Requirement(pin[1], pin[2], _without_comments(text[pin.start() : end]))
        for pin, end in zip(pins, ends, strict=True)
    )


def lock_hash(variant: str) -> str:
    """SHA-256, in hex, of all that is locked for a variant; an environment is right if it was made of this lock."""
    return hashlib.sha256((_text(f"torch-{variant}") + _text("common")).encode()).hexdigest()


def locked_version(name: str) -> str:
    """The version of a package, without what tells builds of one version apart."""
    found = {each.name: each.version for variant in VARIANTS for each in requirements(variant)}
    return found[name].partition("+")[0]


def locked_pythons() -> tuple[str, ...]:
    """The Pythons that there are files for, oldest first: "3.11", ..."""
    return tuple(map(str, _sizes()["pythons"]))


def locked_on() -> date:
    """When the lock was made, and its sizes were looked up."""
    return date.fromisoformat(_sizes()["made"])


def download_bytes(variant: str) -> int:
    """How much is fetched for this system. TrainingError: there are no files for it."""
    sizes, here = _sizes()["download_bytes"], f"{platform.system()} {platform.machine()}"
    if here not in sizes:
        known = ", ".join(sorted(sizes))
        raise TrainingError(
            f"The trainer cannot be set up on {here}: PyTorch {locked_version('torch')} comes for {known}. Train on "
            "another machine, or name an environment of your own with --python."
        )
    return int(sizes[here][variant])


def disk_bytes(variant: str) -> int:
    """How much a finished environment takes, as measured on Linux x86_64 with Python 3.11."""
    return int(_sizes()["disk_bytes"][variant])


def _text(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def _without_comments(lines: str) -> str:
    return "".join(line for line in lines.splitlines(keepends=True) if not line.startswith("#"))


@cache
def _sizes() -> dict[str, Any]:
    sizes: dict[str, Any] = json.loads((FOLDER / "sizes.json").read_text(encoding="utf-8"))
    return sizes
