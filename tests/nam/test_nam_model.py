"""What a loaded model says about itself, its sizes, and what is let through with a warning."""

import dataclasses
import hashlib
import json
import re

import numpy as np
import pytest
from model_files import a1_standard, a2, container, lstm, wavenet, write

from rig.errors import RigError
from rig.nam import Model

SMALL = wavenet([3, 2], dilations=(1, 2))
METADATA = {
    "name": "Old  Faithful",
    "modeled_by": "me",
    "gear_type": "amp_cab",
    "gear_make": "Some",
    "gear_model": "Thing",
    "tone_type": "crunch",
    "input_level_dbu": 12,
    "output_level_dbu": -3.5,
    "loudness": -18.25,
}


@pytest.fixture
def load(tmp_path):
    return lambda model, size=1.0: Model.load(write(tmp_path / "my amp.nam", model), size)


def test_the_shape_is_told(load):
    model = load(a1_standard())
    assert (model.family, model.shape) == ("A1 standard", "WaveNet 16 -> 8 channels, 10 + 10 layers")
    assert (model.weight_count, model.macs_per_sample) == (13802, 13320)
    assert model.receptive_field_samples == 4093
    model = load(a2())
    assert (model.family, model.weight_count, model.macs_per_sample) == ("A2", 12146, 11776)
    assert model.receptive_field_samples == 6347
    model = load(a2(3))
    assert (model.family, model.weight_count, model.macs_per_sample) == ("A2 lite", 1871, 1731)
    model = load(lstm(1, 16))
    assert (model.family, model.shape) == (None, "LSTM 1 x 16")
    assert (model.weight_count, model.macs_per_sample, model.receptive_field_samples) == (1201, 1104, 24000)
    assert load(wavenet([16, 8], activation="ReLU")).family is None


def test_what_the_file_says_is_passed_on(load, tmp_path):
    model = load(SMALL | {"metadata": METADATA, "sample_rate": 44100.0})
    assert (model.name, model.modeled_by, model.tone_type) == ("Old Faithful", "me", "crunch")
    assert (model.gear_type, model.gear_make, model.gear_model) == ("amp_cab", "Some", "Thing")
    assert (model.input_level_dbu, model.output_level_dbu, model.loudness_db) == (12.0, -3.5, -18.25)
    assert (model.sample_rate, model.version, model.architecture) == (44100.0, "0.5.4", "WaveNet")
    assert model.has_cabinet and model.warnings == ()
    assert model.path == tmp_path / "my amp.nam"
    assert model.content_hash == hashlib.sha256(model.path.read_bytes()).hexdigest()


def test_what_the_file_does_not_say_is_none(load):
    model = load({key: SMALL[key] for key in ("version", "architecture", "config", "weights")})
    assert (model.name, model.sample_rate, model.loudness_db, model.input_level_dbu) == ("my amp", None, None, None)
    assert (model.gear_type, model.has_cabinet, model.sizes) == (None, False, ())


@pytest.mark.parametrize(
    ("metadata", "warning"),
    [
        ("hello", "metadata is hello, not an object"),
        ({"loudness": "loud"}, "metadata.loudness is loud, not a number"),
        ({"input_level_dbu": True}, "metadata.input_level_dbu is true, not a number"),
        ({"output_level_dbu": 1e30}, r"metadata.output_level_dbu is 1e\+30, beyond 60 dB"),
        ({"name": ["x"]}, "metadata.name is a list of 1, not a text"),
    ],
)
def test_odd_metadata_counts_as_unknown_with_a_warning(metadata, warning, load):
    model = load(SMALL | {"metadata": metadata})
    assert (model.name, model.loudness_db, model.input_level_dbu, model.output_level_dbu) == (
        "my amp",
        None,
        None,
        None,
    )
    (found,) = model.warnings
    assert re.search(warning, found)


def test_what_is_harmless_is_a_warning(tmp_path):
    path = tmp_path / "a.nam"
    model = SMALL | {"sample_rate": None, "version": "0.7.3", "mystery": 1}
    model["config"] = {"layers": SMALL["config"]["layers"], "odd": 1}
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(model).encode() + b"\n trailing")
    warnings = " / ".join(Model.load(path).warnings)
    for part in (
        "byte order mark",
        "9 characters|10 characters",
        "0.7.3 is newer",
        "config.odd",
        "sample_rate is null",
    ):
        assert any(p in warnings for p in part.split("|")), (part, warnings)
    assert "head_scale is missing" in warnings


