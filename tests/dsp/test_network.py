"""Whole networks against float64, and what must hold for any of them."""

import json

import numpy as np
import pytest
from allocations import rtsys
from drivers import play
from judge import error_db
from judge import loud_and_silent as signal
from model_files import (
    FILM_SITES,
    a1_standard,
    a2,
    container,
    convnet,
    layer_array,
    linear,
    lstm,
    sequential,
    wavenet,
    wavenet_of,
    write,
)
from naive_nam import render
from numba.core import event
from numba.core.runtime import _nrt_python

from rig.dsp.native import compile
from rig.dsp.network.interpreter import run
from rig.errors import RigError
from rig.nam import Model

SHORT = {"dilations": (1, 2, 4, 8, 33)}
ACTIVATIONS = [
    *("Tanh", "Hardtanh", "Fasttanh", "ReLU", "LeakyReLU", "PReLU", "Sigmoid", "SiLU", "Hardswish", "Softsign"),
    {"type": "LeakyReLU", "negative_slope": 1.5},
    {"type": "PReLU", "negative_slopes": [0.1, -0.2, 1.3]},
    {"type": "LeakyHardtanh", "min_val": -0.5, "max_val": 0.25, "min_slope": 0.1, "max_slope": 0.2},
    "LeakyHardTanh",
]
EVERYWHERE = {site: {} for site in FILM_SITES} | {"head1x1": {"active": True, "out_channels": 5, "groups": 1}}
SLOW = ("LSTM 3x41", "LSTM 2x24", "LSTM 1x40")  # in Python, which the compiled ones are held against
MODELS = {
    "A1 standard": a1_standard(),
    "A2": a2(),
    "A2 lite": a2(3),
    **{f"WaveNet {c}": wavenet([c], c, **SHORT) for c in (1, 3, 5, 7, 14, 20, 40)},
    "WaveNet 7 -> 5 -> 1": wavenet([7, 5, 1], **SHORT),
    "kernels 1, 2, 5": wavenet([6, 3], dilations=(3, 1, 11), kernels=(1, 2, 5)),
    "dilated heads": wavenet_of(
        [
            layer_array(4, 1, 2, (1, 5), head_kernel=3, head_dilation=7),
            layer_array(2, 4, 1, (2, 9), head_kernel=4, head_bias=True),
        ]
    ),
    "everything": wavenet_of(
        [layer_array(6, 1, 1, (1, 9), gating_mode=["gated", "blended"], **EVERYWHERE) | {"condition_size": 3}],
        condition=lstm(1, 20, outputs=3),
    ),
    **{
        f"LSTM {n}x{h}": lstm(n, h, h) for n, h in ((1, 1), (1, 3), (1, 16), (1, 40), (2, 8), (3, 20), (2, 24), (3, 41))
    },
}
FEED_FORWARD = {name: model for name, model in MODELS.items() if "LSTM" not in json.dumps(model)}
SCALED = {site: {"shift": False} for site in FILM_SITES[:7]}
PARTS = {  # where one part hears the silence of another
    "Linear": linear(500),
    "ConvNet": convnet(3, (1, 40, 3)),
    "Sequential": sequential(linear(300), convnet(2, (7, 1), outputs=2), convnet(3, inputs=2), linear(70)),
    "a container": container((0.5, lstm(1, 1)), (1.0, wavenet([3, 2], **SHORT))),
    "FiLM conditioned by a ConvNet": wavenet_of(
        [layer_array(5, 1, 1, (1, 9), gating_mode="blended", head_kernel=4, **SCALED) | {"condition_size": 2}],
        condition=convnet(4, outputs=2),
        post_head={"channels": 3, "out_channels": 1, "kernel_sizes": [3, 2, 1], "activation": "SiLU"},
    ),
    "slopes": wavenet([3, 2], activation={"type": "PReLU", "negative_slope": 0.3}, **SHORT),
}


