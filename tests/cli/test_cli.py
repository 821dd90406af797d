"""The commands as a whole: help, info, bench, and what `import rig` offers."""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import pkgutil
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import model_files
import numpy as np
import pytest
from commandline import forked, refused
from rigs import A2, NANO

import rig as package
from rig.cli import main, parser, terminal

LATE = {"receptive_field": 4, "bias": False}


def test_help_names_every_command_and_imports_nothing_heavy():
    program = (
        "import sys; import rig; import rig.cli\n"
        "try: rig.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numba', 'numpy', 'scipy', 'soundfile', 'jack', 'sounddevice', 'matplotlib'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    commands = (
        "play",
        "audition",
        "render",
        "info",
        "ir",
        "signal",
        "capture",
        "compare",
        "ab",
        "abx",
        "devices",
        "bench",
    )
    for command in commands:
        assert f"\n    {command} " in done.stdout
    assert "HEAVY []" in done.stdout


def test_each_public_name_can_be_had():  # which there are is pinned in tests/library
    assert not (set(package.__all__) - {"errors"}) & {module.name for module in pkgutil.iter_modules(package.__path__)}
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert callable(package.render)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        package.nothing  # noqa: B018


def test_every_error_of_rig_is_a_rig_error():
    from rig import errors

    kinds = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert len(kinds) > 5
    assert all(issubclass(kind, errors.RigError) for kind in kinds)
    for kind in kinds:
        assert kind.__name__ in errors.__doc__  # the tree at the top of the file is complete


