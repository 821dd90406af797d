"""Explicit SIMD for numba: a vector of W floats. Tiles of such vectors stand in `tile.py`.

numba's vectoriser gives up on plain loops over addresses (it must assume that they overlap). Here a kernel says what
is a vector; LLVM does the rest: registers, fused multiply-adds, the instructions of the CPU at hand.

    vec            W float32 side by side: + - * / with a vec or a float, fma, vmin, vmax, vabs, ...

All memory is reached as `m[i]`: a `float*` and an int64 index, unaligned unless said otherwise.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm

from .cpu import cpu_features
from .marks import intrinsic
from .on_demand import cgutils, ir, kinds, types


def lanes(features: str) -> int:
    """Floats in the CPU's widest vector. Wider ones are legal but spill; narrower ones waste the units."""
    names = features.split(",")
    return 16 if "+avx512f" in names else 8 if "+avx" in names else 4


W = lanes(cpu_features())
# Vector registers: tiles must fit in them, or every step of the inner loop goes through memory.
_ARM = llvm.get_default_triple().startswith(("aarch64", "arm64"))
REGISTERS = 32 if W == 16 or _ARM else 16
# Whether a multiply-add may take one lane of a vector as the factor of all lanes.
FACTOR_IN_LANE = _ARM

CONTRACT = ("contract",)  # a*b + c may become one fused multiply-add


# ---------------------------------------------------------------- writing LLVM
def build_pointer(builder: Any, m: Any, index: Any) -> Any:
    """The vector at m[index], as a pointer."""
    return builder.bitcast(builder.gep(m, [index], inbounds=True), kinds.VECTOR.as_pointer())


def build_load(builder: Any, m: Any, index: Any) -> Any:
    """Read the vector at m[index]."""
    return builder.load(build_pointer(builder, m, index), align=4)


def build_store(builder: Any, value: Any, m: Any, index: Any) -> None:
    """Write a vector to m[index]."""
    builder.store(value, build_pointer(builder, m, index), align=4)


def build_splat(builder: Any, scalar: Any) -> Any:
    """A scalar in every lane."""
    undefined = ir.Constant(kinds.VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(kinds.INT32, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(kinds.INT32, W), [0] * W))


def build_broadcast(builder: Any, m: Any, index: Any) -> Any:
    """The float at m[index] in every lane."""
    return build_splat(builder, builder.load(builder.gep(m, [index], inbounds=True)))


