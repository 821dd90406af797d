"""`rig capture NAME`: play the training signal through the gear, record, check, write the pair."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..console import Console, add_desk_options, refuse_portaudio
from .capture_options import add_pair_options, gear_from, report_saved

if TYPE_CHECKING:
    from ...capture.levels import CaptureLevels
    from ...capture.result.save import Saved
    from ...capture.signal.training_signal import Signal
    from ...library.calibrated_levels import Settings

SELF_TEST_S = 35.0


def add(parts: Any) -> None:
    """Declare it."""
    command = parts.add_parser(
        "take",
        help="play, record, check and write a capture, live over JACK",
        description="Play the training signal to the gear, record what comes back to the sample, check it and write "
        "the pair. What is not given as an option is asked.",
    )
    command.add_argument("name", nargs="?", metavar="NAME", help="name of the capture")
    add_desk_options(command)
    what = command.add_argument_group("signal")
    what.add_argument("--signal", type=Path, metavar="FILE", help="the official signal, or one that rig signal wrote")
    what.add_argument("--seconds", type=float, metavar="S", help="length of rig's own signal, from 35 (default 190)")
    what.add_argument("--seed", type=int, default=1, metavar="N", help="another signal of the same kind")
    command.add_argument(
        "--no-trial", action="store_true", help="leave out noise, tone and level search before the take"
    )
    command.add_argument(
        "--second-take", action="store_true", help="take it twice, to know what the gear itself varies"
    )
    command.add_argument("--retakes", type=int, default=5, metavar="N", help="after xruns or clipping (default 5)")
    add_pair_options(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    refuse_portaudio(options)
    from ...backends.jack.client import Jack
    from ...capture.result.folder import checked_name, refuse_existing
    from ...capture.session import Plan, capture
    from ...capture.take.wiring import Wiring, choose_wiring
    from ...library.calibrated_levels import load_settings

    operator, settings = Console(options.yes, options.json), load_settings()
    temporary = options.self_test and options.name is None
    name = options.name or ("self-test" if temporary else operator.ask("Name of the capture?", "a NAME"))
    usual = Wiring(settings.ports.send, settings.ports.returned) if settings.ports else None
    with _folder(options.into, temporary) as into, Jack(options.client) as backend:
        refuse_existing(into / checked_name(name))
        plan = Plan(
            into=into,
            name=name,
            wiring=choose_wiring(backend, operator, options.send, options.returned, usual, options.freewheel),
            signal=_signal(options, operator),
            levels=_levels(options, settings),
            gear=gear_from(options, name),
            send_trim_db=options.send_trim_db,
            latency_samples=options.latency,
            accept=options.accept,
            self_test=options.self_test,
            try_first=not options.no_trial,
            second_take=options.second_take,
            freewheel=options.freewheel,
            retakes=options.retakes,
            size=options.size,
        )
        saved = capture(backend, operator, plan)
        if saved.accepted and not options.self_test:
            _remember_ports(saved, operator)
        return report_saved(saved, options.json, temporary)


@contextlib.contextmanager
def _folder(into: Path, temporary: bool) -> Iterator[Path]:
    if not temporary:
        yield into
        return
    with tempfile.TemporaryDirectory(prefix="rig-self-test-") as folder:
        yield Path(folder)


def _signal(options: argparse.Namespace, operator: Console) -> Signal:
    from ...capture.signal.layout import FULL_S
    from ...capture.signal.training_signal import load_signal, own_signal

    if options.signal is not None:
        signal = load_signal(options.signal)
    else:
        operator.say("Making the signal ...")
        signal = own_signal(options.seconds or (SELF_TEST_S if options.self_test else FULL_S), options.seed)
    known = "the official trainer knows it" if signal.trainer_knows else "made for nam-full with the files in train/"
    operator.say(f"Signal     {signal.name}, {signal.seconds:g} s, {known}")
    return signal


def _levels(options: argparse.Namespace, settings: Settings) -> CaptureLevels:
    """From the options, else from `rig calibrate`."""
    from ...capture.levels import METHODS, CaptureLevels

    found: list[Any] = []
    for dbu, method, kept in (
        (options.send_dbu, options.send_method, settings.send),
        (options.return_dbu, options.return_method, settings.returned),
    ):
        if dbu is None and kept is not None:
            dbu, method = kept.dbu, kept.method if kept.method in METHODS else "unknown"
        found += [dbu, method]
    return CaptureLevels(*found)


def _remember_ports(saved: Saved, operator: Console) -> None:
    from ...capture.result.sidecar import Capture
    from ...errors import ConfigError
    from ...library.calibrated_levels import Ports, remember

    audio = Capture.load(saved.folder).content["audio"]
    try:
        remember(ports=Ports(audio["send_port"], audio["return_port"]))
    except ConfigError as error:
        operator.say(str(error))
