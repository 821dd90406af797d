"""What `rig capture ir NAME` does with its options: sweeps, checks, and the files of an impulse response."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ...audio.plots import save
from ...cabinet.ir import IR
from ...cabinet.plots import picture
from ...capture.checks.verdict import worst
from ...capture.ir.deconvolution import Sweep
from ...capture.ir.files import Microphone, save_impulse
from ...capture.ir.session import Swept, from_recordings, sweep_session
from ...capture.ir.sweep_file import read_sweep, write_sweep
from ...capture.result.folder import checked_name
from ...capture.take.recorded_file import read_channel
from ...capture.take.wiring import cable_check
from ...decibels import gain_from_db
from ...errors import CaptureError, RigError
from ...trainer.layout import RATE
from ..console import Console
from ..tape_decks import opened
from .capture_options import REFUSED, print_checks

TOLD = (
    "Wiring\n"
    "  computer   {send} -> power amp -> loudspeaker\n"
    "             microphone -> preamp -> {return}\n"
    "  A sweep from 10 Hz to 22 kHz will play: set the power amp to a moderate level, and protect your ears."
)


def run_write_sweep(options: argparse.Namespace) -> int:
    """The sweep as a file, for a cabinet that is recorded elsewhere; the exit code."""
    sweep = _sweep(options)
    write_sweep(options.write_sweep, sweep)
    seconds = len(sweep.signal()) / RATE
    if options.json:
        print(json.dumps({"file": str(options.write_sweep), "seconds": seconds, "sample_rate": RATE}, indent=2))
        return 0
    print(
        f"{options.write_sweep}: {seconds:.1f} s, mono, {RATE} Hz, 24 bit; play it, and record until it has died away"
    )
    return 0


def run_sweeps(options: argparse.Namespace) -> int:
    """From the options to an impulse response on disk; the exit code."""
    operator = Console(options.yes, options.json)
    if options.name is None:
        raise CaptureError("The impulse response needs a name: rig capture ir NAME.")
    about = Microphone(options.speaker, options.microphone, options.distance_cm, options.place)
    path = options.into / f"{checked_name(options.name)}.wav"
    for target in (path, path.with_suffix(".json"), path.with_suffix(".png")):
        if target.exists():
            raise CaptureError(f"{target.name}: the file exists already in {options.into}; choose another name.")
    if options.recorded is not None:
        sweep, swept = _from_files(options)
    else:
        sweep = _sweep(options)
        with opened(options, operator, TOLD) as (backend, deck, wiring):
            swept = sweep_session(
                deck,
                operator,
                sweep,
                options.sweeps,
                samples=options.samples,
                minimum_phase=options.minimum_phase,
                softer=options.softer,
                cables=cable_check(backend, wiring),
            )
    return _write(options, operator, path, sweep, swept, about)


def _sweep(options: argparse.Namespace) -> Sweep:
    return Sweep(options.length_s, gain_from_db(min(0.0, options.dbfs)))


def _from_files(options: argparse.Namespace) -> tuple[Sweep, Swept]:
    if len(options.recorded) < 2:
        raise CaptureError("--from takes the sweep that was played and at least one recording of it, in this order.")
    sweep = read_sweep(options.recorded[0])
    recordings = {file.name: read_channel(file, options.channel) for file in options.recorded[1:]}
    swept = from_recordings(sweep, recordings, samples=options.samples, minimum_phase=options.minimum_phase)
    return sweep, swept


def _write(
    options: argparse.Namespace, operator: Console, path: Path, sweep: Sweep, swept: Swept, about: Microphone
) -> int:
    verdict = worst(check.verdict for check in swept.checks)
    if verdict == "fail":
        if options.json:
            checks = [check.to_json() for check in swept.checks]
            print(json.dumps({"accepted": False, "verdict": verdict, "checks": checks}, indent=2))
            return REFUSED
        print_checks(swept.checks)
        print("Nothing was written.")
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
        latency_known=options.recorded is None,
    )
    drawn = _draw(path, operator)
    if options.json:
        print(sidecar.read_text(encoding="utf-8").rstrip())
        return 0
    print_checks(swept.checks)
    if options.recorded is None:
        print(f"Latency    {swept.response.latency_samples} samples, interface and air together")
    else:
        print("Latency    not known: a recording does not say when the sweep was played")
    print(f"{path}: {verdict}{f'; drawn in {drawn.name}' if drawn else ''}")
    return 0


def _draw(path: Path, operator: Console) -> Path | None:
    target = path.with_suffix(".png")
    try:
        save(picture([IR.load(path)]), target)
    except RigError as error:
        operator.say(str(error))
        return None
    return target
