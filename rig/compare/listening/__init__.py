"""Listening with several stimuli (MUSHRA, ITU-R BS.1534-3): prepared, heard by several listeners, judged together.

    test = prepare("dry.wav", "wet.wav", [Path("crunch.nam"), Path("other.wav")], Path("listen-crunch"))
    with Sitting.open(test, "anna") as sitting:
        ...                                   # `view`, `wav`, `heard`, `rate`, `close`, until `is_over`
    found = report(test)                      # of all who have finished

`prepared` and `listener_file` say what lies on the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .prepared import Prepared
    from .preparing import prepare
    from .results import report
    from .sitting import Sitting
    from .tally import Report

__all__ = ["Prepared", "Report", "Sitting", "prepare", "report"]

_HOMES = {
    "Prepared": "prepared",
    "Report": "tally",
    "Sitting": "sitting",
    "prepare": "preparing",
    "report": "results",
}


def __getattr__(name: str) -> Any:  # a page of a sitting needs no filter and no model
    if name not in _HOMES:
        raise AttributeError(f"module 'rig.compare.listening' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
