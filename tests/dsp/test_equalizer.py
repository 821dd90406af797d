"""A parametric equalizer: the cookbook's response, in front of the model or behind it, in a preset."""

from __future__ import annotations

import re

import numpy as np
import pytest
from preset_stage import Set, write
from rigs import A2, NANO, RATE, Bench, db, dc_blocked, guitar, model
from scipy.signal import sosfilt, sosfreqz
from test_tone import cookbook

from rig import EqBand, Sound
from rig.dsp.native.address import Address
from rig.dsp.tone.bands import BAND, prepare_band, run_band
from rig.dsp.tone.cookbook import eq_sections
from rig.errors import ArgumentError, LevelError, PresetError
from rig.library.preset import Preset
from rig.player.cabinets.equal_loudness import model_output

SCOOP = (
    EqBand("low_shelf", 150.0, -6.0, before=True),
    EqBand("peak", 800.0, -4.0, q=1.4),
    EqBand("peak", 3200.0, 18.0, q=10.0),
    EqBand("high_shelf", 5000.0, -18.0, q=0.5),
    EqBand("peak", 20.0, 9.0, q=0.1, before=True),
)
LIKE = {"peak": "middle", "low_shelf": "bass", "high_shelf": "treble"}


def judged(bands, rate=RATE):
    return np.array([cookbook(LIKE[band.type], band.hz, band.q, band.gain_db, rate) for band in bands])


@pytest.mark.parametrize("rate", [44100, 48000, 96000, 192000])
@pytest.mark.parametrize("band", SCOOP, ids=lambda band: f"{band.type} {band.hz:g} Hz")
def test_each_band_has_the_response_of_the_cookbook(band, rate):
    click, row = np.zeros(1 << 18, np.float32), np.zeros(1, BAND)[0]
    click[0] = 1.0
    prepare_band(row, rate, band, band.gain_db)
    hz = np.fft.rfftfreq(click.size, 1 / rate)
    _, want = sosfreqz(judged([band], rate), hz, fs=rate)
    for at in range(0, click.size, 1 << 12):
        part = click[at : at + (1 << 12)]
        run_band(row, Address(part.ctypes.data), part.size)
    ours = np.abs(np.fft.rfft(click.astype(float)) / want)
    assert np.abs(20 * np.log10(ours[(hz > 20) & (hz < 0.49 * rate)])).max() < 0.01
    assert np.abs(eq_sections(rate, [band]) - judged([band], rate)).max() < 1e-12


@pytest.mark.parametrize("block", [64, 100])
def test_bands_lie_on_the_side_of_the_model_that_was_said(block):
    bench, x = Bench(block), guitar(2 * RATE)
    sound = Sound(model(NANO), level_mode="raw", interface=None, eq=SCOOP)
    bench.engine.play({0: sound.lane(RATE)})
    bench.settle()
    y = bench.process(x)
    before, behind = [b for b in SCOOP if b.before], [b for b in SCOOP if not b.before]
    heard = model(NANO).render(np.concatenate([np.zeros(RATE), sosfilt(judged(before), x)]).astype(np.float32))
    want = sosfilt(judged(behind), dc_blocked(heard - heard[0]))[RATE:]
    assert db(y - want, want) < -90
    assert db(model_output(sound, x, RATE)[RATE:] - want[RATE:], want) < -60  # what cabinets are matched with


def test_a_preset_holds_it_and_one_without_has_none(tmp_path):
    paths = write(tmp_path, Preset("1 scoop", NANO, eq=SCOOP), Preset("2 flat", A2))
    assert Preset.load(paths[0]).eq == SCOOP
    it = Set(paths, folder=tmp_path)
    assert (it.player.sound.eq, it.lane["eq_bands"], it.lane["eq_before"]) == (SCOOP, 5, 2)
    it.do("save_preset", text="again")
    assert Preset.load(tmp_path / "again.toml").eq == SCOOP
    it.do("preset", 2)
    assert (it.player.sound.eq, it.lane["eq_bands"]) == ((), 0)
    it.player.close()


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ('type = "notch"\nhz = 100\ngain_db = 1', 'line 3: type is "notch", expected "peak" or'),
        ('type = "peak"\nhz = 10\ngain_db = 1', "line 4: hz is 10, expected 20 to 20000 Hz"),
        ('type = "peak"\nhz = 100\ngain_db = 20', "line 5: gain_db is 20, expected -18 to 18 dB"),
        ('type = "peak"\nhz = 100', "needs a type, as in type = .*, and hz and gain_db"),
        ('type = "peak"\nhz = 100\ngain_db = 1\n[[eq]]\n' * 7, "bands; an equalizer takes 6"),
    ],
)
def test_a_band_that_cannot_be_is_refused_with_its_line(tmp_path, lines, sentence):
    (tmp_path / "odd.toml").write_text(f'model = "{NANO}"\n[[eq]]\n{lines}\n')
    with pytest.raises(PresetError, match=sentence):
        Preset.load(tmp_path / "odd.toml")


def test_python_is_told_what_a_band_may_be():
    for given, sentence in (
        (("notch", 100.0, 1.0), "is one of peak, low_shelf, high_shelf, not 'notch'"),
        (("peak", 10.0, 1.0), "rig.EqBand(hz=...) goes from 20 to 20000 Hz, not to 10 Hz"),
        (("peak", 100.0, float("nan")), "rig.EqBand(gain_db=...) goes from -18 to 18 dB, not to nan dB"),
        (("peak", 100.0, 1.0, 11.0), "rig.EqBand(q=...) goes from 0.1 to 10, not to 11"),
    ):
        with pytest.raises(LevelError, match=re.escape(sentence)):
            EqBand(*given)
    with pytest.raises(ArgumentError, match="takes a number, not str"):
        EqBand("peak", "100", 1.0)
    with pytest.raises(ArgumentError, match=re.escape("takes a list of rig.EqBand, not tuple")):
        Sound(eq=[("peak", 100.0, 1.0)])
    with pytest.raises(LevelError, match="An equalizer of 7 bands; it takes 6"):
        Sound(eq=[SCOOP[0]] * 7)
    assert "equalizer of 5 bands" in repr(Sound(interface=None, eq=SCOOP))
