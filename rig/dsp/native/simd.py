"""Explicit SIMD for numba: a vector of W floats, and a tile of R x V such vectors.

numba's vectoriser gives up on plain loops over addresses (it must assume that they overlap). Here a kernel says what
is a vector; LLVM does the rest: registers, fused multiply-adds, the instructions of the CPU at hand.

    vec            W float32 side by side: + - * / with a vec or a float, fma, vmin, vmax, vabs, ...
    tile R x V     the accumulators of a small matrix product: R outputs, each V vectors of consecutive frames

All memory is reached as `m[i]`: a `float*` and an int64 index, unaligned unless said otherwise.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from .compile import cpu_features
from .pointers import f32p


def lanes(features: str) -> int:
    """Floats in the CPU's widest vector. Wider ones are legal but spill; narrower ones waste the units."""
    names = features.split(",")
    return 16 if "+avx512f" in names else 8 if "+avx" in names else 4


W = lanes(cpu_features())
# Vector registers: tiles must fit in them, or every step of the inner loop goes through memory.
REGISTERS = 32 if W == 16 or llvm.get_default_triple().startswith(("aarch64", "arm64")) else 16

FLOAT, INT32 = ir.FloatType(), ir.IntType(32)
VECTOR = ir.VectorType(FLOAT, W)
CONTRACT = ("contract",)  # a*b + c may become one fused multiply-add


class VecType(types.Type):
    """W float32, one register."""

    def __init__(self) -> None:
        super().__init__(name=f"vec{W}")


class TileType(types.Type):
    """R rows of V vectors; LLVM splits it into R*V registers."""

    def __init__(self, rows: int, vecs: int) -> None:
        self.rows, self.vecs = rows, vecs
        super().__init__(name=f"tile{rows}x{vecs}x{W}")


@register_model(VecType)
class _VecModel(models.PrimitiveModel):  # type: ignore[misc]  # numba is untyped
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, VECTOR)


@register_model(TileType)
class _TileModel(models.PrimitiveModel):  # type: ignore[misc]  # numba is untyped
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, ir.ArrayType(VECTOR, fe_type.rows * fe_type.vecs))


vec = VecType()


# ---------------------------------------------------------------- writing LLVM
def _vector_at(builder: Any, m: Any, index: Any) -> Any:
    return builder.bitcast(builder.gep(m, [index], inbounds=True), VECTOR.as_pointer())


def _load(builder: Any, m: Any, index: Any) -> Any:
    return builder.load(_vector_at(builder, m, index), align=4)


def _store(builder: Any, value: Any, m: Any, index: Any) -> None:
    builder.store(value, _vector_at(builder, m, index), align=4)


def _splat(builder: Any, scalar: Any) -> Any:
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(INT32, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(INT32, W), [0] * W))


def _broadcast(builder: Any, m: Any, index: Any) -> Any:
    return _splat(builder, builder.load(builder.gep(m, [index], inbounds=True)))


