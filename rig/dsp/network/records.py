"""What a network is made of in memory: the records that its program writes and the interpreter plays.

    NETWORK ── OPERATION[] ── SEGMENT[]      what to do, in order, and what each product reads
            ├─ PLANE[], positions            where every row of every signal lies, and where its present begins
            ├─ LSTM[]                        the recurrent layers
            └─ float32[]                     the memory: weights, histories, signals

`program.py` writes them once per instance, `interpreter.py` reads them. Offsets and strides count floats of that one
memory; a frame is one sample of every row.
"""

from __future__ import annotations

import numpy as np

# What an OPERATION does.
DENSE, ACTIVATE, COMBINE, RECUR, RECUR_BY_LAYERS = range(5)
ADD, MULTIPLY, MULTIPLY_ADD, BLEND = range(4)  # kinds of `combine`

# Some rows of a plane. Nothing: first -1, stride 0, plane 0 (whose pos stays 0), so that `at` is -1.
ROWS = np.dtype(
    [
        ("first", np.int64),  # offset in m of the first row's time 0 while pos is 0
        ("plane", np.int64),  # whose pos moves it
        ("stride", np.int64),  # floats from row to row
        ("at", np.int64),  # where it is in this block: first + pos
    ],
    align=True,
)

# A source of `dense`: rows at some times, `step_frames` apart; `first` is that of the oldest. The taps of a single row
# count as its channels: what there are many of belongs into the inner loop.
SEGMENT = np.dtype(
    [
        ("rows", ROWS),
        ("channels", np.int64),
        ("taps", np.int64),
        ("step_frames", np.int64),
        ("row", np.int64),  # offset in m of the first row's first frame
        ("ring_frames", np.int64),  # of its plane
    ],
    align=True,
)
SEGMENT_BYTES = SEGMENT.itemsize

OPERATION = np.dtype(
    [
        ("code", np.int64),
        ("channels", np.int64),  # rows of `out`; of one tile in `dense`
        ("out", ROWS),
        ("a", ROWS),  # what is read, or added
        ("total", ROWS),  # what `out` is added to
        ("b", ROWS),  # `combine` only: its second and third operand
        ("c", ROWS),
        ("kind", np.int64),  # which activation, or how to combine
        ("parameters", np.int64),  # offset in m of the activation's parameters
        ("weights", np.int64),  # offset in m of the packed weights
        ("mix", np.int64),  # `dense` only: offset in m of the second matrix's, or -1
        ("first", np.int64),  # index of the first segment of `dense`; of the LSTM
        ("segments", np.int64),  # how many
        ("sources", np.int64),  # address of the first of them
    ],
    align=True,
)
OPERATION_BYTES = OPERATION.itemsize

LSTM = np.dtype(
    [
        ("layers", np.int64),
        ("groups", np.int64),  # vectors of W hidden units
        ("hidden", np.int64),  # units that really exist
        ("narrow", np.int64),  # 1 where the last vector holds its units twice, else 0
        ("inputs", np.int64),  # of layer 0
        ("outputs", np.int64),  # rows of the head
        ("behind", np.int64),  # samples that the output is behind: layers merged into layer 0
        ("delays", np.int64),  # offset in m: by how many samples each lane is behind, where layers are merged
        ("weights", np.int64),  # offset in m; see `packed_layer`
        ("head", np.int64),  # offset of the output rows: groups*W weights, then the bias
        ("state", np.int64),  # offset of h, then of the cells [layer][groups*W]
        ("state_floats", np.int64),  # all of that
        ("settled", np.int64),  # offset of the state after the prewarm
        ("phase", np.int64),  # parity of the next sample of layer 0
        ("settled_phase", np.int64),
        ("gates", np.int64),  # only layer by layer, see lstm_layers.py: offset of the gates of STEPS samples
    ],
    align=True,
)
LSTM_BYTES = LSTM.itemsize

PLANE = np.dtype(
    [
        ("base", np.int64),  # offset of the first row in the memory
        ("stride", np.int64),  # floats from row to row
        ("channels", np.int64),
        ("lookback_frames", np.int64),  # of past, whole vectors
        ("capacity_frames", np.int64),  # what a row holds before it has to slide
        ("ring_frames", np.int64),  # after so many it begins anew; 0: it slides
        ("settled", np.int64),  # offset of each row's past after the prewarm
        ("kept_frames", np.int64),  # of it per row: 1, a constant, or the lookback
    ],
    align=True,
)
PLANE_BYTES = PLANE.itemsize

NETWORK = np.dtype(
    [
        ("memory", np.int64),  # address of float32: weights, histories, signals
        ("operations", np.int64),  # address of OPERATION[operation_count], in order
        ("operation_count", np.int64),
        ("planes", np.int64),  # address of PLANE[plane_count]
        ("plane_count", np.int64),
        ("positions", np.int64),  # address of int64[plane_count]: where each plane's present begins
        ("lstms", np.int64),  # address of LSTM[lstm_count]
        ("lstm_count", np.int64),
        ("block_frames", np.int64),  # at a time, whole vectors
        ("input", ROWS),
        ("output", ROWS),
    ],
    align=True,
)
