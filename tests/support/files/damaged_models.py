"""Small `.nam` files of every architecture, damaged at random from a seed: their bytes, or what stands in them.

`mutated(seed)` is always the same for the same seed, so a case that fails can be had again.
"""

from __future__ import annotations

import copy
import json
import random
from typing import Any

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

SLOPES = {"type": "PReLU", "negative_slopes": [0.1, -0.2, 1.3]}
HEAD = {"channels": 3, "out_channels": 1, "kernel_sizes": [2, 1], "activation": "Tanh"}
EVERYWHERE = {site: {"active": True, "shift": i % 2 == 0} for i, site in enumerate(FILM_SITES)}
SLIM = {"slimmable": {"method": "slice_channels_uniform", "kwargs": {"allowed_channels": [1, 2, 3]}}}
GATED = {"gating_mode": ["gated", "blended"], "secondary_activation": ["Sigmoid", "Hardtanh"]}
CONDITIONED = {"condition_size": 2, "head1x1": {"active": True, "out_channels": 2, "groups": 1}}
PLAIN = wavenet([3, 2], dilations=(1, 2))
LSTM = lstm(1, 2)
SEEDS = [
    PLAIN,
    PLAIN | {"metadata": {"name": "amp", "loudness": -18.0, "input_level_dbu": 12.0, "date": {"year": 2026}}},
    wavenet([3], dilations=(1, 3), kernels=(2, 3), activation=[SLOPES, {"type": "LeakyReLU", "negative_slope": 0.01}]),
    wavenet([3], dilations=(1, 2), head_kernel=3, head_dilation=2),
    wavenet_of([array | SLIM for array in chain([3], dilations=(1, 2))]),
    wavenet_of(
        [layer_array(4, 1, 1, (1, 2), bottleneck=2, groups_input=2, **GATED, **EVERYWHERE) | CONDITIONED],
        condition=lstm(1, 2, outputs=2),
        post_head=HEAD,
    ),
    wavenet_of([layer_array(2, 1, 1, (1, 2), layer1x1={"active": False, "groups": 1}, gated=True)]),
    LSTM,
    lstm(2, 3),
    convnet(2),
    convnet(3, (1, 2), batchnorm=False, activation={"type": "LeakyHardtanh", "min_val": -0.5}),
    linear(3),
    sequential(convnet(2, (1,), outputs=2), lstm(1, 2, inputs=2)),
    container((0.5, lstm(1, 1)), (1.0, PLAIN)),
]
KEYS = sorted({key for seed in SEEDS for key in json.dumps(seed).split('"')[1::2]})
NUMBERS = [0, 1, -1, 2, 3, 4, 7, 16, 1000, 1024, 1025, 1 << 20, 1 << 31, 1 << 63, 10**30, 10**400]
NUMBERS += [-0.0, 0.5, 1e-40, 1e39, -1e39, 1e300, 3.4e38, 1e20, 48000, 8000, 384000, 44100.5]
VALUES = [None, True, False, "", "Tanh", "none", "PReLU", "\ud800", "\0", [], {}, [[]], [1, 2], {"type": "PReLU"}]
TOKENS = [
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"-0",
    b"9" * 5000,
    b"[" * 3000,
    b'{"":' * 3000,
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
]
TOKENS += [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"\\ud800", b"1" * 400, b" " * 1000, b"0.1e-400"]


def mutated(seed: int) -> bytes:
    """The bytes of one damaged file."""
    rng = random.Random(seed)
    root = {"": copy.deepcopy(rng.choice(SEEDS))}
    in_bytes = rng.random() < 0.2
    if not in_bytes or rng.random() < 0.3:
        for _ in range(1 + int(rng.expovariate(1.0))):
            _mutate(rng, root)
    data = json.dumps(root.get("")).encode()
    if in_bytes:
        for _ in range(1 + int(rng.expovariate(1.0))):
            data = _damage(rng, data)
    return data


def _place(rng: random.Random, root: Any) -> tuple[Any, Any]:
    """A list or object and one of its keys, anywhere; deep places as likely as shallow ones."""
    parent, key = root, rng.choice(_keys(root) or [None])
    while key is not None and _keys(parent[key]) and rng.random() < 0.85:
        parent, key = parent[key], rng.choice(_keys(parent[key]))
    return parent, key


def _keys(value: Any) -> list[Any]:
    return list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []


def _mutate(rng: random.Random, root: Any) -> None:
    parent, key = _place(rng, root)
    if key is None:
        return
    value = parent[key]
    other, other_key = _place(rng, root if rng.random() < 0.5 else {"": copy.deepcopy(rng.choice(SEEDS))})
    match rng.randrange(8):
        case 0:
            del parent[key]
        case 1 if isinstance(parent, list):
            parent[key:key] = [copy.deepcopy(value) for _ in range(rng.choice([1, 1, 2, 50]))]
        case 1 | 2:
            parent[key] = copy.deepcopy(rng.choice(VALUES))
        case 3 if other_key is not None:
            parent[key], other[other_key] = copy.deepcopy(other[other_key]), copy.deepcopy(value)
        case 4 if isinstance(parent, dict):
            parent[rng.choice([rng.choice(KEYS), str(key).upper(), str(key) + "s"])] = parent.pop(key)
        case 5 if isinstance(parent, dict):
            parent[rng.choice(KEYS)] = copy.deepcopy(rng.choice([value, rng.choice(VALUES), rng.choice(NUMBERS)]))
        case 6 if isinstance(value, int | float) and abs(value) < 1e300:
            parent[key] = rng.choice([value + 1, value - 1, value * 2, -value, value * 1e30, float(value), str(value)])
        case _:
            parent[key] = rng.choice(NUMBERS)


def _damage(rng: random.Random, data: bytes) -> bytes:
    at, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    end = min(end, at + rng.choice([1, 4, 30, 1000]))
    match rng.randrange(7):
        case 0:
            return data[:at] + data[end:]
        case 1:
            return data[:end] + data[at:]
        case 2:
            return data[:at]
        case 3:
            return data[:at] + rng.choice(TOKENS) + data[at:]
        case 4:
            return data[:at] + rng.choice(TOKENS) + data[end:]
        case 5:
            other = json.dumps(rng.choice(SEEDS)).encode()
            return data[:at] + other[rng.randrange(len(other)) :]
        case _:
            flipped = bytearray(data)
            if flipped:
                flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
            return bytes(flipped)
