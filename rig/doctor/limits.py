"""What the system grants an audio program: real-time priority, and memory that stays in RAM.

All files are read below `root`, so that a test can bring its own.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from pathlib import Path

from .finding import Finding

ENOUGH_BYTES = 256 << 20  # of locked memory: the engine, its longest room and the models at hand
ADVICE = (
    "Write '@audio - rtprio 95' and '@audio - memlock unlimited' into /etc/security/limits.d/95-audio.conf, join the "
    "group (sudo usermod -aG audio $USER) and log in again."
)
MEGABYTE = 1 << 20
CAP_IPC_LOCK = 14  # the number of that right on Linux
_NO_LIMIT = Finding("memlock", "unknown", "This system does not say how much memory may be locked.")


def priority(granted: int | None, runs: bool, root: Path = Path("/"), *, on_pipewire: bool = False) -> Finding:
    """The priority of the audio thread: `granted` as a backend says it; `runs`: whether one ran at all.

    `on_pipewire`: PipeWire gives it, which takes it from the limits of the user or has rtkit give it.
    """
    if granted is not None and granted > 0:
        text = f"The audio thread has real-time priority {granted}."
        return Finding("priority", "ok", text, figures={"priority": granted})
    allowed = may_be_realtime()
    if granted == 0:
        text = "The audio thread has no real-time priority: any other program may hold it up."
        way_out = (
            "Start the JACK server with real-time scheduling (jackd -R, or 'Realtime' in QjackCtl)."
            if allowed
            else _advice(root)
        )
        if on_pipewire:
            way_out = pipewire_advice(allowed, root)
        return Finding("priority", "problem", text, way_out, {"priority": 0, "allowed": allowed})
    if runs or allowed is None:
        return Finding("priority", "unknown", "This system does not say which priority an audio thread has.")
    if allowed:
        text = "A program of yours may have real-time priority."
        return Finding("priority", "ok", text, figures={"allowed": True})
    text = "No program of yours may have real-time priority: any other one may hold up the sound."
    return Finding("priority", "problem", text, _advice(root), {"allowed": False})


def may_be_realtime() -> bool | None:
    """Whether a thread of ours gets real-time priority when it asks; None where that cannot be asked."""
    if not (sys.platform.startswith("linux") and hasattr(os, "sched_setscheduler")):
        return None
    answer: list[bool] = []

    def ask() -> None:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # of this thread, which ends at once
            answer.append(True)

    thread = threading.Thread(target=ask, name="rig asks for priority")
    thread.start()
    thread.join()
    return bool(answer)


def _advice(root: Path) -> str:
    granted, own = granted_groups(root), own_groups(root)
    mine = [group for group in granted if group in own]
    if mine:
        return f"You are in the group {mine[0]}, which may: log in again, then restart the JACK server."
    if granted:
        return f"Join the group {granted[0]}, which may (sudo usermod -aG {granted[0]} $USER), and log in again."
    if not sys.platform.startswith("linux") and root == Path("/"):
        return "See how your system grants real-time priority to audio programs."
    return ADVICE


def pipewire_advice(allowed: bool | None, root: Path = Path("/")) -> str:
    """How PipeWire comes to a real-time priority for its clients."""
    if allowed:
        return (
            "You may have it, so PipeWire's module-rt is not loaded: see context.modules in jack.conf, in "
            "~/.config/pipewire or /usr/share/pipewire."
        )
    granted, own = granted_groups(root), own_groups(root)
    mine = [group for group in granted if group in own]
    if mine:
        return f"You are in the group {mine[0]}, which may: log in again, so that PipeWire is started anew."
    group = "pipewire" if "pipewire" in granted else next(iter(granted), None)
    join = f", or join the group {group} (sudo usermod -aG {group} $USER)" if group is not None else ""
    return f"PipeWire has rtkit give it: install that (sudo apt install rtkit){join}, and log in again."


def granted_groups(root: Path = Path("/")) -> list[str]:
    """Groups that the system's limits grant real-time priority, in the order of the files."""
    folder = root / "etc/security"
    groups: list[str] = []
    for path in (folder / "limits.conf", *sorted((folder / "limits.d").glob("*.conf"))):
        with contextlib.suppress(OSError):
            found = re.findall(r"^\s*@(\S+)\s+(?:-|hard|soft)\s+rtprio\s+[1-9]", path.read_text(errors="replace"), re.M)
            groups += [group for group in found if group not in groups]
    return groups


def own_groups(root: Path = Path("/")) -> set[str]:
    """Names of the groups this process is in."""
    names: set[str] = set()
    if sys.platform != "win32":
        numbers = {str(number) for number in (*os.getgroups(), os.getegid())}
        with contextlib.suppress(OSError):
            for line in (root / "etc/group").read_text(errors="replace").splitlines():
                name, _, number, *_ = (*line.split(":"), "", "", "")
                names |= {name} if number in numbers else set()
    return names


def memlock(root: Path = Path("/"), limit_bytes: int | None = None) -> Finding:
    """How much memory may be kept from being moved out; `limit_bytes` in place of this process's own (-1: any)."""
    if sys.platform == "win32":
        return _NO_LIMIT
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] if limit_bytes is None else limit_bytes
        unlimited = limit in (-1, resource.RLIM_INFINITY) or (limit_bytes is None and may_lock_anything(root))
    except (ImportError, AttributeError, OSError):
        return _NO_LIMIT
    figures = {"limit_bytes": None if unlimited else limit}
    enough = f"ok from {ENOUGH_BYTES // MEGABYTE} MB"
    if unlimited:
        return Finding("memlock", "ok", "Any amount of memory may be locked in RAM.", None, figures, enough)
    if limit >= ENOUGH_BYTES:
        text = f"{limit // MEGABYTE} MB of memory may be locked in RAM."
        return Finding("memlock", "ok", text, None, figures, enough)
    shown = f"{limit / MEGABYTE:.0f} MB" if limit >= MEGABYTE else f"{limit / 1024:.0f} kB"
    if has_swap(root) is False:
        text = f"Only {shown} of memory may be locked in RAM; there is no swap, so nothing is moved out anyway."
        return Finding("memlock", "ok", text, None, figures, enough)
    text = f"Only {shown} of memory may be locked in RAM: after a pause the first notes may stutter."
    return Finding("memlock", "warn", text, _memlock_advice(root), figures, enough)


def may_lock_anything(root: Path = Path("/")) -> bool:
    """Whether no limit holds for this process: the administrator's right, which a container often takes away."""
    try:
        found = re.search(r"^CapEff:\s*([0-9a-f]+)", (root / "proc/self/status").read_text(), re.M)
    except OSError:
        found = None
    if found is not None:
        return bool(int(found[1], 16) >> CAP_IPC_LOCK & 1)
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _memlock_advice(root: Path) -> str:
    granted, own = granted_groups(root), own_groups(root)
    if granted and granted[0] not in own:
        return f"Join the group {granted[0]} (sudo usermod -aG {granted[0]} $USER) and log in again."
    return ADVICE


def has_swap(root: Path = Path("/")) -> bool | None:
    """Whether memory can be moved out at all; None where the system does not say."""
    try:
        return len((root / "proc/swaps").read_text().splitlines()) > 1
    except OSError:
        return None
