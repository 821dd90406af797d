"""Everything public of `rig`, one line each, with its signature. Prints what `public_api.txt` has to hold:

python tests/library/public_api.py > tests/library/public_api.txt
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from typing import Any

import rig


def lines() -> list[str]:
    """All of it, by name."""
    return [line for name in sorted(rig.__all__) for line in _described(name, getattr(rig, name))]


def signatures() -> dict[str, Callable[..., Any]]:
    """Every public function, method and constructor by its name."""
    return dict(found for name in rig.__all__ for found in _callables(name, getattr(rig, name)))


def _described(name: str, value: object) -> Iterator[str]:
    if isinstance(value, types.ModuleType):
        yield f"{name}: module"
    elif callable(value):
        if isinstance(value, type):
            yield from (f"{name}.{key}: {type_}" for key, type_ in _attributes(value))
        yield from (f"{found}{inspect.signature(function)}" for found, function in _callables(name, value))
    else:
        yield f"{name}: {type(value).__name__}"


def _callables(name: str, value: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    if isinstance(value, types.FunctionType):
        yield name, value
    elif isinstance(value, type) and not issubclass(value, Exception):
        yield name, value
        for key in sorted(vars(value)):
            member = inspect.getattr_static(value, key)
            if not key.startswith("_") and isinstance(member, types.FunctionType | classmethod | staticmethod):
                yield f"{name}.{key}", getattr(value, key)


def _attributes(kind: type) -> Iterator[tuple[str, str]]:
    """Fields of a dataclass and properties, with their types as written."""
    for key, type_ in sorted(vars(kind).get("__annotations__", {}).items()):
        if not key.startswith("_"):
            yield key, str(type_)
    for key, member in sorted(vars(kind).items()):
        if isinstance(member, property) and not key.startswith("_"):
            assert member.fget is not None
            yield key, str(member.fget.__annotations__.get("return"))


if __name__ == "__main__":
    print("\n".join(lines()))
