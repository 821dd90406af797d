"""Captures over a real server of a device that is another for six seconds of the programme."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from capturing import GAIN_DB, SECONDS, TRIES, Watcher, attempt, plan, signal
from device import Device, gain
from jackserver import JackServer

FIRST_S, LAST_S, FAULT_S = 17.0, SECONDS - 9.5, 6.0  # the programme, and how much of it
DELAY = 137  # samples
HOLES, HOLE = 12, 1500  # of a contact that is loose: how often, and for how many samples

# fault: field of `device_sound.DEVICE` (linear), what it is in these seconds, and what it is again
LASTING = {
    "silence": ("gain", 0.0, gain(GAIN_DB)),
    "softer": ("gain", gain(GAIN_DB - 20), gain(GAIN_DB)),
    "louder": ("gain", gain(GAIN_DB + 4.5), gain(GAIN_DB)),  # more would clip
    "drive": ("drive", gain(-12), 1.0),
    "polarity": ("polarity", -1.0, 1.0),
    "bypass": ("bypass", 1.0, 0.0),
    "hum": ("hum", gain(-20), 0.0),
    "other programme": ("delay", 100_000.0, float(DELAY)),  # what was played two seconds ago
    "gate": ("gate", gain(-22), 0.0),
    "reverb": ("room", 0.5, 0.0),
}
OVER_THE_DEVICE = (*LASTING, "lag", "dropout")


def cues(name, rng):
    """What happens to the device, and when, in seconds of the signal: (second, field, value), in order."""
    start = float(rng.uniform(FIRST_S, LAST_S - FAULT_S))
    stop = start + FAULT_S
    if name in LASTING:
        field, during, after = LASTING[name]
        return [(start, field, during), (stop, field, after)]
    if name == "lag":
        samples = int(rng.integers(5, 3000))
        return [(start, "lost", samples), (stop, "lost", -samples)]
    return [(float(at), "mute", HOLE) for at in np.sort(rng.uniform(start, stop, HOLES))]


def captures(into, wanted, seed):
    """A take with each of the faults: its name, where it is, and what the checks said that warned or failed."""
    results = []
    with JackServer(period=128) as server, Device(server, DELAY, gain_db=GAIN_DB, noise_dbfs=-95) as device:
        for number, name in enumerate(wanted):
            happens = cues(name, np.random.default_rng([seed, number]))
            wishes = {"send_trim_db": -3.0} if name == "bypass" else {}  # it gives back all that it gets
            for _ in range(TRIES):  # an xrun of the machine's own tears a take, and is no answer
                device.later(*happens)
                wanted_plan = plan(into, name, trial=False, retakes=0, signal=signal(), **wishes)
                result = attempt(server.name, wanted_plan, Watcher())
                if "texts" in result:
                    break
                device._do("set", **device.settings)
                shutil.rmtree(Path(into) / f"{name}.rejected-1", ignore_errors=True)
            texts = [text for text in result.get("texts", [result.get("error", "")]) if not text.startswith("ok")]
            results.append({"fault": name, "where": happens, "texts": texts})
    return results
