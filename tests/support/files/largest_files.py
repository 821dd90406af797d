"""Files that ask for nearly as much as a file may, each in its own way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model_files import FILM_SITES, layer_array, linear, lstm, sequential, wavenet, wavenet_of

SLOPES = {"type": "PReLU", "negative_slopes": [i / 1024 for i in range(1024)]}


def largest() -> Iterator[tuple[str, dict[str, Any]]]:
    """What it has most of, and the model."""
    last = {"head_bias": True}
    yield "past", wavenet([3], dilations=(1040,) * 500)
    yield "layers", wavenet([3], dilations=(100,) * 1022)
    yield "past of few layers", wavenet([2], dilations=((1 << 18) - 20,) * 2)
    yield "weights", wavenet([240], dilations=(1, 3))
    yield "channels", wavenet_of([layer_array(1024, 1, 1, (1,) * 14, bottleneck=1, **last)])
    yield "taps", wavenet([2], dilations=(1,), kernels=65_536)
    yield "slopes", wavenet_of([layer_array(1, 1, 1, (1,) * 14, 1, bottleneck=1024, activation=SLOPES, **last)])
    yield "FiLM", wavenet([3], dilations=(1,) * 1000, **{site: {} for site in FILM_SITES[:7]})
    yield "impulse response", linear(499_999)
    yield "networks", sequential(*[linear(100)] * 1023)
    yield "units of an LSTM", lstm(1, 350)
    yield "layers of an LSTM", lstm(128, 8)


def write_largest(folder: Path, every: int = 1) -> Iterator[tuple[str, Path]]:
    """Every one, or every third, say, as a file."""
    for i, (name, model) in list(enumerate(largest()))[::every]:
        path = folder / f"large {i}.nam"
        path.write_text(json.dumps(model | {"weights": [round(weight, 5) for weight in model["weights"]]}))
        yield name, path
