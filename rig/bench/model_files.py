"""Known shapes as `.nam` files with random weights, always the same, for programs other than rig.

Some players know an official shape by its `config` to the last key, and play any other spelling by their general code.
So the files are spelled as neural-amp-modeler writes them: A1 and LSTM as 0.5.4 did, A2 as 0.13.0 does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .shapes import FILM_SITES, SHAPES, Shape
from .timing import RATE_HZ

SEED = 3
OFFICIAL = tuple(name for name in SHAPES if name.startswith(("A1", "A2", "LSTM", "WaveNet")))


def write_shape(name: str, folder: Path) -> Path:
    """Write one of OFFICIAL as `folder`/`name`.nam; the path."""
    shape = SHAPES[name]
    data = {
        "version": "0.7.0" if _is_a2(shape) else "0.5.4",
        "metadata": {"name": name},
        "architecture": shape.architecture,
        "config": _as_the_trainer_writes(shape),
        "weights": [float(weight) for weight in shape.leaf(np.random.default_rng(SEED)).weights],
        "sample_rate": RATE_HZ,
    }
    path = folder / f"{name.replace('/', '-')}.nam"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def _is_a2(shape: Shape) -> bool:
    return any("kernel_sizes" in array for array in shape.config.get("layers", ()))


def _as_the_trainer_writes(shape: Shape) -> dict[str, Any]:
    if shape.architecture != "WaveNet":
        return shape.config
    spelled = _a2_array if _is_a2(shape) else _a1_array
    return shape.config | {"layers": [spelled(array) for array in shape.config["layers"]]}


def _a1_array(array: dict[str, Any]) -> dict[str, Any]:
    return {"gated": False} | array


def _a2_array(array: dict[str, Any]) -> dict[str, Any]:
    """One value per layer where the short form has one for all, and every feature that is off."""
    layers = len(array["dilations"])
    return array | {
        "activation": [array["activation"]] * layers,
        "bottleneck": array["channels"],
        "head1x1": {"active": False, "out_channels": 1, "groups": 1},
        "layer1x1": {"active": True, "groups": 1},
        "groups_input": 1,
        "groups_input_mixin": 1,
        **{site: {"active": False, "shift": True, "groups": 1} for site in FILM_SITES},
        "gating_mode": ["none"] * layers,
        "secondary_activation": [None] * layers,
        "slimmable": None,
    }
