"""Models that break one rule each of the `.nam` format, with the words of the sentence that must say so."""

from __future__ import annotations

import copy

from model_files import (
    container,
    convnet,
    layer_array,
    linear,
    lstm,
    sequential,
    wavenet,
    wavenet_of,
)

GOOD = wavenet([3, 2], dilations=(1, 2))


def changed(change, model=GOOD):
    """A copy of a model with one thing changed."""
    model = copy.deepcopy(model)
    change(model)
    return model


def put(*path_and_value, model=GOOD):
    """A copy with the value at a path replaced."""
    *path, key, value = path_and_value

    def change(target):
        for step in path:
            target = target[step]
        target[key] = value

    return changed(change, model)


def drop(*path, model=GOOD):
    def change(target):
        for step in path[:-1]:
            target = target[step]
        del target[path[-1]]

    return changed(change, model)


def with_keys(**keys):
    """The good model with more in its first array."""
    return changed(lambda model: model["config"]["layers"][0].update(keys))


def nested(depth, around=sequential, inside=None):
    """A network in a network in a network."""
    model = inside or linear(1)
    for _ in range(depth):
        model = around(model)
    return model


ARRAY = ("config", "layers", 0)
SLOPES = {"type": "PReLU", "negative_slopes": [0.1] * 1024}
HEAD = {"channels": 3, "out_channels": 1, "kernel_sizes": [1], "activation": "Tanh"}
WEIGHTS = len(GOOD["weights"])

