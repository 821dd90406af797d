"""What a client may say, checked to the last field; anything else is refused in a sentence.

{"token": "...", "client": "k3jx...", "protocol": 1, "name": "phone"}      the first message
{"do": "volume", "value": -12, "id": 7, "of": 1}
{"list": "models", "id": 8}
{"library": "find", "query": "plexi crunch", "sort": "name", "down": false, "from": 0, "count": 100, "id": 9}
{"ask": "state"}
{"watch": {"meters": true, "spectra": false}}
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from ..errors import RigError

VERSION = 1  # of the protocol
MOST_BYTES = 64 << 10  # of a message
LONGEST_TOKEN, LONGEST_NAME, LONGEST_COMMAND, LONGEST_TEXT = 128, 40, 64, 1000  # characters
LARGEST_ID = 1 << 53  # what a number of JavaScript holds
LONGEST_QUERY, MOST_ROWS = 200, 200  # characters, and rows of a table at once
ORDERS = ("", "name", "folder", "gear", "tone", "architecture", "cost", "level")  # of a table
_CLIENT = re.compile(r"[A-Za-z0-9_-]{8,64}")
_CONTENT = re.compile(r"[0-9a-f]{64}")


class Malformed(RigError):
    """A message that is none."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """The first message. `client`: drawn at random, the same after a reconnect."""

    token: str
    client: str
    protocol: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Do:
    """A command. `of`: which files an index was taken from; None: it does not matter."""

    name: str
    value: float | bool | str | None
    id: int
    of: int | None = None


@dataclass(frozen=True, slots=True)
class List:
    """A list is wanted."""

    name: str
    id: int


@dataclass(frozen=True, slots=True)
class Ask:
    """All of the state is wanted."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Which binary frames are wanted from now on."""

    meters: bool
    spectra: bool


@dataclass(frozen=True, slots=True)
class Search:
    """Something of the library of models is wanted. `of`: a content, by its hash; `place`: on the map of that `rev`."""

    what: str  # find, like, map, places or model
    id: int
    query: str = ""
    sort: str = ""
    down: bool = False
    begin: int = 0
    count: int = 100
    of: str | None = None
    place: int | None = None
    rev: int | None = None


Said = Do | List | Ask | Watch | Search


def read_greeting(message: str | bytes) -> Greeting:
    """The first message. Raises Malformed."""
    content = read_object(message)
    only(content, "token", "client", "protocol", "name")
    token, client, protocol = content.get("token"), content.get("client"), content.get("protocol", VERSION)
    name = content.get("name", "")
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN:
        raise Malformed('The first message is {"token": "...", "client": "..."}.')
    if not isinstance(client, str) or not _CLIENT.fullmatch(client):
        raise Malformed("client is 8 to 64 letters, digits, - and _, drawn at random.")
    if isinstance(protocol, bool) or not isinstance(protocol, int):
        raise Malformed("protocol is a whole number.")
    if not isinstance(name, str) or len(name) > LONGEST_NAME or not name.isprintable():
        raise Malformed(f"name is one line of at most {LONGEST_NAME} characters.")
    return Greeting(token, client, protocol, name)


def read_said(message: str | bytes) -> Said:
    """Any later message. Raises Malformed."""
    content = read_object(message)
    if "do" in content:
        only(content, "do", "value", "id", "of")
        return Do(_name(content["do"]), _value(content.get("value")), id_in(content), _of(content))
    if "list" in content:
        only(content, "list", "id")
        return List(_name(content["list"]), id_in(content))
    if "watch" in content:
        only(content, "watch")
        return _watch(content["watch"])
    if "library" in content:
        return _search(content)
    if content == {"ask": "state"}:
        return Ask()
    raise Malformed("A message is a do, a list, a library, a watch or an ask.")


def id_of(message: str | bytes) -> int | None:
    """The id of a message that is refused, so that its sender knows which; None: it has none."""
    try:
        return id_in(read_object(message))
    except Malformed:
        return None


