"""Small results to make bundles of: a pair, models, a comparison, blind tests and a listening test, all real."""

from __future__ import annotations

import json
from pathlib import Path

import model_files
import numpy as np

from rig.audio.wav import write
from rig.cli import main
from rig.compare.abx import BlindTest
from rig.compare.listening import Prepared, Sitting, prepare
from rig.files.hashing import sha256_of

RATE = 48000
HALF, BENT = "half.nam", "bent.nam"


def pair(folder: Path, seconds: float = 1.0) -> Path:
    """dry.wav, wet.wav, and two models: `half.nam` is near the gear, `bent.nam` less so."""
    rng = np.random.default_rng(3)
    n = round(seconds * RATE)
    dry = 0.3 * np.convolve(rng.standard_normal(n), np.hanning(16) / 4, "same")
    dry *= 0.2 + 0.8 * np.abs(np.sin(np.arange(n) / 9000))
    wet = 0.5 * dry + 0.02 * np.roll(dry, 3) + 0.001 * rng.standard_normal(n)
    for name, x in (("dry.wav", dry), ("wet.wav", wet)):
        write(folder / name, x, RATE, "FLOAT")
    for name, taps in ((HALF, [0.5]), (BENT, [0.1, 0.5])):
        config = {"receptive_field": len(taps), "bias": False}
        model_files.write(folder / name, model_files.finished("Linear", config, taps))
    return folder


def compared(folder: Path, capsys, name: str = "compared.json", models=(HALF, BENT)) -> Path:
    """What `rig compare --json` says of them."""
    capsys.readouterr()
    words = ["compare", *(str(folder / each) for each in ("dry.wav", "wet.wav", *models)), "--capture-dbu", "none"]
    assert main([*words, "--json", "--workers", "1"]) == 0
    (folder / name).write_text(capsys.readouterr().out)
    return folder / name


def blind_test(folder: Path, right: int = 13, trials: int = 16, name: str = "abx.json", model: str = HALF) -> Path:
    """One of gear against a model, with so many right answers."""
    known = folder / model
    side = {"model": {"file": model, "hash": sha256_of(known), "size": 1.0}, "quality": 1, "ir": None}
    setup = {
        "sides": [model, "the gear"],
        "a": side,
        "b": None,
        "gear": {"wiring": "loop", "send_gain_db": 0.0, "sum": "0.0 dB"},
        "command": {"model": str(known.resolve()), "di": str((folder / "dry.wav").resolve()), "send": "private:port_3"},
        "connections": {"input": ["private:port_3"]},
        "di": sha256_of(folder / "dry.wav"),
    }
    test = BlindTest.begin(folder / name, trials, setup, keys=folder / "keys")
    while not test.is_finished:
        test.answer(test.x if test.answered < right else "AB"[test.x == "A"])
    return folder / name


def listening_test(folder: Path, listeners=("Ann Somebody", "Bert"), worse: int = 60) -> Prepared:
    """Two models against the gear, rated by listeners who hear what is what; `half.nam` gets 95, `bent.nam` `worse`."""
    test = prepare(folder / "dry.wav", folder / "wet.wav", [folder / HALF, folder / BENT], folder / "listen", count=1)
    for listener in listeners:
        sit(test, listener, {"reference": 100, "low anchor": 10, "mid anchor": 40, HALF: 95, BENT: worse})
    return test


def sit(test: Prepared, listener: str, scores: dict[str, int]) -> None:
    """A whole sitting; scores by the kind of a condition or the name of a candidate."""
    with Sitting.open(test, listener) as sitting:
        sitting.leave_out_training()
        while not sitting.is_over:
            view = sitting.view()
            for position in (None, *range(view.positions)):
                sitting.heard(position, 1.5)
            for position, number in enumerate(sitting._order.positions[view.screen]):
                condition = test.conditions[number]
                sitting.rate(position, scores.get(condition.name, scores.get(condition.kind, 0)))
            sitting.close()


def read_json(path: Path):
    """Its content."""
    return json.loads(path.read_text(encoding="utf-8"))
