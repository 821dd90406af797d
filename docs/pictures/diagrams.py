"""The drawn pictures: the chain, the hand-over, the level sum, the way of a capture."""

from __future__ import annotations

from pathlib import Path

from svg import FAINT, Drawing


def chain(folder: Path) -> None:
    """The signal path of rig/chain.py."""
    d = Drawing(980, 470, "The signal path of rig")
    d.box(80, 90, 120, 44, "guitar", "sound", "input port")
    d.box(80, 160, 120, 44, "loop", "sound", "a tape in its place")
    d.box(80, 360, 120, 44, "return", "sound", "from the gear")
    d.box(260, 125, 130, 50, "rumble filter", "plain", "and the gate's ear")
    d.arrow((140, 90), (195, 116))
    d.arrow((140, 160), (195, 134))
    d.box(260, 290, 130, 50, "send gain", "side", "out to the gear")
    d.arrow((100, 182), (100, 290), (195, 290))
    d.text(110, 240, "either, as it came in", size=12, colour=FAINT, anchor="start")
    d.arrow((260, 315), (260, 360), (140, 360), dashed=True)
    d.text(152, 340, "re-amp box, gear", size=12, colour=FAINT, anchor="start")
    d.frame(370, 40, 400, 150, "a lane; up to four of them")
    boxes = (
        (412, 66, "in gain", "plain", ""),
        (492, 66, "model", "model", ""),
        (572, 66, "out gain", "plain", ""),
        (655, 74, "DC block", "plain", "and tone"),
        (735, 50, "delay", "plain", ""),
    )
    end = 325.0
    for x, w, text, kind, below in boxes:
        d.box(x, 125, w, 46, text, kind, below)
        d.arrow((end, 125), (x - w / 2, 125))
        end = x + w / 2
    d.box(850, 125, 110, 50, "gate, mixer", "plain", "sum of the lanes")
    d.arrow((end, 125), (795, 125))
    d.arrow((140, 372), (345, 372), (345, 165), (372, 165), dashed=True)
    d.box(850, 230, 110, 50, "cabinet", "model", "old and new")
    d.arrow((850, 150), (850, 205))
    d.box(850, 320, 130, 50, "master, volume", "plain", "mute; the player's")
    d.arrow((850, 255), (850, 295))
    d.box(850, 410, 110, 50, "clip guard", "plain", "hard, at full scale")
    d.arrow((850, 345), (850, 385))
    d.box(660, 410, 120, 50, "out", "sound", "two channels")
    d.arrow((795, 410), (720, 410))
    d.box(480, 410, 150, 50, "meters, recorder", "side", "beside the path")
    d.arrow((600, 410), (555, 410), dashed=True)
    d.text(570, 290, "MIDI, hand-over and A/B switch act", size=12, colour=FAINT)
    d.text(570, 308, "at the start of each chunk", size=12, colour=FAINT)
    d.save(folder / "chain.svg")


def handover(folder: Path) -> None:
    """How a change goes to the audio thread and comes back."""
    d = Drawing(900, 300, "The hand-over of a new sound")
    d.frame(20, 20, 860, 100, "control side: Python")
    d.frame(20, 180, 860, 100, "audio thread: compiled")
    d.box(120, 75, 150, 50, "make the lane", "control", "load, settle")
    d.box(320, 75, 150, 50, "run it in", "control", "on the real input")
    d.box(760, 75, 150, 50, "free the old lane", "control", "at the next poll")
    d.arrow((195, 75), (245, 75))
    d.box(320, 235, 130, 50, "take the change", "sound", "when no fade runs")
    d.box(490, 235, 130, 50, "catch up", "sound", "what it missed")
    d.box(660, 235, 130, 50, "fade, 10 ms", "sound", "old out, new in")
    d.arrow((320, 100), (320, 210))
    d.text(330, 155, "pending: one address, exchanged at once", size=12, colour=FAINT, anchor="start")
    d.arrow((385, 235), (425, 235))
    d.arrow((555, 235), (595, 235))
    d.arrow((725, 235), (760, 235), (760, 100))
    d.text(750, 155, "retired", size=12, colour=FAINT, anchor="end")
    d.save(folder / "handover.svg")


def levels(folder: Path) -> None:
    """What happens to the level on its way."""
    d = Drawing(980, 190, "The level on its way through rig")
    steps = (
        ("guitar", "sound", "volts"),
        ("interface", "plain", "0 dBFS = 12.2 dBu"),
        ("input gain", "control", "the sum: -7.8 dB"),
        ("model", "model", "0 dBFS = 15.0 dBu"),
        ("output gain", "control", "--level-mode"),
        ("cabinet", "model", "-18 dB"),
    )
    for k, (text, kind, note) in enumerate(steps):
        d.box(85 + 162 * k, 75, 130, 54, text, kind, note)
        if k:
            d.arrow((85 + 162 * k - 97, 75), (85 + 162 * k - 65, 75))
    d.text(247, 125, "+ 5.0 dB on its knob", size=12, colour=FAINT)
    d.text(409, 125, "12.2 - 15.0 - 5.0", size=12, colour=FAINT)
    d.text(490, 162, "the same volts read as much in the model as they did at the amp's jack", size=13)
    d.save(folder / "levels.svg")


def capture_path(folder: Path) -> None:
    """The cables of a capture."""
    d = Drawing(780, 196, "The way of the signal in a capture")
    d.box(100, 95, 140, 60, "computer", "control", "rig capture")
    d.box(290, 55, 120, 50, "output", "plain", "the send")
    d.box(470, 55, 130, 50, "re-amp box", "side", "instrument level")
    d.box(680, 95, 150, 70, "your gear", "model", "amp, pedal, preamp")
    d.box(290, 140, 120, 50, "input", "plain", "the return")
    d.box(470, 140, 130, 50, "load box, DI", "side", "line level")
    d.arrow((170, 80), (230, 60))
    d.arrow((350, 55), (405, 55))
    d.arrow((535, 55), (605, 80))
    d.arrow((605, 112), (535, 138))
    d.arrow((405, 140), (350, 140))
    d.arrow((230, 135), (170, 112))
    d.text(380, 20, "dry.wav: what was played", size=12, colour=FAINT)
    d.text(380, 185, "wet.wav: what came back", size=12, colour=FAINT)
    d.save(folder / "capture-path.svg")


def draw(folder: Path) -> None:
    """All of them."""
    for picture in (chain, handover, levels, capture_path):
        picture(folder)
