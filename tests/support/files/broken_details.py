"""More models that break one rule each: wrong sizes, missing keys, and what hostile files say in place of either."""

from __future__ import annotations

from broken_models import ARRAY, GOOD, HEAD, SLOPES, WEIGHTS, drop, nested, put, with_keys
from model_files import (
    FILM_SITES,
    chain,
    container,
    convnet,
    layer_array,
    linear,
    lstm,
    sequential,
    wavenet,
    wavenet_of,
)

FULL = wavenet_of(
    [
        layer_array(
            4,
            1,
            1,
            (1, 2),
            gating_mode=["gated", "blended"],
            conv_pre_film={"active": True},
            bottleneck=2,
            groups_input=2,
        )
        | {"condition_size": 2, "head1x1": {"active": True, "out_channels": 2, "groups": 1}, "head1x1_post_film": {}}
    ],
    condition=lstm(1, 2, outputs=2),
    post_head=HEAD,
)  # a bit of everything
SLIM = {"method": "slice_channels_uniform"}
OTHERS = {"ConvNet": convnet(2), "LSTM": lstm(1, 3), "Linear": linear(3)}
NO_SIZES = {
    "none": None,
    "zero": 0,
    "negative": -1,
    "a fraction": 1.5,
    "true": True,
    "a text": "3",
    "a list": [3],
    "huge": 10**300,
    "beyond a double": 10**400,
    "1e999": 1e999,
}
SIZES = {  # every size there is, and the model it stands in
    "channels": (GOOD, *ARRAY),
    "input_size": (GOOD, *ARRAY),
    "condition_size": (GOOD, *ARRAY),
    "kernel_size": (GOOD, *ARRAY),
    "head_size": (GOOD, *ARRAY),
    "receptive_field": (OTHERS["Linear"], "config"),
    "num_layers": (OTHERS["LSTM"], "config"),
    "hidden_size": (OTHERS["LSTM"], "config"),
}


def _sizes():
    """No wrong size gets through, whatever it belongs to."""
    for i, (key, (model, *path)) in enumerate(SIZES.items()):
        for j, (what, value) in enumerate(NO_SIZES.items()):
            if i == 0 or i % 5 == j % 5:  # all for one key, and two for each other
                said = (
                    rf"{key} is missing|{key} is .*expected|needs either kernel_size|has neither head|contains Infinity"
                )
                yield f"{key}: {what}", (put(*path, key, value, model=model), said)


def _required():
    """Every key that must be there."""
    for model, path, keys in (
        (GOOD, ARRAY, ("input_size", "condition_size", "dilations", "activation")),
        (FULL, ("config", "head"), ("channels", "out_channels", "kernel_sizes", "activation")),
        (FULL, (*ARRAY, "head1x1"), ("active", "out_channels", "groups")),
        (OTHERS["ConvNet"], ("config",), ("dilations", "activation")),
        (OTHERS["LSTM"], ("config",), ("num_layers", "input_size")),
        (OTHERS["Linear"], ("config",), ("receptive_field",)),
        (container((1.0, GOOD)), ("config",), ("submodels",)),
        (container((1.0, GOOD)), ("config", "submodels", 0), ("max_value", "model")),
        (container((1.0, GOOD)), ("config", "submodels", 0, "model"), ("version", "weights")),
        (sequential(linear(3)), ("config",), ("models",)),
        (sequential(linear(3)), ("config", "models", 0), ("architecture", "config")),
    ):
        for key in keys:
            where = f"{path[-1]}.{key}" if isinstance(path[-1], str) else key
            yield f"{model['architecture']} without {where}", (drop(*path, key, model=model), f"{key} is missing")


def _films():
    """FiLM, wherever it may stand."""
    for site in FILM_SITES:
        yield f"{site} is true", (with_keys(**{site: True}), f"{site} is true, expected an object")
        yield f"{site} shifts a bit", (with_keys(**{site: {"shift": 1}}), f"{site}.shift is 1, expected true or false")
        yield (
            f"{site} of no groups",
            (with_keys(**{site: {"groups": 0}}), f"{site}.groups is 0, expected a whole number"),
        )


