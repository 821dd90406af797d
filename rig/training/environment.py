"""The official trainer's environment: found, and checked before anything is trained with it.

Either the one that `rig train --set-up` made under rig's data folder, or one of the user's own that `--python` names.
torch is never imported here: an interpreter is asked for the versions of what it has, which takes a moment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import TrainingError
from .installing.installed_versions import PATIENCE_S, versions_of
from .installing.locked_versions import LIGHTNING, TRAINER, locked_version
from .installing.places import complete_in, folders, wheels_folder

SET_UP = "rig train --set-up"
OLDEST_PYTHON = (3, 10)  # of the trainer itself
COMPROMISED = ("2.6.2", "2.6.3")  # releases of Lightning that were tampered with
LIGHTNINGS = (LIGHTNING, "lightning")  # the same releases under two names


@dataclass(frozen=True)
class Trainer:
    """An environment that trains: its Python, and the versions of it and of the packages that decide what comes out.

    `versions`: "python", "torch", "neural-amp-modeler", "pytorch-lightning". `notes`: sentences about what differs from
    what rig was tested with.
    """

    python: Path
    versions: dict[str, str]
    notes: tuple[str, ...] = ()


def find_trainer(python: Path | None = None, patience_s: float = PATIENCE_S) -> Trainer:
    """The trainer that rig has set up, or the one in the environment of this `python`, checked.

    `patience_s`: how long an interpreter may take to answer. Raises TrainingError: there is none, it is half made or of
    another version, it has a compromised Lightning, its Python is too old, or is none.
    """
    if python is not None:
        versions = versions_of(python, patience_s)
        return Trainer(python.absolute(), versions, checked_versions(str(python), versions))
    found = [each for each in map(complete_in, folders()) if each is not None]
    current = [each for each in found if each.is_current]
    if not current:
        if found:
            raise TrainingError(
                "The trainer's environment was set up for another version of rig, which locks other packages: run "
                f"`{SET_UP}` again."
            )
        if folders() or wheels_folder().is_dir():
            raise TrainingError(f"The trainer's environment is half made: run `{SET_UP}`, which goes on where it was.")
        raise TrainingError(f"The official trainer is not set up: run `{SET_UP}`, or name an environment by --python.")
    environment = current[0]
    if not environment.python.exists():
        raise TrainingError(
            f"The trainer's environment in {environment.folder} has lost its Python, which an update of the system may "
            f"have removed: run `{SET_UP}` again."
        )
    versions = versions_of(environment.python, patience_s)
    _refuse_compromised("The trainer's environment", versions)
    for name in (TRAINER, "torch", LIGHTNING):
        if versions.get(name, "nothing").partition("+")[0] != locked_version(name):
            raise TrainingError(
                f"The trainer's environment in {environment.folder} was changed: it has {name} "
                f"{versions.get(name, 'no more')} in place of {locked_version(name)}; run `{SET_UP}` again."
            )
    return Trainer(environment.python, versions, checked_versions("The trainer's environment", versions))


def checked_versions(where: str, versions: dict[str, str]) -> tuple[str, ...]:
    """What differs from the tested versions, as sentences; TrainingError for what cannot be admitted."""
    if _numbers(versions.get("python", "")) < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        raise TrainingError(
            f"{where} is Python {versions.get('python', 'of no version')}; the trainer needs {oldest} or later."
        )
    _refuse_compromised(where, versions)
    expected = {name: locked_version(name) for name in (TRAINER, "torch", LIGHTNING)}
    if TRAINER not in versions:
        raise TrainingError(
            f"{where} has no {TRAINER}, the official trainer: name the Python of an environment that has "
            f"{TRAINER} {expected[TRAINER]}, or run `{SET_UP}`."
        )
    if _numbers(versions[TRAINER])[:2] != _numbers(expected[TRAINER])[:2]:
        raise TrainingError(
            f"{where} has {TRAINER} {versions[TRAINER]}, expected {expected[TRAINER]}: install that version there, or "
            f"run `{SET_UP}`."
        )
    for name in ("torch", LIGHTNING):
        if name not in versions:
            raise TrainingError(
                f"{where} has {TRAINER}, but not the {name} that it needs: install {name} {expected[name]} "
                f"there, or run `{SET_UP}`."
            )
    if _numbers(versions[LIGHTNING]) > _numbers(expected[LIGHTNING]):
        raise TrainingError(
            f"{where} has {LIGHTNING} {versions[LIGHTNING]}, expected {expected[LIGHTNING]} at most: install that "
            f"version there, or run `{SET_UP}`."
        )
    return tuple(
        f"{name} is {versions[name]}; rig is tested with {version}."
        for name, version in expected.items()
        if versions[name].partition("+")[0] != version
    )


def _refuse_compromised(where: str, versions: dict[str, str]) -> None:
    for name in LIGHTNINGS:
        if versions.get(name, "").partition("+")[0] in COMPROMISED:
            raise TrainingError(
                f"{where} has {name} {versions[name]}, a compromised release that carries foreign code: do not start "
                f"that environment, remove it and make a new one with {LIGHTNING} {locked_version(LIGHTNING)}, or run "
                f"`{SET_UP}`."
            )


def _numbers(version: str) -> tuple[int, ...]:
    """The release of a version, to be compared.

    >>> _numbers("2.13.0+cpu"), _numbers("3.11.7rc1"), _numbers("of late")
    ((2, 13, 0), (3, 11, 7), ())
    """
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()
