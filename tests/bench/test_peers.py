"""`rig bench --peers`: rig beside other players' programs on the same models."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from rig.bench.model_files import OFFICIAL, write_shape
from rig.bench.shapes import SHAPES, subject
from rig.cli import main
from rig.nam import load_model

BUILT = os.environ.get("RIG_PEERS")  # a folder with programs that were really built


def stand_in(path: Path, *lines: str) -> None:
    """A program that prints these lines, as the real one of its name does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = "\n".join(f"print({line!r})" for line in lines)
    path.write_text(f"#!{sys.executable}\n{said}\n")
    path.chmod(0o755)


def beside(folder: Path, *words: str) -> list[str]:
    return ["bench", "--peers", str(folder), "--rounds", "2", *words]


@pytest.mark.parametrize("name", OFFICIAL)
def test_a_shape_in_a_file_is_the_shape_that_is_measured_without_one(name, tmp_path):
    model, known = load_model(write_shape(name, tmp_path)), subject(name)
    assert (model.name, model.shape, model.macs_per_sample) == (name, known.shape, known.macs_per_sample)
    assert not model.warnings
    if name.startswith("A"):
        assert model.family == name
    x = np.random.default_rng(0).standard_normal(3000).astype(np.float32)
    np.testing.assert_array_equal(model.render(x), known.network.process(x))
    again = write_shape(name, tmp_path).read_bytes()
    assert again == write_shape(name, tmp_path).read_bytes()


@pytest.mark.parametrize("name", ["A2", "A2 lite"])
def test_a2_is_spelled_out_as_the_fast_code_of_others_asks_for_it(name, tmp_path):
    data = json.loads(write_shape(name, tmp_path).read_text())
    (array,) = data["config"]["layers"]
    assert data["version"] == "0.7.0"  # from 0.5.5 on NeuralAudio looks for A2
    assert array["activation"] == [{"type": "LeakyReLU", "negative_slope": 0.01}] * 23
    assert array["gating_mode"] == ["none"] * 23 and array["secondary_activation"] == [None] * 23
    assert array["bottleneck"] == array["channels"] == {"A2": 8, "A2 lite": 3}[name]
    assert array["layer1x1"] == {"active": True, "groups": 1} and array["head1x1"]["active"] is False
    assert all(array[key]["active"] is False for key in array if key.endswith("_film"))


def test_the_ratio_is_that_of_what_the_program_says_and_rig_took(tmp_path, capsys):
    stand_in(tmp_path / "gcc" / "benchmodel", "Running benchmark", "Finished", "960ms", "960ms")
    stand_in(tmp_path / "clang" / "benchmodel", "Running benchmark", "Finished", "480ms", "480ms")
    general = "**Warning: Internal model is not using a static architecture"
    stand_in(tmp_path / "na" / "ModelTest", general, "", "Internal: 0.262144 (20.8xRT)", "NAM Core: 1.048576 (5.2xRT)")
    assert main(beside(tmp_path, "--only", "A1 nano", "--json")) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["models"] == result["convolver"] == result["offline"] == []
    report = result["peers"]
    assert report["programs"] == ["clang/benchmodel", "gcc/benchmodel", "na/ModelTest"] and report["faults"] == []
    (nano,) = report["models"]
    assert nano["name"] == "A1 nano" and nano["rig_ns_per_sample"]["least"] > 0
    said = [(peer["program"], peer["implementation"], peer["ns_per_sample"]["median"]) for peer in nano["peers"]]
    expected = [
        ("na/ModelTest", "Internal", 1000.0),
        ("na/ModelTest", "NAM Core", 4000.0),
        ("clang/benchmodel", None, 5000.0),
        ("gcc/benchmodel", None, 10000.0),
    ]
    assert sorted(said, key=lambda each: each[2]) == expected
    assert [peer["general_code"] for peer in nano["peers"] if peer["implementation"]] == [True, False]
    for peer in nano["peers"]:
        ratio = peer["ratio_to_rig"]
        assert ratio["least"] <= ratio["median"] <= ratio["most"]
        ns = peer["ns_per_sample"]["median"]
        rig_ns = nano["rig_ns_per_sample"]
        assert ns / rig_ns["most"] <= ratio["median"] <= ns / rig_ns["least"]
        assert peer["ratio_of_least"] == pytest.approx(ns / rig_ns["least"])


