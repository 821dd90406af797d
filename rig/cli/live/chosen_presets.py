"""Which presets `rig play` was asked for: a file, a folder of them, what was played last, or none."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from ...errors import ConfigError, FileError
from ...files.folders import beside, files_in
from ...library.last_session import LastState, offer
from ...library.preset import ENDING, FOLDER, Preset

MODEL = ".nam"


@dataclass(frozen=True, slots=True)
class Chosen:
    """`presets` may be called; `first` plays first, None: models do. `folder`: of the setlist.

    `keeps`: what is played is kept for the next start; False: once something has been changed. `last`: the session that
    goes on. `sentence`: what to say about all this.
    """

    presets: list[Path]
    first: Preset | Path | None
    folder: Path | None
    keeps: bool
    last: LastState | None = None
    sentence: str | None = None


def chosen(options: argparse.Namespace) -> Chosen:
    """What the command line asks for. Raises RigError."""
    path: Path | None = options.model
    if options.resume:
        return _last(options)
    if path is None:
        return _beside_models(keeps=False, sentence=offer())
    if path.is_dir():
        found = _presets_in(path)
        if not found:
            return _beside_models(keeps=True)
        _refuse_cabinet(options, "A preset names its own cabinet")
        models = files_in(path, (MODEL,)).files
        rest = f", its {MODEL} files are not stepped through" if models else ""
        return Chosen(found, path, path, keeps=True, sentence=f"Setlist  {path}: {_counted(found)}{rest}")
    if path.suffix.lower() != ENDING:
        return _beside_models(keeps=True)
    _refuse_cabinet(options, "A preset names its own cabinet")
    Preset.load(path)  # what is wrong with it is said before any sound
    return Chosen(beside(path, (ENDING,)), path, path.parent, keeps=True)


def _beside_models(keeps: bool, sentence: str | None = None) -> Chosen:
    """Models play first; the presets that were saved beside them lie under their numbers."""
    found = _presets_in(FOLDER)
    if not found:
        return Chosen([], None, None, keeps, sentence=sentence)
    text = f"Setlist  {FOLDER}: {_counted(found)} under the keys of their numbers"
    return Chosen(found, None, FOLDER, keeps, sentence="\n".join([text, *([sentence] if sentence else [])]))


def _counted(presets: list[Path]) -> str:
    return f"{len(presets)} preset{'' if len(presets) == 1 else 's'}"


def _last(options: argparse.Namespace) -> Chosen:
    if options.model is not None:
        raise ConfigError("--resume brings back what was played last; name nothing else to play.")
    _refuse_cabinet(options, "--resume brings back the cabinet too")
    last = LastState.load()
    if last is None:
        raise ConfigError("There is nothing to resume: nothing has been played yet.")
    folder = last.setlist if last.setlist is not None else FOLDER
    found = _presets_in(folder)
    return Chosen(found, last.preset, folder if found else None, True, last, f"Last     {last.text}")


def _refuse_cabinet(options: argparse.Namespace, why: str) -> None:
    if options.ir is not None or options.no_ir:
        raise ConfigError(f"{why}; leave {'--no-ir' if options.ir is None else options.ir} away.")


def _presets_in(folder: Path) -> list[Path]:
    try:
        return files_in(folder, (ENDING,)).files
    except FileError:
        return []
