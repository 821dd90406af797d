"""From the ring to the disk, in a thread of its own that lives as long as a take.

It looks into the ring five times a second and writes all it finds. Whatever the disk does, only this thread waits for
it. What is worth telling is kept until somebody asks.
"""

from __future__ import annotations

import queue
import threading
import time

import numpy as np
from numpy.typing import NDArray

from ..dsp.ring import CHANNELS, Ring
from .take import Take, bytes_per_second, minutes

DRAIN_S = 0.2  # between two looks into the ring
BLOCK_FRAMES = 1 << 15  # written at once, at most
END_S = 0.5  # how long the audio thread may take to end a take; it has stopped itself otherwise
SCARCE_S = 300.0  # of recording that still fit on the disk: time to say so


class TakeWriter:
    """Writes what `ring` gives into `take` until `end`, and finishes it."""

    def __init__(self, ring: Ring, take: Take) -> None:
        self.ring, self.take = ring, take
        self.free_bytes = take.free_bytes
        self._sentences: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._gaps: list[dict[str, int]] = []
        self._failed = False
        self._warned = False
        self._ending = threading.Event()
        self._ended_at = 0.0
        self._block = np.zeros((CHANNELS, BLOCK_FRAMES), np.float32)
        self._thread = threading.Thread(target=self._run, name="rig writes a take", daemon=True)
        self.ring.begin()
        self._thread.start()

    def end(self) -> None:
        """Let the take end with the next cycle; `finished` when it is complete on disk."""
        self.ring.end()
        self._ended_at = time.monotonic()
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
            self.take.finish({"complete": not self._failed, "gaps": self._gaps, "xruns": xruns})
        except OSError as error:
            if not self._failed:
                self._give_up(f"its end could not be written ({error.strerror or error})")
            return
        if self._failed:
            return
        if self.take.frames == 0:
            self._tell("Nothing was recorded.")
        else:
            self._tell(f"{self.take.name}: {minutes(self.take.seconds)}, complete in {self.take.folder}.")

    def _write_all(self) -> None:
        while True:
            over = self._is_over()
            frames = self.ring.read(self._block, over)
            if frames > 0:
                self._write(self._block[:, :frames])
            elif frames < 0:
                self._fill(-frames)
            elif over:
                return
            else:
                self.free_bytes = self.take.free_bytes
                self._warn_of_little_space()
                self._ending.wait(DRAIN_S)
                if self._ending.is_set():
                    time.sleep(0.001)  # the audio thread ends the take with its next cycle

    def _is_over(self) -> bool:
        if not self._ending.is_set():
            return False
        return self.ring.has_ended or time.monotonic() - self._ended_at > END_S

    def _write(self, block: NDArray[np.float32]) -> None:
        if self.take.put_back():
            self._tell(f"{self.take.folder} was removed while recording; the take was put back there and goes on.")
        self.take.write(block)

    def _fill(self, frames: int) -> None:
        """Silence for what was lost, so that both files stay as long as what was played."""
        self._gaps.append({"at": self.take.frames, "frames": frames})
        lost_s, at = frames / self.take.sample_rate, minutes(self.take.seconds)
        self._tell(f"The disk was too slow: {lost_s:.1f} s of the take are missing at {at}; silence stands there.")
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
