"""Captures over a real server of a device that is another for six seconds of the programme."""

from __future__ import annotations

from capturing import GAIN_DB, Watcher, attempt, plan, signal
from device import Device, gain
from jackserver import JackServer

FROM_S, TO_S = 18.0, 24.0

# fault: what is set, and what it is set back to (fields of `device_client.DEVICE`, linear)
OVER_THE_DEVICE = {
    "silence": [("gain", 0.0, gain(GAIN_DB))],
    "softer": [("gain", gain(GAIN_DB - 20), gain(GAIN_DB))],
    "louder": [("gain", gain(GAIN_DB + 4.5), gain(GAIN_DB))],  # more would clip
    "drive": [("drive", gain(-12), 1.0)],
    "polarity": [("polarity", -1.0, 1.0)],
    "bypass": [("bypass", 1.0, 0.0)],
    "hum": [("hum", gain(-20), 0.0)],
    "gate": [("gate", gain(-22), 0.0)],
    "lag": [("lost", 40, None), ("lost", -40, None)],
}


def captures(into, wanted):
    """A take with each of the faults: its name, and what the checks said that warned or failed."""
    results = []
    with JackServer(period=128) as server, Device(server, 137, gain_db=GAIN_DB, noise_dbfs=-95) as device:
        for name in wanted:
            cues = []
            for index, (field, during, after) in enumerate(OVER_THE_DEVICE[name]):
                cues.append((FROM_S if after is not None or index == 0 else TO_S, field, during))
                if after is not None:
                    cues.append((TO_S, field, after))
            device.later(*sorted(cues))
            wishes = {"send_trim_db": -3.0} if name == "bypass" else {}  # it gives back all that it gets
            wanted_plan = plan(into, name, trial=False, retakes=0, signal=signal(), **wishes)
            result = attempt(server.name, wanted_plan, Watcher())
            texts = [text for text in result.get("texts", [result.get("error", "")]) if not text.startswith("ok")]
            results.append({"fault": name, "texts": texts})
    return results
