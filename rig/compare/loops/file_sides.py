"""Two answers to one dry file as loops that play in step: equal in time, polarity and loudness, and never clipped.

They are measured by the very code that measures live sides (`compare/matching.py`), behind the same cabinet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...audio.align import shifted
from ...audio.measures import ac_rms_dbfs
from ...audio.resample import resample
from ...backends.offline import Offline
from ...cabinet.prepared import Cabinet
from ...decibels import db_from_gain, gain_from_db
from ...engine import Engine
from ...errors import CompareError
from ...lane import Lane
from ...trainer.layout import has_training_layout
from ..matching import Match, Signal, match, noise_warning, played
from ..pair import Take
from .answers import Answer

LOUDNESS_LUFS = -18.0  # of both sides, behind the cabinet
HIGHEST_DBFS = -1.0  # their peaks stay below: a side that clips would give itself away
WHOLE = 0.001  # of a sample: a lag nearer to a whole number is one
LONGEST_S = 60.0  # of a section that is measured; of a longer one the loudest piece
SHORTEST_S = 3.0
PIECE_S = 4.0
REST_DBFS, REST_S, DIES_AWAY_S = -90.0, 0.4, 0.4  # of the dry file, where nothing is played
ADVICE = "name two recordings of one dry file"


@dataclass(frozen=True, eq=False)
class FileSides:
    """Two sides at a session's rate, in step with the dry file: float32 of shape (n,) each."""

    take: Take
    answers: tuple[Answer, Answer]
    sample_rate: int
    dry: Signal
    loops: tuple[Signal, Signal]

    @classmethod
    def of(cls, take: Take, a: Answer, b: Answer, sample_rate: float) -> FileSides:
        """Brought to a session's rate. Raises CompareError for one file twice, RigError for a rate that none plays."""
        if (a.sha256, a.size, a.kind == "model") == (b.sha256, b.size, b.kind == "model"):
            raise CompareError(f"A and B are the same file ({b.path.name}): name two different ones.")
        rate = round(sample_rate)
        at_rate = partial(resample, from_hz=take.sample_rate, to_hz=rate)
        dry = at_rate(take.dry.astype(np.float32))
        return cls(take, (a, b), rate, dry, (at_rate(a.samples), at_rate(b.samples)))

    @property
    def section(self) -> tuple[int, int]:
        """Where it is best begun to listen, as first and stop: the guitar at the end of a training signal, or all."""
        if not has_training_layout(self.take.dry, self.take.sample_rate):
            return 0, len(self.dry)
        at = [edge * self.sample_rate // self.take.sample_rate for edge in (self.take.span.start, self.take.span.stop)]
        return at[0], min(at[1], len(self.dry))

    def measured(self, section: tuple[int, int], cabinet: Cabinet | None) -> Match:
        """How B lies to A in a section, behind a cabinet. Raises CompareError where the two cannot be compared."""
        rate, (a, b) = self.sample_rate, self.loops
        part = self._part(*section)
        heard_a, heard_b = (played(Lane(rate), x[part], rate, cabinet) for x in (a, b))
        found = match(a[part], b[part], heard_a, heard_b, rate, self.answers[1].name, ADVICE)
        rest = self._rest()
        if rest is None:
            return found
        quiet = [ac_rms_dbfs(played(Lane(rate), x[rest], rate, cabinet)[:, 0]) for x in (a, b)]
        noise_a, noise_b = quiet[0], quiet[1] + found.match_db
        cue = noise_warning(noise_a, noise_b)
        return replace(
            found, noise_a_dbfs=noise_a, noise_b_dbfs=noise_b, warnings=(*found.warnings, *((cue,) if cue else ()))
        )

    def in_step(self, lag_samples: float) -> tuple[Signal, Signal]:
        """A, and B earlier by so much: in step with A to a small part of a sample, with no other filter."""
        a, b = self.loops
        whole = round(lag_samples)
        lag = whole if abs(lag_samples - whole) <= WHOLE else lag_samples
        return a, b if lag == 0 else shifted(b, -lag).astype(np.float32)

    def level_db(self, loops: tuple[Signal, Signal], found: Match, cabinet: Cabinet | None) -> float:
        """The gain of A with which both are as loud as rig plays, or softer where one of the two would clip."""
        louder_db = LOUDNESS_LUFS - found.loudness_a_lufs
        gains = 1.0, gain_from_db(found.match_db)
        peak = _peak([x * np.float32(gain) for x, gain in zip(loops, gains, strict=True)], self.sample_rate, cabinet)
        return min(louder_db, HIGHEST_DBFS - db_from_gain(peak)) if peak else louder_db

    def _part(self, first: int, stop: int) -> slice:
        """What of a section is measured: enough to know its loudness, and not more than can be waited for."""
        shortest, longest = (round(each * self.sample_rate) for each in (SHORTEST_S, LONGEST_S))
        stop = min(len(self.dry), max(stop, first + shortest))
        first = max(0, min(first, stop - shortest))
        if stop - first > longest:
            power = np.concatenate([[0.0], np.cumsum(np.square(self.dry[first:stop], dtype=np.float64))])
            first += int(np.argmax(power[longest:] - power[:-longest]))
            stop = first + longest
        return slice(first, stop)

    def _rest(self) -> slice | None:
        """The longest piece in which nothing is played, behind the end of its last note; None: there is none."""
        frame = round(0.05 * self.sample_rate)
        count = len(self.dry) // frame
        frames = np.square(self.dry[: count * frame].reshape(count, frame), dtype=np.float64).mean(axis=1)
        quiet = np.concatenate([[False], np.sqrt(frames) < gain_from_db(REST_DBFS), [False]])
        edges = np.flatnonzero(np.diff(quiet.astype(int))).reshape(-1, 2)
        if not len(edges):
            return None
        first, stop = edges[int(np.argmax(edges[:, 1] - edges[:, 0]))] * frame
        begin = int(first) + (math.ceil(DIES_AWAY_S * self.sample_rate) if first else 0)
        return slice(begin, int(stop)) if stop - begin >= REST_S * self.sample_rate else None


def _peak(loops: list[NDArray[np.float32]], rate: int, cabinet: Cabinet | None) -> float:
    """The highest sample of two loops, and of the one minus the other, behind a cabinet."""
    players = []
    for _ in loops:
        engine, backend = Engine(rate, guard=False), Offline(rate, 256)
        backend.start(engine.block_address, engine.address)
        engine.play({0: Lane(rate)}, cabinet)
        backend.process(np.zeros(round(0.5 * rate), np.float32))
        players.append((engine, backend))
    piece, peak = round(PIECE_S * rate), 0.0
    for at in range(0, len(loops[0]), piece):
        first, second = (
            backend.process(loop[at : at + piece]) for (_, backend), loop in zip(players, loops, strict=True)
        )
        peak = max(peak, *(float(np.abs(y).max()) for y in (first, second, first - second)))
    return peak
