"""A hundred takes with six seconds that are not the same gear, by file and over the device, and a hundred clean ones.

Each run draws its own places, strengths, interfaces and noise, and prints the seed: RIG_SEED=... repeats it. A fault
counts where it changes the wet signal of its seconds by more than -20 dB; fewer than half may not.
"""

from __future__ import annotations

import os
import secrets

import numpy as np
import pytest
from child import run_in_child
from faulty_captures import GEARS as OVER_THE_DEVICE
from faulty_captures import captures
from faulty_takes import COUNTS_DB, NAMES, called_right, change_db, drawn, drawn_desk, judged, recorded, sent, suffered
from gears import GEARS, played
from jackserver import JACKD_IS_MISSING

from rig.trainer.layout import FULL_S

pytestmark = pytest.mark.soak

GEARS_PER_FAULT = 10
CLEAN = 100
LENGTHS_S = (35.0, 60.0)


@pytest.fixture(scope="module")
def seed():
    value = int(os.environ.get("RIG_SEED", secrets.randbits(31)))
    print(f"\nRIG_SEED={value}")
    return value


def listed(what):
    """Each on a line of its own: pytest shortens no text."""
    return "\n".join(map(str, ["", *what]))


@pytest.mark.parametrize("name", NAMES)
def test_six_seconds_of_a_fault_on_ten_kinds_of_gear(name, seed):
    rng = np.random.default_rng([seed, list(NAMES).index(name)])
    missed, fell, takes = [], [], []
    for index in rng.permutation(len(GEARS))[:GEARS_PER_FAULT]:
        seconds = float(rng.choice(LENGTHS_S))
        takes.append((seconds, GEARS[index], drawn(name, seconds, rng), drawn_desk(rng)))
    # One length after the other: what the checks know of dry is made once for each.
    for seconds, gear, fault, desk in sorted(takes, key=lambda take: take[0]):
        x = sent(seconds)
        right = played(gear, x, seed)
        wrong = suffered(gear, fault, x, right, seed)
        changed_db = change_db(fault, right, wrong)
        what = f"{gear.name}: {fault}, {changed_db:.1f} dB, {desk}"
        if changed_db <= COUNTS_DB:
            fell.append(what)
            continue
        found = judged(recorded(wrong, desk, seed, max(abs(right).max(), abs(wrong).max())), seconds)
        if not called_right(fault, found):
            missed.append((what, [str(check) for check in found.checks if check.verdict != "ok"]))
    print(f"\n{name}: {GEARS_PER_FAULT - len(fell)} count, {len(fell)} change too little", *fell, sep="\n    ")
    assert not missed, listed(missed)
    assert len(fell) < GEARS_PER_FAULT / 2, fell


def test_a_hundred_clean_takes_of_twenty_kinds_of_gear(seed):
    rng = np.random.default_rng([seed, 99])
    refused, doubted = [], []
    takes = [(float(rng.choice(LENGTHS_S)), number, drawn_desk(rng)) for number in range(CLEAN)]
    for seconds, number, desk in sorted(takes, key=lambda take: take[:2]):
        gear = GEARS[number % len(GEARS)]
        found = judged(recorded(played(gear, sent(seconds), seed + number), desk, seed + number), seconds)
        said = (gear.name, seconds, desk, [str(check) for check in found.checks if check.verdict != "ok"])
        if found.verdict == "fail":
            refused.append(said)
        elif found["programme"].verdict != "ok":
            doubted.append(said)
    print(f"\nclean takes: {len(refused)} refused, {len(doubted)} warned of as another gear", *doubted, sep="\n    ")
    assert not refused, listed(refused)
    assert len(doubted) <= CLEAN // 5, doubted


def test_a_clean_take_of_full_length_of_every_kind_of_gear(seed):
    """What a capture plays: the longer it is, the more playing there is that the ends do not know."""
    refused, doubted = [], []
    for number, gear in enumerate(GEARS):
        desk = drawn_desk(np.random.default_rng([seed, number, 98]))
        found = judged(recorded(played(gear, sent(FULL_S), seed + number), desk, seed + number), FULL_S)
        if found.verdict == "fail":
            refused.append((gear.name, desk, [str(check) for check in found.of("fail")]))
        elif found["programme"].verdict != "ok":
            doubted.append((gear.name, desk, str(found["programme"])))
    print(f"\nclean takes of full length: {len(refused)} refused, {len(doubted)} warned of", *doubted, sep="\n    ")
    assert not refused, listed(refused)


@pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_over_the_device_six_seconds_of_a_fault_on_ten_kinds_of_gear(name, tmp_path, seed):
    rng = np.random.default_rng([seed, list(NAMES).index(name), 8])
    kinds = [OVER_THE_DEVICE[index] for index in rng.permutation(len(OVER_THE_DEVICE))[:GEARS_PER_FAULT]]
    results = run_in_child(captures, str(tmp_path), name, kinds, seed, timeout_s=1800)
    counting = [result for result in results if result["change_db"] > COUNTS_DB]
    fell = [f"{result['what']}, {result['change_db']:.1f} dB" for result in results if result not in counting]
    print(f"\n{name} over the device: {len(counting)} count, {len(fell)} change too little", *fell, sep="\n    ")
    missed = [
        result for result in counting if not any(word in text for word in NAMES[name] for text in result["texts"])
    ]
    assert not missed, listed(missed)
    assert len(results) == GEARS_PER_FAULT and len(fell) < GEARS_PER_FAULT / 2, fell
