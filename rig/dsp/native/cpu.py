"""The CPU that is compiled for: the one at hand, or the one that numba's environment variables name."""

from __future__ import annotations

import os

import llvmlite.binding as llvm


def cpu_name() -> str:
    """As LLVM calls it."""
    return os.environ.get("NUMBA_CPU_NAME") or str(llvm.get_host_cpu_name())


def cpu_features() -> str:
    """As one comma-separated string (`+avx2,-avx512f,...`); empty where LLVM cannot tell."""
    named = os.environ.get("NUMBA_CPU_FEATURES")
    if named is not None:
        return named
    try:
        return str(llvm.get_host_cpu_features().flatten())
    except RuntimeError:
        return ""
