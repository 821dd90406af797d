"""One JSON object of a `.nam` file, read field by field, with an error that names the file and the field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ...errors import ModelError
from ...files.numbers import is_number
from .number_list import NumberList

MAX_WARNINGS = 30  # per file; who reads more?
LONGEST_PLACE = 120  # characters, of a field in networks in networks
NULL_IS_NORMAL = {"head", "condition_dsp", "slimmable", "secondary_activation", "metadata"}


@dataclass(slots=True)
class Found:
    """What the objects of one file collect together."""

    warnings: list[str] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)  # how much of what the whole file asks for

    def warn(self, text: str) -> None:
        """Note something odd but harmless, once; of very many such notes only the first."""
        if text not in self.warnings and len(self.warnings) <= MAX_WARNINGS:
            full = len(self.warnings) == MAX_WARNINGS
            self.warnings.append("there is more of this kind, not listed here" if full else text)


@dataclass(frozen=True, slots=True)
class Fields:
    """The values of one object; `where` is its place in the file (`config.layers[0]`), empty for the root."""

    file: str  # name with ending
    where: str
    values: dict[str, Any]
    found: Found  # shared by all objects of a file

    def at(self, key: str) -> str:
        """A field's place in the file."""
        place = f"{self.where}.{key}" if self.where else key
        return (
            place if len(place) <= LONGEST_PLACE else f"{place[: LONGEST_PLACE // 2]}...{place[-LONGEST_PLACE // 2 :]}"
        )

    def error(self, text: str) -> ModelError:
        """The error to raise: the file's name and what is wrong."""
        return ModelError(f"{self.file}: {text}")

    def unexpected(self, key: str, expected: str) -> ModelError:
        """The error to raise for a wrong value."""
        return self.error(f"{self.at(key)} is {shown(self.values[key])}, expected {expected}")

    def warn(self, text: str) -> None:
        """Note something odd but harmless."""
        self.found.warn(text)

    def count(self, what: str, more: int, limit: int) -> None:
        """Add to what the whole file asks for; ModelError beyond the limit."""
        total = self.found.totals[what] = self.found.totals.get(what, 0) + more
        if total > limit:
            where = self.where or "the file"
            raise self.error(f"with {where} the file asks for {total} {what}, more than the {limit} it may have")

    def warn_unknown(self, known: Iterable[str]) -> None:
        """Note keys that nobody reads."""
        for key in sorted(self.values.keys() - set(known)):
            self.warn(f"{self.at(shown(key, 40))} is unknown and ignored")

    def get(self, key: str) -> Any:
        """The raw value; None if it is missing or null."""
        value = self.values.get(key)
        if value is None and key in self.values and key not in NULL_IS_NORMAL:
            self.warn(f"{self.at(key)} is null, read as missing")
        return value

    def required(self, key: str) -> Any:
        """The raw value of a field that must be there."""
        value = self.get(key)
        if value is None:
            raise self.error(f"{self.at(key)} is missing")
        return value

    def child(self, key: str) -> Fields:
        """A nested object that must be there."""
        return self.inside(key, self.required(key))

    def inside(self, key: str, value: Any) -> Fields:
        """A nested object, found at `key` (which may be `layers[0]`)."""
        if not isinstance(value, dict):
            raise self.error(f"{self.at(key)} is {shown(value)}, expected an object")
        return Fields(self.file, self.at(key), value, self.found)

    def sequence(self, key: str) -> list[Any]:
        """A list that must be there and hold something."""
        value = self.required(key)
        if not isinstance(value, list) or not value:
            raise self.unexpected(key, "a list that is not empty")
        return value

    def whole(self, key: str, high: int, default: int | None = None) -> int:
        """A whole number from 1 to `high`."""
        value = self.get(key)
        if value is None and default is not None:
            return default
        return self.whole_value(key, self.required(key), high)

    def whole_value(self, key: str, value: Any, high: int) -> int:
        """The same for a value already at hand."""
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole or not 1 <= value <= high:
            raise self.error(f"{self.at(key)} is {shown(value)}, expected a whole number from 1 to {high}")
        return int(value)

    def number(self, key: str) -> float:
        """A finite number that must be there."""
        return self.number_value(key, self.required(key))

    def number_value(self, key: str, value: Any) -> float:
        """The same for a value already at hand."""
        if not is_number(value):
            raise self.error(f"{self.at(key)} is {shown(value)}, expected a number")
        return float(value)

    def boolean(self, key: str, default: bool | None = None) -> bool:
        """True or false."""
        value = self.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(self.required(key), bool):
            raise self.unexpected(key, "true or false")
        return bool(value)

    def text(self, key: str) -> str:
        """A text that must be there."""
        value = self.required(key)
        if not isinstance(value, str):
            raise self.unexpected(key, "a text")
        return value


def shown(value: Any, length: int = 60) -> str:
    """A value as a message shows it: short, on one line."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | NumberList):
        return f"a list of {len(value)}"
    try:
        text = (
            {None: "null", True: "true", False: "false"}[value]
            if value is None or isinstance(value, bool)
            else str(value)
        )
    except ValueError:  # Python refuses to print integers of more than 4300 digits
        text = "a huge number"
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= length else text[: length - 3] + "..."
