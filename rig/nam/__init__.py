"""`.nam` files: read, checked completely, and turned into networks.

`Model.load` refuses everything it does not understand with one sentence; afterwards nobody checks again.
"""

from .model import Model

__all__ = ["Model"]
