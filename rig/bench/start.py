"""How long a start takes: from the process to the end of a short render, in processes of their own.

Cold is the very first start on a machine, with nothing compiled yet; warm is every other one.
"""

from __future__ import annotations

import os
import site
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from ..audio import wav
from ..errors import RigError
from ..files import bundled
from .timing import RATE_HZ, noise

WARM_STARTS = 5
SAMPLES = 480


def measure_start(progress: Callable[[float], None] | None = None) -> dict[str, Any]:
    """Seconds until `rig render` with the bundled model and cabinet has rendered 10 ms and ended."""
    model, ir = bundled.models()[0], bundled.irs()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wav.write(folder / "x.wav", noise(SAMPLES), RATE_HZ, "FLOAT")
        command = [sys.executable, "-m", "rig", "render", str(model), "x.wav", "y.wav", "--ir", str(ir), "--overwrite"]
        environment = _empty_cache(folder)
        times = []
        for i in range(1 + WARM_STARTS):
            started = perf_counter()
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
            times.append(perf_counter() - started)
            if done.returncode:
                raise RigError(f"The start could not be measured: {done.stderr.strip() or done.stdout.strip()}")
            if progress is not None:
                progress((i + 1) / (1 + WARM_STARTS))
    return {"cold_s": times[0], "warm_s": median(times[1:])}


def _empty_cache(folder: Path) -> dict[str, str]:
    """An environment whose cache, wherever the system keeps it, is below `folder`; Python finds its packages still.

    It keeps Python's own byte code, too, as it does unless somebody forbids it: a later start reads it.
    """
    home = str(folder / "home")
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {
        "HOME": home,
        "XDG_CACHE_HOME": home,
        "LOCALAPPDATA": home,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUSERBASE": site.getuserbase(),
    }
