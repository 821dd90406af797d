"""The JSON Schema of the table, of a single row that is sent to us as well: `interfaces.schema.json`.

    python -m rig.library.commons.row_schema > rig/library/interfaces.schema.json

TOML is read as JSON is: tables are objects. What a schema cannot say (two rows of one name, figures that contradict
each other without `disputed`, units, dates to come, hostile text, what tells of a person) `rig interfaces check` adds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .row_fields import (
    LEVELS,
    LICENSE,
    NEEDED,
    NEEDED_OF_OTHER,
    NEEDED_OF_REFERENCE,
    OTHER,
    REFERENCE,
    ROW,
    SCHEMA,
    Field,
)

SCHEMA_FILE = Path(__file__).parents[1] / "interfaces.schema.json"
_LEVELS = [*LEVELS, "line_settings"]


def json_schema() -> dict[str, Any]:
    """All of it, as it is kept in the file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Levels of audio interfaces, version {SCHEMA}",
        "description": "A TOML file of rows [[interface]], each with levels in dBu, basis, source and date.",
        "$comment": f"{LICENSE}. Beyond this, `rig interfaces check` refuses rows of one name, contradictions that are "
        "not marked as disputed, units other than dBu, dates to come, hostile text, and what tells of a person.",
        "type": "object",
        "required": ["schema", "license", "interface"],
        "additionalProperties": False,
        "properties": {
            "schema": {"const": SCHEMA, "description": "version of the form of the table"},
            "license": {"const": LICENSE, "description": "everybody may use the rows for anything"},
            "interface": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/row"}},
            "reference": {"type": "array", "items": {"$ref": "#/$defs/reference"}},
        },
        "$defs": {
            "row": {**_table(ROW, NEEDED), "allOf": _conditions()},
            "other": {
                **_table(OTHER, NEEDED_OF_OTHER),
                "allOf": [{"properties": {"basis": {"not": {"const": "none"}}}}],
                "anyOf": [{"required": [level]} for level in LEVELS],
            },
            "reference": _table(REFERENCE, NEEDED_OF_REFERENCE),
        },
    }


def _table(fields: Mapping[str, Field], needed: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(needed),
        "additionalProperties": False,
        "properties": _properties(fields),
    }


def _properties(fields: Mapping[str, Field]) -> dict[str, Any]:
    return {name: {"description": field.meaning, **field.schema} for name, field in fields.items()}


def _conditions() -> list[dict[str, Any]]:
    def where(key: str, value: Any) -> dict[str, Any]:
        return {"required": [key], "properties": {key: {"const": value}}}

    some_level = {"anyOf": [{"required": [level]} for level in _LEVELS]}
    return [
        {
            "if": where("basis", "none"),
            "then": {"not": {"anyOf": [*some_level["anyOf"], {"required": ["other"]}]}},
            "else": some_level,
        },
        {"if": where("basis", "measured"), "then": {"required": ["method", "meter"]}},
        {"if": where("verified", True), "then": where("basis", "maker")},
        {"if": where("disputed", True), "then": {"required": ["other", "chosen_because"]}},
    ]


def schema_text() -> str:
    """The content of the file."""
    return json.dumps(json_schema(), indent=1) + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")
