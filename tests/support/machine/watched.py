"""Which cycles were missed by our own doing, told cycle by cycle.

A missed cycle is ours when in it our thread's own CPU time was above half the period, or when it waited for a lock, an
allocation or a page fault. `Watch` stands between the backend and an engine, reads the thread's clock, page faults and
voluntary context switches before and after each cycle, and notes every cycle in which one of them is too much.

The thread's clock alone cannot tell whose time that was: a virtual machine charges a thread for what its host does
meanwhile, be it that it runs something else or that it has to fetch the memory an instruction asks for. So the kernel
looks at the thread every `SAMPLE_NS` of the time in which it runs (perf_event_open, software clock) and writes down
when that was, at which instruction it stood and what was in its registers. Of the time between two such samples

* nothing is ours if the thread stands at the same instruction with the same registers as before: not one instruction
  was executed (a loop has at least its counter in a register);
* not more than `LONGEST_NS` is ours in any case: code that runs meets its next sample in time, and one that is late was
  held up together with everything else on this processor.

The rest was executed by us, and so was everything in a cycle in which no samples could be taken.

A host may also let everything go on, but slowly: when it throws away what it knows of our memory, each page costs a
trip to it, and the same model takes 30 times as long, for some cycles or for seconds. So in each cycle a companion runs
before and after the engine, in the same thread: a model of its own, always the same, fed with silence, whose
instructions are the same every time. Where within `NEAR` cycles it took k times its median, the machine was k times
slower, and a usual cycle of the engine would have taken k times its median too: so much more than usual is not ours.
The median of all cycles lately is usual; where the cycles of the same sound, or of the same change of sounds, take
longer than that (one preset may cost ten times another, and a change runs the old and the new), theirs is, each brought
to the usual speed of the machine by its own companion. What goes beyond is ours, as everything is that only the engine
has to do in this cycle. A sound that takes nearly half the period by itself crosses it without being late, so `missed`
says which of ours left no rest until the next. Where the engine does the same work again after a number of cycles
(`recurs`: a loop and a sound that nobody touches), a cycle that took long once and not again did nothing else: what it
took then was the machine's. The companion's own time does not count. A host that stops right in a companion makes it
look slow for all cycles near it, so a miss of ours next to such a stop would be excused; `test_watched.py` counts how
often that happens.

    with Jack(...) as backend:
        watch = Watch(engine)
        backend.start(watch.block_address, watch.address)
        watch.begin(backend)                # once it plays
        ...
        watch.end()
        watch.ours, watch.machines          # lists of what was noted
    watch.missed                        # of ours, what was late

Where the kernel takes no samples (only Linux does, and not for everybody) only the companion speaks for a cycle.
"""

from __future__ import annotations

import ctypes
import resource
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from rigs import A2, model
from sampler import SAMPLE_NS, Sample, Sampler

from rig.chain_record import CHAIN
from rig.dsp.cycle_record import BLOCK_SIGNATURE, MAX_FRAMES, call_block
from rig.dsp.native.compile import entry, kernel
from rig.dsp.native.memory import Layout
from rig.dsp.native.pointers import foreign, ints, offset, record, store_release
from rig.handover import STEADY

LONGEST_NS = 2 * SAMPLE_NS  # between two samples of a thread that runs; what is longer was not ours
OWN_SHARE = 0.5  # of the period
MOST = 4096  # noted cycles between two looks
NEAR = 4  # cycles before and after
RESTED = 0.1  # of the period: who rests less until the next cycle is late, the server had called already
# Began, ended, CPU time (all ns), the number of the cycle, waits, faults, work added?, its kind, rest behind it (ns).
COLUMNS = 9
JUDGED_EVERY_S = 0.25  # the kernel's samples must be fetched before there are too many
LATELY = 1024  # cycles whose CPU times are kept to know the usual ones
LATELY_COLUMNS = 3  # CPU times (ns) of the engine and of its companion, the kind of cycle
FEW = 8  # cycles of a kind from which on they have a usual time of their own

