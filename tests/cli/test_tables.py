"""Names in tables: whole in files and where there is room, without their middle on a narrow terminal."""

from __future__ import annotations

import json
import sys

import model_files
import numpy as np
import pytest
from responses import coloured
from rigs import RATE

from rig.audio import wav
from rig.cli import main, tables

LONG = "mesa-dual-rectifier-channel-3-vintage-with-a-very-long-description-of-the-cabinet"


@pytest.fixture
def models(tmp_path):
    """Models of which two have one name, and one a long one."""
    for i, name in enumerate(("a/crunch.nam", "b/crunch.nam", f"b/{LONG}.nam")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        model_files.write(path, model_files.wavenet([2], seed=i, dilations=(1,)))
    return tmp_path


def terminal(monkeypatch, columns):
    monkeypatch.setattr(tables, "columns", lambda: columns)


def test_in_a_file_names_stand_whole_and_are_told_apart(models, capsys):
    assert main(["info", str(models)]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert names == ["a/crunch.nam", "b/crunch.nam", f"{LONG}.nam"]
    assert main(["info", str(models), "--json"]) == 0
    assert [report["file"] for report in json.loads(capsys.readouterr().out)] == names


def test_on_a_terminal_a_line_fits_where_a_name_can_be_shortened(models, capsys, monkeypatch):
    terminal(monkeypatch, 100)
    assert main(["info", str(models)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert lines[-1].startswith(LONG[:8]) and "…" in lines[-1] and "inet.nam" in lines[-1]
    terminal(monkeypatch, 200)
    assert main(["info", str(models)]) == 0
    assert f"{LONG}.nam" in capsys.readouterr().out


def test_a_pipe_has_no_columns():
    assert tables.columns() is None
    assert tables.name_width(["a" * 100], 80) == 100


def test_impulse_responses_of_one_name_are_told_apart_in_every_report(tmp_path, capsys):
    for i, name in enumerate(("mesa/57.wav", "vox/57.wav")):
        (tmp_path / name).parent.mkdir()
        wav.write(tmp_path / name, coloured(i, 400), RATE, "FLOAT")
    files = [str(tmp_path / "mesa" / "57.wav"), str(tmp_path / "vox" / "57.wav")]
    assert main(["ir", *files, "--align"]) == 0
    text = capsys.readouterr().out
    assert "vox/57.wav against mesa/57.wav: " in text
    assert "  mesa/57.wav: +0.0 dB" in text and "  vox/57.wav: " in text
    assert main(["ir", str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [each["file"] for each in report["files"]] == ["mesa/57.wav", "vox/57.wav"]


def test_models_of_one_name_are_told_apart_in_a_comparison(models, tmp_path, capsys):
    rng = np.random.default_rng(2)
    x = 0.3 * rng.standard_normal(2 * RATE)
    wav.write(tmp_path / "dry.wav", x, RATE, "FLOAT")
    wav.write(tmp_path / "wet.wav", 0.5 * x, RATE, "FLOAT")
    names = [models / folder / "crunch.nam" for folder in ("a", "b")]
    pair = [str(tmp_path / "dry.wav"), str(tmp_path / "wet.wav")]
    main(["compare", *pair, *map(str, names), "--workers", "1", "--json"])
    report = json.loads(capsys.readouterr().out)
    found = [each["file"] for each in (*report["scores"], *report["failures"])]
    assert sorted(found) == ["a/crunch.nam", "b/crunch.nam"]


def test_the_width_of_a_terminal_is_that_of_the_system(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "91")
    assert tables.columns() == 91
