"""How close a model is to the gear: by number (`compare_models`), and by ear (`abx`)."""

from __future__ import annotations

from .models import compare_models
from .score import Comparison, Score

__all__ = ["Comparison", "Score", "compare_models"]
