"""Binary frames: u8 kind, u8 count, u32 frame counter, float32 each; little-endian, without padding."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..engine import Engine
from ..engine_readings import Metered

METERS, GUITAR, OUTPUT = 1, 2, 3  # kinds
HEAD = struct.Struct("<BBI")
READER = "page"  # of the meters, beside the terminal
UNKNOWN = math.nan


def frame(kind: int, counter: int, values: Sequence[float] | Any) -> bytes:
    """One frame."""
    if isinstance(values, list):  # a few meters: 25 times a second, without an array
        return HEAD.pack(kind, len(values), counter & 0xFFFFFFFF) + struct.pack(f"<{len(values)}f", *values)
    floats = np.asarray(values, "<f4")
    return HEAD.pack(kind, floats.size, counter & 0xFFFFFFFF) + floats.tobytes()


def read_frame(data: bytes) -> tuple[int, int, list[float]]:
    """Kind, frame counter and values of a frame. ValueError for what is none."""
    if len(data) < HEAD.size:
        raise ValueError("a frame is longer")
    kind, count, counter = HEAD.unpack_from(data)
    if len(data) != HEAD.size + 4 * count:
        raise ValueError("a frame says how long it is")
    return kind, counter, np.frombuffer(data, "<f4", count, HEAD.size).tolist()


class Gauge(Protocol):
    """Where meters come from, asked some 25 times a second, in the thread that serves."""

    names: tuple[str, ...]  # of the values

    def read(self) -> tuple[int, list[float]]:
        """The frame counter of the audio server, and the values now."""


class EngineMeters:
    """Peaks, levels and clips of one engine after the other, read beside whoever else reads them."""

    def __init__(self) -> None:
        self._clips: dict[str, int] = {}

    def read(self, engine: Engine, which: Metered) -> tuple[float, float, float]:
        """Peak and RMS in dBFS since the last time, and the samples at full scale since the start."""
        reading = engine.reading(which, READER)
        self._clips[which] = self._clips.get(which, 0) + reading.clips
        return reading.peak_dbfs, reading.rms_dbfs, float(self._clips[which])


def number(value: float | None) -> float:
    """A value that may not be known."""
    return UNKNOWN if value is None else float(value)
