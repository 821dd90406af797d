"""What rig teaches numba: pointers, a vector of W floats and a tile of such vectors as value types, with arithmetic.

Imported by the compiler only (`on_demand.kinds`): kernels say what they do with these in `pointers.py`, `simd.py` and
`tile.py`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from .simd import CONTRACT, W, build_splat

FLOAT, INT32 = ir.FloatType(), ir.IntType(32)
I8, I32, I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
# What a C function takes and returns, by the letters of `signature.py`.
C_TYPES = {"v": ir.VoidType(), "i": I32, "u": I32, "l": I64, "f": FLOAT, "d": ir.DoubleType()}
VECTOR = ir.VectorType(FLOAT, W)

f32p, f64p, i64p = types.CPointer(types.float32), types.CPointer(types.float64), types.CPointer(types.int64)
u8p = types.CPointer(types.uint8)


class VecType(types.Type):  # type: ignore[misc]  # numba is untyped
    """W float32, one register."""

    def __init__(self) -> None:
        super().__init__(name=f"vec{W}")


@register_model(VecType)
class _VecModel(models.PrimitiveModel):  # type: ignore[misc]  # numba is untyped
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, VECTOR)


vec = VecType()


class TileType(types.Type):  # type: ignore[misc]  # numba is untyped
    """R rows of V vectors; LLVM splits it into R*V registers."""

    def __init__(self, rows: int, vecs: int) -> None:
        self.rows, self.vecs = rows, vecs
        super().__init__(name=f"tile{rows}x{vecs}x{W}")


@register_model(TileType)
class _TileModel(models.PrimitiveModel):  # type: ignore[misc]  # numba is untyped
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, ir.ArrayType(VECTOR, fe_type.rows * fe_type.vecs))


def _operator(op: Callable[..., Any], instruction: str) -> None:
    """Teach numba `op` between vecs, and between a vec and a float."""

    @infer_global(op)
    class _Template(AbstractTemplate):  # type: ignore[misc]  # numba is untyped
        def generic(self, args: Any, kws: Any) -> Any:
            if vec in args and all(x == vec or isinstance(x, types.Float | types.Integer) for x in args):
                return signature(vec, *(x if x == vec else types.float32 for x in args))
            return None

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        a, b = (x if t == vec else build_splat(builder, x) for x, t in zip(args, sig.args, strict=True))
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
