"""The JSON Schema beside the table says what the check says: read here by a small reader of its own."""

import json
import re
import tomllib

import pytest
from bad_rows import BAD, DISPUTED, GOOD

from rig.library.commons.row_schema import SCHEMA_FILE, json_schema, schema_text
from rig.library.interfaces import SHIPPED_TABLE

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "number": (int, float)}
KEYWORDS = {
    *("type", "const", "enum", "required", "properties", "additionalProperties", "items", "minItems", "uniqueItems"),
    *("minimum", "maximum", "minLength", "maxLength", "pattern", "allOf", "anyOf", "not", "if", "then", "else", "$ref"),
}
WORDS = {"$schema", "$defs", "$comment", "title", "description"}


def fits(value, schema, root):
    """Whether a value is valid, by the words of the specification of JSON Schema 2020-12 that this schema uses."""
    if schema is True or schema is False:
        return schema
    assert set(schema) <= KEYWORDS | WORDS, set(schema) - KEYWORDS - WORDS
    return all(RULES[word](value, wanted, schema, root) for word, wanted in schema.items() if word in RULES)


def is_of(value, kind):
    return isinstance(value, TYPES[kind]) and not (kind == "number" and isinstance(value, bool))


def same(value, wanted):
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def of_object(value, wanted, schema, root):
    rest = [key for key in value if key not in schema.get("properties", {})] if isinstance(value, dict) else []
    return all(fits(value[key], wanted, root) for key in rest)


RULES = {
    "type": lambda v, w, s, r: is_of(v, w),
    "const": lambda v, w, s, r: same(v, w),
    "enum": lambda v, w, s, r: any(same(v, each) for each in w),
    "required": lambda v, w, s, r: not isinstance(v, dict) or set(w) <= set(v),
    "properties": lambda v, w, s, r: (
        not isinstance(v, dict) or all(fits(v[key], each, r) for key, each in w.items() if key in v)
    ),
    "additionalProperties": of_object,
    "items": lambda v, w, s, r: not isinstance(v, list) or all(fits(each, w, r) for each in v),
    "minItems": lambda v, w, s, r: not isinstance(v, list) or len(v) >= w,
    "uniqueItems": lambda v, w, s, r: not isinstance(v, list) or len({json.dumps(each) for each in v}) == len(v),
    "minimum": lambda v, w, s, r: not is_of(v, "number") or v != v or v >= w,
    "maximum": lambda v, w, s, r: not is_of(v, "number") or v != v or v <= w,
    "minLength": lambda v, w, s, r: not isinstance(v, str) or len(v) >= w,
    "maxLength": lambda v, w, s, r: not isinstance(v, str) or len(v) <= w,
    "pattern": lambda v, w, s, r: not isinstance(v, str) or re.search(w, v) is not None,
    "allOf": lambda v, w, s, r: all(fits(v, each, r) for each in w),
    "anyOf": lambda v, w, s, r: any(fits(v, each, r) for each in w),
    "not": lambda v, w, s, r: not fits(v, w, r),
    "if": lambda v, w, s, r: fits(v, s.get("then" if fits(v, w, r) else "else", True), r),
    "$ref": lambda v, w, s, r: fits(v, r["$defs"][w.removeprefix("#/$defs/")], r),
}


@pytest.fixture(scope="module")
def schema():
    return json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


def test_the_file_is_what_the_check_knows(schema):
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "python -m rig.library.commons.row_schema"
    assert schema == json_schema()


def test_our_table_and_good_rows_are_valid(schema):
    for text in (SHIPPED_TABLE.read_text(encoding="utf-8"), GOOD, DISPUTED):
        assert fits(tomllib.loads(text), schema, schema)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_invalid_where_a_schema_can_say_so(schema, kind):
    text, _, said = BAD[kind]
    assert fits(tomllib.loads(text), schema, schema) is not said


def test_most_of_what_the_check_says_the_schema_says_too():
    assert sum(said for _, _, said in BAD.values()) > 0.6 * len(BAD)


def test_every_key_says_what_it_means(schema):
    for table in schema["$defs"].values():
        for key, value in table["properties"].items():
            assert len(value["description"]) >= 8, key
