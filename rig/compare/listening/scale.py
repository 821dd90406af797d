"""What ITU-R BS.1534-3 (10/2015) fixes: the scale, the conditions of a screen, and what a listener is told.

Its sections are named where a number comes from them.
"""

from __future__ import annotations

from typing import Literal

Kind = Literal["reference", "low anchor", "mid anchor", "candidate"]
KINDS: tuple[Kind, ...] = ("reference", "low anchor", "mid anchor", "candidate")

MOST_CANDIDATES = 8  # with the hidden reference and two anchors 11 are graded; 5.3 wants no more than 12
LOWEST, HIGHEST = 0, 100  # of a score, in whole points
WORDS = ("bad", "poor", "fair", "good", "excellent")  # five equal parts of the scale, from below (5.4, figure 1)
FADE_S = 0.005  # raised cosine, at both ends of a loop (5.3); a switch fades for 10 ms each way, as all of rig's do
SHORTEST_S, LONGEST_S = 0.5, 12.0  # of a loop (5.3), of an excerpt (5.1)
FEWEST_SECTIONS = 5  # excerpts, or 1.5 times the systems under test if that is more (7.1)
ENOUGH_LISTENERS = 20  # "often sufficient" (4.2)
QUESTION = (
    "How close is each sound to the reference? Judge any difference that you hear (basic audio quality). 100: no "
    "difference at all."
)
INSTRUCTIONS = (
    "The reference is among the sounds, hidden, so one or more of them have to be given 100; the worst need not be "
    "given a low score. Listen to the sounds and the reference in any order, as often as you like. Scores of the "
    "training are not kept."
)


def word(score: int) -> str:
    """The word of the scale for a score.

    >>> word(0), word(59), word(60), word(100)
    ('bad', 'fair', 'good', 'excellent')
    """
    return WORDS[min(len(WORDS) - 1, score * len(WORDS) // (HIGHEST - LOWEST))]


def letter(position: int) -> str:
    """What a position is called, counted from 0, wherever a listener sees it.

    >>> letter(0), letter(10)
    ('A', 'K')
    """
    return chr(ord("A") + position)


def sections_wanted(candidates: int) -> int:
    """How many excerpts the recommendation estimates for so many systems under test (7.1).

    >>> sections_wanted(2), sections_wanted(8)
    (5, 12)
    """
    return max(FEWEST_SECTIONS, -(-3 * candidates // 2))
