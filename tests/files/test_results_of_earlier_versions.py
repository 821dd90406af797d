"""Captures, impulse responses, takes and results that an earlier version wrote (tests/golden/formats) are read as they
were meant, and made again from the same sound they are the same."""

from __future__ import annotations

import argparse
import json
import lzma
import shutil
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rig.audio import wav
from rig.cabinet.export import export
from rig.cabinet.ir import IR
from rig.capture.ir.checks import impulse_checks
from rig.capture.ir.deconvolution import Sweep, finished_taps, measure
from rig.capture.ir.files import Microphone, save_impulse
from rig.capture.levels import CaptureLevels
from rig.capture.result.finish import finish
from rig.capture.result.foreign_recording import check_again
from rig.capture.result.gear_metadata import Gear
from rig.capture.result.rejected import keep_broken_take
from rig.capture.result.save import save_capture
from rig.capture.result.sidecar import Capture
from rig.capture.signal.training_signal import load_signal
from rig.capture.take.recording import POST_ROLL, PRE_ROLL, Recording
from rig.cli.ab_session import resumed
from rig.compare.abx import BlindTest, check
from rig.compare.models import compare_models, take_files
from rig.compare.pair import TakeFiles
from rig.files.atomic_write import free_name
from rig.nam import Model
from rig.recording.take import Take

FORMATS = Path(__file__).parents[1] / "golden" / "formats"
RATE = 48000
DELAY = 312  # samples, of the captured gear
LEVELS = CaptureLevels(18.34, "multimeter", 12.34, "multimeter")
GEAR = Gear("Test preamp", "somebody", "preamp", "Engl", "E570", "crunch")


@cache
def unpacked(folder):
    """The files, with the pair of the capture as it was."""
    shutil.copytree(FORMATS, folder, ignore=shutil.ignore_patterns("make*.py"))
    for path in (folder / "captures" / "preamp").rglob("*.xz"):
        path.with_suffix("").write_bytes(lzma.decompress(path.read_bytes()))
        path.unlink()
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return unpacked(tmp_path_factory.mktemp("formats") / "kept")


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


# ---------------------------------------------------------------- captures
def test_a_capture_loads_complete_with_levels_latency_and_gear(kept):
    capture = Capture.load(kept / "captures" / "preamp")
    content = capture.content
    assert (capture.name, capture.rate, content["schema"], content["override"]) == ("preamp", RATE, 1, True)
    assert content["levels"]["input_level_dbu"] == 18.34 and content["levels"]["output_level_dbu"] == 12.34
    assert content["levels"]["input_method"] == content["levels"]["output_method"] == "multimeter"
    assert content["latency"]["applied"] == content["latency"]["official"] and content["latency"]["polarity"] == 1
    assert content["latency"]["phat"] == pytest.approx(DELAY, abs=0.01)
    assert content["audio"] == {
        "rate": RATE,
        "xruns": 0,
        "server": "jack",
        "period": 128,
        "device": "system",
        "send": "system:playback_3",
        "freewheel": False,
    }
    assert content["metadata"] == GEAR.to_json()
    assert (
        [check.to_json() for check in capture.checks]
        == content["checks"]
        == read_json(FORMATS / "captures" / "preamp" / "capture.json")["checks"]
    )
    dry, wet = (audio.samples[:, 0] for audio in capture.pair())
    applied = content["latency"]["applied"]
    late = DELAY - applied
    assert np.array_equal(wet[late:], 0.5 * dry[: len(dry) - late])
    text = json.dumps(content, indent=1) + "\n"
    assert text == (kept / "captures" / "preamp" / "capture.json").read_text(encoding="utf-8")
    assert TakeFiles.of_capture(capture.folder) == TakeFiles(
        capture.folder / "dry.wav", capture.folder / "wet.wav", 18.34, "capture, multimeter"
    )


def test_a_capture_is_judged_again_as_it_was(kept):
    folder = kept / "captures" / "preamp"
    judged, trainer = check_again(folder)
    content = read_json(folder / "capture.json")
    assert [check.to_json() for check in trainer] == content["trainer_checks"]
    before = {check["name"]: check["verdict"] for check in content["checks"]}
    again = {check.name: check.verdict for check in judged.checks}
    kept_checks = set(again) & set(before) - {"clipping"}  # steps of a coarse signal are no flat tops any more
    assert {name: again[name] for name in kept_checks} == {name: before[name] for name in kept_checks}
    assert len(again) > 8


