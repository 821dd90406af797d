"""What a screen draws of tone and equalizer is what scipy finds of them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from rigs import RATE
from scipy.signal import sosfreqz

from rig.dsp.tone.cookbook import eq_sections, tone_sections
from rig.dsp.tone.equalizer import EqBand
from rig.player.shown.tone_curve import tone_curves
from rig.sound import Sound

BANDS = [EqBand("peak", 800.0, -4.0, before=True), EqBand("low_shelf", 150.0, 3.0), EqBand("peak", 3000.0, 6.0)]


def test_nothing_is_drawn_where_nothing_is_changed():
    assert tone_curves(Sound(interface=None), RATE) is None
    assert tone_curves(Sound(interface=None, eq=[EqBand("peak", 800.0, 0.0)]), RATE) is None


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_the_curves_are_those_of_scipy(rate):
    found = tone_curves(Sound(interface=None, eq=BANDS, bass_db=5.0, presence_db=-3.0), rate)
    json.dumps(found)
    assert set(found) == {"hz", "before_db", "behind_db"}
    hz = np.array(found["hz"])
    behind = np.concatenate([eq_sections(rate, BANDS[1:]), tone_sections(rate, (5.0, 0.0, 0.0, -3.0))])
    for name, sections in (("before_db", eq_sections(rate, BANDS[:1])), ("behind_db", behind)):
        _, response = sosfreqz(sections, 2 * np.pi * hz / rate)
        np.testing.assert_allclose(found[name], 20 * np.log10(np.abs(response)), atol=0.01)
    assert min(found["before_db"]) == pytest.approx(-4.0, abs=0.1)


def test_bands_between_two_models_stand_apart():
    found = tone_curves(Sound(interface=None, eq=[EqBand("peak", 800.0, -4.0, between=True)]), RATE)
    assert set(found) == {"hz", "between_db"}
