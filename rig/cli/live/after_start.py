"""What a server says of us only a moment after a start: the priority of the audio thread, and how late it is.

PipeWire asks another program (rtkit) for the priority, beside the audio, and tells the latencies of its ports once they
are connected. Asked at once it says "none", or the figure of a port that is not connected yet.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from ...backends.base import is_pluggable
from ...doctor.lateness import remark
from ...errors import RigError

if TYPE_CHECKING:
    from ...backends.base import Backend, Pluggable

PRIORITY_S = 1.0  # by then it has been given, or refused
LOOK_S = 0.05
STEADY_S, MOST_S = 0.3, 1.5  # a figure that has been the same for so long is told, and after so long any


class PriorityNote:
    """Says once that the audio thread has no real-time priority, when that is sure; `poll` it."""

    def __init__(self) -> None:
        self._due_at: float | None = time.monotonic() + PRIORITY_S

    def poll(self, backend: Backend, where: str) -> str | None:
        """The sentence, once; `where`: what to look at."""
        if self._due_at is None or time.monotonic() < self._due_at:
            return None
        self._due_at = None
        if backend.gone or backend.realtime_priority() != 0:
            return None
        return f"the audio thread has no real-time priority: expect xruns (see {where})"


def period_told(backend: Backend) -> tuple[float, list[str]]:
    """The latency of all of it in ms, as JACK knows it; and it with rate and period, in sentences."""
    rate, frames = backend.sample_rate, backend.block_size
    over = " over PipeWire" if is_pluggable(backend) and backend.product == "PipeWire" else ""
    through, late_ms = "", 2000 * frames / rate  # one period until it is read, one until it is played
    with contextlib.suppress(RigError):
        samples = backend.round_trip_samples() if is_pluggable(backend) else None  # PortAudio's is told already
        if samples:
            through = f", {samples} samples ({1000 * samples / rate:.1f} ms) from input to output"
            late_ms = 1000 * samples / rate
    said = [f"Playing  {rate:g} Hz, {frames} frames ({1000 * frames / rate:.1f} ms){over}{through}"]
    late = remark(late_ms, frames, rate, is_pluggable(backend))
    return late_ms, said if late is None else [*said, f"Note     {late}"]


def await_latencies(backend: Pluggable) -> None:
    """Wait until a server that tells latencies late tells the same one for a while."""
    if not backend.tells_late:
        return
    began = steady_since = time.monotonic()
    before = backend.round_trip_samples()
    while (now := time.monotonic()) - steady_since < STEADY_S and now - began < MOST_S:
        time.sleep(LOOK_S)
        said = backend.round_trip_samples()
        if said != before:
            before, steady_since = said, time.monotonic()
