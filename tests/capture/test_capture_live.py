"""`rig capture` over a real server with the simulated preamp: exact when all is well, refused by name when not."""

from __future__ import annotations

import json
import re
import subprocess

import capturing
import faulty_captures
import faulty_takes
import pytest
from capturing import FAULTS, GAIN_DB, LIVE, TORN
from child import run_in_child
from commandline import RIG, called, refused, rig
from device import Device
from jackclients import Deck
from jackserver import AS_FAST_AS_IT_CAN, JACKD_IS_MISSING, JackServer

from rig.audio import wav
from rig.capture.result.foreign_recording import check_again
from rig.capture.result.sidecar import Capture
from rig.cli.commands.capture import with_take

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")

PORTS = ("--send", "preamp:in", "--return", "preamp:out", "--yes")
QUICK = ("--length-s", 35, *AS_FAST_AS_IT_CAN, "--no-trial")


@pytest.fixture(scope="module")
def device(jack_server):
    with Device(jack_server, 137, gain_db=GAIN_DB) as device:
        yield device


def at(server):
    return {"JACK_DEFAULT_SERVER": server.name}


@pytest.fixture
def here(jack_server, tmp_path, monkeypatch, capsys):
    """Run rig in this process, which saves its start: code, output, errors."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_server.name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return called(capsys, *arguments)

    return run


# ---------------------------------------------------------------- exact
def assert_exact(result, seconds=35.0):
    assert result.get("accepted") and result["verdict"] == "ok", result
    dry, wet, residual_db, _ = result["figures"]
    assert dry == wet == round(seconds * 48000)
    assert residual_db < -100


def test_a_capture_is_equally_long_and_the_gears_own_answer(jack_server, device, tmp_path):
    done = rig(
        *("capture", "first", *PORTS, "--into", tmp_path, "--length-s", 35, *AS_FAST_AS_IT_CAN, "--json"),
        *("--send-dbu", 18.34, "--return-dbu", 12.34, "--gear-type", "preamp"),
        **at(jack_server),
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    figures = capturing.residual_db(tmp_path / "first")
    assert_exact({"accepted": report["accepted"], "verdict": report["verdict"], "figures": figures})
    content = Capture.load(tmp_path / "first").content
    audio = {"server": "jack", "rate": 48000, "period": 64, "send_port": "preamp:in", "return_port": "preamp:out"}
    assert content["audio"].items() >= audio.items()
    assert content["levels"]["input_level_dbu"] == 18.34 and content["levels"]["input_method"] == "multimeter"
    judged, trainer = check_again(tmp_path / "first")
    assert judged.verdict == "ok" and all(check.passed for check in trainer)


SHARE = [("dropout", "fail"), ("gate", "warn")]  # of ALL and of what tears, for every day
TORN_SHARE = ["disconnect", "buffer"]
CHANGE = ("softer", ["crunch"], 1)  # of test_take_faults_soak.py: the fault, the gear, a seed


@pytest.fixture(scope="module")
def everyday(tmp_path_factory):
    """What became of faults, of other gear and of torn takes at another period; and the folder they are in."""
    into = tmp_path_factory.mktemp("everyday")
    results = run_in_child(faulty_captures.everyday, str(into), SHARE, CHANGE, TORN_SHARE, timeout_s=300)
    return results, into


@pytest.mark.soak
@pytest.mark.parametrize("period", [64, 128])
def test_so_are_ten_at_each_period_with_other_delays_and_polarity(period, tmp_path):
    names = [f"c{number}" for number in range(10)]
    for result in run_in_child(capturing.captures, period, str(tmp_path), names, timeout_s=600):
        assert_exact(result)


@pytest.mark.soak
def test_a_capture_of_full_length(tmp_path):
    (result,) = run_in_child(capturing.captures, 128, str(tmp_path), ["full"], False, 190.0, timeout_s=900)
    assert_exact(result, 190.0)


@pytest.mark.soak
def test_a_second_take_tells_what_the_gear_itself_varies(tmp_path):
    (result,) = run_in_child(capturing.captures, 128, str(tmp_path), ["twice"], True)
    assert_exact(result)
    second = Capture.load(result["folder"]).content["audio"]["second_take"]
    assert second["esr"] < 1e-10 and abs(second["lag_samples"]) < 0.01


# ---------------------------------------------------------------- faults
def assert_found(result):
    name, wanted = result["fault"], result["wanted"]
    check = FAULTS[name][0]
    if wanted == "fail" and "error" in result:  # ended before its end
        assert name == "clipping" and "the return clipped" in result["error"], result
        return
    assert result["checks"][check] == wanted, result
    assert result["accepted"] == (result["verdict"] != "fail")
    if wanted == "fail":
        assert re.search(rf"\b{check}: ", result["reason"])
    elif name != "dropout":  # lost samples move the second validation as well, which fails
        assert result["accepted"]


ALL = [
    (name, verdict)
    for name, (_, *levels) in FAULTS.items()
    for verdict, level in zip(("warn", "fail"), levels, strict=True)
    if level is not None
]


def test_a_fault_is_found_by_its_name_and_a_faulty_take_is_not_accepted(everyday):
    assert len(everyday[0]["faults"]) == len(SHARE)
    for result in everyday[0]["faults"]:
        assert_found(result)


def test_a_torn_take_is_kept_aside(everyday):
    results, into = everyday
    for name, result in zip(TORN_SHARE, results["torn"], strict=True):
        assert_kept_aside(result, {**TORN, **LIVE}[name][0], into / name)


def test_six_seconds_of_another_gear_are_called_by_their_name(everyday):
    """A share of `test_take_faults_soak.py`, over the device."""
    result = everyday[0]["change"]
    assert result["change_db"] > faulty_takes.COUNTS_DB
    assert any("softer" in text for text in result["texts"]), result


@pytest.mark.soak
@pytest.mark.parametrize("number", range(5))
def test_every_fault_is_found_by_its_name(number, tmp_path):
    results = run_in_child(capturing.faulty, str(tmp_path), ALL, timeout_s=900)
    assert len(results) == len(ALL)
    for result in results:
        assert_found(result)


@pytest.mark.soak
@pytest.mark.parametrize("name", [*TORN, *LIVE])
def test_a_take_that_is_unplugged_or_torn_by_the_server_is_kept_aside(name, tmp_path):
    assert_kept_aside(run_in_child(capturing.dropout, str(tmp_path), name), {**TORN, **LIVE}[name][0], tmp_path / name)


def assert_kept_aside(result, pattern, folder):
    assert re.search(pattern, result["error"]), result
    assert not folder.exists()
    kept = folder.with_name(f"{folder.name}.rejected-1")
    assert re.search(pattern, json.loads((kept / "rejected.json").read_text())["reason"])
    assert len(wav.read(kept / "take.wav").samples) > 10_000


@pytest.mark.soak
def test_after_a_real_xrun_the_take_is_repeated_by_itself(tmp_path):
    result = run_in_child(capturing.repaired_by_a_retake, str(tmp_path), timeout_s=300)
    assert result["accepted"] and any("xrun" in said for said in result["said"]), result
    assert Capture.load(result["folder"]).content["audio"]["torn_before"]


# ---------------------------------------------------------------- before the take
def test_the_wiring_is_shown_first_and_nothing_is_played_without_a_yes(jack_server, device, tmp_path):
    cycles = device.counted()["cycles"]
    done = subprocess.run(
        [*RIG, "capture", "x", *PORTS[:-1], "--length-s", "35", "--into", str(tmp_path)],
        env={**jack_server.environment()},
        input="n\n",
        capture_output=True,
        text=True,
    )
    refused(done, "Nothing was recorded")
    assert "rig-capture:out_1 -> preamp:in" in done.stdout and "wired like this?" in done.stdout
    assert device.counted()["cycles"] > cycles and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "patterns"),
    [
        ({"gain_db": -80.0}, ["comes back at", "Nothing comes back"]),
        ({"hum_dbfs": -40.0}, ["hum: 50 Hz at"]),
        ({"bypass": 1.0, "gain_db": -6.0}, ["exact copy", "its own send"]),
    ],
    ids=["silence", "hum", "our own send"],
)
def test_what_is_wrong_with_the_path_shows_before_the_take(device, here, tmp_path, settings, patterns):
    before = dict(device.settings)
    device.set(**settings)
    try:
        ports = (*PORTS, *AS_FAST_AS_IT_CAN)
        done = here("capture", "x", *ports, "--length-s", 35, "--into", tmp_path, "--send-trim-db", -6)
    finally:
        device._do("set", **before)
        device.settings = before
    refused(done, *patterns)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.soak
def test_a_return_that_clips_is_played_softer_and_the_level_follows(device, here, tmp_path):
    device.set(gain_db=GAIN_DB + 9)
    try:
        done = here(
            *("capture", "hot", *PORTS, "--length-s", 35, "--into", tmp_path, *AS_FAST_AS_IT_CAN, "--json"),
            *("--send-dbu", 18.0),
        )
    finally:
        device.set(gain_db=GAIN_DB)
    assert done.returncode == 0, done.stderr
    content = Capture.load(tmp_path / "hot").content
    assert content["levels"]["send_trim_db"] < -5
    assert content["levels"]["input_level_dbu"] == pytest.approx(18 + content["levels"]["send_trim_db"], abs=0.01)
    assert -6.5 < content["quality"]["peak_dbfs"] < -1


@pytest.mark.soak
def test_the_level_search_asks_until_it_is_right_or_told_to_go_on(jack_server, device, tmp_path):
    device.set(gain_db=GAIN_DB - 18)
    try:
        done = subprocess.run(
            [*RIG, "capture", "soft", *PORTS[:-1], *AS_FAST_AS_IT_CAN, "--length-s", "35", "--into", str(tmp_path)],
            env={**jack_server.environment()},
            input="y\na\ng\n",  # the wiring is right; try again; go on as it is
            capture_output=True,
            text=True,
        )
    finally:
        device.set(gain_db=GAIN_DB)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Turn its gain up by 19 dB") == 2
    assert Capture.load(tmp_path / "soft").content["quality"]["verdict"] == "warn"


@pytest.mark.soak
def test_the_self_test_runs_over_a_cable(jack_server, device, here, tmp_path):
    with Device(jack_server, 40, preamp="wire", gain_db=-4.5, noise_dbfs=-100, name="cable"):
        ports = ("--send", "cable:in", "--return", "cable:out", "--yes")
        done = here("capture", "--self-test", *ports, *AS_FAST_AS_IT_CAN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Self-test: a cable lies between send and return" in done.stdout and "Not known: gain" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.soak
def test_the_self_test_fails_where_gear_lies_in_the_loop(jack_server, device, here, tmp_path):
    done = here("capture", "--self-test", *PORTS, *AS_FAST_AS_IT_CAN, "--no-trial")
    assert done.returncode == 1 and "distortion" in done.stdout.partition("Not accepted")[2]
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("arguments", "patterns"),
    [
        (("x", "--send", "nobody", "--return", "preamp:out"), ["No port matches --send 'nobody'", "preamp:in"]),
        (("x", "--send", "preamp:in", "--return", "preamp:in"), ["--return preamp:in: this port runs the other way"]),
        (("x", "--send", "system:playback_1", "--return", "preamp:out", "--freewheel"), ["port of the sound card"]),
        (("a/b", *PORTS), ["cannot name a capture"]),
        (("x", *PORTS, "--backend", "portaudio"), ["JACK only", "PortAudio"]),
        (("x", *PORTS, "--signal", "stereo.wav"), [r"stereo\.wav: 2 channels"]),
        (("x", *PORTS, "--signal", "rate.wav"), [r"rate\.wav: .*44100 Hz"]),
        (("x", *PORTS, "--signal", "depth.wav"), [r"depth\.wav: .*PCM_16"]),
        (("x", *PORTS, "--into", "file"), ["cannot be written"]),
        (("there", *PORTS, "--into", "."), ["captures are never replaced"]),
    ],
    ids=lambda value: None,
)
def test_bad_input_gets_a_sentence_before_anything_sounds(device, here, tmp_path, arguments, patterns):
    x = capturing.signal().samples
    for name, samples, rate, depth in (
        ("stereo.wav", x.reshape(-1, 2), 48000, "PCM_24"),
        ("rate.wav", x, 44100, "PCM_24"),
        ("depth.wav", x, 48000, "PCM_16"),
    ):
        if name in arguments:
            wav.write(tmp_path / name, samples, rate, depth)
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "there").mkdir()
    before = sorted(tmp_path.rglob("*"))
    more = () if "--signal" in arguments else ("--length-s", 35)
    refused(here("capture", *arguments, "--yes", *more), *patterns)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_monitor_port_is_not_recorded(jack_server, device, here):
    """Such as PipeWire gives every output."""
    with Deck("speakers", jack_server.name) as speakers:
        speakers.client.outports.register("monitor_FL")
        arguments = ("--send", "preamp:in", "--return", "speakers:monitor_FL", "--yes", "--length-s", 35)
        refused(here("capture", "x", *arguments), "speakers:monitor_FL is a monitor port")


def test_feedback_in_the_patchbay_is_refused(device, here):
    device._do("connect", own="out", other="preamp:in")
    try:
        refused(
            here("capture", "x", *PORTS, "--length-s", 35),
            "preamp:out plays into the send preamp:in as well: .*feedback",
        )
    finally:
        device._do("disconnect")


def test_without_a_server_or_at_another_rate_nothing_is_begun(tmp_path):
    refused(
        rig("capture", "x", *PORTS, "--length-s", 35, cwd=tmp_path, JACK_DEFAULT_SERVER="none-such"), "No JACK server"
    )
    with JackServer(rate=44100) as server:
        refused(
            rig("capture", "x", "--yes", "--length-s", 35, cwd=tmp_path, **at(server)),
            "runs at 44100 Hz; a take is made at 48000 Hz and never resampled",
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.soak
def test_a_disk_that_is_full_at_the_end_keeps_the_take_elsewhere_or_says_so(jack_server, device, tmp_path):
    (tmp_path / "temporary").mkdir()
    command = " ".join(map(str, [*RIG, "capture", "full", *PORTS, *QUICK, "--into", tmp_path / "captures"]))
    done = subprocess.run(  # no file may become longer than 2 MB
        ["bash", "-c", f"ulimit -f 2000; exec {command}"],
        env={**jack_server.environment(), "TMPDIR": str(tmp_path / "temporary")},
        capture_output=True,
        text=True,
    )
    refused(done, "cannot be written", "could not be kept anywhere")
    assert not (tmp_path / "captures" / "full").exists()


def test_a_name_alone_means_a_take():
    assert with_take(["capture"]) == ["capture", "take"]
    assert with_take(["play", "x"]) == ["play", "x"]
    assert with_take(["capture", "--help"]) == ["capture", "--help"]
