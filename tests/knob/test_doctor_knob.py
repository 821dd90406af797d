"""What `rig doctor` says of the knob, and that nothing is said, or known, where there is nothing."""

from __future__ import annotations

import simulated_card as sim

EXAMINE = """
from rig.doctor.knob import knob
from rig.knob import libasound
from rig.knob.cards import wanted
from rig.levels import Level
from rig.library.interfaces import Interface
row = Interface.named("scarlett-2i2-4th-gen")
def say(asked, number=None):
    found, force = knob(wanted(asked), row.level(), row, number)
    print([(each.state, each.text) for each in found], None if force is None else force.gain_db)
say("off")
say("auto")
say("2")
say("hw:7")
libasound.library.cache_clear()
libasound.LIBRARY = "libasound-that-is-not-there.so"
say("auto")
"""


def test_the_doctor_says_what_is_read_and_what_contradicts_it(cards):
    card = cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th(27))
    card.controls["Line In 2 Level Capture Enum"].value = 0
    off, ok, line, absent, elsewhere = cards.run(EXAMINE)
    assert off == "[] None"
    assert ok.startswith(
        "[('ok', 'Focusrite Scarlett 2i2 4th Gen, input 1: gain 26.6 dB, INST, air off; rig play follows"
    )
    assert ok.endswith("19.6")
    assert line.startswith("[('warn', ") and "input 2 is set to LINE" in line and line.endswith("26.6")
    assert absent.startswith("[('unknown', 'Nothing tells how the interface is set: hw:7 is not there")
    assert elsewhere.startswith("[('unknown', 'There is no alsa-lib here") and elsewhere.endswith("None")


def test_a_knob_that_cannot_be_followed_is_a_warning_of_the_doctor(cards):
    gain = sim.Control(sim.INTEGER, 27, 0, 70)
    cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th() | {"Line In 1 Gain Capture Volume": gain})
    said = cards.run(EXAMINE)[1]
    assert said.startswith("[('warn', 'The knob cannot be followed: Line In 1 Gain Capture Volume has no scale in dB")
