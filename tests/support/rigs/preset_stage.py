"""A player with a setlist on an offline engine, and four presets as different as they come."""

from __future__ import annotations

from pathlib import Path

import model_files
import numpy as np
from jackclients import wait_until
from responses import folder_of
from rigs import A2, NANO, RATE, Bench, Told

from rig.files import bundled
from rig.library.preset import CabinetPart, Preset
from rig.player.player import Player

IRS = bundled.irs()


class Set:
    """A player on an offline engine, with a setlist."""

    def __init__(self, paths, first=None, folder=None, models=(), irs=(), resumed=None, **options):
        self.bench, self.told = Bench(), Told()
        self.player = Player(
            *(self.bench.engine, self.told.append, models, irs),
            presets=paths,
            preset=first if first is not None else (paths[0].parent if paths else None),
            folder=folder,
            **options,
        )
        if resumed is not None:
            self.player.presets.resume(resumed)
        self.player.start()
        self.bench.settle()
        self.presets = self.player.presets

    def poll(self):
        self.bench.process(np.zeros(RATE // 50))
        self.player.poll()

    def do(self, name, number=0, text=None):
        """Carry out a command and wait for what it asks for."""
        self.told.clear()
        self.player.do(name, number, text)
        assert self.player.arrive(20)
        self.bench.settle()
        self.poll()
        return self.told.text

    def ready(self):
        """Wait until all presets lie ready."""
        wait_until(lambda: (self.poll(), self.presets._is_steady and self.presets.setlist.idle)[1], "the setlist", 60)

    @property
    def lane(self):
        return self.bench.engine.lanes[0].record


def write(folder: Path, *presets: Preset) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = []
    for preset in presets:
        path = folder / f"{preset.name}.toml"
        path.write_text(preset.text(folder), encoding="utf-8")
        paths.append(path)
    return paths


def small(path: Path, seed: int) -> Path:
    return model_files.write(path, model_files.wavenet([4, 2], seed=seed, dilations=(1, 2, 4)))


def four_presets(tmp_path, monkeypatch):
    """Four presets as different as they come; files that are written go into the same temporary folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cabs").mkdir()
    mics = folder_of(tmp_path / "cabs", 3, samples=900)
    mix = (CabinetPart(mics[0], -3.0, 0.2, -0.5), CabinetPart(mics[1], pan=0.5, inverted=True))
    return write(
        tmp_path / "set",
        Preset("1 clean", A2, cabinet=(CabinetPart(IRS[0]),), input_trim_db=-6.0, output_trim_db=3.0),
        Preset("2 crunch", small(tmp_path / "small.nam", 3), cabinet=mix, level_mode="raw", output_trim_db=-4.0),
        Preset("3 dry", NANO, bypass=True, cabinet=(CabinetPart(mics[2]),)),
        Preset("4 direct", NANO, input_trim_db=4.0, output_trim_db=-8.0),
    )
