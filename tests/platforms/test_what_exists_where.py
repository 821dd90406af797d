"""No call that does not exist on Windows, macOS or FreeBSD is reached there, as far as reading the source shows."""

from __future__ import annotations

import textwrap

import pytest
from availability import PLATFORMS, absent_modules, missing, stubs
from guards import Walk
from places import ROOT

pytestmark = pytest.mark.skipif(stubs() is None, reason="mypy, whose stubs say what exists where, is not installed")
SOURCES = sorted((ROOT / "rig").rglob("*.py"))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_whatever_a_system_lacks_is_kept_away_from_it(platform):
    found = [
        f"{path.relative_to(ROOT)}:{line}: {what} is not on {PLATFORMS[platform]}"
        for path in SOURCES
        for line, what in Walk(platform).file(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_the_table_knows_what_is_known():
    """By the notes on availability in Python's documentation."""
    assert {
        "fork",
        "getuid",
        "geteuid",
        "nice",
        "setpriority",
        "sched_setscheduler",
        "killpg",
        "O_NOFOLLOW",
    } <= missing("os", "win32")
    assert {"SIGHUP", "SIGKILL", "SIGUSR1", "SIGTSTP", "pthread_kill"} <= missing("signal", "win32")
    assert {"clock_gettime", "CLOCK_MONOTONIC"} <= missing("time", "win32") and "AF_UNIX" in missing("socket", "win32")
    assert {"fcntl", "termios", "tty", "pwd", "grp", "resource"} <= absent_modules("win32")
    for platform in ("darwin", "freebsd14"):
        assert "CLOCK_BOOTTIME" in missing("time", platform) and "MADV_DONTFORK" in missing("mmap", platform)
        assert not {"getuid", "fork", "kill"} & missing("os", platform) and absent_modules(platform) == {"msvcrt"}
    assert "sched_setscheduler" in missing("os", "darwin")


KEPT_AWAY = """
    import contextlib, os, signal, sys, time
    try:
        import fcntl
    except ImportError:
        fcntl = None
    if sys.platform != "win32":
        os.getuid()
    def early():
        if not hasattr(os, "nice"):
            return
        os.nice(1)
    def other(locks):
        if fcntl is not None and locks:
            fcntl.flock(1, 2)
        return os.getpid() if os.name == "nt" else os.getppid() or os.getuid()
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(0, 0, 1)
    clock = getattr(time, "CLOCK_MONOTONIC", None)
    assert sys.platform.startswith("win") or time.clock_gettime(1)
"""
REACHED = """
    import os, signal, sys, time
    import termios
    from os import fork
    if hasattr(os, "getuid"):
        pass
    else:
        os.getuid()
    if sys.platform != "win32" or len(sys.argv):
        os.nice(1)
    try:
        signal.SIGHUP
    except OSError:
        pass
    class Way:
        at = lambda self: [time.clock_gettime(1) for _ in ()]
"""


def test_the_walk_tells_what_is_kept_away_from_what_is_reached():
    assert Walk("win32").file(textwrap.dedent(KEPT_AWAY)) == []
    found = [what for _, what in Walk("win32").file(textwrap.dedent(REACHED))]
    assert found == ["termios", "os.fork", "os.getuid", "os.nice", "signal.SIGHUP", "time.clock_gettime"]
    assert Walk("darwin").file(textwrap.dedent(REACHED)) == []
