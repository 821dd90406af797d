"""Imports point one way. The tree is the signal path, and whoever reads it from the left never has to jump back."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from rig.dsp.native.compile import WITHOUT_KERNELS

PACKAGE = Path(__file__).parent.parent / "rig"

# Each may import what stands in its own line and in the lines above.
LAYERS = (
    {"errors"},
    {"levels"},
    {"dsp"},
    {"folders", "readahead", "wholefile", "jsonfile", "tomlfile"},
    {"align", "wav", "resample", "nam", "ir", "interface", "settings", "remembered", "favourites", "bundled"},
    {"preset", "laststate"},
    {"measured", "loudness", "figures", "cabinet"},
    {"lane", "handover", "switch", "midi", "chain", "noise"},
    {"engine", "sound", "rendering"},
    {"capture", "compare", "bench", "recording"},
    {"doctor"},
    {"control", "player"},
    {"cli", "__main__"},
)
BACKENDS_MAY_IMPORT = {"errors", "levels", "dsp", "backends"}
MAY_IMPORT_BACKENDS = {"backends", "rendering", "bench", "capture", "compare", "doctor", "control", "player", "cli"}

RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE / "bundled")


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path) for path in FILES}


def imports(path: Path) -> set[str]:
    """The modules of rig that a file imports anywhere, except for type checkers only."""
    return _imports_of(ast.parse(path.read_text(encoding="utf-8")), path) - {module_name(path)}


def _imports_of(node: ast.AST, path: Path) -> set[str]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return set()
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names if alias.name in MODULES}
    if isinstance(node, ast.ImportFrom):
        package = path.relative_to(PACKAGE.parent).parent.parts
        base = package[: len(package) - node.level + 1] if node.level else ()
        origin = ".".join((*base, *filter(None, [node.module])))
        found = {f"{origin}.{alias.name}" for alias in node.names}
        return {name if name in MODULES else origin for name in found} & MODULES
    return set().union(*(_imports_of(child, path) for child in ast.iter_child_nodes(node)))


def layer_of(module: str) -> str:
    if module.startswith("rig.compare.live"):  # commands, too, which stand above what they act on
        return "player"
    return module.split(".")[1] if "." in module else "rig"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_a_module_imports_nothing_that_comes_after_it(path):
    here = layer_of(module_name(path))
    reached = {layer_of(module) for module in imports(path)} - {"rig"}
    if here == "rig":  # `import rig` has to be quick: everything else is imported when it is used
        assert reached <= {"errors"}
    elif here == "backends":
        assert reached <= BACKENDS_MAY_IMPORT
    else:
        assert here in RANK, f"give {here} a place in LAYERS"
        later = {name for name in reached - {"backends"} if RANK[name] > RANK[here]}
        assert not later, f"rig/{path.relative_to(PACKAGE)} imports upwards: {', '.join(sorted(later))}"
        assert "backends" not in reached or here in MAY_IMPORT_BACKENDS


def test_no_two_modules_import_each_other():
    graph = {module_name(path): imports(path) - {"rig"} for path in FILES}
    # A package and what lies in it may import each other: the package's file only gathers names.
    graph = {name: {other for other in found if not name.startswith(f"{other}.")} for name, found in graph.items()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"imports in a circle: {' -> '.join(error.args[1])}")


def test_no_kernel_takes_anything_from_a_folder_whose_edits_rebuild_nothing():
    graph = {module_name(path): imports(path) for path in FILES}
    makers = re.compile(r"^\s*@(entry|kernel|inline|fused)\b|= (entry|kernel|inline|fused)\(", re.MULTILINE)
    reached, found = set(), [module_name(path) for path in FILES if makers.search(path.read_text(encoding="utf-8"))]
    assert found
    while found:
        module = found.pop()
        if module not in reached:
            reached.add(module)
            found += graph[module]
    assert not {layer_of(module) for module in reached} & set(WITHOUT_KERNELS)
