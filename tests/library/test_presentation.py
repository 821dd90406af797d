"""How objects look at a prompt and in a notebook: one line, or one small table, and never an array."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import model_files
import numpy as np
import pytest
from rigs import A2, NANO, RATE

import rig
from rig.files import bundled

HOSTILE = '<script>alert("&")</script>\n\x1b[2J' + 60 * "x"
LONGEST = 400  # characters of a repr


def hostile_sound(tmp_path):
    document = model_files.wavenet([4, 2], dilations=(1, 2))
    document["metadata"] = {"name": "<script>a&b</script>", "modeled_by": "<img src=x onerror=y>", "gear_make": "<b>"}
    model = rig.Model.load(model_files.write(tmp_path / "<script>&.nam", document))
    return rig.Sound(model, rig.IR.from_taps([1.0, 0.5], RATE, HOSTILE), rig.Level(12.0, HOSTILE))


def everything(tmp_path):
    model, cabinet = rig.Model.load(A2), rig.IR.load(bundled.irs()[0])
    stereo = rig.IR.from_taps(np.eye(2, 500_000), 44100, "room")
    own = rig.Interface("Box", "Me", max_line_dbu=20.0, basis="measured", origin="yours", source="<a href='x'>")
    hostile = hostile_sound(tmp_path)
    sounds = [
        rig.Sound(),
        rig.Sound(model, cabinet, rig.Interface.named("apollo-8x"), 5.0, output_trim_db=-2.0, gate_dbfs=-60.0),
        rig.Sound(rig.Model.load(NANO), stereo, level_mode="calibrated", rumble_hz=80.0),
        hostile,
    ]
    return [
        model,
        cabinet,
        stereo,
        own,
        rig.Interface(HOSTILE),
        *rig.Interface.all(),
        hostile.model,
        hostile.ir,
        *sounds,
    ]


def test_a_repr_is_one_short_line_that_says_what_it_is(tmp_path):
    for thing in everything(tmp_path):
        shown = repr(thing)
        assert re.fullmatch(rf"<rig\.{type(thing).__name__}\b.*>", shown), shown
        assert shown.isprintable(), shown
        assert len(shown) < LONGEST, shown
        assert "array(" not in shown
    assert re.fullmatch(r"Level\(dbu=12\.0, basis='me'\)", repr(rig.Level(12, "me")))


def test_a_repr_holds_the_facts():
    interface = rig.Interface.named("apollo-8x")
    assert repr(interface) == "<rig.Interface 'Universal Audio Apollo 8x': instrument 12.2 dBu, basis article>"
    model = rig.Model.load(A2)
    for fact in (model.name, model.family, f"{model.rate:g} Hz", "input level 12 dBu", A2.name):
        assert fact in repr(model)
    cabinet = rig.IR.load(bundled.irs()[0])
    for fact in (cabinet.name, "mono", f"{cabinet.taps.shape[1]} taps", "48000 Hz", "(nam)"):
        assert fact in repr(cabinet)
    sound = rig.Sound(model, cabinet, interface, 5.0)
    for fact in (model.name, cabinet.name, "48000 Hz", "input -4.80 dB", "normalized"):
        assert fact in repr(sound)
    assert "not calibrated" in repr(rig.Sound(model))
    assert "output measured when it first sounds" in repr(rig.Sound(dataclasses.replace(model, loudness_db=None)))


class Tags(HTMLParser):
    """What a browser would see: tags, attributes and text."""

    KNOWN = frozenset(["div", "strong", "table", "tr", "th", "td", "svg", "title", "polyline", "path"])

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.points = ""
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        assert tag in self.KNOWN, tag
        assert not [name for name, _ in attributes if name.startswith("on") or name in ("src", "href")]
        self.points += dict(attributes).get("points") or ""
        self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_html_is_small_whole_and_holds_nothing_that_was_not_escaped(tmp_path):
    for thing in everything(tmp_path):
        html = thing._repr_html_()
        assert len(html) < 8000
        Tags(html)
    hostile = hostile_sound(tmp_path)
    assert '<script>alert("&")</script>' in Tags(hostile.ir._repr_html_()).text
    assert "<img src=x onerror=y>" in Tags(hostile.model._repr_html_()).text


def test_the_table_of_a_sound_shows_the_sum_of_its_levels():
    sound = rig.Sound(rig.Model.load(A2), interface=rig.Interface.named("apollo-8x"), preamp_gain_db=5.0)
    text = Tags(sound._repr_html_()).text
    assert str(sound.calibration) in text
    assert str(sound.output) in text


def test_the_picture_of_a_cabinet_is_its_response():
    flat = Tags(rig.IR.from_taps([1.0], RATE)._repr_html_()).points
    heights = [float(point.split(",")[1]) for point in flat.split()]
    assert max(heights) - min(heights) < 1  # pixel
    late = np.zeros(400)
    late[[0, 24]] = 1.0  # 0.5 ms apart: nothing is left at 1 kHz, all at 2 kHz
    comb = Tags(rig.IR.from_taps(late, RATE)._repr_html_()).points
    points = [tuple(map(float, point.split(","))) for point in comb.split()]

    def height_at(hz):
        x = np.log(hz / 20) / np.log(1000) * points[-1][0]
        return min(points, key=lambda point: abs(point[0] - x))[1]

    assert height_at(1000) > height_at(2000) + 10  # pixels, downwards; a null is 48 dB or the whole height deep


def test_a_path_is_shown_in_the_table_only(tmp_path):
    path = tmp_path / "folder" / "m.nam"
    path.parent.mkdir()
    path.write_bytes(NANO.read_bytes())
    model = rig.Model.load(path)
    assert str(Path("folder") / "m.nam") not in repr(model)
    assert str(path) in Tags(model._repr_html_()).text


@pytest.mark.parametrize("missing", ["level", "model"])
def test_what_is_not_known_is_not_shown(missing):
    html = {"level": rig.Interface("Box")._repr_html_(), "model": rig.Sound()._repr_html_()}[missing]
    assert "None" not in html
    assert "nan" not in html
