"""What was meant by words that are nowhere: "did you mean"."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Sequence


def corrected(
    words: Sequence[str], is_there: Callable[[str], bool], known: Collection[str], likeness: float
) -> list[str]:
    """The words, each that is nowhere replaced by the one of `known` that is most like it; empty: there is none.

    `likeness`: at least, 0 to 1.

    >>> corrected(["plexi", "cruncj"], {"plexi", "crunch"}.__contains__, ["plexi", "crunch"], 0.8)
    ['plexi', 'crunch']
    """
    found = []
    for word in words:
        near = [word] if is_there(word) else difflib.get_close_matches(word.casefold(), known, 1, likeness)
        if not near:
            return []
        found.append(near[0])
    return found
