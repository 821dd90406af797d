"""One model or two from what a person names: `amp.nam`, `pedal.nam+amp.nam`, a list of models."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..errors import ArgumentError
from ..files.row_path import row_parts
from ..scripting.arguments import check_type
from .blend import Blend
from .model import Model
from .row import Row


def one_model(call: str, model: Model | Sequence[Model] | None) -> Model | None:
    """What `call` was given as its model: one, or none, or a list of two, which becomes a row."""
    if not isinstance(model, list | tuple):
        wanted = "a rig.Model, or a list of two that play in a row"
        check_type(call, "model", model, (Model, type(None)), wanted, "load it with rig.Model.load(...)")
        assert model is None or isinstance(model, Model)
        return model
    if not 1 <= len(model) <= 2:
        raise ArgumentError(f"{call}(model=[...]) takes one model, or two that play in a row, not {len(model)}.")
    return one_model(call, model[0]) if len(model) == 1 else Row.of(*model)


def load_model(path: str | os.PathLike[str], size: float = 1.0, blend: float | None = None) -> Model:
    """Read and check a file, or, as in `pedal.nam+amp.nam`, two files that play in a row.

    `blend`: the two play side by side instead, with so much of the second. Raises what `Model.load` raises.
    """
    parts = row_parts(path)
    if parts is None:
        return Model.load(path, size)
    first, second = (Model.load(part, size) for part in parts)
    return Row.of(first, second) if blend is None else Blend.of(first, second, share=blend)
