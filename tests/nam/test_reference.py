"""Every model of the reference set, against the output of NeuralAmpModelerCore 0.5.5."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from drivers import play
from judge import error_db
from naive_nam import render
from places import SHARED

from rig.nam import Model

REFERENCE = SHARED / "reference"
if not REFERENCE.exists():
    pytest.skip("the reference set is not here", allow_module_level=True)

CASES = [case for case in json.loads((REFERENCE / "index.json").read_text()) if not case.get("fast_tanh")]
MIXED = (1, 7, 64, 33, 128, 5, 512, 100, 8192)


def load(case):
    size = 1.0 if case["slim"] is None else case["slim"]
    return Model.load(REFERENCE / case["model"], size)


WIDE = ("community_wide_28_14", "community_wide_20_8")  # of the kind of the others, and slow in pieces of one sample
CASES_BY_NAME = [
    pytest.param(case, id=(name := Path(case["expected"]).stem), marks=[pytest.mark.soak] if name in WIDE else [])
    for case in CASES
]


@pytest.fixture(scope="module")
def x():
    return soundfile.read(REFERENCE / "input.wav", dtype="float32")[0]


@pytest.mark.parametrize("case", CASES_BY_NAME)
def test_the_output_is_that_of_the_reference_at_any_block_size(case, x):
    network = load(case).network()
    expected = np.load(REFERENCE / case["expected"])
    first = None
    for blocks in (64, 1, 7, 100, 512, 4096, MIXED):
        network.reset()
        y = play(network, x, blocks)
        if first is None:
            # The tolerance of the reference set: every exact arithmetic is inside, every real mistake far outside.
            difference = (y - expected).astype(np.float64)
            assert 20 * np.log10(np.linalg.norm(difference) / np.linalg.norm(expected)) <= -90
            assert np.abs(difference).max() <= 1e-4 * max(1, np.abs(expected).max())
            first = y
        assert np.array_equal(y, first), blocks


IN_SIZES = ("core_A2", "core_slimmable_container", "core_slimmable_wavenet")


@pytest.mark.parametrize("name", IN_SIZES)
def test_every_size_of_a_file_is_that_of_float64_at_any_block_size(name, x):
    path, x = REFERENCE / "models" / f"{name}.nam", x[:6000]
    limits = [0.0, *(limit for limit, _ in Model.load(path).sizes)]
    assert len(limits) > 2
    for size in (below + (limit - below) / 2 for below, limit in pairwise(limits)):
        network = Model.load(path, size).network()
        y = play(network, x, 64)
        assert error_db(y, render(json.loads(path.read_text()), x, size)) < -90
        for blocks in (1, 7, 100, 512, 4096, MIXED):
            network.reset()
            assert np.array_equal(play(network, x, blocks), y)


@pytest.mark.parametrize("case", CASES_BY_NAME[:1])
def test_render_gives_the_same(case, x):
    model = load(case)
    assert np.array_equal(model.render(x[:5000]), play(model.network(), x[:5000], 64))


def test_the_known_shapes_are_named():
    families = {Path(case["model"]).name: load(case).family for case in CASES}
    assert families["core_wavenet_a1_standard.nam"] == families["community_standard_16_8.nam"] == "A1 standard"
    assert families["community_lite_12_6.nam"] == "A1 lite"
    assert families["community_feather_8_4.nam"] == "A1 feather"
    assert families["community_wide_20_8.nam"] is None
    model = Model.load(REFERENCE / "models" / "core_A2.nam")
    assert model.sizes == ((0.5, "A2 lite"), (1.0, "A2"))
    assert (model.family, model.size, model.input_level_dbu) == ("A2", 1.0, 14.76)
    smaller = model.smaller()
    assert smaller is not None
    assert (smaller.family, smaller.size, smaller.loudness_db) == ("A2 lite", 0.0, model.loudness_db)
    assert smaller.smaller() is None
