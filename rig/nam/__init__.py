"""`.nam` files: read, checked completely, and turned into networks.

`Model.load` refuses everything it does not understand with one sentence; afterwards nobody checks again.
"""

from .batch import render_batch
from .blend import Blend
from .loading import load_model, one_model
from .model import Model
from .pair import Pair
from .row import Row

__all__ = ["Blend", "Model", "Pair", "Row", "load_model", "one_model", "render_batch"]
