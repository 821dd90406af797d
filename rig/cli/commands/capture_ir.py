"""`rig capture ir NAME`: the impulse response of a cabinet or a room, by sweeps, live over JACK."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..console import Console, add_desk_options
from ..options import add_json_option
from ..tape_decks import opened
from .capture_options import REFUSED, print_checks

if TYPE_CHECKING:
    from ...capture.ir.session import Swept

TOLD = (
    "Wiring\n"
    "  computer   {send} -> power amp -> loudspeaker\n"
    "             microphone -> preamp -> {return}\n"
    "  A sweep from 10 Hz to 22 kHz will play: set the power amp to a moderate level, and protect your ears."
)


def add(parts: Any) -> None:
    """Declare it."""
    command = parts.add_parser(
        "ir",
        help="measure a cabinet or a room, live over JACK",
        description="Sweep through power amp, loudspeaker and microphone, divide the sweep out, cut distortion off, "
        "and write the impulse response with what is known about it.",
    )
    command.add_argument("name", metavar="NAME", help="name of the impulse response: NAME.wav, NAME.json, NAME.png")
    add_desk_options(command)
    sweep = command.add_argument_group("sweep")
    sweep.add_argument("--seconds", type=float, default=10.0, metavar="S", help="of each sweep, 3 to 15 (default 10)")
    sweep.add_argument("--sweeps", type=int, default=2, metavar="N", help="to average (default 2)")
    sweep.add_argument("--dbfs", type=float, default=-6.0, metavar="D", help="peak of the sweep (default -6)")
    sweep.add_argument(
        "--no-softer", action="store_true", help="leave out the sweep 10 dB softer that shows compression"
    )
    result = command.add_argument_group("result")
    result.add_argument("--into", type=Path, default=Path("irs"), metavar="DIR", help="default: irs")
    result.add_argument("--length", type=int, default=8192, metavar="N", help="samples at 48 kHz (default 8192)")
    result.add_argument("--minimum-phase", action="store_true", help="for mixing; not for rooms or several microphones")
    result.add_argument("--rate", type=int, default=48000, metavar="HZ", help="of the file (default 48000)")
    result.add_argument("--peak-dbfs", type=float, default=-1.0, metavar="D", help="of the file (default -1)")
    about = command.add_argument_group("about")
    about.add_argument("--speaker", metavar="TEXT", help="cabinet and loudspeaker")
    about.add_argument("--microphone", metavar="TEXT", help="which one")
    about.add_argument("--distance-cm", type=float, metavar="D", help="from the loudspeaker")
    about.add_argument("--place", metavar="TEXT", help="where it stands: edge of the cap, room, ...")
    add_json_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    from ...capture.ir.deconvolution import Sweep
    from ...capture.ir.session import sweep_session
    from ...capture.result.folder import checked_name
    from ...capture.take.wiring import cable_check
    from ...decibels import gain_from_db
    from ...errors import CaptureError

    operator = Console(options.yes, options.json)
    path = options.into / f"{checked_name(options.name)}.wav"
    for taken in (path, path.with_suffix(".json"), path.with_suffix(".png")):
        if taken.exists():
            raise CaptureError(f"{taken.name}: the file exists already in {options.into}; choose another name.")
    sweep = Sweep(options.seconds, gain_from_db(min(0.0, options.dbfs)))
    with opened(options, operator, TOLD) as (backend, deck, wiring):
        swept = sweep_session(
            deck,
            operator,
            sweep,
            options.sweeps,
            length=options.length,
            minimum=options.minimum_phase,
            softer=not options.no_softer,
            cables=cable_check(backend, wiring),
        )
    return _write(options, operator, path, sweep, swept)


def _write(options: argparse.Namespace, operator: Console, path: Path, sweep: Any, swept: Swept) -> int:
    from ...capture.checks.verdict import worst
    from ...capture.ir.files import Microphone, save_impulse

    about = Microphone(options.speaker, options.microphone, options.distance_cm, options.place)
    verdict = worst(check.verdict for check in swept.checks)
    if verdict == "fail":
        print_checks(swept.checks)
        return REFUSED
    sidecar = save_impulse(
        path,
        swept.taps,
        swept.response,
        sweep,
        swept.checks,
        about,
        sample_rate=options.rate,
        peak_dbfs=options.peak_dbfs,
    )
    drawn = _draw(path, operator)
    if options.json:
        print(sidecar.read_text(encoding="utf-8").rstrip())
        return 0
    print_checks(swept.checks)
    harmonics = ", ".join(f"{order}: {level:.0f} dB" for order, level in swept.response.harmonics_db.items())
    print(f"Distortion {swept.response.thd_db:.1f} dB in all ({harmonics}); it is not in the response")
    print(f"Latency    {swept.response.latency_samples} samples, interface and air together")
    print(f"{path}: {verdict}{f'; drawn in {drawn.name}' if drawn else ''}")
    return 0


def _draw(path: Path, operator: Console) -> Path | None:
    from ...audio.plots import save
    from ...cabinet.ir import IR
    from ...cabinet.plots import picture
    from ...errors import RigError

    target = path.with_suffix(".png")
    try:
        save(picture([IR.load(path)]), target)
    except RigError as error:
        operator.say(str(error))
        return None
    return target
