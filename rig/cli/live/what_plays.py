"""What is to be played, as a command line asks for it: looked at before any sound, and whenever it is read anew."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from ...errors import BackendError, IRError, ModelError, RigError
from ...files import bundled
from ...files.folders import Found
from ...levels import Level
from ..backing_options import check_backing
from ..options import (
    check_levels,
    check_noise,
    interface_level,
    irs_from,
    is_interface_named,
    is_model_named,
    models_from,
    seconds,
    take_ir,
    take_second,
)
from ..tone_options import eq_of, tone_of
from .chosen_presets import Chosen, chosen


@dataclass(frozen=True, slots=True)
class WhatPlays:
    """Models and cabinets to step through, or the preset in `called`. `said`: what is to be told about them."""

    called: Chosen
    interface: Level | None
    interface_named: bool  # for this session, in place of the one that is kept
    models: list[Path]
    irs: list[Path]
    second: list[Path]  # behind the first model; empty: nothing is
    said: list[str]


def check_options(options: argparse.Namespace) -> None:
    """Take the words apart that mean two things, and raise a RigError for values that cannot be."""
    take_ir(options)
    take_second(options)
    check_levels(options)
    check_noise(options)
    tone_of(options)
    eq_of(options)
    check_files(options)


def what_plays(options: argparse.Namespace) -> WhatPlays:
    """As files and settings are now. Raises RigError."""
    called = chosen(options) if options.presets else Chosen([], None, None, keeps=True)
    interface = interface_of(options, called)
    models, irs, problems = _files(options) if called.first is None else ([], [], [])
    named = is_interface_named(options) or (called.last is not None and called.last.interface_named)
    said = [*problems, *([called.sentence] if called.sentence else ())]
    return WhatPlays(called, interface, named, models, irs, seconds(options), said)


def interface_of(options: argparse.Namespace, called: Chosen) -> Level | None:
    """The one that is named, that the resumed session was played with if it named one, or that is kept."""
    last = called.last
    if last is None or is_interface_named(options):
        return interface_level(options)
    return last.interface if last.interface_named else interface_level(options) or last.interface


def _files(options: argparse.Namespace) -> tuple[list[Path], list[Path], list[str]]:
    """Models and cabinets to step through, and what is wrong with their folders."""
    from ...nam import Model

    models = models_from(options.model, bundled.models())
    irs, problems = Found([], []) if options.no_ir else irs_from(options.ir, bundled.irs())
    if not models:
        raise BackendError("There is no model to play: name a .nam file.")
    first_usable(models, options)  # what is wrong is said before any sound
    if options.second is not None:
        Model.load(seconds(options)[0], options.size)
    return models, irs, problems


def first_usable(models: list[Path], options: argparse.Namespace) -> Path:
    """The first model that can be read; raises RigError if it is not the one that was named, or if there is none."""
    from ...nam import Model

    refused: list[RigError] = []
    for path in models[:1] if is_model_named(options) else models:
        try:
            Model.load(path, options.size)
            return path
        except RigError as error:
            refused.append(error)
    if len(refused) == 1:
        raise refused[0]
    raise ModelError(f"None of {len(refused)} models can be used. The first: {refused[0]}")


def check_files(options: argparse.Namespace) -> None:
    """Raise a RigError for named files that are not there or cannot be read, before a server or compiler is asked."""
    if options.ir is not None and not options.ir.exists():
        raise IRError(f"{options.ir.name}: no such file or folder in {options.ir.parent.absolute()}.")
    if options.di is not None:
        from ...audio.wav import Reader

        with Reader(options.di):
            pass
    check_backing(options)
    if options.midi is not None:
        from ...player.midi.mapping import load_mapping

        load_mapping(options.midi, needed=True)
