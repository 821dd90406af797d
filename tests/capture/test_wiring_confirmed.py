"""Before a capture: other ports where the wiring is not right, and levels that are measured on the spot."""

from __future__ import annotations

import pytest
from device import Device
from jackclients import skip_if_torn
from jackserver import JACKD_IS_MISSING

from rig.backends.jack.client import Jack
from rig.capture.levels import CaptureLevels
from rig.capture.plan import Plan
from rig.capture.signal.training_signal import own_signal
from rig.capture.take.wiring import Wiring
from rig.capture.wiring_confirmed import confirmed
from rig.errors import CaptureError
from rig.library.calibrated_levels import load_settings

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
TRIES = 8  # a busy machine loses cycles by itself
KNOWN = CaptureLevels(18.34, "multimeter", 12.34, "multimeter")


class Answering:
    """An operator with these answers, in this order."""

    def __init__(self, *answers):
        self.answers, self.asked, self.said = list(answers), [], []

    def ask(self, question, option, default=None):
        self.asked.append(question)
        return self.answers.pop(0) or default

    def say(self, text):
        self.said.append(text)

    def meter(self, what, done, samples, peak_dbfs):
        pass


@pytest.fixture
def desk(jack_server, tmp_path, monkeypatch):
    for name in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    with Device(jack_server, 137, preamp="wire"), Jack("rig-capture", jack_server.name) as backend:

        def ask(*answers, levels=KNOWN, **wishes):
            operator = Answering(*answers)
            wiring = Wiring("preamp:in", "preamp:out")
            plan = Plan(tmp_path, "gear", wiring, own_signal(35.0), levels, **wishes)
            return confirmed(backend, operator, plan), operator

        yield ask


def test_other_ports_are_chosen_and_asked_about_again(desk):
    plan, operator = desk("p", "playback_2", "system:capture_1", "y")
    assert plan.wiring == Wiring("system:playback_2", "system:capture_1")
    assert "system:playback_2" in operator.said[-2]  # the picture, once more
    assert sum("Is everything wired like this?" in question for question in operator.asked) == 2


def test_a_port_that_is_none_is_told_and_asked_for_again(desk):
    plan, operator = desk("p", "nowhere", "y")
    assert plan.wiring == Wiring("preamp:in", "preamp:out")
    assert any("No port matches --send 'nowhere'" in said for said in operator.said)


def test_levels_that_are_known_are_not_offered_to_be_measured(desk):
    _, operator = desk("y")
    assert operator.asked == ["Is everything wired like this? (p: other ports) [Y/n]"]
    _, operator = desk("y", levels=CaptureLevels())
    assert "m: measure the levels now" in operator.asked[0]
    with pytest.raises(CaptureError, match="Nothing was recorded"):
        desk("m")


def test_the_levels_are_measured_with_a_meter_and_a_cable_and_kept(desk):
    for _ in range(TRIES):  # a server that loses cycles tears the tone
        plan, operator = desk("m", "1,0 V", "y", "y", levels=CaptureLevels())
        levels = plan.levels
        if levels.return_dbu is not None:
            break
    else:
        skip_if_torn("no tone came back whole")
    assert (levels.send_dbu, levels.send_method) == (14.22, "multimeter"), operator.said  # 1.00 V at -12 dBFS
    assert levels.return_dbu == pytest.approx(14.22, abs=2.0)  # the wire of the device is not quite 0 dB
    assert "Unplug the cable of preamp:in" in operator.said[2]
    kept = load_settings()
    assert (kept.send.dbu, kept.returned.dbu) == (levels.send_dbu, levels.return_dbu)


def test_without_the_cable_the_send_alone_is_known_and_what_is_no_voltage_is_asked_again(desk):
    plan, operator = desk("m", "loud", "m", "1", "", "y", levels=CaptureLevels())
    assert any("That is no voltage" in said for said in operator.said)
    assert (plan.levels.send_dbu, plan.levels.return_dbu) == (14.22, None)
