"""One rule where players differ: what the trainer that wrote the file computes, with a note; what is no NAM file."""

import json
import re

import numpy as np
import pytest
from judge import error_db
from model_files import convnet, finished, layer_array, linear, lstm, sequential, wavenet, wavenet_of, write
from naive_nam import render

from rig.errors import ModelError
from rig.nam import Model

X = np.random.default_rng(4).uniform(-0.5, 0.5, 600)
DATE = {"year": 2026, "month": 3, "day": 1, "hour": 12, "minute": 30, "second": 0}
BY_TRAINER = {"metadata": {"date": DATE, "loudness": -18.0}}
CHAIN = [convnet(2), wavenet([3, 2], dilations=(1, 2)), lstm(1, 3), linear(5, bias=False)]


@pytest.fixture
def load(tmp_path):
    return lambda model: Model.load(write(tmp_path / "amp.nam", model))


def bare(*models):
    """A chain as the trainer writes it: the configurations, and the weights of all behind each other."""
    weights = [weight for model in models for weight in model["weights"]]
    return finished("Sequential", {"models": [model["config"] for model in models]}, weights) | BY_TRAINER


def reversed_taps(model):
    """A Linear model whose file begins with the oldest tap."""
    taps = model["config"]["receptive_field"]
    return model | {"weights": model["weights"][:taps][::-1] + model["weights"][taps:]}


def test_a_chain_of_bare_configurations_and_one_list_of_weights_plays(load):
    model = load(bare(*CHAIN[:3], reversed_taps(CHAIN[3])))
    assert error_db(model.render(X), render(sequential(*CHAIN), X)) < -90
    assert model.weight_count == sum(len(part["weights"]) for part in CHAIN)
    (note,) = model.warnings
    assert re.search(r"config\.models\[3\] is played as the trainer .* oldest tap first; .* in reverse", note)


def test_a_chain_in_a_bare_chain_and_the_further_forms_play(load):
    inner = [CHAIN[0], CHAIN[2]]
    nested = bare(CHAIN[1], *inner)
    nested["config"]["models"] = [CHAIN[1]["config"], {"models": [part["config"] for part in inner]}]
    expected = render(sequential(CHAIN[1], *inner), X)
    named = bare(CHAIN[1], *inner)
    parts = (CHAIN[1], *inner)
    named["config"] = {"models": [{"name": part["architecture"], "config": part["config"]} for part in parts]}
    wrapped = sequential(CHAIN[1], *inner)
    wrapped["config"] = {"layers": [{"model": part} for part in wrapped["config"]["models"]], "weights_version": 2}
    for model in (nested, named, wrapped, wrapped | {"architecture": "sequential"}):
        loaded = load(model)
        assert error_db(loaded.render(X), expected) < -90
        assert loaded.warnings == ()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda m: m["weights"].pop(), r"holds \d+ weights, too few: config\.models\[3\]"),
        (lambda m: m["weights"].append(0.0), r"holds \d+ weights, 1 more than the chain asks for"),
        (lambda m: m["config"]["models"].append({"odd": 1}), r"config\.models\[4\] does not say what it is"),
        (lambda m: m["config"]["models"].append({"name": "Odd", "config": {}}), "architecture"),
    ],
)
def test_a_bare_chain_that_does_not_add_up_is_refused(load, change, sentence):
    model = bare(*CHAIN)
    change(model)
    with pytest.raises(ModelError, match=sentence):
        load(model)


def test_the_taps_of_a_linear_model_begin_with_the_oldest_where_the_trainer_wrote_it(load):
    model = linear(7)
    assert error_db(load(model).render(X), render(model, X)) < -90
    dated = load(reversed_taps(model) | BY_TRAINER)
    assert error_db(dated.render(X), render(model, X)) < -90
    assert "oldest tap first" in dated.warnings[0]
    assert (
        load(model | {"metadata": {"name": "x"}}).warnings == ()
    )  # nobody's order but NeuralAmpModelerCore's is known


