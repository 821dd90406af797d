"""JSON merge patches (RFC 7396): what has changed in a state."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def patch_between(before: Json, after: Json) -> Json:
    """What makes `after` of `before`; empty: nothing has changed.

    A key that is gone and one that is null cannot be told apart, as in the standard.

    >>> patch_between({"a": 1, "b": {"c": 2, "d": 3}}, {"a": 1, "b": {"c": 5, "d": 3}})
    {'b': {'c': 5}}
    >>> patch_between({"a": 1}, {})
    {'a': None}
    """
    patch: Json = {key: None for key in before if key not in after and before[key] is not None}
    for key, value in after.items():
        old = before.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            inner = patch_between(old, value)
            if inner:
                patch[key] = inner
        elif type(value) is not type(old) or value != old:
            patch[key] = value
    return patch


def patched(state: Json, patch: Json) -> Json:
    """The state after a patch.

    >>> patched({"a": 1, "b": {"c": 2}}, {"b": {"c": None, "d": 4}})
    {'a': 1, 'b': {'d': 4}}
    """
    after = dict(state)
    for key, value in patch.items():
        if value is None:
            after.pop(key, None)
        elif isinstance(value, dict):
            inner = after.get(key)
            after[key] = patched(inner if isinstance(inner, dict) else {}, value)
        else:
            after[key] = value
    return after
