"""What was captured, in the words of the `.nam` format."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from ...errors import CaptureError
from ..entered_text import checked_text

GearType = Literal["amp", "pedal", "pedal_amp", "amp_cab", "amp_pedal_cab", "preamp", "studio"]
ToneType = Literal["clean", "overdrive", "crunch", "hi_gain", "fuzz"]
GEAR_TYPES: tuple[GearType, ...] = get_args(GearType)
TONE_TYPES: tuple[ToneType, ...] = get_args(ToneType)


@dataclass(frozen=True, slots=True)
class Gear:
    """Goes into the finished model; None: not said."""

    name: str | None = None
    modeled_by: str | None = None
    gear_type: GearType | None = None
    gear_make: str | None = None
    gear_model: str | None = None
    tone_type: ToneType | None = None

    def __post_init__(self) -> None:
        for what, value, known in (
            ("gear type", self.gear_type, GEAR_TYPES),
            ("tone type", self.tone_type, TONE_TYPES),
        ):
            if value is not None and value not in known:
                raise CaptureError(f"A {what} of {value!r} is unknown; it is one of {', '.join(known)}.")
        for field in fields(self):
            checked_text(getattr(self, field.name), field.name.replace("_", " "))

    def to_json(self) -> dict[str, Any]:
        """For the sidecar, and for the metadata of a model."""
        return {
            "name": self.name,
            "modeled_by": self.modeled_by,
            "gear_type": self.gear_type,
            "gear_make": self.gear_make,
            "gear_model": self.gear_model,
            "tone_type": self.tone_type,
        }
