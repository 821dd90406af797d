"""`rig calibrate` over a cable that is a process of its own, and `rig capture ir` of a cabinet that is one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from commandline import RIG, refused, rig
from device import Device
from device_model import answer
from jackserver import AS_FAST_AS_IT_CAN

from rig.audio import wav
from rig.capture.ir.checks import difference_db
from rig.capture.ir.deconvolution import Sweep, finished_taps, measure
from rig.cli import main
from rig.library.calibrated_levels import load_settings

LOOP_DB = -4.5  # what the cable, with both knobs, makes of a level
CABLE = ("--send", "cable:in", "--return", "cable:out", "--yes", *AS_FAST_AS_IT_CAN)


@pytest.fixture(scope="module")
def cable(jack_server):
    with Device(jack_server, 137, -1, LOOP_DB, "wire", noise_dbfs=-90, name="cable") as device:
        yield device


@pytest.fixture
def here(jack_server, tmp_path, monkeypatch, capsys):
    """Run rig in this process, with settings of its own."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_server.name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return run


def test_a_multimeter_and_a_cable_give_send_and_return(cable, here):
    done = here("calibrate", "send", "--volts", 1.0, "--dbfs", -12)
    assert done.returncode == 0 and "14.22 dBu (multimeter" in done.stdout  # 1.00 V at -12 dBFS
    done = here("calibrate", "return", "--dbfs", -12, *CABLE)
    assert done.returncode == 0, done.stderr
    kept = load_settings()
    assert kept.returned.dbu == pytest.approx(14.22 - LOOP_DB, abs=0.02) and kept.returned.method == "multimeter"
    assert (kept.ports.send, kept.ports.returned) == ("cable:in", "cable:out")
    done = here("calibrate", "interface", "--loop", "--preamp-gain-db", 5, *CABLE)
    assert done.returncode == 0 and load_settings().interface.dbu == pytest.approx(14.22 - LOOP_DB + 5, abs=0.02)
    shown = json.loads(here("calibrate", "show", "--json").stdout)
    assert shown["send"]["dbu"] == 14.22 and shown["schema"] == 1
    done = here("calibrate", "--row", "row.toml", "--interface", "umc202hd", "--meter", "Fluke 179")
    assert done.returncode == 0, done.stderr
    assert "but for 5 dB by its own scale, taken off" in Path("row.toml").read_text()
    assert here("interfaces", "check", "row.toml").returncode == 0
    here("calibrate", "interface", "--loop", "--send-dbu", 14.22, *CABLE)  # typed in: nobody knows how that is known
    refused(here("calibrate", "--row", "b.toml", "--meter", "Fluke 179"), "whose own level was entered by you")


def test_without_a_meter_a_known_input_or_published_figures_do(cable, here):
    done = here("calibrate", "send", "--known-input-dbu", 12.2, *CABLE)
    assert done.returncode == 0, done.stderr
    kept = load_settings().send
    assert kept.dbu == pytest.approx(12.2 + LOOP_DB, abs=0.02) and kept.method == "loopback-to-known-input"
    assert here("calibrate", "send", "--spec-dbu", 24, "--pad-db", 9, "--yes").returncode == 0
    assert here("calibrate", "return", "--spec-dbu", 24, "--preamp-gain-db", 6, "--yes").returncode == 0
    assert (load_settings().send.dbu, load_settings().returned.dbu) == (15.0, 18.0)
    done = here("calibrate", "interface", "--interface", "apollo-8x", "--yes")
    assert "12.2 dBu (Universal Audio Apollo 8x, table" in done.stdout


def test_the_latency_of_the_loop_is_measured_and_kept(cable, here):
    done = here("calibrate", "latency", *CABLE)
    assert done.returncode == 0, done.stderr
    # JACK closes a loop of two clients with one period of its own.
    assert load_settings().round_trip.samples == pytest.approx(137 + 64, abs=0.05)
    assert "polarity inverted" in done.stdout


def test_a_script_can_answer_the_questions(jack_server, cable, tmp_path):
    done = subprocess.run(
        [*RIG, "calibrate", "send", "--dbfs", "-20"],
        input="cable:in\ncable:out\ny\n1,5 V\n",
        env={**jack_server.environment(), "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Which port goes to the gear?" in done.stdout and "Volts?" in done.stdout
    assert "25.74 dBu (multimeter" in done.stdout  # 1.5 V at -20 dBFS
    assert "hotter than gear" in done.stdout


def test_a_tone_plays_as_loud_as_it_says(cable, here):
    assert here("calibrate", "tone", "--dbfs", -20, "--seconds", 0.3, *CABLE[:-1]).returncode == 0
    refused(here("calibrate", "tone", "--dbfs", 3, *CABLE), "at most 0 dBFS")


def test_what_cannot_be_measured_is_a_sentence(cable, here):
    refused(here("calibrate", "return", *CABLE), "run rig calibrate send first")
    refused(here("calibrate", "send", "--volts", 0), "above zero")
    cable.set(gain_db=-80)
    try:
        refused(here("calibrate", "return", "--send-dbu", 12, *CABLE), "check the cable")
    finally:
        cable.set(gain_db=LOOP_DB)
    cable.fault("clip", dbfs=-1)
    cable.set(gain_db=20)
    try:
        refused(here("calibrate", "return", "--send-dbu", 12, "--dbfs", 0, *CABLE), "clips at the input")
    finally:
        cable.set(gain_db=LOOP_DB)
        cable.clear()
    refused(here("calibrate", "interface", "--max-input-dbu", 99), "cannot be right")
    refused(here("calibrate", "latency", "--backend", "portaudio"), "JACK only")


def test_nobody_there_to_answer_is_a_sentence_with_the_option(jack_server, cable, tmp_path):
    done = rig("calibrate", "latency", XDG_CONFIG_HOME=str(tmp_path), JACK_DEFAULT_SERVER=jack_server.name)
    refused(done, r"Nobody answers.*--send PORT")


def test_a_cabinet_is_swept_checked_drawn_and_written(jack_server, here, tmp_path):
    ports = ("--send", "cabinet:in", "--return", "cabinet:out", "--yes")
    with Device(jack_server, 700, 1, -20, "tube", noise_dbfs=-95, drive_db=-50, name="cabinet"):
        done = here("capture", "ir", "tube", *ports, "--length-s", 3, *AS_FAST_AS_IT_CAN, "--microphone", "57")
        again = here("capture", "ir", "tube", *ports)
    assert done.returncode == 0, done.stdout + done.stderr
    refused(again, r"tube\.wav: the file exists already")
    assert {p.name for p in (tmp_path / "irs").iterdir()} >= {"tube.wav", "tube.json"}
    about = json.loads((tmp_path / "irs" / "tube.json").read_text())
    assert about["about"]["microphone"] == "57" and about["sweep"]["seconds"] == 3
    # The same sweep through the same arithmetic, without a server.
    sweep = Sweep(3.0, 10 ** (-6 / 20))
    want = finished_taps(measure(sweep, [answer(10 ** (-50 / 20) * sweep.signal(), "tube", gain_db=-20)]))
    found = wav.read(tmp_path / "irs" / "tube.wav").samples[:, 0]
    assert difference_db(want, found) < 0.5
    assert np.abs(found).max() == pytest.approx(10 ** (-1 / 20), abs=1e-4)
    refused(here("capture", "ir", "x", *ports[:1], "nobody", *ports[2:]), "No port matches --send 'nobody'")