def read_object(message: str | bytes) -> dict[str, Any]:
    """The object that a message holds. Raises Malformed."""
    if not isinstance(message, str):
        raise Malformed("A message is text, and holds one JSON object.")
    if len(message) > MOST_BYTES:
        raise Malformed(f"A message is at most {MOST_BYTES >> 10} kB.")
    if any(message.count(bracket) > 8 for bracket in "[{"):
        raise Malformed("A message holds one JSON object, and hardly another one in it.")
    try:
        content = json.loads(message, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Malformed("A message holds one JSON object.") from None
    if not isinstance(content, dict):
        raise Malformed("A message holds one JSON object.")
    return content


def _no_number(text: str) -> None:
    raise ValueError(text)


def only(content: dict[str, Any], *keys: str) -> None:
    """Raises Malformed where there is anything but these."""
    if not content.keys() <= set(keys):
        raise Malformed(f"A message like this holds {', '.join(keys)} and nothing else.")


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= LONGEST_COMMAND:
        raise Malformed("A command and a list have a name.")
    return value


def _value(value: Any) -> float | bool | str | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if abs(value) > LARGEST_ID or not math.isfinite(value):
            raise Malformed("A value is a number that can be reckoned with.")
        return value
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
            raise Malformed("A text is one line, without control characters.")
        return value
    raise Malformed(f"A value is true, false, a number, or a text of at most {LONGEST_TEXT} characters.")


def id_in(content: dict[str, Any]) -> int:
    """Its id. Raises Malformed."""
    value = content.get("id")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_ID:
        raise Malformed("id is a whole number, larger than the one before.")
    return value


def _of(content: dict[str, Any]) -> int | None:
    value = content.get("of")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_ID:
        raise Malformed("of is the whole number that a list calls files.")
    return value


def _watch(value: Any) -> Watch:
    if not isinstance(value, dict) or not value.keys() <= {"meters", "spectra"}:
        raise Malformed('watch is {"meters": true, "spectra": false}.')
    meters, spectra = value.get("meters", False), value.get("spectra", False)
    if not isinstance(meters, bool) or not isinstance(spectra, bool):
        raise Malformed("watch holds true and false.")
    return Watch(meters, spectra)


_OF_SEARCHES = {  # what may stand beside the id
    "find": ("query", "sort", "down", "from", "count"),
    "like": ("of", "count"),
    "map": (),
    "places": ("query",),
    "model": ("of", "place", "rev"),
}


def _search(content: dict[str, Any]) -> Search:
    what = content["library"]
    if not isinstance(what, str) or what not in _OF_SEARCHES:
        raise Malformed("library is find, like, map, places or model.")
    only(content, "library", "id", *_OF_SEARCHES[what])
    query, sort, down, of = (content.get(name) for name in ("query", "sort", "down", "of"))
    if query is not None and not (isinstance(query, str) and len(query) <= LONGEST_QUERY and query.isprintable()):
        raise Malformed(f"query is one line of at most {LONGEST_QUERY} characters.")
    if sort is not None and sort not in ORDERS:
        raise Malformed(f"sort is one of {', '.join(ORDERS[1:])}.")
    if down is not None and not isinstance(down, bool):
        raise Malformed("down is true or false.")
    if of is not None and not is_content(of):
        raise Malformed("of is the content of a model: 64 digits, as a list of the library holds it.")
    count = _whole(content, "count", MOST_ROWS)
    return Search(
        what,
        id_in(content),
        query or "",
        sort or "",
        bool(down),
        _whole(content, "from", LARGEST_ID) or 0,
        100 if count is None else count,
        of,
        _whole(content, "place", LARGEST_ID),
        _whole(content, "rev", LARGEST_ID),
    )


def is_content(value: Any) -> bool:
    """Whether it is the SHA-256 of a content, in hex."""
    return isinstance(value, str) and _CONTENT.fullmatch(value) is not None


def _whole(content: dict[str, Any], name: str, most: int) -> int | None:
    value = content.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Malformed(f"{name} is a whole number up to {most}.")
    return value
