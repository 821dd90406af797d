"""The gear on the desk is found in the library: over a real server, with a model behind noise and a delay as gear."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import heard_gear
import numpy as np
import pytest
from child import run_in_child
from commandline import RIG, called, refused, rig
from device import Device
from jackclients import RUNNING, Deck
from jackserver import AS_FAST_AS_IT_CAN, JACKD_IS_MISSING, JackServer
from made_library import make_library
from test_finding import REFERENCE, reference_cores

from rig.audio.wav import read
from rig.catalogue.library import Library
from rig.errors import CompareError

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")

PORTS = ("--send", "preamp:in", "--return", "preamp:out", "--yes")
GEAR = "made-002-001.nam"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Sixteen models of six ancestors: the folder, and the index."""
    folder = tmp_path_factory.mktemp("library")
    make_library(folder / "models", 16, 6, seed=12)
    with Library(folder / "index.sqlite") as library:
        library.scan(folder / "models", workers=1)
        assert len(library.models) == 16
    return folder


@pytest.fixture(scope="module")
def device(jack_server, library):
    with Library(library / "index.sqlite") as known:
        [model] = known.find(GEAR)
    gain_db = heard_gear.gain_for(model.facts.level_dbfs)
    with Device(jack_server, 400, gain_db=gain_db, preamp=model.path, noise_dbfs=-78.0) as device:
        yield device