BROKEN_MODELS = {
    "no version": (drop("version"), "version is missing"),
    "version is a number": (put("version", 0.5), "version is 0.5, expected a text"),
    "old version": (put("version", "0.4.9"), "version is 0.4.9, expected 0.5.0 to 0.7.x"),
    "new version": (put("version", "0.8.0"), "version is 0.8.0, expected 0.5.0 to 0.7.x"),
    "major version": (put("version", "1.5.0"), "version is 1.5.0"),
    "version with suffix": (put("version", "0.5.4b"), "version is 0.5.4b, expected three numbers"),
    "version of two": (put("version", "0.5"), "version is 0.5, expected three numbers"),
    "version on two lines": (put("version", "0.5.4\n"), "expected three numbers"),
    "no config": (drop("config"), "config is missing"),
    "config is a list": (put("config", [1]), "config is a list of 1, expected an object"),
    "no architecture": (drop("architecture"), "architecture is missing"),
    "unknown architecture": (put("architecture", "CatLSTM"), "architecture is CatLSTM, expected WaveNet, LSTM"),
    "architecture in small letters": (put("architecture", "wavenet"), "architecture is wavenet"),
    "no weights": (drop("weights"), "weights is missing"),
    "weights are a text": (put("weights", "abc"), "weights is abc, expected a list"),
    "nested weights": (put("weights", 5, [1.0]), r"weights\[5\] is a list of 1, expected a number"),
    "a boolean weight": (put("weights", 7, True), r"weights\[7\] is true, expected a number"),
    "a text weight": (put("weights", 7, "0.5"), r"weights\[7\] is 0.5, expected a number"),
    "a null weight": (put("weights", 7, None), r"weights\[7\] is null, expected a number"),
    "a weight beyond float32": (put("weights", 9, 1e39), r"1 of \d+ weights are not finite in float32 .*weights\[9\]"),
    "a weight beyond float64": (put("weights", 9, 10**400), "beyond float32"),
    "one weight short": (put("weights", GOOD["weights"][1:]), rf"holds {WEIGHTS - 1} weights.* asks for {WEIGHTS}"),
    "one weight more": (put("weights", [*GOOD["weights"], 0.0]), rf"holds {WEIGHTS + 1} weights.* asks for {WEIGHTS}"),
    "no weights at all": (put("weights", []), rf"holds 0 weights.* asks for {WEIGHTS}"),
    "too many weights": (put("weights", [0] * 500_001), "weights is a list of 500001, more than the 500000"),
    "sample rate is a text": (put("sample_rate", "48k"), "sample_rate is 48k, expected a number"),
    "sample rate is zero": (put("sample_rate", 0), "sample_rate is 0, expected 8000 to 384000 Hz"),
    "no layers": (put("config", "layers", []), "config.layers is a list of 0, expected a list that is not empty"),
    "layers are an object": (put("config", "layers", {}), "config.layers is an object, expected a list"),
    "a layer is a number": (put("config", "layers", 0, 5), r"config.layers\[0\] is 5, expected an object"),
    "stereo": (
        wavenet_of([layer_array(3, 2, 1) | {"condition_size": 2}]),
        "the model has 2 input channels; rig plays mono models only",
    ),
    "head scale is a text": (put("config", "head_scale", "x"), "head_scale is x, expected a number"),
    "no channels": (drop(*ARRAY, "channels"), r"config.layers\[0\].channels is missing"),
    "zero channels": (put(*ARRAY, "channels", 0), "channels is 0, expected a whole number from 1 to 1024"),
    "negative channels": (put(*ARRAY, "channels", -3), "channels is -3"),
    "half a channel": (put(*ARRAY, "channels", 2.5), "channels is 2.5"),
    "true channels": (put(*ARRAY, "channels", True), "channels is true"),
    "infinite channels": (put(*ARRAY, "channels", 1e999), "channels is inf|contains Infinity"),
    "too many channels": (put(*ARRAY, "channels", 1025), "channels is 1025, expected a whole number from 1 to 1024"),
    "widths do not chain": (put("config", "layers", 1, "input_size", 5), r"layers\[1\].input_size is 5, expected 3"),
    "heads do not chain": (put(*ARRAY, "head_size", 4), "channels is 2, expected 4, the head channels of the array"),
    "condition size": (put(*ARRAY, "condition_size", 2), "condition_size is 2, expected 1"),
    "two outputs": (
        put("config", "layers", 1, "head_size", 2),
        "the model has 2 output channels; rig plays mono models only",
    ),
    "no dilations": (put(*ARRAY, "dilations", []), "dilations is a list of 0"),
    "a dilation of zero": (put(*ARRAY, "dilations", [1, 0]), r"dilations\[1\] is 0"),
    "a huge dilation": (put(*ARRAY, "dilations", [1, 10**9]), r"dilations\[1\] is 1000000000, expected .* 1048576"),
    "a long past": (
        put(*ARRAY, "dilations", [1, 1 << 20]),
        "2097161 samples of receptive field, more than the 1048576",
    ),
    "too much past": (
        wavenet([9], dilations=(1, (1 << 18) - 9), kernels=3),
        "numbers of history, more than the 4194304",
    ),
    "too many layers": (put(*ARRAY, "dilations", [1] * 2000), "2000 layers, more than the 1024"),
    "no kernel": (drop(*ARRAY, "kernel_size"), "needs either kernel_size or kernel_sizes, both are missing"),
    "both kernels": (put(*ARRAY, "kernel_sizes", [3, 3]), "needs either kernel_size or kernel_sizes, both are there"),
    "kernels of another length": (
        put(*ARRAY, "kernel_sizes", [3], model=drop(*ARRAY, "kernel_size")),
        "kernel_sizes has 1 entries, expected 2, one per dilation",
    ),
    "unknown activation": (put(*ARRAY, "activation", "Softsigmoid"), "activation is Softsigmoid, expected one of Tanh"),
    "activation is a number": (put(*ARRAY, "activation", 3), "activation is 3, expected an object"),
    "activations of another length": (put(*ARRAY, "activation", ["Tanh"]), "activation has 1 entries, expected 2"),
    "slope is a text": (
        put(*ARRAY, "activation", {"type": "LeakyReLU", "negative_slope": "a"}),
        "negative_slope is a, expected a number",
    ),
    "slopes of another length": (
        put(*ARRAY, "activation", {"type": "PReLU", "negative_slopes": [0.1, 0.2]}),
        "has 2 slopes, expected 1 or 3, one per channel",
    ),
    "no head": (drop(*ARRAY, "head_size"), "has neither head nor head_size"),
    "no head bias": (drop(*ARRAY, "head_bias"), "head_bias is missing"),
    "head bias is a number": (put(*ARRAY, "head_bias", 1), "head_bias is 1, expected true or false"),
    "unknown gating": (put(*ARRAY, "gating_mode", "glu"), "gating_mode is glu, expected none, gated or blended"),
    "gating modes of another length": (put(*ARRAY, "gating_mode", ["none"]), "gating_mode has 1 entries, expected 2"),
    "gated is a text": (put(*ARRAY, "gated", "yes"), "gated is yes, expected true or false"),
    "unknown second activation": (
        with_keys(gating_mode="gated", secondary_activation="Sine"),
        "secondary_activation is Sine, expected one of Tanh",
    ),
    "second activations without a list of modes": (
        with_keys(gating_mode="gated", secondary_activation=["Tanh", "Tanh"]),
        "secondary_activation is a list of 2, expected one activation, as gating_mode is no list",
    ),
    "second activations of another length": (
        with_keys(gating_mode=["gated", "none"], secondary_activation=["Tanh"]),
        "secondary_activation has 1 entries, expected 2",
    ),
    "a bottleneck of half a channel": (put(*ARRAY, "bottleneck", 1.5), "bottleneck is 1.5, expected a whole number"),
    "a bottleneck that does not chain": (
        put("config", "layers", 1, "bottleneck", 3),
        r"layers\[1\].bottleneck is 3, expected 2, the head channels of the array before",
    ),
    "a head1x1 that does not chain": (
        put("config", "layers", 1, "head1x1", {"active": True, "out_channels": 5, "groups": 1}),
        r"layers\[1\].head1x1.out_channels is 5, expected 2, the head channels of the array before",
    ),
    "groups that do not divide": (put(*ARRAY, "groups_input", 2), "groups_input is 2, expected a divisor of .* 3"),
    "mixin groups": (put(*ARRAY, "groups_input_mixin", 3), "groups_input_mixin is 3, expected a divisor of .* 1"),
    "1x1 groups": (
        with_keys(layer1x1={"active": True, "groups": 2}),
        "layer1x1.groups is 2, expected a divisor",
    ),
    "1x1 without groups": (with_keys(layer1x1={"active": True}), "layer1x1.groups is missing"),
    "no 1x1, but a bottleneck": (
        with_keys(layer1x1={"active": False, "groups": 1}, bottleneck=2),
        "layer1x1.active is false and bottleneck 2, expected 3",
    ),
    "head1x1 without width": (with_keys(head1x1={"active": False, "groups": 1}), "head1x1.out_channels is missing"),
    "head1x1 groups": (
        with_keys(head1x1={"active": True, "out_channels": 4, "groups": 3}),
        "head1x1.groups is 3, expected a divisor of the channels, 4",
    ),
    "FiLM is a number": (with_keys(conv_pre_film=1), "conv_pre_film is 1, expected an object"),
    "FiLM on no 1x1": (
        with_keys(layer1x1={"active": False, "groups": 1}, layer1x1_post_film={}),
        "layer1x1_post_film is active, but layer1x1 is not",
    ),
    "FiLM on no head1x1": (with_keys(head1x1_post_film={}), "head1x1_post_film is active, but head1x1 is not"),
    "FiLM groups": (with_keys(conv_pre_film={"groups": 2}), "conv_pre_film.groups is 2, expected a divisor of .* 1"),
    "FiLM one weight short": (with_keys(conv_post_film={}), rf"holds {WEIGHTS} weights.* asks for {WEIGHTS + 24}"),
    "post-stack head without kernels": (
        put("config", "head", {"channels": 3, "out_channels": 1, "activation": "Tanh"}),
        "config.head.kernel_sizes is missing",
    ),
    "post-stack head of other inputs": (
        put("config", "head", HEAD | {"in_channels": 2}),
        "config.head.in_channels is 2, expected 1, the head channels of the last array",
    ),
    "post-stack head of a slimmable": (
        put("config", "head", HEAD, model=with_keys(slimmable={"method": "slice_channels_uniform"})),
        "config.head is there, which a slimmable WaveNet cannot have",
    ),
    "post-stack head of two outputs": (
        put("config", "head", HEAD | {"out_channels": 2}),
        "the model has 2 output channels; rig plays mono models only",
    ),
    "conditioning of other channels": (
        put("config", "condition_dsp", lstm(1, 3, outputs=2)),
        r"layers\[0\].condition_size is 1, expected 2, the channels of the conditioning signal",
    ),
    "conditioning of other inputs": (
        put("config", "condition_dsp", lstm(1, 3, inputs=2)),
        "config.condition_dsp has 2 input channels, expected 1",
    ),
    "conditioning of another rate": (
        put("config", "condition_dsp", linear(3) | {"sample_rate": 44100}),
        "config.condition_dsp has a sample rate of 44100 Hz, the model around it 48000 Hz",
    ),
    "a broken conditioning network": (
        put("config", "condition_dsp", put("weights", [])),
        r"config.condition_dsp holds 0 weights, .* asks for",
    ),
    "grouped beyond measure": (
        wavenet_of(
            [
                layer_array(1024, 1, 1, (1,), groups_input=1024, groups_input_mixin=1)
                | {"layer1x1": {"active": True, "groups": 1024}}
            ]
        ),
        "multiply-adds per sample, more than the 4194304",
    ),
    "wide and hollow": (
        wavenet_of([layer_array(1024, 1, 1, (1,) * 40, 1, bottleneck=1)]),
        "numbers of history, more than the 4194304",
    ),
    "ConvNet without channels": (drop("config", "channels", model=convnet(2)), "config.channels is missing"),
    "ConvNet without batchnorm": (drop("config", "batchnorm", model=convnet(2)), "config.batchnorm is missing"),
    "ConvNet one weight short": (
        put("weights", convnet(2)["weights"][1:], model=convnet(2)),
        r"holds \d+ weights, its configuration \(ConvNet 2 channels, 4 blocks\) asks for",
    ),
    "grouped ConvNet of one input": (convnet(2) | {"config": convnet(2)["config"] | {"groups": 2}}, "groups is 2"),
    "ConvNet of negative variance": (
        put("weights", 4 + 2, -1.0, model=convnet(2, (1,))),
        "config, block 0: the variance and eps of a batch normalisation add up to -0.99999, expected more than 0",
    ),
    "ConvNet of a huge dilation": (
        put("config", "dilations", [10**9], model=convnet(2)),
        r"dilations\[0\] is 1000000000",
    ),
    "ConvNet of too many blocks": (put("config", "dilations", [1] * 2000, model=convnet(2)), "2000 blocks, more than"),
    "ConvNet of two outputs": (convnet(2, outputs=2), "the model has 2 output channels; rig plays mono"),
    "Linear without bias": (drop("config", "bias", model=linear(3)), "config.bias is missing"),
    "Linear one weight short": (put("config", "receptive_field", 4, model=linear(3)), "holds 4 weights, .* asks for 5"),
    "Linear of a billion taps": (
        put("config", "receptive_field", 10**9, model=linear(3)),
        "receptive_field is 1",
    ),
    "Linear of two inputs": (linear(3, inputs=2), "the model has 2 input channels; rig plays mono models only"),
    "empty Sequential": (sequential(), "config.models is a list of 0"),
    "Sequential with weights": (sequential(linear(3)) | {"weights": [1.0]}, r"holds 1 weights, .* asks for 0"),
    "Sequential that does not chain": (
        sequential(linear(3, outputs=2), linear(3)),
        r"config.models\[1\] has 1 input channels, expected 2, the outputs of the model before",
    ),
    "Sequential of two rates": (
        sequential(linear(3), linear(3) | {"sample_rate": 44100}),
        r"config.models\[1\] has a sample rate of 44100 Hz, the model around it 48000 Hz",
    ),
    "Sequential of two outputs": (sequential(linear(3, outputs=2)), "the model has 2 output channels"),
    "unknown slimming": (put(*ARRAY, "slimmable", {"method": "prune"}), "method is prune, expected slice_channels"),
    "slim widths": (
        put(*ARRAY, "slimmable", {"method": "slice_channels_uniform", "kwargs": {"allowed_channels": [1, 2]}}),
        "allowed_channels must ascend and end with 3",
    ),
    "LSTM without hidden size": (drop("config", "hidden_size", model=lstm(1, 3)), "config.hidden_size is missing"),
    "LSTM of two input sizes": (put("config", "input_size", 2, model=lstm(1, 3)), "input_size is 2, expected 1"),
    "LSTM of two inputs": (lstm(1, 3, inputs=2), "the model has 2 input channels; rig plays mono"),
    "LSTM of two outputs": (lstm(1, 3, outputs=2), "the model has 2 output channels; rig plays mono"),
    "LSTM one weight short": (
        put("weights", [0.0] * 69, model=lstm(1, 3)),
        r"holds 69 weights, its configuration \(LSTM 1 x 3\) asks for 70",
    ),
    "LSTM of a billion weights": (
        put("config", {"num_layers": 100, "input_size": 1, "hidden_size": 1000}, model=lstm(1, 3)),
        r"holds 70 weights, .* asks for 79\d+",
    ),
    "empty container": (container(), "submodels is a list of 0"),
    "limits that fall": (container((0.5, GOOD), (0.5, GOOD)), "max_value is 0.5, expected more than 0.5"),
    "limits that end early": (
        container((0.5, GOOD)),
        r"submodels\[0\].max_value, the last, is 0.5, expected at least 1",
    ),
    "rates that differ": (
        container((1.0, put("sample_rate", 44100))),
        r"submodels\[0\].model has a sample rate of 44100 Hz, the model around it 48000 Hz",
    ),
    "a broken submodel": (
        container((0.5, put("weights", [])), (1.0, GOOD)),
        r"config.submodels\[0\].model holds 0 weights",
    ),
}
