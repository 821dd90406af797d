"""`rig play [MODEL | PRESET] [IR]`: the guitar through a model and a cabinet, live over JACK or PortAudio."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...decibels import levels_in_words, peak_in_words
from ...errors import BackendError, IRError, ModelError, RigError
from ...files import bundled
from ...files.folders import Found
from ..backing_options import check_backing
from ..compiling.first_start import ensure
from ..display.screen import Screen
from ..live.session import Session
from ..open_backend import opened
from ..options import (
    add_follow_option,
    add_ir_argument,
    add_overwrite_option,
    add_session_options,
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
from ..page_door import add_page_options
from ..tone_options import eq_of, tone_of

if TYPE_CHECKING:
    from ...levels import Level
    from ..live.chosen_presets import Chosen


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "play",
        help="play the guitar through a model and a cabinet, live",
        description="Play live over JACK, or over PortAudio where no JACK server runs (rig devices lists its sound "
        "cards). Without MODEL: the first in ./models, else the one that comes with rig; IR likewise from ./irs. A "
        "folder is stepped through with the keys; h shows them. A folder that holds presets (.toml) is a setlist: its "
        "presets lie ready under the keys 0 to 9.",
        examples=(
            "rig play",
            "rig play crunch.nam 4x12.wav --interface apollo-8x",
            "rig play crunch.nam cabinets/ --gate-dbfs -55",
            "rig play presets/",
            "rig play --resume",
        ),
    )
    command.add_argument(
        "model",
        nargs="?",
        type=Path,
        metavar="MODEL",
        help="a .nam file or a preset, or a folder of them; a row as PEDAL+AMP",
    )
    add_ir_argument(command, "IR", "a cabinet IR, or a folder of them")
    command.add_argument("--resume", action="store_true", help="what was played last")
    add_follow_option(command)
    add_session_options(command, offline=True)
    add_page_options(command)
    command.add_argument(
        "--else-render", type=Path, metavar="FILE", help="where nothing can play, render the bundled guitar to FILE"
    )
    add_overwrite_option(command, "that FILE")
    command.set_defaults(run=run, equal_loudness=False, blind=False, presets=True, second=None)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    take_ir(options)
    take_second(options)
    check_levels(options)
    check_noise(options)
    tone_of(options)
    eq_of(options)
    _check_files(options)
    from ..live.chosen_presets import Chosen, chosen

    called = chosen(options) if options.presets else Chosen([], None, None, keeps=True)
    interface = _interface(options, called)
    models, irs, problems = _files(options) if called.first is None else ([], [], [])
    screen = Screen()
    if options.backend == "offline":
        if options.else_render is None:
            raise BackendError("--backend offline writes a file: say which one with --else-render FILE.")
        if not models:
            raise BackendError("--backend offline renders models, not presets: name a .nam file.")
        return _render_instead(options, _first_usable(models, options), irs[0] if irs else None, interface)
    try:
        backend = opened(options)
    except BackendError as error:
        if options.else_render is None or not models:
            raise
        di = options.di.name if options.di is not None else "the bundled guitar"
        screen.say(f"{error} Rendering {di} to {options.else_render} instead.")
        return _render_instead(options, _first_usable(models, options), irs[0] if irs else None, interface)
    for sentence in (*problems, *([called.sentence] if called.sentence else ())):
        screen.say(sentence)
    ensure()
    return Session(options, screen, backend, models, irs, interface, called, seconds(options)).run()


def _interface(options: argparse.Namespace, called: Chosen) -> Level | None:
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
    _first_usable(models, options)  # what is wrong is said before any sound
    if options.second is not None:
        Model.load(seconds(options)[0], options.size)
    return models, irs, problems


def _first_usable(models: list[Path], options: argparse.Namespace) -> Path:
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


def _check_files(options: argparse.Namespace) -> None:
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


def _render_instead(options: argparse.Namespace, model: Path, ir: Path | None, interface: Any) -> int:
    from ...cabinet.ir import IR
    from ...nam import Blend, Model
    from ...rendering import render
    from ...sound import Sound, tone_fields
    from ..terminal import Progress

    first, behind = Model.load(model, options.size), seconds(options)[:1]
    models = [first, *(Model.load(path, options.size) for path in behind)]
    blended = options.blend is not None and len(models) == 2
    sound = Sound(
        Blend.of(*models, share=options.blend) if blended else models,
        interface=interface,
        preamp_gain_db=options.preamp_gain_db,
        model_input_dbu=options.model_input_dbu,
        level_mode=options.level_mode,
        gate_dbfs=options.gate_dbfs,
        rumble_hz=options.rumble_hz,
        quality=options.quality,
        **tone_fields(tone_of(options)),
        eq=eq_of(options),
    )
    if ir is not None:
        sound = sound.changed(ir=IR.load(ir, sample_rate=round(sound.sample_rate)))
    di = options.di or bundled.di()
    done = render(
        sound,
        di,
        options.else_render,
        tail_s=1.0,
        overwrite=options.overwrite,
        progress=Progress(options.else_render.name),
        channel=options.channel,
    )
    print(f"Guitar   {di.name}, {peak_in_words(done.input_peak_dbfs)}")
    for warning in done.warnings:
        print(f"Warning  {warning}")
    print(f"Model    {' into '.join(path.name for path in (model, *behind))}")
    print(f"Cabinet  {ir.name if ir is not None else 'none'}")
    print(f"Input    {done.calibration}")
    print(f"Output   {done.level}")
    print(
        f"{done.output}: {done.samples / done.sample_rate:.1f} s, "
        f"{levels_in_words(done.output_peak_dbfs, done.output_rms_dbfs)}, {done.times_real_time:.0f} times real time"
    )
    return 0
