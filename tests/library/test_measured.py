"""What rig measures about a model and keeps: its own delay and polarity, and the cache of both and of the loudness."""

from __future__ import annotations

import json
import os
import threading

import model_files
import numpy as np
import pytest
from model_files import linear_from
from rigs import A2, NANO

from rig.dsp.network import instance
from rig.library import measured_loudness
from rig.library.measured_loudness import Measured, measure_delay
from rig.nam import Model
from rig.sound import Sound


# ---------------------------------------------------------------- delay and polarity
@pytest.mark.parametrize(("delay", "gain"), [(0, 1.0), (7, -1.0), (348, 100.0), (6000, -0.01)])
def test_a_delay_of_whole_samples_is_exact(tmp_path, delay, gain):
    samples, polarity, confidence = measure_delay(linear_from(tmp_path / "late.nam", [0.0] * delay + [gain]))
    assert samples == pytest.approx(delay, abs=0.001)  # a thousandth: nothing but float32 stands in the way
    assert polarity == np.sign(gain)
    assert confidence > 0.99


@pytest.mark.parametrize(("delay", "sign"), [(20.37, -1), (31.5, 1)])
@pytest.mark.parametrize("rate", [44100, 96000])
def test_a_delay_between_two_samples_is_found_at_any_rate(tmp_path, delay, sign, rate):
    n = np.arange(64)
    taps = sign * np.sinc(n - delay) * np.kaiser(65, 8)[np.clip(np.round(n - delay + 32).astype(int), 0, 64)]
    samples, polarity, confidence = measure_delay(linear_from(tmp_path / "between.nam", taps.tolist(), rate=rate))
    assert samples == pytest.approx(delay, abs=0.01)
    assert polarity == sign
    assert confidence > 0.99


def test_a_bias_does_not_move_the_delay(tmp_path):
    samples, polarity, _ = measure_delay(linear_from(tmp_path / "bias.nam", [0.0, 0.0, -1.0], bias=0.5))
    assert (samples, polarity) == (pytest.approx(2, abs=0.01), -1)


def test_noise_in_place_of_a_delay_is_not_clear(tmp_path):
    taps = np.random.default_rng(0).standard_normal(4000)
    unclear = Measured(None, *measure_delay(linear_from(tmp_path / "noise.nam", taps.tolist())))
    assert not unclear.delay_is_clear
    assert Measured(None, *measure_delay(linear_from(tmp_path / "click.nam", [1.0]))).delay_is_clear


@pytest.mark.parametrize("taps", [[0.0], [3e38, 3e38, 3e38]], ids=["silent", "infinite"])
def test_a_model_without_an_answer_has_neither_loudness_nor_delay_and_that_is_kept(tmp_path, taps):
    # 3e38 three times is beyond float32 for the loud test signal; the soft burst passes.
    model = linear_from(tmp_path / "m.nam", taps)
    found = measured_loudness.measure(model, directory=tmp_path / "kept")
    assert found.loudness_db is None
    assert (found.delay_samples is None) == (taps == [0.0])
    assert measured_loudness.known(model, directory=tmp_path / "kept") == found


# ---------------------------------------------------------------- what is kept
@pytest.fixture
def renders(monkeypatch):
    """Counts what networks play of more than a block."""
    count = []
    process = instance.Network.process

    def counted(self, x):
        if len(x) >= 16384:
            count.append(len(x))
        return process(self, x)

    monkeypatch.setattr(instance.Network, "process", counted)
    return count


def small(path, seed=0):
    return Model.load(model_files.write(path, model_files.wavenet([2], seed=seed, dilations=(1, 2))))


def test_a_model_is_measured_once_whatever_its_file_is_called(tmp_path, renders):
    first = measured_loudness.measure(small(tmp_path / "a.nam"), directory=tmp_path / "kept")
    assert len(renders) == 5  # four of the loudness, one of the delay
    assert measured_loudness.measure(small(tmp_path / "renamed.nam"), directory=tmp_path / "kept") == first
    assert measured_loudness.known(small(tmp_path / "a.nam"), directory=tmp_path / "kept") == first
    assert len(renders) == 5
    assert measured_loudness.known(small(tmp_path / "b.nam", seed=1), directory=tmp_path / "kept") is None
    measured_loudness.measure(small(tmp_path / "b.nam", seed=1), directory=tmp_path / "kept")
    assert len(renders) == 10


def test_every_size_of_a_model_is_measured_for_itself(tmp_path, renders):
    inner = [model_files.wavenet([width], seed=width, dilations=(1, 2)) for width in (1, 2, 3)]
    limits = (0.3, 0.6, 1.0)
    path = model_files.write(tmp_path / "sizes.nam", model_files.container(*zip(limits, inner, strict=True)))
    folder = tmp_path / "kept"
    found = {size: measured_loudness.measure(Model.load(path, size), directory=folder) for size in (0.0, 0.5, 1.0)}
    assert len({one.loudness_db for one in found.values()}) == 3
    assert len(renders) == 15
    assert measured_loudness.measure(Model.load(path, 0.2), directory=folder) == found[0.0]
    assert measured_loudness.measure(Model.load(path).smaller(), directory=folder) == found[0.0]
    assert len(renders) == 15
    for i, size in enumerate((0.0, 0.5, 1.0)):  # each is what it is alone
        assert (
            measured_loudness.measure(
                Model.load(model_files.write(tmp_path / "alone.nam", inner[i])), directory=tmp_path / "else"
            )
            == found[size]
        )


