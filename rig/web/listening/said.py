"""What a listener's page may say beside what every page may: `{"sounds": 2, "piece": 0, "id": 7}`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..messages import LARGEST_ID, Ask, Do, Malformed, Watch, id_in, only, read_object, read_said


@dataclass(frozen=True, slots=True)
class Sounds:
    """A piece of the sounds of a screen is wanted."""

    screen: int
    piece: int
    id: int


Said = Do | Ask | Watch | Sounds


def read_listener(message: str | bytes) -> Said:
    """Any message but the first. Raises Malformed."""
    content = read_object(message)
    if "sounds" in content:
        only(content, "sounds", "piece", "id")
        return Sounds(_count(content, "sounds"), _count(content, "piece"), id_in(content))
    said = read_said(message)
    if isinstance(said, Do | Ask | Watch):
        return said
    raise Malformed("There are no lists in a listening test.")


def _count(content: dict[str, Any], name: str) -> int:
    value = content.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_ID:
        raise Malformed(f"{name} is a whole number, from 0 on.")
    return value
