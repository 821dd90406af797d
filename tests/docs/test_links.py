"""Every relative link and picture of the Markdown leads to a file that is there, and every anchor to a heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from places import ROOT

DOCS = ROOT / "docs"
BUNDLED = [ROOT / "models" / "README.md", ROOT / "irs" / "README.md"]
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *BUNDLED])
LINK = re.compile(r"\]\(([^)\s]+)\)")
LARGEST_README_BYTES = 6144


def without_code(text: str) -> str:
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^(?: {4}|\t).*$", "", text, flags=re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page: Path) -> set[str]:
    """As a code host makes them: small letters, hyphens for spaces, nothing else but word characters."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: Path) -> list[str]:
    dead = []
    for link in LINK.findall(without_code(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue  # elsewhere; nothing is fetched
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    assert not dead_links(page)


def test_a_dead_link_and_a_dead_anchor_are_found(tmp_path):
    (tmp_path / "there.md").write_text("# There\n\n## It is, isn't it?\n")
    page = tmp_path / "page.md"
    page.write_text("[a](there.md) [b](there.md#it-is-isnt-it) [c](gone.md) [d](there.md#gone) `[e](code.md)`\n")
    assert dead_links(page) == ["gone.md", "there.md#gone"]


def test_every_page_is_in_the_index():
    listed = set(LINK.findall((DOCS / "index.md").read_text(encoding="utf-8")))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - {"index.md"}
    assert pages == {link for link in listed if link.endswith(".md")}


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_bytes()) <= LARGEST_README_BYTES


def test_every_picture_is_shown_somewhere():
    shown = {
        (page.parent / link).resolve() for page in PAGES for link in LINK.findall(page.read_text(encoding="utf-8"))
    }
    assert {path for path in (DOCS / "images").iterdir()} <= shown
