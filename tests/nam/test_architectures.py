"""Every feature and architecture of the format against float64, one by one and mixed at random."""

import copy

import numpy as np
import pytest
from drivers import play
from judge import error_db
from judge import loud_and_silent as signal
from model_files import FILM_SITES, container, convnet, layer_array, linear, lstm, sequential, wavenet_of, write
from naive_nam import render

from rig.errors import ModelError
from rig.nam import Model

SLOPES = {"type": "PReLU", "negative_slopes": [0.1, -0.2, 0.5, 0.7, 1.2, 0.3]}
HARD = {"type": "LeakyHardtanh", "min_val": 0.0, "max_val": 0.9, "min_slope": 0.0, "max_slope": 0.02}


def one(channels=6, head=1, condition=1, **features):
    """A WaveNet of one array; the features are keys of it."""
    return wavenet_of([array_of(channels, 1, head, condition, **features)], channels)


def array_of(channels, inputs, head, condition=1, **features):
    features = {"dilations": (1, 3, 7), "head_bias": True, **features}
    return layer_array(channels, inputs, head, **features) | {"condition_size": condition}


def conditioned(condition, channels=4, **features):
    """A WaveNet whose conditioning signal, three channels, comes from another network."""
    array = array_of(channels, 1, 1, 3, **features)
    return wavenet_of([array], channels, condition)


def inner(outputs=3, **features):
    return one(5, outputs, **features)


HEAD = {"active": True, "out_channels": 4, "groups": 2}
ALL_FILM = {site: {} for site in FILM_SITES}
POST_HEAD = {"channels": 5, "out_channels": 1, "kernel_sizes": [3, 1, 4], "activation": "SiLU"}
GATED = {"gating_mode": "gated", "secondary_activation": "Hardswish"}
ANY = {"method": "slice_channels_uniform"}
SLIM = {"method": "slice_channels_uniform", "kwargs": {"allowed_channels": [1, 2, 4, 6]}}
ALL_MODES = {
    "gating_mode": ["none", "gated", "blended"],
    "activation": ["Tanh", "Softsign", "SiLU"],
    "secondary_activation": [None, "Sigmoid", "Hardswish"],
}