def test_hardtanh_has_limits_of_its_own(load):
    model = wavenet([3], dilations=(1, 2), activation={"type": "Hardtanh", "min_val": -0.2, "max_val": 0.4})
    loaded = load(model)
    assert error_db(loaded.render(X), render(model, X)) < -90
    assert "limited to -0.2 and 0.4" in loaded.warnings[0]
    plain = {"type": "Hardtanh", "min_val": -1.0, "max_val": 1.0}
    loaded = load(wavenet([3], dilations=(1, 2), activation=plain))
    assert loaded.warnings == ()
    assert np.array_equal(loaded.render(X), load(wavenet([3], dilations=(1, 2), activation="Hardtanh")).render(X))
    with pytest.raises(ModelError, match=r"min_val is 2, expected less than max_val, 1"):
        load(wavenet([3], dilations=(1, 2), activation={"type": "Hardtanh", "min_val": 2.0}))


def test_without_a_1x1_the_activation_goes_on_to_the_next_layer(load):
    model = wavenet_of([layer_array(3, 1, 1, (1, 2, 4), layer1x1={"active": False, "groups": 1})])
    loaded = load(model)
    assert error_db(loaded.render(X), render(model, X)) < -90
    assert re.search(r"as the trainer computes it; NeuralAmpModelerCore, .* leave it out", loaded.warnings[0])


@pytest.mark.parametrize(("gating", "is_noted"), [("none", True), ("gated", True), ("blended", False)])
def test_film_behind_the_1x1_is_noted_where_players_leave_it_out(load, gating, is_noted):
    model = wavenet_of([layer_array(2, 1, 1, (1, 2), gating_mode=gating, layer1x1_post_film={"active": True})])
    loaded = load(model)
    assert error_db(loaded.render(X), render(model, X)) < -90
    assert any("layer1x1_post_film is played as the trainer" in note for note in loaded.warnings) == is_noted


def test_a_sample_rate_of_minus_one_is_unknown(load):
    model = load(linear(3) | {"sample_rate": -1})
    assert (model.sample_rate, model.rate) == (None, 48000)
    assert model.warnings == ("sample_rate is -1, which stands for unknown",)
    with pytest.raises(ModelError, match="sample_rate is -2, expected 8000 to 384000 Hz"):
        load(linear(3) | {"sample_rate": -2})


@pytest.mark.parametrize(
    ("gear_type", "has_cabinet"),
    [
        *((kind, True) for kind in ("amp_cab", "amp_pedal_cab", "amp-cab", "full-rig", "cab", "AMP_CAB", "Full Rig")),
        *((kind, False) for kind in ("amp", "pedal", "preamp", "studio", "cabaret", "")),
    ],
)
def test_the_gear_types_of_all_programs_tell_of_a_cabinet(load, gear_type, has_cabinet):
    assert load(linear(3) | {"metadata": {"gear_type": gear_type}}).has_cabinet == has_cabinet


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            {"in_shape": [None, None, 1], "layers": [{"type": "lstm"}]},
            "a model of AIDA-X or another player on RTNeural",
        ),
        ({"class_name": "Sequential", "config": {}, "keras_version": "2"}, "a model of Keras"),
        ({"model_data": {"model": "SimpleRNN"}, "state_dict": {}}, "a model of GuitarML"),
    ],
)
def test_models_of_other_programs_are_named_with_the_way_out(tmp_path, content, sentence):
    (path := tmp_path / "amp.json").write_text(json.dumps(content))
    with pytest.raises(
        ModelError, match=rf"^amp\.json: JSON, but {sentence}.*train the gear again with the neural-amp"
    ):
        Model.load(path)


def test_a_version_before_0_5_names_the_way_out(load):
    with pytest.raises(
        ModelError, match=r"version is 0\.4\.0, expected .*; export the model again with a trainer of 2023"
    ):
        load(linear(3) | {"version": "0.4.0"})


def test_a_model_that_rests_beyond_full_scale_is_no_sound(load):
    huge = wavenet([2], dilations=(1, 2))
    huge["weights"] = [1e30] * len(huge["weights"])
    with pytest.raises(ModelError, match=r"amp\.nam: its answer to silence is no (sound .it rests at .*e\+|number)"):
        load(huge).network()
    loud = finished("Linear", {"receptive_field": 1, "bias": True}, [1.0, 15.0])
    with pytest.raises(ModelError, match=r"it rests at 15, full scale is 1"):
        load(loud).network()
    loud["weights"][1] = 2.0
    assert load(loud).network().rest == 2.0
