"""Files that a page or a docstring names are there, and so is the example that a page says a test carries out."""

from __future__ import annotations

import ast
import re

import pytest
from places import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMED = re.compile(r"`((?:rig|tests|docs)/[\w./-]+)`")

MODULES = sorted((ROOT / "rig").rglob("*.py"))
NAMED_IN_CODE = re.compile(r"`((?:\w+/)*\w+\.py)`")  # in a docstring or comment


def named(text: str) -> set[str]:
    return set(NAMED.findall(text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(page):
    assert not {name for name in named(page.read_text(encoding="utf-8")) if not (ROOT / name).exists()}


def test_every_module_that_a_docstring_names_is_beside_it_or_named_from_the_root():
    found = [(module, name) for module in MODULES for name in NAMED_IN_CODE.findall(module.read_text(encoding="utf-8"))]
    assert len(found) > 30
    gone = {
        (str(module.relative_to(ROOT)), name)
        for module, name in found
        if not any((folder / name).exists() for folder in (module.parent, ROOT, ROOT / "rig"))
    }
    assert not gone


def test_file_names_are_found_in_the_pages():
    assert sum(len(named(page.read_text(encoding="utf-8"))) for page in PAGES) > 50
    assert named("`rig/chain.py` and `rig/gone.py`") == {"rig/chain.py", "rig/gone.py"}


def test_the_page_about_a_new_command_shows_what_the_test_of_it_does():
    page = (ROOT / "docs" / "developer" / "add-a-command.md").read_text(encoding="utf-8")
    test = (ROOT / "tests" / "player" / "test_adding_a_command.py").read_text(encoding="utf-8")
    edits = [
        ast.literal_eval(node.value)
        for node in ast.parse(test).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("THE_PART", "THE_TABLE", "THE_KEYS")
    ]
    assert len(edits) == 3
    shown = "".join(page.split())
    for _, lines in edits:
        assert "".join(lines.split()) in shown
