"""The level of a pair that states none: what is kept of this desk, as everything else that rig plays takes it.

A training signal went out at the send; any other dry file is a guitar that came in at the interface.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from ..errors import CaptureError
from ..levels import Level
from ..library.calibrated_levels import Settings, load_settings
from ..trainer.capture_file import read_content, send_trim_db
from ..trainer.layout import has_training_layout
from .pair import TakeFiles, read_mono


def with_kept_level(files: TakeFiles) -> TakeFiles:
    """The pair, with the level that is kept where it states none. Raises AudioError, ConfigError."""
    if files.input_dbu is not None:
        return files
    settings = load_settings()
    if settings.send is None and settings.interface is None:
        return files
    level = _level(files, settings)
    return files if level is None else replace(files, input_dbu=level.dbu, input_basis=level.basis)


def _level(files: TakeFiles, settings: Settings) -> Level | None:
    if not has_training_layout(*read_mono(files.dry, files.channel, [])):
        known = settings.interface
        return None if known is None else Level(known.dbu, f"kept: {known.level().basis}")
    if settings.send is None:
        return None
    trim_db = 0.0
    with suppress(CaptureError):  # two files that are no capture were played as they are
        trim_db = send_trim_db(read_content(files.dry.parent)) if files.is_capture else 0.0
    trim = f", send trim {trim_db:+z.1f} dB" if trim_db else ""
    return Level(settings.send.dbu + trim_db, f"kept: send, {settings.send.level().basis}{trim}")
