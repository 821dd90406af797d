"""What numba makes of a kernel: LLVM's language and nothing more. Machine code is made of whole entries.

By itself numba makes machine code, and a way in from Python, of each function that it meets on its way up from the
innermost tile to the callback, and optimises all that lies below each of them again. Nobody calls a kernel alone: it
waits here until an entry is complete, which is then linked, optimised and translated once. That takes half the time and
half the memory, and the machine code plays the same samples at the same speed.

Of numba's steps, those are left out that change nothing in a kernel, which has no arrays, closures or exceptions;
others are taken without what numba does beside them, such as telling whoever may listen. That takes another fifth of
the time, and the machine code is the same to the byte.

Imported by the compiler only. What numba itself calls `CodeLibrary` is the code of one function, with a list of the
libraries that it calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

import llvmlite.binding as llvm
from numba import types
from numba.core.cgutils import alloca_once
from numba.core.codegen import CodeLibrary, JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import PassManager, _pass_registry, register_pass
from numba.core.errors import LoweringError, new_error_context  # type: ignore[attr-defined]  # numba is untyped
from numba.core.ir import UNDEFINED, Arg, Assign, Del
from numba.core.ir_utils import build_definitions
from numba.core.lowering import Lower
from numba.core.rewrites import rewrite_registry
from numba.core.ssa import reconstruct_ssa
from numba.core.transforms import canonicalize_cfg
from numba.core.typed_passes import NativeLowering, NopythonTypeInference, PreLowerStripPhis
from numba.core.untyped_passes import GenericRewrites, IRProcessing, ReconstructSSA
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


class _Lowering(NativeLowering):  # type: ignore[misc]  # numba is untyped
    """What kernels and entries are written with."""

    @property
    def lowering_class(self) -> type[Lower]:
        return _Lower


@register_pass(mutates_CFG=True, analysis_only=False)
class _KernelLowering(_Lowering):
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
class _EntryLowering(_Lowering):
    _name = "entry_lowering"

    def run_pass(self, state: Any) -> bool:
        """As numba does it, into a library that links whatever is below."""
        state.library = _EntryCode(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        done: bool = super().run_pass(state)
        return done


@register_pass(mutates_CFG=True, analysis_only=False)
class _OneWayBack(IRProcessing):  # type: ignore[misc]  # numba is untyped
    _name = "kernel_one_way_back"

    def run_pass(self, state: Any) -> bool:
        """Each loop goes back at one place. What lives how long is looked at once, before lowering."""
        state.func_ir.blocks = canonicalize_cfg(state.func_ir.blocks)
        return True


@register_pass(mutates_CFG=True, analysis_only=False)
class _Rewrites(GenericRewrites):  # type: ignore[misc]  # numba is untyped
    _name = "kernel_rewrites"

    def run_pass(self, state: Any) -> bool:
        """Constant indices, powers and the like."""
        blocks = state.func_ir.blocks
        for kind in rewrite_registry.rewrites["before-inference"]:
            rewrite, waiting = kind(state), list(blocks.items())
            while waiting:
                key, block = waiting.pop()
                if rewrite.match(state.func_ir, block, state.typemap, state.calltypes):
                    blocks[key] = rewrite.apply()
                    waiting.append((key, blocks[key]))
        return True


@register_pass(mutates_CFG=False, analysis_only=False)
class _SingleAssignment(ReconstructSSA):  # type: ignore[misc]  # numba is untyped
    _name = "kernel_single_assignment"

    def run_pass(self, state: Any) -> bool:
        """Each variable is assigned once."""
        state.func_ir = reconstruct_ssa(state.func_ir)
        state.func_ir._definitions = build_definitions(state.func_ir.blocks)
        return True


@register_pass(mutates_CFG=False, analysis_only=False)
class _NoPhis(PreLowerStripPhis):  # type: ignore[misc]  # numba is untyped
    _name = "kernel_no_phis"

    def run_pass(self, state: Any) -> bool:
        """Plain assignments again, from which code is made."""
        state.func_ir = self._strip_phi_nodes(state.func_ir)
        state.func_ir._definitions = build_definitions(state.func_ir.blocks)
        state.type_annotation = None
        return True


class _Remembering:
    """numba's typing context, which remembers what each function returns for which arguments."""

    of_operators: ClassVar[dict[Any, Any]] = {}

    def __init__(self, context: Any) -> None:
        self._context, self._of_one = context, dict[Any, Any]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def resolve_function_type(self, function: Any, args: Any, kws: Any) -> Any:
        """As numba resolves it."""
        if kws:
            return self._context.resolve_function_type(function, args, kws)
        known = self.of_operators if _is_operator(function) else self._of_one
        found = known.get((function, args))
        if found is None:
            found = known[function, args] = self._context.resolve_function_type(function, args, kws)
        return found


def _is_operator(function: Any) -> bool:
    return isinstance(function, types.Function) and getattr(function.typing_key, "__module__", "") == "_operator"


@register_pass(mutates_CFG=True, analysis_only=False)
class _Inference(NopythonTypeInference):  # type: ignore[misc]  # numba is untyped
    _name = "kernel_type_inference"

    def run_pass(self, state: Any) -> bool:
        """As numba infers types; it looks at everything at least twice."""
        context = state.typingctx
        state.typingctx = _Remembering(context)
        try:
            done: bool = super().run_pass(state)
        finally:
            state.typingctx = context
        return done


