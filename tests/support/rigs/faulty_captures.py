"""Captures over a real server of gear of many kinds that is another for six seconds of the programme."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from capturing import GAIN_DB, SECONDS, TRIES, Watcher, attempt, plan, signal, suffered, tear
from device import Device, gain
from device_gear import KINDS
from device_model import answer
from faulty_takes import FAULT_S, NAMES
from jackserver import JackServer

from rig.trainer.layout import PROGRAMME, RATE, VALIDATION

FIRST_S, LAST_S = 17.0, SECONDS - 9.5  # the programme
GEARS = tuple(kind for kind in KINDS if kind not in ("wire", "nam"))
BYPASS_TRIM_DB = -3.0  # it gives back all that it gets
ROOM_ENERGY = 13.6  # of what the device's room adds at 1
HUM_RMS = 0.79  # of the device's hum, whose fundamental has a peak of 1
HOLD = 480  # samples
SELDOM = 99.5  # % of the samples are softer


def cues(name, clean, peak, loud, rng):
    """What happens to the device, and when: (sample of the signal, field, value), in order.

    `peak`: of what comes back; `loud`: what it seldom exceeds, as a limiter's first moment does.
    """
    start = round(rng.uniform(FIRST_S, LAST_S - FAULT_S) * RATE)
    stop = start + round(FAULT_S * RATE)
    if name == "lag":
        samples = int(np.round(rng.choice([-1, 1]) * np.exp(rng.uniform(np.log(3), np.log(3000)))))
        return [(start, "lost", samples), (stop, "lost", -samples)]
    if name == "dropout":
        hole = round(np.exp(rng.uniform(np.log(64), np.log(2048))))
        count = max(3, round(0.1 * FAULT_S * RATE / hole))
        return [(int(at), "mute", hole) for at in np.sort(start + rng.integers(0, stop - start - hole, count))]
    field, during = {
        "silence": ("gain", 0.0),
        "softer": ("gain", clean["gain"] * gain(-20)),
        "louder": ("gain", clean["gain"] * gain(6)),
        "drive": ("drive", gain(float(rng.choice([-12, -9, 9, 12])))),
        "polarity": ("polarity", -clean["polarity"]),
        "bypass": ("bypass", 1.0),
        "hum": ("hum", peak * gain(rng.uniform(-30, -14)) / HUM_RMS),
        "other programme": ("delay", 100_000.0),  # what was played two seconds ago
        "gate": ("gate", loud * rng.uniform(0.3, 0.7)),
        "reverb": ("room", np.sqrt(rng.uniform(0.15, 0.5) / ROOM_ENERGY)),
    }[name]
    return [(start, field, float(during)), (stop, field, float(clean.get(field, 0.0)))]


def drawn(name, kind, rng):
    """Settings of the device, linear, and what happens to it."""
    trim_db = BYPASS_TRIM_DB if name == "bypass" else 0.0
    peak = gain(rng.uniform(-30, -10))
    right = np.abs(answer(gain(trim_db) * signal().samples, kind, clip=100.0)).astype(np.float64)
    loudest, loud = float(right.max()), float(np.percentile(right[PROGRAMME:-VALIDATION], SELDOM))
    clean = {
        "gain": peak / loudest,
        "polarity": float(rng.choice([-1, 1])),
        "delay": float(rng.integers(3100, 9000)),
        "noise": gain(rng.uniform(-110, -95)),
        "hum_hz": float(rng.choice([50, 60])),
        "hold": float(HOLD),
        "drive": 1.0,
    }
    return clean, cues(name, clean, peak, peak * loud / loudest, rng), trim_db


def change_db(kind, clean, happens, trim_db):
    """By how much that changes what comes back in the seconds of the fault, re what it should be."""
    x = gain(trim_db) * signal().samples
    quiet = {**clean, "noise": 0.0}
    right, wrong = (answer(x, kind, cues=what, **quiet).astype(np.float64) for what in ((), happens))
    first = happens[0][0]
    part = slice(first, first + round(FAULT_S * RATE))
    return float(10 * np.log10(max(np.sum((wrong - right)[part] ** 2), 1e-30) / np.sum(right[part] ** 2)))


def captures(into, name, kinds, seed):
    """A take of each kind of gear with the fault: where it is, what it changes, and what the checks did not pass."""
    with JackServer(period=128) as server, Device(server) as device:
        return changed(server, device, into, name, kinds, seed)


def everyday(into, wanted, change, torn_by):
    """Faults, a change of the gear (arguments of `changed`) and what tears, all on one server.

    Starting the programs is what takes long.
    """
    with JackServer(period=128) as server, Device(server, 137, gain_db=GAIN_DB) as device:
        faults = suffered(server, device, into, wanted)
        (change,) = changed(server, device, into, *change)
        device.become("tube")
        device.set()
        return {"faults": faults, "change": change, "torn": [tear(server, device, into, by) for by in torn_by]}


def changed(server, device, into, name, kinds, seed):
    """`captures` on a server and a device that are there."""
    results = []
    rng = np.random.default_rng([seed, list(NAMES).index(name), 7])
    for number, kind in enumerate(kinds):
        clean, happens, trim_db = drawn(name, kind, rng)
        wanted = plan(into, f"t{number}", trial=False, retakes=0, signal=signal(), send_trim_db=trim_db)
        for _ in range(TRIES):  # an xrun of the machine's own tears a take, and is no answer
            device.become(kind)
            device._do("set", **{**device.settings, **clean})
            device.later(*((at / RATE, field, value) for at, field, value in happens))
            result = attempt(server.name, wanted, Watcher())
            for folder in Path(into).glob(f"t{number}*"):
                shutil.rmtree(folder)
            if "texts" in result:
                break
        texts = [text for text in result.get("texts", [result.get("error", "")]) if not text.startswith("ok")]
        what = f"{kind}: {name} from {happens[0][0] / RATE:.2f} s, {happens[0][1:]}, {clean}"
        results.append({"what": what, "change_db": change_db(kind, clean, happens, trim_db), "texts": texts})
    return results
