"""The elliptic filters against scipy's design and against what was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from rig.dsp.network.elliptic import low_pass
from rig.dsp.network.half_band import RIPPLE_DB, STOP_DB
from rig.dsp.network.polyphase import pass_band_hz

CASES = [  # pass, stop, ripple, attenuation, rate
    *((pass_band_hz(rate), rate / 2, RIPPLE_DB, STOP_DB, 2 * rate) for rate in (8000, 44100, 48000, 88200, 192000)),
    (1000, 2000, 1.0, 40.0, 8000),
    (1000, 1100, 0.1, 60.0, 8000),
    (3000, 3900, 3.0, 80.0, 8000),
    (100, 3000, 0.5, 20.0, 8000),
]


@pytest.mark.parametrize("case", CASES)
def test_it_is_scipys_filter_and_keeps_what_was_asked_for(case):
    pass_hz, stop_hz, ripple_db, stop_db, rate = case
    sections = low_pass(*case)
    order, _ = signal.ellipord(pass_hz, stop_hz, ripple_db, stop_db, fs=rate)
    theirs = signal.ellip(order, ripple_db, stop_db, pass_hz, output="sos", fs=rate)
    assert sections.shape == theirs.shape
    hz = np.concatenate([np.linspace(0, pass_hz, 4000), np.linspace(stop_hz, rate / 2, 4000)])
    _, response = signal.sosfreqz(sections, hz, fs=rate)
    _, expected = signal.sosfreqz(theirs, hz, fs=rate)
    assert np.abs(response - expected).max() < 1e-12
    level_db = 20 * np.log10(np.maximum(np.abs(response), 1e-12))
    assert -ripple_db - 1e-6 < level_db[:4000].min() and level_db[:4000].max() < 1e-6
    assert level_db[4000:].max() < -stop_db + 1e-6


def test_the_poles_lie_inside_the_circle_the_tightest_last():
    radii = [np.abs(np.roots(section[3:])).max() for section in low_pass(*CASES[2])]
    assert max(radii) < 1 and radii == sorted(radii)
