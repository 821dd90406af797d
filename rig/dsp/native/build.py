"""One build of rig: everything that decides its machine code, and the folder where that is kept.

The folder is named by a hash of the sources that kernels take anything from, of numba, llvmlite, numpy and Python, and
of the CPU. Two copies of one version share it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ...errors import ConfigError
from ...files.distribution import install_line
from ...files.paths import cache_folder
from .compile_report import report
from .cpu import cpu_features, cpu_name
from .kept_code import private_folder

OLDEST = {"numba": (0, 61), "numpy": (2, 0)}  # what kernels are written for; as in pyproject.toml
KEPT_BUILDS = 4  # whose compiled code stays on disk
# Folders of the package that no compiled function takes anything from, so that an edit there rebuilds nothing.
WITHOUT_KERNELS = (
    "bundled",  # of an installation: models and cabinets, with the scripts that made them
    *("capture/checks", "capture/ir", "capture/result", "capture/signal"),
    *("backing", "catalogue", "cli", "compare", "doctor", "knob", "library", "player", "recording", "training", "web"),
)


@cache
def build_key() -> str:
    """Hash of everything that decides the machine code: sources, compiler, Python, CPU."""
    package = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for name in _sources(package):
        digest.update(name.encode() + b"\0" + (package / name).read_bytes() + b"\0")
    compilers = [_compiler(name) for name in ("numba", "llvmlite", "numpy")]
    for text in (*compilers, sys.version, cpu_name(), cpu_features()):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:16]


def _sources(package: Path, within: str = "") -> Iterator[str]:
    """The modules that kernels take anything from, such as `dsp/ring.py`; every start goes through all of them."""
    with os.scandir(package / within) as found:
        for entry in sorted(found, key=lambda entry: entry.name):
            name = within + entry.name
            if entry.is_dir(follow_symlinks=False):
                if name not in WITHOUT_KERNELS and entry.name != "__pycache__":
                    yield from _sources(package, f"{name}/")
            elif name.endswith(".py"):
                yield name


def _compiler(name: str) -> str:
    """The version of what compiles. Raises ConfigError where it is missing or too old."""
    try:
        found = version(name)
    except PackageNotFoundError as error:
        raise ConfigError(f"{name}, which compiles rig, is not installed: {install_line()} brings it.") from error
    oldest = OLDEST.get(name, ())
    if tuple(map(int, re.findall(r"\d+", found)[:2])) < oldest:
        needed = ".".join(map(str, oldest))
        raise ConfigError(f"rig needs {name} {needed} or later, and {found} is installed: {install_line()} renews it.")
    return found


@cache
def cache_directory() -> Path:
    """Where this build's compiled code is kept; a temporary folder if the user's cache cannot be written or trusted."""
    base = cache_folder() / "compiled"
    path = base / build_key()
    try:
        for folder in (base, path):
            private_folder(folder)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        why = error.strerror or str(error)
        report.tell(
            f"Compiled code cannot be kept ({why}), so every start of rig compiles again; XDG_CACHE_HOME may name a "
            "folder that is yours."
        )
        return Path(_temporary_cache().name)
    return path


def is_shared() -> bool:
    """Whether other processes of this user find there what this one keeps."""
    return cache_directory().parent == cache_folder() / "compiled"


@cache
def _temporary_cache() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="rig-compiled-")


def forget_old_builds() -> None:
    """Keep the newest few builds: every edit of the sources makes a new one."""
    siblings = [p for p in cache_directory().parent.iterdir() if p.is_dir() and len(p.name) == len(build_key())]
    for path in sorted(siblings, key=lambda p: p.stat().st_mtime, reverse=True)[KEPT_BUILDS:]:
        shutil.rmtree(path, ignore_errors=True)
