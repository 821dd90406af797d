"""Files and arrays through the engine's compiled callback, faster than real time; most tests use this one."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..dsp.cycle_record import HOST, MAX_FRAMES
from ..dsp.midi_events import EVENT, MOST_EVENTS, take_message
from ..dsp.native.address import NOWHERE, Address
from ..dsp.native.compile import entry
from ..dsp.native.memory import Layout
from ..dsp.native.pointers import ints, record
from ..errors import BackendError
from .cycle import FRAME_TIME_MASK, SAMPLE_BYTES, cycle, silence

RUN = np.dtype(
    [
        ("host", HOST),
        ("x", np.int64),  # address of float32[frames]
        ("y_1", np.int64),
        ("y_2", np.int64),
        ("returned", np.int64),  # address of float32[frames], 0: no such port
        ("send", np.int64),  # likewise
        ("frames", np.int64),
        ("sizes", np.int64),  # address of int64[size_count]: block sizes, used in turn
        ("size_count", np.int64),
        ("turn", np.int64),  # which of the sizes comes next
        ("frame_time", np.int64),
        ("midi_frames", np.int64),  # address of int64[midi_count]: when each message comes, counted from `x`
        ("midi_starts", np.int64),  # address of int64[midi_count + 1]: where each begins in `midi_bytes`
        ("midi_bytes", np.int64),  # address of uint8[]
        ("midi_count", np.int64),
        ("midi_next", np.int64),  # which message comes next
    ],
    align=True,
)


@entry("vl")
def run_blocks(run: Address) -> None:
    """Give `x` of the RUN record at this address (it starts with its HOST record) to the engine block by block.

    The last block is as long as what is left.
    """
    r = record(run, RUN)
    sizes, when, starts = ints(r.sizes), ints(r.midi_frames), ints(r.midi_starts)
    done = 0
    while done < r.frames:
        n = min(sizes[r.turn], r.frames - done)
        at = SAMPLE_BYTES * done
        returned = r.returned + at if r.returned != 0 else NOWHERE
        send = r.send + at if r.send != 0 else NOWHERE
        while r.midi_next < r.midi_count and when[r.midi_next] < done + n:
            begin = starts[r.midi_next]
            take_message(run, r.midi_bytes + begin, starts[r.midi_next + 1] - begin, when[r.midi_next] - done, n)
            r.midi_next += 1
        cycle(run, r.x + at, returned, r.y_1 + at, r.y_2 + at, send, r.frame_time, n)
        done += n
        r.frame_time = (r.frame_time + n) & FRAME_TIME_MASK
        r.turn = r.turn + 1 if r.turn + 1 < r.size_count else 0


class Offline:
    """The engine without a sound card.

    `block_size` is how many frames a cycle has (1 to 8192), or a pattern of such numbers used in turn: results must not
    depend on it. The engine runs in the calling thread, without the GIL, in one compiled loop per `process`.
    After a `process` with `returned`, `sent` holds what went out to the gear meanwhile, (n,) float32.
    """

    def __init__(self, sample_rate: int, block_size: int | Sequence[int] = 64) -> None:
        sizes = np.atleast_1d(np.asarray(block_size, np.int64))
        if sizes.size == 0 or sizes.min() < 1 or sizes.max() > MAX_FRAMES:
            raise BackendError(f"A block has 1 to {MAX_FRAMES} frames, not {block_size}.")
        layout = Layout()
        run, kept_sizes = layout.reserve(RUN), layout.reserve(np.int64, sizes.size)
        events = layout.reserve(EVENT, MOST_EVENTS)
        arena = layout.allocate()
        arena[kept_sizes][:] = sizes
        self._arena, self._sizes = arena, sizes
        self._run: Any = arena[run][0]
        self._address = arena.address_of(run)
        self._run["sizes"], self._run["size_count"] = arena.address_of(kept_sizes), sizes.size
        self.host: Any = self._run["host"]
        self.host["sample_rate"], self.host["midi"] = sample_rate, arena.address_of(events)
        self.sample_rate = sample_rate
        self.latency_samples = 0
        self.sent = np.zeros(0, np.float32)
        self.stop()

    @property
    def block_size(self) -> int:
        """Frames in the next cycle."""
        return int(self._sizes[self._run["turn"]])

    @property
    def gone(self) -> bool:
        """Never: there is no server."""
        return False

    def realtime_priority(self) -> int | None:
        """Nothing here has a deadline."""
        return None

    def start(self, block: Address, engine: Address) -> None:
        """Make `process` call `block(engine, host, frames)`; both are addresses."""
        self.host["block"], self.host["engine"] = block, engine

    def stop(self) -> None:
        """Forget the engine; `process` gives silence."""
        self.host["block"], self.host["engine"] = silence.address, 0

    def close(self) -> None:
        """Same as `stop`."""
        self.stop()

    def process(
        self, x: ArrayLike, returned: ArrayLike | None = None, midi: Sequence[tuple[int, bytes]] = ()
    ) -> NDArray[np.float32]:
        """Play `x` (n samples, taken as float32) and return what comes out, (n, 2) float32.

        `returned`: what comes back from gear, as long as x; without it there are no such ports. `midi`: messages that
        come in meanwhile, in order, each with its frame in x.

        Calls continue each other, as if `x` were one long signal. A call cannot be interrupted: give a long file in
        pieces.
        """
        signal = np.ascontiguousarray(x, np.float32)
        if signal.ndim != 1:
            raise ValueError(f"x must have one dimension; its shape is {signal.shape}")
        y = np.zeros((2, signal.size), np.float32)
        run = self._run
        back = None if returned is None else np.ascontiguousarray(returned, np.float32)
        if back is not None and back.shape != signal.shape:
            raise ValueError(f"what comes back is as long as x, {signal.size} samples; its shape is {back.shape}")
        self.sent = np.zeros(0 if back is None else signal.size, np.float32)
        run["returned"], run["send"] = (0, 0) if back is None else (back.ctypes.data, self.sent.ctypes.data)
        run["x"], run["frames"] = signal.ctypes.data, signal.size
        run["y_1"], run["y_2"] = y[0].ctypes.data, y[1].ctypes.data
        frames = np.array([frame for frame, _ in midi], np.int64)
        starts = np.cumsum([0, *(len(message) for _, message in midi)], dtype=np.int64)
        content = np.frombuffer(b"".join(message for _, message in midi) or b"\0", np.uint8)
        run["midi_frames"], run["midi_starts"], run["midi_bytes"] = (a.ctypes.data for a in (frames, starts, content))
        run["midi_count"], run["midi_next"] = len(midi), 0
        run_blocks(self._address)
        return np.ascontiguousarray(y.T)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
