"""A player on an offline engine, with a folder of cabinets."""

from __future__ import annotations

import numpy as np
from jackclients import wait_until
from responses import folder_of
from rigs import NANO, RATE, Bench, Told

from rig.player.player import Player


class Auditioning:
    """A player on an offline engine, with a folder of cabinets."""

    def __init__(self, irs, model=NANO, **options):
        self.bench, self.told = Bench(), Told()
        self.player = Player(self.bench.engine, self.told.append, [model], irs, ir_named=True, **options)
        self.player.start()
        self.bench.settle()
        self.poll()

    def poll(self):
        self.bench.process(np.zeros(RATE // 50))
        self.player.poll()

    def do(self, *commands, **options):
        """Carry out commands, one after the other, and wait for what they ask for."""
        self.told.clear()
        for name in commands:
            self.player.do(name, **options)
            assert self.player.arrive(20)
            self.bench.settle(RATE // 10)
            self.poll()
        return self.told.text

    def read_all(self):
        """Wait until the bank has been read."""
        wait_until(lambda: (self.poll(), self.player.cabinets.progress == "")[1], "the bank", 30)

    def match_all(self, count):
        """Wait until so many cabinets are matched."""
        wait_until(lambda: (self.poll(), self.player.equal.count == count)[1], "the loudness of all", 60)

    @property
    def name(self):
        return self.player.cabinets.playing.name

    def close(self):
        self.player.close()


def five_cabinets(tmp_path, monkeypatch):
    """Five short cabinets; files that are written go into the same temporary folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cabs").mkdir()
    return folder_of(tmp_path / "cabs", 5, samples=400)