def without_its_time(content):
    return {key: value for key, value in content.items() if key not in ("created", "rig_version", "versions")}


@pytest.mark.soak
def test_the_same_take_saved_today_gives_the_same_signal_and_training_files_cut_more_tightly(kept, tmp_path):
    before = kept / "captures" / "preamp"
    signal = load_signal(before / "dry.wav")
    wet = np.concatenate([np.zeros(PRE_ROLL + DELAY), 0.5 * signal.samples, np.zeros(POST_ROLL - DELAY)])
    audio = {name: read_json(before / "capture.json")["audio"][name] for name in ("server", "period", "device")}
    audio |= {"send": "system:playback_3", "freewheel": False}
    saved = save_capture(
        *(tmp_path, "preamp", signal, Recording(wet.astype(np.float32), audio=audio)),
        levels=LEVELS,
        gear=GEAR,
        accept=True,
    )
    after = saved.folder
    names = {path.relative_to(before) for path in before.rglob("*") if path.is_file()} - {Path("preamp.nam")}
    assert {path.relative_to(after) for path in after.rglob("*") if path.is_file()} == names
    first, second = (without_its_time(read_json(folder / "capture.json")) for folder in (before, after))
    assert list(first) == list(second)
    for part in ("audio", "levels", "metadata", "override"):
        assert first[part] == second[part], part
    # How long and how fast is learnt changed since (rig.trainer.configurations); what is learnt from did not.
    for name in ("dry.wav", "train/a2.py"):
        assert (after / name).read_bytes() == (before / name).read_bytes(), name
    late = second["latency"]["applied"] - first["latency"]["applied"]
    old, new = (wav.read(folder / "wet.wav").samples[:, 0] for folder in (before, after))
    assert late in (0, 1) and np.array_equal(old[late:], new[: len(new) - late])


def test_a_finished_model_knows_its_gear_and_is_finished_today_as_it_was(kept, tmp_path):
    capture, trained = kept / "captures" / "preamp", kept / "captures" / "trained.nam"
    model = Model.load(capture / "preamp.nam")
    assert (model.input_level_dbu, model.loudness_db, model.rate) == (18.34, -24.0, RATE)
    metadata = read_json(capture / "preamp.nam")["metadata"]
    assert metadata["gear_make"] == "Engl" and metadata["output_level_dbu"] == 12.34
    assert metadata["date"] == {"year": 2026} and metadata["training"]["validation_esr"] == 0.0
    assert metadata["training"]["rig"]["captured"] == Capture.load(capture).content["created"]
    finish(capture, trained, tmp_path / "again.nam")
    assert (tmp_path / "again.nam").read_bytes() == (capture / "preamp.nam").read_bytes()


def test_a_torn_take_is_kept_with_its_reason_and_its_place_is_not_taken_again(kept, tmp_path):
    folder = kept / "captures" / "preamp.rejected-1"
    assert read_json(folder / "rejected.json") == {
        "reason": "an xrun at 3.1 s",
        "audio": {"server": "jack", "period": 64},
    }
    take = wav.read(folder / "take.wav")
    assert (take.sample_rate, take.subtype, take.samples.shape) == (RATE, "FLOAT", (300, 1))
    expected = np.random.default_rng(2).uniform(-0.5, 0.5, 300).astype(np.float32)
    assert np.array_equal(take.samples[:, 0].astype(np.float32), expected)
    assert free_name(kept / "captures", "preamp.rejected-").name == "preamp.rejected-2"
    audio = read_json(folder / "rejected.json")["audio"]
    again = keep_broken_take(tmp_path, "preamp", expected, "an xrun at 3.1 s", audio)
    assert (again / "rejected.json").read_bytes() == (folder / "rejected.json").read_bytes()
    assert np.array_equal(wav.read(again / "take.wav").samples, take.samples)


