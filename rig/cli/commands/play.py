"""`rig play [MODEL | PRESET] [IR]`: the guitar through a model and a cabinet, live over JACK or PortAudio."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ...decibels import levels_in_words, peak_in_words
from ...errors import BackendError
from ...files import bundled
from ..compiling.first_start import ensure
from ..display.screen import Screen
from ..live.session import Session
from ..open_backend import opened
from ..options import (
    add_follow_option,
    add_overwrite_option,
    add_session_options,
    add_what_plays,
    seconds,
)
from ..page_door import add_page_options
from ..tone_options import eq_of, tone_of


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
    add_what_plays(command)
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
    from ..live.what_plays import check_options, first_usable, what_plays

    check_options(options)
    what, screen = what_plays(options), Screen()
    models, irs, interface = what.models, what.irs, what.interface
    if options.backend == "offline":
        if options.else_render is None:
            raise BackendError("--backend offline writes a file: say which one with --else-render FILE.")
        if not models:
            raise BackendError("--backend offline renders models, not presets: name a .nam file.")
        return _render_instead(options, first_usable(models, options), irs[0] if irs else None, interface)
    try:
        backend = opened(options)
    except BackendError as error:
        if options.else_render is None or not models:
            raise
        di = options.di.name if options.di is not None else "the bundled guitar"
        screen.say(f"{error} Rendering {di} to {options.else_render} instead.")
        return _render_instead(options, first_usable(models, options), irs[0] if irs else None, interface)
    for sentence in what.said:
        screen.say(sentence)
    ensure()
    return Session(options, screen, backend, what).run()


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
