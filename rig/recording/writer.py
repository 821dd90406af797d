"""From the ring to the disk, in a thread of its own that lives as long as a take.

It looks into the ring five times a second and writes all it finds. Whatever the disk does, only this thread waits for
it. What is worth telling is kept until somebody asks.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..dsp.ring import CHANNELS, Ring
from ..scripting.clock import minutes
from .interruptions import Interruptions
from .take import Take, bytes_per_second

DRAIN_S = 0.2  # between two looks into the ring
BLOCK_FRAMES = 1 << 15  # written at once, at most
END_S = 0.5  # how long the audio thread may take to end a take; it has stopped itself otherwise
AT_ONCE_S = 0.05  # clock and frames read together
DISK, SERVER = "disk", "server"  # who is to blame for a gap
SCARCE_S = 300.0  # of recording that still fit on the disk: time to say so


class TakeWriter:
    """Writes what `ring` gives into `take` until `end`, and finishes it.

    `clock`, in seconds: where sound comes in real time, so that what does not come is missed. None: offline.
    """

    def __init__(self, ring: Ring, take: Take, clock: Callable[[], float] | None = None) -> None:
        self.ring, self.take, self._clock = ring, take, clock
        self._interruptions = Interruptions(take.sample_rate)
        self._come = 0  # frames of the ring at the last look
        self._missing: tuple[int, int] | None = None  # behind so many frames of the ring, so many
        self._read = 0  # frames of the ring that were read, or were lost
        self.free_bytes = take.free_bytes
        self._sentences: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._gaps: list[dict[str, int | str]] = []
        self._failed = False
        self._warned = False
        self._ending = threading.Event()
        self._ended_at = self._clock_ended_s = 0.0
        self._block = np.zeros((CHANNELS, BLOCK_FRAMES), np.float32)
        self._thread = threading.Thread(target=self._run, name="rig writes a take", daemon=True)
        self.ring.begin()
        self._thread.start()

    def end(self) -> None:
        """Let the take end with the next cycle; `finished` when it is complete on disk."""
        self.ring.end()
        self._ended_at = time.monotonic()
        self._clock_ended_s = self._clock() if self._clock is not None else 0.0
        self._ending.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for a take that was ended; whether it is complete."""
        self._thread.join(timeout_s)
        return self.finished

    @property
    def finished(self) -> bool:
        """Whether the thread is done, after `end` or after trouble, and everything it says can be fetched."""
        return not self._thread.is_alive()

    def sentences(self) -> list[str]:
        """What there is to tell, once."""
        return [self._sentences.get() for _ in range(self._sentences.qsize())]

    # ------------------------------------------------------------ in the thread
    def _run(self) -> None:
        try:
            self._write_all()
        except OSError as error:
            self._give_up(f"the disk took no more ({error.strerror or error})")
        except Exception as error:  # a mistake of ours must not stop the music
            self._give_up(f"rig failed ({type(error).__name__}: {error}), please report it")
        try:
            xruns = int(self.ring.record["xruns"])
            complete = not (self._failed or self._gaps)
            self.take.finish({"complete": complete, "gaps": self._gaps, "xruns": xruns})
        except OSError as error:
            if not self._failed:
                self._give_up(f"its end could not be written ({error.strerror or error})")
            return
        if self._failed:
            return
        if self.take.frames == 0:
            self._tell("Nothing was recorded.")
        elif self._gaps:
            silent_s = sum(int(gap["frames"]) for gap in self._gaps) / self.take.sample_rate
            told = f"{minutes(self.take.seconds)}, {silent_s:.1f} s of which are silence for what is missing"
            self._tell(f"{self.take.name}: {told}, in {self.take.folder}.")
        else:
            self._tell(f"{self.take.name}: {minutes(self.take.seconds)}, complete in {self.take.folder}.")

    def _write_all(self) -> None:
        while True:
            over = self._is_over()
            if self.step(over):
                continue
            if over:
                if self._clock is not None and not self._failed:
                    self._fill(self._interruptions.missing_at_the_end(self._clock_ended_s), SERVER)
                return
            self.free_bytes = self.take.free_bytes
            self._warn_of_little_space()
            self._ending.wait(DRAIN_S)
            if self._ending.is_set():
                time.sleep(0.001)  # the audio thread ends the take with its next cycle

    def step(self, over: bool) -> bool:
        """Write the next of what has come; whether there was any. `over`: no cycle writes any more."""
        self._look()
        most = BLOCK_FRAMES
        if self._missing is not None:
            most = min(most, self._missing[0] - self._read)
            if most <= 0:
                self._fill(self._missing[1], SERVER)
                self._missing = None
                return True
        block = self._block if most == BLOCK_FRAMES else np.zeros((CHANNELS, most), np.float32)
        frames = self.ring.read(block, over)
        self._read += abs(frames)
        if frames > 0:
            self._write(block[:, :frames])
        elif frames < 0:
            self._fill(-frames, DISK)
        return frames != 0

    def _is_over(self) -> bool:
        if not self._ending.is_set():
            return False
        return self.ring.has_ended or time.monotonic() - self._ended_at > END_S

    def _write(self, block: NDArray[np.float32]) -> None:
        if self.take.put_back():
            self._tell(f"{self.take.folder} was removed while recording; the take was put back there and goes on.")
        self.take.write(block)

    def _look(self) -> None:
        """Whether something did not come."""
        if self._clock is None or self._missing is not None:
            return
        before_s = self._clock()
        frames = self.ring.frames
        if self._clock() - before_s > AT_ONCE_S:  # this thread had to wait between the two
            return
        missing = self._interruptions.missing(before_s, frames)
        if missing:
            self._missing = self._come, missing
        self._come = frames

    def _fill(self, frames: int, why: str) -> None:
        """Silence for what is missing, so that both files stay as long as what was played."""
        if frames == 0:
            return
        self._gaps.append({"at": self.take.frames, "frames": frames, "why": why})
        lost_s, at = frames / self.take.sample_rate, minutes(self.take.seconds)
        happened = "The disk was too slow" if why == DISK else "The audio server stood still or was gone"
        self._tell(f"{happened}: {lost_s:.1f} s of the take are missing at {at}; silence stands there.")
        while frames > 0:
            block = self._block[:, : min(frames, BLOCK_FRAMES)]
            block[:] = 0
            self._write(block)
            frames -= block.shape[1]

    def _warn_of_little_space(self) -> None:
        if self.free_bytes is None or self._warned:
            return
        left_s = self.free_bytes / bytes_per_second(self.take.sample_rate)
        if left_s < SCARCE_S:
            self._warned = True
            self._tell(f"There is space for {minutes(left_s)} more in {self.take.folder}.")

    def _give_up(self, why: str) -> None:
        self._failed = True
        self.ring.end()
        self._tell(
            f"Recording has stopped: {why}. The first {minutes(self.take.seconds)} of {self.take.name} are in "
            f"{self.take.folder}."
        )

    def _tell(self, sentence: str) -> None:
        self._sentences.put(sentence)
