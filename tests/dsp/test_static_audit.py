"""The auditor itself: it must see what an audio thread may not do, and let clean code pass."""

import importlib
import math
import pkgutil

import numba as nb
import numpy as np
import pytest
from blocks import passthrough
from numba import carray, types
from static_audit import assert_safe, audit, audit_llvm

import rig
from rig.dsp.native.compile import ENTRIES, Entry, kernel
from rig.dsp.native.machine_code import PROVIDED
from rig.dsp.native.pointers import floats

SIGNATURE = types.void(types.CPointer(types.float32), types.CPointer(types.float32), types.int64)


def audited(function, **flags):
    """Compile one function under given flags, those of the project unless told otherwise."""
    flags = {"error_model": "numpy", "boundscheck": False, **flags}
    return audit_llvm(nb.cfunc(SIGNATURE, **flags)(function).inspect_llvm())


@kernel
def gain_of_a_sample(v):
    return v * np.float32(0.5)


def loop(x, y, n):
    for i in range(n):
        y[i] = gain_of_a_sample(x[i])


def divide(x, y, n):
    for i in range(n):
        y[i] = x[i] / np.float32(n - i - 1)


def look_through_a_slice(x, y, n):
    tail = carray(x, n)[1:]
    for i in range(tail.size):
        y[i] = tail[i]


@pytest.mark.parametrize("function", [loop, divide, look_through_a_slice])
def test_clean_code_passes(function):
    found = audited(function)
    assert found.findings() == []
    assert found.functions >= 1


def temporary(x, y, n):
    t = np.empty(n, np.float32)
    for i in range(n):
        t[i] = x[i]
    for i in range(n):
        y[i] = t[n - 1 - i]


def array_expression(x, y, n):
    a, b = carray(x, n), carray(y, n)
    b[:] = a * np.float32(2) + b


@pytest.mark.parametrize("function", [temporary, pytest.param(array_expression, marks=pytest.mark.soak)])
def test_an_allocation_is_found(function):
    assert any(line.startswith("calls NRT_") for line in audited(function).findings())


def assign_slice(x, y, n):
    a, b = carray(x, n), carray(y, n)
    b[:] = a[: n - 1]


def raise_error(x, y, n):
    if n < 0:
        raise ValueError
    y[0] = x[0]


@pytest.mark.parametrize(
    ("function", "flags"),
    [
        pytest.param(assign_slice, {}, marks=pytest.mark.soak),
        (raise_error, {}),
        (divide, {"error_model": "python"}),
        (look_through_a_slice, {"boundscheck": True}),
    ],
    ids=["slice of another length", "raise", "division as in Python", "bounds check"],
)
def test_an_exception_is_found(function, flags):
    assert any(line.startswith("may raise") for line in audited(function, **flags).findings())


@kernel
def may_fail(v):
    if v > 1:
        raise ValueError
    return v


def call_what_may_fail(x, y, n):
    for i in range(n):
        y[i] = may_fail(x[i])


def test_an_exception_inside_a_called_kernel_is_found():
    assert audited(call_what_may_fail).may_raise


def call_mathematics(x, y, n):
    for i in range(n):
        y[i] = math.tanh(x[i])


def test_an_external_function_is_named_and_can_be_allowed():
    found = audited(call_mathematics)
    assert len(found.externals) == 1 and "tanh" in next(iter(found.externals))
    assert found.findings(allowed=found.externals) == []


def multiply_matrices(x, y, n):
    np.dot(carray(x, (16, 16)), carray(x, 16), carray(y, 16))


def test_a_call_of_blas_is_found():
    assert audited(multiply_matrices).findings()


def print_something(x, y, n):
    print(n)


def test_a_call_of_python_is_found():
    assert any("Py" in line for line in audited(print_something).findings())


def read_past_the_end(address):
    t = np.zeros(4, np.float32)
    floats(address)[0] = t[0]


def test_an_entry_with_a_finding_fails_with_its_name():
    entry = Entry(read_past_the_end, "vl")
    with pytest.raises(AssertionError, match=r"read_past_the_end: .*calls NRT_"):
        assert_safe(entry)


def test_what_is_read_is_what_runs_also_when_it_comes_from_disk():
    passthrough.compile()
    again = Entry(passthrough.function, passthrough.letters)
    assert again.is_kept
    assert audit(again) == audit(passthrough)
    assert audit(again).functions >= 1
    assert_safe(again)


def entries_of_rig():
    """Every entry of the package, whatever file it stands in."""
    for module in pkgutil.walk_packages(rig.__path__, "rig."):
        if module.name != "rig.__main__":
            importlib.import_module(module.name)
    return [entry for entry in ENTRIES if entry.function.__module__.startswith("rig.")]


@pytest.mark.parametrize("part", entries_of_rig(), ids=lambda part: part.name)
def test_no_entry_of_rig_can_raise_allocate_or_reach_python(part):
    assert_safe(part, allowed=PROVIDED)
