"""Small listening tests for tests: noise for sounds, listeners who know what they do."""

from __future__ import annotations

import numpy as np

from rig.compare.listening import Prepared, Sitting
from rig.compare.listening.prepared import sound_hash

RATE = 8000
FIXED = [("reference", "wet.wav"), ("low anchor", "low-pass 3.5 kHz"), ("mid anchor", "low-pass 7 kHz")]


def small_test(folder, *, candidates=2, sections=3, samples=400, seed=1, notes=()):
    """A test of short noises; the conditions in the order of FIXED, then the candidates."""
    rng = np.random.default_rng(seed)
    conditions = FIXED + [("candidate", f"{chr(97 + i)}.nam") for i in range(candidates)]
    sounds = [(0.1 * rng.standard_normal((len(conditions), samples))).astype(np.float32) for _ in range(sections)]
    setup = {
        "sample_rate": RATE,
        "loudness": {"target_lufs": -26.0},
        "conditions": [{"kind": kind, "name": name, "file": None, "how": {}} for kind, name in conditions],
        "sections": [{"samples": samples, "stimuli": [{"sha256": sound_hash(x)} for x in each]} for each in sounds],
        "notes": list(notes),
    }
    return Prepared.create(folder, setup, sounds)


def order_of(sitting):
    """What the positions of the screen at hand are: condition numbers. A secret that only a test may look at."""
    view, order = sitting.view(), sitting._order
    return (order.training_positions if view.phase == "training" else order.positions)[view.screen]


def hear_all(sitting):
    """Listen long enough to everything of the screen at hand."""
    for position in (None, *range(sitting.view().positions)):
        sitting.heard(position, 1.5)


def listened(test, name, scores, *, training=True, stop_after=None):
    """A sitting. `scores(section, condition number)` gives each; `stop_after`: it is left after so many screens."""
    with Sitting.open(test, name) as sitting:
        if not training:
            sitting.leave_out_training()
        while not sitting.is_over:
            hear_all(sitting)
            view = sitting.view()
            if view.phase == "rating":
                if view.screen == stop_after:
                    return sitting.path
                section = sitting._order.screens[view.screen]
                for position, condition in enumerate(order_of(sitting)):
                    sitting.rate(position, int(scores(section, condition)))
            sitting.close()
        return sitting.path
