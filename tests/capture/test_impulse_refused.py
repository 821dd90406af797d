"""Sweeps that came back as noise, too late or not alike are no cabinet; those from a file are measured alike."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.signal import butter, chirp, sosfilt

from rig.audio import wav
from rig.capture.ir import session
from rig.capture.ir.checks import LIMITS, impulse_checks
from rig.capture.ir.deconvolution import Sweep, finished_taps, measure
from rig.capture.ir.session import SETTLES_S, from_recordings, sweep_session
from rig.capture.ir.sweep_file import read_sweep, write_sweep
from rig.capture.signal.training_signal import as_24_bit
from rig.cli import main
from rig.decibels import gain_from_db
from rig.errors import CaptureError
from rig.trainer.layout import RATE

SWEEP = Sweep(3.0)


def noise(samples, dbfs=-60.0, seed=0):
    return gain_from_db(dbfs) * np.random.default_rng(seed).standard_normal(samples)


def cabinet(x):
    """A loudspeaker in a box: a band with a resonance, 0.4 as loud."""
    return 0.4 * sosfilt(butter(2, [80, 5000], "band", fs=RATE, output="sos"), x)


def heard(sweep=SWEEP, latency=700, dbfs=-80.0, seed=0, gear=cabinet):
    """As a microphone hears it, as long as the sweep with its silence."""
    y = gear(sweep.signal())
    y = np.concatenate([np.zeros(latency), y])[: len(y)]
    return y + noise(len(y), dbfs, seed)


@pytest.mark.parametrize("dbfs", [-90.0, -30.0])
@pytest.mark.parametrize("sweeps", [1, 2])
def test_an_amp_in_standby_gives_no_cabinet(dbfs, sweeps):
    with pytest.raises(CaptureError, match=r"Nothing answers the sweep.* out of standby"):
        measure(SWEEP, [noise(len(SWEEP.signal()), dbfs, seed) for seed in range(sweeps)])


def test_hum_is_no_answer_to_a_sweep():
    hum = 0.01 * np.sin(2 * np.pi * 50 * np.arange(len(SWEEP.signal())) / RATE)
    with pytest.raises(CaptureError, match="Nothing answers the sweep"):
        measure(SWEEP, [hum + noise(len(hum), -90)])


def test_a_sweep_that_comes_back_later_than_a_second_is_named():
    with pytest.raises(CaptureError, match=r"comes back 1\.4\d s after it was played"):
        measure(SWEEP, [heard(latency=round(1.45 * RATE))])


def test_sweeps_that_have_nothing_in_common_are_no_cabinet():
    other = heard(gear=lambda x: -0.4 * sosfilt(butter(2, [300, 900], "band", fs=RATE, output="sos"), x), latency=900)
    with pytest.raises(CaptureError, match="have nothing in common"):
        measure(SWEEP, [heard(), other])


def checks(response, softer=None):
    return {check.name: check for check in impulse_checks(response, finished_taps(response, 8192), softer)}


def test_repetition_is_judged_between_all_sweeps_and_unknown_for_one():
    one = checks(measure(SWEEP, [heard()]))
    assert one["repeat"].verdict == one["linearity"].verdict == "unknown"
    assert one["repeat"].advice == "Sweep at least twice." and one["repeat"].figure is None
    good = [heard(dbfs=-90, seed=seed) for seed in range(3)]
    assert checks(measure(SWEEP, good))["repeat"].verdict == "ok"
    third = [*good[:2], 0.7 * good[2]]  # the first two are alike, and once only they were looked at
    assert checks(measure(SWEEP, third))["repeat"].verdict == "fail"


def test_distortion_is_judged_and_unknown_where_noise_hides_it():
    def driven(much):
        return measure(SWEEP, [heard(dbfs=-95, seed=s, gear=lambda x: cabinet(x + much * x**2)) for s in range(2)])

    found = {much: checks(driven(much))["distortion"] for much in (0.002, 0.25, 2.0)}
    assert [check.verdict for check in found.values()] == ["ok", "warn", "fail"], found
    assert "turn the power amp down" in found[2.0].advice
    loud = checks(measure(SWEEP, [heard(dbfs=-33, seed=s) for s in range(2)]))["distortion"]
    assert loud.verdict == "unknown" and "hides the distortion" in loud.text


@pytest.mark.parametrize("limit", ["repeat", "linearity", "distortion"])
def test_a_figure_far_beyond_its_limit_fails(limit):
    assert LIMITS[limit].fail is not None and LIMITS[limit].verdict(LIMITS[limit].fail + 0.1) == "fail"


# ---------------------------------------------------------------- a microphone that pops
class Desk:
    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)

    def meter(self, *_):
        pass


def played(silences, monkeypatch):
    """`sweep_session` on a desk whose microphone gives these seconds of silence first, then a cabinet."""
    waiting = list(silences)

    def record(deck, operator, x, what, cables=None):
        if what == "Silence":
            return waiting.pop(0)
        y = cabinet(x)
        return np.concatenate([y, np.zeros(RATE // 2)]) + noise(len(y) + RATE // 2, -95, len(waiting) + len(what))

    monkeypatch.setattr(session, "record_short", record)
    desk = Desk()
    return sweep_session(None, desk, SWEEP, 2), desk


def test_a_microphone_that_pops_when_it_is_opened_is_waited_for(monkeypatch):
    pop = np.exp(-np.arange(RATE) / (0.2 * RATE)) + noise(RATE, -95)
    swept, desk = played([pop, 0.02 * pop, noise(RATE, -95)], monkeypatch)
    assert "after 2 s in which a pop died away" in desk.said[0]
    assert {check.name: check.verdict for check in swept.checks} == dict.fromkeys(LIMITS, "ok")


def test_a_room_that_does_not_become_quiet_is_refused(monkeypatch):
    with pytest.raises(CaptureError, match=rf"-20 dBFS already, for {SETTLES_S} s"):
        played([noise(RATE, -20)] * SETTLES_S, monkeypatch)


# ---------------------------------------------------------------- from files
def taps_of(swept):
    """From the first sample that stands out, with its peak at 1."""
    taps = swept.taps / np.abs(swept.taps).max()
    return taps[int(np.argmax(np.abs(taps) > 0.05)) :][:2000]


def test_a_cabinet_from_recorded_files_is_the_one_that_was_there(tmp_path):
    write_sweep(tmp_path / "sweep.wav", SWEEP)
    sweep = read_sweep(tmp_path / "sweep.wav")
    assert sweep.rate_s == pytest.approx(SWEEP.rate_s, rel=0.03)
    late = np.concatenate([noise(3 * RATE, -85), heard(seed=1)])
    late[5000:5050] += 0.9  # the microphone was opened
    swept = from_recordings(sweep, {"a": heard(), "b": late})
    live = measure(SWEEP, [heard(), heard(seed=1)])
    direct = finished_taps(live, 8192)
    truth = direct / np.abs(direct).max()
    found = taps_of(swept)
    truth = truth[int(np.argmax(np.abs(truth) > 0.05)) :][:2000]
    assert 10 * np.log10(np.sum((found - truth) ** 2) / np.sum(truth**2)) < -30
    names = {check.name: check.verdict for check in swept.checks}
    assert names == dict.fromkeys(LIMITS, "ok") | {"linearity": "unknown"}, swept.checks


def test_a_recording_of_something_else_and_half_a_sweep_are_refused():
    with pytest.raises(CaptureError, match=r"hum\.wav: the sweep is not found in it"):
        from_recordings(SWEEP, {"hum.wav": noise(6 * RATE, -30)})
    with pytest.raises(CaptureError, match=r"half\.wav: does not hold the whole sweep"):
        from_recordings(SWEEP, {"half.wav": heard()[: 2 * RATE]})


def test_a_sweep_of_another_program_is_measured_with_and_a_linear_one_is_refused(tmp_path):
    t = np.arange(4 * RATE) / RATE
    own = 0.5 * chirp(t, 20, 4.0, 20_000, method="logarithmic", phi=-90)
    wav.write(tmp_path / "other.wav", as_24_bit(np.concatenate([np.zeros(RATE), own, np.zeros(RATE)])), RATE)
    sweep = read_sweep(tmp_path / "other.wav")
    assert sweep.rate_s == pytest.approx(4 / np.log(1000), rel=0.03)
    assert sweep.band_hz[0] < 40 and sweep.band_hz[1] > 15_000
    recording = np.concatenate([np.zeros(RATE), cabinet(np.concatenate([own, np.zeros(3 * RATE)]))])
    swept = from_recordings(sweep, {"a": recording + noise(len(recording), -85)})
    assert {check.name: check.verdict for check in swept.checks}["distortion"] == "ok"
    linear = 0.5 * chirp(t, 20, 4.0, 20_000, phi=-90)
    wav.write(tmp_path / "linear.wav", as_24_bit(linear), RATE)
    with pytest.raises(CaptureError, match=r"linear\.wav: no sweep whose frequency grows exponentially"):
        read_sweep(tmp_path / "linear.wav")


def test_from_files_on_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["capture", "ir", "--write-sweep", "sweep.wav", "--length-s", "3"]) == 0
    wav.write(tmp_path / "rec.wav", as_24_bit(heard(sweep=Sweep(3.0, gain_from_db(-6.0)))), RATE)
    capsys.readouterr()
    assert main(["capture", "ir", "v30", "--from", "sweep.wav", "rec.wav", "--into", ".", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["verdict"] == "unknown" and content["latency_samples"] is None
    assert wav.read(tmp_path / "v30.wav").samples.shape == (8192, 1)
    wav.write(tmp_path / "off.wav", as_24_bit(noise(6 * RATE, -40)), RATE)
    assert main(["capture", "ir", "off", "--from", "sweep.wav", "off.wav", "--into", "."]) == 2
    assert main(["capture", "ir", "off", "--from", "sweep.wav", "--into", "."]) == 2
    assert main(["capture", "ir", "--from", "sweep.wav", "rec.wav"]) == 2
    assert not (tmp_path / "off.png").exists()
