"""Machine code that lies in memory as a compiler's object file, made ready to be called. Without numba."""

from __future__ import annotations

import ctypes
from collections.abc import Collection
from functools import cache
from typing import Any

import llvmlite.binding as llvm

from .address import Address

NO_MODULE = ""  # an engine wants a module to begin with
# What LLVM makes of a loop that copies or clears.
PROVIDED = {"memset": ctypes.memset, "memmove": ctypes.memmove, "memcpy": ctypes.memmove}


def load(code: bytes, symbol: str, externals: Collection[str]) -> Address:
    """Where the function `symbol` starts once the object file is loaded; it stays there until the process ends.

    `externals`: the names that the object file takes from elsewhere. RuntimeError if it has no such function.
    """
    machine = _target_machine()
    for name in externals:
        if llvm.address_of_symbol(name) is None:  # if LLVM misses one it fills in none
            llvm.add_symbol(name, _address_of(name))
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(NO_MODULE), machine)
    engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address(symbol)
    if not address:
        raise RuntimeError(f"no function {symbol}")
    engine.detach()  # never taken down: an audio server may call it to the very end
    return Address(address)


def external_names(text: str) -> list[str]:
    """What a module in LLVM's language takes from elsewhere, and what its instructions may come to need."""
    module = llvm.parse_assembly(text)
    functions = [f.name for f in module.functions if f.is_declaration and not f.name.startswith("llvm.")]
    return sorted({*functions, *(v.name for v in module.global_variables if v.is_declaration), *PROVIDED})


def _address_of(name: str) -> int:
    """An external name of the C library or of Python; for numba's own helpers a function that ends the process.

    numba puts in ways to raise an error with values; the audit of the tests proves that no such way is taken. If numba
    is used in this process all the same, it puts its own in their place.
    """
    if name in PROVIDED:
        return _as_int(PROVIDED[name])
    try:
        return ctypes.addressof(ctypes.c_byte.in_dll(ctypes.pythonapi, name))
    except ValueError:
        return _as_int(ctypes.pythonapi.Py_FatalError)


def _as_int(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


@cache
def _target_machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(jit=True)
