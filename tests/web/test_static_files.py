"""The files of the page as such: small, of their own, known to the index, with the terminal's keys."""

from __future__ import annotations

import os
import re

import pytest

from rig.player.key_map import AB_KEYS, KEYS
from rig.web.files import FOLDER, Files
from rig.web.listening.host import FOLDER as LISTENING
from rig.web.listening.host import SHARED

MOST_BYTES = 400_000
MOST_LINES = 400
NAMED = {"PageDown": "pagedown", "PageUp": "pageup", "ArrowRight": "right", "ArrowLeft": "left", "ArrowDown": "down"}
NAMED |= {"Enter": "enter"}
NAMED |= {"ArrowUp": "up", "Home": "home", "End": "end"}
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
MODULES = [path for path in FILES if path.suffix == ".js"]
OF_LISTENING = sorted(path for path in LISTENING.rglob("*") if path.is_file())


def _name(path):
    return path.relative_to(LISTENING if path.is_relative_to(LISTENING) else FOLDER).as_posix()


def test_the_page_is_small():
    assert sum(path.stat().st_size for path in FILES) < MOST_BYTES


@pytest.mark.parametrize("path", [*MODULES, *(each for each in OF_LISTENING if each.suffix == ".js")], ids=_name)
def test_a_module_holds_one_idea(path):
    lines = path.read_text().splitlines()
    assert len(lines) < MOST_LINES
    assert lines[0].startswith("// ")  # and says which


@pytest.mark.parametrize("path", [*FILES, *OF_LISTENING], ids=_name)
def test_nothing_is_loaded_from_elsewhere(path):
    found = set(re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]+[^\s\"']*", path.read_text()))
    assert found <= {"http://www.w3.org/2000/svg", "//www.w3.org/2000/svg"}


@pytest.mark.parametrize("folder", [FOLDER, LISTENING], ids=["rig", "listening"])
def test_the_index_has_no_script_and_no_style_of_its_own(folder):
    text = (folder / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)


def test_every_module_is_asked_for_at_once():
    """Not one after the other, as each import is found."""
    told = set(re.findall(r'rel="modulepreload" href="/([^"]+)"', (FOLDER / "index.html").read_text()))
    assert told == {_name(path) for path in MODULES} - {"app.js"} | {"version.js"}


def test_every_style_sheet_is_there():
    told = set(re.findall(r'rel="stylesheet" href="/([^"]+)"', (FOLDER / "index.html").read_text()))
    assert told == {_name(path) for path in FILES if path.suffix == ".css"}


def test_the_page_of_a_listening_test_has_all_that_it_asks_for_and_nothing_more():
    files, text = Files(LISTENING, SHARED), (LISTENING / "index.html").read_text()
    told = set(re.findall(r'rel="(?:modulepreload|stylesheet|icon)" href="(/[^"]+)"', text)) | {
        "/app.js",
        "/index.html",
    }
    assert told == set(files.paths)
    for path in files.paths:
        if path.endswith(".js"):
            inside = files.get(path).content.decode()
            for wanted in re.findall(r'(?:from|import) "([^"]+)"', inside):
                here = path.rpartition("/")[0] + "/"
                found = wanted if wanted.startswith("/") else os.path.normpath(here + wanted)
                assert files.get(found), f"{path} asks for {wanted}"


def _keys(name):
    text = (FOLDER / "keys.js").read_text()
    table = re.search(rf"{name} = \{{\n(.*?)\n\}};", text, re.S).group(1)
    found = re.findall(r'^  (?:"((?:\\.|[^"\\])+)"|\'(.)\'|(\S+)): \["(\w+)", (-?\d)\]', table, re.M)
    keys = {}
    for quoted, single, plain, command, way in found:
        key = (quoted or single or plain).replace("\\\\", "\\")
        keys[NAMED.get(key, key)] = (command, int(way))
    return keys


def test_the_keys_are_those_of_the_terminal():
    digits = {str(number): ("preset", number) for number in range(10)}
    assert _keys("PLAY_KEYS") | digits == {key: way for key, way in KEYS.items() if key != "tab"}
    assert _keys("AB_KEYS") == AB_KEYS
