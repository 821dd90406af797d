"""Cabinets that are one to the ear: other length, rate, gain, delay or polarity of the same response.

Fingerprints say who may be: those nearer than `CANDIDATE_DB`. Then their responses are compared exactly, channel by
channel, and the differences in dB decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .exact import Difference, Exact, difference
from .nearest import CabinetFingerprints

CANDIDATE_DB = 0.6  # of a made set, pairs that are twins lay within 0.3
TWIN_DB = 0.25  # RMS; half of what trained ears begin to hear of a broad lift or cut
LARGEST_DB = 1.5  # at any twelfth octave: an end that was cut moves the floor of a dip by as much
AGREEMENT = 0.98  # the rest, 14 dB below, is an end that was cut, or a filter's ringing
KEPT = 512  # responses: 100 MB

Response = Callable[[str], Exact | None]


@dataclass(frozen=True, slots=True)
class CabinetTwin:
    """Two contents, and how far they are apart."""

    first: str
    second: str
    difference: Difference


def are_twins(found: Difference) -> bool:
    """Whether nobody tells two of such a difference apart."""
    return found.apart_db <= TWIN_DB and found.largest_db <= LARGEST_DB and found.agreement >= AGREEMENT


def find_cabinet_twins(
    fingerprints: CabinetFingerprints, response: Response, progress: Callable[[int, int], None] | None = None
) -> Iterator[CabinetTwin]:
    """Pairs of twins among different contents; `response` reads one, None where it is not there any more."""
    kept: dict[str, Exact | None] = {}

    def read(sha256: str) -> Exact | None:
        if sha256 not in kept:
            if len(kept) >= KEPT:
                del kept[next(iter(kept))]
            kept[sha256] = response(sha256)
        return kept[sha256]

    count = len(fingerprints)
    for place in range(count):
        for other in fingerprints.neighbours(place, CANDIDATE_DB):
            if other > place:
                first, second = fingerprints.hashes[place], fingerprints.hashes[other]
                one, two = read(first), read(second)
                if one is not None and two is not None and are_twins(found := difference(one, two)):
                    yield CabinetTwin(first, second, found)
        if progress is not None:
            progress(place + 1, count)
