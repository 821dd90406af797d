"""Every verdict that rig can give stands in a table with the test that makes it say ok, warn, fail and unknown.

The tables are the files beside this one. `docs/generate.py` makes docs/developer/verdicts.md of them.
"""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from places import ROOT

STATES = ("ok", "warn", "fail", "unknown")
FIELDS = {"name", "where", *STATES}
NEVER = re.compile(r"never: \S+ .+")
# Verdicts that carry no name in the code: those of a comparison, of a blind test, of a finished model, of a row.
NAMELESS = {
    ("finish", "rig capture finish"),
    *(("what is left of the error", "rig compare"), ("aliases of a recording", "rig compare")),
    ("a row", "rig interfaces check"),
    *(("a model", "rig compare"), ("a recording", "rig compare")),
    *(("the take", "rig compare"), ("gear against itself", "rig compare")),
    *(("the file", "rig abx"), ("what was heard", "rig abx")),
    *(("a candidate", "rig listen"), ("a listener", "rig listen"), ("the files", "rig listen")),
    *((name, "rig evidence check") for name in ("files", "seal", "a blind test", "a comparison", "a listening test")),
    ("a curve", "rig evidence curve"),
}


@cache
def rows():
    found = []
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        found += [(path.name, row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["verdict"]]
    return found


@cache
def found_in(path):
    """Names of the tests of a file, by reading it."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize(("file", "row"), rows(), ids=lambda value: value if isinstance(value, str) else value["name"])
def test_each_row_names_a_test_that_is_there_or_says_why_there_is_none(file, row):
    assert set(row) == FIELDS, f"{file}: {row}"
    for state in STATES:
        if row[state].startswith("never"):
            assert NEVER.fullmatch(row[state]), f"{file}, {row['name']}: say why it is never {state}"
            continue
        path, _, name = row[state].partition("::")
        assert (ROOT / path).is_file(), f"{file}, {row['name']}, {state}: there is no {path}"
        assert name in found_in(path), f"{file}, {row['name']}, {state}: {path} has no {name}"


def named_calls(folder, callees):
    """First arguments of calls like `Finding("xruns", ...)` and `LIMITS["hum"].check("hum", ...)` in a folder."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", None)
            first = node.args[0]
            if called in callees and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found[first.value] = path.relative_to(ROOT).as_posix()
    return found


def limits_in(folder):
    """Keys of tables of limits, `NAME: dict[str, Limit] = {"hum": ...}`, in a folder."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AnnAssign) and "Limit]" in ast.unparse(node.annotation):
                keys = node.value.keys if isinstance(node.value, ast.Dict) else []
                found |= {key.value: path.relative_to(ROOT).as_posix() for key in keys if isinstance(key, ast.Constant)}
    return found


def test_every_verdict_in_the_code_has_its_row():
    given = {}
    for name, path in (
        named_calls("rig/capture", {"check", "Check", "TrainerCheck"}) | limits_in("rig/capture")
    ).items():
        given[name, "rig capture"] = path
    for name, path in (named_calls("rig/capture/ir", {"check", "Check"}) | limits_in("rig/capture/ir")).items():
        given[name, "rig capture ir"] = path
    for name, path in named_calls("rig/doctor", {"Finding"}).items():
        given[name, "rig doctor"] = path
    assert len(given) > 30
    in_table = {(row["name"], row["where"]) for _, row in rows()}
    missing = [
        f"{name} of {where} ({path})"
        for (name, where), path in {**given, **dict.fromkeys(NAMELESS, "no name in the code")}.items()
        if not any(name == known and place.startswith(where) for known, place in in_table)
    ]
    assert not missing, f"give these a row in tests/verdicts: {', '.join(missing)}"


def test_a_row_for_a_verdict_that_is_gone_is_noticed():
    """By name, where the code has names; whoever renames a check renames its row."""
    checks = named_calls("rig/capture", {"check", "Check", "TrainerCheck"}) | limits_in("rig/capture")
    known = set(checks) | set(named_calls("rig/doctor", {"Finding"})) | {name for name, _ in NAMELESS}
    places = ("rig capture, the checks of a take", "rig capture ir", "rig doctor")
    gone = [row["name"] for _, row in rows() if row["where"] in places and row["name"] not in known]
    assert not gone, gone
