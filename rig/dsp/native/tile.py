"""A tile of R x V vectors: the accumulators of a small matrix product, R outputs, each V vectors of consecutive frames.

Rows and columns are integers of the surrounding factory, so that LLVM keeps the whole tile in registers. A tile and the
memory `m` it is made of are reached as in `simd.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .marks import intrinsic
from .on_demand import ir, kinds, types
from .simd import FACTOR_IN_LANE, W, build_broadcast, build_call, build_load, build_plus, build_pointer, build_store


def _array(rows: int, vecs: int, content: Any) -> Any:
    return ir.Constant(ir.ArrayType(kinds.VECTOR, rows * vecs), content)


@intrinsic(prefer_literal=True)
def tile_zero(typingctx: Any, rows: Any, vecs: Any) -> Any:
    """All accumulators zero; rows and vecs are integers of the surrounding factory."""
    R, V = rows.literal_value, vecs.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _array(R, V, [ir.Constant(kinds.VECTOR, [0.0] * W)] * (R * V))

    return kinds.TileType(R, V)(rows, vecs), codegen


@intrinsic(prefer_literal=True)
def tile_bias(typingctx: Any, m: Any, w: Any, rows: Any, vecs: Any) -> Any:
    """Row r is filled with m[w + r]."""
    R, V = rows.literal_value, vecs.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        tile = _array(R, V, ir.Undefined)
        for r in range(R):
            bias = build_broadcast(builder, args[0], build_plus(builder, args[1], r))
            for v in range(V):
                tile = builder.insert_value(tile, bias, r * V + v)
        return tile

    return kinds.TileType(R, V)(kinds.f32p, types.int64, rows, vecs), codegen


def _factors(builder: Any, m: Any, w: Any, count: int) -> Iterator[Any]:
    """m[w] to m[w + count - 1], each in every lane, as they are asked for; read W at a time where a lane will do."""
    for r in range(count):
        if FACTOR_IN_LANE and r // W * W + W <= count:
            if r % W == 0:
                together = build_load(builder, m, build_plus(builder, w, r))
            lane = ir.Constant(ir.VectorType(kinds.INT32, W), [r % W] * W)
            yield builder.shuffle_vector(together, together, lane)
        else:
            yield build_broadcast(builder, m, build_plus(builder, w, r))


def _madd(builder: Any, tile: Any, acc: Any, m: Any, x: Any, factors: Iterator[Any]) -> Any:
    xs = [build_load(builder, m, build_plus(builder, x, v * W)) for v in range(tile.vecs)]
    for r, factor in enumerate(factors):
        for v in range(tile.vecs):
            k = r * tile.vecs + v
            total = build_call(builder, "fmuladd", factor, xs[v], builder.extract_value(acc, k))
            acc = builder.insert_value(acc, total, k)
    return acc


@intrinsic
def tile_madd(typingctx: Any, tile: Any, m: Any, w: Any, x: Any) -> Any:
    """tile[r, v] += m[w + r] * (the vector at m[x + v*W]): one input into all R outputs."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc, m, w, x = args
        return _madd(builder, tile, acc, m, x, _factors(builder, m, w, tile.rows))

    return tile(tile, kinds.f32p, types.int64, types.int64), codegen


