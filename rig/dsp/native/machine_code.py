"""Machine code that lies in memory as a compiler's object file, made ready to be called. Without numba."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import llvmlite.binding as llvm

from .address import Address

NO_MODULE = ""  # an engine wants a module to begin with


def load(code: bytes, symbol: str) -> Address:
    """Where the function `symbol` starts once the object file is loaded; it stays there until the process ends.

    RuntimeError if the file has no such function or is none for this machine.
    """
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(NO_MODULE), _target_machine())
    engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address(symbol)
    if not address:
        raise RuntimeError(f"no function {symbol}")
    engine.detach()  # never taken down: an audio server may call it to the very end
    return Address(address)


@cache
def _target_machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    # numba gives every function a path that frees an error's values. Nothing here raises, but the name is looked up.
    if llvm.address_of_symbol("NRT_Free") is None:
        llvm.add_symbol("NRT_Free", ctypes.cast(ctypes.pythonapi.PyMem_RawFree, ctypes.c_void_p).value or 0)
    return llvm.Target.from_default_triple().create_target_machine(jit=True)
