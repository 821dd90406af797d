"""`rig render MODEL INPUT OUTPUT`: a file through a model and a cabinet."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...decibels import levels_in_words
from ...errors import ConfigError
from ..options import (
    add_blend_option,
    add_channel_option,
    add_json_option,
    add_level_options,
    add_noise_options,
    add_overwrite_option,
    add_quality_option,
    add_size_option,
    check_blend,
    check_levels,
    check_noise,
    interface_level,
)
from ..terminal import Progress
from ..tone_options import add_tone_options, eq_of, tone_of

if TYPE_CHECKING:
    from ...audio.bits import Bits

BITS: dict[str, Bits] = {"16": 16, "24": 24, "float": "float"}


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "render",
        help="render an audio file through a model and a cabinet",
        description="Render INPUT through MODEL into OUTPUT: as many samples as INPUT has, at its rate.",
        examples=(
            "rig render crunch.nam di.wav out.wav --ir 4x12.wav",
            "rig render crunch.nam di.wav out.flac --tail-s 2 --overwrite",
        ),
    )
    command.add_argument("model", type=Path, metavar="MODEL", help="a .nam file")
    command.add_argument("input", type=Path, metavar="INPUT", help="the dry guitar (any format libsndfile reads)")
    command.add_argument("output", type=Path, metavar="OUTPUT", help="where to write; the ending chooses the format")
    command.add_argument("--ir", type=Path, metavar="FILE", help="cabinet impulse response (default: none)")
    add_size_option(command)
    add_quality_option(command)
    add_blend_option(command)
    add_channel_option(command, "INPUT")
    add_level_options(command)
    add_tone_options(command)
    add_noise_options(command)
    command.add_argument(
        "--tail-s", type=float, default=0.0, metavar="S", help="seconds of silence added for the cabinet"
    )
    command.add_argument(
        "--bits",
        choices=BITS,
        help="of a sample in OUTPUT (default float, where nothing can clip; 24 where the format has no float)",
    )
    add_overwrite_option(command, "OUTPUT")
    add_json_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    check_levels(options)
    check_noise(options)
    check_blend(options)
    tone_db, eq = tone_of(options), eq_of(options)
    interface = interface_level(options)
    from ...cabinet.ir import IR
    from ...library import entered_levels
    from ...nam import Pair, load_model
    from ...rendering import render
    from ...sound import Sound, tone_fields

    model = load_model(options.model, options.size, options.blend)
    entered = options.model_input_dbu
    if entered is None:
        entered = entered_levels.input_level(model.heard_hash)
    sound = Sound(
        model,
        interface=interface,
        preamp_gain_db=options.preamp_gain_db,
        model_input_dbu=entered,
        level_mode=options.level_mode,
        gate_dbfs=options.gate_dbfs,
        rumble_hz=options.rumble_hz,
        quality=options.quality,
        **tone_fields(tone_db),
        eq=eq,
    )
    if options.ir is not None:
        sound = sound.changed(ir=IR.load(options.ir, sample_rate=round(sound.sample_rate)))
    done = render(
        sound,
        options.input,
        options.output,
        tail_s=options.tail_s,
        overwrite=options.overwrite,
        bits=None if options.bits is None else BITS[options.bits],
        progress=None if options.json else Progress(f"{options.output.name}"),
        channel=options.channel,
    )
    if options.model_input_dbu is not None:
        try:
            entered_levels.remember_input_level(model.heard_hash, model.path.name, options.model_input_dbu)
        except ConfigError as error:  # the render is done all the same
            done = replace(done, notes=(*done.notes, str(error).rstrip(".")))
    if options.json:
        print(json.dumps(done.to_json(), indent=2))
        return 0
    print(f"Input    {done.calibration}")
    if isinstance(model, Pair):
        print(f"{model.JOINED:<8} {model.together}")
    print(f"Output   {done.level}")
    if model.has_cabinet and options.ir is not None:
        print(f"Note     {model.path.name} already holds a cabinet ({model.gear_type}); {options.ir.name} came on top")
    elif model.has_cabinet:
        print(f"Note     {model.path.name} already holds a cabinet ({model.gear_type})")
    for note in done.notes:
        print(f"Note     {note}")
    for warning in done.warnings:
        print(f"Warning  {warning}")
    width = "stereo" if done.channels == 2 else "mono"
    clipped = f", {done.clipped_samples} samples limited" if done.clipped_samples else ""
    print(
        f"{done.output}: {done.samples} samples, {done.samples / done.sample_rate:.1f} s, {width} at "
        f"{done.sample_rate} Hz; {levels_in_words(done.output_peak_dbfs, done.output_rms_dbfs)}{clipped}; "
        f"{done.times_real_time:.0f} times real time"
    )
    return 0
