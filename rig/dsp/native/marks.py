"""Functions that are compiled: marked where they are defined, given to numba when something that calls them is.

numba asks each global name that a kernel mentions for its type (`_numba_type_`). What is marked here answers with what
numba would have made of it at once, so a module full of kernels can be imported without numba.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cached_property
from typing import Any

from .on_demand import extending, numba, pipeline, registry


def ready() -> None:
    """Teach numba what rig adds to it, so far as it is imported. Before anything is compiled: numba looks only then."""
    importlib.import_module(".numba_types", __package__)
    for written in _intrinsics:
        _ = written.known_to_numba


class Kernel:
    """A function that compiled code calls. From Python it can be called too, and is compiled for that."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self.py_func, self._options = function, options
        self.__doc__, self.__name__, self.__module__ = function.__doc__, function.__name__, function.__module__

    @cached_property
    def dispatcher(self) -> Any:
        """numba's own, for compiled code that calls it."""
        ready()
        options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, **self._options}
        return numba.njit(pipeline_class=pipeline.KernelCompiler, **options)(self.py_func)

    @cached_property
    def _from_python(self) -> Any:
        ready()
        return numba.njit(pipeline_class=pipeline.EntryCompiler, **self._options)(self.py_func)

    @property
    def _numba_type_(self) -> Any:
        return pipeline.KernelType(self.dispatcher)

    def __call__(self, *args: Any) -> Any:
        """Call from Python: compiled for the types at hand, and not kept."""
        return self._from_python(*args)


class Intrinsic:
    """A function that writes LLVM, called by kernels only: `intrinsic` of numba, which see."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self.function, self._options = function, options
        self.__doc__, self.__name__, self.__module__ = function.__doc__, function.__name__, function.__module__

    @cached_property
    def known_to_numba(self) -> Any:
        """numba's own."""
        mark = extending.intrinsic(**self._options) if self._options else extending.intrinsic
        return mark(self.function)

    @property
    def _numba_type_(self) -> Any:
        return registry.cpu_target.typing_context.resolve_value_type(self.known_to_numba)


_intrinsics: list[Intrinsic] = []


def intrinsic(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Mark a function that writes LLVM; it is written with a typing context in front and called without."""

    def mark(function: Callable[..., Any]) -> Intrinsic:
        _intrinsics.append(Intrinsic(function, options))
        return _intrinsics[-1]

    return mark if function is None else mark(function)
