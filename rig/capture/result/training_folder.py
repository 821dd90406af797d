"""The ready-to-train folder: what `nam-full` of neural-amp-modeler 0.13.0 reads, and the lines to type.

The pair is cut so that the delay is 0. A WaveNet's target is normalised to -18 dBFS RMS for training, which the trainer
undoes in the finished file; its LSTM export cannot do that, so there it is left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...trainer.layout import TRAIN_START, VALIDATION
from ..signal.training_signal import Signal

TRAINER = "neural-amp-modeler==0.13.0"
PRESETS = {"standard": (16, 8), "lite": (12, 6), "feather": (8, 4), "nano": (4, 2)}  # channels of the two halves
NORMALISE = {"name": "nam.data.normalize_joint_dataset_output", "kwargs": {"level_rms_dbfs": -18.0}}
_LONG = [2**i for i in range(10)]
_SHORT = [[2**i for i in range(7)], [*(2**i for i in range(7, 10)), *_LONG]]


def data_config(delay: int = 0, architecture: str = "WaveNet") -> dict[str, Any]:
    """data.json; paths are those of the capture's folder, from which the trainer is started."""
    config: dict[str, Any] = {
        "train": {"ny": 8192, "start_samples": TRAIN_START, "stop_samples": -VALIDATION},
        "validation": {"ny": None, "start_samples": -VALIDATION},
        "common": {"x_path": "dry.wav", "y_path": "wet.wav", "delay": delay},
    }
    if architecture != "LSTM":
        config["joint"] = [NORMALISE]
    return config


def model_config(preset: str = "standard") -> dict[str, Any]:
    """model.json for a WaveNet of one of PRESETS."""
    channels, half = PRESETS[preset]
    dilations = [_LONG, _LONG] if preset == "standard" else _SHORT
    layers = [
        _layer_array(1, channels, half, False, dilations[0]),
        _layer_array(channels, half, 1, True, dilations[1]),
    ]
    return {
        "net": {"name": "WaveNet", "config": {"layers_configs": layers, "head_scale": 0.02}},
        "loss": {"val_loss": "esr"},
        "optimizer": {"lr": 0.004},
        "lr_scheduler": {"class": "ExponentialLR", "kwargs": {"gamma": 0.993}},
    }


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


def learning_config() -> dict[str, Any]:
    """learning.json."""
    return {
        "train_dataloader": {"batch_size": 16, "shuffle": True, "drop_last": True, "num_workers": 0},
        "val_dataloader": {},
        "trainer": {"max_epochs": 100, "accelerator": "auto"},
    }


_RUN = """\
Training {name}. Type these lines in the folder of the capture (the one with dry.wav and wet.wav).

The trainer wants an environment of its own, about 2 GB:

    python -m venv ~/nam && ~/nam/bin/pip install "{trainer}"

A WaveNet as train/model.json says ({size}; change it there). Needs a GPU for a good result in a reasonable time:

    MPLBACKEND=Agg ~/nam/bin/nam-full --no-show --no-plots \\
        train/data.json train/model.json train/learning.json train/output

An A2 model, as the trainer's window makes it:

    MPLBACKEND=Agg ~/nam/bin/python train/a2.py

Afterwards names, levels and latency are written into a copy of the model:

    rig capture finish . MODEL.nam
"""

_A2 = '''\
"""Trains the network of the official trainer's window on this capture; start it in the folder of the capture."""

from pathlib import Path

from nam.train import core
{patch}
folder = Path("train/output")
folder.mkdir(exist_ok=True)
output = core.train("dry.wav", "wet.wav", str(folder), epochs=100, latency=0, silent=True, modelname={name!r})
output.model.net.export(folder, basename={name!r})
'''

_PATCH = """from nam.train._version import Version

# The trainer knows its signal by hash. Ours has the same layout, so it is told which one that is.
core._detect_input_version = lambda path: (Version(3, 0, 0), False)
"""


def write_training_folder(folder: Path, name: str, signal: Signal, preset: str = "standard") -> None:
    """data.json, model.json, learning.json, a2.py and run.txt into a folder that is made."""
    folder.mkdir()
    for file, content in (
        ("data.json", data_config()),
        ("model.json", model_config(preset)),
        ("learning.json", learning_config()),
    ):
        (folder / file).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    script = _A2.format(patch="" if signal.trainer_knows else _PATCH, name=name)
    (folder / "a2.py").write_text(script, encoding="utf-8")
    text = _RUN.format(name=name, trainer=TRAINER, size=preset)
    (folder / "run.txt").write_text(text, encoding="utf-8")