@intrinsic
def tile_madd_far(typingctx: Any, tile: Any, m: Any, w: Any, stride: Any, x: Any) -> Any:
    """tile[r, v] += m[w + r*stride] * (the vector at m[x + v*W])."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc, m, w, stride, x = args
        places = [w]
        for _ in range(1, tile.rows):
            places.append(builder.add(places[-1], stride))
        return _madd(builder, tile, acc, m, x, (build_broadcast(builder, m, at) for at in places))

    return tile(tile, kinds.f32p, types.int64, types.int64, types.int64), codegen


@intrinsic(prefer_literal=True)
def tile_repeat(typingctx: Any, m: Any, x: Any, rows: Any, vecs: Any) -> Any:
    """Every row is the same: `vecs` consecutive vectors from m[x]."""
    R, V = rows.literal_value, vecs.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        tile = _array(R, V, ir.Undefined)
        for v in range(V):
            loaded = build_load(builder, args[0], build_plus(builder, args[1], v * W))
            for r in range(R):
                tile = builder.insert_value(tile, loaded, r * V + v)
        return tile

    return kinds.TileType(R, V)(kinds.f32p, types.int64, rows, vecs), codegen


@intrinsic(prefer_literal=True)
def tile_raise(typingctx: Any, tile: Any, rows: Any) -> Any:
    """More rows below, all zero."""
    R, V = rows.literal_value, tile.vecs

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        more = _array(R, V, [ir.Constant(kinds.VECTOR, [0.0] * W)] * (R * V))
        for k in range(tile.rows * V):
            more = builder.insert_value(more, builder.extract_value(args[0], k), k)
        return more

    return kinds.TileType(R, V)(tile, rows), codegen


def lane_columns() -> list[list[int]]:
    """For each step of `tile_madd_lanes`, which lane of the input each lane of the output meets: W steps of W lanes.

    An input is not spread over a whole vector, but over each four lanes: that is one quick instruction, where a float
    that was stored in a vector before takes long to come back from memory. So each four lanes of the output meet their
    own four lanes of the input first, then the next four, and so on.
    """
    return [[(4 * (lane // 4 + part) + k) % W for lane in range(W)] for part in range(W // 4) for k in range(4)]


@intrinsic(prefer_literal=True)
def tile_madd_lanes(typingctx: Any, tile: Any, v: Any, m: Any, w: Any, columns: Any) -> Any:
    """The first `columns` steps of `lane_columns`, each with `vecs` vectors of weights, aligned, from m[w] on.

    tile[r, k] += the lanes * the vector k, where the rows take the columns in turn.
    """
    count = columns.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc, v, m, w, _ = args
        order = ir.VectorType(kinds.INT32, W)
        # Fenced, to LLVM it is another vector: else it turns each of the four that are spread, which takes longer.
        same = build_call(builder, "arithmetic.fence", v)
        for column in range(count):
            if column % 4 == 0:
                turn = ir.Constant(order, [lane + column for lane in range(W)])
                turned = build_call(builder, "arithmetic.fence", builder.shuffle_vector(v, same, turn))
            spread = ir.Constant(order, [lane // 4 * 4 + column % 4 for lane in range(W)])
            factor = builder.shuffle_vector(turned, turned, spread)
            for k in range(tile.vecs):
                at = build_pointer(builder, m, build_plus(builder, w, (column * tile.vecs + k) * W))
                weights = builder.load(at, align=4 * W)
                into = column % tile.rows * tile.vecs + k
                total = build_call(builder, "fmuladd", factor, weights, builder.extract_value(acc, into))
                acc = builder.insert_value(acc, total, into)
        return acc

    return tile(tile, kinds.vec, kinds.f32p, types.int64, columns), codegen


@intrinsic
def tile_add(typingctx: Any, tile: Any, m: Any, x: Any, stride: Any) -> Any:
    """tile[r, v] += the vector at m[x + r*stride + v*W]."""
    R, V = tile.rows, tile.vecs

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc, m, x, stride = args
        for r in range(R):
            for v in range(V):
                k = r * V + v
                more = build_load(builder, m, build_plus(builder, x, v * W))
                acc = builder.insert_value(acc, builder.fadd(builder.extract_value(acc, k), more), k)
            x = builder.add(x, stride)
        return acc

    return tile(tile, kinds.f32p, types.int64, types.int64), codegen


@intrinsic
def tile_mix(typingctx: Any, row: Any, m: Any, w: Any, tile: Any) -> Any:
    """One row of vectors: row[v] += m[w + r] * tile[r, v], over all rows of the tile."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc, m, w, values = args
        for r, factor in enumerate(_factors(builder, m, w, tile.rows)):
            for v in range(tile.vecs):
                product = builder.extract_value(values, r * tile.vecs + v)
                acc = builder.insert_value(
                    acc, build_call(builder, "fmuladd", factor, product, builder.extract_value(acc, v)), v
                )
        return acc

    return row(row, kinds.f32p, types.int64, tile), codegen


@intrinsic
def tile_sum(typingctx: Any, tile: Any, other: Any) -> Any:
    """Two tiles of the same shape, added."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc, other = args
        for k in range(tile.rows * tile.vecs):
            total = builder.fadd(builder.extract_value(acc, k), builder.extract_value(other, k))
            acc = builder.insert_value(acc, total, k)
        return acc

    return tile(tile, tile), codegen


@intrinsic
def tile_store(typingctx: Any, tile: Any, m: Any, x: Any, stride: Any) -> Any:
    """Write tile[r, v] to m[x + r*stride + v*W]."""
    R, V = tile.rows, tile.vecs

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc, m, x, stride = args
        for r in range(R):
            for v in range(V):
                build_store(builder, builder.extract_value(acc, r * V + v), m, build_plus(builder, x, v * W))
            x = builder.add(x, stride)
        return context.get_dummy_value()

    return types.void(tile, kinds.f32p, types.int64, types.int64), codegen


@intrinsic(prefer_literal=True)
def tile_get(typingctx: Any, tile: Any, k: Any) -> Any:
    """Vector k of the tile, counted along the rows."""
    K = k.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.extract_value(args[0], K)

    return kinds.vec(tile, k), codegen


@intrinsic
def tile_map(typingctx: Any, tile: Any, function: Any, parameter: Any) -> Any:
    """The tile with `function` (a kernel: vec, float32 -> vec) applied to every vector."""
    call = function.get_call_type(typingctx, (kinds.vec, types.float32), {})

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc = args[0]
        inner = context.get_function(function, call)
        context.add_linking_libs(getattr(inner, "libs", ()))
        for k in range(tile.rows * tile.vecs):
            acc = builder.insert_value(acc, inner(builder, [builder.extract_value(acc, k), args[2]]), k)
        return acc

    return tile(tile, function, types.float32), codegen