class _Lower(Lower):  # type: ignore[misc]  # numba is untyped
    """Writes LLVM's language."""

    _counted: ClassVar[dict[Any, bool]] = {}

    def lower_binop(self, resty: Any, expr: Any, op: Any) -> Any:
        """An operator, whose signature is known."""
        if expr.static_lhs is not UNDEFINED or expr.static_rhs is not UNDEFINED:
            return super().lower_binop(resty, expr, op)
        context, signature = self.context, self.fndesc.calltypes[expr]
        function = context.typing_context.resolve_value_type(op)
        known = _Remembering.of_operators
        found = known.get((function, signature.args))
        if found is None:
            found = known[function, signature.args] = function.get_call_type(context.typing_context, signature.args, {})
        sides = (expr.lhs.name, expr.rhs.name)
        values = [
            context.cast(self.builder, self.loadvar(side), self.typeof(side), kind)
            for side, kind in zip(sides, signature.args, strict=True)
        ]
        result = context.get_function(function, found)(self.builder, values)
        return context.cast(self.builder, result, signature.return_type, resty)

    def lower_block(self, block: Any) -> None:
        """One instruction after the other; where one fails, a message is made, which numba prepares for each."""
        self.pre_block(block)
        for instruction in block.body:
            self.loc = instruction.loc
            try:
                self.lower_inst(instruction)
            except Exception:
                kind = partial(LoweringError, loc=self.loc)
                with new_error_context('lowering "{inst}" at {loc}', inst=instruction, loc=self.loc, errcls_=kind):
                    raise
        self.post_block(block)

    def lower_inst(self, inst: Any) -> None:
        """Without the text of it, which numba makes for whoever may print it."""
        if isinstance(inst, Assign) and not isinstance(inst.value, Arg):
            self.storevar(self.lower_assign(self.typeof(inst.target.name), inst), inst.target.name)
        elif isinstance(inst, Del):
            self.delvar(inst.value)
        else:
            super().lower_inst(inst)

    def incref(self, typ: Any, val: Any) -> None:
        """Nothing, for what nobody counts references to."""
        if self._is_counted(typ):
            super().incref(typ, val)

    def decref(self, typ: Any, val: Any) -> None:
        """Nothing, for what nobody counts references to."""
        if self._is_counted(typ):
            super().decref(typ, val)

    def _is_counted(self, kind: Any) -> bool:
        known = self._counted.get(kind)
        if known is None:
            known = self._counted[kind] = self.context.data_model_manager[kind].contains_nrt_meminfo()
        return known

    def alloca_lltype(self, name: str, lltype: Any, datamodel: Any = None) -> Any:
        """Memory for a variable, which no debugger hears of."""
        return alloca_once(self.builder, lltype, name=name, zfill=False)


class _Steps(PassManager):  # type: ignore[misc]  # numba is untyped
    """Takes the steps and nothing else: numba describes each to whoever may listen, which takes as long as many do."""

    def run(self, state: Any) -> None:
        """One after the other."""
        for kind, _ in self.passes:
            step = _pass_registry.get(kind).pass_inst
            step.analysis = self._analysis
            step.run_initialization(state)
            step.run_pass(state)
            step.run_finalizer(state)


# Steps of numba that change nothing in a kernel, by name: another version of numba may not have each of them.
LEFT_OUT = {
    "WithLifting",  # `with` blocks that leave compiled code
    "InlineClosureLikes",  # functions within functions, comprehensions and generators
    "MakeFunctionToJitFunction",  # the same, of those that are left
    "RewriteSemanticConstants",  # `ndim` of arrays and `len` of tuples
    "RewriteDynamicRaises",  # exceptions, which no kernel raises
    "InlineInlinables",  # numba's `inline="always"`: LLVM inlines kernels
    "InlineOverloads",  # the same, of functions of numba's own
    "FindLiterallyCalls",  # `literally(x)`
    "LiteralUnroll",  # `literal_unroll(x)`
    "LiteralPropagationSubPipelinePass",  # for `literal_unroll` too
    "NopythonRewrites",  # expressions of whole arrays
    "NoPythonSupportedFeatureValidation",  # of functions within functions, and of types that numba once had
    "AnnotateTypes",  # for `inspect_types`, which nobody asks
    "DumpParforDiagnostics",  # of threads that numba makes
}
INSTEAD = {
    IRProcessing: _OneWayBack,
    GenericRewrites: _Rewrites,
    ReconstructSSA: _SingleAssignment,
    NopythonTypeInference: _Inference,
    PreLowerStripPhis: _NoPhis,
}


class _Compiler(CompilerBase):  # type: ignore[misc]  # numba is untyped
    """numba's steps, without those that do nothing to a kernel, and with some of our own."""

    lowering: type[NativeLowering]
    _steps: ClassVar[dict[type[_Compiler], _Steps]] = {}

    def define_pipelines(self) -> list[Any]:
        """The steps to take: dead branches are looked for once, since each later look finds none."""
        kind = type(self)
        if kind not in self._steps:
            steps, instead = _Steps("nopython"), {**INSTEAD, NativeLowering: self.lowering}
            numbas = dict(DefaultPassBuilder.define_nopython_pipeline(self.state).passes)  # each once
            for step, text in numbas.items():
                if step.__name__ not in LEFT_OUT:
                    steps.add_pass(instead.get(step, step), text)
            steps.finalize()
            self._steps[kind] = steps
        return [self._steps[kind]]


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
