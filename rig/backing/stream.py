"""From the disk into the ring of the audio thread, in a thread of its own that lives as long as a stream.

Whatever the disk does, only this thread waits for it. Every stream begins one fade before its place (`dsp/backing/`):
with what the track holds there, or, behind a count-in, with silence.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..audio.resample import common_ratio
from ..audio.resample_pieces import resample_pieces
from ..audio.wav import Reader
from ..dsp.backing.streams import StreamRing
from ..dsp.ramp import fade_samples, fade_table
from ..errors import RigError
from .rounds import Rounds, Section
from .track import SIDES, Track

AHEAD_S = 5.0  # how long the disk may stand still, at least
READY_S = 1.0  # ahead, and it can be begun
LOOK_S = 0.05  # between two looks for room in the ring
STILL_THERE_S = 1.0  # between two looks whether the file has its name
NO_CLICKS: NDArray[np.float32] = np.zeros(0, np.float32)


class Stream:
    """A track from `place` on, a sample of the file, at `sample_rate`; it is read at once, and played by an engine.

    `clicks`, (n,), come before it. `follows`: the stream whose frame (`goes_on_at`) stands at the same place.
    `anchor`: the frame of the transport at which the place is heard.
    """

    def __init__(
        self,
        track: Track,
        section: Section,
        place: int,
        sample_rate: float,
        *,
        clicks: NDArray[np.float32] = NO_CLICKS,
        follows: tuple[Stream, int] | None = None,
        anchor: int | None = None,
    ) -> None:
        self.track, self.section, self.place = track, section, place
        self.error: str | None = None  # why it was not read to its end
        self.is_removed = False  # the file has lost its name meanwhile
        self._rate, self._clicks = round(sample_rate), clicks
        self._follows = follows  # kept, so that no other one gets its address
        self.fade = fade_samples(sample_rate)
        self.ratio = common_ratio(track.sample_rate, self._rate)
        self.ring = StreamRing(round(AHEAD_S * sample_rate))
        if follows is not None:
            before, at = follows
            self.ring.record["follows"], self.ring.record["follows_at"] = before.ring.address, at - self.fade
        if anchor is not None:
            self.ring.record["anchor"] = anchor - self.fade
            self.ring.record["begins_whole"] = place == 0
        self._ready, self._closed = threading.Event(), threading.Event()
        self._looked_at = time.monotonic()
        threading.Thread(target=self._run, name="rig reads a track", daemon=True).start()

    @property
    def is_ready(self) -> bool:
        """Whether enough has been read to begin, or it will never be."""
        return self._ready.is_set()

    @property
    def is_hopeless(self) -> bool:
        """Whether too little of it could be read to begin."""
        return self.error is not None and int(self.ring.record["head"]) < READY_S * self._rate

    @property
    def counted_in(self) -> bool:
        """Whether the clicks before it are over, if it is played."""
        return not self._clicks.size or int(self.ring.record["tail"]) >= self.fade + self._clicks.size

    @property
    def at(self) -> float:
        """The sample of the file that is played now."""
        return self.place_of(int(self.ring.record["tail"]))

    def place_of(self, frame: int) -> float:
        """The sample of the file that a frame of it holds."""
        played = max(0, frame - self.fade - self._clicks.size)
        return self.section.place(self.place, float(played / self.ratio))

    def going_on(self) -> tuple[int, int]:
        """A frame at or right before the one that is played, and the sample of the file that stands exactly there."""
        behind = int(self.ring.record["tail"]) - self.fade - self._clicks.size
        whole = max(0, behind) // self.ratio.numerator * self.ratio.numerator
        frame = whole + self.fade + self._clicks.size
        return frame, round(self.place_of(frame))

    def close(self) -> None:
        """Read no further."""
        self._closed.set()
        self._follows = None

    # ------------------------------------------------------------ in the thread
    def _run(self) -> None:
        try:
            with self.track.opened() as reader:
                if all(self._put(piece) for piece in self._pieces(reader)):
                    self.ring.end()
        except RigError as error:
            gone = not self.track.path.exists()
            self.error = f"{self.track.path.name} has been removed; there is no more of it." if gone else str(error)
        except Exception as error:  # a mistake of ours must not stop the music
            self.error = f"rig failed ({type(error).__name__}: {error}); please report it."
        self._ready.set()

    def _pieces(self, reader: Reader) -> Iterator[NDArray[np.float32]]:
        """Run-in or clicks, and the track behind them."""
        whole, fade = -(-self.fade // self.ratio.numerator), self.fade
        start = self.place - whole * self.ratio.denominator
        pieces = Rounds(reader, self.section).pieces(start)
        if reader.sample_rate != self._rate:
            pieces = resample_pieces(pieces, reader.sample_rate, self._rate)
        left_out = whole * self.ratio.numerator - fade
        beginning = np.zeros((0, SIDES), np.float32)
        for piece in pieces:
            beginning = np.concatenate([beginning, piece[left_out:]])
            left_out = max(0, left_out - len(piece))
            if len(beginning) >= fade:
                break
        if self._clicks.size and len(beginning) >= fade:
            beginning[:fade] *= fade_table(fade)[:, np.newaxis]
            longer = np.zeros((self._clicks.size + len(beginning), SIDES), np.float32)
            longer[self._clicks.size :] = beginning
            longer[fade : fade + self._clicks.size] += self._clicks[:, np.newaxis]
            beginning = longer
        yield beginning
        yield from pieces

    def _put(self, piece: NDArray[np.float32]) -> bool:
        """Into the ring, as there is room for it; False once nobody wants it any more."""
        left = np.ascontiguousarray(piece, np.float32)
        while True:
            left = left[self.ring.fill(left) :]
            if int(self.ring.record["head"]) >= READY_S * self._rate:
                self._ready.set()
            if self._closed.is_set():
                return False
            if not len(left):
                return True
            self._closed.wait(LOOK_S)
            self._look()

    def _look(self) -> None:
        """Whether the file is still there; what is open of it is read on in any case."""
        now = time.monotonic()
        if not self.is_removed and now - self._looked_at > STILL_THERE_S:
            self._looked_at = now
            self.is_removed = not self.track.path.exists()
