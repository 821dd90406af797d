"""Models of other programs that are JSON as well: named as what they are, with the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RETRAIN = "rig plays .nam files only; train the gear again with the neural-amp-modeler trainer"


def foreign_format(values: Mapping[str, Any]) -> str:
    """What an object without architecture and weights is, to stand behind "JSON, but"."""
    if "model_data" in values and "state_dict" in values:
        return f"a model of GuitarML (Proteus, NeuralPi); {RETRAIN}"
    if "in_shape" in values and "layers" in values:
        return f"a model of AIDA-X or another player on RTNeural; {RETRAIN}"
    if "keras_version" in values or ("class_name" in values and "config" in values):
        return f"a model of Keras; {RETRAIN}"
    if "config" in values and "submodels" in values:
        return "the inside of a container, not a NAM file; name the file it was taken from"
    return "not a NAM file (no architecture and no weights)"
