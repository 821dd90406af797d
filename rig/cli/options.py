"""Options that several commands share: levels, and where models and cabinets come from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ModelError
from ..levels import LEVEL_MODES, Level, checked_preamp_gain_db, entered_level

if TYPE_CHECKING:
    from collections.abc import Iterable

AUDIO_ENDINGS = (".wav", ".flac", ".aif", ".aiff", ".caf", ".w64", ".rf64", ".ogg")


def add_level_options(command: argparse.ArgumentParser) -> None:
    """Everything that enters the sums of `rig.levels`."""
    levels = command.add_argument_group("levels")
    known = levels.add_mutually_exclusive_group()
    known.add_argument(
        "--interface", metavar="NAME", help="your audio interface, by name (apollo-8x, scarlett-2i2-3rd-gen)"
    )
    known.add_argument(
        "--max-input-dbu",
        type=float,
        metavar="X",
        help="its level in dBu at 0 dBFS, gain at minimum, where no table knows it",
    )
    levels.add_argument(
        "--preamp-gain-db", type=float, default=0.0, metavar="G", help="gain dialled in on the interface (default 0)"
    )
    levels.add_argument(
        "--model-input-dbu",
        type=float,
        metavar="X",
        help="the model's input level where only its web page says it; remembered for that file",
    )
    levels.add_argument(
        "--level",
        choices=LEVEL_MODES,
        help="output level (default: normalized; rig measures the loudness that a file does not state)",
    )


def interface_level(options: argparse.Namespace) -> Level | None:
    """The interface's level from --interface or --max-input-dbu; None if neither is given."""
    if options.max_input_dbu is not None:
        return entered_level(options.max_input_dbu, "maximum input level")
    if options.interface is not None:
        from ..interface import Interface

        return Interface.named(options.interface).level()
    return None


def check_levels(options: argparse.Namespace) -> None:
    """Raise a LevelError for numbers that cannot be right, before anything is loaded."""
    checked_preamp_gain_db(options.preamp_gain_db)
    if options.model_input_dbu is not None:
        entered_level(options.model_input_dbu, "model input level")


def files_from(path: Path | None, folder: Path, endings: Iterable[str], bundled: Iterable[Path]) -> list[Path]:
    """What next and previous step through, with the file to begin with in front.

    A named file is followed by its neighbours in the folder; a named folder gives its files; nothing named gives the
    local `folder`, and if there is nothing in it, what is bundled.
    """
    if path is not None and not path.is_dir():
        return _from(path, _listed(path.parent, endings))
    if path is not None:
        found = _listed(path, endings)
        if not found:
            raise ModelError(
                f"{path}: this folder holds no {' or '.join(endings)} file; name a file or another folder."
            )
        return found
    return _listed(folder, endings) or list(bundled)


def _from(first: Path, neighbours: list[Path]) -> list[Path]:
    names = [p.name for p in neighbours]
    if first.name not in names:
        return [first, *neighbours]
    at = names.index(first.name)
    return [first, *neighbours[at + 1 :], *neighbours[:at]]


def _listed(folder: Path, endings: Iterable[str]) -> list[Path]:
    wanted = tuple(endings)
    try:
        found = [p for p in folder.iterdir() if p.suffix.lower() in wanted and not p.name.startswith(".")]
    except OSError:
        return []
    return sorted(found, key=lambda p: p.name.casefold())


def samples_of(path: Path, sample_rate: int) -> Any:
    """The first channel of a file at the session's rate, (n,) float32."""
    import numpy as np

    from ..resample import resample
    from ..wav import read

    audio = read(path)
    return np.ascontiguousarray(resample(audio.samples[:, 0], audio.sample_rate, sample_rate), np.float32)
