"""`.nam` files: read, checked completely, and turned into networks.

`Model.load` refuses everything it does not understand with one sentence; afterwards nobody checks again.
"""

from .model import Model
from .row import Row, RowSettings, load_model, one_model

__all__ = ["Model", "Row", "RowSettings", "load_model", "one_model"]
