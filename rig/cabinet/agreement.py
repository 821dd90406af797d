"""How far two responses agree on how one lies to the other, in words; what hardly agrees is moved by nobody.

Two microphones before one loudspeaker agree well. Two cabinets that have nothing to do with each other have a best lag
too, by chance: nothing may follow from it.
"""

from __future__ import annotations

from typing import Literal

Agreement = Literal["good", "weak", "none"]
GOOD, WEAK = 0.7, 0.4  # from here on; the cabinets that come with rig agree by 0.83 or more


def agreement(confidence: float) -> Agreement:
    """A verdict on the correlation of two responses at their best lag, 0 to 1."""
    return "good" if confidence >= GOOD else "weak" if confidence >= WEAK else "none"


def agreement_in_words(confidence: float) -> str:
    """The verdict with its figure.

    >>> agreement_in_words(0.82), agreement_in_words(0.23)
    ('good (0.82)', 'none (0.23)')
    """
    return f"{agreement(confidence)} ({confidence:.2f})"
