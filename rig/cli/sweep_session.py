"""What `rig capture ir NAME` does with its options: sweeps, checks, and the files of an impulse response."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..audio.plots import save
from ..cabinet.ir import IR
from ..cabinet.plots import picture
from ..capture.checks.verdict import worst
from ..capture.ir.deconvolution import Sweep
from ..capture.ir.files import Microphone, save_impulse
from ..capture.ir.session import Swept, sweep_session
from ..capture.result.folder import checked_name
from ..capture.take.wiring import cable_check
from ..decibels import gain_from_db
from ..errors import CaptureError, RigError
from .capture_options import REFUSED, print_checks
from .console import Console
from .tape_decks import opened

TOLD = (
    "Wiring\n"
    "  computer   {send} -> power amp -> loudspeaker\n"
    "             microphone -> preamp -> {return}\n"
    "  A sweep from 10 Hz to 22 kHz will play: set the power amp to a moderate level, and protect your ears."
)


def run_sweeps(options: argparse.Namespace) -> int:
    """From the options to an impulse response on disk; the exit code."""
    operator = Console(options.yes, options.json)
    path = options.into / f"{checked_name(options.name)}.wav"
    for target in (path, path.with_suffix(".json"), path.with_suffix(".png")):
        if target.exists():
            raise CaptureError(f"{target.name}: the file exists already in {options.into}; choose another name.")
    sweep = Sweep(options.length_s, gain_from_db(min(0.0, options.dbfs)))
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
    return _write(options, operator, path, sweep, swept)


def _write(options: argparse.Namespace, operator: Console, path: Path, sweep: Sweep, swept: Swept) -> int:

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

    target = path.with_suffix(".png")
    try:
        save(picture([IR.load(path)]), target)
    except RigError as error:
        operator.say(str(error))
        return None
    return target
