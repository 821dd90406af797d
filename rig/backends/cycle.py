"""One cycle, the same for every backend: fill in the HOST record, call the engine's block function, count.

Nothing here can raise, allocate or reach Python; `tests/support/rigs/static_audit.py` proves it on the machine code.
"""

from __future__ import annotations

from ..dsp.cycle_record import BLOCK_SIGNATURE, HOST, MAX_FRAMES, call_block
from ..dsp.native.address import Address
from ..dsp.native.compile import entry, inline
from ..dsp.native.pointers import (
    FLUSH_BITS,
    floats,
    get_float_control,
    offset,
    record,
    set_float_control,
    store_release,
)

CYCLES = offset(HOST, "cycles")
SAMPLE_BYTES = 4  # float32
FRAME_TIME_MASK = 0xFFFFFFFF  # JACK counts frames in 32 bits


@inline
def cycle(
    host: Address,
    x: Address,
    returned: Address,
    y_1: Address,
    y_2: Address,
    send: Address,
    frame_time: int,
    frames: int,
) -> None:
    """Give the block at address `x` to the engine, which writes those at `y_1` and `y_2` (float32, `frames` long).

    `returned` is another block to read and `send` another to write, each 0 where there is no such port.

    Denormals are flushed to zero meanwhile: a decaying tail on denormals costs 65 times as much, and JACK leaves them.
    A cycle longer than any engine is prepared for arrives in pieces.
    """
    h = record(host, HOST)
    control = get_float_control()
    set_float_control(control | FLUSH_BITS)
    done = 0
    while done < frames:
        n = min(frames - done, MAX_FRAMES)
        h.input = x + SAMPLE_BYTES * done
        h.output_1 = y_1 + SAMPLE_BYTES * done
        h.output_2 = y_2 + SAMPLE_BYTES * done
        h.returned = returned + SAMPLE_BYTES * done if returned != 0 else 0
        h.send = send + SAMPLE_BYTES * done if send != 0 else 0
        h.frame_time = (frame_time + done) & FRAME_TIME_MASK
        call_block(h.block, h.engine, host, n)
        h.midi_count = 0  # all of them were in the first piece
        h.transport_frame += n if h.transport != 0 else 0
        done += n
    set_float_control(control)
    store_release(host + CYCLES, h.cycles + 1)


@entry(BLOCK_SIGNATURE, brief=True)
def silence(engine: Address, host: Address, frames: int) -> None:
    """The block function of a backend that plays nothing: before `start` and after `stop`."""
    h = record(host, HOST)
    y_1, y_2 = floats(h.output_1), floats(h.output_2)
    for i in range(frames):
        y_1[i] = 0.0
        y_2[i] = 0.0
    if h.send != 0:
        send = floats(h.send)
        for i in range(frames):
            send[i] = 0.0
