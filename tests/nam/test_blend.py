"""Two models side by side: aligned in time and polarity, equally loud, and one knob between them."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from allocations import rtsys
from model_files import linear_from
from rigs import A2, NANO, RATE, Bench, guitar, model, noise, sine

from rig.decibels import db_from_gain, gain_from_db
from rig.errors import LevelError, ModelError
from rig.lane import Lane
from rig.levels import Level
from rig.nam import Blend, Model, Row
from rig.sound import Sound


def wire(folder, name, taps, **metadata):
    """A model that is a filter, of these levels."""
    path = folder / f"{name}.nam"
    content = linear_from(path, taps)
    content = json.loads(path.read_text())
    content["metadata"] = metadata
    path.write_text(json.dumps(content))
    return Model.load(path)


@pytest.fixture
def early(tmp_path):
    return wire(tmp_path, "early", [1.0] + [0.0] * 99, loudness=-15.0)


@pytest.fixture
def late(tmp_path):
    """Thirty-seven samples late, upside down and 8 dB louder."""
    taps = np.zeros(100)
    taps[37] = -gain_from_db(8.0)
    return wire(tmp_path, "late", taps.tolist(), loudness=-7.0)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_what_is_late_upside_down_and_louder_is_brought_together(early, late, share):
    # Both are the guitar itself but for that: so whatever the share, it is the guitar, as late as the later one.
    x = noise(4000)
    for first, second, sign in ((early, late, 1.0), (late, early, -1.0)):
        y = Blend.of(first, second, share=share).network().process(x)
        want = sign * np.concatenate([np.zeros(37), x])[: x.size]
        if first is late:
            want *= gain_from_db(8.0)
        assert db_from_gain(np.abs(y - want).max() / np.abs(want).max()) < -60.0


def test_it_says_what_it_does(early, late):
    text = Blend.of(early, late).together
    assert text == "the second is made 8.0 dB softer, is turned over, answers 0.77 ms later and is aligned"
    assert "answers 0.77 ms earlier" in Blend.of(late, early).together
    assert Blend.of(early, early).together == "the second is made 0.0 dB softer, answers when the first does"


def test_at_its_ends_it_is_one_of_the_two_and_the_way_is_a_straight_line():
    x, first, second = guitar(RATE // 2), model(NANO), model(A2)
    blends = {share: Blend.of(first, second, share=share) for share in (0.0, 0.5, 1.0)}
    y = {share: blend.network().process(x).astype(float) for share, blend in blends.items()}
    blend = blends[0.5]
    late = max(0, round(blend.second_later_s * RATE)), max(0, -round(blend.second_later_s * RATE))
    a, heard = first.network().process(x), (x * np.float32(gain_from_db(blend.input_gain_db))).astype(np.float32)
    b = second.network().process(heard) * gain_from_db(blend.gain_db) * (-1 if blend.is_inverted else 1)
    for share, one, samples in ((0.0, a, late[0]), (1.0, b, late[1])):
        want = one[: x.size - samples]
        assert np.abs(y[share][samples + 500 :] - want[500:]).max() < 1e-5 * np.abs(want).max()
    np.testing.assert_allclose(y[0.5], 0.5 * (y[0.0] + y[1.0]), atol=1e-6)


def test_each_hears_the_guitar_at_its_own_level(tmp_path):
    first = wire(tmp_path, "first", [1.0, 0.0], input_level_dbu=12.0, loudness=-15.0)
    second = wire(tmp_path, "second", [1.0, 0.0], input_level_dbu=15.0, loudness=-15.0)
    blend = Blend.of(first, second, share=1.0)
    assert blend.input_gain_db == -3.0
    x = noise(2000)
    np.testing.assert_allclose(blend.network().process(x), x * gain_from_db(-3.0), atol=1e-5)
    assert Blend.of(first, second, first_input_dbu=15.0).input_gain_db == 0.0
    other = Blend.of(first, second, second_input_dbu=10.0)
    assert other.input_gain_db == 2.0
    assert len({each.network_hash for each in (blend, other, blend.changed(share=0.9))}) == 3
    assert blend.changed(first=model(NANO)).first_input_dbu is None
    sound = Sound(blend, interface=Level(12.2, "test"))
    assert sound.input_gain_db == pytest.approx(0.2)


def test_what_has_no_single_delay_is_left_where_it_is(tmp_path, early):
    rng = np.random.default_rng(3)
    smeared = wire(tmp_path, "smeared", (0.1 * rng.standard_normal(3000)).tolist(), loudness=-15.0)
    blend = Blend.of(early, smeared)
    assert blend.second_later_s is None
    assert "is not aligned" in blend.together


def test_cut_into_any_blocks_it_is_the_same_and_reset_is_silence(early, late):
    x = guitar(RATE // 4)
    network = Blend.of(late, model(A2), share=0.3).network()
    whole = network.process(x)
    network.reset()
    pieces = [network.process(x[a:b]) for a, b in pairwise([0, 1, 2, 65, 321, 1000, 5001, x.size])]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


@pytest.mark.parametrize("quality", [1, 4])
def test_a_quality_of_its_own_is_waited_for_by_the_other(early, late, quality):
    blend = Blend.of(early, early, second_quality=1).network(RATE, quality)
    impulse = np.zeros(256, np.float32)
    impulse[100] = 1.0
    y = blend.process(impulse)
    assert abs(int(np.argmax(np.abs(y))) - 100 - blend.latency_samples) <= 1


def test_the_knob_fades_and_allocates_nothing(early, late):
    bench, blend = Bench(), Blend.of(model(NANO), model(A2), share=0.0)
    lane = Lane(RATE, blend.network())
    bench.engine.play({0: lane})
    bench.settle(RATE)
    x = sine(2 * RATE, 220.0, 0.05)
    bench.process(x)
    before = rtsys.get_allocation_stats()
    lane.set_share(1.0)
    y = bench.process(x)
    after = rtsys.get_allocation_stats()
    assert (after.alloc, after.mi_alloc) == (before.alloc, before.mi_alloc)
    other = Bench()
    other.engine.play({0: Lane(RATE, blend.changed(share=1.0).network())})
    other.settle(RATE)
    other.process(x)
    want = other.process(x)
    assert np.abs(y[RATE:] - want[RATE:]).max() < 1e-4 * np.abs(want).max()
    steady = max(np.abs(np.diff(want, 2)).max(), np.abs(np.diff(y[:10], 2)).max())
    assert np.abs(np.diff(y, 2)).max() < 3 * steady


def test_one_can_be_off_and_the_loudness_of_both_is_measured():
    blend = Blend.of(model(NANO), model(A2))
    assert Sound(blend).with_loudness().measured is not None
    alone = blend.changed(off="first")
    x = guitar(RATE // 4)
    np.testing.assert_array_equal(Sound(alone).render(x, RATE), Sound(model(A2)).render(x, RATE))
    assert blend.changed(share=0.2).content_hash == blend.content_hash
    assert blend.content_hash != Row.of(model(NANO), model(A2)).content_hash


def test_what_cannot_be_is_refused_in_a_sentence():
    with pytest.raises(LevelError, match="from 0, the first model, to 1"):
        Blend.of(model(NANO), model(A2), share=1.5)
    with pytest.raises(ModelError, match="no more"):
        Blend.of(Row.of(model(NANO), model(A2)), model(A2))
