"""Whose scores count: the post-screening of ITU-R BS.1534-3, 4.1.2.

A listener is left out
- who gives the hidden reference less than 90 in more than 15 % of the items (here: sections), or
- who gives the mid anchor more than 90 in more than 15 % of them.

Where more than 25 % of the listeners give the mid anchor of an item more than 90, it may not have been degraded enough
there, and nobody is left out for that item: rig leaves such an item out of the second rule altogether. Of fewer than
four listeners, one alone is more than 25 %, so there the second rule leaves out nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HIDDEN_REFERENCE, MID_ANCHOR = 90, 90
SHARE_OF_ITEMS, SHARE_OF_LISTENERS = 0.15, 0.25


@dataclass(frozen=True, slots=True)
class Screened:
    """One listener. Items are counted from 0; `reasons`: why he is left out, as clauses; none: he counts."""

    listener: str
    items: int
    reference_low: tuple[int, ...]  # items whose hidden reference got less than 90
    anchor_high: tuple[int, ...]  # items whose mid anchor got more than 90, and which count for it
    reasons: tuple[str, ...]

    @property
    def counts(self) -> bool:
        """Whether his scores go into the results."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Screening:
    """All listeners. `weak_items`: items whose mid anchor more than 25 % of them took for the reference."""

    listeners: tuple[Screened, ...]
    weak_items: tuple[int, ...]

    @property
    def counting(self) -> tuple[str, ...]:
        """Who counts."""
        return tuple(each.listener for each in self.listeners if each.counts)


def screened(reference: Mapping[str, list[int]], mid_anchor: Mapping[str, list[int]]) -> Screening:
    """From the scores of hidden reference and mid anchor, item by item, of every listener."""
    names = list(reference)
    items = len(reference[names[0]]) if names else 0
    high = {name: [score > MID_ANCHOR for score in mid_anchor[name]] for name in names}
    weak = tuple(i for i in range(items) if sum(high[name][i] for name in names) > SHARE_OF_LISTENERS * len(names))
    found = []
    for name in names:
        low = tuple(i for i, score in enumerate(reference[name]) if score < HIDDEN_REFERENCE)
        above = tuple(i for i in range(items) if high[name][i] and i not in weak)
        left, reasons = items - len(weak), []
        if len(low) > SHARE_OF_ITEMS * items:
            reasons.append(f"hidden reference below {HIDDEN_REFERENCE} in {len(low)} of {items} sections")
        if left and len(above) > SHARE_OF_ITEMS * left:
            reasons.append(f"mid anchor above {MID_ANCHOR} in {len(above)} of {left} sections")
        found.append(Screened(name, items, low, above, tuple(reasons)))
    return Screening(tuple(found), weak)