def all_features(channels):
    """Two arrays: one as wide as that, one of half the width."""
    half = max(1, channels // 2)
    first = array_of(
        channels, 1, half, **ALL_MODES, **ALL_FILM, head1x1={"active": True, "out_channels": 3, "groups": 1}
    )
    second = array_of(half, channels, 1, **ALL_MODES, head1x1={"active": True, "out_channels": half, "groups": 1})
    return wavenet_of([first, second], channels)


MODELS = {
    **{f"all features, {c} channels": all_features(c) for c in (1, 3, 5, 7, 14, 20, 40)},
    "gated": one(gated=True),
    "gated, odd widths": one(7, gating_mode="gated", bottleneck=5),
    "blended": one(gating_mode="blended", activation="ReLU"),
    "all three": one(
        gating_mode=["none", "gated", "blended"],
        secondary_activation=[None, "SiLU", HARD],
        activation=["Tanh", SLOPES, SLOPES],
    ),
    "gated with slopes": one(**GATED | {"secondary_activation": SLOPES, "activation": SLOPES}),
    "gated with one slope": one(**GATED | {"activation": {"type": "PReLU", "negative_slopes": [0.3]}}),
    **{f"bottleneck {b}": one(bottleneck=b) for b in (1, 3, 14, 20)},
    "slopes": one(activation=SLOPES),
    "groups of the convolution": one(groups_input=3),
    "depthwise": one(groups_input=6, kernels=(2, 1, 5)),
    "groups of the 1x1": one(layer1x1={"active": True, "groups": 2}),
    "no 1x1": one(layer1x1={"active": False, "groups": 1}),
    "head1x1": one(head1x1=HEAD),
    "head1x1 and bottleneck": one(head1x1={"active": True, "out_channels": 7, "groups": 1}, bottleneck=2),
    **{f"FiLM: {site}": one(**{site: {}}, head1x1=HEAD) for site in FILM_SITES},
    **{f"FiLM without shift: {site}": one(**{site: {"shift": False}}, head1x1=HEAD, **GATED) for site in FILM_SITES},
    "FiLM everywhere": one(**ALL_FILM, head1x1=HEAD, **GATED),
    "FiLM without head1x1": one(activation_post_film={}, gating_mode="blended"),
    "FiLM with slopes": one(activation_pre_film={}, activation=SLOPES),
    "two arrays": wavenet_of(
        [
            array_of(5, 1, 3, **ALL_FILM, head1x1={"active": True, "out_channels": 2, "groups": 1}),
            array_of(3, 5, 1, bottleneck=8, head1x1={"active": True, "out_channels": 3, "groups": 1}),
        ]
    ),
    "heads of several taps": wavenet_of(
        [
            array_of(6, 1, 4, bottleneck=2, head_kernel=3, head_dilation=7, **GATED),
            array_of(4, 6, 1, head_kernel=5, head1x1=HEAD),
        ]
    ),
    "post-stack head": wavenet_of([array_of(4, 1, 3)], 1, post_head=POST_HEAD | {"in_channels": 3}),
    "post-stack head with slopes": wavenet_of(
        [array_of(4, 1, 5)],
        2,
        post_head=POST_HEAD | {"activation": {"type": "PReLU", "negative_slopes": [0.1, 0.2, 0.3, -0.4, 1.5]}},
    ),
    "conditioned by a WaveNet": conditioned(inner()),
    "conditioned, grouped": conditioned(inner(), channels=6, groups_input_mixin=3),
    "conditioned twice": conditioned(wavenet_of([array_of(5, 1, 3, 3)], 5, inner())),
    "conditioned by an LSTM": conditioned(lstm(2, 5, outputs=3)),
    "conditioned by an LSTM of 20": conditioned(lstm(1, 20, outputs=3), **ALL_FILM, head1x1=HEAD),
    "conditioned by a wide LSTM": conditioned(lstm(2, 27, outputs=3)),
    "conditioned by a ConvNet": conditioned(convnet(7, outputs=3)),
    "conditioned by a Linear": conditioned(linear(40, outputs=3), input_mixin_pre_film={"groups": 3}),
    "conditioned by a Sequential": conditioned(sequential(linear(9), lstm(1, 4), convnet(3, outputs=3))),
    "conditioned by a container": wavenet_of(
        [array_of(4, 1, 1, **ALL_FILM, head1x1=HEAD)], 4, container((0.5, linear(3)), (1.0, one(3)))
    ),
    **{f"ConvNet {c}": convnet(c, seed=c) for c in (1, 3, 5, 8, 14, 20, 40)},
    "ConvNet without batch norm": convnet(6, batchnorm=False, activation="ReLU"),
    "ConvNet with slopes": convnet(6, (1, 700), activation=SLOPES),
    **{f"Linear {taps}": linear(taps, taps) for taps in (1, 2, 15, 16, 17, 100, 5000)},
    "Linear without bias": linear(64, bias=False),
    "Sequential of one": sequential(one()),
    "Sequential of all": sequential(
        linear(20, outputs=2),
        lstm(2, 18, inputs=2, outputs=3),
        convnet(6, inputs=3, outputs=6),
        convnet(6, inputs=6, outputs=2, groups=2),
        wavenet_of([array_of(4, 2, 2, 2, head_kernel=4)], 3),
        lstm(1, 3, inputs=2, outputs=20),
        lstm(1, 3, inputs=20),
    ),
}


def mixed(seed):
    """A WaveNet of one or two arrays with features at random."""
    rng = np.random.default_rng(seed)

    def pick(*choices):
        return choices[rng.integers(len(choices))]

    def divisor(*counts):
        return int(pick(*[g for g in range(1, 41) if all(count % g == 0 for count in counts)]))

    def features(channels, m, skip):
        bottleneck = channels if rng.random() < 0.4 else int(pick(1, 2, 3, 4, 6, 8, 14))
        layers = int(rng.integers(1, 4))
        modes = [pick("none", "none", "gated", "blended") for _ in range(layers)]
        has_1x1 = rng.random() < 0.85
        bottleneck = bottleneck if has_1x1 else channels
        has_head = rng.random() < 0.5 or bool(skip and skip != bottleneck)
        width = (skip or int(pick(1, 3, 5, 8))) if has_head else bottleneck
        inner_width = bottleneck if "none" in modes else 2 * bottleneck
        found = {
            "bottleneck": bottleneck,
            "dilations": tuple(int(d) for d in rng.integers(1, 60, layers)),
            "kernels": tuple(int(k) for k in rng.integers(1, 7, layers)),
            "gating_mode": modes,
            "activation": [pick("Tanh", "ReLU", "LeakyReLU", "Softsign", "SiLU", "Sigmoid") for _ in range(layers)],
            "secondary_activation": [pick("Sigmoid", "Hardtanh", "Tanh", "Hardswish") for _ in range(layers)],
            "groups_input": divisor(channels, inner_width),
            "groups_input_mixin": divisor(m, inner_width),
            "layer1x1": {"active": has_1x1, "groups": divisor(bottleneck, channels) if has_1x1 else 1},
            "head1x1": {"active": has_head, "out_channels": width, "groups": divisor(bottleneck, width)},
            "head_kernel": int(pick(1, 1, 2, 5)),
            "head_dilation": int(pick(1, 3)),
        }
        for site in FILM_SITES:
            allowed = {"layer1x1_post_film": has_1x1, "head1x1_post_film": has_head}.get(site, True)
            if allowed and rng.random() < 0.35:
                groups = m if site == "input_mixin_pre_film" else 1
                found[site] = {"active": True, "shift": bool(rng.random() < 0.5), "groups": groups}
        return found

    m = int(pick(1, 1, 2, 4))
    condition = None if m == 1 else pick(inner(m), convnet(5, outputs=m), linear(30, outputs=m))
    first, second = int(pick(1, 3, 5, 7, 8, 14, 20)), int(pick(2, 3, 6, 8))
    two = rng.random() < 0.5
    arrays = [array_of(first, 1, second if two else 1, m, **features(first, m, None))]
    if two:
        arrays.append(array_of(second, first, 1, m, **features(second, m, second)))
    post_head = POST_HEAD if rng.random() < 0.3 else None
    return wavenet_of(arrays, seed, condition, post_head)


MODELS |= {f"mixed {seed}": mixed(seed) for seed in range(40)}


@pytest.fixture
def load(tmp_path):
    return lambda model, size=1.0: Model.load(write(tmp_path / "model.nam", model), size)


# Float32 arithmetic stays 90 dB below these outputs; a mistake does not.
@pytest.mark.parametrize("name", MODELS)
def test_the_output_is_that_of_float64_at_any_block_size_and_after_a_reset(name, load):
    x = signal(2000)
    network = load(MODELS[name]).network()
    y = network.process(x)
    assert error_db(y, render(MODELS[name], x)) < -90
    rng = np.random.default_rng(5)
    for longest in (20, 150, 2000):
        network.reset()
        assert np.array_equal(play(network, x, rng.integers(1, longest, 100, endpoint=True)), y)


def slimmable(*widths, **features):
    """A chain of slimmable arrays."""
    arrays, heads, inputs = [], [*widths[1:], 1], [1, *widths]
    for i, c in enumerate(widths):
        arrays.append(
            array_of(c, inputs[i], heads[i], head_bias=True, slimmable={"method": SLIM["method"]}, **features)
        )
    return wavenet_of(arrays, 5)


SLIMMABLE = {
    "plain": slimmable(6),
    "listed": one(slimmable=SLIM),
    "chain": slimmable(6, 3),
    "gated": slimmable(5, gating_mode="gated"),
    "blended with slopes": one(gating_mode="blended", activation=SLOPES, secondary_activation=SLOPES, slimmable=SLIM),
    "bottleneck": one(bottleneck=4, slimmable=SLIM),
    "no 1x1": one(layer1x1={"active": False, "groups": 1}, slimmable=SLIM),
    "head1x1": one(head1x1={"active": True, "out_channels": 4, "groups": 1}, slimmable=SLIM),
    "FiLM": one(**ALL_FILM, head1x1={"active": True, "out_channels": 4, "groups": 1}, slimmable=SLIM),
    "conditioned": conditioned(inner(), 6, slimmable=SLIM, activation_pre_film={}),
    "one array of two": wavenet_of(
        [array_of(6, 1, 4, slimmable=SLIM), array_of(4, 6, 1)],
    ),
}


@pytest.mark.parametrize("size", [0.0, 0.3, 0.5, 0.99])
@pytest.mark.parametrize("name", SLIMMABLE)
def test_a_slimmable_wavenet_is_cut_as_the_format_says(name, size, load):
    x = signal(1500)
    assert error_db(load(SLIMMABLE[name], size).render(x), render(SLIMMABLE[name], x, size)) < -90


def test_the_sizes_of_a_slimmable_wavenet_are_told(load):
    model = load(SLIMMABLE["listed"])
    assert model.sizes == tuple((i / 4, f"WaveNet {c} channels, 3 layers") for i, c in ((1, 1), (2, 2), (3, 4), (4, 6)))
    smaller = model.smaller()
    assert (smaller.shape, smaller.size, smaller.sizes) == ("WaveNet 1 channels, 3 layers", 0.0, model.sizes)
    assert smaller.macs_per_sample < model.macs_per_sample and smaller.weight_count < model.weight_count
    assert smaller.smaller() is None
    x = signal(500)
    assert np.array_equal(smaller.render(x), load(SLIMMABLE["listed"], 0.0).render(x))


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (one(slimmable=SLIM, groups_input=2), "groups of channels, which cannot be cut"),
        (one(slimmable=SLIM, head_kernel=3), "a head of 3 taps, which cannot be cut"),
        (
            wavenet_of(
                [
                    array_of(6, 1, 4, slimmable=SLIM),
                    array_of(4, 6, 1, head1x1=HEAD | {"groups": 1}, slimmable=ANY),
                ]
            ),
            "would have 4 channels for its head, not 1",
        ),
    ],
)
def test_a_wavenet_that_cannot_be_cut_plays_at_full_size(model, sentence, load):
    assert load(model).render(np.zeros(10)).shape == (10,)
    assert (load(model).smaller(), load(model).sizes) == (None, ())
    with pytest.raises(ModelError, match=rf"^model\.nam: .*{sentence}.*ask for size 1"):
        load(model, 0.0)