def _call(builder: Any, name: str, *args: Any) -> Any:
    kind = ir.FunctionType(VECTOR, [a.type for a in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{W}f32"), args)


def _plus(builder: Any, index: Any, k: int) -> Any:
    return builder.add(index, ir.Constant(index.type, k)) if k else index


# ---------------------------------------------------------------- vec
@intrinsic
def load(typingctx: Any, m: Any, i: Any) -> Any:
    """The vector at m[i]."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _load(builder, *args)

    return vec(f32p, types.int64), codegen


@intrinsic
def store(typingctx: Any, m: Any, i: Any, v: Any) -> Any:
    """Write the vector to m[i]."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        _store(builder, args[2], args[0], args[1])
        return context.get_dummy_value()

    return types.void(f32p, types.int64, vec), codegen


@intrinsic
def splat(typingctx: Any, s: Any) -> Any:
    """The same number in every lane."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _splat(builder, args[0])

    return vec(types.float32), codegen


@intrinsic
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """a*b + c, fused where the CPU can (llvm.fma would become a library call per lane where it cannot)."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _call(builder, "fmuladd", *args)

    return vec(vec, vec, vec), codegen


def _binary(name: str) -> Any:
    @intrinsic
    def function(typingctx: Any, a: Any, b: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return _call(builder, name, *args)

        return vec(vec, vec), codegen

    return function


vmin, vmax = _binary("minnum"), _binary("maxnum")  # of a NaN and a number: the number


@intrinsic
def vabs(typingctx: Any, a: Any) -> Any:
    """Absolute value."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _call(builder, "fabs", *args)

    return vec(vec), codegen


@intrinsic
def quotient(typingctx: Any, a: Any, b: Any) -> Any:
    """a / b; with AVX-512, where a division is slow, by an estimate of 1/b and one step of Newton's method.

    The step squares the estimate's relative error of 2**-14. For finite b between 1e-37 and 1e37.
    """

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        a, b = args
        if W < 16:
            return builder.fdiv(a, b)
        every = ir.Constant(ir.IntType(W), -1)
        kind = ir.FunctionType(VECTOR, [VECTOR, VECTOR, every.type])
        estimate = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.rcp14.ps.512")
        inverse = builder.call(estimate, [b, ir.Constant(VECTOR, [0.0] * W), every])
        error = _call(builder, "fmuladd", builder.fneg(b), inverse, ir.Constant(VECTOR, [1.0] * W))
        near = builder.fmul(a, inverse)
        return _call(builder, "fmuladd", near, error, near)

    return vec(vec, vec), codegen


@intrinsic
def where_positive(typingctx: Any, x: Any, a: Any, b: Any) -> Any:
    """Lane by lane: a where x > 0, else b."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        zero = ir.Constant(VECTOR, [0.0] * W)
        return builder.select(builder.fcmp_ordered(">", args[0], zero), args[1], args[2])

    return vec(vec, vec, vec), codegen


@intrinsic
def vsum(typingctx: Any, v: Any) -> Any:
    """The sum of all lanes, in an order of LLVM's choice."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(FLOAT, [FLOAT, VECTOR])
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fadd.v{W}f32")
        return builder.call(function, [ir.Constant(FLOAT, 0.0), args[0]], fastmath=("reassoc",))

    return types.float32(vec), codegen


def _operator(op: Callable[..., Any], instruction: str) -> None:
    """Teach numba `op` between vecs, and between a vec and a float."""

    @infer_global(op)
    class _Template(AbstractTemplate):  # type: ignore[misc]  # numba is untyped
        def generic(self, args: Any, kws: Any) -> Any:
            if vec in args and all(x == vec or isinstance(x, types.Float | types.Integer) for x in args):
                return signature(vec, *(x if x == vec else types.float32 for x in args))
            return None

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        a, b = (x if t == vec else _splat(builder, x) for x, t in zip(args, sig.args, strict=True))
        return getattr(builder, instruction)(a, b, flags=CONTRACT)

    for kinds in ((VecType, VecType), (VecType, types.Float), (types.Float, VecType)):
        lower_builtin(op, *kinds)(lower)


for _op, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _operator(_op, _instruction)


# ---------------------------------------------------------------- tile
def _array(rows: int, vecs: int, content: Any) -> Any:
    return ir.Constant(ir.ArrayType(VECTOR, rows * vecs), content)


@intrinsic(prefer_literal=True)
def tile_zero(typingctx: Any, rows: Any, vecs: Any) -> Any:
    """All accumulators zero; rows and vecs are integers of the surrounding factory."""
    R, V = rows.literal_value, vecs.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _array(R, V, [ir.Constant(VECTOR, [0.0] * W)] * (R * V))

    return TileType(R, V)(rows, vecs), codegen


@intrinsic(prefer_literal=True)
def tile_bias(typingctx: Any, m: Any, w: Any, rows: Any, vecs: Any) -> Any:
    """Row r is filled with m[w + r]."""
    R, V = rows.literal_value, vecs.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        tile = _array(R, V, ir.Undefined)
        for r in range(R):
            bias = _broadcast(builder, args[0], _plus(builder, args[1], r))
            for v in range(V):
                tile = builder.insert_value(tile, bias, r * V + v)
        return tile

    return TileType(R, V)(f32p, types.int64, rows, vecs), codegen


def _madd(builder: Any, tile: Any, acc: Any, m: Any, x: Any, factor_at: Callable[[int], Any]) -> Any:
    xs = [_load(builder, m, _plus(builder, x, v * W)) for v in range(tile.vecs)]
    for r in range(tile.rows):
        factor = _broadcast(builder, m, factor_at(r))
        for v in range(tile.vecs):
            k = r * tile.vecs + v
            total = _call(builder, "fmuladd", factor, xs[v], builder.extract_value(acc, k))
            acc = builder.insert_value(acc, total, k)
    return acc


@intrinsic
def tile_madd(typingctx: Any, tile: Any, m: Any, w: Any, x: Any) -> Any:
    """tile[r, v] += m[w + r] * (the vector at m[x + v*W]): one input into all R outputs."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc, m, w, x = args
        return _madd(builder, tile, acc, m, x, lambda r: _plus(builder, w, r))

    return tile(tile, f32p, types.int64, types.int64), codegen


@intrinsic
def tile_madd_far(typingctx: Any, tile: Any, m: Any, w: Any, stride: Any, x: Any) -> Any:
    """tile[r, v] += m[w + r*stride] * (the vector at m[x + v*W])."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc, m, w, stride, x = args
        factors = [w]
        for _ in range(1, tile.rows):
            factors.append(builder.add(factors[-1], stride))
        return _madd(builder, tile, acc, m, x, factors.__getitem__)

    return tile(tile, f32p, types.int64, types.int64, types.int64), codegen


@intrinsic(prefer_literal=True)
def tile_repeat(typingctx: Any, m: Any, x: Any, rows: Any, vecs: Any) -> Any:
    """Every row is the same: `vecs` consecutive vectors from m[x]."""
    R, V = rows.literal_value, vecs.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        tile = _array(R, V, ir.Undefined)
        for v in range(V):
            loaded = _load(builder, args[0], _plus(builder, args[1], v * W))
            for r in range(R):
                tile = builder.insert_value(tile, loaded, r * V + v)
        return tile

    return TileType(R, V)(f32p, types.int64, rows, vecs), codegen


@intrinsic
def tile_add(typingctx: Any, tile: Any, m: Any, x: Any, stride: Any) -> Any:
    """tile[r, v] += the vector at m[x + r*stride + v*W]."""
    R, V = tile.rows, tile.vecs

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc, m, x, stride = args
        for r in range(R):
            for v in range(V):
                k = r * V + v
                more = _load(builder, m, _plus(builder, x, v * W))
                acc = builder.insert_value(acc, builder.fadd(builder.extract_value(acc, k), more), k)
            x = builder.add(x, stride)
        return acc

    return tile(tile, f32p, types.int64, types.int64), codegen


@intrinsic
def tile_mix(typingctx: Any, row: Any, m: Any, w: Any, tile: Any) -> Any:
    """One row of vectors: row[v] += m[w + r] * tile[r, v], over all rows of the tile."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc, m, w, values = args
        for r in range(tile.rows):
            factor = _broadcast(builder, m, _plus(builder, w, r))
            for v in range(tile.vecs):
                product = builder.extract_value(values, r * tile.vecs + v)
                acc = builder.insert_value(
                    acc, _call(builder, "fmuladd", factor, product, builder.extract_value(acc, v)), v
                )
        return acc

    return row(row, f32p, types.int64, tile), codegen


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
                _store(builder, builder.extract_value(acc, r * V + v), m, _plus(builder, x, v * W))
            x = builder.add(x, stride)
        return context.get_dummy_value()

    return types.void(tile, f32p, types.int64, types.int64), codegen


@intrinsic(prefer_literal=True)
def tile_get(typingctx: Any, tile: Any, k: Any) -> Any:
    """Vector k of the tile, counted along the rows."""
    K = k.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.extract_value(args[0], K)

    return vec(tile, k), codegen


@intrinsic
def tile_map(typingctx: Any, tile: Any, function: Any, parameter: Any) -> Any:
    """The tile with `function` (a kernel: vec, float32 -> vec) applied to every vector."""
    call = function.get_call_type(typingctx, (vec, types.float32), {})

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        acc = args[0]
        inner = context.get_function(function, call)
        context.add_linking_libs(getattr(inner, "libs", ()))
        for k in range(tile.rows * tile.vecs):
            acc = builder.insert_value(acc, inner(builder, [builder.extract_value(acc, k), args[2]]), k)
        return acc

    return tile(tile, function, types.float32), codegen
