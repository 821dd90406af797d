"""rig: play, capture and compare NAM models and cabinet IRs.

    model, cab = rig.Model.load("models/crunch.nam"), rig.IR.load("irs/4x12.wav")
    sound = rig.Sound(model, cab, interface=rig.Interface.named("apollo-8x").level())
    print(sound.calibration)
    rig.render(sound, "di.wav", "out.wav")

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import RigError

if TYPE_CHECKING:
    from .cabinet.ir import IR
    from .compare import compare_models
    from .engine import Engine
    from .lane import Lane
    from .levels import Level
    from .library.interfaces import Interface
    from .nam import Model
    from .rendering import render
    from .sound import Sound

__version__ = "0.1.0"
__all__ = [
    "IR",
    "Engine",
    "Interface",
    "Lane",
    "Level",
    "Model",
    "RigError",
    "Sound",
    "__version__",
    "compare_models",
    "render",
]

_HOMES = {
    "IR": "cabinet.ir",
    "Engine": "engine",
    "Interface": "library.interfaces",
    "Lane": "lane",
    "Level": "levels",
    "Model": "nam",
    "Sound": "sound",
    "compare_models": "compare",
    "render": "rendering",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rig' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
