"""What the texts of a row may not hold, and units that are not dBu: each a sentence's end with the way out."""

from __future__ import annotations

import re
import unicodedata

from ...levels import dbu_from_volts_rms
from .interface_names import mixed_scripts

DBV_IN_DBU = dbu_from_volts_rms(1.0)  # 2.2
_TAG = re.compile(r"<[a-z/!?]", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w[\w.]*")
_HOME = re.compile(r"(?:/home/|/Users/|[A-Z]:\\+Users\\+)[^\s/\\]+")
_SERIAL = re.compile(r"\b(?:serial(?: (?:number|no\.?|nr\.?))?|s/n|sn)\b[\s.:#=-]*(?=\w*\d)\w{3,}", re.IGNORECASE)
_AMOUNT = re.compile(r"^\s*([+-]?\d+(?:[.,]\d+)?)\s*([a-zµ][\w -]*)?\s*$", re.IGNORECASE)
_UNIT_OF_KEY = re.compile(r"^(max_\w+?)_(\w+)$")
UNITS = {  # of a level: what has to be added, or None for a voltage
    "dbu": 0.0,
    "dbv": DBV_IN_DBU,
    "dbm": 0.0,  # into 600 ohm, where it is measured so
    "v": None,
    "volt": None,
    "volts": None,
    "vrms": None,
    "v rms": None,
    "v_rms": None,
    "volts_rms": None,
}
OTHER_UNITS = ("db", "dbfs", "vpp", "v pp", "vp", "v_peak", "v_pp", "mv")


def hostile(text: str) -> str | None:
    r"""What in a text does harm where it is shown; None: nothing.

    >>> hostile("page 12"), hostile("a\x1b[2J")
    (None, 'a character that cannot be seen (U+001B)')
    """
    for letter in "" if text.isascii() and text.isprintable() else text:
        if letter != " " and (unicodedata.category(letter)[0] in "C" or letter in "\u2028\u2029"):
            return f"a character that cannot be seen (U+{ord(letter):04X})"
    if _TAG.search(text):
        return "a tag of a web page"
    return None


def personal(text: str) -> str | None:
    """What in a text tells of a person or of one unit; None: nothing.

    >>> personal("Fluke 87V"), personal("Fluke 87V, S/N 12345678"), personal("ask me@example.org")
    (None, 'a serial number', 'an e-mail address')
    """
    for pattern, what in ((_MAIL, "an e-mail address"), (_HOME, "a user's folder"), (_SERIAL, "a serial number")):
        if pattern.search(text):
            return what
    return None


def look_alike(name: str) -> str | None:
    """Why a name is not what it looks like; None: it is."""
    word = mixed_scripts(name)
    return f"letters of two scripts in one word ({word})" if word else None


def level_in_words(text: str) -> str | None:
    """A level that stands in a text with its unit, as the value to write in its place; None: it is no level.

    >>> level_in_words("+12 dBu"), level_in_words("2 dBV"), level_in_words("1,5 V"), level_in_words("loud")
    ('12.0', '4.2', '5.7', None)
    """
    found = _AMOUNT.match(text)
    if not found:
        return None
    number, unit = float(found[1].replace(",", ".")), (found[2] or "dbu").strip().casefold()
    if unit not in UNITS:
        return None
    return _in_dbu(number, unit)


def unit_of_key(key: str) -> tuple[str, str] | None:
    """A key like `max_inst_dbv`, which asks for another unit than dBu: the part before the unit, and the unit."""
    found = _UNIT_OF_KEY.match(key.casefold())
    if not found:
        return None
    for unit in (*UNITS, *OTHER_UNITS):
        if unit != "dbu" and key.casefold().endswith(f"_{unit}"):
            return key.casefold().removesuffix(f"_{unit}"), unit
    return None


def converted(value: object, unit: str) -> str | None:
    """A number in that unit, in dBu; None where that cannot be said."""
    if isinstance(value, bool) or not isinstance(value, int | float) or unit not in UNITS:
        return None
    return _in_dbu(float(value), unit)


def _in_dbu(number: float, unit: str) -> str | None:
    offset_db = UNITS[unit]
    if offset_db is not None:
        return f"{number + offset_db:z.1f}"
    return f"{dbu_from_volts_rms(number):z.1f}" if 0.0 < number < 1e6 else None
