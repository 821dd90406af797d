"""How a chain of networks (`Sequential`) is written: three forms, told apart by what stands in them.

NeuralAmpModelerCore reads complete NAM objects, in a list `models` (or `layers`), each as it is or inside `{"model":
...}`. The neural-amp-modeler trainer, up to 0.13, writes their configurations alone, without a word about what they
are, and one list with the weights of all, one behind the other.
"""

from __future__ import annotations

from typing import Any

from ..format.fields import Fields

# What only the configuration of this architecture has; a chain in a chain has neither of the others' keys.
SIGNS = {"layers": "WaveNet", "hidden_size": "LSTM", "batchnorm": "ConvNet", "receptive_field": "Linear"}


def chain_entries(config: Fields) -> tuple[str, list[tuple[str, Any]]]:
    """The key of the list, and each network with its place in the file."""
    key = "layers" if "models" not in config.values and "layers" in config.values else "models"
    entries = []
    for i, entry in enumerate(config.sequence(key)):
        wrapped = isinstance(entry, dict) and "model" in entry and "architecture" not in entry
        entries.append((f"{key}[{i}].model", entry["model"]) if wrapped else (f"{key}[{i}]", entry))
    return key, entries


def is_bare(entry: Any) -> bool:
    """Whether it is a configuration alone: no object with an architecture and weights of its own."""
    return isinstance(entry, dict) and "architecture" not in entry and "weights" not in entry and "version" not in entry


def bare_model(fields: Fields) -> tuple[str, Fields]:
    """The architecture of a configuration that stands alone, and the configuration."""
    values = fields.values
    named = values.get("name")
    if isinstance(named, str) and isinstance(values.get("config"), dict):  # as the trainer is asked for a network
        return named, fields.child("config")
    if "models" in values:
        return "Sequential", fields
    for sign, architecture in SIGNS.items():
        if sign in values:
            return architecture, fields
    raise fields.error(f"{fields.where} does not say what it is, and none of {', '.join(SIGNS)} stands in it")
