"""The machine code itself, below LLVM's language: no instruction became a call, and the vectors of NEON are used."""

import importlib
import json
import os
import pkgutil
import subprocess
import sys

import cross
import llvmlite.binding as llvm
import numba as nb
import pytest
from neon import kinds_of
from numba import types
from object_file import AARCH64, instructions, is_object_file, machine, taken_from_elsewhere
from places import SUPPORT, python_path

import rig
from rig.dsp.convolver.kernels import convolve
from rig.dsp.native.compile import ENTRIES
from rig.dsp.native.machine_code import PROVIDED, external_names
from rig.dsp.network.interpreter import run

# Multiply-adds of four floats, of the instructions as they stand there: a transform mostly adds and multiplies.
LEAST_SHARES = {run: 0.2, convolve: 0.05}


def entries_of_rig():
    """Every entry of the package, whatever file it stands in."""
    for module in pkgutil.walk_packages(rig.__path__, "rig."):
        if module.name != "rig.__main__":
            importlib.import_module(module.name)
    return [entry for entry in ENTRIES if entry.function.__module__.startswith("rig.")]


def calls_made_of_instructions(compiled):
    """Names that stand in the machine code and not in LLVM's: what is written there may need a function of C."""
    return taken_from_elsewhere(compiled.code) - set(compiled.externals)


def test_an_instruction_that_becomes_a_call_is_found():
    """2 ** x of a vector has no instruction: LLVM calls exp2f for each lane."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    text = """
define <4 x float> @f(<4 x float> %x) {
  %y = call <4 x float> @llvm.exp2.v4f32(<4 x float> %x)
  ret <4 x float> %y
}
declare <4 x float> @llvm.exp2.v4f32(<4 x float>)
"""
    for triple, cpu in ((cross.TRIPLE, "cortex-a72"), ("x86_64-unknown-linux-gnu", "x86-64")):
        target = llvm.Target.from_triple(triple).create_target_machine(cpu=cpu)
        code = target.emit_object(llvm.parse_assembly(text))
        assert taken_from_elsewhere(code) - set(external_names(text)) == {"exp2f"}


@pytest.mark.parametrize("part", entries_of_rig(), ids=lambda part: part.name)
def test_no_instruction_of_an_entry_becomes_a_call(part):
    compiled = part.compile()
    if not is_object_file(compiled.code):
        pytest.skip("the object files of this system are not read here")
    assert calls_made_of_instructions(compiled) == set()


def test_what_memory_needs_is_all_that_is_provided():
    assert set(PROVIDED) == {"memset", "memmove", "memcpy"}


def test_vector_and_scalar_multiply_adds_are_told_apart():
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()

    def kinds(kind, function):
        text = f"""
define {kind} @f({kind} %a, {kind} %b, {kind} %c) {{
  %y = call {kind} @llvm.fma.{function}({kind} %a, {kind} %b, {kind} %c)
  %z = fdiv {kind} %y, %a
  ret {kind} %z
}}
declare {kind} @llvm.fma.{function}({kind}, {kind}, {kind})
"""
        target = llvm.Target.from_triple(cross.TRIPLE).create_target_machine(cpu="cortex-a72")
        return +kinds_of(instructions(target.emit_object(llvm.parse_assembly(text))))

    vector, half, scalar = kinds("<4 x float>", "v4f32"), kinds("<2 x float>", "v2f32"), kinds("float", "f32")
    assert vector["multiply_adds"] == vector["divisions"] == 1
    assert half["half_multiply_adds"] == 1 and not half["multiply_adds"] and not half["divisions"]
    assert scalar["scalar_multiply_adds"] == scalar["scalar_divisions"] == 1 and not scalar["multiply_adds"]


def uses_neon(code, least_share):
    """What is wrong with the machine code of a network or a convolver for aarch64, in words."""
    kinds = kinds_of(instructions(code))
    found = []
    if machine(code) != AARCH64:
        found.append("is not for aarch64")
    if kinds["multiply_adds"] < least_share * kinds["instructions"]:
        found.append(f"has {kinds['multiply_adds']} multiply-adds of four floats in {kinds['instructions']}")
    if kinds["half_multiply_adds"]:
        found.append(f"has {kinds['half_multiply_adds']} multiply-adds of two floats")
    return found


@pytest.mark.skipif("aarch64" not in llvm.get_default_triple(), reason="this machine is no aarch64")
@pytest.mark.parametrize("part", LEAST_SHARES, ids=lambda part: part.name)
def test_all_four_lanes_are_used(part):
    assert uses_neon(part.compile().code, LEAST_SHARES[part]) == []


AUDIT = """
import sys, json, cross
cross.compile_for(sys.argv[1])
import test_machine_code as tests
from static_audit import audit_llvm
found = {}
for part in tests.entries_of_rig():
    compiled = part.compile()
    found[part.name] = [
        *(f"calls {name}" for name in tests.calls_made_of_instructions(compiled)),
        *audit_llvm(compiled.llvm).findings(tests.PROVIDED),
        *(tests.uses_neon(compiled.code, tests.LEAST_SHARES[part]) if part in tests.LEAST_SHARES else []),
    ]
print(json.dumps(found))
"""


@pytest.mark.soak
@pytest.mark.parametrize("cpu", ["cortex-a72", "cortex-a76", "apple-m1", "generic"])
def test_the_code_for_other_aarch64_cpus_is_clean(cpu, tmp_path):
    """Compiled here, for them: nothing that a process of this machine could call, but it can be read."""
    path = os.pathsep.join([*python_path(), str(SUPPORT.parent / "dsp")])
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, cpu],
        env=os.environ | {"PYTHONPATH": path, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) == len(entries_of_rig())
    assert not {name: findings for name, findings in found.items() if findings}


def test_a_scalar_loop_is_not_taken_for_vectors():
    def scalar(x, y):
        return x * y + x

    code = nb.cfunc(types.float32(types.float32, types.float32), fastmath=True)(scalar)._library._get_compiled_object()
    assert is_object_file(code)
    assert uses_neon(code, 0.2)
