"""The level of an instrument input is measured at the gain that the interface shows, and at no other setting."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
import simulated_card as sim
from commandline import refused, rig
from device import Device
from jackserver import AS_FAST_AS_IT_CAN, JACKD_IS_MISSING

INST, GAIN = "Line In 1 Level Capture Enum", "Line In 1 Gain Capture Volume"
WATCHED = """
import argparse, sys
from rig.cli.capturing.measured_gain import MeasuredGain
from rig.errors import CaptureError
class Operator:
    say = staticmethod(print)
options = argparse.Namespace(interface=None, preamp_gain_db=float(sys.argv[1]), follow_knob="auto")
gain = MeasuredGain(options, Operator)
try:
    with gain.watched("system:capture_1"):
        print("now", flush=True)
        sys.stdin.readline()
    print(gain.gain_db)
except CaptureError as error:
    print(error)
"""


def watched(cards, meanwhile=lambda: None, gain_db=0.0):
    """What is said of a measurement, the last line apart from the others."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", WATCHED, str(gain_db)], env=cards.environment, stdin=pipe, stdout=pipe, text=True
    ) as it:
        said = [it.stdout.readline().strip()]
        if said[0].startswith("Knob"):
            said.append(it.stdout.readline().strip())
        if said[-1] == "now":
            meanwhile()
        said += it.communicate("\n", timeout=30)[0].splitlines()
    return said[:-1], said[-1]


def test_the_gain_is_read_and_what_is_not_measured_is_refused(cards):
    card = cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th(27))
    said, gain_db = watched(cards)
    assert said == ["Knob       read from Focusrite Scarlett 2i2 4th Gen, input 1: gain 26.6 dB, INST, air off", "now"]
    assert gain_db == "19.6"  # its scale begins at 7 dB with INST
    assert watched(cards, gain_db=5) == (["now"], "5.0")  # what is typed holds
    turned = watched(cards, lambda: card.set(GAIN, 40))[1]
    assert turned == (
        "The knob moved while the level was measured (input 1: gain 39.4 dB, INST, air off): measure again."
    )
    card.set(INST, 0)
    assert "input 1 of Focusrite Scarlett 2i2 4th Gen is set to LINE" in watched(cards)[1]
    card.set(INST, 1)
    assert "(it is gone)" in watched(cards, card.pull_out)[1]
    assert watched(cards) == (["now"], "0.0")  # nothing there: nothing is said


@pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
def test_the_level_that_is_kept_is_that_of_minimum_gain(jack_server, cards):
    card = cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th(27))
    own = {**cards.environment, "JACK_DEFAULT_SERVER": jack_server.name}
    words = ("calibrate", "interface", "--loop", "--send-dbu", "14.22", "--yes", *AS_FAST_AS_IT_CAN)
    with Device(jack_server, 137, -1, 6.0, "wire", noise_dbfs=-90, name="cable"):
        ports = ("--send", "cable:in", "--return", "cable:out")
        done = rig(*words, *ports, **own)
        assert done.returncode == 0, done.stderr
        kept = json.loads(rig("calibrate", "show", "--json", **own).stdout)["interface"]
        assert kept["dbu"] == pytest.approx(14.22 - 6 + 19.6, abs=0.02) and kept["gain_db"] == 19.6
        card.set(INST, 0)
        refused(rig(*words, *ports, **own), re.escape("set it to INST and measure again"))
