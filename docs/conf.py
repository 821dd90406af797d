"""How Sphinx makes the site of these pages: `make docs` writes it to site/, and every warning is an error.

The pages are plain Markdown that reads as well on a code host. So `index.md` holds no directive: its headings and the
links below them are the tree of the site, and a page that it does not link is a warning.
"""

from __future__ import annotations

import re
from typing import Any

project = "rig"
html_title = "rig"
extensions = ["myst_parser"]
exclude_patterns = ["pictures"]

nitpicky = True  # whatever is referred to has to be there
myst_heading_anchors = 3  # the anchors that a code host gives to headings

html_theme = "furo"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False


def with_tree(app: Any, page: str, source: list[str]) -> None:
    """Add the tree to the index: a part for each heading, with the pages that are linked below it."""
    if page != "index":
        return
    parts = re.split(r"^## (.+)$", source[0], flags=re.MULTILINE)
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        pages = re.findall(r"\]\(([\w/-]+)\.md\)", text)
        if pages:
            source[0] += "\n".join(["\n```{toctree}", ":hidden:", f":caption: {title}", "", *pages, "```\n"])


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", with_tree)