MORE_BROKEN_MODELS = dict(_sizes()) | dict(_required()) | dict(_films())
MORE_BROKEN_MODELS |= {
    "the root's config is a text": (put("config", "big"), "config is big, expected an object"),
    "architecture is an object": (put("architecture", {}), "architecture is an object, expected a text"),
    "architecture is null": (put("architecture", None), "architecture is missing"),
    "version is null": (put("version", None), "version is missing"),
    "version is a list": (put("version", [0, 5, 4]), "version is a list of 3, expected a text"),
    "version with spaces": (put("version", " 0.5.4"), "expected three numbers like"),
    "version of other digits": (put("version", "\u0660.\u0665.\u0664"), "expected three numbers like"),
    "version of a thousand digits": (put("version", "0." + "5" * 1000 + ".4"), "expected three numbers like"),
    "version below zero": (put("version", "0.-5.4"), "expected three numbers like"),
    "weights are null": (put("weights", None), "weights is missing"),
    "weights are an object": (put("weights", {"0": 1.0}), "weights is an object, expected a list of numbers"),
    "weights are nested once": (put("weights", [GOOD["weights"]]), r"weights\[0\] is a list of \d+, expected a number"),
    "an object among the weights": (put("weights", 3, {}), r"weights\[3\] is an object, expected a number"),
    "twice the weights": (
        put("weights", GOOD["weights"] * 2),
        rf"the file holds {2 * WEIGHTS} weights, .* asks for {WEIGHTS}$",
    ),
    "the last weight is bad": (
        put("weights", [0.0] * 499_999 + ["x"]),
        r"weights\[499999\] is x, expected a number",
    ),
    "weights of 300 digits": (put("weights", 0, 10**300), r"not finite in float32 \(first: weights\[0\]\)"),
    "all weights beyond float32": (
        put("weights", [1e300] * WEIGHTS),
        rf"{WEIGHTS} of {WEIGHTS} weights are not finite",
    ),
    "a container without weights": (drop("weights", model=container((1.0, GOOD))), "weights is missing"),
    "a container whose weights are a text": (
        container((1.0, GOOD)) | {"weights": "x"},
        "weights is x, expected a list",
    ),
    "sample rate is true": (put("sample_rate", True), "sample_rate is true, expected a number"),
    "sample rate is negative": (put("sample_rate", -48000), "sample_rate is -48000, expected 8000 to 384000 Hz"),
    "sample rate of nobody": (put("sample_rate", 1e6), "sample_rate is 1000000.0, expected 8000 to 384000 Hz"),
    "sample rate of 400 digits": (put("sample_rate", 10**400), "sample_rate is 1000.*, expected a number"),
    "sample rate in a list": (put("sample_rate", [48000]), "sample_rate is a list of 1, expected a number"),
    "layers are missing": (drop("config", "layers"), "config.layers is missing"),
    "a layer is null": (put("config", "layers", 1, None), r"config.layers\[1\] is null, expected an object"),
    "head scale is infinite": (put("config", "head_scale", 1e999), "contains Infinity"),
    "input channels are zero": (put("config", "in_channels", 0), "config.in_channels is 0, expected a whole number"),
    "a dilation in a list": (put(*ARRAY, "dilations", [1, [2]]), r"dilations\[1\] is a list of 1, expected a whole"),
    "dilations are a number": (put(*ARRAY, "dilations", 4), "dilations is 4, expected a list that is not empty"),
    "dilations are a text": (put(*ARRAY, "dilations", "1248"), "dilations is 1248, expected a list"),
    "100,000 dilations": (put(*ARRAY, "dilations", [1] * 100_000), "asks for 100000 layers, more than the 1024"),
    "kernels of zero": (
        put(*ARRAY, "kernel_sizes", [3, 0], model=drop(*ARRAY, "kernel_size")),
        "kernel_sizes is 0, expected a whole number",
    ),
    "kernel_sizes is empty": (
        put(*ARRAY, "kernel_sizes", [], model=drop(*ARRAY, "kernel_size")),
        "kernel_sizes has 0 entries, expected 2",
    ),
    "activation without a type": (put(*ARRAY, "activation", {"slope": 1}), "activation is null, expected one of"),
    "activation of another type": (put(*ARRAY, "activation", {"type": 7}), "activation is 7, expected one of"),
    "activation in small letters": (put(*ARRAY, "activation", "tanh"), "activation is tanh, expected one of Tanh"),
    "one of the activations is unknown": (
        put(*ARRAY, "activation", ["Tanh", "Sine"]),
        r"activation\[1\] is Sine, expected one of",
    ),
    "slopes are no list": (
        put(*ARRAY, "activation", {"type": "PReLU", "negative_slopes": 0.1}),
        "negative_slopes is 0.1, expected a list that is not empty",
    ),
    "no slopes": (
        put(*ARRAY, "activation", {"type": "PReLU", "negative_slopes": []}),
        "negative_slopes is a list of 0, expected a list that is not empty",
    ),
    "one of the slopes is a text": (
        put(*ARRAY, "activation", {"type": "PReLU", "negative_slopes": [0.1, "x", 0.3]}),
        r"negative_slopes\[1\] is x, expected a number",
    ),
    "a slope beyond float32": (
        put(*ARRAY, "activation", {"type": "LeakyReLU", "negative_slope": 1e39}),
        r"negative_slope is 1e\+39, more than float32 can hold",
    ),
    "a limit beyond float32": (
        put(*ARRAY, "activation", {"type": "LeakyHardtanh", "max_val": -1e300}),
        r"max_val is -1e\+300, more than float32 can hold",
    ),
    "a limit is null in a list": (
        put(*ARRAY, "activation", {"type": "LeakyHardtanh", "min_slope": [0]}),
        "min_slope is a list of 1, expected a number",
    ),
    "slopes of a gated layer are those of its half": (
        with_keys(gating_mode="gated", activation={"type": "PReLU", "negative_slopes": [0.1] * 6}),
        "has 6 slopes, expected 1 or 3",
    ),
    "ConvNet slopes": (
        put("config", "activation", {"type": "PReLU", "negative_slopes": [0.1] * 3}, model=convnet(2)),
        "has 3 slopes, expected 1 or 2",
    ),
    "slopes of the post-stack head": (
        put("config", "head", HEAD | {"activation": {"type": "PReLU", "negative_slopes": [0.1] * 3}}),
        "has 3 slopes, expected 1 or 1",
    ),
    "slopes without end": (
        put(*ARRAY, layer_array(1, 1, 2, (1,) * 100, 1, bottleneck=1024, activation=SLOPES)),
        "the file asks for 33792 slopes, more than the 32768",
    ),
    "gating modes of numbers": (put(*ARRAY, "gating_mode", [0, 1]), "gating_mode is 0, expected none, gated or"),
    "gating mode is an object": (put(*ARRAY, "gating_mode", {}), "gating_mode is an object, expected none, gated"),
    "one second activation is missing": (
        with_keys(gating_mode=["gated", "blended"], secondary_activation=["Tanh", None]),
        r"secondary_activation\[1\] is null, expected an object",
    ),
    "groups of a half": (put(*ARRAY, "groups_input", 0.5), "groups_input is 0.5, expected a whole number"),
    "groups are true": (put(*ARRAY, "groups_input_mixin", True), "groups_input_mixin is true, expected a whole"),
    "layer1x1 is a list": (with_keys(layer1x1=[]), "layer1x1 is a list of 0, expected an object"),
    "layer1x1 is a bit active": (with_keys(layer1x1={"active": 1, "groups": 1}), "layer1x1.active is 1, expected true"),
    "layer1x1 without active": (with_keys(layer1x1={"groups": 1}), "layer1x1.active is missing"),
    "layer1x1 of no groups": (
        with_keys(layer1x1={"active": False, "groups": 0}),
        "layer1x1.groups is 0, expected a whole number",
    ),
    "head1x1 of too many channels": (
        with_keys(head1x1={"active": True, "out_channels": 1025, "groups": 1}),
        "head1x1.out_channels is 1025, expected a whole number from 1 to 1024",
    ),
    "head1x1 groups, though inactive": (
        with_keys(head1x1={"active": False, "out_channels": 3, "groups": -1}),
        "head1x1.groups is -1, expected a whole number",
    ),
    "FiLM groups of the outputs": (
        with_keys(conv_pre_film={"groups": 1024}),
        "conv_pre_film.groups is 1024, expected a divisor of",
    ),
    "FiLM is a bit active": (
        with_keys(conv_post_film={"active": "yes"}),
        "conv_post_film.active is yes, expected true",
    ),
    "head without channels": (with_keys(head={"kernel_size": 1, "bias": True}), "head.out_channels is missing"),
    "head without a kernel": (with_keys(head={"out_channels": 2, "bias": True}), "head.kernel_size is missing"),
    "head without bias": (with_keys(head={"out_channels": 2, "kernel_size": 1}), "head.bias is missing"),
    "head of a negative dilation": (
        with_keys(head={"out_channels": 2, "kernel_size": 1, "bias": True, "head_dilation": -1}),
        "head.head_dilation is -1, expected a whole number",
    ),
    "head is a number": (with_keys(head=2), "head is 2, expected an object"),
    "post-stack head is a list": (put("config", "head", [HEAD]), "config.head is a list of 1, expected an object"),
    "post-stack head of no kernels": (
        put("config", "head", HEAD | {"kernel_sizes": []}),
        "config.head.kernel_sizes is a list of 0, expected a list that is not empty",
    ),
    "post-stack head of a kernel of zero": (
        put("config", "head", HEAD | {"kernel_sizes": [1, 0]}),
        r"config.head.kernel_sizes\[1\] is 0, expected a whole number",
    ),
    "post-stack head of 2,000 layers": (
        put("config", "head", HEAD | {"kernel_sizes": [1] * 2000}),
        "config.head asks for 2000 layers, more than the 1024",
    ),
    "post-stack head of an unknown activation": (
        put("config", "head", HEAD | {"activation": "Softsigmoid"}),
        "config.head.activation is Softsigmoid, expected one of",
    ),
    "condition_dsp is a text": (put("config", "condition_dsp", "LSTM"), "condition_dsp is LSTM, expected an object"),
    "condition_dsp of an unknown rate": (
        put("config", "condition_dsp", drop("sample_rate", model=linear(3))),
        "condition_dsp has a sample rate of none, the model around it 48000 Hz",
    ),
    "condition_dsp of an old version": (
        put("config", "condition_dsp", linear(3) | {"version": "0.4.0"}),
        "config.condition_dsp.version is 0.4.0, expected 0.5.0",
    ),
    "condition_dsp of an unknown kind": (
        put("config", "condition_dsp", linear(3) | {"architecture": "CatWaveNet"}),
        "config.condition_dsp.architecture is CatWaveNet",
    ),
    "ConvNet batch norm is a text": (put("config", "batchnorm", "no", model=convnet(2)), "batchnorm is no, expected"),
    "ConvNet of no blocks": (put("config", "dilations", [], model=convnet(2)), "config.dilations is a list of 0"),
    "ConvNet scaled beyond float32": (
        put(
            "weights",
            4 + 4,
            3e38,
            model=put("weights", 4 + 2, 1e-40, model=put("weights", 12, 0.0, model=convnet(2, (1,)))),
        ),
        "config, block 0: a batch normalisation scales beyond float32",
    ),
    "ConvNet divided by zero": (
        put("weights", 4 + 2, 0.0, model=put("weights", 12, 0.0, model=convnet(2, (1,)))),
        "config, block 0: the variance and eps .* add up to 0, expected more than 0",
    ),
    "ConvNet of a long past": (
        put("config", "dilations", [1 << 20, 1], model=convnet(2)),
        "asks for 1048578 samples of receptive field, more than the 1048576",
    ),
    "ConvNet of two inputs": (convnet(2, inputs=2), "the model has 2 input channels; rig plays mono models only"),
    "Linear with a bias of one": (put("config", "bias", 1, model=linear(3)), "config.bias is 1, expected true or"),
    "Linear of a million taps": (
        put("config", "receptive_field", 1 << 20, model=linear(3)),
        "holds 4 weights, .* asks for 1048577",
    ),
    "Linear of two outputs": (linear(3, outputs=2), "the model has 2 output channels; rig plays mono models only"),
    "LSTM of 129 layers": (
        put("config", "num_layers", 129, model=lstm(1, 3)),
        "config.num_layers is 129, expected a whole number from 1 to 128",
    ),
    "LSTM one weight more": (lstm(1, 3) | {"weights": [0.0] * 71}, "holds 71 weights, .* asks for 70"),
    "Sequential of numbers": (put("config", "models", [1], model=sequential(linear(3))), r"models\[0\] is 1, expected"),
    "Sequential of a broken model": (
        sequential(linear(3), put("weights", [], model=linear(3))),
        r"config.models\[1\] holds 0 weights, .* asks for 4",
    ),
    "Sequential of 2,000 models": (sequential(*[linear(1)] * 2000), "asks for 1025 networks, more than the 1024"),
    "Sequential of two inputs": (sequential(convnet(2, inputs=2)), "the model has 2 input channels; rig plays mono"),
    "Sequential of 30 layers too many": (
        sequential(*[wavenet([1], dilations=(1,) * 1000, kernels=1)] * 17),
        "asks for 17000 layers, more than the 16384",
    ),
    "a submodel is a number": (
        put("config", "submodels", [3], model=container((1.0, GOOD))),
        r"config.submodels\[0\] is 3, expected an object",
    ),
    "submodels are an object": (
        put("config", "submodels", {}, model=container((1.0, GOOD))),
        "config.submodels is an object, expected a list",
    ),
    "a limit is a text": (container(("full", GOOD)), r"submodels\[0\].max_value is full, expected a number"),
    "a limit without end": (container((10**400, GOOD)), r"submodels\[0\].max_value is 1000.*, expected a number"),
    "a stereo submodel": (
        container((1.0, lstm(1, 2, inputs=2))),
        r"config.submodels\[0\].model has 2 input channels; rig plays mono models only",
    ),
    "2,000 submodels": (
        container(*[(i, linear(1)) for i in range(2000)]),
        "asks for 1025 networks, more than the 1024",
    ),
    "networks in networks": (nested(20), r"models\[0\]: networks are nested more than 16 deep"),
    "containers in containers": (nested(20, lambda m: container((1.0, m))), "networks are nested more than 16 deep"),
    "conditions of conditions": (
        nested(20, lambda m: put("config", "condition_dsp", m), GOOD),
        "condition_dsp: networks are nested more than 16 deep",
    ),
    "slimmable is a text": (with_keys(slimmable="yes"), "slimmable is yes, expected an object"),
    "slimming by a number": (with_keys(slimmable={"method": 1}), "slimmable.method is 1, expected slice_channels"),
    "slim widths of nothing": (
        with_keys(slimmable=SLIM | {"kwargs": {"allowed_channels": []}}),
        "allowed_channels is a list of 0, expected a list that is not empty",
    ),
    "slim widths that fall": (
        with_keys(slimmable=SLIM | {"kwargs": {"allowed_channels": [2, 1, 3]}}),
        "allowed_channels must ascend and end with 3",
    ),
    "slim widths beyond the full one": (
        with_keys(slimmable=SLIM | {"kwargs": {"allowed_channels": [3, 4]}}),
        r"allowed_channels\[1\] is 4, expected a whole number from 1 to 3",
    ),
    "slim kwargs are a list": (
        with_keys(slimmable=SLIM | {"kwargs": [1]}),
        "kwargs is a list of 1, expected an object",
    ),
    "a kernel of a million": (
        put(*ARRAY, "kernel_size", 10**6),
        "kernel_size is 1000000, expected a whole number from 1 to 65536",
    ),
    "kernels that add up": (put(*ARRAY, "kernel_size", 40_000), "the file asks for 80000 taps, more than the 65536"),
    "2,000 arrays": (wavenet_of(chain([1] * 2000, dilations=(1,))), "config asks for 1025 layers, more than the 1024"),
    "the widest and deepest": (
        put(*ARRAY, "dilations", [1 << 20] * 1024, model=put(*ARRAY, "channels", 1024)),
        "input_size is 1, expected|channels is|asks for|expected",
    ),
}
