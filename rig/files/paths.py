"""Where rig keeps what is the user's: four folders, by the customs of the system.

On Linux and FreeBSD they follow XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME and XDG_CACHE_HOME, which are looked at
with every call. None of the folders is made here.
"""

from __future__ import annotations

from pathlib import Path

import platformdirs

NAME = "rig"


def config_folder() -> Path:
    """What users edit or would copy to another machine: interfaces, calibration, MIDI, favourites."""
    return Path(platformdirs.user_config_dir(NAME, appauthor=False))


def data_folder() -> Path:
    """What users made and would miss: entered levels, results of blind tests, the trainer."""
    return Path(platformdirs.user_data_dir(NAME, appauthor=False))


def state_folder() -> Path:
    """What was going on: the sound played last."""
    return Path(platformdirs.user_state_dir(NAME, appauthor=False))


def cache_folder() -> Path:
    """What can be made again: compiled code, measured loudness, the controller heard last."""
    return Path(platformdirs.user_cache_dir(NAME, appauthor=False))
