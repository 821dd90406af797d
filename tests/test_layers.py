"""Imports point one way. The tree is the signal path, and whoever reads it from the top never has to jump back.

Imports for type checkers only count like all others: they are how somebody reads.
"""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from places import ROOT

from rig.dsp.native.build import WITHOUT_KERNELS

PACKAGE = ROOT / "rig"

# From the bottom to the top; each may import what stands above it in this list. A name is a folder (the files directly
# in it) or, where the files of one folder lie on different floors, a single file.
ROOMS = (
    *("scripting.printable", "errors", "scripting", "decibels", "files", "levels"),
    *("dsp.native", "dsp", "dsp.convolver", "dsp.network", "dsp.combined", "dsp.loops"),
    *("audio", "trainer"),
    *("nam.format", "nam.layers", "nam.architectures", "nam"),
    *("cabinet", "library", "knob"),
    *("ab_switch", "noise_control", "lane", "handover", "chain_record", "midi_actions", "side_branches", "chain"),
    *("engine_readings", "engine", "backends", "backends.jack", "backends.portaudio"),
    *("offline_player", "sound", "rendering", "recording", "backing"),
    *("capture.entered_text", "capture.signal", "capture.levels"),
    *("capture.checks", "capture.take", "capture.ir", "capture.result", "capture"),
    *("compare", "bench", "doctor"),
    "catalogue",
    *("player.carried", "player.events", "player.command", "player.background", "player.neighbours"),
    *("player.prepared_model", "player.browse_order", "player.browser", "player.tools", "player.cabinets"),
    *(
        "player.live_rig",
        "player.models",
        "player.finding",
        "player.row",
        "player.following",
        "player.presets",
        "player.parts",
        "player.found",
        "player.tone_commands",
        "player.commands",
        "player.key_map",
    ),
    *("player.shown", "player.state", "player.midi", "player"),
    *("compare.live", "web", "training.installing", "training"),
    *("cli.command_line", "cli.standard_output", "cli.tables", "cli.display.windows_console", "cli.installed"),
    "cli.compiling",
    "cli.shells",
    *("cli.backing_options", "cli.tone_options"),
    *("cli.terminal", "cli.display", "cli.open_backend", "cli.options", "cli.knob_watch", "cli.console"),
    "cli.tape_decks",
    *("cli.ir_report", "cli.compare_report", "cli.catalogue"),
    *("cli.page_door", "cli.compare_door", "cli.commons", "cli.capturing", "cli.training", "cli.listening"),
    *("cli.live", "cli.serving", "cli.ab_files", "cli.ab_session", "cli.commands", "cli"),
    "__main__",
)
# A backend knows blocks, not models: it imports nothing but these, and is handed the function to call.
BACKENDS_MAY_IMPORT = ("errors", "decibels", "levels", "dsp", "backends")
FLOOR = {name: floor for floor, name in enumerate(ROOMS)}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE / "bundled")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path) for path in FILES}


def imports(path: Path) -> set[str]:
    """The modules of rig that a file imports anywhere, for type checkers only included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).parent.parts
            base = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join((*base, *filter(None, [node.module])))
            names = {f"{origin}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else origin for name in names}
    return (found & MODULES) - {module_name(path)}


def room_of(module: str) -> str:
    """The room of a module: itself, or the nearest folder above it that is one; empty for the package itself."""
    name = module.removeprefix("rig").removeprefix(".")
    while name and name not in FLOOR:
        name = name.rpartition(".")[0]
    return name


def test_every_room_of_the_list_is_there():
    for name in ROOMS:
        path = PACKAGE.joinpath(*name.split("."))
        assert path.is_dir() or path.with_suffix(".py").is_file(), f"{name} is no folder or file of rig/"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_a_module_imports_nothing_of_a_room_above_its_own(path):
    module = module_name(path)
    if module == "rig":  # it names its classes for type checkers, and loads them when they are used
        return
    here = room_of(module)
    assert here, f"give {module} a place in ROOMS"
    reached = {room_of(other) for other in imports(path)} - {"", here}
    above = {room for room in reached if FLOOR[room] > FLOOR[here]}
    # The file of a package may gather names of the folders in it.
    gathers = path.name == "__init__.py" and all(room.startswith(f"{here}.") for room in above)
    assert not above or gathers, f"{path.relative_to(ROOT)} imports upwards: {', '.join(sorted(above))}"
    if here.startswith("backends"):
        assert all(room.split(".")[0] in BACKENDS_MAY_IMPORT for room in reached)


def test_no_two_modules_import_each_other():
    graph = {module_name(path): imports(path) - {"rig"} for path in FILES if module_name(path) != "rig"}
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
        if module not in reached and module != "rig":
            reached.add(module)
            found += graph[module]
    without = tuple(f"rig.{folder.replace('/', '.')}." for folder in WITHOUT_KERNELS)
    assert not [module for module in reached if f"{module}.".startswith(without)]
    assert all((ROOT / "rig" / folder).is_dir() for folder in WITHOUT_KERNELS if folder != "bundled")
