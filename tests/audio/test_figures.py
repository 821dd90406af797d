"""Figures in one style, as PNG and SVG."""

import io
import subprocess
import sys

import numpy as np
import pytest
from responses import RATE, coloured

from rig.audio.plots import (
    check_writable,
    decibel_axis,
    draw,
    frequency_axis,
    heading,
    legend,
    make_figure,
    png_bytes,
    save,
    svg_text,
)
from rig.cabinet.ir import IR
from rig.cabinet.plots import picture
from rig.errors import FileError, IRError, RigError


def figure():
    fig, panels = make_figure([["top", "top"], ["left", "right"]], title="take $1$", heights=[2, 1])
    hz = np.geomspace(20, 20000, 50)
    frequency_axis(panels["top"])
    decibel_axis(panels["top"], -29, 5)
    draw(panels["top"], hz, -hz / 1000, "a_$b$.wav", 0)
    heading(panels["top"], "Response")
    legend(panels["top"])
    return fig, panels


def pixels(png):
    from matplotlib.image import imread

    return imread(io.BytesIO(png), format="png")


def test_a_figure_becomes_png_and_svg_and_the_png_is_the_same_each_time():
    fig, _ = figure()
    image = pixels(png_bytes(fig))
    assert image.shape[:2] == (720, 1200)
    assert image.min() < 0.5  # something is drawn
    assert svg_text(fig).startswith("<svg")
    assert svg_text(fig).rstrip().endswith("</svg>")
    again, _ = figure()
    assert png_bytes(again) == png_bytes(fig)


def test_axes_are_labelled_for_musicians():
    _, panels = figure()
    top = panels["top"]
    assert [label.get_text() for label in top.get_xticklabels()][:6] == ["20", "50", "100", "200", "500", "1k"]
    assert (top.get_xlim(), top.get_ylim()) == ((20, 20000), (-30, 6))
    assert top.get_legend().get_texts()[0].get_text() == r"a_\$b\$.wav"  # a name, not a formula


def test_a_saved_figure_is_whole_and_replaces_nothing_unasked(tmp_path):
    fig, _ = figure()
    save(fig, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == png_bytes(fig)
    save(fig, tmp_path / "a.svg")
    with pytest.raises(FileError, match=r"^a\.png: the file exists already"):
        save(fig, tmp_path / "a.png")
    save(fig, tmp_path / "a.png", overwrite=True)
    with pytest.raises(FileError, match=r"^a\.pdf: a figure is written as \.png or \.svg"):
        check_writable(tmp_path / "a.pdf")
    with pytest.raises(FileError, match=r"^a\.png: cannot be written; there is no folder"):
        check_writable(tmp_path / "no" / "a.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "a.svg"]


def test_without_matplotlib_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(RigError, match=r"Figures need matplotlib, .* pip install 'amprig\[plots\]'"):
        make_figure([["only"]])


def test_figures_is_imported_without_matplotlib():
    program = "import sys; import rig.audio.plots, rig.cabinet.plots; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"


# ---------------------------------------------------------------- impulse responses
def test_a_picture_of_several_shows_each_and_the_difference():
    irs = [IR.from_taps(coloured(1), RATE, "a.wav"), IR.from_taps(2 * coloured(1), RATE, "b.wav")]
    fig = picture(irs)
    response, difference, waveform, decay = fig.axes
    assert [text.get_text() for text in response.get_legend().get_texts()] == ["a.wav", "b.wav"]
    assert response.get_xlim() == (20, 20000)
    np.testing.assert_allclose(difference.lines[1].get_ydata(), 20 * np.log10(2), atol=0.001)
    assert len(waveform.lines) == len(decay.lines) == 2
    matched = picture(irs, match_level=True).axes[1]
    np.testing.assert_allclose(matched.lines[1].get_ydata(), 0, atol=0.001)
    assert len(picture(irs[:1]).axes) == 3


def test_a_stereo_one_of_another_rate_is_drawn_as_well():
    stereo = IR.from_taps(np.stack([coloured(1, rate=44100), coloured(2, rate=44100)]), 44100, "x" * 80)
    fig = picture([IR.from_taps(coloured(1), RATE), stereo])
    assert len(png_bytes(fig)) > 10000
    assert len(fig.axes[0].get_legend().get_texts()[1].get_text()) < 80


def test_too_many_lines_are_refused():
    with pytest.raises(IRError, match="A figure takes 1 to 12 responses, not 13"):
        picture([IR.from_taps([1.0], RATE)] * 13)