WATCH = np.dtype(
    [
        ("block", np.int64),  # address of the engine's block function
        ("engine", np.int64),  # its first argument
        ("clock_gettime", np.int64),
        ("getrusage", np.int64),
        ("cpu_clock", np.int64),
        ("wall_clock", np.int64),
        ("timespec", np.int64),  # address of the next two
        ("seconds", np.int64),
        ("nanoseconds", np.int64),
        ("usage", np.int64),  # address of a struct rusage
        ("who", np.int64),  # RUSAGE_THREAD, -1: this system does not say
        ("limit_ns", np.int64),  # of CPU time
        ("rows", np.int64),  # address of int64[MOST][COLUMNS]
        ("noted", np.int64),
        ("cycles", np.int64),
        ("worst_cpu_ns", np.int64),
        ("left_ns", np.int64),  # when the last cycle left
        ("noted_last", np.int64),  # whether that one was noted
        ("companion_run", np.int64),  # the companion: what to run, of what
        ("companion_network", np.int64),
        ("companion_silence", np.int64),  # address of float32[frames]
        ("companion_out", np.int64),
        ("lately", np.int64),  # address of int64[LATELY][LATELY_COLUMNS]
        ("burn_every", np.int64),  # for the proof of this instrument: in each so many cycles
        ("burn", np.int64),  # so many steps of real work
        ("ashes", np.float64),
        ("recurs", np.int64),  # cycles after which the same work comes again; 0: never
        ("least_ns", np.int64),  # address of int64[recurs]: the least CPU time of each of them
    ],
    align=True,
)
NOTED, CYCLES = offset(WATCH, "noted"), offset(WATCH, "cycles")
RUSAGE_FIELDS = 18  # int64: two struct timeval, then 14 long
MINOR_FAULTS, MAJOR_FAULTS, WAITS = 8, 9, 16
_call_clock, _call_usage = foreign("i", "i", "l"), foreign("i", "i", "l")
_call_run = foreign("v", "l", "l", "l", "l")  # (function, network, input, output, frames)


@kernel
def clock_ns(w: Any, clock: int) -> int:
    _call_clock(w.clock_gettime, np.int32(clock), w.timespec)
    return w.seconds * 1_000_000_000 + w.nanoseconds


@kernel
def companion_ns(w: Any, frames: int) -> int:
    """CPU time of the work that is always the same."""
    before_ns = clock_ns(w, w.cpu_clock)
    _call_run(w.companion_run, w.companion_network, w.companion_silence, w.companion_out, frames)
    return clock_ns(w, w.cpu_clock) - before_ns


@kernel
def toil(start: float, steps: int) -> float:
    """Work that takes its time: each step needs the one before."""
    x = start
    for _ in range(steps):
        x = x * 0.999 + 0.5
    return x


@entry(BLOCK_SIGNATURE)
def watched_block(watch: int, host: int, frames: int) -> None:
    w = record(watch, WATCH)
    usage, lately = ints(w.usage), ints(w.lately + (w.cycles % LATELY) * LATELY_COLUMNS * 8)
    handover = record(w.engine, CHAIN).handover
    if w.noted_last:
        row = ints(w.rows + ((w.noted - 1) % MOST) * COLUMNS * 8)
        row[8] = clock_ns(w, w.wall_clock) - w.left_ns
    before_ns = companion_ns(w, frames)
    if w.who >= 0:
        _call_usage(w.getrusage, np.int32(w.who), w.usage)
    waits, faults = usage[WAITS], usage[MINOR_FAULTS] + usage[MAJOR_FAULTS]
    changing, changes = handover.phase != STEADY, handover.changes
    began_ns, cpu_ns = clock_ns(w, w.wall_clock), clock_ns(w, w.cpu_clock)
    call_block(w.block, w.engine, host, frames)
    burnt = w.burn_every > 0 and w.cycles % w.burn_every == 0
    if burnt:
        w.ashes = toil(w.ashes, w.burn)
    cpu_ns, ended_ns = clock_ns(w, w.cpu_clock) - cpu_ns, clock_ns(w, w.wall_clock)
    if w.who >= 0:
        _call_usage(w.getrusage, np.int32(w.who), w.usage)
    waits, faults = usage[WAITS] - waits, usage[MINOR_FAULTS] + usage[MAJOR_FAULTS] - faults
    kind = 2 * changes + (changing or handover.phase != STEADY)
    lately[0], lately[1], lately[2] = cpu_ns, max(before_ns, companion_ns(w, frames)), kind
    w.worst_cpu_ns = max(w.worst_cpu_ns, cpu_ns)
    w.noted_last = cpu_ns > w.limit_ns or waits != 0 or faults != 0
    if w.noted_last:
        row = ints(w.rows + (w.noted % MOST) * COLUMNS * 8)
        row[0], row[1], row[2], row[3] = began_ns, ended_ns, cpu_ns, w.cycles
        row[4], row[5], row[6], row[7] = waits, faults, burnt, kind
        row[8] = 0
        store_release(watch + NOTED, w.noted + 1)
    if w.recurs > 0:
        least = ints(w.least_ns + (w.cycles % w.recurs) * 8)
        least[0] = min(least[0], cpu_ns)
    w.left_ns = clock_ns(w, w.wall_clock)
    store_release(watch + CYCLES, w.cycles + 1)


