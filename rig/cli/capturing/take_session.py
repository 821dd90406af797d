"""What `rig capture NAME` does with its options: name, ports, signal and levels become the plan of a capture."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...backends.jack.client import Jack
from ...capture.levels import METHODS, CaptureLevels
from ...capture.plan import Plan
from ...capture.result.folder import checked_name, refuse_existing
from ...capture.result.save import Saved
from ...capture.session import carry_out, check_target
from ...capture.signal.training_signal import Signal, load_signal, own_signal
from ...capture.take.wiring import Wiring, choose_wiring
from ...capture.wiring_confirmed import confirmed
from ...errors import ConfigError
from ...knob.cards import AUTO
from ...library.calibrated_levels import Ports, Settings, load_settings, remember
from ...trainer.layout import FULL_S
from ..console import Console
from ..knob_watch import HeldKnob, row_of, watch_for
from ..options import KEPT
from .capture_desk import PagedConsole
from .capture_options import gear_from, report_saved, verdict_in_words

SELF_TEST_S = 35.0
MOVED = "the take is of more than one setting: record it again"


def run_take(options: argparse.Namespace, is_followed: bool = False) -> int:
    """From the options to a capture on disk; the exit code. `is_followed`: what comes next is said elsewhere."""
    temporary = options.self_test and options.name is None
    console = Console(options.yes, options.json)
    name = options.name or ("self-test" if temporary else console.ask("Name of the capture?", "a NAME"))
    if not options.page:
        return _run(options, console, name, temporary, is_followed)
    operator = PagedConsole(options, name)
    try:
        return _run(options, operator, name, temporary, is_followed)
    finally:
        operator.close()


def _run(options: argparse.Namespace, operator: Console, name: str, temporary: bool, is_followed: bool) -> int:
    settings = load_settings()
    usual = Wiring(settings.ports.send, settings.ports.returned) if settings.ports else None
    with capture_folder(options.into, temporary) as into, Jack(options.client) as backend:
        refuse_existing(into / checked_name(name))
        plan = Plan(
            into=into,
            name=name,
            wiring=choose_wiring(backend, operator, options.send, options.returned, usual, options.freewheel),
            signal=_signal(options, operator),
            levels=_levels(options, settings),
            gear=gear_from(options, name),
            send_trim_db=options.send_trim_db,
            latency_samples=options.latency_samples,
            accept=options.accept,
            self_test=options.self_test,
            trial=options.trial,
            second_take=options.second_take,
            freewheel=options.freewheel,
            retakes=options.retakes,
            architecture=options.architecture,
            repair_drift=options.repair_drift,
            round_trip_samples=_round_trip(settings, backend.block_size),
        )
        check_target(plan)
        plan = confirmed(backend, operator, plan)
        if isinstance(operator, PagedConsole):
            operator.wired(plan.wiring)
        with knob_held(options, operator, plan.wiring.returned):
            saved = carry_out(backend, operator, plan)
        if saved.accepted and not options.self_test:
            _remember_ports(plan.wiring, operator)
        code = report_saved(saved, options.json, options.self_test, temporary, is_followed)
        if isinstance(operator, PagedConsole):
            operator.judged(saved, verdict_in_words(saved), _report(saved))
        return code


@contextlib.contextmanager
def knob_held(options: argparse.Namespace, operator: Console, port: str) -> Iterator[None]:
    """Watch the preamp of the return, where its driver shows it: a take is of one gain, and what moves is said."""
    row = row_of(argparse.Namespace(interface=KEPT, max_input_dbu=None))
    asked = argparse.Namespace(follow_knob=getattr(options, "follow_knob", AUTO))
    knob = HeldKnob(watch_for(asked, row, [port], operator.say), None, MOVED)
    try:
        yield
    finally:
        said = knob.news()
        if knob.held is not None:
            operator.say(f"Knob       read from {knob.held.interface}, {knob.held.text}")
        for text in said:
            operator.say(f"Warning    while it was recorded: {text}.")
        knob.close()


@contextlib.contextmanager
def capture_folder(into: Path, temporary: bool) -> Iterator[Path]:
    """Where a capture goes. A temporary folder vanishes, unless it was left by an error and holds what was recorded."""
    if not temporary:
        yield into
        return
    folder = Path(tempfile.mkdtemp(prefix="rig-self-test-"))
    try:
        yield folder
    except BaseException:
        if not any(folder.iterdir()):
            folder.rmdir()
        raise
    shutil.rmtree(folder)


def _signal(options: argparse.Namespace, operator: Console) -> Signal:
    if options.signal is not None:
        signal = load_signal(options.signal)
    else:
        operator.say("Making the signal ...")
        signal = own_signal(options.length_s or (SELF_TEST_S if options.self_test else FULL_S), options.seed)
    known = "the official trainer knows it" if signal.trainer_knows else "made for nam-full with the files in train/"
    operator.say(f"Signal     {signal.name}, {signal.seconds:g} s, {known}")
    return signal


def _levels(options: argparse.Namespace, settings: Settings) -> CaptureLevels:
    """From the options, else from `rig calibrate`."""
    found: list[Any] = []
    for dbu, method, kept in (
        (options.send_dbu, options.send_method, settings.send),
        (options.return_dbu, options.return_method, settings.returned),
    ):
        if dbu is None and kept is not None:
            dbu, method = kept.dbu, kept.method if kept.method in METHODS else "unknown"
        found += [dbu, method]
    return CaptureLevels(*found)


def _round_trip(settings: Settings, period: int) -> float | None:
    """What `rig calibrate latency` found, where it was at this period."""
    known = settings.round_trip
    return known.samples if known is not None and known.period == period else None


def _report(saved: Saved) -> bytes | None:
    """The page that was written with a capture; a take that was not accepted has none."""
    try:
        return (saved.folder / "report.html").read_bytes()
    except OSError:
        return None


def _remember_ports(wiring: Wiring, operator: Console) -> None:
    try:
        remember(ports=Ports(wiring.send, wiring.returned))
    except ConfigError as error:
        operator.say(str(error))
