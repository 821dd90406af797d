"""What a page shows and steers: a rig that plays, a comparison, a capture. One of them at a time."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...player.command import Command, Value
from ..merge_patch import Json

if TYPE_CHECKING:
    from ..finding.desk import SearchDesk

Spectra = tuple[int, NDArray[np.float32] | None, NDArray[np.float32] | None]


class Shown(Protocol):
    """`carry_out`, `state`, `listed` and `prepare` are called by the thread that plays; the rest by any."""

    view: str  # play, audition, ab, capture or compare
    meter_names: Sequence[str]
    desk: SearchDesk | None  # answers what is asked of the library; None: there is none
    wake: Callable[[], None]  # has the thread that plays come round, from any thread

    @property
    def spectrum_hz(self) -> Sequence[float]:
        """The points of a spectrum."""

    def commands(self) -> list[Json]:
        """The table, as plain data."""

    def carry_out(self, name: str, value: Value | None) -> None:
        """Do it. Raises RigError."""

    def state(self) -> Json:
        """All there is to see that does not change many times a second."""

    def listed(self, name: str) -> tuple[list[Json], Sequence[Any]] | None:
        """The items of a list and the files that their indexes count; None: there is no such list."""

    def prepare(self, watched: bool) -> None:
        """Have what spectra are made of ready, if somebody watches them."""

    def poll(self) -> None:
        """Look after what was asked for and is on its way; by the thread that plays, whenever it comes round."""

    def close(self) -> None:
        """The page ends."""

    def meters(self) -> tuple[int, list[float]]:
        """The frame counter, and a value for each of `meter_names`."""

    def spectra(self) -> Spectra | None:
        """The frame counter, and the spectra of the guitar and of the output as far as there are new ones."""

    def excerpt(self, name: str) -> bytes | None:
        """A WAV file that can be heard in the page."""

    def report(self, address: str) -> bytes | None:
        """The finished report, an HTML page, whose address stands in the state."""

    def revoked(self) -> None:
        """The printed token is another one now."""


def described(table: Mapping[str, Command[Any]]) -> list[Json]:
    """A table as it goes to the page; what takes a folder stays at home."""
    return [_described(command) for command in table.values() if command.path != "folder"]


def _described(command: Command[Any]) -> Json:
    found: Json = {"name": command.name, "text": command.text, "group": command.group, "kind": command.kind}
    optional = {
        "unit": command.unit or None,
        "low": command.low,
        "high": command.high,
        "step": command.step,
        "choices": list(command.choices) or None,
        "default": command.default,
        "prompt": command.prompt,
    }
    found |= {key: value for key, value in optional.items() if value is not None}
    return found | {flag: True for flag in ("numbered", "danger", "in_octaves") if getattr(command, flag)}


def finite(value: Any) -> Any:
    """Data as JSON knows it: null in place of what is no finite number, lists in place of tuples.

    >>> finite({"a": float("-inf"), "b": (1, 2.5)})
    {'a': None, 'b': [1, 2.5]}
    """
    kind = type(value)
    if kind is str or kind is bool or kind is int or value is None:  # most of a state
        return value
    if isinstance(value, dict):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


REPORT = "/report/"


def report_address(report: bytes | None) -> str | None:
    """Where a report is to be had by those who know the state, as nobody guesses it; None: there is none."""
    return None if report is None else f"{REPORT}{secrets.token_urlsafe(24)}"


class Nothing:
    """The parts of a `Shown` that many have none of."""

    spectrum_hz: Sequence[float] = ()

    def __init__(self) -> None:
        self.on_revoked: Callable[[], None] = lambda: None
        self.wake: Callable[[], None] = lambda: None
        self.desk: SearchDesk | None = None

    def listed(self, name: str) -> tuple[list[Json], Sequence[Any]] | None:
        """No list."""
        return None

    def prepare(self, watched: bool) -> None:
        """Nothing to prepare."""

    def poll(self) -> None:
        """Nothing is on its way."""

    def close(self) -> None:
        """Nothing to let go of."""

    def spectra(self) -> Spectra | None:
        """No spectra."""
        return None

    def excerpt(self, name: str) -> bytes | None:
        """No excerpts."""
        return None

    def report(self, address: str) -> bytes | None:
        """No report."""
        return None

    def revoked(self) -> None:
        """Tell whoever prints the address."""
        self.on_revoked()
