"""Plain addresses inside compiled code: records, atomics, C functions, the floating-point control word.

All state of the audio thread lives in memory that Python owns (`memory.py`); kernels receive its address as an int64
and look at it through these. Nothing here can raise, allocate or reach Python. No address is ever a global constant:
numba would keep a stale one in its cache.
"""

from __future__ import annotations

import operator
import platform
from collections.abc import Callable
from typing import Any

import numpy as np

from .address import Address
from .marks import intrinsic
from .on_demand import ir, kinds, types
from .signature import LETTERS

# Conversions inside compiled code.
int64: Any = np.int64
uint32: Any = np.uint32

Record = Any  # a record as compiled code looks at it: its fields are attributes

_MACHINE = platform.machine().lower()
_X86, _ARM = _MACHINE in ("x86_64", "amd64", "i686"), _MACHINE in ("aarch64", "arm64")
# Flush denormals to zero: FTZ and DAZ of MXCSR on x86, FZ of FPCR on ARM. JACK does not; a tail on denormals costs x65.
FLUSH_BITS = 0x8040 if _X86 else 1 << 24 if _ARM else 0


def _to_pointer(pointer_type: str) -> Callable[[Address], Any]:
    @intrinsic
    def at(typingctx: Any, address: Any) -> Any:
        kind = getattr(kinds, pointer_type)

        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], context.get_value_type(kind))

        return kind(types.int64), codegen

    return at


floats = _to_pointer("f32p")  # address -> pointer to float32; index it like an array, without bounds or wrap-around
doubles = _to_pointer("f64p")  # address -> pointer to float64
ints = _to_pointer("i64p")  # address -> pointer to int64
octets = _to_pointer("u8p")  # address -> pointer to uint8


@intrinsic
def _record(typingctx: Any, address: Any, dtype: Any) -> Any:
    """Look at the memory behind an address as one record of a structured dtype (a module-level constant)."""
    kind = dtype.dtype

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(kind))

    return kind(types.int64, dtype), codegen


record: Callable[[Address, Any], Any] = _record


@intrinsic
def pointer_to_int(typingctx: Any, pointer: Any) -> Any:
    """The address behind a `void*`, as a callback receives it."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.ptrtoint(args[0], kinds.I64)

    return types.int64(types.voidptr), codegen


# ---------------------------------------------------------------- atomics on an int64
def _pointer(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, kinds.I64.as_pointer())


@intrinsic
def _load_acquire(typingctx: Any, address: Any) -> Any:
    """Read an int64; what was written before its `store_release` is visible afterwards."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load_atomic(_pointer(builder, args[0]), "acquire", 8)

    return types.int64(types.int64), codegen


load_acquire: Callable[[Address], Any] = _load_acquire


@intrinsic
def _store_release(typingctx: Any, address: Any, value: Any) -> Any:
    """Write an int64 after everything that was written before."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store_atomic(args[1], _pointer(builder, args[0]), "release", 8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


store_release: Callable[[Address, int], None] = _store_release


def _read_modify_write(operation: str) -> Callable[[Address, int], Any]:
    @intrinsic
    def rmw(typingctx: Any, address: Any, value: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return builder.atomic_rmw(operation, _pointer(builder, args[0]), args[1], "acq_rel")

        return types.int64(types.int64, types.int64), codegen

    return rmw


exchange = _read_modify_write("xchg")  # (address, value) -> the value before
fetch_add = _read_modify_write("add")  # (address, value) -> the value before


# ---------------------------------------------------------------- C functions by address
def foreign(result: str, *arguments: str) -> Any:
    """Make a caller for C functions of one signature: `foreign("i", "l")(function, x)`.

    Letters: see `signature.LETTERS`; l stands for any pointer too.
    """

    def build() -> Any:
        result_type, *argument_types = (getattr(types, LETTERS[letter].numba) for letter in (result, *arguments))
        llvm_types = [kinds.C_TYPES[letter] for letter in (result, *arguments)]
        function_type = ir.FunctionType(llvm_types[0], llvm_types[1:])

        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            function = builder.inttoptr(args[0], function_type.as_pointer())
            value = builder.call(function, args[1:])
            return context.get_dummy_value() if result == "v" else value

        return result_type(types.int64, *argument_types), codegen

    return intrinsic(_CALLERS[len(arguments)](build))


# An intrinsic must name its arguments, so there is one shape per count.
_CALLERS: dict[int, Callable[[Callable[[], Any]], Callable[..., Any]]] = {
    0: lambda build: lambda typingctx, function: build(),
    1: lambda build: lambda typingctx, function, a: build(),
    2: lambda build: lambda typingctx, function, a, b: build(),
    3: lambda build: lambda typingctx, function, a, b, c: build(),
    4: lambda build: lambda typingctx, function, a, b, c, d: build(),
    5: lambda build: lambda typingctx, function, a, b, c, d, e: build(),
}


# ---------------------------------------------------------------- floating-point control
@intrinsic
def get_float_control(typingctx: Any) -> Any:
    """MXCSR or FPCR; 0 where neither exists."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        if _X86:
            slot = builder.alloca(kinds.I32)
            raw = builder.bitcast(slot, kinds.I8.as_pointer())
            get = builder.module.declare_intrinsic(
                "llvm.x86.sse.stmxcsr", (), ir.FunctionType(ir.VoidType(), [raw.type])
            )
            builder.call(get, [raw])
            return builder.zext(builder.load(slot), kinds.I64)
        if _ARM:
            get = builder.module.declare_intrinsic("llvm.aarch64.get.fpcr", (), ir.FunctionType(kinds.I64, []))
            return builder.call(get, [])
        return ir.Constant(kinds.I64, 0)

    return types.int64(), codegen


@intrinsic
def set_float_control(typingctx: Any, value: Any) -> Any:
    """Write what `get_float_control` read, or that with `FLUSH_BITS` set."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        if _X86:
            slot = builder.alloca(kinds.I32)
            builder.store(builder.trunc(args[0], kinds.I32), slot)
            raw = builder.bitcast(slot, kinds.I8.as_pointer())
            put = builder.module.declare_intrinsic(
                "llvm.x86.sse.ldmxcsr", (), ir.FunctionType(ir.VoidType(), [raw.type])
            )
            builder.call(put, [raw])
        elif _ARM:
            put = builder.module.declare_intrinsic(
                "llvm.aarch64.set.fpcr", (), ir.FunctionType(ir.VoidType(), [kinds.I64])
            )
            builder.call(put, [args[0]])
        return context.get_dummy_value()

    return types.void(types.int64), codegen


def offset(dtype: Any, field: str) -> int:
    """Bytes from the start of a record to one of its fields, for the atomics."""
    return int(operator.getitem(dtype.fields[field], 1))
