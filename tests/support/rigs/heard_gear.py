"""`rig library like --send --return` over a server of its own, with a model of the library as the gear.

In a child process (`run_in_child`): a process may use one JACK server in its life.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path

from device import Device
from jackserver import AS_FAST_AS_IT_CAN, JackServer

from rig.catalogue.library import Library
from rig.cli import main

PORTS = ("--send", "preamp:in", "--return", "preamp:out", *AS_FAST_AS_IT_CAN, "--yes")
PEAK_DBFS = -14.0  # of what comes back, about: the burst of -16 dBFS lies some 14 dB below the loudest


def gain_for(level_dbfs):
    """What the return is turned up by, for a gear that answers the burst of -16 dBFS so loudly."""
    return min(30.0, PEAK_DBFS - 14.0 - level_dbfs)


def searched(index, *more):
    """What the command says of the gear: its code, its JSON, what it told."""
    told, out = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(told):
        code = main(["library", "like", *PORTS, "--index", index, "--json", *more])
    answer = json.loads(out.getvalue()) if code == 0 else None
    return {"code": code, "told": told.getvalue(), "answer": answer}


def heard_as(index, files, noise_dbfs):
    """Each of these models as the gear, behind noise, hum, DC and a delay; what the search names first."""
    with Library(index) as library:
        levels = {str(path): model.facts.level_dbfs for model in library.models.values() for path in model.paths}
    results = []
    with JackServer(period=128) as server, Device(server, 300.0, preamp=files[0]) as device:
        os.environ.update(server.environment())
        for number, file in enumerate(files):
            device.become(Path(file))
            for softer_db in (0.0, 6.0, 12.0):  # who is told that the return clips turns it down
                device.set(
                    gain_db=gain_for(levels[file]) - softer_db,
                    noise_dbfs=noise_dbfs,
                    hum_dbfs=noise_dbfs,
                    hum_hz=(50.0, 60.0)[number % 2],
                    dc=0.0005,
                    polarity=(1, -1)[number % 2],
                    delay_samples=300.0 + 77.3 * number,
                )
                found = searched(index, "--most", "3")
                if "The return clips" not in found["told"]:
                    break
            told = found["told"] if found["answer"] is None else ""
            models = [] if found["answer"] is None else found["answer"]["models"]
            gear = {} if found["answer"] is None else found["answer"]["gear"]
            names = [Path(model["files"][0]).name for model in models]
            results.append(
                {
                    "wanted": Path(file).name,
                    "named": names,
                    "esr": [model["esr"] for model in models],
                    "apart": [model["distance"] for model in models],
                    "gear": gear,
                    "told": told,
                }
            )
    return results
