"""A parametric equalizer: the cookbook's response, in front of the model or behind it, in a preset."""

from __future__ import annotations

import re

import numpy as np
import pytest
from preset_stage import Set, write
from rigs import A2, NANO, RATE, Bench, db, dc_blocked, guitar, model, noise
from scipy.signal import sosfilt, sosfreqz
from test_tone import away_db, cookbook

from rig import EqBand, Sound
from rig.dsp.native.address import Address
from rig.dsp.tone.bands import BAND, prepare_band, run_band, shape_band
from rig.dsp.tone.cookbook import eq_sections
from rig.dsp.tone.knobs import root_from_db
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


def heard(bands):
    return sum(float(band["target"]) != 1.0 for band in bands)


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
    assert (it.player.sound.eq, heard(it.lane["eq_before"]), heard(it.lane["eq_behind"])) == (SCOOP, 2, 3)
    it.do("save_preset", text="again")
    assert Preset.load(tmp_path / "again.toml").eq == SCOOP
    it.do("preset", 2)
    assert (it.player.sound.eq, heard(it.lane["eq_before"]), heard(it.lane["eq_behind"])) == ((), 0, 0)
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


# ---------------------------------------------------------------- while it sounds
class One:
    """One band, without an engine."""

    def __init__(self, band, rate=RATE):
        self.row, self.rate = np.zeros(1, BAND)[0], rate
        prepare_band(self.row, rate, band, band.heard_db)

    def become(self, band):
        shape_band(self.row, self.rate, band)
        self.row["target"] = root_from_db(band.heard_db)

    def play(self, x, block=64):
        y = np.array(x, np.float32)
        for at in range(0, y.size, block):
            part = y[at : at + block]
            run_band(self.row, Address(part.ctypes.data), part.size)
        return y


START = EqBand("peak", 700.0, 12.0, 1.0)


@pytest.mark.parametrize(
    "end",
    [
        EqBand("peak", 1000.0, 12.0, 3.0),
        EqBand("peak", 9000.0, -6.0, 0.3),
        EqBand("high_shelf", 700.0, 6.0),
        EqBand("low_shelf", 60.0, -18.0, on=False),
    ],
    ids=lambda band: f"{band.type} {band.hz:g} Hz",
)
def test_a_moved_band_ends_as_the_one_that_began_there(end):
    x = noise(2 * RATE)
    moved, fresh = One(START), One(end)
    moved.play(x[:1000])
    moved.become(end)
    moved.play(x)
    want = fresh.play(np.concatenate([x, x]))[2 * RATE :]
    assert db(moved.play(x)[RATE:] - want[RATE:], want) < -130
    if not end.on:
        assert moved.play(x).tobytes() == x.tobytes()


@pytest.mark.parametrize(
    ("hz", "q"),
    [
        pytest.param(110.0, 0.7, marks=pytest.mark.soak),
        (440.0, 2.0),
        pytest.param(1000.0, 10.0, marks=pytest.mark.soak),
    ],
)
def test_ten_thousand_moves_of_a_bands_knobs_leave_nothing_beside_a_sine(hz, q):
    """As a hand moves them: by semitones, half decibels, tenths of Q, within an octave around the sine."""
    rng, every = np.random.default_rng(5), 96
    x = (0.25 * np.sin(2 * np.pi * hz * np.arange(10_000 * every) / RATE)).astype(np.float32)
    at, gain_db, narrow, found = 0, 0.0, q, []
    band = One(EqBand("peak", hz, 0.0, q))
    for move in range(10_000):
        knob = rng.integers(3)
        at = min(max(at + (knob == 0) * rng.choice([-1, 1]), -12), 12)
        gain_db = min(max(gain_db + (knob == 1) * rng.choice([-0.5, 0.5]), -18.0), 18.0)
        narrow = min(max(narrow * 1.1 ** ((knob == 2) * rng.choice([-1, 1])), 0.1), q)
        band.become(EqBand("peak", hz * 2 ** (at / 12), gain_db, narrow))
        found.append(band.play(x[move * every : (move + 1) * every]))
    assert away_db(np.concatenate(found), hz) < -80


def test_a_sweep_in_steps_is_the_sweep_without_steps():
    """A knob that goes up three octaves and back in 2 s, in the 128 positions of MIDI or without any."""
    x = (0.25 * np.sin(2 * np.pi * 440.0 * np.arange(4 * RATE) / RATE)).astype(np.float32)
    found = []
    for positions in (None, 37):
        band, parts = One(EqBand("peak", 150.0, 12.0, 3.0)), []
        for at in range(0, x.size, 64):
            place = 0.5 - 0.5 * np.cos(np.pi * at / RATE)
            place = place if positions is None else np.round(place * positions) / positions
            band.become(EqBand("peak", 150.0 * 8**place, 12.0, 3.0))
            parts.append(band.play(x[at : at + 64]))
        found.append(away_db(np.concatenate(parts), 440.0))
    assert found[1] < max(found[0] + 1.0, -80.0)
