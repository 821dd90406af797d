"""From a recording to a folder: equally long, untouched, complete or absent; broken takes are kept aside."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import signal as signals
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import takes
from places import python_path
from takes import recorded, signal

from rig.audio import wav
from rig.capture.checks.limits import LIMITS
from rig.capture.levels import CaptureLevels
from rig.capture.result.folder import new_capture
from rig.capture.result.foreign_recording import check_again, load_recording
from rig.capture.result.gear_metadata import Gear
from rig.capture.result.known_levels import level_checks
from rig.capture.result.rejected import keep_broken_take
from rig.capture.result.report import report_html
from rig.capture.result.save import save_capture
from rig.capture.result.sidecar import Capture
from rig.capture.signal.training_signal import as_24_bit, load_signal, write_signal
from rig.capture.take.recording import PRE_ROLL, Recording
from rig.errors import AudioError, CaptureError
from rig.trainer.layout import RATE

LEVELS = CaptureLevels(18.34, "multimeter", 12.34, "multimeter")
GEAR = Gear("Test preamp", "somebody", "preamp", "Engl", "E570", "crunch")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    into = tmp_path_factory.mktemp("captures")
    recording = Recording(recorded().astype(np.float32), audio={"server": "jack", "period": 128, "device": "test"})
    return save_capture(into, "preamp", signal(), recording, levels=LEVELS, gear=GEAR)


def test_a_capture_holds_the_pair_the_sidecar_the_report_and_the_training_files(saved):
    assert saved.accepted and saved.judged.verdict == "ok" and saved.reason is None
    files = {str(p.relative_to(saved.folder)) for p in saved.folder.rglob("*") if p.is_file()}
    assert files == {
        "dry.wav",
        "wet.wav",
        "capture.json",
        "report.html",
        *(f"train/{name}" for name in ("data.json", "model.json", "learning.json", "a2.py", "run.txt")),
    }
    assert [p.name for p in saved.folder.parent.iterdir()] == ["preamp"]


def test_the_pair_is_equally_long_24_bit_mono_with_a_plain_header_and_exact(saved):
    dry, wet = Capture.load(saved.folder).pair()
    for audio in (dry, wet):
        assert (len(audio.samples), audio.channels, audio.sample_rate) == (signal().length, 1, RATE)
        assert (audio.format, audio.subtype) == ("WAV", "PCM_24")
        assert (saved.folder / audio.name).read_bytes()[20:22] == b"\x01\x00"
    assert np.array_equal(dry.samples[:, 0], signal().samples)
    latency = saved.latency.tightest
    cut = recorded().astype(np.float32)[PRE_ROLL + latency :][: signal().length]
    assert np.abs(wet.samples[:, 0] - cut).max() <= 2**-24  # rounded, nothing else


def test_the_sidecar_knows_levels_latency_and_every_check(saved):
    content = json.loads((saved.folder / "capture.json").read_text())
    assert content["schema"] == 1
    assert content["levels"]["input_level_dbu"] == 18.34 and content["levels"]["output_method"] == "multimeter"
    assert content["latency"]["applied"] == saved.latency.tightest > content["latency"]["official"]
    assert content["latency"]["phat"] == pytest.approx(takes.DELAY + 1.2, abs=0.2)
    assert content["signal"]["sha256"] == signal().sha256 and content["signal"]["train"] == [480000, -432000]
    assert content["audio"]["period"] == 128 and content["metadata"]["gear_make"] == "Engl"
    assert {check["verdict"] for check in content["checks"]} == {"ok"} and len(content["checks"]) >= 15
    assert all(check["passed"] for check in content["trainer_checks"])
    assert content["quality"]["verdict"] == "ok" and not content["override"]


def test_the_training_files_point_at_the_pair_with_the_delay_filled_in(saved):
    data = json.loads((saved.folder / "train" / "data.json").read_text())
    assert data["common"] == {"x_path": "dry.wav", "y_path": "wet.wav", "delay": 0}
    assert data["train"] == {"ny": 4096, "start_samples": 480000, "stop_samples": -432000}
    assert "joint" in data
    model = json.loads((saved.folder / "train" / "model.json").read_text())
    assert model["net"]["config"]["layers_configs"][0]["channels"] == 16
    compile((saved.folder / "train" / "a2.py").read_text(), "a2.py", "exec")
    assert "_detect_input_version" in (saved.folder / "train" / "a2.py").read_text()
    assert "nam-full" in (saved.folder / "train" / "run.txt").read_text()


def test_the_report_is_one_page_with_plots_and_loads_nothing(saved):
    page = (saved.folder / "report.html").read_text()
    for part in ("18.34 dBu", "replicate", "<svg", "E570", "at most -70 dBFS RMS, fails above -50", "at least 60 dB"):
        assert part in page
    for raw in ("False", "True", "None", "server jack", "[]", "t3k", "(multimeter)"):
        assert raw not in re.sub(r"<svg.*</svg>", "", page, flags=re.DOTALL)
    outside = [link for link in re.findall(r'(?:src|href)="([^"]*)"', page) if not link.startswith(("#", "data:"))]
    assert not outside


def test_a_report_that_does_not_know_the_levels_does_not_say_that_all_is_well(tmp_path):
    saved = save_capture(tmp_path, "x", signal(), Recording(recorded()))
    assert saved.accepted and saved.judged.verdict == "unknown"
    assert [check.name for check in saved.judged.of("unknown")] == ["input level", "output level"]
    page = (saved.folder / "report.html").read_text()
    assert "Everything is as it should be" not in page and "not known" in page
    assert "rig calibrate send" in page and "rig calibrate return" in page
    timid = level_checks(CaptureLevels(5.0, "spec", 12.0, "spec"))
    assert [check.verdict for check in timid] == ["warn", "ok"] and timid[0].allowed == "at least 8 dBu"


def test_limits_say_their_direction():
    said = {name: limit.check(name, 0.0, "", "").allowed for name, limit in LIMITS.items()}
    assert said["noise"] == f"at least 60 dB, fails below {LIMITS['noise'].fail:g}"
    assert said["silence"] == f"at least {LIMITS['silence'].fail:g} dBFS RMS"
    assert said["gate"] == "at most 30 dB"
    for name, limit in LIMITS.items():
        assert said[name].startswith("at most" if limit.side == "above" else "at least")


def test_without_matplotlib_the_report_says_so_and_has_everything_else(saved, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    content = json.loads((saved.folder / "capture.json").read_text())
    nothing = np.zeros(RATE)
    page = report_html("x", content, nothing, nothing, nothing, saved.judged)
    assert "pip install 'amprig[plots]'" in page and "replicate" in page and "<svg" not in page


def test_a_capture_is_never_overwritten_and_names_are_checked(saved):
    before = {p: p.stat().st_mtime_ns for p in saved.folder.rglob("*")}
    with pytest.raises(CaptureError, match="preamp: there is a capture of that name"):
        save_capture(saved.folder.parent, "preamp", signal(), Recording(recorded()))
    assert before == {p: p.stat().st_mtime_ns for p in saved.folder.rglob("*")}
    for name in ("", "a/b", ".hidden", "a:b", "..", " x"):
        with pytest.raises(CaptureError, match="cannot name a capture"):
            save_capture(saved.folder.parent, name, signal(), Recording(recorded()))


def test_a_capture_that_was_changed_or_damaged_is_refused(saved, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(saved.folder, copy)
    wet = wav.read(copy / "wet.wav").samples[:, 0]
    wav.write(copy / "wet.wav", as_24_bit(0.5 * wet), RATE, overwrite=True)
    with pytest.raises(CaptureError, match=r"wet\.wav was changed"):
        Capture.load(copy)
    (copy / "capture.json").write_text("{")
    with pytest.raises(CaptureError, match=r"capture\.json is damaged"):
        Capture.load(copy)
    (copy / "capture.json").write_text('{"schema": 2}')
    with pytest.raises(CaptureError, match="schema 2"):
        Capture.load(copy)
    with pytest.raises(CaptureError, match="not a capture"):
        Capture.load(tmp_path)


def test_a_faulty_take_is_kept_aside_with_its_reason_and_can_be_accepted_all_the_same(tmp_path):
    faulty = Recording(takes.dropped(recorded(), 64))
    done = save_capture(tmp_path, "bad", signal(), faulty)
    assert not done.accepted and done.folder == tmp_path / "bad.rejected-1"
    assert "continuity: the take jumps by 64" in done.reason
    reason = json.loads((done.folder / "rejected.json").read_text())
    assert reason["reason"] == done.reason and reason["quality"]["verdict"] == "fail"
    assert len(wav.read(done.folder / "take.wav").samples) == len(faulty.samples)
    assert not (tmp_path / "bad").exists()
    accepted = save_capture(tmp_path, "bad", signal(), faulty, accept=True)
    assert accepted.accepted and Capture.load(tmp_path / "bad").content["override"]
    assert "accepted all the same" in (tmp_path / "bad" / "report.html").read_text()


def test_a_torn_take_is_kept_aside(tmp_path):
    for number in (1, 2):
        kept = keep_broken_take(tmp_path, "torn", np.zeros(1000, np.float32), "an xrun at 3.1 s", {"period": 64})
        assert kept == tmp_path / f"torn.rejected-{number}"
    assert json.loads((kept / "rejected.json").read_text())["reason"] == "an xrun at 3.1 s"


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CaptureError, match="nothing was changed"):
        save_capture(tmp_path / "file", "x", signal(), Recording(recorded()))


def test_a_disk_that_fills_up_leaves_nothing(tmp_path):
    with pytest.raises(CaptureError, match="No space left"), new_capture(tmp_path / "full") as new:
        (new.path / "half").write_text("...")
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_capture_left_is_removed_by_the_next_one(tmp_path):
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    names = [f".rig-{process}-0123456789abcdef.part" for process in (int(gone.stdout), os.getpid())]
    left, running = (tmp_path / name for name in names)
    left.mkdir(), running.mkdir()
    os.utime(left, (1, 1)), os.utime(running, (1, 1))
    with new_capture(tmp_path / "new"):
        pass
    assert not left.exists() and running.exists()


def test_the_official_file_is_copied_byte_by_byte(tmp_path, monkeypatch):
    write_signal(tmp_path / "input.wav", signal())
    with (tmp_path / "input.wav").open("ab") as file:  # what a tagger leaves behind the samples
        file.write(b"LIST\x04\x00\x00\x00INFO")
    md5 = hashlib.md5((tmp_path / "input.wav").read_bytes()).hexdigest()
    monkeypatch.setattr("rig.capture.signal.training_signal.OFFICIAL_MD5", md5)
    loaded = load_signal(tmp_path / "input.wav")
    done = save_capture(tmp_path, "copy", loaded, Recording(recorded()))
    assert (done.folder / "dry.wav").read_bytes() == (tmp_path / "input.wav").read_bytes()
    assert "_detect_input_version" not in (done.folder / "train" / "a2.py").read_text()  # the trainer knows it


def test_a_recording_from_a_daw_is_found_wherever_it_begins(tmp_path):
    x = np.concatenate([1e-5 * np.random.default_rng(0).standard_normal(4 * RATE), recorded()])
    wav.write(tmp_path / "late.wav", as_24_bit(x), RATE)
    recording = load_recording(tmp_path / "late.wav", signal())
    found = recording.counted_from + recording.latency(signal()).correlation.samples
    assert found == pytest.approx(5 * RATE + takes.DELAY + 1.2, abs=0.2)
    short = recorded()[PRE_ROLL : PRE_ROLL + signal().length]  # begun with the signal, exported at its length
    wav.write(tmp_path / "short.wav", as_24_bit(short), RATE)
    recording = load_recording(tmp_path / "short.wav", signal())
    assert recording.counted_from == 0
    assert len(recording.cut(signal(), 305)) == signal().length
    wav.write(tmp_path / "cut.wav", as_24_bit(short[: -3 * RATE]), RATE)
    with pytest.raises(CaptureError, match=r"cut\.wav: ends 3\.01 s before"):
        load_recording(tmp_path / "cut.wav", signal())
    wav.write(tmp_path / "other.wav", np.random.default_rng(1).uniform(-0.1, 0.1, len(short)), RATE)
    with pytest.raises(CaptureError, match=r"other\.wav: nothing in it resembles"):
        load_recording(tmp_path / "other.wav", signal())
    wav.write(tmp_path / "rate.wav", as_24_bit(short[:RATE]), 44100)
    with pytest.raises(CaptureError, match="44100 Hz; a take is mono at 48000 Hz and never resampled"):
        load_recording(tmp_path / "rate.wav", signal())
    with pytest.raises(AudioError, match="no such file"):
        load_recording(tmp_path / "none.wav", signal())


def test_a_recording_that_is_too_short_is_refused():
    with pytest.raises(CaptureError, match="ends 10 ms before"):
        Recording(recorded()[: PRE_ROLL + signal().length - 480]).latency(signal())
    with pytest.raises(CaptureError, match="does not hold the whole signal"):
        Recording(recorded()[: PRE_ROLL + signal().length]).cut(signal(), 300)


def test_a_capture_is_checked_again_from_disk(saved):
    judged, trainer = check_again(saved.folder)
    assert judged.verdict == "ok" and all(check.passed for check in trainer)
    assert judged.quality["peak_dbfs"] == saved.judged.quality["peak_dbfs"]


CHILD = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
import numpy as np
from rig.capture.result.report import report_html
from rig.capture.result.save import save_capture
from rig.capture.signal.training_signal import load_signal
from rig.capture.take.recording import Recording
signal, x = load_signal({signal!r}), np.load({take!r})
print("ready", flush=True)
sys.stdin.readline()
save_capture(Path({into!r}), sys.argv[1], signal, Recording(x))
print("done", flush=True)
"""