def test_the_figures_of_nested_networks_are_sums(load):
    nested = load(inner(1))
    model = load(wavenet_of([array_of(4, 1, 1)], 4, inner(1)))
    plain = load(wavenet_of([array_of(4, 1, 1)], 4))
    assert model.weight_count == plain.weight_count + nested.weight_count
    assert model.macs_per_sample == plain.macs_per_sample + nested.macs_per_sample
    assert model.receptive_field_samples == plain.receptive_field_samples + nested.receptive_field_samples - 1
    assert model.shape == "WaveNet 4 channels, 3 layers, conditioned by WaveNet 5 channels, 3 layers"
    chain = load(sequential(inner(1), linear(8)))
    assert (chain.shape, chain.architecture) == ("WaveNet 5 channels, 3 layers; then Linear, 8 taps", "Sequential")
    assert chain.weight_count == nested.weight_count + 9
    assert chain.receptive_field_samples == nested.receptive_field_samples + 7
    assert (chain.sample_rate, chain.family) == (48000.0, None)
    convolutions = load(convnet(3, (1, 5)))
    assert (convolutions.shape, convolutions.receptive_field_samples) == ("ConvNet 3 channels, 2 blocks", 7)
    assert convolutions.macs_per_sample == 2 * 3 + 2 * 9 + 3


def test_a_long_filter_is_small_and_loads_at_once(load):
    network = load(linear(200_000)).network()
    assert network.nbytes < 200_000 * 4 * 5
    x = signal(300)
    assert network.process(x).shape == x.shape


def test_a_nested_lstm_that_never_rests_is_reset_to_the_same_past(load):
    oscillating = lstm(1, 3, outputs=3)
    oscillating["weights"] = (3 * np.asarray(oscillating["weights"])).tolist()
    model = conditioned(oscillating, dilations=(100, 900), head_kernel=9)
    network = load(copy.deepcopy(model)).network()
    x = signal(4000)
    first = network.process(x)
    network.reset()
    assert np.array_equal(network.process(x), first)
    assert np.array_equal(load(model).network().process(x), first)
