"""A process that helps with the first start: it compiles the parts that it is told, one name per line, and answers.

It has a low priority, and ends with whoever asked. Each part is kept on disk, under a lock of its own, so that nobody
compiles it a second time.

    python -m rig.cli.compiling.compile_helper
"""

from __future__ import annotations

import contextlib
import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ...dsp.native.compile_report import report

if TYPE_CHECKING:
    from ...dsp.native.compile import Entry

NICE = 10  # it works while others play
TOP = Path(__file__).parents[3]  # where `rig` is found, however this process found it


class Helper:
    """The process from outside; whoever made it closes it."""

    def __init__(self) -> None:
        paths = [str(TOP), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # Ctrl-C is for the program that asked
        )

    def compile(self, name: str) -> bool:
        """Whether that part is on disk now; it takes as long as it takes."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(f"{name}\n")
            self._process.stdin.flush()
            return self._process.stdout.readline().strip() == name
        except (OSError, ValueError):  # it has died, or was closed meanwhile
            return False

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def entry_named(name: str) -> Entry | None:
    """The part of that full name; None where there is none, or where its library is not installed."""
    from ...dsp.native.compile import ENTRIES

    with contextlib.suppress(ImportError, OSError):
        importlib.import_module(name.rpartition(".")[0])
    return next((entry for entry in ENTRIES if entry.name == name), None)


def main() -> None:
    """Until nobody asks any more."""
    report.instead = lambda name: None  # whoever asked says what is done
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(NICE)
    for line in sys.stdin:
        name = line.strip()
        entry = entry_named(name)
        if entry is not None:
            entry.compile()
        print(name if entry is not None and entry.is_kept else "", flush=True)


if __name__ == "__main__":
    main()