def test_info_tells_what_a_model_is_and_json_says_the_same(capsys):
    assert main(["info", str(A2), str(NANO)]) == 0
    text = capsys.readouterr().out
    for part in (
        "rig-preamp-a2.nam",
        "8 channels, 23 layers",
        "12146",
        "6347 samples, 132 ms",
        "12.00 dBu",
        "-14.20 dB",
    ):
        assert part in text
    more = r"for \d+\.\d% of real time more"
    assert re.search(
        rf"folds back +-42 dB as trained; 2x: -9\d dB {more}; 4x: -12\d dB {more} \(a sine of 2489 Hz", text
    )
    assert main(["info", "--json", str(A2), "--size", "0"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["weights"], report["family"], report["input_level_dbu"]) == (1871, "A2 lite", 12.0)
    assert report["ns_per_sample"] > 0
    assert (report["played_loudness_db"], report["loudness_basis"]) == (report["loudness_db"], "model")
    assert report["measured"]["polarity"] == 1
    assert [row["quality"] for row in report["aliasing"]] == [1, 2, 4]
    assert report["aliasing"][0]["ns_per_sample"] == report["ns_per_sample"] < report["aliasing"][1]["ns_per_sample"]


def test_info_measures_what_a_file_does_not_state_and_says_so(tmp_path, capsys):
    path = model_files.write(tmp_path / "late.nam", model_files.finished("Linear", LATE, [0.0, 0.0, 0.0, -0.5]))
    assert main(["info", str(path)]) == 0
    text = capsys.readouterr().out
    assert re.search(r"loudness +-20\.99 dB \(measured by rig\)", text)  # -14.97 dB of the stimulus, half
    assert re.search(r"own delay +3\.00 samples, 0\.06 ms; polarity upside down \(measured by rig", text)
    assert main(["info", "--json", str(path)]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["loudness_db"], report["loudness_basis"]) == (None, "measured by rig")
    assert report["played_loudness_db"] == report["measured"]["loudness_db"] == pytest.approx(-20.99, abs=0.01)
    silent = model_files.write(tmp_path / "silent.nam", model_files.finished("Linear", LATE, [0.0] * 4))
    assert main(["info", str(silent)]) == 0
    assert re.search(r"loudness +none: it answers rig's test signal with silence", capsys.readouterr().out)


def test_info_of_a_folder_measures_only_when_asked_and_remembers(tmp_path, capsys):
    for i in range(3):
        weights = [0.0, 0.0, 0.0, 0.1 * (3 - i)]
        model_files.write(tmp_path / f"m{i}.nam", model_files.finished("Linear", LATE, weights))
    (tmp_path / "stated.nam").write_bytes(NANO.read_bytes())
    assert main(["info", str(tmp_path), "--sort", "loudness"]) == 0
    before = capsys.readouterr().out
    assert "*" not in before
    assert main(["info", str(tmp_path), "--sort", "loudness", "--measure"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["m2.nam", "m1.nam", "m0.nam", "stated.nam"]
    assert lines[1].split()[-2] == "-35.0*"
    assert lines[4].split()[-2] == "-14.5"
    assert lines[5] == "* loudness measured by rig: the file states none"
    assert main(["info", str(tmp_path), "--sort", "loudness"]) == 0
    assert "-35.0*" in capsys.readouterr().out
    assert main(["info", str(tmp_path), "--lacking", "loudness", "--json"]) == 0  # what no file states
    assert len(json.loads(capsys.readouterr().out)) == 3


def test_info_names_the_bad_file_and_goes_on_with_the_others(tmp_path, capsys):
    bad = tmp_path / "bad.nam"
    bad.write_text("[]")
    assert main(["info", str(bad), str(NANO)]) == 2
    printed = capsys.readouterr()
    assert "rig-preamp-nano.nam" in printed.out
    assert printed.err.startswith("rig: bad.nam")


def test_info_of_a_folder_is_a_table_sorted_and_filtered_as_asked(tmp_path, capsys):
    for i in range(30):
        model_files.write(tmp_path / f"m{i:02}.nam", model_files.wavenet([4, 2], seed=1000 + i, dilations=(1, 2)))
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a2.nam").write_bytes(A2.read_bytes())
    (tmp_path / "broken.nam").write_text("{")
    assert main(["info", str(tmp_path), "--sort", "cost"]) == 2
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert len(lines) == 1 + 31
    assert lines[-1].split()[:6] == ["a2.nam", "A2", "48000", "12.0", "12.3", "-14.2"]  # the dearest
    assert lines[1].split()[-5:-1] == ["48000", "-", "-", "-"]
    assert "broken.nam" in printed.err
    assert main(["info", str(tmp_path / "more"), "--lacking", "input", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(["info", str(empty)]) == 2
    assert "holds no .nam file" in capsys.readouterr().err


@pytest.mark.soak
def test_bench_measures_the_known_shapes_and_files(capsys):
    some = ("a1 standard", "a1 nano", "a2", "lstm 1x16", "cabinet")
    assert main(["bench", "--json", "--rounds", "1", *(word for name in some for word in ("--only", name))]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["machine"]["peak_gmacs"] > 0 and report["start"] is None
    models = {model["name"]: model for model in report["models"]}
    assert models["A1 standard"]["macs_per_sample"] == 13320
    assert models["A1 standard"]["share_to_a1_standard"] == 1
    assert models["A2"]["macs_per_sample"] == 11776
    assert set(models["A2 lite"]["ns_per_sample"]) == {"16", "32", "64", "128", "256"}
    assert all(0 < m["share_of_peak"]["64"] < 1 for m in models.values())
    assert all(m["cold_us_per_block"]["64"] > 0 and m["worst_us_per_block"]["64"] > 0 for m in models.values())
    faster = {row["name"]: row for row in report["quality"]}
    assert set(faster) == {"A1 standard", "A1 nano", "A2", "LSTM 1x16"}
    for row in faster.values():
        assert list(row["ratio_to_multiple_of_1x"]) == ["2", "4", "8"]
        assert row["ns_per_frame"]["8"] > row["ns_per_frame"]["1"] and min(row["filters_ns_per_frame"].values()) >= 0
    offline = {row["name"]: row for row in report["offline"]}
    assert set(offline) == set(faster) and report["peers"] is None
    for row in offline.values():
        assert row["probe_s"] == 2.5 and row["threads"] >= 1 and min(row["load_ms"], row["network_ms"]) > 0
        assert row["audio_s_per_s"] == pytest.approx(row["models_per_s"] * row["probe_s"])
        assert row["audio_s_per_s_one_core"] == pytest.approx(row["models_per_s_one_core"] * row["probe_s"])
    lengths = {row["taps"]: row for row in report["convolver"]}
    assert set(lengths) >= {512, 2048, 8192} and set(lengths[2048]["ns_per_sample"]) == {"64", "128"}
    assert all(0 < row["share_of_period"] <= row["worst_share_of_period"] for row in lengths.values())


def test_bench_measures_files_or_what_is_named(tmp_path, capsys):
    assert main(["bench", "--rounds", "1", str(NANO)]) == 0
    printed = capsys.readouterr().out
    assert printed.count("rig-preamp-nano") == 2 and "offline: models that play 2.5 s each" in printed
    assert main(["bench", "--rounds", "1", "--only", "lstm 1x", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {model["name"][:8] for model in report["models"]} == {"LSTM 1x8", "LSTM 1x1", "LSTM 1x2", "LSTM 1x4"}
    assert report["convolver"] == []
    alike = [tmp_path / folder / "crunch.nam" for folder in ("a", "b")]
    for path in alike:
        path.parent.mkdir()
        path.write_bytes(NANO.read_bytes())
    assert main(["bench", "--rounds", "1", *map(str, alike), "--json"]) == 0
    names = [model["name"] for model in json.loads(capsys.readouterr().out)["models"]]
    assert names == ["a/crunch.nam", "b/crunch.nam"]
    assert main(["bench", "--only", "nothing"]) == 2
    assert "No shape is called 'nothing'; there are cabinet, A1 standard" in capsys.readouterr().err


@pytest.mark.soak
def test_bench_measures_a_first_start_and_a_later_one():
    done = forked("bench", "--rounds", "1", "--only", "cabinet", "--start", "--json")
    start = json.loads(done.stdout)["start"]
    assert 0 < start["warm_s"] < start["cold_s"]


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS allows names in UTF-8 only")
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_name_that_the_terminal_cannot_show_is_no_reason_to_fail(encoding, tmp_path):
    model = model_files.wavenet([2], dilations=(1,)) | {"metadata": {"name": "アンプ"}}
    model_files.write(tmp_path / os.fsdecode(b"\xff amp.nam"), model)
    (tmp_path / os.fsdecode(b"\xff broken.nam")).write_text("{")
    done = forked("info", tmp_path, PYTHONIOENCODING=encoding)
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert " amp.nam" in done.stdout and "broken.nam: the file is cut off" in done.stderr


def test_a_path_that_no_system_allows_is_one_sentence():
    refused(forked("info", "x" * 5000), "cannot be read")


@pytest.mark.parametrize("command", ["info", "bench"])
def test_a_missing_file_is_one_sentence(command):
    refused(forked(command, "no such.nam"), r"no such\.nam")


def test_a_signal_whose_exception_is_lost_ends_the_wait_for_keys_all_the_same():
    keys = terminal.Keys()
    with terminal.ending_politely():
        with contextlib.suppress(KeyboardInterrupt):  # as an extension module may
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        with pytest.raises(KeyboardInterrupt):
            keys.wait(0.01)
    assert keys.wait(0.01) == []


def test_a_signal_waits_for_the_end_of_an_import_and_the_exit_code_is_ours(tmp_path):
    """Python ends itself by SIGINT, whatever the exit code, once an `exec` of a text was interrupted."""
    lines = "os.kill(os.getpid(), signal.SIGHUP)\\nfor _ in range(1000): pass\\nwhole = True"
    (tmp_path / "slow.py").write_text(f"import os, signal\nexec('{lines}')\n")
    (tmp_path / "program.py").write_text(
        "import sys, time\nfrom rig.cli.terminal import ending_politely\n"
        "try:\n    with ending_politely():\n        import slow\n        time.sleep(10)\n"
        "except KeyboardInterrupt:\n    sys.exit(7 if slow.whole else 8)\n"
    )
    done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 7, done


def declared(command: argparse.ArgumentParser) -> set[str]:
    """The names of all options of a parser and of those below it."""
    names = set(command._defaults)
    for action in command._actions:
        names.add(action.dest)
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                names |= declared(below)
    return names


def test_every_option_that_a_command_reads_is_declared():
    """One that is renamed where it is declared is an AttributeError where it is read; no type checker sees that."""
    read = {}
    for path in Path(package.__path__[0], "cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("options", "self.options"):
                read[node.attr] = path.name
    assert {"model", "trials", "level_mode"} <= set(read)
    assert not set(read) - declared(parser()), {name: read[name] for name in set(read) - declared(parser())}


@pytest.mark.skipif(not Path("/proc/self/task").is_dir() or os.cpu_count() == 1, reason="threads are told by Linux")
@pytest.mark.parametrize(("words", "threads"), [("main(['--version'])", {1}), ("pass", set(range(2, 1000)))])
def test_linear_algebra_begins_no_threads_that_wait_busily_beside_ours(words, threads):
    if "openblas" not in str(np.show_config("dicts")):
        pytest.skip("NumPy stands on another library here")
    program = f"from rig.cli import main; {words}; import numpy, os; print(len(os.listdir('/proc/self/task')))"
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert int(done.stdout.split()[-1]) in threads, done.stderr
