"""`rig doctor`: on machines made of files, on a real server, over simulated cables, and where there is nothing."""

from __future__ import annotations

import json
import os
import subprocess
import time

import numpy as np
import pytest
from commandline import RIG, refused, rig
from device import Device
from jackclients import skip_if_torn
from jackserver import JACKD_IS_MISSING, JackServer
from rigs import NANO, RATE

from rig.backends.lost import Lost
from rig.cli.commands import doctor
from rig.doctor import echo, lateness, limits, processor
from rig.doctor.finding import Finding, summary
from rig.doctor.listening import Heard, findings
from rig.doctor.soundcard import Stream, cards, streams

needs_jackd = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
NO_SERVER = {"JACK_DEFAULT_SERVER": f"none-{os.getpid()}"}


@pytest.fixture
def machine(tmp_path):
    """A machine made of files: write what a system of that kind shows."""

    def write(path, text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    write.root = tmp_path
    return write


# ---------------------------------------------------------------- priority and memory
def test_a_granted_priority_is_in_order_and_a_missing_one_says_why(machine, monkeypatch):
    assert limits.priority(10, True, machine.root).state == "ok"
    monkeypatch.setattr(limits, "may_be_realtime", lambda: True)
    found = limits.priority(0, True, machine.root)
    assert (found.state, found.way_out.split()[0]) == ("problem", "Start")
    assert "jackd -R" in found.way_out  # we may: the server does not ask for it
    monkeypatch.setattr(limits, "may_be_realtime", lambda: False)
    assert "limits.d/95-audio.conf" in limits.priority(0, True, machine.root).way_out
    machine(
        "etc/security/limits.d/audio.conf", "#@other - rtprio 95\n@studio   -  rtprio     95\n@studio - memlock 99\n"
    )
    assert "Join the group studio" in limits.priority(0, True, machine.root).way_out
    machine("etc/group", f"root:x:99:\nstudio:x:{os.getegid()}:me\n")
    assert "You are in the group studio" in limits.priority(None, False, machine.root).way_out
    monkeypatch.setattr(limits, "may_be_realtime", lambda: None)
    assert limits.priority(None, False, machine.root).state == "unknown"


def test_the_question_for_priority_is_answered_and_changes_nothing():
    if not hasattr(os, "sched_getscheduler"):
        assert limits.may_be_realtime() is None
        return
    before = os.sched_getscheduler(0)
    assert limits.may_be_realtime() in (True, False, None)
    assert os.sched_getscheduler(0) == before


def test_little_lockable_memory_is_a_note_unless_there_is_no_swap(machine):
    assert limits.memlock(machine.root, -1).state == "ok"
    assert limits.memlock(machine.root, 512 << 20).text == "512 MB of memory may be locked in RAM."
    found = limits.memlock(machine.root, 8 << 20)
    assert found.state == "warn"
    assert "Only 8 MB" in found.text
    machine("proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n")
    assert limits.memlock(machine.root, 64 << 10).state == "warn"
    machine("proc/swaps", "Filename Type Size Used Priority\n")
    assert limits.memlock(machine.root, 64 << 10).state == "ok"


# ---------------------------------------------------------------- processor
@pytest.mark.parametrize(
    ("governors", "driver", "state", "words"),
    [
        (["performance"] * 4, "intel_pstate", "ok", "full clock"),
        (["schedutil"] * 4, "acpi-cpufreq", "warn", "follows the load"),
        (["powersave"] * 2, "intel_pstate", "warn", "follows the load"),
        (["powersave"] * 2, "acpi-cpufreq", "problem", "lowest clock"),
        (["performance", "ondemand"], "acpi-cpufreq", "warn", "1 of 2 processors"),
    ],
)
def test_the_governor_of_all_processors_is_read(machine, governors, driver, state, words):
    for i, name in enumerate(governors):
        machine(f"sys/devices/system/cpu/cpu{i}/cpufreq/scaling_governor", f"{name}\n")
        machine(f"sys/devices/system/cpu/cpu{i}/cpufreq/scaling_driver", f"{driver}\n")
    found = processor.governor(machine.root)
    assert found.state == state
    assert words in found.text
    assert (found.way_out is None) == (state == "ok")


def test_a_machine_without_a_governor_is_not_known(machine):
    assert processor.governor(machine.root).state == "unknown"


# ---------------------------------------------------------------- periods
def heard(**changes):
    usual = {
        "version": "1.9.21",
        "sample_rate": 48000,
        "block_size": 64,
        "priority": 10,
        "seconds": 3.0,
        "cycles": 2250,
        "lost": Lost(),
        "median": 0.1,
        "worst": 0.3,
        "input": "system:capture_1",
        "capture_ports": ("system:capture_1", "system:capture_2"),
        "playback_ports": ("system:playback_1",),
        "capture_latency_samples": 64,
        "own_latency_samples": 0,
        "playback_latency_samples": 192,
    }
    return Heard(**{**usual, **changes})


def states(found):
    return {finding.topic: finding.state for finding in found}


def test_what_the_server_says_becomes_findings(machine):
    found = {finding.topic: finding for finding in findings(heard(), machine.root)}
    assert set(states(found.values()).values()) == {"ok"}
    assert found["latency"].text.startswith("By the figures of the server you hear the guitar after 5.3 ms")
    late = {
        finding.topic: finding for finding in findings(heard(block_size=1024, lost=Lost(3), worst=0.9), machine.root)
    }
    assert late["period"].state == "problem"
    assert "Try 128 frames" in late["period"].way_out
    assert late["xruns"].text == "3 xruns in 3.0 s of listening; rig itself took 90% of one period."
    assert states(findings(heard(cycles=0), machine.root))["xruns"] == "problem"
    assert states(findings(heard(capture_ports=()), machine.root))["server"] == "problem"
    pipewire = findings(heard(version="3.0.0.0 (using PipeWire 1.2.7)"), machine.root)[0]
    assert pipewire.figures["product"] == "PipeWire"
    assert pipewire.text.startswith("PipeWire 1.2.7 runs at 48000 Hz")


def test_cycles_that_nobody_told_of_are_a_problem(machine):
    for told, text in ((0, "0 xruns, and 379 of 1535 cycles missed"), (2, "2 xruns, and 379 of 1535 cycles missed")):
        lossy = heard(lost=Lost(told, 10, 379), cycles=1156)
        (found,) = (finding for finding in findings(lossy, machine.root) if finding.topic == "xruns")
        assert (found.state, found.figures["missed_cycles"]) == ("problem", 379)
        assert found.text.startswith(text)


def test_pipewires_priority_is_rtkits_and_its_groups_affair(machine, monkeypatch):
    def way_out():
        return limits.priority(0, True, machine.root, on_pipewire=True).way_out

    monkeypatch.setattr(limits, "may_be_realtime", lambda: False)
    assert "rtkit" in way_out() and "group" not in way_out()
    machine("etc/security/limits.d/25-pw-rlimits.conf", "@pipewire   - rtprio  95\n")  # as Debian 13 has it
    assert "rtkit" in way_out() and "join the group pipewire (sudo usermod -aG pipewire $USER)" in way_out()
    assert "JACK" not in way_out()
    monkeypatch.setattr(limits, "may_be_realtime", lambda: True)
    assert "module-rt" in way_out()


@pytest.mark.parametrize(
    ("samples", "state"), [(240, "ok"), (480, "ok"), (481, "warn"), (960, "warn"), (961, "problem"), (1536, "problem")]
)
def test_latency_is_judged_by_what_a_player_feels(machine, samples, state):
    later = heard(capture_latency_samples=samples - 192)
    (found,) = (finding for finding in findings(later, machine.root) if finding.topic == "latency")
    assert found.state == state
    assert found.figures["ms"] == pytest.approx(samples / 48)
    assert found.limit == "ok up to 10 ms, a problem above 20 ms"
    assert (found.way_out is None) == (state == "ok")


def test_a_server_that_does_not_say_how_late_it_is_is_not_known(machine):
    silent = findings(heard(capture_latency_samples=0, playback_latency_samples=0), machine.root)
    assert states(silent)["latency"] == "unknown"


@pytest.mark.parametrize(("frames", "state"), [(64, "ok"), (128, "ok"), (256, "warn"), (1024, "problem")])
def test_a_period_is_judged_with_its_limit(machine, frames, state):
    (found,) = (f for f in findings(heard(block_size=frames), machine.root) if f.topic == "period")
    assert (found.state, found.limit) == (state, "ok up to 3 ms, a problem above 10 ms")


def test_playing_late_is_said_with_the_way_out():
    assert lateness.remark(9.9, 64, 48000, True) is None
    said = lateness.remark(256.0, 4096, 48000, True)
    assert said.startswith("you hear the guitar 256 ms late (ok up to 10 ms, a problem above 20 ms). Try 128 frames")
    assert lateness.remark(43.0, 1024, 48000, False).endswith("Try --period 128.")
    assert "fewer of them" in lateness.remark(12.0, 128, 48000, True)  # the period is not what is wrong


def test_findings_are_wrapped_with_their_limits():
    found = Finding("latency", "problem", "It takes 32 ms.", "Try 128 frames.", {}, "ok up to 10 ms")
    assert doctor.lines(found) == [
        "PROBLEM  latency     It takes 32 ms (ok up to 10 ms).",
        "                     -> Try 128 frames.",
    ]
    narrow = doctor.lines(Finding("memlock", "warn", "Only so little of it may be locked here. " * 3), 60)
    assert len(narrow) > 2 and all(len(line) <= 60 for line in narrow)
    assert all(line.startswith(" " * 21) for line in narrow[1:])


def test_an_administrator_in_a_container_may_not_lock_any_amount(machine):
    machine("proc/self/status", "Name:\trig\nCapEff:\t00000000a80425fb\n")  # what containers usually leave
    assert not limits.may_lock_anything(machine.root)
    machine("proc/self/status", "Name:\trig\nCapEff:\t000001ffffffffff\n")
    assert limits.may_lock_anything(machine.root)


def test_the_periods_a_card_holds_are_read_from_its_stream(machine):
    assert streams(machine.root) == []
    for sub, text in (
        (
            "card1/pcm0p/sub0",
            "access: MMAP\nformat: S32_LE\nrate: 48000 (48000/1)\nperiod_size: 64\nbuffer_size: 256\n",
        ),
        (
            "card1/pcm0c/sub0",
            "access: MMAP\nformat: S32_LE\nrate: 48000 (48000/1)\nperiod_size: 64\nbuffer_size: 128\n",
        ),
        ("card0/pcm3p/sub0", "closed\n"),
    ):
        machine(f"proc/asound/{sub}/hw_params", text)
    assert streams(machine.root) == [Stream(1, False, 48000, 64, 128), Stream(1, True, 48000, 64, 256)]
    found = findings(heard(), machine.root)[2]
    assert found.state == "warn"
    assert "holds 2 or 4 of them" in found.text
    assert "jackd -n 3" in found.way_out


# ---------------------------------------------------------------- inputs that are outputs
CARDS = """ 0 [Gen            ]: USB-Audio - Scarlett 2i2 4th Gen
                      Focusrite Scarlett 2i2 4th Gen at usb-0000:00:14.0-2, high speed
"""


def test_the_last_two_inputs_of_a_card_that_hears_itself_are_known_by_name(machine):
    machine("proc/asound/cards", CARDS)
    assert cards(machine.root) == ["Scarlett 2i2 4th Gen"]
    ports = [f"system:capture_{i}" for i in range(1, 5)]
    assert echo.named_loopbacks(ports, cards(machine.root)) == ports[2:]
    assert echo.named_loopbacks(ports, ["Apollo 8x"]) == []
    named = [f"Scarlett Solo 4th Gen Pro:capture_AUX{i}" for i in range(4)] + [
        "Built-in:capture_FL",
        "Built-in:monitor",
    ]
    assert echo.named_loopbacks(named, []) == ["Built-in:monitor", *named[2:4]]


@pytest.mark.parametrize(
    ("own", "named", "echoes", "state", "words"),
    [
        ("in_3", ["in_3"], None, "problem", "by its name"),
        ("in_1", ["in_3"], None, "ok", "in_3 bring the computer's own output"),
        ("in_1", [], None, "unknown", "nothing was played"),
        ("in_1", [], [], "ok", "no input brings"),
        ("in_1", [], [echo.Echo("in_1", is_digital=True)], "problem", "gives back exactly"),
        (None, [], None, "problem", "no input"),
    ],
)
def test_a_guitar_input_that_is_an_output_is_a_problem(own, named, echoes, state, words):
    found = echo.inputs_finding(own, named, echoes)
    assert found.state == state
    assert words in found.text


@pytest.mark.parametrize("late", [0, 64, 1000])
def test_what_never_left_the_computer_is_told_from_a_cable(late):
    rng = np.random.default_rng(4)
    noise = rng.uniform(-0.01, 0.01, 19200).astype(np.float32)
    back = np.zeros(33600, np.float32)
    back[late : late + noise.size] = noise
    digital = echo.heard_in("in", noise, back, RATE)
    assert digital.is_digital
    assert digital.lag.samples == pytest.approx(late, abs=0.01)
    converters = back + rng.standard_normal(back.size).astype(np.float32) * 1e-6  # 80 dB below the noise
    cable = echo.heard_in("in", noise, converters, RATE)
    assert not cable.is_digital
    assert cable.lag.samples == pytest.approx(late, abs=0.01)
    assert echo.heard_in("in", noise, rng.standard_normal(33600).astype(np.float32) * 0.01, RATE).lag is None
    assert echo.heard_in("in", noise, np.zeros(33600, np.float32), RATE).lag is None


# ---------------------------------------------------------------- the whole command
def test_the_summary_begins_with_the_worst():
    found = [Finding("a", "ok", "A."), Finding("b", "warn", "B.", "Do b."), Finding("c", "problem", "C.", "Do c.")]
    assert summary(found) == "1 problem, 1 warning, 1 in order. Begin with c: Do c."


# ---------------------------------------------------------------- the command
def test_without_a_server_and_with_a_broken_model_it_tells_what_it_can_and_ends_well(tmp_path):
    (tmp_path / "broken.nam").write_text("no model")
    done = rig("doctor", tmp_path / "broken.nam", cwd=tmp_path, **NO_SERVER)
    assert done.returncode == 1, done.stderr  # there is a problem
    said = {line[9:20].strip(): line for line in done.stdout.splitlines() if not line.startswith(" ")}
    assert "No JACK server" in said["server"]
    assert "broken.nam" in said["model"] and said["model"].startswith("PROBLEM")
    assert "memlock" in said
    assert "not known. Begin with model: Name another model" in done.stdout.splitlines()[-1]


def topics(done):
    found = {each["topic"]: each for each in json.loads(done.stdout)["findings"]}
    assert done.returncode == any(each["state"] == "problem" for each in found.values()), done.stderr
    return found


@needs_jackd
def test_on_a_server_it_looks_at_everything_and_measures_a_cable(jack_server, tmp_path):
    ports = ("--input", "cable:out", "--output", "cable:in")
    with Device(jack_server, delay_samples=137.0, preamp="wire", noise_dbfs=-120, name="cable"):
        for _ in range(3):  # a cycle lost in the noise is told, and measured again
            done = rig(
                *("doctor", NANO, "--json", "--noise", "--seconds", 0.5, *ports),
                cwd=tmp_path,
                JACK_DEFAULT_SERVER=jack_server.name,
            )
            found = topics(done)
            if found["round trip"]["state"] != "unknown":
                break
    assert found["server"]["figures"]["product"] == jack_server.product
    if jack_server.product == "JACK":  # PipeWire gives it to the clients of root, whatever it has itself
        assert found["priority"]["state"] == ("ok" if jack_server.realtime else "problem")
    assert found["period"]["figures"]["frames"] == jack_server.period
    assert found["xruns"]["figures"]["cycles"] > 100
    assert found["latency"]["figures"]["own_samples"] == 0
    assert found["cost"]["figures"]["block"] == jack_server.period
    assert found["rate"]["state"] == "ok"
    assert found["input"]["state"] == "ok"
    if found["round trip"]["state"] == "unknown":
        skip_if_torn(found["round trip"]["text"])
    assert found["round trip"]["figures"]["port"] == "cable:out"
    # JACK closes a loop of two clients with one period more.
    assert found["round trip"]["figures"]["samples"] == pytest.approx(137 + jack_server.period, abs=0.1)


@needs_jackd
@pytest.mark.soak
def test_on_a_server_an_input_that_gives_back_the_very_samples_is_a_problem(jack_server, tmp_path):
    ports = ("--input", "loop:out", "--output", "loop:in")
    with Device(jack_server, delay_samples=200.0, preamp="wire", name="loop"):
        done = rig(
            *("doctor", NANO, "--json", "--noise", "--seconds", 0.5, *ports),
            cwd=tmp_path,
            JACK_DEFAULT_SERVER=jack_server.name,
        )
    found = topics(done)
    assert found["input"]["state"] == "problem"
    assert found["input"]["figures"]["loopbacks"] == ["loop:out"]
    assert found["round trip"]["state"] == "unknown"


@pytest.mark.soak
@needs_jackd
def test_a_server_that_dies_while_it_listens_is_a_finding(tmp_path):
    with (
        JackServer() as server,
        subprocess.Popen(
            [*RIG, "doctor", str(NANO), "--json", "--seconds", "20"],
            cwd=tmp_path,
            env=server.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert any(line.startswith("Listening") for line in process.stderr)  # reads on until it comes
        time.sleep(1.0)
        server.kill()
        printed = process.stdout.read()
        assert process.wait(30) in (0, 1)
    found = {each["topic"]: each for each in json.loads(printed)["findings"]}
    assert "went away" in found["server"]["text"]
    assert found["memlock"]


@needs_jackd
@pytest.mark.soak
def test_wrong_names_are_a_sentence(jack_server, tmp_path):
    server = {"JACK_DEFAULT_SERVER": jack_server.name}
    refused(rig("doctor", NANO, "--input", "nosuchport", cwd=tmp_path, **server), r"nosuchport.*system:capture_1")
