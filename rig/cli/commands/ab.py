"""`rig ab MODEL [IR]`: a model against the gear it was made from, live, at equal level and delay, blind if wanted."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import CompareError
from ...files import bundled
from ..ab_files import add_from_options, read_sides, rendered, take_sides
from ..ab_session import Session, resumed
from ..compiling.first_start import ensure
from ..display.screen import Screen
from ..knob_watch import Desk, HeldKnob, read_desk
from ..open_backend import refuse_to_compare
from ..options import (
    add_blend_option,
    add_channel_option,
    add_client_option,
    add_follow_option,
    add_ir_argument,
    add_keys_option,
    add_level_options,
    add_quality_option,
    add_seconds_option,
    add_size_option,
    check_blend,
    check_levels,
    take_ir,
)
from ..page_door import add_page_options
from ..tone_options import add_tone_options, eq_of, tone_of

HELD = "A and B were made equal at what was read first: turn it back, or begin again"

if TYPE_CHECKING:
    from ...backends.jack.client import Jack
    from ...nam import Model
    from ...sound import Sound


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "ab",
        help="a model against the real gear (or another model or cabinet), live and blind",
        description="Switch between side A, the model, and side B: gear between the ports `send` and `return`, another "
        "model (--against), or another cabinet (--ir-against). Delay, polarity and loudness are measured and made "
        "equal first. With --trials N it is a blind test. With --from CAPTURE nothing is plugged in: both sides are "
        "files.",
        examples=(
            "rig ab crunch.nam --send playback_3 --return capture_3 # the gear",
            "rig ab crunch.nam --against lead.nam --trials 16       # two models, blind",
            "rig ab crunch.nam 57.wav --ir-against 121.wav          # two cabinets",
            "rig ab --from captures/e570 e570.nam                   # from files",
            "rig ab --from dry.wav box.wav crunch.nam --trials 16   # a recording, blind",
            "rig ab --resume abx-2026-01-31-201500.json             # go on with a test",
        ),
    )
    command.add_argument(
        "model", nargs="?", type=Path, metavar="MODEL", help="a .nam file, or a row as PEDAL+AMP: side A"
    )
    add_ir_argument(command, "IR", "the cabinet behind both sides; with --from side B")
    command.add_argument("--against", type=Path, metavar="MODEL2", help="side B is this model")
    command.add_argument("--ir-against", type=Path, metavar="IR2", help="side B is the same model behind this cabinet")
    add_size_option(command, "side A's model")
    add_quality_option(command)
    add_blend_option(command)
    add_follow_option(command)
    gear = command.add_argument_group("gear")
    gear.add_argument("--send", metavar="PORT", help="JACK port (or part of its name) that leads to the re-amp box")
    gear.add_argument("--return", dest="return_port", metavar="PORT", help="JACK port that the gear comes back on")
    gear.add_argument("--split", action="store_true", help="the guitar itself drives the gear too: nothing is sent")
    gear.add_argument("--send-dbu", type=float, metavar="X", help="level in dBu at the gear's jack of a send at 0 dBFS")
    add_from_options(command)
    blind = command.add_argument_group("blind test")
    blind.add_argument("--trials", type=int, metavar="N", help="a blind test of so many trials, 5 or more")
    blind.add_argument("--result", type=Path, metavar="FILE", help="where it is kept (default abx-DATE.json)")
    blind.add_argument("--resume", type=Path, metavar="FILE", help="go on with a test that was interrupted")
    add_level_options(command, follows=True)
    add_tone_options(command, "behind every model, never behind gear")
    ports = command.add_argument_group("ports")
    ports.add_argument("--input", metavar="PORT", help="JACK port (or part of its name) that feeds the guitar in")
    ports.add_argument("--output", metavar="PORT", help="JACK port or ports that take the sound")
    ports.add_argument("--no-connect", action="store_true", help="connect nothing; you do it in your patchbay")
    add_client_option(ports)
    ports.add_argument(
        "--backend", choices=("jack", "portaudio"), default="jack", help="jack is the only one that does"
    )
    add_keys_option(command)
    command.add_argument("--di", type=Path, metavar="FILE", help="loop this file in place of the guitar")
    add_channel_option(command, "that file")
    add_seconds_option(command)
    add_page_options(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    refuse_to_compare(options)
    take_sides(options)
    take_ir(options)
    test = resumed(options) if options.resume is not None else None
    _check(options)
    check_levels(options)
    check_blend(options)
    tone_of(options)
    eq_of(options)
    screen = Screen()
    if options.dry_from is not None:
        read = read_sides(options, screen)
        with _open(options) as backend:
            ensure()
            return Session(options, screen, backend, rendered(options, screen, read, backend.sample_rate), test).run()
    _check_files(options)
    with _open(options) as backend:
        ensure()
        desk = read_desk(options, screen.say)
        a, b = _sides(options, screen, backend.sample_rate, desk)
        screen.say(f"Input    {a.calibration}")
        return Session(options, screen, backend, (a, b), test, HeldKnob.of(desk, options, HELD)).run()


def _check_files(options: argparse.Namespace) -> None:
    """Raise a RigError for named files that cannot be used, before a server or compiler is asked."""
    from ...audio.wav import Reader
    from ...nam import load_model

    for path in (options.model, options.against):
        if path is not None:
            load_model(path)
    for path in (options.ir, options.ir_against, options.di):
        if path is not None:
            with Reader(path):
                pass


def _sides(options: argparse.Namespace, screen: Screen, rate: int, desk: Desk) -> tuple[Sound, Sound | None]:
    """Side A, and side B unless it is gear."""
    from ...cabinet.ir import IR
    from ...nam import load_model
    from ...sound import Sound, tone_fields

    model = load_model(options.model or bundled.models()[0], options.size, options.blend)
    named = None if options.no_ir else options.ir
    if named is None and not options.no_ir:
        if model.has_cabinet and options.ir_against is None:
            screen.say(f"{model.path.name} already holds a cabinet ({model.gear_type}): none is added.")
        else:
            named = bundled.irs()[0]
    a = Sound(
        model,
        IR.load(named, sample_rate=rate) if named is not None else None,
        desk.level,
        options.preamp_gain_db,
        options.model_input_dbu if options.model_input_dbu is not None else _entered(model),
        options.level_mode,
        quality=options.quality,
        **tone_fields(tone_of(options)),
        eq=eq_of(options),
        gain_is_read=desk.is_read,
    ).with_loudness()
    if options.ir_against is not None:
        return a, a.changed(ir=IR.load(options.ir_against, sample_rate=rate))
    if options.against is not None:
        other = load_model(options.against)
        return a, a.changed(model=other, model_input_dbu=_entered(other)).with_loudness()
    return a, None


def _entered(model: Model) -> float | None:
    """The level that the player entered for this file once."""
    from ...library import entered_levels

    return entered_levels.input_level(model.heard_hash)


def _check(options: argparse.Namespace) -> None:
    """What cannot go together, before anything is loaded."""
    has_gear = options.send is not None or options.return_port is not None or options.split
    others = (options.against is not None) + (options.ir_against is not None)
    if others > 1 or (others and has_gear):
        raise CompareError("Side B is one thing: gear (--send, --return, --split), --against or --ir-against.")
    if options.split and options.send is not None:
        raise CompareError("--split means that the guitar drives the gear itself; leave --send out.")
    if options.split and options.di is not None:
        raise CompareError("With --split the gear hears the guitar, not a file; leave --di or --split out.")
    if options.ir_against is not None and options.no_ir:
        raise CompareError("--ir-against compares two cabinets; leave --no-ir out.")
    if options.trials is not None and options.resume is not None:
        raise CompareError("A test that goes on has its number of trials already; leave --trials out.")
    if options.trials is not None:
        from ...compare.significance import check_trials

        check_trials(options.trials)
    if options.result is not None and options.trials is None:
        raise CompareError("--result is for a blind test; say how many trials (--trials 16).")
    if options.send_dbu is not None:
        from ...levels import entered_level

        entered_level(options.send_dbu, "send level")


def _open(options: argparse.Namespace) -> Jack:
    from ...backends.jack.client import Jack

    if options.against is not None or options.ir_against is not None or options.dry_from is not None:
        return Jack(options.client)
    return Jack(options.client, gear=("return",) if options.split else ("send", "return"))
