"""A scan in a process of its own, below everything else: `python -m rig.web.finding.scan_process FOLDER...`.

It uses one core, as nice as can be, and prints lines of JSON: `{"done": 3, "of": 120}`, and at the end
`{"read": 117, "found": 120, "problems": ["sentence"]}` or `{"error": "sentence"}`. It ends with whoever started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

LOWEST = 19
PROBLEMS_TOLD = 20


def stand_back() -> None:
    """Let everything else go first."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(LOWEST)


def say(content: dict[str, Any]) -> None:
    """A line for whoever started it."""
    print(json.dumps(content, separators=(",", ":")), flush=True)


def end_with_parent() -> None:
    """Nobody waits for it any more, once its standard input ends."""

    def wait() -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stdin.buffer.read()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def main(index: str, folders: list[str]) -> int:
    """Scan; `index` empty: rig's own."""
    stand_back()
    end_with_parent()
    from ...catalogue.library import Library
    from ...errors import RigError

    try:
        with Library(index or None) as library:
            found = library.scan(
                [Path(folder) for folder in folders],
                workers=1,
                progress=lambda done, of: say({"done": done, "of": of}),
            )
    except RigError as error:
        say({"error": str(error)})
        return 1
    say({"read": found.read, "found": found.found, "problems": list(found.problems[:PROBLEMS_TOLD])})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
