"""Plays out of one port and records from another in the same cycles, sample by sample: all that a capture does live.

The audio thread runs `deck_block`: one tape (`rig.dsp.tape`), a meter on what comes back, and a fade for a tone that
is ended by hand. A recording that the server interrupted, or whoever runs it, comes back with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from ...audio.measures import FLOOR_DBFS
from ...backends.base import Backend
from ...decibels import db_from_gain
from ...dsp.cycle_record import BLOCK_SIGNATURE, HOST, MAX_FRAMES
from ...dsp.meter import METER, meter
from ...dsp.native.address import Address
from ...dsp.native.compile import entry
from ...dsp.native.memory import Layout
from ...dsp.native.pointers import floats, load_acquire, offset, record
from ...dsp.ramp import RAMP, fade_samples, fade_table, multiply, ramp_gains, settle
from ...dsp.tape import Tape, tape_advance, tape_begin, tape_play, tape_record
from ...errors import CaptureError, RigError
from ...trainer.layout import RATE

DECK = np.dtype(
    [
        ("tape", np.int64),  # address of a TAPE, 0: silence
        ("meter", METER),  # of what comes back
        ("level", RAMP),  # of what is played; exactly 1 while something is recorded
        ("fade_samples", np.int64),
        ("fade_table", np.int64),
        ("gains", np.int64),  # address of float32[MAX_FRAMES]
    ],
    align=True,
)
TAPE_AT = offset(DECK, "tape")

LOOK_S = 0.05  # between two looks at a running recording
FADE_OUT_S = 0.03  # three times a fade
FADED_S = 0.5  # by then it has been played, whatever the block size
NOTIFIED_S = 0.15  # xruns are told late
STOPPED_S = 3.0  # without a cycle: the server has stopped

Why = Literal["xrun", "gap", "resize", "clipped", "gone", "stopped", "unplugged", "failed", "ended"]
AGAIN: tuple[Why, ...] = ("xrun", "gap", "resize")  # mishaps; another take may well be whole


@dataclass(frozen=True, slots=True)
class Dropout:
    """Why a recording is incomplete (`text`: a clause without full stop), and at which of its samples."""

    why: Why
    text: str
    at_sample: int


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """What came back: sample k while sample k was played. `dropout` None: it is complete."""

    samples: NDArray[np.float32]  # (n,), full scale 1
    dropout: Dropout | None = None


class Ended(KeyboardInterrupt):
    """Somebody ended a recording by hand. `returned`: what had come back by then."""

    def __init__(self, returned: Returned) -> None:
        super().__init__()
        self.returned = returned


@dataclass(frozen=True, slots=True)
class Moment:
    """How far a recording has come. `peak_dbfs`: of what came back since the last look."""

    done_samples: int
    total_samples: int
    peak_dbfs: float
    clips: int  # so far


Watch = Callable[[Moment], Dropout | None]  # looks at a running recording; what it answers ends it


@entry(BLOCK_SIGNATURE)
def deck_block(deck: Address, host: Address, frames: int) -> None:
    """One cycle of a DECK; see `rig.dsp.cycle_record`."""
    d, h = record(deck, DECK), record(host, HOST)
    meter(d.meter, h.input, frames)
    left, right = floats(h.output_1), floats(h.output_2)
    for i in range(frames):
        left[i] = np.float32(0)
        right[i] = np.float32(0)
    tape = load_acquire(deck + TAPE_AT)
    if tape != 0:
        tape_begin(tape, h.frame_time, h.xruns, h.resizes, frames)
        tape_play(tape, h.output_1, frames)
        ramp_gains(d.level, d.gains, d.fade_table, d.fade_samples, frames)
        multiply(h.output_1, d.gains, h.output_1, frames)
        tape_record(tape, h.input, frames)
        tape_advance(tape, frames)


class TapeDeck:
    """The deck on a backend; a context manager that stops the audio. The ports are connected by whoever owns them."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        layout = Layout()
        part, table = layout.reserve(DECK), layout.reserve(np.float32, fade_samples(RATE))
        gains = layout.reserve(np.float32, MAX_FRAMES)
        self._arena = layout.allocate()
        self._record: Any = self._arena[part][0]
        self._address = self._arena.address_of(part)
        self._arena[table][:] = fade_table(fade_samples(RATE))
        self._record["fade_samples"], self._record["fade_table"] = fade_samples(RATE), self._arena.address_of(table)
        self._record["gains"] = self._arena.address_of(gains)
        settle(self._record["level"], 1.0)
        self._tape: Tape | None = None

    def __enter__(self) -> Self:
        self.backend.start(deck_block.address, self._address)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go()
        self.backend.stop()

    def run(self, play: NDArray[np.float32], samples: int | None = None, watch: Watch | None = None) -> Returned:
        """Play `play`, float32 (n,), and record `samples` of them (None: n), both from the same cycle on.

        Raises Ended where a KeyboardInterrupt comes meanwhile, after the sound has been faded out.
        """
        tape = Tape(np.ascontiguousarray(play, np.float32), samples or len(play))
        ended: KeyboardInterrupt | None = None
        dropout = None
        try:
            self._insert(tape)
            dropout = self._until_done(tape, watch)
        except KeyboardInterrupt as interrupt:
            ended = interrupt
        except RigError:
            raise
        except Exception as error:  # of whoever watches, a terminal that is gone, say: what was recorded is not lost
            at = int(tape.record["position_samples"])
            dropout = Dropout("failed", f"rig itself failed {_place(at)} ({type(error).__name__}: {error})", at)
        finally:
            self._fade_out(tape)
            self._let_go()
            settle(self._record["level"], 1.0)
        if ended is not None:
            at = int(tape.record["position_samples"])
            raise Ended(Returned(tape.take[:at], Dropout("ended", f"ended by hand {_place(at)}", at))) from ended
        if dropout is None:
            time.sleep(NOTIFIED_S if self.backend.host["timed"] else 0.0)
            if not tape.intact(int(self.backend.host["xruns"]), int(self.backend.host["resizes"])):
                dropout = self._dropout(tape)
        return Returned(tape.take[: int(tape.record["position_samples"])] if dropout else tape.take, dropout)

    def play_endlessly(self, loop: NDArray[np.float32], until: Callable[[float], bool]) -> None:
        """Repeat `loop`, float32 (n,), faded in and out, until `until(peak_dbfs of the return)` says so."""
        settle(self._record["level"], 0.0)
        tape = Tape(np.ascontiguousarray(loop, np.float32), strict=False)
        self._insert(tape)
        self._record["level"]["target"] = 1.0
        try:
            while not self.backend.gone and not until(self._peak_dbfs()):
                time.sleep(LOOK_S)
        finally:
            self._fade_out(tape)
            self._let_go()
            settle(self._record["level"], 1.0)

    def _fade_out(self, tape: Tape) -> None:
        """What is cut off in the middle does not click."""
        if tape.state == "running" and not self.backend.gone:
            self._record["level"]["target"] = 0.0
            time.sleep(FADE_OUT_S)
            deadline = time.monotonic() + FADED_S
            while float(self._record["level"]["value"]) != 0.0 and time.monotonic() < deadline:
                time.sleep(0.001)

    def _insert(self, tape: Tape) -> None:
        self._peak_dbfs()
        tape.arm()
        self._tape = tape
        self._record["tape"] = tape.address

    def _let_go(self) -> None:
        """Take the tape out, and wait until the cycle at work has done with it."""
        self._record["tape"] = 0
        cycles, deadline = int(self.backend.host["cycles"]), time.monotonic() + 0.5
        while int(self.backend.host["cycles"]) < cycles + 2 and time.monotonic() < deadline and not self.backend.gone:
            time.sleep(0.001)

    def _until_done(self, tape: Tape, watch: Watch | None) -> Dropout | None:
        cycles, moved = -1, time.monotonic()
        while True:
            state, host = tape.state, self.backend.host
            if state == "done":
                return None
            at = int(tape.record["position_samples"])
            if state == "broken":
                time.sleep(NOTIFIED_S)
                return self._dropout(tape)
            if self.backend.gone:
                return Dropout("gone", f"the JACK server went away {_place(at)}", at)
            if int(host["cycles"]) != cycles:
                cycles, moved = int(host["cycles"]), time.monotonic()
            elif time.monotonic() - moved > STOPPED_S:
                return Dropout("stopped", f"the JACK server stopped {_place(at)}", at)
            if watch is not None:
                moment = Moment(at, int(tape.record["samples"]), self._peak_dbfs(), int(tape.record["clips"]))
                dropout = watch(moment)
                if dropout is not None:
                    return dropout
            time.sleep(LOOK_S if host["timed"] else LOOK_S / 10)

    def _dropout(self, tape: Tape) -> Dropout:
        host, t = self.backend.host, tape.record
        at = int(t["gap_at_samples"]) if tape.state == "broken" else int(t["position_samples"])
        if self.backend.gone:
            return Dropout("gone", f"the JACK server went away {_place(at)}", at)
        if int(host["resizes"]) != int(t["resizes_before"]):
            return Dropout("resize", f"the server's block size changed {_place(at)}", at)
        if int(host["xruns"]) != int(t["xruns_before"]):
            return Dropout("xrun", f"an xrun {_place(at)}", at)
        return Dropout("gap", f"the server lost {int(t['gap_samples'])} frames {_place(at)}", at)

    def _peak_dbfs(self) -> float:
        peak = float(self._record["meter"]["peak"])
        self._record["meter"]["peak"] = 0.0
        return max(FLOOR_DBFS, db_from_gain(peak))


def _place(at: int) -> str:
    return f"at {at / RATE:.1f} s"


def checked_rate(sample_rate: int) -> None:
    """Raise a CaptureError for a server that does not run at 48 kHz."""
    if sample_rate != RATE:
        raise CaptureError(
            f"The JACK server runs at {sample_rate} Hz; a take is made at {RATE} Hz and never resampled: restart the "
            f"server at {RATE} Hz."
        )
