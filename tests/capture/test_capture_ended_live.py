"""A capture that is ended by hand or killed: nothing clicks, nothing is lost, and no half of it looks like a whole."""

from __future__ import annotations

import json
import random
import re
import signal as signals
import subprocess
import time

import capturing
import numpy as np
import pytest
from capturing import GAIN_DB
from child import run_in_child
from commandline import RIG
from device import Device
from jackserver import AS_FAST_AS_IT_CAN, JACKD_IS_MISSING, JackServer

from rig.audio import wav
from rig.capture.result.foreign_recording import check_again
from rig.capture.signal.training_signal import write_signal
from rig.dsp.ramp import fade_table
from rig.trainer.layout import RATE

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")

PORTS = ("--send", "preamp:in", "--return", "preamp:out", "--yes")


# ---------------------------------------------------------------- ended by hand
@pytest.mark.parametrize(("how", "period"), [("SIGTERM", 8192), pytest.param("SIGINT", 1024, marks=pytest.mark.soak)])
def test_a_signal_fades_the_sound_out_and_what_was_recorded_is_kept_aside(how, period, tmp_path):
    if signals.getsignal(signals.Signals[how]) == signals.SIG_IGN:
        pytest.skip(f"these tests run where {how} is ignored, as under nohup, and so does what they start")
    result = run_in_child(capturing.ended_by_hand, str(tmp_path), how, period)
    assert result["code"] == 130, result
    assert re.search(r"Ended by hand at .* kept in .*rejected-1", result["printed"]), result
    assert result["printed"].endswith("rig: stopped.\n") and "Traceback" not in result["printed"]
    (kept,) = (tmp_path / result["name"]).iterdir()
    assert kept.name == "x.rejected-1"
    assert "ended by hand" in json.loads((kept / "rejected.json").read_text())["reason"]
    assert len(wav.read(kept / "take.wav").samples) > RATE
    assert_faded(np.load(tmp_path / "heard.npy").astype(np.float64), 10 ** (-6 / 20) * capturing.signal().samples)


def assert_faded(y, x):
    """y is x, then the one fade of rig, then silence: nothing that clicks."""
    start, end = np.flatnonzero(y)[0] - np.flatnonzero(x)[0], np.flatnonzero(y)[-1] + 1
    x = np.concatenate([np.zeros(start), x, np.zeros(len(y))])[: len(y)]
    falling = 1 - fade_table(round(0.010 * RATE)).astype(np.float64)  # ends at 0, so `end` may lie anywhere near
    differences = []
    for at in range(end - len(falling) - 2, end - len(falling) + 20):
        gain = np.concatenate([np.ones(at), falling, np.zeros(len(y))])[: len(y)]
        differences.append(np.abs(y - gain * x).max())
    assert len(y) - end > RATE // 10 and min(differences) < 1e-6, differences
    assert np.abs(y[end - RATE // 20 : end - len(falling)]).max() > 0.01  # it did sound


@pytest.mark.soak
def test_a_take_that_is_ended_while_it_is_written_is_kept_aside(tmp_path):
    result = run_in_child(capturing.ended_while_writing, str(tmp_path))
    assert result["ended"] and re.search(r"recorded is kept in .*ended\.rejected-1", result["said"][-1]), result
    assert [path.name for path in tmp_path.iterdir()] == ["ended.rejected-1"]
    assert len(wav.read(tmp_path / "ended.rejected-1" / "take.wav").samples) > 35 * RATE


# ---------------------------------------------------------------- killed
def killed(into, moments):
    """Kill a capture at each of these moments (None: never), each on a server of its own; was it complete, seconds."""
    ends = []
    sweep = into.parent / "s.wav"
    write_signal(sweep, capturing.signal(), overwrite=True)
    for moment in moments:
        name = f"k{moment}"
        with JackServer(period=128) as server, Device(server, 137, gain_db=GAIN_DB):
            command = [*RIG, "capture", name, *PORTS, "--signal", str(sweep), *AS_FAST_AS_IT_CAN, "--into", str(into)]
            process = subprocess.Popen(command, env=server.environment(), stdout=subprocess.DEVNULL)
            began = time.monotonic()
            if moment is not None:
                time.sleep(moment)
                process.send_signal(signals.SIGKILL)
            process.wait()
            took = time.monotonic() - began
            server.kill()  # a client that was killed while freewheeling blocks it for a while
        folder = into / name
        ends.append((folder.exists(), took))
        if folder.exists():
            judged, trainer = check_again(folder)
            assert judged.verdict == "ok" and all(check.passed for check in trainer)
            assert (folder / "report.html").read_text().rstrip().endswith("</html>")
            assert capturing.residual_db(folder)[2] < -100
    return ends


def test_killing_a_capture_at_any_moment_leaves_it_complete_or_absent(tmp_path):
    moments = random.Random(5)
    assert len(killed(tmp_path / "captures", [moments.uniform(0.3, 4.5)])) == 1


@pytest.mark.soak
def test_killing_a_capture_at_fifty_moments_leaves_it_complete_or_absent(tmp_path):
    ((whole, took_s),) = killed(tmp_path / "captures", [None])
    assert whole
    moments = random.Random(2)
    ends = killed(tmp_path / "captures", [moments.uniform(0.2, 1.2 * took_s) for _ in range(50)])
    complete = [whole for whole, _ in ends]
    print(f"{sum(complete)} of 50 were complete")
    assert any(complete) and not all(complete)
