"""Every command with every odd value, from a page: done or refused in a sentence, and no file touched elsewhere."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

import platformdirs
import pytest
from auditioning import five_cabinets
from paged import Paged
from rigs import NANO
from touched import Touched

import rig
from rig.dsp.native.build import cache_directory
from rig.player.commands import COMMANDS
from rig.web.board import Request
from rig.web.messages import Do, Malformed, read_said

NUMBERS = (0, 1, 2, 7, -1, 0.5, -0.0, 440.1, 1e15, -1e15, 2**53)
NAMES = ("", " ", "x", ".", "..", "~", "con", "NUL.wav", ".hidden", "x.wav", "-rf", "%s{0}[/]", "é🎸", "\u202egnp")
LONG = ("x" * 300, "x" * 1000, "é" * 250)
PATHS = ("SECRET", "../outside/secret.wav", "/etc/passwd", "a/b", "a\\b", "file:///etc/passwd", "//host/it", "x/../y")
LOST = ("\ud800", "\x00", "a\nb", "\x1b[2J", "\x7f")
ODD = (None, True, False, *NUMBERS, *NAMES, *LONG, *PATHS, *LOST)


def walk(paged, steps, chance, secret):
    """Do so many things at random; what was said of each that was refused."""
    refused, names = [], [*COMMANDS, "revoke_device", "no_such_command"]
    everything = [(name, value) for name in names for value in ODD]
    chance.shuffle(everything)
    for at in range(steps):
        name, value = everything[at % len(everything)]
        value = str(secret) if value == "SECRET" else value
        message = {"do": name, "id": at} if value is None else {"do": name, "value": value, "id": at}
        try:
            said = read_said(json.dumps(message))
        except Malformed as error:
            refused.append((message, str(error)))
            continue
        paged.run(lambda said=said: paged.page._carry_out(Request("walker", 1, said)))
        assert paged.errors == [], message
        answer = json.loads(paged.page.board._answered["walker"].done[at])
        if "error" in answer:
            refused.append((message, answer["error"]))
    return refused


@pytest.mark.parametrize("steps", [150, pytest.param(8_000, marks=pytest.mark.soak)])
def test_every_odd_value_is_done_or_refused_and_no_file_is_touched_elsewhere(steps, tmp_path, monkeypatch):
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "own"))
    (tmp_path / "outside").mkdir()
    (tmp_path / "work").mkdir()
    irs = five_cabinets(tmp_path / "work", monkeypatch)  # and there rig runs
    model = Path(shutil.copy(NANO, tmp_path / "work"))
    secret = Path(shutil.copy(irs[0], tmp_path / "outside" / "secret.wav"))
    before = secret.read_bytes()
    pytest.importorskip("matplotlib.font_manager")  # something may be drawn: the fonts are looked for before
    with Paged(models=[model], irs=irs) as paged, Touched(secret.parent) as touched:
        refused = walk(paged, steps, random.Random(steps), secret)
        assert paged.is_playing() or paged.player.muted or paged.player.finished
    for message, sentence in refused:
        assert sentence.endswith((".", "!", "?", ")")) and "\n" not in sentence, (message, sentence)
        assert "Traceback" not in sentence and "object at 0x" not in sentence
    assert touched.outside == []
    assert [entry.name for entry in secret.parent.iterdir()] == ["secret.wav"]
    assert secret.read_bytes() == before
    assert elsewhere(touched.paths, tmp_path) == []


@pytest.mark.parametrize("steps", [60, pytest.param(4_000, marks=pytest.mark.soak)])
def test_while_blind_nothing_that_is_done_tells_a_name(steps, tmp_path, monkeypatch):
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "own"))
    irs, names = five_cabinets(tmp_path, monkeypatch), ("aspen", "birch", "cedar", "dogwood", "elder")
    irs = [path.rename(path.with_stem(name)) for path, name in zip(irs, names, strict=True)]
    chance = random.Random(steps)
    ending = {"blind", "quit", "open_irs"}
    everything = [(name, value) for name in COMMANDS if name not in ending for value in ODD if value != "SECRET"]
    chance.shuffle(everything)
    with Paged(models=[NANO], irs=irs) as paged:
        page = paged.page

        def carry_out(at, said):
            page._carry_out(Request("walker", 1, said))
            lists = [page._shown.listed(each) for each in ("cabinets", "shapes", "favourites", "problems", "presets")]
            told = [page.board._answered["walker"].done[at], page.board._state, [items for items, _ in lists]]
            return json.dumps([told, page._shown.state(), list(page.board._events)])

        paged.run(lambda: carry_out(0, Do("blind", True, 0)))
        page.board._events.clear()  # what was told before is known
        for at, (name, value) in enumerate(everything[:steps], 1):
            with contextlib.suppress(Malformed):
                said = read_said(json.dumps({"do": name, "value": value, "id": at}))
                told = paged.run(lambda at=at, said=said: carry_out(at, said))
                assert paged.errors == []
                assert paged.player.value("blind") is True, (name, value)
                assert not [each for each in names if each in told], (name, value)


def elsewhere(paths, tmp_path):
    """What was touched beside the folders that were fixed at the start, Python's own and rig's."""
    own = [tmp_path / "work", tmp_path / "own", Path(rig.__file__).parent.parent, Path(sys.prefix), Path("/dev")]
    own += [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib")]
    own += [Path(platformdirs.user_cache_dir("rig", appauthor=False)), cache_directory(), Path("/proc"), Path("/sys")]
    own += [Path(sys.pycache_prefix)] if sys.pycache_prefix else []
    found = []
    for event, path in sorted(paths):
        whole = (tmp_path / "work" / path).resolve()
        if path and not any(whole.is_relative_to(each.resolve()) for each in own):
            found.append((event, path))
    return [each for each in found if tempfile.gettempdir() != each[1]]