def test_the_table_names_programs_by_their_path_and_the_best(tmp_path, capsys):
    stand_in(tmp_path / "gcc" / "benchmodel", "960ms", "960ms")
    general = "**Warning: Internal model is not using a static architecture"
    stand_in(tmp_path / "na" / "ModelTest", general, "Internal: 0.262144 (20.8xRT)")
    assert main(beside(tmp_path, "--only", "A1 nano", "--only", "lstm 1x8")) == 0
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines() if "benchmodel" in line or "ModelTest" in line]
    assert len(rows) == 4 and {row[0] for row in rows} == {"1000.0", "10000.0"}
    assert printed.count("na/ModelTest, Internal *") == 2 and "not built for this shape" in printed
    assert "times rig's time that the best peer takes: A1 nano " in printed and ", LSTM 1x8 " in printed


def test_a_program_that_fails_is_told_and_the_others_are_measured(tmp_path, capsys):
    stand_in(tmp_path / "old" / "benchmodel", "Usage: benchmodel")
    stand_in(tmp_path / "gcc" / "benchmodel", "Finished", "960ms", "960ms")
    assert main(beside(tmp_path, "--only", "A1 nano", "--only", "A2 lite")) == 0
    printed = capsys.readouterr().out
    assert printed.count("old/benchmodel printed no time for A1 nano") == 1  # not once per round
    assert printed.count("old/benchmodel printed no time for A2 lite") == 1
    assert printed.count("gcc/benchmodel") == 2
    stand_in(tmp_path / "gcc" / "benchmodel", "no time either")
    assert main(beside(tmp_path, "--only", "A1 nano")) == 0
    assert "no program has played it" in capsys.readouterr().out


def test_files_of_the_user_are_measured_under_their_names(tmp_path, capsys):
    stand_in(tmp_path / "gcc" / "benchmodel", "960ms", "960ms")
    path = write_shape("A1 nano", tmp_path)
    assert main([*beside(tmp_path, "--json"), str(path)]) == 0
    (model,) = json.loads(capsys.readouterr().out)["peers"]["models"]
    assert model["name"] == "A1 nano.nam" and len(model["peers"]) == 1


def test_nothing_to_run_and_names_that_fit_nothing_are_one_sentence(tmp_path, capsys):
    assert main(beside(tmp_path)) == 2
    assert "neither benchmodel nor ModelTest is in it or below it as a program that can" in capsys.readouterr().err
    assert main(beside(tmp_path / "nowhere")) == 2
    assert "this folder cannot be read" in capsys.readouterr().err
    stand_in(tmp_path / "benchmodel", "1ms")
    assert main(beside(tmp_path, "--only", "FiLM")) == 2
    assert "No shape that other players know is called 'film'; there are A1 standard" in capsys.readouterr().err
    assert "FiLM once" in SHAPES
    assert main(beside(tmp_path, "--start")) == 2
    assert "--peers and --start measure different things" in capsys.readouterr().err


@pytest.mark.skipif(not BUILT, reason="RIG_PEERS names a folder with programs of other players that were built")
@pytest.mark.parametrize("name", ["A1 standard", "A1 nano", "A2", "LSTM 1x16", "LSTM 2x8"])
def test_programs_that_were_really_built_play_what_rig_writes(name, capsys):
    assert main(["bench", "--peers", str(BUILT), "--rounds", "1", "--only", name, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)["peers"]
    assert report["faults"] == []
    for model in report["models"]:
        assert {peer["program"] for peer in model["peers"]} == set(report["programs"])
        assert all(peer["ns_per_sample"]["least"] > 0 for peer in model["peers"])
