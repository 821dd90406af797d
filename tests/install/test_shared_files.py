"""What an installation brings for the desktop, for `man`, and for whoever asks what it is made of."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from importlib import metadata

import pytest
from places import ROOT

from rig.cli import parser, with_parts
from rig.cli.shells.words import command_words

SHARE = ROOT / "share"
PAGES = sorted((SHARE / "man" / "man1").glob("*.1"))
LICENCES = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Where a package says its licence in other words than those of SPDX: what it says, and which one that is.
SAID_OTHERWISE = {
    "numba": ("BSD License", "BSD-2-Clause"),
    "scipy": ("BSD License", "BSD-3-Clause"),
    "soundfile": ("BSD License", "BSD-3-Clause"),
    "segno": ("BSD License", "BSD-3-Clause"),
    "matplotlib": ("Python Software Foundation License", "PSF-2.0"),
}


def test_every_command_has_its_manual_page():
    named = {f"rig-{part.words}.1" for part in command_words(parser(), with_parts).parts}
    assert {path.name for path in PAGES} == {*named, "rig.1", "amprig.1"}


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_manual_pages_are_troff_without_a_warning():
    command = ["mandoc", "-T", "lint", "-W", "warning", *map(str, PAGES)]
    done = subprocess.run(command, capture_output=True, text=True)
    # The pages bear no date, so that they are the same whenever they are made.
    assert not [line for line in done.stdout.splitlines() if 'missing date, using ""' not in line]


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_a_manual_page_shows_what_stands_in_the_help():
    shown = subprocess.run(
        ["mandoc", "-T", "ascii", str(SHARE / "man" / "man1" / "rig-render.1")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    text = re.sub(".\b", "", shown)  # bold is a letter printed twice
    assert "rig render MODEL INPUT OUTPUT [options]" in text and "replace OUTPUT if already there" in text
    assert "rig render crunch.nam di.wav out.wav" in text


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="desktop-file-utils is not installed")
def test_the_desktop_entry_is_one_by_its_standard():
    done = subprocess.run(
        ["desktop-file-validate", str(SHARE / "applications" / "amprig.desktop")], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_desktop_entry_starts_a_command_that_is_installed_and_has_its_icon():
    entry = (SHARE / "applications" / "amprig.desktop").read_text(encoding="utf-8")
    (command,) = re.findall(r"^Exec=(.+)$", entry, re.MULTILINE)
    name, *words = command.split()
    assert name in PROJECT["scripts"]
    assert parser().parse_args(with_parts(words)).run is not None
    (icon,) = re.findall(r"^Icon=(.+)$", entry, re.MULTILINE)
    drawn = SHARE / "icons" / "hicolor" / "scalable" / "apps" / f"{icon}.svg"
    assert drawn.read_bytes() == (ROOT / "rig" / "web" / "static" / "icon.svg").read_bytes()


def table() -> dict[str, str]:
    """Each package of the page with its licence."""
    rows = re.findall(r"^\| ([\w-]+)(?:, [^|]*)? \| ([^|]+?) \|", LICENCES, re.MULTILINE)
    return {name: licence for name, licence in rows if name != "package"}


def test_every_package_that_rig_needs_stands_with_the_licence_it_states():
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *(each for name in ("plots", "lan", "dask") for each in extras[name])]
    names = {each.partition(">")[0] for each in wanted}
    assert names < set(table())
    for name, licence in table().items():
        about = metadata.metadata(name)
        stated = about.get("License-Expression")
        if stated is None:
            classified = [
                each.rpartition(" :: ")[2] for each in about.get_all("Classifier", []) if "License ::" in each
            ]
            said, meant = SAID_OTHERWISE[name]
            assert said in classified and licence == meant, name
        else:
            assert licence == stated, name


def test_nothing_of_others_lies_in_the_package():
    """A notice of another holder in a file that is packed would have to stand on the page of licences."""
    listed = subprocess.run(
        ["git", "ls-files", "rig", "models", "irs", "share"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    notice = re.compile(rb"(?i)copyright (\(c\)|\xc2\xa9|[12]\d{3})|SPDX-FileCopyrightText|@license")
    found = {name for name in listed.stdout.splitlines() if notice.search((ROOT / name).read_bytes())}
    assert found <= {"rig/library/interfaces.CC0-1.0.txt"}
