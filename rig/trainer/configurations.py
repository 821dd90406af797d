"""The networks that the official trainer (neural-amp-modeler 0.13.0) makes, and how rig has it learn a take.

A WaveNet's target is normalised to -18 dBFS RMS for training, which the trainer undoes in the finished file; its LSTM
export cannot do that, so there it is left out.

Small batches and a rate that falls to a twentieth are what gets a model below an ESR of 0.01 in minutes without a GPU:
nano on 60 s of take 0.0073 after 1,666 steps (3 minutes on one core; batches of 16 and a steady rate: 0.027), standard
on 190 s 0.0049 after 1,000 steps (7.6 minutes on two; 0.0069).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .layout import TRAIN_START, VALIDATION

TRAINER = "neural-amp-modeler==0.13.0"
LAST_RATE = 0.05  # of the learning rate, at the end
_CHANNELS = {"standard": (16, 8), "lite": (12, 6), "feather": (8, 4), "nano": (4, 2)}  # of the two halves
_NORMALISE = {"name": "nam.data.normalize_joint_dataset_output", "kwargs": {"level_rms_dbfs": -18.0}}
_LONG = [2**i for i in range(10)]
_SHORT = [[2**i for i in range(7)], [*(2**i for i in range(7, 10)), *_LONG]]
PACKED = {"net": {"name": "PackedWaveNet"}}  # the trainer brings the rest of it along


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one architecture is trained: samples of an example, examples of a step, learning rate, steps in all."""

    example_samples: int
    batch: int
    learning_rate: float
    steps: int
    epoch_steps: int  # after so many it is judged, and can be taken up again


RECIPES = {
    "a2": Recipe(8192, 16, 0.004, 3000, 40),
    "standard": Recipe(4096, 8, 0.006, 1200, 60),
    "lite": Recipe(4096, 8, 0.008, 1500, 80),
    "feather": Recipe(2048, 8, 0.01, 2000, 120),
    "nano": Recipe(2048, 8, 0.01, 2000, 120),
    "lstm": Recipe(8192, 16, 0.01, 1000, 40),
}


def data_config(architecture: str, dry: str = "dry.wav", wet: str = "wet.wav", delay: int = 0) -> dict[str, Any]:
    """data.json; the paths as the trainer shall open them."""
    config: dict[str, Any] = {
        "train": {
            "ny": RECIPES[architecture].example_samples,
            "start_samples": TRAIN_START,
            "stop_samples": -VALIDATION,
        },
        "validation": {"ny": None, "start_samples": -VALIDATION},
        "common": {"x_path": dry, "y_path": wet, "delay": delay},
    }
    if architecture != "lstm":
        config["joint"] = [_NORMALISE]
    return config


def model_config(architecture: str) -> dict[str, Any]:
    """model.json for one of RECIPES; of a2 only its name, as the trainer itself holds its network."""
    if architecture == "a2":
        return dict(PACKED)
    recipe = RECIPES[architecture]
    return {
        "net": _lstm() if architecture == "lstm" else _wavenet(architecture),
        "loss": {"val_loss": "esr"},
        "optimizer": {"lr": recipe.learning_rate},
        "lr_scheduler": {"class": "ExponentialLR", "kwargs": {"gamma": _gamma(recipe)}},
    }


def learning_config(architecture: str) -> dict[str, Any]:
    """learning.json."""
    recipe = RECIPES[architecture]
    return {
        "train_dataloader": {"batch_size": recipe.batch, "shuffle": True, "drop_last": True, "num_workers": 0},
        "val_dataloader": {},
        "trainer": {
            "max_epochs": recipe.steps // recipe.epoch_steps,
            "limit_train_batches": recipe.epoch_steps,
            "accelerator": "auto",
        },
    }


def _gamma(recipe: Recipe) -> float:
    """By which the learning rate falls each epoch, to LAST_RATE in the last."""
    return float(round(LAST_RATE ** (recipe.epoch_steps / recipe.steps), 5))


def _wavenet(architecture: str) -> dict[str, Any]:
    channels, half = _CHANNELS[architecture]
    dilations = [_LONG, _LONG] if architecture == "standard" else _SHORT
    layers = [
        _layer_array(1, channels, half, False, dilations[0]),
        _layer_array(channels, half, 1, True, dilations[1]),
    ]
    return {"name": "WaveNet", "config": {"layers_configs": layers, "head_scale": 0.02}}


def _layer_array(inputs: int, channels: int, outputs: int, bias: bool, dilations: list[int]) -> dict[str, Any]:
    return {
        "input_size": inputs,
        "condition_size": 1,
        "channels": channels,
        "head": {"out_channels": outputs, "kernel_size": 1, "bias": bias},
        "kernel_size": 3,
        "dilations": dilations,
        "activation": "Tanh",
    }


def _lstm() -> dict[str, Any]:
    return {
        "name": "LSTM",
        "config": {"num_layers": 1, "hidden_size": 16, "train_burn_in": 4096, "train_truncate": 512},
    }
