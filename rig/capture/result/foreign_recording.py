"""Recordings that rig did not make: from a DAW, or a capture that lies on disk already."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import CaptureError
from ...scripting.printable import printable
from ..checks.checks import Evidence, Judged, judge
from ..checks.latency import MAX_LAG_SAMPLES, USABLE, measure_latency
from ..checks.trainer_checks import TrainerCheck, trainer_checks
from ..signal.training_signal import Signal
from ..take.place_in_recording import place_of
from ..take.recorded_file import read_channel
from ..take.recording import Recording, stretch
from .judged_take import with_checks
from .known_levels import level_checks
from .sidecar import Capture

LEAD_SAMPLES = 200  # samples by which a recording begun earlier is said to be late
ROOM_SAMPLES = 12_000  # samples of silence put before and behind a recording, for ends that are missing


def load_recording(path: str | Path, signal: Signal, channel: int | None = None) -> Recording:
    """A recording from a file; where the signal begins in it is found by correlation.

    A DAW that compensates for its latency exports a take that begins with the signal or up to 900 samples later, and
    one that exports just the length of the signal leaves the end out: silence is put where nothing was recorded, and
    `Recording.missing` tells how much. `channel`: counted from 1; None: the one that has sound on it.
    Raises AudioError or CaptureError: not to be read, another rate, lossy, several channels, not this signal, begun too
    late or ended too early.
    """
    path = Path(path)
    samples = read_channel(path, channel)
    place = place_of(signal.samples, samples)
    name = printable(path.name)
    if not place.found:
        raise CaptureError(
            f"{name}: nothing in it resembles {signal.name} (agreement {place.agreement:.2f}, at least "
            f"{place.needed:g} is needed); is it the recording of another signal?"
        )
    begun = round(place.samples)
    if begun < USABLE[0]:
        raise CaptureError(
            f"{name}: begins {stretch(-begun)} after {signal.name} does; begin recording before the signal."
        )
    begun_earlier = begun if begun > MAX_LAG_SAMPLES - LEAD_SAMPLES else 0
    start = max(0, begun_earlier - LEAD_SAMPLES)
    lacking = begun + signal.length - len(samples)
    if lacking > MAX_LAG_SAMPLES:
        raise CaptureError(
            f"{name}: ends {stretch(lacking)} before {signal.name} has come back; record until a second after the end "
            "of the signal."
        )
    behind = max(0, start + signal.length + ROOM_SAMPLES - len(samples))
    samples = np.concatenate([np.zeros(ROOM_SAMPLES), samples, np.zeros(behind)])
    return Recording(
        samples,
        ROOM_SAMPLES + start,
        audio={"server": None, "file": name, **({} if channel is None else {"channel": channel})},
        counted_from=start,
        padding=(ROOM_SAMPLES, behind),
    )


def check_again(folder: str | Path) -> tuple[Judged, tuple[TrainerCheck, ...]]:
    """The checks of a capture as it lies on disk, with what its content says of levels, and the trainer's."""
    capture = Capture.load(folder)
    dry, wet = capture.pair()
    x, y = dry.samples[:, 0], wet.samples[:, 0]
    evidence = Evidence(
        *(x, y, np.zeros(0), measure_latency(x, y)),
        xruns=capture.content["audio"]["xruns"] or 0,
        self_test=capture.content["audio"].get("self_test") is True,
        padded=capture.padded,
    )
    rates, channels = (dry.sample_rate, wet.sample_rate), (dry.channels, wet.channels)
    judged = judge(evidence) if evidence.self_test else with_checks(judge(evidence), level_checks(capture.levels))
    return judged, trainer_checks(x, y, rates=rates, channels=channels)
