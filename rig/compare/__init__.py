"""How close a model is to the gear: by number (`compare_models`), and by ear (`abx`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import compare_models
    from .score import Comparison, Score

__all__ = ["Comparison", "Score", "compare_models"]

_HOMES = {"Comparison": "score", "Score": "score", "compare_models": "models"}


def __getattr__(name: str) -> Any:  # a blind test needs none of the arithmetic
    if name not in _HOMES:
        raise AttributeError(f"module 'rig.compare' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
