"""The knob of a simulated interface is followed by a player: the sum, what is played, and what is said."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import simulated_card as sim
from places import SUPPORT
from rigs import NANO

from rig.library.preset import Preset

FOURTH, THIRD = "scarlett-2i2-4th-gen", "scarlett-4i4-3rd-gen"


class Talk:
    """With `followed_rig.py`."""

    def __init__(self, cards, *words):
        command = [sys.executable, str(SUPPORT / "rigs" / "followed_rig.py"), *map(str, words)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=cards.environment, stdin=pipe, stdout=pipe, text=True)

    def ask(self, **asked):
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def until(self, what, expected):
        found = self.ask(until=[what, expected])
        assert expected in str(found[what]), found
        return found

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0
        self.process.stdout.close()


@pytest.fixture
def talk(cards):
    begun = []

    def begin(*words):
        begun.append(Talk(cards, *words))
        return begun[-1]

    yield begin
    for each in begun:
        each.end()


def test_the_knob_inst_air_and_the_plug_are_followed_in_the_sum_and_in_the_sound(cards, talk, tmp_path):
    card = cards.add("Scarlett 2i2 4th Gen", sim.scarlett_2i2_4th(27))
    preset = tmp_path / "one.toml"
    preset.write_text(Preset("one", NANO, preamp_gain_db=3.0).text(tmp_path), encoding="utf-8")
    rig = talk(FOURTH, "auto", preset)
    # 27 of 70 is 26.6 dB, 19.6 above the 7 dB at which INST begins
    first = rig.until("sum", "- 19.6 dB (gain, read from the interface) = -22.6 dB")
    assert first["played_db"] == -22.6 and first["following"] is True and first["words"] == []
    assert any(
        "read from Focusrite Scarlett 2i2 4th Gen, input 1: gain 26.6 dB, INST, air off" in t for t in first["told"]
    )

    card.set("Line In 1 Gain Capture Volume", 40)
    assert rig.until("sum", "= -35.4 dB")["played_db"] == -35.4
    assert "= -35.4 dB" in "".join(rig.until("told", "-35.4 dB")["told"])  # the sum is told when the hand rests
    card.set("Line In 2 Gain Capture Volume", 60)  # of the other input

    card.set("Line In 1 Level Capture Enum", 0)
    line = rig.until("words", "LINE")
    assert line["sum"].startswith("22.0 dBu (Scarlett 2i2 4th Gen, line input)")
    assert line["played_db"] == round(22.0 - 15.0 - 39.4, 2)
    assert "Warning  input 1 is set to LINE, and a guitar belongs into INST" in "\n".join(line["told"])
    card.set("Line In 1 Level Capture Enum", 1)
    assert rig.until("words", "[]")["sum"].endswith("= -35.4 dB")
    card.set("Line In 1 Air Capture Enum", 2)
    assert "air (Presence + Drive) is on at input 1" in "\n".join(rig.until("words", "AIR")["told"])
    card.set("Line In 1 Air Capture Enum", 0)
    rig.until("words", "[]")

    # a preset has another gain, and the interface is right
    assert rig.ask(preset=0)["sum"].endswith("= -35.4 dB")

    card.pull_out()
    gone = rig.until("words", "KNOB GONE")
    assert gone["sum"].endswith("= -35.4 dB") and gone["played_db"] == -35.4
    assert "what was read last holds until it is back" in "\n".join(gone["told"])
    card.controls["Line In 1 Gain Capture Volume"].value = 20
    card.plug_in()
    back = rig.until("sum", "= -15.7 dB")
    assert back["words"] == [] and "The interface is back; input 1: gain 19.7 dB" in "\n".join(back["told"])

    # a gain that is typed holds, until it is to be read again
    typed = rig.ask(do=["knob", "12"])
    assert "- 12.0 dB (gain knob) = -15.0 dB" in typed["sum"] and typed["following"] is False
    assert "auto (E) reads it again" in "\n".join(typed["told"])
    card.set("Line In 1 Gain Capture Volume", 30)
    assert rig.ask()["sum"] == typed["sum"]
    card.set("Line In 1 Level Capture Enum", 0)  # which is watched all the same
    assert rig.until("words", "LINE")["sum"].endswith("- 12.0 dB (gain knob) = -5.0 dB")
    card.set("Line In 1 Level Capture Enum", 1)
    rig.until("words", "[]")
    assert rig.ask(do=["knob", "auto"])["following"] is True
    rig.until("sum", "- 22.6 dB (gain, read from the interface)")
    assert rig.ask(set=["follow_knob", False])["sum"].endswith("- 22.6 dB (gain knob) = -25.6 dB")
    assert rig.ask(set=["follow_knob", True])["following"] is True

    # another interface is named, of which nothing is read
    other = rig.ask(do=["interface", "apollo-8x"])
    assert other["sum"].startswith("12.2 dBu (Universal Audio Apollo 8x") and other["following"] is False
    again = rig.ask(do=["interface", FOURTH])
    assert again["following"] is True and "(gain, read from the interface)" in again["sum"]


@pytest.mark.soak
def test_a_pad_is_followed_where_its_level_is_known_and_the_knob_stays_typed(cards, talk):
    cards.add("HDA Intel PCH", {})
    card = cards.add("Scarlett 4i4 USB", sim.scarlett_4i4_3rd())
    rig = talk(THIRD, "hw:1,2")
    rig.until("told", "input 2: INST, pad off, air off")
    assert rig.ask(do=["knob", "6"])["sum"].endswith("- 6.0 dB (gain knob) = -8.5 dB")
    card.set("Line In 2 Pad Capture Switch", 1)
    pad = rig.until("words", "PAD")
    assert pad["sum"].startswith("14.0 dBu (Scarlett 4i4 3rd Gen, pad on)") and pad["played_db"] == -7.0
    card.set("Line In 2 Level Capture Enum", 0)
    line = rig.until("words", "LINE")
    assert line["sum"].endswith("= -8.5 dB") and line["words"] == ["LINE", "PAD"]
    assert "no level of the line input is known, and the sum stays that of INST" in "\n".join(line["told"])
    card.set("Line In 2 Pad Capture Switch", 0)
    card.set("Line In 2 Level Capture Enum", 1)
    assert rig.until("words", "[]")["sum"].endswith("= -8.5 dB")
    assert rig.ask(do=["knob", "auto"])["following"] is True  # there is no gain to read, and that is no fault
