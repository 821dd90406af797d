"""Files that are one sound: the same content twice, the same network under other words, or one capture trained twice.

Fingerprints say who may be: those nearer than `CANDIDATE`. Then both play a guitar that the probe does not hold, and
the ESR between them, with lag, polarity and gain taken out, decides. Who is called a twin is one to the ear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .likeness import esr_between
from .nearest import Fingerprints

CANDIDATE = 0.25  # of a made set, pairs with an ESR below 0.001 lay within 0.09
MOST_NEIGHBOURS = 24  # looked at for each
TWIN_ESR = 0.003  # between the 0.001 that is always meant and the 0.01 that never is
KEPT_ANSWERS = 256  # three seconds each: 150 MB

Answer = Callable[[str], "NDArray[np.float32] | None"]


@dataclass(frozen=True, slots=True)
class Twin:
    """Two contents, and the ESR between what they make of a guitar."""

    first: str
    second: str
    esr: float


def find_twins(
    fingerprints: Fingerprints, answer: Answer, progress: Callable[[int, int], None] | None = None
) -> Iterator[Twin]:
    """Pairs of twins among different contents; `answer` plays the guitar through a content, None where it cannot."""
    kept: dict[str, NDArray[np.float32] | None] = {}

    def played(sha256: str) -> NDArray[np.float32] | None:
        if sha256 not in kept:
            if len(kept) >= KEPT_ANSWERS:
                del kept[next(iter(kept))]
            kept[sha256] = answer(sha256)
        return kept[sha256]

    count = len(fingerprints)
    for place in range(count):
        for other in fingerprints.neighbours(place, CANDIDATE, MOST_NEIGHBOURS):
            if other > place:
                first, second = fingerprints.hashes[place], fingerprints.hashes[other]
                one, two = played(first), played(second)
                apart = None if one is None or two is None else esr_between(one, two)
                if apart is not None and apart < TWIN_ESR:
                    yield Twin(first, second, apart)
        if progress is not None:
            progress(place + 1, count)


def groups(pairs: list[Twin]) -> list[list[str]]:
    """Contents that hang together by twins, the largest group first."""
    home: dict[str, str] = {}

    def root(sha256: str) -> str:
        while home.setdefault(sha256, sha256) != sha256:
            home[sha256] = home[home[sha256]]
            sha256 = home[sha256]
        return sha256

    for pair in pairs:
        home[root(pair.first)] = root(pair.second)
    found: dict[str, list[str]] = {}
    for sha256 in sorted(home):
        found.setdefault(root(sha256), []).append(sha256)
    return sorted(found.values(), key=lambda group: (-len(group), group))