def build_call(builder: Any, name: str, *args: Any) -> Any:
    """Call an intrinsic of LLVM on vectors."""
    kind = ir.FunctionType(kinds.VECTOR, [a.type for a in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{W}f32"), args)


def build_plus(builder: Any, index: Any, k: int) -> Any:
    """`index` + k."""
    return builder.add(index, ir.Constant(index.type, k)) if k else index


# ---------------------------------------------------------------- vec
@intrinsic
def load(typingctx: Any, m: Any, i: Any) -> Any:
    """The vector at m[i]."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return build_load(builder, *args)

    return kinds.vec(kinds.f32p, types.int64), codegen


@intrinsic
def store(typingctx: Any, m: Any, i: Any, v: Any) -> Any:
    """Write the vector to m[i]."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        build_store(builder, args[2], args[0], args[1])
        return context.get_dummy_value()

    return types.void(kinds.f32p, types.int64, kinds.vec), codegen


@intrinsic
def prefetch(typingctx: Any, m: Any, i: Any) -> Any:
    """Ask for the cache line of m[i], which is read soon; nothing else happens, whatever lies there."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        numbers = [ir.IntType(32)] * 3
        at = builder.bitcast(builder.gep(args[0], [args[1]]), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [at.type, *numbers])
        name = f"llvm.prefetch.p0{'' if llvm.llvm_version_info[0] >= 15 else 'i8'}"
        wants = [ir.Constant(number, value) for number, value in zip(numbers, (0, 3, 1), strict=True)]
        builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [at, *wants])
        return context.get_dummy_value()

    return types.void(kinds.f32p, types.int64), codegen


@intrinsic
def splat(typingctx: Any, s: Any) -> Any:
    """The same number in every lane."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return build_splat(builder, args[0])

    return kinds.vec(types.float32), codegen


@intrinsic
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """a*b + c, fused where the CPU can (llvm.fma would become a library call per lane where it cannot)."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return build_call(builder, "fmuladd", *args)

    return kinds.vec(kinds.vec, kinds.vec, kinds.vec), codegen


def _binary(name: str) -> Any:
    @intrinsic
    def function(typingctx: Any, a: Any, b: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return build_call(builder, name, *args)

        return kinds.vec(kinds.vec, kinds.vec), codegen

    return function


vmin, vmax = _binary("minnum"), _binary("maxnum")  # of a NaN and a number: the number


@intrinsic
def vabs(typingctx: Any, a: Any) -> Any:
    """Absolute value."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return build_call(builder, "fabs", *args)

    return kinds.vec(kinds.vec), codegen


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
        kind = ir.FunctionType(kinds.VECTOR, [kinds.VECTOR, kinds.VECTOR, every.type])
        estimate = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.rcp14.ps.512")
        inverse = builder.call(estimate, [b, ir.Constant(kinds.VECTOR, [0.0] * W), every])
        error = build_call(builder, "fmuladd", builder.fneg(b), inverse, ir.Constant(kinds.VECTOR, [1.0] * W))
        near = builder.fmul(a, inverse)
        return build_call(builder, "fmuladd", near, error, near)

    return kinds.vec(kinds.vec, kinds.vec), codegen


@intrinsic
def where_positive(typingctx: Any, x: Any, a: Any, b: Any) -> Any:
    """Lane by lane: a where x > 0, else b."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        zero = ir.Constant(kinds.VECTOR, [0.0] * W)
        return builder.select(builder.fcmp_ordered(">", args[0], zero), args[1], args[2])

    return kinds.vec(kinds.vec, kinds.vec, kinds.vec), codegen


# Added to a float below 2**22 and taken away again, it leaves the nearest whole number, which in between stands in the
# lowest bits.
ROUNDING = 1.5 * 2.0**23
_ROUNDS = W == 8 or (W == 4 and (_ARM or "+sse4.1" in cpu_features().split(",")))  # AVX-512 adds as fast as it rounds


@intrinsic
def nearest(typingctx: Any, v: Any) -> Any:
    """The nearest whole numbers; without an instruction for that, of what is smaller than 2**22."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        if _ROUNDS:
            return build_call(builder, "roundeven", *args)
        much = ir.Constant(kinds.VECTOR, [ROUNDING] * W)
        return builder.fsub(builder.fadd(args[0], much), much)

    return kinds.vec(kinds.vec), codegen


@intrinsic
def times_power(typingctx: Any, v: Any, n: Any) -> Any:
    """v * 2**(n - ROUNDING) where n - ROUNDING is a whole number and the product neither tiny nor huge."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        bits = ir.VectorType(kinds.INT32, W)
        value, exponent = (builder.bitcast(a, bits) for a in args)
        exponent = builder.shl(exponent, ir.Constant(bits, [23] * W))  # of ROUNDING, nothing is left
        return builder.bitcast(builder.add(value, exponent), kinds.VECTOR)

    return kinds.vec(kinds.vec, kinds.vec), codegen


@intrinsic
def vsum(typingctx: Any, v: Any) -> Any:
    """The sum of all lanes, in an order of LLVM's choice."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(kinds.FLOAT, [kinds.FLOAT, kinds.VECTOR])
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fadd.v{W}f32")
        return builder.call(function, [ir.Constant(kinds.FLOAT, 0.0), args[0]], fastmath=("reassoc",))

    return types.float32(kinds.vec), codegen
