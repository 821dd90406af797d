"""The models, impulse responses and guitar that come with rig.

In a checkout they lie beside the package in `models/` and `irs/`; an installed wheel holds them in `rig/bundled/`.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import FileError

_PACKAGE = Path(__file__).resolve().parents[1]


def root() -> Path:
    """The folder that holds `models/` and `irs/`."""
    for folder in (_PACKAGE / "bundled", _PACKAGE.parent):
        if (folder / "models" / "di" / "rig-di.wav").is_file():
            return folder
    raise FileError(
        "rig-di.wav was not found beside the program: this installation lacks its models; install it again."
    )


def models() -> tuple[Path, ...]:
    """Every `.nam` file that comes with rig, by name; the first is what plays when nothing is named."""
    return tuple(sorted((root() / "models").glob("*.nam")))


def irs() -> tuple[Path, ...]:
    """Every cabinet that comes with rig, by name."""
    return tuple(sorted((root() / "irs").glob("*.wav")))


def di() -> Path:
    """A dry guitar of some ten seconds, 48 kHz mono: what sounds when there is no guitar."""
    return root() / "models" / "di" / "rig-di.wav"
