"""Compiled functions take their arguments in one order (`rig/dsp/native/compile.py`): nobody has to look it up."""

import ast
from pathlib import Path

import pytest

import rig

PACKAGE = Path(rig.__file__).parent
MAKERS = ("entry", "kernel", "inline", "fused")
MEMORY = ("m", "w")  # what offsets count in


def is_compiled(function):
    makers = (made.func if isinstance(made, ast.Call) else made for made in function.decorator_list)
    return any(isinstance(maker, ast.Name) and maker.id in MAKERS for maker in makers)


def compiled_functions(source):
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef) and is_compiled(node)]


def faults(function):
    """What is wrong with the order of a function's arguments, as words."""
    arguments = function.args.args
    names = [argument.arg for argument in arguments]
    if "argument" in names:  # a C library calls it, and has an order of its own
        return []
    is_record = [
        argument.annotation is not None and ast.unparse(argument.annotation) == "Record" for argument in arguments
    ]
    records, found = sum(is_record), []
    if not all(is_record[:records]):
        found.append("a record does not come first")
    memory = [name for name, record in zip(names, is_record, strict=True) if name in MEMORY and not record]
    if records and memory and names[records] not in memory:
        found.append("the memory does not follow the records")
    if "x" in names and "y" in names and names.index("x") > names.index("y"):
        found.append("what is written comes before what is read")
    end = ["frames"] if "frames" in names else []
    if "table" in names:
        end = ["table", "fade", *end]
    if names[len(names) - len(end) :] != end:
        found.append(f"it does not end in {', '.join(end)}")
    return found


def test_arguments_come_in_the_one_order():
    functions = {
        f"{path.relative_to(PACKAGE)}:{function.name}": function
        for path in sorted(PACKAGE.rglob("*.py"))
        for function in compiled_functions(path.read_text(encoding="utf-8"))
    }
    assert len(functions) > 150
    assert {name: found for name, function in functions.items() if (found := faults(function))} == {}


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ("x: Address, c: Record, frames: int", "a record does not come first"),
        ("op: Record, t: int, m: Any", "the memory does not follow the records"),
        ("y: Address, x: Address", "what is written comes before what is read"),
        ("x: Address, frames: int, y: Address", "it does not end in frames"),
        ("table: Address, fade: int, gains: Address, frames: int", "it does not end in table, fade, frames"),
        ("table: Address, fade_samples: int", "it does not end in table, fade"),
    ],
)
def test_another_order_is_found(arguments, fault):
    (function,) = compiled_functions(f"@kernel\ndef any_kernel({arguments}) -> None: ...")
    assert faults(function) == [fault]


def test_what_a_c_library_calls_has_its_order():
    (function,) = compiled_functions("@entry(SIGNATURE)\ndef on_process(frames: int, argument: Any) -> int: ...")
    assert not faults(function)
