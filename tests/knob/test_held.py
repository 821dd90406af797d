"""What is compared or captured at one setting: read once, and what moves against it is said."""

from __future__ import annotations

import subprocess
import sys

import pytest
import simulated_card as sim
from commandline import rig
from jackserver import JACKD_IS_MISSING
from rigs import A2, NANO

HELD = """
import argparse, sys, time
from rig.cli.capturing.take_session import knob_held
from rig.cli.knob_watch import HeldKnob, read_desk
from rig.knob.watch import KnobWatch
watches, start = [], KnobWatch.start
def started(watch):
    watches.append(watch)
    start(watch)
KnobWatch.start = started
def until_each_has(count):
    end = time.monotonic() + 30
    while any(len(watch._news) < count for watch in watches) and time.monotonic() < end:
        time.sleep(0.01)
options = argparse.Namespace(
    interface="scarlett-2i2-4th-gen", max_input_dbu=None, preamp_gain_db=0.0, follow_knob="auto", input="x:capture_2"
)
desk = read_desk(options, print)
print(desk.level, options.preamp_gain_db, desk.is_read, flush=True)
knob = HeldKnob.of(desk, options, "turn it back")
class Operator:
    say = staticmethod(print)
with knob_held(options, Operator, "system:capture_1"):
    until_each_has(1)
    print("now", flush=True)
    sys.stdin.readline()
    until_each_has(2)
print(*knob.news(), sep="\\n")
print(knob.has_moved)
knob.close()
options.preamp_gain_db = 3.0
print(read_desk(options, print))
"""


def test_what_is_read_holds_and_a_movement_is_said(cards):

    card = cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th(27))
    card.controls["Line In 2 Level Capture Enum"].value = 0
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", HELD], env=cards.environment, stdin=pipe, stdout=pipe, text=True
    ) as it:
        before = [it.stdout.readline().strip() for _ in range(4)]
        card.set("Line In 2 Gain Capture Volume", 40)
        card.set("Line In 1 Gain Capture Volume", 30)
        said = it.communicate("\n", timeout=30)[0].splitlines()
    assert before[0] == "Knob     read from Focusrite Scarlett 2i2 4th Gen, input 2: gain 26.6 dB, LINE, air off"
    assert before[1].startswith("Warning  input 2 is set to LINE")
    assert before[2:] == ["22.0 dBu (Scarlett 2i2 4th Gen, line input) 26.6 True", "now"]
    assert said[:2] == [
        "Knob       read from Focusrite Scarlett 2i2 4th Gen, input 1: gain 26.6 dB, INST, air off",
        "Warning    while it was recorded: input 1: gain 29.6 dB, INST, air off; the take is of more than one setting: "
        "record it again.",
    ]
    assert "input 2: gain 39.4 dB, LINE, air off; turn it back" in said and "True" in said
    assert said[-1].startswith("Desk(level=Level(dbu=12.0") and "reading=None" in said[-1]


@pytest.mark.soak
@pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
def test_a_and_b_are_made_equal_at_the_gain_that_was_read(jack_server, cards):
    cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th(27))
    words = [A2, "--against", NANO, "--no-ir", "--interface", "scarlett-2i2-4th-gen", "--no-page", "--seconds", "1"]
    done = rig(
        "ab", *words, "--model-input-dbu", "12", **{**cards.environment, "JACK_DEFAULT_SERVER": jack_server.name}
    )
    assert done.returncode == 0, done.stderr
    assert "Knob     read from Focusrite Scarlett 2i2 4th Gen, input 1: gain 26.6 dB, INST, air off" in done.stdout
    assert "- 19.6 dB (gain, read from the interface) = -19.6 dB" in done.stdout
