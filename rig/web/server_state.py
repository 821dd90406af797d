"""The audio server, as a page tells of it."""

from __future__ import annotations

from dataclasses import dataclass

from .merge_patch import Json


@dataclass(frozen=True, slots=True)
class ServerState:
    """What there is to know of the audio server. `state`: empty, or in capitals what is wrong with it."""

    backend: str
    rate_hz: float
    period_frames: int
    latency_ms: float
    xruns: int
    frame: int
    state: str = ""

    def to_json(self) -> Json:
        """As the state of a page holds it."""
        return {
            "state": self.state,
            "backend": self.backend,
            "rate_hz": self.rate_hz,
            "period_frames": self.period_frames,
            "latency_ms": round(self.latency_ms, 2),
            "xruns": self.xruns,
        }
