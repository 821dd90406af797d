"""Reads the machine-independent code of a compiled entry and finds what an audio thread may not do.

    assert_safe(entry)                          # in a test
    assert_safe(entry, allowed={"tanhf"})       # these external functions may be called

numba compiles a function into one that answers with a status, and a wrapper that takes the GIL and prints if that
status is an error. So:

* if every `return` of every function in the module answers 0, nothing can raise, and the wrapper's other path is dead;
* whatever it calls outside of the module stands in its LLVM code by name: allocation (`NRT_...`), Python (`Py...`),
  the C library. Calls by address (`foreign`) are counted; what they call is audited where it is compiled.

What is read is LLVM's text of the very code that runs, kept beside it on disk (`rig/dsp/native/kept_code.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as llvm

from rig.dsp.native.compile import Entry

# The status of `return`, and the type of every function that has one.
OK = 0
STATUS_FUNCTION = "i32 ("
MAKES_A_STATUS = ("call", "invoke", "select", "phi")
# Reference counting that numba links in with its body. Calling it is a finding; its body is not ours.
RUNTIME = ("NRT_decref", "NRT_incref")


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found in one entry and everything compiled into it."""

    externals: frozenset[str]  # functions outside of the module that are called by name
    may_raise: tuple[str, ...]  # functions with a return that is not provably 0
    indirect_calls: int  # calls by address
    functions: int  # function bodies that were read

    def findings(self, allowed: Collection[str] = ()) -> list[str]:
        """One line per thing the audio thread may not do."""
        calls = [f"calls {name}" for name in sorted(self.externals - set(allowed))]
        return calls + [f"may raise in {name}" for name in self.may_raise]


def audit(entry: Entry) -> Audit:
    """Read the optimised code of what is called when the entry is."""
    return audit_llvm(entry.compile().llvm)


def assert_safe(entry: Entry, allowed: Collection[str] = ()) -> None:
    """Fail with the findings, if there are any."""
    found = audit(entry).findings(allowed)
    assert not found, f"{entry.name}: " + "; ".join(found)


def audit_llvm(code: str) -> Audit:
    """Read one module of LLVM code."""
    module = llvm.parse_assembly(code)
    declared = {f.name for f in module.functions}
    bodies = {
        f.name: f
        for f in module.functions
        if not f.is_declaration and not f.name.startswith("cfunc.") and f.name not in RUNTIME
    }
    assert bodies, "no function body to read"
    externals: set[str] = set()
    may_raise: list[str] = []
    indirect_calls = 0
    for name, function in bodies.items():
        values: dict[str, Any] = {}
        has_status = str(function.global_value_type).startswith(STATUS_FUNCTION)
        for block in function.blocks:
            for instruction in block.instructions:
                if instruction.opcode in ("call", "invoke"):
                    called = _called(instruction)
                    if called not in declared:
                        indirect_calls += 1
                    elif called not in bodies and not called.startswith("llvm."):
                        externals.add(called)
                elif instruction.opcode == "ret" and has_status:
                    operands = list(instruction.operands)
                    if operands[0].value_kind != llvm.ValueKind.constant_int:
                        values = values or _statuses(function)
                    if not _is_ok(operands[0], values, bodies, frozenset()) and name not in may_raise:
                        may_raise.append(name)
    return Audit(frozenset(externals), tuple(may_raise), indirect_calls, len(bodies))


def _statuses(function: Any) -> dict[str, Any]:
    """What may make a status, by its name; no others are asked, as LLVM numbers the whole function to write one."""
    made = (i for block in function.blocks for i in block.instructions if i.opcode in MAKES_A_STATUS)
    return {_name(i): i for i in made if str(i.type) == "i32"}


def _name(value: Any) -> str:
    return str(value).split(" = ")[0].strip()


def _called(call: Any) -> str:
    return str(list(call.operands)[-1].name)


def _is_ok(value: Any, values: dict[str, Any], bodies: dict[str, Any], seen: frozenset[str]) -> bool:
    """Whether a status is 0 on every path. Functions of this module count as 0: each is checked itself."""
    if value.value_kind == llvm.ValueKind.constant_int:
        return bool(value.get_constant_value() == OK)
    name = _name(value)
    if name in seen:
        return True  # a loop: decided by the other ways into it
    made_by = values.get(name)
    if made_by is None:
        return False
    operands = list(made_by.operands)
    if made_by.opcode == "call":
        return _called(made_by) in bodies
    if made_by.opcode == "select":
        operands = operands[1:]
    elif made_by.opcode != "phi":
        return False
    return all(_is_ok(operand, values, bodies, seen | {name}) for operand in operands)
