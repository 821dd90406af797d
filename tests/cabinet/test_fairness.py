"""Equal loudness: fifty cabinets that sound as loud as each other, measured on what comes out."""

import numpy as np
import pytest
import soundfile as sf
from responses import RATE, coloured, varied
from rigs import Bench, guitar, model

from rig.audio.loudness import integrated_lufs
from rig.cabinet.ir import IR
from rig.cabinet.loudness_match import Matching, loop_through
from rig.engine import Cabinet
from rig.errors import RigError
from rig.lane import Lane
from rig.rendering import render
from rig.sound import Sound


@pytest.fixture(scope="module")
def loop():
    """What a model makes of three seconds of guitar, from the engine, without a cabinet."""
    bench = Bench()
    bench.engine.play({0: Lane(RATE, model().network())}, None)
    bench.settle()
    return bench.process(guitar(3 * RATE))


def from_both_speakers(response, x):
    y = response.render(x)
    return y if y.ndim == 2 else np.stack([y, y], axis=1)


def test_fifty_cabinets_come_out_within_a_fifth_of_a_loudness_unit(loop):
    irs = list(varied(50))
    matching = Matching(loop, RATE, target_lufs=-23.0)
    own = [matching.hear(i, response).loudness_lufs for i, response in enumerate(irs)]
    assert np.ptp(own) > 40  # else there is nothing to match
    rendered = [from_both_speakers(r.louder(matching.gain_db(i)), loop) for i, r in enumerate(irs)]
    loudness = [integrated_lufs(y, RATE) for y in rendered]
    assert np.ptp(loudness) < 0.2
    np.testing.assert_allclose(loudness, matching.target_lufs, atol=0.1)
    assert max(np.abs(y).max() for y in rendered) <= 10 ** (-1 / 20) * 1.001  # -1 dBFS, and float32


def test_the_engine_plays_them_equally_loud_too(loop, tmp_path):
    sf.write(tmp_path / "di.wav", guitar(3 * RATE), RATE, subtype="FLOAT")
    matching, loudness = Matching(loop, RATE), []
    irs = list(varied(6, seed=1))
    for i, response in enumerate(irs):
        matching.hear(i, response)
    for i, response in enumerate(irs):
        matched = response.louder(matching.gain_db(i))
        bench = Bench()
        bench.engine.play({0: Lane(RATE, model().network())}, Cabinet(matched))
        bench.settle()
        loudness.append(integrated_lufs(bench.stereo(guitar(3 * RATE)), RATE))
    assert np.ptp(loudness) < 0.2
    sound = Sound(model(), irs[0].louder(matching.gain_db(0)), level_mode="raw")
    render(sound, tmp_path / "di.wav", tmp_path / "out.wav")
    y = np.repeat(sf.read(tmp_path / "out.wav", always_2d=True)[0], 2, axis=1)
    assert integrated_lufs(y, RATE) == pytest.approx(matching.target_lufs, abs=0.1)


def test_all_are_as_loud_as_the_peakiest_allows_whichever_was_heard_first(loop):
    irs = {"soft": IR.from_taps(0.001 * coloured(1), RATE), "b": IR.from_taps(coloured(2), RATE)}
    irs["peaky"] = IR.from_taps([1.0], RATE)
    targets = []
    for order in (("soft", "b", "peaky"), ("peaky", "b", "soft")):
        matching = Matching(0.01 * loop, RATE)
        assert (matching.target_lufs, matching.gain_db("soft")) == (None, None)
        for key in order:
            matching.hear(key, irs[key])
        peaks = {key: matching.heard(key).peak_dbfs + matching.gain_db(key) for key in order}
        assert max(peaks.values()) == pytest.approx(-1.0, abs=1e-9)  # not -61 dB, as the soft one by itself
        assert matching.gain_db("c") is None
        targets.append(matching.target_lufs)
    assert targets[0] == targets[1]
    crests = {key: matching.heard(key).peak_dbfs - matching.heard(key).loudness_lufs for key in irs}
    for key in irs:  # alone, each may be as loud as its own peaks allow
        own = matching.heard(key).loudness_lufs + matching.gain_db(key, alone=True)
        assert own == pytest.approx(-1.0 - crests[key], abs=1e-9)
    matching.forget("soft")
    assert (matching.count, matching.gain_db("soft")) == (2, None)


def test_a_loudness_that_is_wanted_is_met_where_it_fits_and_lowered_where_it_does_not(loop):
    for wanted, fits in ((-40.0, True), (-3.0, False)):
        matching = Matching(loop, RATE, target_lufs=wanted)
        for key in "ab":
            matching.hear(key, IR.from_taps(coloured(ord(key)), RATE))
        peaks = [matching.heard(key).peak_dbfs + matching.gain_db(key) for key in "ab"]
        assert (matching.target_lufs == wanted) == fits
        assert max(peaks) < -1.5 if fits else max(peaks) == pytest.approx(-1, abs=1e-9)


def test_the_nearest_is_heard_first():
    matching = Matching(np.ones(RATE) * 0.1, RATE)
    keys, order = list("abcdef"), []
    while (key := matching.nearest(keys, 2)) is not None:
        order.append(key)
        matching.hear(key, IR.from_taps([1.0, -0.5], RATE))
    assert "".join(order) == "cdbeaf"


def test_a_loop_goes_round():
    """Played again and again, the end rings on into the beginning."""
    rng = np.random.default_rng(0)
    x, room = rng.standard_normal(2000), 0.1 * rng.standard_normal(5000) * np.exp(-np.arange(5000) / 2000)
    heard = loop_through(x, IR.from_taps(room, RATE))
    steady = np.convolve(np.tile(x, 5), room)[6000:8000]
    assert heard.peak_dbfs == pytest.approx(20 * np.log10(np.abs(steady).max()), abs=1e-4)


def test_a_loop_that_cannot_be_measured_is_refused():
    for x in (np.zeros(0), np.array([0.1, np.nan]), np.zeros((2, 100))):
        with pytest.raises(RigError, match="the loop has no samples, or some that are not numbers"):
            Matching(x, RATE)
    with pytest.raises(RigError, match="the loop is silent"):
        Matching(np.zeros(RATE), RATE)
    with pytest.raises(RigError, match=r"taps: at 44100 Hz, the loop at 48000 Hz"):
        Matching(np.ones(RATE), RATE).hear(0, IR.from_taps([1.0], 44100))
