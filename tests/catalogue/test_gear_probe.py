"""What the probe tells of real gear, whatever lies over it: noise, hum, DC, another gain, a late, inverted return."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from made_library import ancestor, variant
from model_files import write

from rig.audio.align import find_lag
from rig.capture.checks.latency import MAX_LAG_SAMPLES
from rig.catalogue.entry import at_probe_rate, described
from rig.catalogue.fingerprint import answered
from rig.catalogue.gear.guitar_take import SECONDS, guitar
from rig.catalogue.gear.probed import TIMES, all_times, judged, refuse_clipped
from rig.catalogue.gear.sent_level import SentLevel, levels_to_probe, sent_level
from rig.catalogue.gear.shortlist import shortlist
from rig.catalogue.nearest import Fingerprints
from rig.catalogue.probe import probe
from rig.errors import CaptureError
from rig.levels import Level
from rig.nam import load_model
from rig.nam.batch import play_in_pieces

LATE = 1234.4


@pytest.fixture(scope="module")
def amp(tmp_path_factory):
    """A model that bends."""
    path = tmp_path_factory.mktemp("amp") / "amp.nam"
    return load_model(write(path, replace(ancestor(np.random.default_rng(8)), drive_db=24.0).document()))


PLAYED = {}


def answer_of(model):
    """All times of the probe through a model; played once."""
    if model.content_hash not in PLAYED:
        x = np.concatenate([all_times(), np.zeros(24000)]).astype(np.float32)
        PLAYED[model.content_hash] = play_in_pieces(at_probe_rate(model), x).astype(np.float64)
    return PLAYED[model.content_hash]


def returned(model, noise_dbfs=-200.0, hum_dbfs=-200.0, hz=50.0, dc=0.0, gain=0.4, late=0):
    """All times of the probe through a model, and the silence before, as they come back."""
    sent, played = all_times(), answer_of(model)
    y = gain * np.concatenate([np.zeros(late), played])[: len(played)]
    rng, at = np.random.default_rng(5), np.arange(len(y) + 48000) / 48000
    over = 10 ** (noise_dbfs / 20) * rng.standard_normal(len(at)) + dc
    for k, share in ((1, 1.0), (2, 0.5), (3, 0.3)):
        over += share * 10 ** (hum_dbfs / 20) * np.sin(2 * np.pi * k * hz * at + k)
    return sent, y + over[48000:], over[:48000]


def found(model, **over):
    sent, back, silence = returned(model, **over)
    return judged(SentLevel(), back, find_lag(sent, back, whiten=True, max_lag_samples=MAX_LAG_SAMPLES), silence)


def apart(one, other):
    return float(Fingerprints(["it"], np.asarray([one], np.float32)).distances(other)[0])


def test_without_anything_over_it_the_fingerprint_is_that_of_the_model(amp):
    facts, vector = described(amp)
    clean = found(amp, gain=-0.05, late=1234)
    assert apart(vector, clean.vector) < 0.02
    assert clean.lag.samples == pytest.approx(1234 + facts.delay_samples, abs=3)  # the path, and the gear's own
    assert clean.lag.polarity == -facts.polarity
    assert clean.snr_softest_db > 60


@pytest.mark.parametrize(
    "over",
    [
        {"noise_dbfs": -80.0},
        {"hum_dbfs": -50.0},
        {"hum_dbfs": -50.0, "hz": 60.03},
        {"dc": 0.02},
        {"noise_dbfs": -78.0, "hum_dbfs": -66.0, "dc": -0.01, "late": 9000, "gain": -0.4},
    ],
    ids=["noise", "50 Hz", "60.03 Hz", "dc", "all of it, late and inverted"],
)
def test_what_lies_over_it_moves_the_fingerprint_by_a_little(amp, over):
    """Any two lie 0.8 apart, the nearest in a library of hundreds about 0.3."""
    _, vector = described(amp)
    assert apart(vector, found(amp, **over).vector) < 0.1


def test_hum_is_taken_out_that_one_time_has(amp):
    _, back, _ = returned(amp, hum_dbfs=-50.0, hz=59.95)
    _, vector = described(amp)
    once = answered(back[: len(probe().samples)]).vector
    assert apart(vector, found(amp, hum_dbfs=-50.0, hz=59.95).vector) < 0.2 * apart(vector, once)


def test_the_signal_to_noise_is_what_it_is(amp):
    one = found(amp, noise_dbfs=-70.0)
    assert one.noise_dbfs == pytest.approx(-70.0, abs=0.1)
    wanted = one.level_dbfs + 70.0 + 10 * np.log10(TIMES)
    assert one.snr_db == pytest.approx(wanted, abs=0.5)
    assert "signal-to-noise" in str(one) and str(one).count("\n") == 0
    assert "drown" in str(found(amp, noise_dbfs=-50.0)) and "drown" not in str(found(amp, noise_dbfs=-80.0))


def test_gear_that_moves_has_a_poor_signal_to_noise_although_it_is_silent(amp):
    sent, back, silence = returned(amp)
    moving = back * (1.0 + 0.1 * np.sin(2 * np.pi * 0.31 * np.arange(len(back)) / 48000))
    lag = find_lag(sent, back, whiten=True, max_lag_samples=MAX_LAG_SAMPLES)
    assert judged(SentLevel(), moving, lag, silence).snr_db < 35 < judged(SentLevel(), back, lag, silence).snr_db


def test_silence_and_clipping_are_said(amp):
    sent, back, silence = returned(amp, gain=1e-9)
    lag = find_lag(sent, sent, whiten=True, max_lag_samples=MAX_LAG_SAMPLES)
    with pytest.raises(CaptureError, match="answers the probe with silence"):
        judged(SentLevel(), back, lag, silence)
    with pytest.raises(CaptureError, match="The return clips: turn its gain down"):
        refuse_clipped(np.array([0.1, 1.0, -0.2]))
    refuse_clipped(np.array([0.1, 0.9]))


def test_the_guitar_is_ten_seconds_and_ends_softly():
    x = guitar()
    assert len(x) == SECONDS * 48000 and np.abs(x).max() < 0.9 and abs(x[-1]) < 1e-6


# ---------------------------------------------------------------- levels
SEND, INTERFACE = Level(18.0, "kept: multimeter"), Level(12.0, "kept: Apollo, table")


def test_the_probe_goes_out_at_the_level_of_the_interface_and_says_on_what_basis():
    level = sent_level(SEND, INTERFACE)
    assert (level.trim_db, level.dbu) == (-6.0, 12.0)
    for part in ("12.0 dBu at the gear", "4.4 V", "send 18.0 dBu (kept: multimeter)", "-6.0 dB", "Apollo"):
        assert part in str(level)


def test_without_an_interface_at_the_level_that_models_state_and_without_that_as_the_send_is():
    assert sent_level(SEND, None, [14.0, 15.0, 15.0]).dbu == 15.0
    level = sent_level(SEND, None)
    assert (level.trim_db, level.dbu) == (0.0, 18.0) and "--interface NAME" in str(level)


def test_a_send_that_is_too_soft_goes_out_as_it_is_and_says_so():
    level = sent_level(Level(4.0, "spec"), INTERFACE)
    assert (level.trim_db, level.dbu) == (0.0, 4.0) and "all it has" in str(level) and "timid" in str(level)


def test_without_a_calibrated_send_the_level_is_not_known_and_what_is_missing_is_said():
    level = sent_level(None, INTERFACE, [15.0])
    assert (level.trim_db, level.dbu) == (0.0, None) and "rig calibrate send, or --send-dbu X" in str(level)
    assert levels_to_probe(level, [15.0] * 9, 9) == [level]


def test_a_gain_that_is_wanted_wins_and_one_that_is_none_is_refused():
    assert sent_level(SEND, INTERFACE, trim_db=-20.0).dbu == -2.0
    assert sent_level(None, INTERFACE, trim_db=-20.0).trim_db == -20.0
    for wrong in (3.0, -50.0, float("nan")):
        with pytest.raises(CaptureError, match="between -40 and 0 dB"):
            sent_level(SEND, INTERFACE, trim_db=wrong)


def test_levels_that_many_models_state_get_a_probe_of_their_own():
    first = sent_level(SEND, INTERFACE)
    stated = [12.4] * 20 + [17.6] * 15 + [8.7] * 10 + [40.0] * 10 + [-3.0]
    levels = levels_to_probe(first, stated, 100)
    assert [round(one.dbu, 1) for one in levels] == [12.0, 18.0, 9.0]
    assert [round(one.trim_db, 1) for one in levels] == [-6.0, 0.0, -9.0]


def test_a_model_is_held_against_the_probe_at_its_own_level(amp, tmp_path):
    """Of three in a library one was made 9 dB hotter, and says so."""
    documents = {"at 12": 12.0, "at 21": 21.0, "unstated": None}
    facts, vectors = [], []
    for name, dbu in documents.items():
        document = json.loads(json.dumps(json.loads(amp.path.read_text()))) | {"metadata": {"name": name}}
        if dbu is not None:
            document["metadata"]["input_level_dbu"] = dbu
        fact, vector = described(load_model(write(tmp_path / f"{name}.nam", document)))
        facts.append(fact)
        vectors.append(vector)
    other = described(
        load_model(
            write(
                tmp_path / "o.nam",
                variant(ancestor(np.random.default_rng(3)), np.random.default_rng(4), 1.0).document(),
            )
        )
    )
    prints = Fingerprints(list(documents), np.asarray(vectors))
    at_12, at_21 = found(amp), replace(found(amp), vector=other[1])
    probed = [replace(at_12, level=SentLevel(dbu=12.0)), replace(at_21, level=SentLevel(dbu=21.0))]
    near = shortlist(prints, facts, probed, 3)
    assert {one.sha256 for one in near[:2]} == {"at 12", "unstated"} and near[2].distance > 0.2
    unknown = [replace(one, level=SentLevel()) for one in probed]
    assert max(one.distance for one in shortlist(prints, facts, unknown, 3)) < 0.05
