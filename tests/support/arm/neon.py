"""What an instruction of aarch64 is, by its bits, as far as counting needs it.

The encodings are those of the Arm Architecture Reference Manual for A-profile, chapter C4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

# name: (mask, bits) of each encoding
_FORMS = {
    "multiply_adds": [  # FMLA, FMLS on four floats: by vector, by element
        (0xFFE0FC00, 0x4E20CC00),
        (0xFFE0FC00, 0x4EA0CC00),
        (0xFFC0F400, 0x4F801000),
        (0xFFC0F400, 0x4F805000),
    ],
    "half_multiply_adds": [  # the same on two floats
        (0xFFE0FC00, 0x0E20CC00),
        (0xFFE0FC00, 0x0EA0CC00),
        (0xFFC0F400, 0x0F801000),
        (0xFFC0F400, 0x0F805000),
    ],
    "scalar_multiply_adds": [(0xFFC00000, 0x1F000000)],  # FMADD, FMSUB, FNMADD, FNMSUB on one float
    "divisions": [(0xFFE0FC00, 0x6E20FC00)],  # FDIV on four floats
    "scalar_divisions": [(0xFFE0FC00, 0x1E201800), (0xFFE0FC00, 0x1E601800)],  # on one float, on one double
}
_SIMD = (0x0E000000, 0x0E000000)  # data processing, scalar floating point and SIMD
_MEMORY = (0x0A000000, 0x08000000)  # loads and stores
_PREFETCH = ((0xFFC00000, 0xF9800000), (0xFFE00C00, 0xF8A00800), (0xFFE00C00, 0xF8800000))
_PAIR_OF_VECTORS = (0xFC000000, 0xAC000000)  # LDP, STP of two times 128 bits
_LOADS = 1 << 22
KINDS = ("instructions", *_FORMS, "simd", "loads", "stores")


def _is(word: int, form: tuple[int, int]) -> bool:
    return word & form[0] == form[1]


def kinds_of(words: Iterable[int]) -> Counter[str]:
    """How many there are of each of KINDS; `simd` holds all of _FORMS, and a pair of vectors counts as two accesses."""
    found: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
    for word in words:
        found["instructions"] += 1
        if _is(word, _SIMD):
            found["simd"] += 1
            for name, forms in _FORMS.items():
                found[name] += any(_is(word, form) for form in forms)
        elif _is(word, _MEMORY):
            asks = word & _LOADS or any(_is(word, form) for form in _PREFETCH)
            found["loads" if asks else "stores"] += 2 if _is(word, _PAIR_OF_VECTORS) else 1
    return found
