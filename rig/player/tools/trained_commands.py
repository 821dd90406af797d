"""Models that come from a training, as commands."""

from __future__ import annotations

from collections.abc import Callable

from ..command import Command, T, action, choice, line
from .trained import FOLLOWS, Trained


def trained_commands(trained: Callable[[T], Trained]) -> tuple[Command[T], ...]:
    """All that can be done with them."""
    return (
        choice(
            "follow_training",
            "a better model that rig train has learnt: ask, play it at once, or not",
            FOLLOWS,
            lambda p: trained(p).follow,
            lambda p, follow: trained(p).set_follow(follow),
        ),
        action("take_trained", "play the model that is being trained", lambda p: trained(p).take()),
        line(
            "offer_trained",
            "what rig train says to a rig that plays",
            "Name and SHA-256",
            lambda p, text: trained(p).offer(text),
        ),
    )
