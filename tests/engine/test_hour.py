"""An hour of everything at once: presets, storms of MIDI, takes, a held interpreter, compilers, and no fault of ours.

RIG_SOAK_MINUTES=5 makes it shorter (`make soak-quick`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import model_files
import pytest
import soundfile as sf
from browsing import SHAPES
from jackserver import JACKD_IS_MISSING, JackServer
from places import SUPPORT, python_path
from rigs import A2, NANO, RATE

from rig.files import bundled
from rig.library.preset import CabinetPart, Preset

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]
MINUTES = float(os.environ.get("RIG_SOAK_MINUTES", "60"))
CHANGES = round(10_000 * MINUTES / 60)
WARM_MINUTES = 10 if MINUTES >= 60 else 1
GROWTH_MB = 16


def setlist(folder: Path) -> Path:
    """Ten presets: models of every official shape, cabinets, mixes, one bypassed."""
    folder.mkdir()
    irs, models = bundled.irs(), [A2, NANO]
    for i, shape in enumerate(SHAPES):
        models.append(folder.parent / f"{i}.nam")
        model_files.write(models[-1], shape(i))
    for i, model in enumerate(models):
        parts = tuple(CabinetPart(ir, -3.0 * at) for at, ir in enumerate(irs[: 1 + i % 3]))
        preset = Preset(f"{i}", model, cabinet=parts, output_trim_db=float(-i), bypass=i == 7)
        (folder / f"{i}.toml").write_text(preset.text(folder), encoding="utf-8")
    return folder


def test_an_hour_of_everything_at_once_is_without_a_fault(tmp_path):
    folder, log = setlist(tmp_path / "set"), tmp_path / "log"
    script = SUPPORT / "machine" / "hard_hour.py"
    environment = os.environ | {
        "NUMBA_NRT_STATS": "1",
        "PYTHONPATH": os.pathsep.join(python_path()),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    with JackServer(period=64) as server, log.open("w") as notes:
        done = subprocess.run(
            [
                *(sys.executable, script, "--server", server.name, "--folder", folder, "--out", tmp_path),
                *("--minutes", str(MINUTES), "--changes", str(CHANGES)),
            ],
            stdout=subprocess.PIPE,
            stderr=notes,
            text=True,
            env=environment,
            timeout=60 * MINUTES + 1200,
        )
    assert done.returncode == 0, log.read_text()[-5000:]
    report = json.loads(done.stdout.splitlines()[-1])
    minutes = report.pop("minutes")
    print(json.dumps(report, indent=1))
    for noted in minutes[:: max(1, len(minutes) // 12)]:
        print(json.dumps(noted))

    assert report["presets"] >= CHANGES
    assert report["watched"]["ours"] == []  # nor did a cycle wait or meet a page fault
    assert report["page_faults"] == 0
    assert report["allocations"] == 0
    assert report["overloads"] == report["input_faults"] == report["broken_samples"] == report["silent"] == 0
    assert not [said for said in report["complaints"] if "not a number" in said or "failed" in said]
    assert report["cycles"] >= 0.99 * report["empty_cycles"]
    assert report["midi_lost"] == [0, 0, 0]
    assert report["events"] > 100 * MINUTES
    assert len({tuple(noted["audio_arenas"]) for noted in minutes}) == 1
    warm = [noted for noted in minutes if noted["minute"] >= WARM_MINUTES]
    assert max(noted["rss_mb"] for noted in warm) - warm[0]["rss_mb"] < GROWTH_MB
    assert max(noted["threads"] for noted in warm) <= warm[0]["threads"] + 4
    assert max(noted["files"] for noted in warm) <= warm[0]["files"] + 8

    takes = sorted((tmp_path / "takes").glob("*.json"))
    assert len(takes) == report["takes"] > MINUTES
    for note in takes:
        told = json.loads(note.read_text())
        assert told["complete"] is True
        assert told["gaps"] == []
        for ending, channels in (("di", 1), ("out", 2)):
            with sf.SoundFile(note.with_name(f"{note.stem} {ending}.wav")) as file:
                assert (file.frames, file.samplerate, file.channels) == (told["frames"], RATE, channels)
