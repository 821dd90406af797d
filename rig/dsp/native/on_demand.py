"""The compiler, imported when something really is compiled: a start that finds its code on disk does without it.

numba alone takes half a second to import, and again as long to make itself ready.
"""

from __future__ import annotations

import importlib
from typing import Any


class OnDemand:
    """Stands for a module, and imports it when the first of its names is asked for."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self._module), name)


numba: Any = OnDemand("numba")
extending: Any = OnDemand("numba.extending")
registry: Any = OnDemand("numba.core.registry")
types: Any = OnDemand("numba.core.types")
ir: Any = OnDemand("llvmlite.ir")
cgutils: Any = OnDemand("numba.core.cgutils")
# What rig teaches numba: pointers, vectors and tiles as types of their own.
kinds: Any = OnDemand("rig.dsp.native.numba_types")
# How rig's kernels go through numba.
pipeline: Any = OnDemand("rig.dsp.native.kernel_pipeline")