@pytest.fixture
def network_of(tmp_path):
    return lambda model: Model.load(write(tmp_path / "model.nam", model)).network()


# Float32 arithmetic with a tanh that is off by 4e-7 stays 100 dB below these outputs; a mistake does not.
@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.soak) if n in SLOW else n for n in MODELS])
def test_the_output_is_that_of_float64(name, network_of):
    x = signal()
    assert error_db(network_of(MODELS[name]).process(x), render(MODELS[name], x)) < -95


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_every_activation_is_that_of_float64(activation, network_of):
    model = wavenet([3], activation=activation, **SHORT)
    x = signal()
    assert error_db(network_of(model).process(x), render(model, x)) < -95


@pytest.mark.parametrize("name", MODELS)
def test_the_lengths_of_the_blocks_do_not_change_one_bit(name, network_of):
    x = signal(30000)
    network = network_of(MODELS[name])
    whole = play(network, x, 8192)
    rng = np.random.default_rng(5)
    for longest in (20, 150, 8192):
        network.reset()
        assert np.array_equal(play(network, x, rng.integers(1, longest, 100, endpoint=True)), whole)


@pytest.mark.parametrize("name", [*FEED_FORWARD, *PARTS])
def test_a_network_begins_where_endless_silence_ends(name, network_of):
    network, x = network_of((FEED_FORWARD | PARTS)[name]), signal()
    fresh = network.process(x)
    # Whatever a network without recurrence remembers is gone after its receptive field.
    network.process(np.zeros(network.receptive_field_samples))
    assert np.array_equal(network.process(x), fresh)


@pytest.mark.parametrize("name", MODELS)
def test_a_reset_network_is_a_fresh_one(name, network_of):
    x = signal()
    network = network_of(MODELS[name])
    fresh = network.process(x)
    network.process(x[:777])
    network.reset()
    assert np.array_equal(network.process(x), fresh)


def test_input_and_output_may_be_the_same_memory_and_unaligned(network_of):
    network = network_of(MODELS["A2 lite"])
    x = signal(1001)
    expected = network.process(x[1:])
    network.reset()
    run(network.address, x[1:].ctypes.data, x[1:].ctypes.data, 1000)
    assert np.array_equal(x[1:], expected)


def test_no_frames_are_no_work(network_of):
    network = network_of(MODELS["WaveNet 3"])
    assert network.process(np.zeros(0)).shape == (0,)


def test_a_network_refuses_two_channels(network_of):
    with pytest.raises(RigError, match=r"one channel.*\(2, 100\)"):
        network_of(MODELS["WaveNet 3"]).process(np.zeros((2, 100)))


def test_two_instances_share_nothing(tmp_path):
    model = Model.load(write(tmp_path / "model.nam", MODELS["WaveNet 5"]))
    x = signal()
    one, other = model.network(), model.network()
    expected = one.process(x)
    one.reset()
    halves = []
    for half in np.split(x, 2):
        halves.append(one.process(half))
        other.process(-half)
    assert np.array_equal(np.concatenate(halves), expected)


@pytest.mark.parametrize("name", ["A1 standard", "LSTM 2x8", "everything"])
def test_running_allocates_nothing(name, network_of):
    network = network_of(MODELS[name])
    x = signal(64000)
    play(network, x, 64)
    _nrt_python.memsys_enable_stats()
    before = rtsys.get_allocation_stats()
    play(network, x, 64)
    assert rtsys.get_allocation_stats() == before


def test_ten_models_after_the_first_compile_nothing(tmp_path, network_of):
    network_of(MODELS["WaveNet 1"]).process(signal(100))
    compiled = compile.report.compiled
    passes = event.RecordingListener()
    with event.install_listener("numba:run_pass", passes):
        for name in [*list(MODELS)[:9], "LSTM 3x20"]:
            network_of(MODELS[name]).process(signal(100))
    assert passes.buffer == []
    assert compile.report.compiled == compiled
