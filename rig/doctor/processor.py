"""How the system drives the processor: a clock that falls between two notes is late for the next one."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

from .finding import Finding

SELF_SCALING = ("intel_pstate", "amd-pstate-epp")  # drivers whose `powersave` is no fixed low clock
WAY_OUT = "sudo cpupower frequency-set -g performance, while you play."


def governor(root: Path = Path("/")) -> Finding:
    """The frequency governor of all processors, by Linux's files below `root`."""
    found: Counter[str] = Counter()
    driver = None
    for path in sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")):
        with contextlib.suppress(OSError):
            found[path.read_text().strip()] += 1
            driver = driver or path.with_name("scaling_driver").read_text().strip()
    if not found:
        return Finding(
            "governor",
            "unknown",
            "This system does not show how it drives the processor's clock (usual in virtual machines, and where it is "
            "not Linux).",
        )
    figures = {"governors": dict(found), "driver": driver}
    others = [name for name in found if name != "performance"]
    if not others:
        return Finding("governor", "ok", "All processors run at full clock (performance).", figures=figures)
    count, total = sum(found[name] for name in others), sum(found.values())
    which = f"{count} of {total} processors run" if count < total else "The processors run"
    named = ", ".join(others)
    if others == ["powersave"] and driver not in SELF_SCALING:
        text = f"{which} at their lowest clock ({named})."
        return Finding("governor", "problem", text, WAY_OUT, figures)
    text = f"{which} with a clock that follows the load ({named}): small periods may come late."
    return Finding("governor", "warn", text, WAY_OUT, figures)
