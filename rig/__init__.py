"""rig: play, capture and compare NAM models and cabinet IRs.

    model, cab = rig.Model.load("models/crunch.nam"), rig.IR.load("irs/4x12.wav")
    sound = rig.Sound(model, cab, interface=rig.Interface.named("apollo-8x"))
    print(sound.calibration)
    rig.render(sound, "di.wav", "out.wav")  # or sound.render(samples, 48000)

What stands in `__all__` is public and stays; every error is in `rig.errors`. Nothing heavy is imported before it is
used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import errors
from .errors import RigError

if TYPE_CHECKING:
    from .cabinet.ir import IR
    from .catalogue.library import Library
    from .compare import Comparison, compare_models
    from .dsp.tone.equalizer import EqBand
    from .engine import Engine
    from .files import bundled
    from .lane import Lane
    from .levels import Level
    from .library.interfaces import Interface
    from .nam import Blend, Model, Row, render_batch
    from .rendering import Rendered, render
    from .sound import Sound

__version__ = "0.1.0"
__all__ = [
    "IR",
    "Blend",
    "Comparison",
    "Engine",
    "EqBand",
    "Interface",
    "Lane",
    "Level",
    "Library",
    "Model",
    "Rendered",
    "RigError",
    "Row",
    "Sound",
    "__version__",
    "bundled",
    "compare_models",
    "errors",
    "render",
    "render_batch",
]

_HOMES = {  # the module each name is imported from when it is used first
    "IR": "cabinet.ir",
    "Blend": "nam",
    "Comparison": "compare",
    "Engine": "engine",
    "EqBand": "dsp.tone.equalizer",
    "Interface": "library.interfaces",
    "Lane": "lane",
    "Level": "levels",
    "Library": "catalogue.library",
    "Model": "nam",
    "Rendered": "rendering",
    "Row": "nam",
    "Sound": "sound",
    "compare_models": "compare",
    "render": "rendering",
    "render_batch": "nam",
}
_MODULES = {"bundled": "files.bundled"}  # the same for modules

if not TYPE_CHECKING:  # a type checker that saw this would believe in any name

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name in _MODULES:
            value = import_module(f".{_MODULES[name]}", __name__)
        elif name in _HOMES:
            value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        else:
            raise AttributeError(f"module 'rig' has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
