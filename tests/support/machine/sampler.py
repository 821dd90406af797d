"""What the kernel sees of one thread: where it stands, every so often of the time in which it runs (Linux).

sampler = Sampler(thread)
sampler.read()                          # every few seconds
sampler.samples_in(began_ns, ended_ns)  # on the monotonic clock
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import mmap
import os
import platform
import struct
import sys
import time
from collections import deque
from dataclasses import dataclass

# By machine: the number of the system call perf_event_open, and which registers a sample holds (asm/perf_regs.h): all
# general ones and the flags.
MACHINES = {"x86_64": (298, 0xFF03FF), "aarch64": (241, (1 << 33) - 1)}
SAMPLE_NS = 50_000


@dataclass(frozen=True, slots=True)
class Sample:
    """Where the kernel found the thread."""

    at_ns: int
    state: bytes  # the instruction, be it of the kernel, and the registers of the thread


class Sampler:
    """The kernel's samples of one thread of this process.

    Raises OSError where that cannot be done or is not allowed (kernel.perf_event_paranoid above 2, some containers).
    """

    PAGES = 1024, 128  # the first is for root, the second for everybody; there is one more in front
    _SIZE, _SOFTWARE, _CPU_CLOCK, _CLOSE_ON_EXEC = 128, 1, 0, 8
    _WANTED = 1 << 0 | 1 << 2 | 1 << 12  # instruction, time, registers
    _EXCLUDE_KERNEL, _EXCLUDE_HYPERVISOR, _OUR_CLOCK = 1 << 5, 1 << 6, 1 << 25
    _HEAD, _TAIL = 1024, 1032
    _LOST, _PAUSES, _RESUMES, _SAMPLE = 2, 5, 6, 9

    def __init__(self, thread: int) -> None:
        # What was seen lately, and when nothing could be: the kernel pauses if by its own account it took too many.
        self.samples: deque[Sample] = deque()
        self.pauses_ns: deque[tuple[int, float]] = deque()
        self._read_ns = time.monotonic_ns()
        if sys.platform != "linux" or platform.machine() not in MACHINES:
            raise OSError("it is not known how to sample a thread on this system")
        for flags in (0, self._EXCLUDE_KERNEL):  # the kernel's work for the thread is ours too, where we may see it
            self._file = self._open(thread, flags)
            if self._file >= 0:
                break
        else:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        for pages in self.PAGES:
            self._bytes = pages * mmap.PAGESIZE
            with contextlib.suppress(PermissionError):
                self._ring = mmap.mmap(self._file, self._bytes + mmap.PAGESIZE)
                break

    def _open(self, thread: int, flags: int) -> int:
        call, registers = MACHINES[platform.machine()]
        what = bytearray(self._SIZE)  # struct perf_event_attr
        flags |= self._EXCLUDE_HYPERVISOR | self._OUR_CLOCK
        head = (self._SOFTWARE, self._SIZE, self._CPU_CLOCK, SAMPLE_NS, self._WANTED, 0, flags)
        struct.pack_into("=IIQQQQQ", what, 0, *head)
        struct.pack_into("=Q", what, 80, registers)
        struct.pack_into("=i", what, 92, time.CLOCK_MONOTONIC)
        buffer = (ctypes.c_char * len(what)).from_buffer(what)
        system = ctypes.CDLL(None, use_errno=True)
        return int(system.syscall(call, ctypes.byref(buffer), thread, -1, -1, self._CLOSE_ON_EXEC))

    def read(self) -> None:
        """Fetch what was noted since the last time."""
        now_ns = time.monotonic_ns()
        head, at = struct.unpack_from("=QQ", self._ring, self._HEAD)
        while at < head:
            kind, _, size = struct.unpack("=IHH", self._take(at, 8))
            body = self._take(at + 8, size - 8)
            if kind == self._SAMPLE:
                self.samples.append(Sample(struct.unpack_from("=Q", body, 8)[0], body[:8] + body[16:]))
            elif kind == self._PAUSES:
                self.pauses_ns.append((struct.unpack_from("=Q", body)[0], math.inf))
            elif kind == self._RESUMES and self.pauses_ns:
                self.pauses_ns.append((self.pauses_ns.pop()[0], struct.unpack_from("=Q", body)[0]))
            elif kind == self._LOST:  # read too late
                self.pauses_ns.append((self._read_ns, now_ns))
            at += size
        struct.pack_into("=Q", self._ring, self._TAIL, at)
        self._read_ns = now_ns

    def forget(self, until_ns: int) -> None:
        """What is older has been looked at."""
        while self.samples and self.samples[0].at_ns < until_ns:
            self.samples.popleft()
        while self.pauses_ns and self.pauses_ns[0][1] < until_ns:
            self.pauses_ns.popleft()

    def samples_in(self, began_ns: int, ended_ns: int) -> list[Sample] | None:
        """The samples between two moments; None if there was a pause."""
        if any(began < ended_ns and ended > began_ns for began, ended in self.pauses_ns):
            return None
        return [sample for sample in self.samples if began_ns < sample.at_ns < ended_ns]

    def _take(self, at: int, size: int) -> bytes:
        at %= self._bytes
        first = self._ring[mmap.PAGESIZE + at : mmap.PAGESIZE + min(at + size, self._bytes)]
        return first + self._ring[mmap.PAGESIZE : mmap.PAGESIZE + size - len(first)]

    def close(self) -> None:
        self._ring.close()
        os.close(self._file)
