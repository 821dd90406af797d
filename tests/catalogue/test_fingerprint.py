"""The fingerprint says how something answers, and not how loud, how late or which way up."""

from __future__ import annotations

import numpy as np
import pytest

from rig.audio.align import shifted
from rig.catalogue.entry import probed
from rig.catalogue.fingerprint import PARTS, SIZE, answered, weighted
from rig.catalogue.probe import RATE_HZ, alias_cycles, probe

SENT = probe().samples.astype(np.float64)


def distance(a, b):
    return float(np.linalg.norm(weighted(a.vector) - weighted(b.vector)))


def bent(x):
    return np.tanh(6 * x + 0.2) - np.tanh(0.2)


def test_the_probe_is_the_same_whatever_computes_it_and_clips_nowhere():
    """Samples of the first version, NumPy 2.4: fingerprints that were kept are of this probe and no other."""
    golden = {1000: -0.0014533, 5000: -0.0125794, 9700: 0.0239985, 20000: 0.0226839, 40000: -0.4042167}
    golden |= {60000: -0.015351, 80000: -0.0886204, 100000: -0.1746999, 125000: -0.2418285, 130000: 0.1655919}
    assert {at: float(SENT[at]) for at in golden} == pytest.approx(golden, abs=2e-7)
    assert float(np.square(SENT).sum()) == pytest.approx(3571.3586, abs=1e-3)
    assert len(SENT) / RATE_HZ == pytest.approx(2.76, abs=0.001)
    assert np.abs(SENT).max() < 0.99


def test_a_fingerprint_has_its_220_numbers():
    assert SIZE == 220 == sum(PARTS.values())
    found = answered(SENT)
    assert found is not None and found.vector.shape == (220,)


@pytest.mark.parametrize(("gain", "late"), [(0.1, 0.0), (-3.0, 0.0), (1.0, 0.37), (-0.25, 12.5)])
def test_gain_polarity_and_a_short_delay_change_next_to_nothing(gain, late):
    plain, other = answered(bent(SENT)), answered(gain * shifted(bent(SENT), late))
    assert distance(plain, other) < 0.01
    assert other.polarity == np.sign(gain)
    assert other.delay_samples - plain.delay_samples == pytest.approx(late, abs=0.05)


def test_a_wire_has_no_harmonics_and_its_levels_are_those_that_were_sent():
    found = answered(SENT)
    level = found.vector[140:145]
    assert level == pytest.approx([-35, -23, -14, -6, 0], abs=0.01)
    assert (found.vector[145:205] == -60).all()  # the least that is told
    assert found.level_dbfs == pytest.approx(-16, abs=0.01)
    assert found.delay_samples == pytest.approx(0, abs=1e-3)


def test_a_known_second_harmonic_is_told_in_db():
    y = SENT + 0.5 * np.square(SENT)  # of a sine of peak p: a second harmonic of p / 4 re the first
    tones = answered(y).vector[145:205].reshape(3, 4, 5)
    for row, peak_dbfs in zip(tones, (-36, -20, -6), strict=True):
        wanted_db = peak_dbfs - 20 * np.log10(4)
        assert row[0, 0] == pytest.approx(wanted_db, abs=1.2)  # of six cycles of 110 Hz, not more is told
        assert row[1:, 0] == pytest.approx(np.full(3, wanted_db), abs=0.15)
        assert (row[:, 2:] < -55).all()


def test_drive_and_tone_move_the_fingerprint_and_more_moves_it_further():
    plain = answered(bent(SENT))
    near, far = (answered(np.tanh(drive * SENT + 0.2) - np.tanh(0.2)) for drive in (7, 30))
    assert 0.01 < distance(plain, near) < distance(plain, far) / 3


def test_what_folds_back_is_told():
    # Every second sample of a bent signal held: images of all that lies above a quarter of the rate.
    held = np.repeat(bent(SENT)[::2], 2)[: len(SENT)]
    assert answered(SENT).aliasing_db < -100
    assert -60 < answered(held).aliasing_db < -10
    assert np.gcd(alias_cycles(), 4801) == 1


@pytest.mark.parametrize("answer", [np.zeros(len(SENT)), np.full(len(SENT), np.nan), SENT[:-1], np.ones(len(SENT))])
def test_silence_and_what_is_no_answer_have_none(answer):
    assert answered(answer) is None


def test_each_passage_of_the_probe_is_played_from_silence():
    """The gaps of the probe are for gear, which cannot be reset; the answer of one with a long memory tells."""

    class Echo:
        """What it heard 1,500 samples before, longer than a gap."""

        def __init__(self):
            self.reset()

        def reset(self):
            self.past = np.zeros(1500, np.float32)

        def process(self, x):
            heard = np.concatenate([self.past, x])
            self.past = heard[-1500:]
            return heard[: len(x)]

    answer = probed(Echo())
    for passage in probe().passages:
        assert (answer[passage.start : passage.start + 1500] == 0).all()
        assert (
            answer[passage.start + 1500 : passage.stop] == probe().samples[passage.start : passage.stop - 1500]
        ).all()
