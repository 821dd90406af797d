"""What numba makes of a kernel: LLVM's language and nothing more. Machine code is made of whole entries.

By itself numba makes machine code, and a way in from Python, of each function that it meets on its way up from the
innermost tile to the callback, and optimises all that lies below each of them again. Nobody calls a kernel alone: it
waits here until an entry is complete, which is then linked, optimised and translated once. That takes half the time and
half the memory, and the machine code plays the same samples at the same speed.

Imported by the compiler only. What numba itself calls `CodeLibrary` is the code of one function, with a list of the
libraries that it calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import llvmlite.binding as llvm
from numba import types
from numba.core.codegen import CodeLibrary, JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering
from numba.extending import models, register_model


class _KernelCode(JITCodeLibrary):  # type: ignore[misc]  # numba is untyped
    """Code of one kernel, which waits to be linked."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._shared_module: Any = None

    def _ensure_finalized(self) -> None:
        """It never becomes machine code of its own."""

    def _get_module_for_linking(self) -> Any:
        # This kernel alone, kept only where it is called.
        if self._shared_module is None:
            for function in self._final_module.functions:
                if not function.is_declaration and function.linkage == llvm.Linkage.external:
                    function.linkage = "linkonce_odr"
            self._shared_module = self._final_module
        return self._shared_module


class _EntryCode(JITCodeLibrary):  # type: ignore[misc]  # numba is untyped
    """Code of what is called from outside: with it go all kernels that it calls, through however many others."""

    def finalize(self) -> None:
        """Link what is below, each once; numba then optimises the whole."""
        self._linking_libraries = list(_all_below(self, set()))
        super().finalize()


def _all_below(code: CodeLibrary, seen: set[CodeLibrary]) -> Iterator[CodeLibrary]:
    for called in code._linking_libraries:
        if called not in seen:
            seen.add(called)
            yield called
            if isinstance(called, _KernelCode):  # of another, numba has linked what it calls
                yield from _all_below(called, seen)


@register_pass(mutates_CFG=True, analysis_only=False)
class _KernelLowering(NativeLowering):  # type: ignore[misc]  # numba is untyped
    _name = "kernel_lowering"

    def run_pass(self, state: Any) -> bool:
        """Write LLVM's language, and tell numba by which key callers find it."""
        state.library = _KernelCode(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        done: bool = super().run_pass(state)
        key = list[Any]().append  # numba wants a built-in function here: each list has one of its own
        state.targetctx.insert_user_function(key, state.cr.fndesc, [state.library])
        state.cr = state.cr._replace(cfunc=key)
        return done


@register_pass(mutates_CFG=True, analysis_only=False)
class _EntryLowering(NativeLowering):  # type: ignore[misc]  # numba is untyped
    _name = "entry_lowering"

    def run_pass(self, state: Any) -> bool:
        """As numba does it, into a library that links whatever is below."""
        state.library = _EntryCode(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        done: bool = super().run_pass(state)
        return done


class _Compiler(CompilerBase):  # type: ignore[misc]  # numba is untyped
    """numba's own steps, with another last one."""

    lowering: type[NativeLowering]

    def define_pipelines(self) -> list[Any]:
        """The steps that numba takes."""
        steps = DefaultPassBuilder.define_nopython_pipeline(self.state)
        steps.passes = [(self.lowering if step is NativeLowering else step, text) for step, text in steps.passes]
        steps.finalize()
        return [steps]


class KernelType(types.Dispatcher):  # type: ignore[misc]  # numba is untyped
    """To numba's type inference, a kernel that other kernels call."""

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        """As if no argument were written out: `t = 0` before a loop else compiles what takes t for that 0, in vain."""
        return super().get_call_type(context, tuple(map(types.unliteral, args)), kws)


register_model(KernelType)(models.OpaqueModel)


class KernelCompiler(_Compiler):
    """For what compiled code calls."""

    lowering = _KernelLowering


class EntryCompiler(_Compiler):
    """For what is called by address, or from Python."""

    lowering = _EntryLowering
