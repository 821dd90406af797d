"""Lists of thousands of numbers, read out of the text of a file before Python makes an object of each.

Reading the weights is most of the reading of a `.nam` file: Python's JSON makes 14,000 floats of an A1 standard one by
one, in ten times the time that a compiled loop takes. That loop reads what trainers write, and nothing else: plain
numbers that float32 holds, between `"weights": [` and `]`. Whatever is otherwise is left in the text for Python, which
says what is wrong with it. So there is one set of rules and sentences, and this is a shorter way to the same numbers.

The same to the last bit: a number is computed to a few units in the last place of a double, and where float32 might
round it to either side of that, the list is left to Python.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dsp.native.address import Address
from ...dsp.native.compile import entry, kernel
from ...dsp.native.pointers import doubles, int64, ints, octets

KEY = b'"weights"'
OPENING = re.compile(rb"[ \t\r\n]*+:[ \t\r\n]*+\[")
ESCAPE = 0x5C  # a backslash
DIGITS = 18  # that are kept of a number: an int64 holds them
MOST_DROPPED = 200  # digits behind these
LONGEST_EXPONENT = 66  # times ten to this at most: float32 ends far before
FAR_OFF = 10_000  # the same, where it is larger still
EXACT_POWERS = 22  # the largest power of ten that a double holds exactly
LEAST, MOST = 2.0**-126, float(np.finfo(np.float32).max)  # what float32 holds with all its bits, beside 0
DROPPED_BITS = 29  # of a double, where it becomes a float32
MARGIN = 16  # units in the last place of a double: more than four roundings and the digits that were dropped
MOST_LISTS = 1024  # that are tried
_POWERS = np.array([10.0**k for k in range(EXACT_POWERS + 1)])


@dataclass(frozen=True, slots=True, eq=False)
class NumberList:
    """A list of plain numbers, as float32, read-only."""

    numbers: NDArray[np.float32]

    def __len__(self) -> int:
        return self.numbers.size


def take_lists(data: bytes, most_numbers: int) -> tuple[bytes, list[NumberList]]:
    """The text with a `NaN` in place of each list of weights that was read, and these lists, in order.

    Lists of more than `most_numbers` are left where they are; so is all as long as the loop has not been compiled.
    """
    lists: list[NumberList] = []
    if not _is_compiled():
        return data, lists
    kept, done, at = [], 0, data.find(KEY)
    for _ in range(MOST_LISTS):
        if at < 0:
            break
        opening = OPENING.match(data, at + len(KEY))
        behind = at + len(KEY)
        # Behind a backslash the quote belongs to a text.
        if opening is not None and (at == 0 or data[at - 1] != ESCAPE):
            found = _numbers_at(data, opening.end(), most_numbers)
            if found is not None:
                lists.append(found[0])
                behind = found[1]
                kept += [data[done : opening.end() - 1], b"NaN"]
                done = behind
        at = data.find(KEY, behind)
    return b"".join([*kept, data[done:]]) if lists else data, lists


def _numbers_at(data: bytes, start: int, most_numbers: int) -> tuple[NumberList, int] | None:
    """The list behind its opening bracket, and where the text goes on behind it; None: something else is there."""
    room = min((len(data) - start) // 2 + 1, most_numbers)  # a number and its comma are two bytes at least
    values, count = np.empty(room), np.zeros(1, np.int64)
    text = np.frombuffer(data, np.uint8).ctypes.data + start
    read = read_numbers(text, values.ctypes.data, _POWERS.ctypes.data, count.ctypes.data, room)
    if read < 0:
        return None
    values = values[: count[0]]
    sizes = np.abs(values)
    if not ((sizes <= MOST) & ((sizes >= LEAST) | (sizes == 0.0))).all():
        return None
    from_the_middle = (values.view(np.int64) & ((1 << DROPPED_BITS) - 1)) - (1 << (DROPPED_BITS - 1))
    if (np.abs(from_the_middle) <= MARGIN).any():
        return None
    numbers = values.astype(np.float32)
    numbers.setflags(write=False)
    return NumberList(numbers), start + int(read)


_compiled = False


def _is_compiled() -> bool:
    """Whether the loop lies ready on disk: nobody waits for a compiler to read a file."""
    global _compiled
    _compiled = _compiled or read_numbers.is_kept
    return _compiled


# ---------------------------------------------------------------- the loop
@kernel
def _behind_space(x: Any, i: int) -> int:
    while x[i] == 32 or (9 <= x[i] <= 13 and x[i] != 11 and x[i] != 12):
        i += 1
    return i


@kernel
def _digit(x: Any, i: int) -> bool:
    return 48 <= x[i] <= 57


@entry("llllll")
def read_numbers(x: Address, y: Address, powers: Address, count: Address, room: int) -> int:
    """Read the text at x up to the bracket that closes the list; how many bytes that are, -1: it is no plain list.

    The numbers go to float64[room] at y, how many to int64 at `count`; `powers`: float64[23]. The text ends with a zero
    byte, as those of Python do, so nothing is read behind it.
    """
    text, values, tens, told = octets(x), doubles(y), doubles(powers), ints(count)
    i, n = 0, 0
    while True:
        i = _behind_space(text, i)
        negative = text[i] == 45
        if negative:
            i += 1
        if not _digit(text, i) or n == room or (text[i] == 48 and _digit(text, i + 1)):
            return -1
        mantissa, exponent, kept, dropped = 0, 0, 0, 0
        whole = True
        while True:
            if text[i] == 46:
                if not whole or not _digit(text, i + 1):
                    return -1
                whole = False
                i += 1
            if not _digit(text, i):
                break
            if kept < DIGITS:
                mantissa = 10 * mantissa + (int64(text[i]) - 48)
                kept += 1 if mantissa > 0 else 0
                exponent -= 0 if whole else 1
            else:
                dropped += 1
                exponent += 1 if whole else 0
            i += 1
        if text[i] == 69 or text[i] == 101:
            whole = False
            i += 1
            below = text[i] == 45
            if below or text[i] == 43:
                i += 1
            if not _digit(text, i):
                return -1
            power = 0
            while _digit(text, i):
                power = min(10 * power + (int64(text[i]) - 48), FAR_OFF)
                i += 1
            exponent += -power if below else power
        if dropped > MOST_DROPPED or abs(exponent) > LONGEST_EXPONENT or (whole and negative and mantissa == 0):
            return -1
        value = np.float64(mantissa)
        while exponent < 0:
            step = min(-exponent, EXACT_POWERS)
            value /= tens[step]
            exponent += step
        while exponent > 0:
            step = min(exponent, EXACT_POWERS)
            value *= tens[step]
            exponent -= step
        values[n] = -value if negative else value
        n += 1
        i = _behind_space(text, i)
        if text[i] == 93:
            told[0] = n
            return i + 1
        if text[i] != 44:
            return -1
        i += 1
