"""The site is built strictly: every warning of Sphinx is an error. Nothing is fetched."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from places import ROOT

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("sphinx", "myst_parser", "furo")), reason="the extra docs is not installed"
)


def build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """As `make docs` does."""
    options = ["--fail-on-warning", "--keep-going", "-q", "-d", str(target / ".doctrees")]
    return subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(source), str(target)],
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as they are, built."""
    target = tmp_path_factory.mktemp("docs") / "site"
    done = build(ROOT / "docs", target)
    assert done.returncode == 0, done.stderr
    return target


def test_every_page_is_built_and_can_be_reached_and_searched(site):
    docs = ROOT / "docs"
    index = (site / "index.html").read_text(encoding="utf-8")
    for page in docs.rglob("*.md"):
        html = page.relative_to(docs).with_suffix(".html")
        assert (site / html).is_file()
        assert page.name == "index.md" or html.as_posix() in index
    assert (site / "search.html").is_file()


def test_no_page_of_the_site_needs_anything_from_elsewhere(site):
    for page in site.rglob("*.html"):
        for attribute in ('src="http', "src='http", 'rel="stylesheet" href="http'):
            assert attribute not in page.read_text(encoding="utf-8")


def test_faults_of_pages_are_errors(tmp_path):
    pages = tmp_path / "docs"
    pages.mkdir()
    shutil.copy(ROOT / "docs" / "conf.py", pages)
    (pages / "index.md").write_text("# Index\n\n## Part\n\n[a](a.md) [b](b.md) [c](c.md)\n", encoding="utf-8")
    for name, text in (
        ("a.md", "[dead](gone.md)"),
        ("b.md", "[dead](a.md#gone)"),
        ("c.md", "![dead](images/gone.svg)"),
        ("lonely.md", "in no tree"),
    ):
        (pages / name).write_text(f"# Page\n\n{text}\n", encoding="utf-8")
    done = build(pages, tmp_path / "site")
    assert done.returncode != 0
    for fault in ("a.md", "b.md", "c.md", "lonely.md"):
        assert fault in done.stderr
