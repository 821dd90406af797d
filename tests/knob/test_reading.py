"""What is read of an interface through alsa-lib, and what is refused, each in one sentence."""

from __future__ import annotations

import errno

import simulated_card as sim
from simulated_card import INTEGER, Control

READ = """
from rig.errors import ConfigError
from rig.knob.cards import wanted
from rig.knob.watch import read_once
for asked, interface, number in {questions!r}:
    try:
        print(read_once(wanted(asked), interface, number).text)
    except ConfigError as error:
        print(type(error).__name__, error)
"""
GAIN = "Line In 1 Gain Capture Volume"
FOURTH, THIRD, SOLO = (f"Focusrite Scarlett {name}" for name in ("2i2 4th Gen", "2i2 3rd Gen", "Solo 4th Gen"))


def read(cards, *questions):
    return cards.run(READ.format(questions=questions))


def test_a_2i2_of_the_4th_generation_tells_gain_inst_and_air_of_each_input(cards):
    card = cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th(27))
    card.controls["Line In 2 Gain Capture Volume"].value = 70
    card.controls["Line In 2 Level Capture Enum"].value = 0
    card.controls["Line In 2 Air Capture Enum"].value = 2
    said = read(cards, ("auto", None, None), ("2", FOURTH, 1), ("hw:0,2", None, None), ("auto", FOURTH, 3))
    assert said[0] == "input 1: gain 26.6 dB, INST, air off"
    assert said[1] == said[2] == "input 2: gain 69.0 dB, LINE, air Presence + Drive"
    assert said[3] == f"ConfigError {FOURTH}: the controls of input 3 are not known, those of 1 and 2 are."


def test_interfaces_without_a_gain_tell_what_they_have(cards):
    cards.add("Scarlett 2i2 USB", sim.scarlett_2i2_3rd())
    cards.add("Scarlett Solo 4th Gen", sim.scarlett_solo_4th())
    fourth = cards.add("Scarlett 4i4 USB", sim.scarlett_4i4_3rd())
    fourth.controls["Line In 2 Pad Capture Switch"].value = 1
    said = read(cards, ("auto", None, None), ("hw:1", SOLO, None), ("hw:2,2", "Focusrite Scarlett 4i4 3rd Gen", None))
    assert said == ["input 1: INST, air off", "input 1: INST", "input 2: INST, pad on, air off"]


def test_which_card_it_is_has_to_be_clear(cards):
    assert read(cards, ("auto", FOURTH, None), ("hw:2", None, None)) == [
        f"NotThere {FOURTH} is not there.",
        "NotThere hw:2 is not there (No such device).",
    ]
    cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th())
    cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th(10))
    cards.add("HDA Intel PCH", {})
    two, by_name, unknown = read(cards, ("auto", None, None), ("hw:1", None, None), ("hw:2", None, None))
    assert two.startswith(f"ConfigError hw:0 ({FOURTH}) and hw:1 ({FOURTH}) are both there: --follow-knob hw:0 says")
    assert by_name == "input 1: gain 9.8 dB, INST, air off"
    assert unknown == "ConfigError hw:2 is HDA Intel PCH, whose controls are not known."


def test_a_card_that_may_not_be_opened_is_said(cards):
    cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th()).refuses = errno.EACCES
    auto, named = read(cards, ("auto", FOURTH, None), ("hw:0", None, None))
    assert auto == named == "ConfigError hw:0 may not be read (no permission): the group audio is the way there."


BAD = [
    (Control(INTEGER, 27, 0, 9999, db=(0.0, 69.0)), "goes from 0 to 9999, its driver is known for 0 to 70."),
    (Control(INTEGER, 27, 0, 70), "has no scale in dB, its driver is known for one of 69 dB."),
    (Control(INTEGER, 27, 0, 70, db=(0.0, 655.0)), "has a scale of 0 to 655 dB, its driver is known for 69 dB."),
    (Control(INTEGER, 27, 0, 70, db=(69.0, 0.0)), "has a scale of 69 to 0 dB, its driver is known for 69 dB."),
    (Control(INTEGER, 400, 0, 70, db=(0.0, 69.0)), "stands at 400, which is no gain."),
    (sim.level(), "is of another kind than the driver of Focusrite Scarlett 2i2 4th Gen makes it."),
    (Control(INTEGER, 27, 0, 70, db=(0.0, 69.0), error=errno.ENODEV), "cannot be read (No such device)."),
    (Control(INTEGER, 27, 0, 70, db=(0.0, 69.0), error=errno.EPERM), "cannot be read (Operation not permitted)."),
]


def test_a_gain_that_cannot_be_is_one_sentence(cards):
    for control, _ in BAD:
        cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th() | {GAIN: control})
    said = read(cards, *((f"hw:{at}", FOURTH, None) for at in range(len(BAD))))
    for at, (line, (_, sentence)) in enumerate(zip(said, BAD, strict=True)):
        assert line in (f"ConfigError {GAIN} {sentence}", f"ConfigError hw:{at} {sentence}")


def test_the_scale_of_an_older_driver_gives_the_same_gain(cards):
    """The driver of the first months said -70 to 0 dB; the gain is counted from the least value."""
    cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th() | {GAIN: Control(INTEGER, 27, 0, 70, db=(-70.0, 0.0))})
    code = (
        "from rig.knob.cards import wanted\nfrom rig.knob.watch import read_once\nfrom rig.knob.in_force import *\n"
        "reading = read_once(wanted('auto'), None)\n"
        "print(in_force(reading, Level(12.0, 'table'), row_of(reading.interface)).gain_db)"
    )
    assert cards.run(code) == ["20.0"]


def test_controls_of_other_names_are_not_the_interface(cards):
    cards.add("Scarlett 2i2 4th Gen", {"Line Out 1 Volume": Control(INTEGER, 1, 0, 9, db=(0.0, 9.0))})
    assert read(cards, ("auto", FOURTH, None)) == [
        f"ConfigError {FOURTH}: its driver shows none of the controls that it is known for; a newer Linux may."
    ]