@pytest.fixture
def here(jack_server, library, tmp_path, monkeypatch, capsys):
    """Run the search in this process, which saves its start."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_server.name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments, index=library / "index.sqlite"):
        return called(capsys, "library", "like", *arguments, "--index", index)

    return run


def test_the_model_that_is_the_gear_is_named_first_with_its_esr(device, here, tmp_path):
    device.set(drive_db=6.0)  # the model takes 12 dBu for 0 dBFS, and the send plays 6 dB softer for that
    try:
        done = here(
            *PORTS, *AS_FAST_AS_IT_CAN, "--json", "--keep", tmp_path / "kept", "--send-dbu", 18, "--max-input-dbu", 12
        )
    finally:
        device.set(drive_db=0.0)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    first, second = answer["models"][:2]
    assert Path(first["files"][0]).name == GEAR
    assert first["esr"] < 0.01 < second["esr"] and first["distance"] < 0.3
    gear = answer["gear"]
    assert gear["level_dbu"] == 12.0 and gear["send_trim_db"] == -6.0
    assert gear["signal_to_noise_db"] > gear["signal_to_noise_softest_db"] > 5
    for said in (
        "preamp:in",
        "12.0 dBu at the gear",
        "protect your ears",
        "Probe     back after",
        "--capture-dbu 12.00",
    ):
        assert said in done.stderr
    dry, wet = (read(tmp_path / "kept" / f"{name}.wav") for name in ("dry", "wet"))
    assert dry.samples.shape == wet.samples.shape == (480000, 1)
    refused(here(*PORTS, "--keep", tmp_path / "kept"), "dry.wav: the file exists already")


@pytest.mark.parametrize(
    ("settings", "pattern"),
    [
        ({"gain_db": -100.0}, "Nothing comes back"),
        ({"gain_db": 40.0}, "The return clips: turn its gain down"),
        ({"bypass": 1.0, "noise_dbfs": None}, "exact copy .* its own send"),
        ({"hum_dbfs": -40.0}, "hum: 50 Hz at"),
    ],
    ids=["silent", "clips", "our own send", "hums"],
)
def test_gear_that_cannot_be_heard_gets_a_sentence(device, here, settings, pattern):
    before = dict(device.settings)
    device.set(**settings)
    try:
        refused(here(*PORTS, *AS_FAST_AS_IT_CAN, "--send-trim-db", -6), pattern)
    finally:
        device._do("set", **before)
        device.settings = before


def test_bad_wishes_get_a_sentence_before_anything_sounds(device, here, tmp_path, capsys):
    for arguments, pattern in (
        (("--send", "nobody", "--return", "preamp:out", "--yes"), "No port matches --send 'nobody'"),
        (("--send", "preamp:in", "--return", "preamp:in", "--yes"), "this port runs the other way"),
        ((*PORTS, "--send-trim-db", "3"), "between -40 and 0 dB"),
        ((*PORTS, "--send-dbu", "1e9"), "cannot be right"),
        ((*PORTS, "--backend", "portaudio"), "JACK only"),
        ((*PORTS, "model.nam"), "Name either files, or gear"),
        ((), "or gear by --send PORT --return PORT"),
    ):
        refused(here(*arguments), pattern)
    done = here(*PORTS, index=tmp_path / "none.sqlite")
    assert done.returncode == 2 and "scan a folder first" in done.stderr and "Wiring" not in done.stdout
    with Library(tmp_path / "none.sqlite") as empty, pytest.raises(CompareError, match="scan a folder first"):
        empty.like_gear("preamp:in", "preamp:out")


def test_feedback_in_the_patchbay_is_refused(device, here):
    device._do("connect", own="out", other="preamp:in")
    try:
        refused(here(*PORTS), "preamp:out plays into the send preamp:in as well: .*feedback")
    finally:
        device._do("disconnect")


ON_THE_CARD = ("--send", "system:playback_1", "--return", "system:capture_1", "--yes", "--index")


def test_no_server_is_said(library):
    words = (*ON_THE_CARD, library / "index.sqlite")
    refused(rig("library", "like", *words, JACK_DEFAULT_SERVER="none-such"), "No JACK server")


def test_a_server_of_another_rate_is_said(library):
    with JackServer(rate=44100) as server:
        words = (*ON_THE_CARD, library / "index.sqlite")
        refused(rig("library", "like", *words, **server.environment()), "runs at 44100 Hz")


def ended(index, how):
    """The search ended in the middle of the probe, by a signal to it, or by the death of the server."""
    with JackServer(period=128) as server, Device(server, 137), Deck("ear", server.name, records=1) as ear:
        ear.connect("in_1", "preamp:out")
        ear.arm(60 * 48000)
        process = subprocess.Popen(
            [*RIG, "library", "like", *PORTS, "--index", index, "--accept"],
            env=server.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        while (line := process.stdout.readline()) and "feedback" not in line:
            pass
        time.sleep(2.5)
        if how == "server":
            server.kill()
        else:
            process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=60)
        time.sleep(0.5)
        at = 0 if how == "server" else int(ear.state["position"])
        heard = ear.recorded[0, :at]
        running = how == "server" or ear.state["state"] == RUNNING
        last = heard[-4800:]
        steps = np.abs(np.diff(heard[-48000:])) if at else np.zeros(1)
        return {
            "code": process.returncode,
            "printed": printed,
            "running": bool(running),
            "sounded": float(np.abs(heard).max(initial=0.0)),
            "silent": float(np.abs(last).max(initial=0.0)),
            "step": float(steps.max(initial=0.0)),
        }


@pytest.mark.soak
def test_ctrl_c_leaves_silence_and_a_server_that_dies_is_said(library):
    for _ in range(4):  # a busy machine tears what is listened to
        done = run_in_child(ended, str(library / "index.sqlite"), "Ctrl-C", timeout_s=180)
        if done["running"]:
            break
    assert done["code"] == 130 and "Traceback" not in done["printed"], done
    assert done["sounded"] > 0.01 and done["silent"] < 1e-3
    done = run_in_child(ended, str(library / "index.sqlite"), "server", timeout_s=180)
    assert done["code"] == 2 and "JACK server" in done["printed"].splitlines()[-1], done


@pytest.mark.soak
def test_each_of_some_of_three_hundred_is_named_first(tmp_path, capsys):
    """Line 5 of what must hold: behind noise of -70 dBFS, as much hum, DC and a delay. RIG_SEED repeats the draw."""
    seed = int(os.environ.get("RIG_SEED") or random.SystemRandom().randrange(10**6))
    count = int(os.environ.get("RIG_GEARS") or 6)
    cores = reference_cores()[:8] if REFERENCE.is_dir() else []
    make_library(tmp_path / "models", 300, 48, seed=33, cores=cores)
    with Library(tmp_path / "index.sqlite") as library:
        library.scan(tmp_path / "models")
        assert len(library.models) == 300
    drawn = random.Random(seed).sample(sorted(str(path) for path in (tmp_path / "models").iterdir()), count)
    results = run_in_child(heard_gear.heard_as, str(tmp_path / "index.sqlite"), drawn, -70.0, timeout_s=3600)
    with capsys.disabled():
        print(f"\nRIG_SEED={seed}")
        for one in results:
            snr = one["gear"].get("signal_to_noise_db", float("nan"))
            print(f"{one['wanted']}: {list(zip(one['named'], one['esr'], strict=True))}, {snr:.0f} dB {one['told']}")
    for one in results:
        assert one["named"][0] == one["wanted"], one
        assert one["esr"][0] < 0.01
