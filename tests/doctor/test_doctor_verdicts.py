"""What `rig doctor` says of things that a good machine does not show: each finding in each of its states."""

from __future__ import annotations

import builtins
import re

import model_files
import numpy as np
import pytest
from rigs import NANO, RATE

from rig.bench.timing import Stopwatch
from rig.doctor import examination, limits, playing
from rig.doctor.examination import Question
from rig.doctor.finding import STATES
from rig.nam import Model


@pytest.fixture
def small(tmp_path):
    return model_files.write(tmp_path / "small.nam", model_files.wavenet([2], seed=1))


@pytest.fixture
def without_server(monkeypatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "none-of-that-name")


def found(question):
    return {finding.topic: finding for finding in examination.examine(question)}


def test_a_system_without_limits_does_not_say_how_much_may_be_locked(monkeypatch):
    original = builtins.__import__

    def without_resource(name, *more, **named):
        if name == "resource":
            raise ImportError(name)
        return original(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without_resource)
    finding = limits.memlock()
    assert (finding.state, finding.way_out) == ("unknown", None)
    assert "does not say how much" in finding.text


def test_what_would_be_played_is_read(small):
    model, finding = playing.model_finding(small, 1.0)
    assert model.path == small
    assert finding.state == "ok" and finding.text.startswith("small.nam: ")


def test_a_cabinet_that_cannot_be_read_is_a_problem(small, tmp_path, without_server):
    (tmp_path / "cabinet.wav").write_text("no audio")
    finding = found(Question(small, ir=tmp_path / "cabinet.wav", ir_named=True))["cabinet file"]
    assert finding.state == "problem"
    assert "cabinet.wav" in finding.text and "Name another cabinet" in finding.way_out


def test_a_kept_level_that_cannot_be_read_is_a_problem(small, without_server):
    finding = found(Question(small, interface_problem="The file of levels is damaged."))["levels"]
    assert (finding.state, finding.text) == ("problem", "The file of levels is damaged.")


@pytest.mark.parametrize(("share", "severity"), [(0.44, 0), (0.46, 1), (0.81, 2)])
def test_the_cost_goes_by_its_share_of_the_period(small, monkeypatch, share, severity):
    period_us = 1e6 * 64 / RATE
    monkeypatch.setattr(Stopwatch, "blocks_us", lambda *_, **__: np.full(40, share * period_us))
    finding = playing.cost(Model.load(small), RATE, 64)
    assert finding.state == [state for state in reversed(STATES) if state != "unknown"][severity]
    assert (finding.way_out is None) == (severity == 0)


def test_what_folds_back_is_told_and_what_less_of_it_costs(tmp_path):
    finding = playing.aliasing(Model.load(NANO), RATE, 64)
    assert finding.state == "ok" and finding.way_out is None
    told = r"folds back notes that nobody played at -42 dB; --quality 2: -9\d dB for \d+\.\d% of a period more\.$"
    assert re.search(told, finding.text)
    assert finding.figures["aliasing_db_1x"] == pytest.approx(-42, abs=1) and finding.figures["share_more"] > 0
    # At twice the model's rate it is at 2x as it is, and the next step is the one that costs.
    twice = playing.aliasing(Model.load(NANO), 2 * RATE, 64)
    told = r"at -9\d dB in this session, which runs at 2 times its rate; --quality 4: -\d+ dB for \d+\.\d% of a period"
    assert re.search(told, twice.text) and twice.figures["share_more"] > 0
    assert twice.figures["aliasing_db_2x"] == finding.figures["aliasing_db_2x"]
    at_most = playing.aliasing(Model.load(NANO), 8 * RATE, 64)
    assert at_most.text.endswith("runs at 8 times its rate.") and "share_more" not in at_most.figures
    silent = model_files.linear_from(tmp_path / "none.nam", [0.0])
    finding = playing.aliasing(silent, RATE, 64)
    assert finding.state == "unknown" and "gives no answer to a sine" in finding.text