def test_an_impulse_response_is_read_and_measured_today_as_it_was(kept, tmp_path):
    path = kept / "impulses" / "v30.wav"
    about = read_json(path.with_suffix(".json"))
    assert about["about"] == {"speaker": "V30", "microphone": "57", "distance_cm": 2.5, "place": "cap edge"}
    assert (about["file"], about["rate"], about["samples"], about["schema"]) == ("v30.wav", RATE, 512, 1)
    assert IR.load(path, sample_rate=RATE).channels == 1
    sweep, cabinet = Sweep(3.0), np.zeros(400)
    cabinet[[100, 103, 140]] = 0.5, -0.2, 0.1
    recording = np.convolve(sweep.signal(), cabinet)
    response = measure(sweep, [recording, recording])
    taps = finished_taps(response, 512)
    microphone = Microphone("V30", "57", 2.5, "cap edge")
    save_impulse(tmp_path / "v30.wav", taps, response, sweep, impulse_checks(response, taps), microphone)
    again = read_json(tmp_path / "v30.json")
    assert list(again) == list(about)
    exact = ("about", "file", "rate", "samples", "schema", "sweep", "latency_samples", "true_gain_db")
    assert {name: again[name] for name in exact} == {name: about[name] for name in exact}
    assert {c["name"]: c["verdict"] for c in about["checks"]}.items() <= {
        c["name"]: c["verdict"] for c in again["checks"]
    }.items()
    assert again["verdict"] == about["verdict"] == "warn"  # of the tail; what was not looked at weighs less
    verdicts = {check["name"]: check["verdict"] for check in again["checks"]}
    assert (verdicts["tail"], verdicts["linearity"]) == ("warn", "unknown")  # there was no softer sweep
    a, b = (wav.read(folder / "v30.wav").samples for folder in (path.parent, tmp_path))
    assert np.abs(a - b).max() <= 1.01 * 2**-23  # transforms of other libraries may round to the next step


# ---------------------------------------------------------------- takes
def rewritten(folder, note_path, into):
    """A take once more, from what its files say: the files, by name."""
    note = read_json(note_path)
    title = note_path.stem[len("2026-03-04 20-15-30 ") :]
    guitar, out = (wav.read(folder / f"{note_path.stem} {end}.wav").samples for end in ("di", "out"))
    own = ("began", "sample_rate", "frames", "seconds", "complete", "gaps", "xruns")
    told = {key: value for key, value in note.items() if key not in own}
    take = Take(into, title, note["sample_rate"], told, now=datetime.fromisoformat(note["began"]))
    take.write(np.concatenate([guitar, out], axis=1).T.astype(np.float32))
    under_way = contents(into)
    take.finish({name: note.get(name) for name in ("complete", "gaps", "xruns")})
    return contents(into) if "frames" in note else under_way


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_takes_are_read_and_written_again_byte_for_byte(kept, tmp_path):
    folder, after = kept / "recordings", {}
    for path in folder.glob("*.json"):
        (into := tmp_path / path.stem).mkdir()
        after |= rewritten(folder, path, into)
    before = contents(folder)
    assert before.keys() == after.keys() and len(before) == 6
    for name, content in before.items():
        assert without_its_process(name, after[name]) == content, name


def without_its_process(name, content):
    """A note of a take under way names its process, since takes of a killed one are finished."""
    if not name.endswith(".json"):
        return content
    note = json.loads(content)
    note.pop("process", None)
    return (json.dumps(note, indent=1, sort_keys=True) + "\n").encode()


def test_a_take_says_what_played_and_holds_guitar_and_sound(kept):
    (path,) = (path for path in (kept / "recordings").glob("*.json") if "Lead" not in path.name)
    note = read_json(path)
    assert path.stem.endswith(" half")
    assert note["complete"] and note["model"] == "half.nam" and note["cabinet"] == "57.wav"
    assert (note["gaps"], note["xruns"], note["rumble_hz"], note["gate_dbfs"]) == ([], 0, 40.0, None)
    guitar, out = (wav.read(path.with_name(f"{path.stem} {end}.wav")) for end in ("di", "out"))
    assert len(guitar.samples) == len(out.samples) == note["frames"]
    assert (guitar.channels, out.channels, guitar.subtype) == (1, 2, "PCM_24")
    played = 0.3 * np.sin(np.arange(4800) / 20)
    assert np.abs(guitar.samples[:4800, 0] - played).max() <= 2**-23  # one step of 24 bit, and float32 before it


def test_a_take_whose_program_was_killed_still_says_so(kept):
    (path,) = (kept / "recordings").glob("*Lead- hot.json")
    note = read_json(path)
    assert note == {
        "began": "2026-03-04T20:15:30+01:00",
        "complete": False,
        "model": "half.nam",
        "sample_rate": RATE,
    }
    assert len(wav.read(path.with_name(f"{path.stem} out.wav")).samples) == 300