def test_inactive_features_are_fine(load):
    model = wavenet([3], dilations=(1, 2))
    x = np.linspace(-1, 1, 300)
    expected = load(model).render(x)
    inactive = {"active": False, "shift": True, "groups": 1}
    model["config"]["layers"][0] |= {
        "bottleneck": 3,
        "gating_mode": ["none", "none"],
        "secondary_activation": [None, None],
        "groups_input": 1,
        "groups_input_mixin": 1,
        "layer1x1": {"active": True, "groups": 1},
        "head1x1": {"active": False, "out_channels": 7, "groups": 1},
        "conv_pre_film": inactive,
        "head1x1_post_film": False,
        "slimmable": None,
        "head": {"out_channels": 1, "kernel_size": 1, "bias": True},
    }
    loaded = load(model)
    assert np.array_equal(loaded.render(x), expected)
    assert loaded.warnings == ()


SIZES = container((0.25, lstm(1, 3)), (0.5, SMALL), (1.0, a1_standard()))


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        (0.0, "LSTM 1 x 3"),
        (0.2, "LSTM 1 x 3"),
        (0.25, "WaveNet 3 -> 2 channels, 2 + 2 layers"),
        (0.5, "WaveNet 16 -> 8 channels, 10 + 10 layers"),
        (1, "WaveNet 16 -> 8 channels, 10 + 10 layers"),
    ],
)
def test_the_size_chooses_from_a_container(size, shape, load):
    model = load(SIZES, size)
    assert (model.shape, model.size, model.architecture) == (shape, size, "SlimmableContainer")
    assert model.sizes == ((0.25, "LSTM 1 x 3"), (0.5, "WaveNet 3 -> 2 channels, 2 + 2 layers"), (1.0, "A1 standard"))


def test_the_smaller_model_plays_as_if_loaded_at_that_size(load):
    smaller = load(SIZES).smaller()
    small = load(SIZES, 0.0)
    assert smaller == small
    x = np.linspace(-1, 1, 500)
    assert np.array_equal(smaller.render(x), small.render(x))
    assert smaller.smaller() is None
    assert load(SMALL).smaller() is None


def test_a_container_in_a_container_plays_at_full_size(load):
    model = load(container((0.5, container((0.5, lstm(1, 1)), (1.0, SMALL))), (1.0, a1_standard())), 0.0)
    assert model.shape == "WaveNet 3 -> 2 channels, 2 + 2 layers"


def test_an_lstm_is_prewarmed_for_half_a_second_of_its_rate(load):
    assert load(lstm(1, 3) | {"sample_rate": 96000}).receptive_field_samples == 48000
    assert load(lstm(1, 3) | {"sample_rate": None}).receptive_field_samples == 24000
    assert (
        load(container((1.0, lstm(1, 3) | {"sample_rate": None})) | {"sample_rate": 96000}).receptive_field_samples
        == 48000
    )


def test_render_takes_any_floats_and_any_block_size(load):
    model = load(SMALL)
    x = np.random.default_rng(1).standard_normal(1000).astype(np.float32)
    expected = model.render(x)
    assert expected.dtype == np.float32 and expected.shape == x.shape
    for block_size in (1, 7, 999, 100_000):
        assert np.array_equal(model.render(x.astype(np.float64), block_size), expected)
    assert model.render(np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("x", [np.zeros((2, 10)), np.zeros(10, np.int16), np.float32(1.0), ["a"]], ids=str)
def test_render_refuses_what_is_no_signal(x, load):
    with pytest.raises(RigError, match=r"^my amp\.nam: a model plays one channel of floats"):
        load(SMALL).render(x)


@pytest.mark.parametrize("block_size", [0, -1, 1.5, True])
def test_render_refuses_what_is_no_block_size(block_size, load):
    with pytest.raises(RigError, match=r"the block size is "):
        load(SMALL).render(np.zeros(10), block_size)


def test_a_model_cannot_be_changed(load):
    model = load(SMALL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.name = "other"
    with pytest.raises(ValueError, match="read-only"):
        model.leaf.weights[0] = 1