def complete_or_absent(into: Path, kills: int, longest_s: float) -> list[bool]:
    """Kill a process that saves captures at random moments; which of them were complete."""
    take, file = into.parent / "take.npy", into.parent / "s.wav"
    np.save(take, recorded())
    write_signal(file, signal())
    program = CHILD.format(path=python_path(), signal=str(file), take=str(take), into=str(into))
    moments, complete = random.Random(7), []
    for i in range(kills):
        child = subprocess.Popen(
            [sys.executable, "-c", program, f"c{i}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout.readline() == "ready\n"
        child.stdin.write("go\n")
        child.stdin.flush()
        time.sleep(moments.uniform(0, longest_s))
        child.send_signal(signals.SIGKILL)
        child.communicate()
        folder = into / f"c{i}"
        complete.append(folder.exists())
        if folder.exists():
            Capture.load(folder).pair()
            assert (folder / "report.html").read_text().rstrip().endswith("</html>")
    return complete


def test_killing_a_capture_leaves_it_complete_or_absent(tmp_path):
    assert len(complete_or_absent(tmp_path / "captures", 2, 4.0)) == 2


@pytest.mark.soak
def test_killing_a_capture_at_fifty_moments_leaves_it_complete_or_absent(tmp_path):
    complete = complete_or_absent(tmp_path / "captures", 50, 8.0)
    assert any(complete) and not all(complete)
