"""What a file says about itself. Nothing here decides whether it plays: a wrong type is unknown, with a warning."""

from __future__ import annotations

from dataclasses import dataclass

from ...files.numbers import is_number
from .fields import Fields, shown

MAX_LEVEL = 60.0  # dB either way; what lies beyond is a mistake and must not reach a loudspeaker


@dataclass(frozen=True, slots=True)
class Metadata:
    """None: the file does not say."""

    name: str | None = None
    modeled_by: str | None = None
    gear_type: str | None = None
    gear_make: str | None = None
    gear_model: str | None = None
    tone_type: str | None = None
    input_level_dbu: float | None = None
    output_level_dbu: float | None = None
    loudness_db: float | None = None


def read_metadata(root: Fields) -> Metadata:
    """The top level's metadata; that of submodels does not count."""
    values = root.get("metadata")
    if values is None:
        return Metadata()
    if not isinstance(values, dict):
        root.warn(f"metadata is {shown(values)}, not an object, and ignored")
        return Metadata()
    fields = root.inside("metadata", values)
    return Metadata(
        name=_text(fields, "name"),
        modeled_by=_text(fields, "modeled_by"),
        gear_type=_text(fields, "gear_type"),
        gear_make=_text(fields, "gear_make"),
        gear_model=_text(fields, "gear_model"),
        tone_type=_text(fields, "tone_type"),
        input_level_dbu=_level(fields, "input_level_dbu"),
        output_level_dbu=_level(fields, "output_level_dbu"),
        loudness_db=_level(fields, "loudness"),
    )


def _text(fields: Fields, key: str) -> str | None:
    value = fields.values.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        fields.warn(f"{fields.at(key)} is {shown(value)}, not a text, and ignored")
        return None
    return " ".join("".join(c if c.isprintable() else " " for c in value).split()) or None


def _level(fields: Fields, key: str) -> float | None:
    value = fields.values.get(key)
    if value is None:
        return None
    if not is_number(value):
        fields.warn(f"{fields.at(key)} is {shown(value)}, not a number, and ignored")
        return None
    if abs(value) > MAX_LEVEL:
        fields.warn(f"{fields.at(key)} is {shown(value)}, beyond {MAX_LEVEL:g} dB either way, and ignored")
        return None
    return float(value)