# ---------------------------------------------------------------- what was exported and compared
def test_an_exported_response_is_exported_again_byte_for_byte(kept, tmp_path):
    path = kept / "exports" / "121 short.wav"
    ir = IR.load(kept / "gear" / "121.wav", sample_rate=RATE)
    done = export(ir, tmp_path / path.name, samples=64, normalize=True)
    assert done.to_json() == pytest.approx(read_json(path.with_suffix(".json")))
    assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_a_comparison_has_the_same_figures_under_the_same_names(kept):
    before = read_json(kept / "compare" / "comparison.json")
    models = [kept / "gear" / "half.nam", kept / "gear" / "late.nam", kept / "presets" / "minimal.toml"]
    now = compare_models(take_files(kept / "captures" / "preamp", None), models=models, workers=1).to_json()
    now = json.loads(json.dumps(now))
    assert set(now) == {*before, "faults"} and now["schema"] == 1 and now.pop("faults") == []
    assert [score["file"] for score in before["scores"]] == ["late.nam", "half.nam"]
    for a, b in zip(before.pop("scores"), now.pop("scores"), strict=True):
        new = ("esr_a_weighted", "esr_equalised", "null_equalised_db", "log_spectrum_db", "eq_curve_db", "error_shares")
        known = ("esr_trainer", "state", "reason", "quality", "aliasing_db", "aliasing_basis", "kind", "recording")
        assert set(b) == {*a, *known, *new}
        assert b.pop("verdict") and a.pop("verdict")  # by the ESR after level and lag are taken out, since then
        assert b.pop("esr_by_input_level") and a.pop("esr_by_input_level")  # likewise
        for name in a:
            # 1e-4 of a null of -152 dB, where the rounding of float32 is all that is left, is 0.015 dB.
            assert a[name] == (pytest.approx(b[name], rel=1e-4, abs=1e-3) if is_figure(a[name]) else b[name]), name
    assert now.pop("repeatability_esr") == pytest.approx(before.pop("repeatability_esr"), abs=1e-20)  # by shifting
    assert now.pop("repeatability_basis").startswith(before.pop("repeatability_basis"))
    assert now == before


def is_figure(value):
    return isinstance(value, float) or (isinstance(value, dict) and None not in value.values())


# ---------------------------------------------------------------- blind tests
@pytest.fixture
def blind(kept, tmp_path, monkeypatch):
    """Tests and keys of their own: answers are written into them."""
    shutil.copytree(kept / "abx", tmp_path / "abx")
    shutil.copytree(kept / "data", tmp_path / "data")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "abx"


def test_a_finished_blind_test_is_shown_and_its_order_is_the_promised_one(blind):
    path = blind / "finished.json"
    found, order = check(path), read_json(blind / "orders.json")["finished"]
    expected = "".join("A" if number in (2, 5) else x for number, x in enumerate(order))
    assert (found.problems, found.trials, found.answered, found.order) == ((), 8, 8, order)
    assert found.answers == expected
    assert found.verdict is not None
    assert found.verdict.right == sum(a == x for a, x in zip(expected, order, strict=True)) >= 6
    written = read_json(path)
    assert (written["sentence"], written["interval"]) == (found.verdict.sentence, list(found.verdict.interval))
    assert found.setup["a"]["model"]["file"] == "half.nam" and found.setup["match_trim_db"] == 0.5


def test_a_blind_test_under_way_goes_on_with_the_same_order_and_the_same_sounds(blind, kept):
    path = blind / "under way.json"
    before, order = path.read_bytes(), read_json(blind / "orders.json")["under way"]
    test = BlindTest.resume(path)
    assert path.read_bytes() == before
    assert (test.trials, test.answered, test.setup["listener"]) == (10, 3, "Größe")
    assert len(read_json(path)["resumed"]) == 2
    for number in range(3, 10):
        assert test.x == order[number]
        test.answer(test.x)
    found = check(path)
    assert not found.problems and found.order == order and found.answers == "ABB" + order[3:]
    for side, model in (("a", "half"), ("b", "unstated")):
        assert test.setup[side]["model"]["hash"] == Model.load(kept / "gear" / f"{model}.nam").content_hash
        assert test.setup[side]["ir"]["hash"] == IR.load(kept / "gear" / "57.wav", sample_rate=RATE).content_hash


def test_the_command_of_a_blind_test_under_way_is_understood(blind):
    options = argparse.Namespace(resume=blind / "under way.json")
    assert resumed(options).answered == 3
    assert options.model == Path("/home/player/models/half.nam")
    assert options.against == Path("/home/player/models/unstated.nam")
    assert (options.ir, options.ir_against, options.di) == (Path("/home/player/irs/57.wav"), None, None)
    assert (options.no_ir, options.split, options.size, options.max_input_dbu) == (False, False, 1.0, 12.2)
