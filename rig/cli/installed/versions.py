"""`rig --version`: rig, and everything it stands on, for a report of something that went wrong."""

from __future__ import annotations

import contextlib
import json
import platform
from importlib import metadata

from ... import __version__
from ...errors import RigError

PACKAGES = ("numpy", "numba", "llvmlite", "scipy", "soundfile", "sounddevice", "JACK-Client", "matplotlib")
MISSING = "not installed"


def versions() -> dict[str, str]:
    """The version of rig and of each part below it, by its name."""
    found = {"rig": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package.lower()] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package.lower()] = MISSING
    found["libsndfile"] = _libsndfile()
    found["jack"] = _jack()
    found["system"] = f"{platform.system()} {platform.release()} {platform.machine()}"
    found["cpu"] = _cpu()
    return found


def show(as_json: bool) -> int:
    """Print them; the exit code."""
    found = versions()
    if as_json:
        print(json.dumps(found, indent=2))
        return 0
    print(f"rig {found.pop('rig')}")
    for name, version in found.items():
        print(f"  {name:<12} {version}")
    return 0


def _libsndfile() -> str:
    try:
        import soundfile
    except (ImportError, OSError):
        return MISSING
    return str(soundfile.__libsndfile_version__)


def _jack() -> str:
    """Of the library; a server need not run."""
    try:
        from ...backends.jack import libjack

        return libjack.version() or "of a version that it does not say"
    except (ImportError, OSError, RigError):
        return MISSING


def _cpu() -> str:
    """The processor as the compiler knows it."""
    with contextlib.suppress(ImportError, OSError, RuntimeError):
        from ...dsp.native.cpu import cpu_name

        return cpu_name()
    return platform.processor() or "unknown"
