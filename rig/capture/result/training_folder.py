"""The ready-to-train folder: what `nam-full` of neural-amp-modeler 0.13.0 reads, and the lines to type.

The pair is cut so that the delay is 0.
"""

from __future__ import annotations

import json
from pathlib import Path

from ...trainer.configurations import TRAINER, data_config, learning_config, model_config
from ..signal.training_signal import Signal

_RUN = """\
Training {name}. All lines are typed in the folder of the capture, the one with dry.wav and wet.wav. rig does it all,
and plays it while it learns:

    rig train .

Without rig, the trainer wants an environment of its own, about 2 GB:

    python -m venv ~/nam && ~/nam/bin/pip install "{trainer}"

A WaveNet as train/model.json says ({size}); without a GPU it takes minutes to an hour, by its size:

    MPLBACKEND=Agg ~/nam/bin/nam-full --no-show --no-plots \\
        train/data.json train/model.json train/learning.json train/output

An A2 model, as the trainer's window makes it; without a GPU it takes hours:

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
        ("data.json", data_config(preset)),
        ("model.json", model_config(preset)),
        ("learning.json", learning_config(preset)),
    ):
        (folder / file).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    script = _A2.format(patch="" if signal.trainer_knows else _PATCH, name=name)
    (folder / "a2.py").write_text(script, encoding="utf-8")
    text = _RUN.format(name=name, trainer=TRAINER, size=preset)
    (folder / "run.txt").write_text(text, encoding="utf-8")