def test_every_width_of_a_slimmable_wavenet_is_measured_for_itself(tmp_path):
    document = model_files.wavenet([6], dilations=(1, 2))
    document["config"]["layers"][0]["slimmable"] = {
        "method": "slice_channels_uniform",
        "kwargs": {"allowed_channels": [2, 4, 6]},
    }
    path = model_files.write(tmp_path / "slim.nam", document)
    hashes = [Model.load(path, size).network_hash for size in (0.0, 0.2, 0.5, 0.9, 1.0)]
    assert hashes[0] == hashes[1]
    assert hashes[3] == hashes[4] == Model.load(path).content_hash
    assert len(set(hashes)) == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b'{"schema": 0}',
        b'{"schema": 1, "loudness_db": -18}',
        b'{"schema": 1, "loudness_db": NaN, "delay_samples": 1, "polarity": 1, "confidence": 1}',
        b'{"schema": 1, "loudness_db": "loud", "delay_samples": 1, "polarity": 1, "confidence": 1}',
        b'{"schema": 1, "loudness_db": -18, "delay_samples": 1, "polarity": [], "confidence": 1}',
        b'{"schema": 1, "loudness_db": -18, "delay_samples": 1, "polarity": 2, "confidence": 1}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_measured_anew_and_put_right(tmp_path, content):
    model, folder = small(tmp_path / "a.nam"), tmp_path / "kept"
    found = measured_loudness.measure(model, directory=folder)
    (path,) = folder.iterdir()
    good = path.read_bytes()
    path.write_bytes(content)
    assert measured_loudness.known(model, directory=folder) is None
    assert measured_loudness.measure(model, directory=folder) == found
    assert path.read_bytes() == good


def test_a_folder_that_cannot_be_written_costs_a_measurement_and_nothing_else(tmp_path):
    (tmp_path / "file").write_text("in the way")
    model = small(tmp_path / "a.nam")
    found = measured_loudness.measure(model, directory=tmp_path / "file" / "measured")
    assert found.loudness_db is not None
    assert measured_loudness.measure(model, directory=tmp_path / "file" / "measured") == found


def test_several_at_once_measure_the_same_and_leave_one_whole_file_each(tmp_path):
    models = [small(tmp_path / f"{seed}.nam", seed) for seed in range(3)]
    found = []

    def work():
        found.append([measured_loudness.measure(model, directory=tmp_path / "kept") for model in models])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1] == found[2] == found[3]
    assert sorted(p.name for p in (tmp_path / "kept").iterdir()) == sorted(f"{m.content_hash}.json" for m in models)
    assert [measured_loudness.known(model, directory=tmp_path / "kept") for model in models] == found[0]


def test_the_file_can_be_read_by_people_and_lies_in_the_users_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name, appauthor: os.fspath(tmp_path / name))
    model = Model.load(NANO)
    found = measured_loudness.measure(model)
    content = json.loads((tmp_path / "rig" / "measured" / f"{model.content_hash}.json").read_text())
    assert content == {
        "schema": 1,
        "name": NANO.name,
        "loudness_db": found.loudness_db,
        "delay_samples": found.delay_samples,
        "polarity": 1,
        "confidence": found.confidence,
    }


# ---------------------------------------------------------------- in a sound
def test_a_sound_takes_what_the_file_states_and_measures_only_where_that_is_missing(tmp_path, renders):
    stated, silent = Sound(Model.load(A2)), Sound(small(tmp_path / "a.nam", seed=11))
    assert stated.with_loudness() is stated
    assert not renders
    assert str(stated.loudness).endswith("(model)")
    assert stated.changed(measured=Measured(-30.0, 0.0, 1, 1.0)).loudness == stated.loudness
    assert silent.output.mode == "raw"
    assert silent.changed(level_mode="raw").with_loudness().measured is None
    assert silent.changed(level_mode="calibrated").with_loudness().measured is None
    assert not renders
    known = silent.with_loudness()
    assert known.output.mode == "normalized"
    assert str(known.loudness).endswith("dB (measured by rig)")
    assert known.with_loudness() is known


def test_an_absurd_loudness_in_a_file_gives_way_to_the_measured_one(tmp_path):
    document = model_files.wavenet([2], dilations=(1, 2)) | {"metadata": {"loudness": 1e30}}
    sound = Sound(Model.load(model_files.write(tmp_path / "absurd.nam", document)))
    assert str(sound.with_loudness().loudness).endswith("dB (measured by rig)")


def test_what_was_measured_stays_with_its_model(tmp_path):
    sound = Sound(Model.load(A2), measured=Measured(-20.0, 1.0, 1, 1.0))
    assert sound.changed(output_trim_db=3.0).measured == sound.measured
    assert sound.changed(model=Model.load(A2).smaller()).measured == sound.measured
    assert sound.changed(model=Model.load(NANO)).measured is None
    assert sound.changed(model=Model.load(NANO), measured=sound.measured).measured == sound.measured
