"""The captures, impulse responses and comparisons of make.py, which see: run with commit 94e23d2, never again."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import numpy as np

RATE = 48000


def training_signal():
    """The trainer's layout with little in it, on coarse steps: it has to stay small."""
    from rig.capture.layout import BLIPS, VALIDATION
    from rig.capture.sweep import synchronised_sweep

    random, samples = np.random.default_rng(1), np.zeros(35 * RATE)
    bursts = np.zeros(VALIDATION)
    for start in (0.5, 3.0, 6.0):
        at, length = round(start * RATE), RATE // 4
        bursts[at : at + length] = random.integers(-6, 7, length) / 16 * np.linspace(1, 0.25, length).round(2)
    samples[:VALIDATION] = samples[-VALIDATION:] = bursts
    samples[list(BLIPS)] = 0.9
    sweep = synchronised_sweep(20.0, 20000.0, 0.5, RATE)
    samples[12 * RATE : 12 * RATE + len(sweep)] = 0.5 * sweep
    samples[15 * RATE : 15 * RATE + RATE // 4] = random.integers(-6, 7, RATE // 4) / 16
    samples[18 * RATE : 18 * RATE + RATE // 2] = random.integers(-6, 7, RATE // 2) / 16
    return np.round(samples * 2**12) / 2**12


def capture(here: Path) -> None:
    """A capture with all that lies in its folder, its finished model, and a take that was torn."""
    from rig.capture.finish import finish
    from rig.capture.gear import Gear
    from rig.capture.saving import keep_broken_take, save_capture
    from rig.capture.send_return import CaptureLevels

    from rig import wav
    from rig.capture.signal import as_24_bit, load_signal
    from rig.capture.take import POST_ROLL, PRE_ROLL, Recording

    wav.write(here / "signal.wav", as_24_bit(training_signal()), RATE, "PCM_24")
    signal = load_signal(here / "signal.wav")
    delay = 312
    wet = np.concatenate([np.zeros(PRE_ROLL + delay), 0.5 * signal.samples, np.zeros(POST_ROLL - delay)])
    audio = {"server": "jack", "period": 128, "device": "system", "send": "system:playback_3", "freewheel": False}
    saved = save_capture(
        here / "captures",
        "preamp",
        signal,
        Recording(wet.astype(np.float32), xruns=0, audio=audio),
        levels=CaptureLevels(18.34, "multimeter", 12.34, "multimeter"),
        gear=Gear("Test preamp", "somebody", "preamp", "Engl", "E570", "crunch"),
        override=True,
        tell=print,
    )
    print(saved.to_json())
    trained = here / "captures" / "trained.nam"
    content = json.loads((here / "gear" / "half.nam").read_text(encoding="utf-8"))
    content["metadata"] = {"date": {"year": 2026}, "loudness": -24.0, "training": {"validation_esr": 0.0}}
    trained.write_text(json.dumps(content), encoding="utf-8")
    print(finish(saved.folder, trained))
    take = np.random.default_rng(2).uniform(-0.5, 0.5, 300).astype(np.float32)
    keep_broken_take(here / "captures", "preamp", take, "an xrun at 3.1 s", {"server": "jack", "period": 64})
    for name in ("dry.wav", "wet.wav", "report.html", "train/a2.py"):
        path = saved.folder / name
        (path.with_name(f"{path.name}.xz")).write_bytes(lzma.compress(path.read_bytes(), preset=9))
        path.unlink()
    (here / "signal.wav").unlink()


def impulse(here: Path) -> None:
    from rig.capture.impulse import Sweep, finished_taps, measure
    from rig.capture.impulse_checks import impulse_checks
    from rig.capture.impulse_files import Microphone, save_impulse

    sweep = Sweep(3.0)
    cabinet = np.zeros(400)
    cabinet[[100, 103, 140]] = 0.5, -0.2, 0.1
    recording = np.convolve(sweep.signal(), cabinet)
    response = measure(sweep, [recording, recording])
    taps = finished_taps(response, 512)
    about = Microphone("V30", "57", 2.5, "cap edge")
    save_impulse(here / "impulses" / "v30.wav", taps, response, sweep, impulse_checks(response, taps), about)


def compared(here: Path) -> None:
    """What `rig compare CAPTURE MODEL... --json` prints."""
    from rig.compare.models import compare_models, take_files

    gear = here / "gear"
    models = [gear / "half.nam", gear / "late.nam", here / "presets" / "minimal.toml"]
    found = compare_models(take_files(here / "captures" / "preamp", None), models=models, workers=1)
    (here / "compare").mkdir()
    (here / "compare" / "comparison.json").write_text(json.dumps(found.to_json(), indent=2) + "\n", encoding="utf-8")