@dataclass(frozen=True, slots=True)
class Noted:
    """A cycle that took too long by the thread's clock, or that waited."""

    began_ns: int
    ended_ns: int
    cpu_ns: int
    cycle: int
    waits: int  # voluntary context switches
    faults: int
    burnt: int  # whether work was added to prove this instrument
    kind: int  # twice the changes of sound before; one more while the next was at work
    samples: int | None  # in it; None: none could be taken all the time
    executed_ns: int  # of the CPU time, what the thread can have run
    slowness: float  # how many times its usual time the companion took
    own_ns: int  # what remains without the machine's slowness
    rest_ns: int  # until the next cycle


def executed_ns(began_ns: int, ended_ns: int, cpu_ns: int, samples: Sequence[Sample] | None) -> int:
    """How much of the CPU time between two moments the thread can have run by the samples then; all of it without."""
    if samples is None:
        return cpu_ns
    marks = [Sample(began_ns, b""), *samples, Sample(ended_ns, b"")]
    moved = [(before, after) for before, after in pairwise(marks) if not samples or after.state != before.state]
    return min(cpu_ns, sum(min(after.at_ns - before.at_ns, LONGEST_NS) for before, after in moved))


class Watch:
    """Stands in for an engine before a backend: `backend.start(watch.block_address, watch.address)`."""

    def __init__(self, engine: Any, frames: int = 64) -> None:
        layout = Layout()
        number = np.dtype(np.int64)
        parts = (
            *(layout.reserve(WATCH), layout.reserve(number, RUSAGE_FIELDS)),
            *(layout.reserve(number, MOST * COLUMNS), layout.reserve(number, LATELY_COLUMNS * LATELY)),
            *(layout.reserve(np.float32, MAX_FRAMES), layout.reserve(np.float32, MAX_FRAMES)),
        )
        self._arena = arena = layout.allocate()
        self.address = arena.address_of(parts[0])
        self.record: Any = arena[parts[0]][0]
        self._rows = arena[parts[2]].reshape(MOST, COLUMNS)
        self.record["block"], self.record["engine"] = engine.block_address, engine.address
        for name in ("clock_gettime", "getrusage"):
            self.record[name] = ctypes.cast(getattr(ctypes.CDLL(None), name), ctypes.c_void_p).value
        self.record["cpu_clock"], self.record["wall_clock"] = time.CLOCK_THREAD_CPUTIME_ID, time.CLOCK_MONOTONIC
        self.record["timespec"] = self.address + offset(WATCH, "seconds")
        self.record["usage"], self.record["who"] = arena.address_of(parts[1]), getattr(resource, "RUSAGE_THREAD", -1)
        self.record["rows"], self.record["lately"] = arena.address_of(parts[2]), arena.address_of(parts[3])
        self.record["companion_silence"], self.record["companion_out"] = (
            arena.address_of(parts[4]),
            arena.address_of(parts[5]),
        )
        self._companion, self._lately = model(A2).network(), arena[parts[3]].reshape(LATELY, LATELY_COLUMNS)
        self.record["companion_run"] = self._companion.run_address
        self.record["companion_network"] = self._companion.address
        self.period_ns = frames * 1e9 / engine.sample_rate
        self.record["limit_ns"] = round(OWN_SHARE * self.period_ns)
        self.block_address = watched_block.address
        self.sampler: Sampler | None = None
        self.why_blind = ""
        self.ours: list[Noted] = []
        self.machines: list[Noted] = []
        self.least_ns = np.zeros(0, np.int64)  # CPU time of each cycle that recurs
        self._judged = self._began = 0

    def begin(self, backend: Any) -> None:
        """From now on; what was before (starting up, first touches of memory) is forgotten."""
        try:
            self.sampler = Sampler(int(backend._state["thread_id"]))
        except OSError as error:
            self.why_blind = str(error)
        self.ours.clear()
        self.machines.clear()
        self._judged = int(self.record["noted"])
        self._began, self.record["worst_cpu_ns"] = int(self.record["cycles"]), 0
        self._over = threading.Event()
        self._judge_thread = threading.Thread(target=self._keep_judging, daemon=True)
        self._judge_thread.start()

    def end(self) -> None:
        """Up to now."""
        self._over.set()
        self._judge_thread.join()
        self.judge(last=True)
        if self.sampler is not None:
            self.sampler.close()

    def _keep_judging(self) -> None:
        while not self._over.wait(JUDGED_EVERY_S):
            self.judge()

    def judge(self, last: bool = False) -> None:
        """Look at what was noted since the last time; the last time also at what has no cycles behind it yet."""
        cycles, noted = int(self.record["cycles"]), int(self.record["noted"])
        assert noted - self._judged < MOST, "too many cycles were noted to tell them apart"
        if self.sampler is not None:
            self.sampler.read()
        for at in range(self._judged, noted):
            if self._rows[at % MOST][3] + NEAR >= cycles and not last:
                noted = at
                break
            one = self._noted(self._rows[at % MOST])
            is_ours = one.waits or one.faults or one.own_ns > OWN_SHARE * self.period_ns
            (self.ours if is_ours else self.machines).append(one)
        self._judged = noted
        if self.sampler is not None:
            self.sampler.forget(time.monotonic_ns() - 1_000_000_000)

    def _noted(self, row: Sequence[int]) -> Noted:
        began, ended, cpu, cycle, waits, faults, burnt, kind, rest = map(int, row)
        inside = self.sampler.samples_in(began, ended) if self.sampler is not None else None
        executed = executed_ns(began, ended, cpu, inside)
        usual, usual_companion = self._usual_ns(kind)
        near = self._lately[np.arange(cycle - NEAR, cycle + NEAR + 1) % LATELY, 1]
        is_late = int(self.record["cycles"]) - cycle > LATELY - NEAR  # others have taken the place of those near it
        slowness = 1.0 if is_late else round(max(1.0, float(near.max()) / usual_companion), 1)
        own = max(0, round(executed - (slowness - 1) * usual))
        return Noted(
            began, ended, cpu, cycle, waits, faults, burnt, kind, inside and len(inside), executed, slowness, own, rest
        )

    def _usual_ns(self, kind: int | None = None) -> tuple[float, float]:
        """Of the engine, in cycles of this kind if they take longer than others, and of its companion."""
        known = self._lately[self._lately[:, 1] > 0]
        usual, companion = float(np.median(known[:, 0])), float(np.median(known[:, 1]))
        alike = known[known[:, 2] == kind]
        if len(alike) >= FEW:
            usual = max(usual, float(np.median(alike[:, 0] / np.maximum(1.0, alike[:, 1] / companion))))
        return usual, companion

    def recurs(self, cycles: int) -> None:
        """From now on the same work comes again after so many cycles."""
        self.least_ns = np.full(cycles, np.iinfo(np.int64).max)
        self.record["least_ns"] = self.least_ns.ctypes.data
        self.record["recurs"] = cycles

    @property
    def missed(self) -> list[Noted]:
        """Of ours, those that were late, or that waited: the next cycle was called before they had ended.

        What takes longer than half the period in each of its recurrences is ours.
        """
        late_ns, limit_ns = RESTED * self.period_ns, OWN_SHARE * self.period_ns

        def recurs(one: Noted) -> bool:
            return not self.least_ns.size or self.least_ns[one.cycle % self.least_ns.size] > limit_ns

        return [one for one in self.ours if (one.rest_ns < late_ns and recurs(one)) or one.waits or one.faults]

    @property
    def longest(self) -> float:
        """CPU time of a cycle as a share of the period, whoever's it was."""
        return int(self.record["worst_cpu_ns"]) / self.period_ns

    def told(self) -> dict[str, Any]:
        """For a report; times as shares of the period."""

        def share(one: Noted) -> dict[str, Any]:
            shares = {n: round(getattr(one, f"{n}_ns") / self.period_ns, 2) for n in ("cpu", "executed", "own", "rest")}
            return shares | {n: v for n, v in asdict(one).items() if not n.endswith("_ns")}

        return {
            "cycles": int(self.record["cycles"]) - self._began,
            "ours": [share(one) for one in self.ours],
            "missed": [share(one) for one in self.missed],
            "machines": [share(one) for one in self.machines],
            "usual_us": [round(one / 1000, 1) for one in self._usual_ns()],
            "longest": round(self.longest, 2),
            "blind": self.why_blind,
        }
