"""Writes the program of a network: planes, operations, packed weights. Plain numpy, before anything plays.

A description of a model becomes a `Program` once; every playing instance is an `allocate` of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..native.address import Address
from ..native.memory import Layout
from ..native.simd import W
from .activations import NONE
from .instance_memory import Places, State, write_rows
from .lstm import LSTMLayer, in_vectors, is_narrow, merged, overlapped_state, packed_layer, padded_units
from .lstm_layers import STEPS, WIDE_UNITS, initial_state, packed_layers
from .operations import FUSED, TILES, tile_heights
from .records import (
    ACTIVATE,
    ADD,
    BLEND,
    COMBINE,
    DENSE,
    LSTM,
    MULTIPLY,
    MULTIPLY_ADD,
    NETWORK,
    OPERATION,
    PLANE,
    RECUR,
    RECUR_BY_LAYERS,
    SEGMENT,
    SEGMENT_BYTES,
)

BLOCK = 128  # frames at a time; longer host blocks are cut. A larger one gains nothing, and costs cache.
# Frames of past from which on a plane is a ring, of which nothing is copied. Below BLOCK a past that slides takes less
# memory.
LONG = 64
# Room for a shorter past to move on before it slides, in lookbacks. 2: the slide costs 1 to 3 %.
GROWTH = 2
LEAST_PAST = 32  # frames that a shorter one counts as: else it would slide after every block, however short
LINE = 16  # float32 in a cache line


class Signal(NamedTuple):
    """Some rows of a plane."""

    plane: int
    first: int
    channels: int

    def rows(self, first: int, channels: int) -> Signal:
        """Some of its rows: `channels` of them from row `first` on."""
        return Signal(self.plane, self.first + first, channels)


class Source(NamedTuple):
    """One term of `Program.dense`: a matrix (rows, channels, taps) times a signal and its past.

    The last tap is that of the signal `delay` frames ago, the one before `dilation` frames earlier, and so on.
    """

    signal: Signal
    matrix: NDArray[np.float32]
    delay: int = 0
    dilation: int = 1

    @property
    def taps(self) -> int:
        """Times of the signal that it reads."""
        return int(self.matrix.shape[2])

    @property
    def lookback(self) -> int:
        """Frames of past that it reads."""
        return self.delay + (self.taps - 1) * self.dilation


class Function(NamedTuple):
    """An activation, by its number in `activations.py`, and its parameters."""

    kind: int
    parameters: tuple[float, ...] = ()


NOTHING = Signal(0, 0, 0)
IDENTITY = Function(NONE)


@dataclass(slots=True)
class _Operation:
    code: int
    out: Signal
    a: Signal = NOTHING
    total: Signal = NOTHING
    b: Signal = NOTHING
    c: Signal = NOTHING
    kind: int = NONE
    parameters: int = 0
    weights: int = 0
    mix: int = -1
    first: int = 0
    segments: int = 0


@dataclass(slots=True)
class _Plane:
    channels: int
    lookback: int = 0  # frames
    base: int = 0
    stride: int = 0
    settled: int = 0
    ring: int = 0  # frames after which it begins anew; 0: it slides

    @property
    def start(self) -> int:
        """Where the present begins after a reset: behind the past, in whole vectors."""
        return -(-self.lookback // W) * W

    @property
    def capacity(self) -> int:
        """Frames a row holds; without a past, those of a block."""
        if self.ring:
            return self.ring + 2 * BLOCK
        return self.start + BLOCK + (GROWTH * max(self.start, LEAST_PAST) if self.lookback else 0)


class Program:
    """The operations that make `output` of `input`, each one channel, in the order in which they are added."""

    def __init__(self) -> None:
        self._operations: list[_Operation] = []
        self._segments: list[Source] = []
        self._planes = [_Plane(1)]  # plane 0 is nothing: its pos stays 0
        self._lstms: list[dict[str, int]] = []
        self._constants: list[tuple[int, int, NDArray[np.float32]]] = []  # where, floats from row to row, the rows
        self._floats = 0  # in the memory so far
        self._stretch = 1
        self.input, self.output = self.signal(1), self.signal(1)

    # ---------------------------------------------------------------- what a network is made of
    def signal(self, channels: int) -> Signal:
        """A new plane. It gets a past when something reads it with a delay."""
        self._planes.append(_Plane(channels))
        return Signal(len(self._planes) - 1, 0, channels)

    def dense(
        self,
        out: Signal,
        sources: Sequence[Source],
        bias: NDArray[np.float32] | None = None,
        *,
        add: Signal = NOTHING,
        function: Function = IDENTITY,
        total: Signal = NOTHING,
    ) -> None:
        """Out = function(bias + add + the sum of all sources), and total += out; `bias` of shape (out.channels,)."""
        if bias is None:
            bias = np.zeros(out.channels, np.float32)
        first, row = self._read(sources, out.channels), 0
        parameters = self._constant(function.parameters)
        for height, tiles in groupby(tile_heights(out.channels)):
            count = len(list(tiles))
            strip = slice(row, row + count * height)
            packed = [bias[strip].reshape(count, height)]
            for source in sources:
                tiled = source.matrix[strip].reshape(count, height, *source.matrix.shape[1:])
                packed.append(tiled.transpose(0, 3, 2, 1).reshape(count, -1))
            for weights in self._constants_of(np.concatenate(packed, axis=1)):
                operation = _Operation(DENSE, out.rows(row, height), add.rows(row, height), weights=weights)
                operation.first, operation.segments = first, len(sources)
                if function.kind in FUSED:
                    operation.kind, operation.parameters = function.kind, parameters
                    operation.total = total.rows(row, height)
                self._operations.append(operation)
                row += height
        if function.kind not in FUSED:
            self._operations.append(_Operation(ACTIVATE, out, out, total, kind=function.kind, parameters=parameters))

    def layer(
        self,
        out: Signal,
        sources: Sequence[Source],
        bias: NDArray[np.float32],
        mix: Source,
        mix_bias: NDArray[np.float32],
        *,
        add: Signal,
        function: Function,
        total: Signal,
    ) -> None:
        """Z = function(bias + the sum of all sources), total += z, and out = mix_bias + add + mix.

        The biases have a number per row. `mix` is a matrix without a past, times z. What its signal, z, holds
        afterwards is not said: where z fits into one tile, it never leaves the registers.
        """
        rows = len(bias)
        self.dense(mix.signal, sources, bias, function=function, total=total)
        if rows in TILES and out.channels == rows and function.kind in FUSED:
            operation = self._operations[-1]
            operation.out, operation.a = out, add
            operation.mix = self._constant(np.concatenate([mix_bias[:, np.newaxis], mix.matrix[:, :, 0]], axis=1))
        else:
            self.dense(out, [mix], mix_bias, add=add)

    def _read(self, sources: Sequence[Source], rows: int) -> int:
        """Note what is read, with matrices of so many rows; the index of the first segment."""
        for source in sources:
            assert source.matrix.shape[:2] == (rows, source.signal.channels), (source, rows)
            plane = self._planes[source.signal.plane]
            plane.lookback = max(plane.lookback, source.lookback)
        first = len(self._segments)
        self._segments += sources
        return first

    def activate(self, out: Signal, a: Signal, function: Function, *, total: Signal = NOTHING) -> None:
        """Out = function(a), and total += out; out may be a."""
        parameters = self._constant(function.parameters)
        self._operations.append(_Operation(ACTIVATE, out, a, total, kind=function.kind, parameters=parameters))

    def add(self, out: Signal, a: Signal, b: Signal, *, total: Signal = NOTHING) -> None:
        """Out = a + b, and total += out. Here and below, out may be one of the others."""
        self._operations.append(_Operation(COMBINE, out, a, total, b, kind=ADD))

    def multiply(self, out: Signal, a: Signal, b: Signal, *, add: Signal = NOTHING, total: Signal = NOTHING) -> None:
        """Out = a * b + add, and total += out."""
        kind = MULTIPLY if add == NOTHING else MULTIPLY_ADD
        self._operations.append(_Operation(COMBINE, out, a, total, b, add, kind))

    def blend(self, out: Signal, a: Signal, b: Signal, share: Signal, *, total: Signal = NOTHING) -> None:
        """Out = share * a + (1 - share) * b, and total += out."""
        self._operations.append(_Operation(COMBINE, out, a, total, share, b, BLEND))

    def clear(self, out: Signal) -> None:
        """Out = 0."""
        self.dense(out, [])

    def lstm(
        self,
        out: Signal,
        a: Signal,
        layers: Sequence[LSTMLayer],
        head: NDArray[np.float32],
        bias: NDArray[np.float32],
    ) -> None:
        """Out = head @ h + bias of the last layer, (outputs, hidden) and (outputs,); `a` feeds the first."""
        count, inputs = len(layers), a.channels
        if head.shape[1] * count <= W:
            head = np.pad(head, ((0, 0), (head.shape[1] * (count - 1), 0)))
            layers = [merged(layers, inputs)]
        outputs, hidden = head.shape
        padded = padded_units(hidden)
        output = np.zeros((outputs, padded + 1), np.float32)
        output[:, :hidden], output[:, padded] = head, bias
        fields = {
            "layers": len(layers),
            "groups": padded // W,
            "hidden": hidden,
            "narrow": int(is_narrow(hidden)),
            "inputs": inputs,
            "outputs": outputs,
            "head": self._constant(output),
            "behind": count - len(layers),
            "delays": self._constant(in_vectors(np.arange(hidden) * count // hidden, hidden)),
        }
        by_layers = len(layers) > 1 and hidden >= WIDE_UNITS
        if by_layers:
            fields["weights"], state = self._constant(packed_layers(layers)), initial_state(layers)
            fields["gates"] = self._constant(np.zeros(STEPS * 4 * padded))
        else:
            packed = [packed_layer(layer, 0 if i else inputs) for i, layer in enumerate(layers)]
            fields["weights"], state = self._constant(np.concatenate(packed)), overlapped_state(layers)
        fields["state"], fields["state_floats"] = self._constant(state), state.size
        fields["settled"] = self._constant(np.zeros_like(state))
        self._lstms.append(fields)
        code = RECUR_BY_LAYERS if by_layers else RECUR
        self._operations.append(_Operation(code, out, a, first=len(self._lstms) - 1))

    def _constant(self, values: Any) -> int:
        """Put numbers into the memory, on a cache line of their own; where they are."""
        return self._constants_of(np.asarray(values, np.float32).reshape(1, -1))[0]

    def _constants_of(self, rows: NDArray[np.float32]) -> list[int]:
        """The same of each row of (rows, numbers)."""
        count, numbers = rows.shape
        step = -(-numbers // LINE) * LINE
        first, self._floats = self._floats, self._floats + count * step
        if numbers:
            self._constants.append((first, step, rows))
        return [first + i * step for i in range(count)]

    # ---------------------------------------------------------------- another rate
    @property
    def recurrent(self) -> bool:
        """Whether its memory is more than a number of past samples."""
        return bool(self._lstms)

    def stretch(self, factor: int) -> None:
        """Look `factor` times as far back everywhere: the same network in a session of that multiple of its rate.

        Exact for everything below the model's own Nyquist frequency; not for recurrent networks.
        """
        assert factor == 1 or not self.recurrent
        self._stretch *= factor
        for plane in self._planes:
            plane.lookback *= factor

    # ---------------------------------------------------------------- what the audio thread gets
    def allocate(self) -> State:
        """The memory of one instance, before its prewarm."""
        total = self._place_planes()
        layout = Layout()
        network = layout.reserve(NETWORK)
        operations = layout.reserve(OPERATION, len(self._operations))
        segments = layout.reserve(SEGMENT, len(self._segments))
        planes = layout.reserve(PLANE, len(self._planes))
        positions = layout.reserve(np.int64, len(self._planes))
        lstms = layout.reserve(LSTM, len(self._lstms))
        memory = layout.reserve(np.float32, total)
        arena = layout.allocate()
        for at, step, rows in self._constants:
            arena[memory][at : at + len(rows) * step].reshape(len(rows), step)[:, : rows.shape[1]] = rows
        places = np.array([(plane.base, plane.stride) for plane in self._planes], np.int64).T
        self._write_operations(arena[operations], arena.address_of(segments), places)
        self._write_segments(arena[segments], places)
        arena[planes][:] = [
            (p.base, p.stride, p.channels, p.start, p.capacity, p.ring, p.settled, self._kept(p)) for p in self._planes
        ]
        arena[positions][:] = [BLOCK if plane.ring else plane.start for plane in self._planes]
        for record, fields in zip(arena[lstms], self._lstms, strict=True):
            for name, value in fields.items():
                record[name] = value
        header = arena[network]
        parts = {"memory": memory, "operations": operations, "planes": planes, "positions": positions, "lstms": lstms}
        for name, part in parts.items():
            header[name] = arena.address_of(part)
        header["operation_count"], header["plane_count"] = len(self._operations), len(self._planes)
        header["lstm_count"], header["block_frames"] = len(self._lstms), BLOCK
        for name, signal in (("input", self.input), ("output", self.output)):
            write_rows(header[name], [signal], places)
        return State(arena, arena.address_of(network), arena[planes], arena[positions], arena[lstms], arena[memory])

    def _place_planes(self) -> int:
        """Decide where every row lies; the size of the memory in floats."""
        at = self._floats
        # The taps of a single row are read in one go, and an LSTM's past need not come to rest.
        whole = {source.signal.plane for source in self._segments if source.signal.channels == 1}
        for number, plane in enumerate(self._planes):
            if plane.start >= LONG and number not in whole and not self._lstms:
                plane.ring = plane.start + BLOCK
            # An odd number of cache lines: sixteen rows must not fall into the same cache sets.
            # Behind the capacity: the padding of the last block, which may begin at any frame.
            plane.stride = (-(-(plane.capacity + 2 * W) // LINE) | 1) * LINE
            plane.base = at
            at += plane.stride * plane.channels
            plane.settled = at
            at += -(-plane.channels * self._kept(plane) // LINE) * LINE
        return at

    def _kept(self, plane: _Plane) -> int:
        """Frames per row that `reset` restores: on silence all are the same, but an LSTM may go on forever."""
        return plane.start if self._lstms and plane.start else 1

    def _write_operations(self, table: NDArray[Any], segments: Address, places: Places) -> None:
        """Column by column: a record of numpy takes as long for one number as a column does for a hundred."""
        operations = self._operations
        table["channels"] = [operation.out.channels for operation in operations]
        for name in ("code", "kind", "parameters", "weights", "mix", "first", "segments"):
            table[name] = [getattr(operation, name) for operation in operations]
        table["sources"] = int(segments) + table["first"] * SEGMENT_BYTES
        for name in ("out", "a", "total", "b", "c"):
            write_rows(table[name], [getattr(operation, name) for operation in operations], places)

    def _write_segments(self, table: NDArray[Any], places: Places) -> None:
        """The same of what is read; the taps of a single row are its channels, and its rows one time apart."""
        if not self._segments:
            return
        signals = [source.signal for source in self._segments]
        planes, _, channels = np.array(signals, np.int64).T
        taps, *later = np.array([(s.taps, s.dilation, s.lookback) for s in self._segments]).T
        steps, lookbacks = (frames * self._stretch for frames in later)
        rows = table["rows"]
        write_rows(rows, signals, places, lookbacks)
        table["row"] = rows["first"] + lookbacks
        table["ring_frames"] = np.array([plane.ring for plane in self._planes])[planes]
        is_single = channels == 1
        rows["stride"] = np.where(is_single, steps, rows["stride"])
        table["channels"], table["taps"] = np.where(is_single, taps, channels), np.where(is_single, 1, taps)
        table["step_frames"] = steps
