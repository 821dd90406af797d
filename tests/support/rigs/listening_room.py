"""A small listening test and its page: each condition is a tone of its own, so that a test hears which one plays.

As a program, `listening_room.py FOLDER PORT`, it serves the test of a folder until it is killed.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import numpy as np

from rig.compare.listening.prepared import Prepared, sound_hash
from rig.compare.listening.scale import FADE_S
from rig.web.listening.listen_page import ListenPage
from rig.web.port import PageOptions

RATE = 48000
TONES_HZ = (400.0, 700.0, 1100.0, 1600.0)  # reference, low anchor, mid anchor, candidate
MORE_HZ = (2000.0, 2400.0, 2800.0, 3200.0, 3600.0, 4000.0, 4400.0)


def tone(hz, seconds):
    """Loops without a click, as the sounds of a test do."""
    t = np.arange(round(seconds * RATE)) / RATE
    x = 0.2 * np.sin(2 * np.pi * hz * t)
    n = round(FADE_S * RATE)
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(n) / n)
    x[:n] *= rise
    x[-n:] *= rise[::-1]
    return x.astype(np.float32)


def prepared(folder, sections=2, candidates=1, seconds=1.5):
    """A test; a section is longer than the one before."""
    kinds = ["reference", "low anchor", "mid anchor"] + ["candidate"] * candidates
    hz = (*TONES_HZ, *MORE_HZ)[: len(kinds)]
    sounds = [np.stack([tone(each, seconds + 0.25 * at) for each in hz]) for at in range(sections)]
    setup = {
        "sample_rate": RATE,
        "notes": [],
        "conditions": [{"kind": kind, "name": f"secret-{kind}-{at}"} for at, kind in enumerate(kinds)],
        "sections": [{"samples": x.shape[1], "stimuli": [{"sha256": sound_hash(each)} for each in x]} for x in sounds],
    }
    return Prepared.create(Path(folder), setup, sounds)


class ListeningRoom:
    """A test, served. `options`: of the page."""

    def __init__(self, test, port=0, reveals=False, **options):
        self.test, self.said = test, []
        self.page = ListenPage(test, PageOptions(port=port, **options), self.said.append, reveals=reveals)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self.address = self.page.start()
        self._thread.start()
        return self

    def _look(self):
        while not self._over.wait(0.02):
            self.page.look_after()

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(5)
        self.page.close()

    @property
    def token(self):
        return self.address.partition("#token=")[2]

    @property
    def port(self):
        return self.page.port


def kept(test, name):
    """What the file of a listener holds."""
    return json.loads((test.folder / "listeners" / f"{name}.json").read_text())


if __name__ == "__main__":
    with ListeningRoom(Prepared.open(Path(sys.argv[1])), int(sys.argv[2])) as room:
        print(room.address, flush=True)
        while True:
            time.sleep(1)
