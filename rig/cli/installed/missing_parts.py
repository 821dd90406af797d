"""What rig stands on and cannot be loaded: a sentence with the way out in place of a traceback."""

from __future__ import annotations

import platform
import sys
from types import TracebackType

from ...files.distribution import install_line

# What is imported under which name of a package: all that is no part of rig and must be there.
PACKAGES = {
    "numpy": "numpy",
    "numba": "numba",
    "llvmlite": "llvmlite",
    "scipy": "scipy",
    "soundfile": "soundfile",
    "cffi": "cffi",
    "sounddevice": "sounddevice",
    "jack": "JACK-Client",
    "pyloudnorm": "pyloudnorm",
    "platformdirs": "platformdirs",
    "websockets": "websockets",
}
NARROW = " This Python is one of 32 bits, and numba has builds for 64 bits alone: it takes a 64-bit system."
SNDFILE = "sndfile library not found"  # what soundfile says, as an OSError


def missing_part(error: ImportError) -> str | None:
    """The sentence for a package that is missing or does not fit another; None: the fault is rig's own."""
    name = (error.name or "").partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and name in PACKAGES:
        return (
            f"{PACKAGES[name]} is not installed: {install_line()} brings it, where there is a build of it for "
            f"Python {platform.python_version()} on {platform.machine()}.{'' if is_wide() else NARROW}"
        )
    package = _raised_in(error.__traceback__)
    if package not in PACKAGES or name == "rig":
        return None
    why = str(error).strip().splitlines()[0] if str(error).strip() else "it says no reason"
    line = install_line().replace(" install ", " install --upgrade --upgrade-strategy eager ", 1)
    return f"{PACKAGES[package]} cannot be loaded ({why.rstrip('.')}): {line} brings versions that fit."


def is_wide() -> bool:
    """Whether this Python is one of 64 bits."""
    return sys.maxsize > 1 << 32


def missing_library(error: OSError) -> str | None:
    """The sentence for a library of the system that a package looks for; None: it is another fault."""
    if SNDFILE not in str(error):
        return None
    return "libsndfile is missing: install libsndfile1 (Debian, Ubuntu) or libsndfile (Fedora, Arch, FreeBSD, macOS)."


def _raised_in(traceback: TracebackType | None) -> str:
    """The package whose code raised an error."""
    name = ""
    while traceback is not None:
        name = str(traceback.tb_frame.f_globals.get("__name__", ""))
        traceback = traceback.tb_next
    return name.partition(".")[0]
