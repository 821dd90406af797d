"""The commands for a model that is trained while it plays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..command import Command, action, choice, line
from .following import FOLLOW, Following

T = TypeVar("T")


def training_commands(of: Callable[[T], Following[Any]]) -> tuple[Command[T], ...]:
    """All of them, for whoever has a `Following`, found by `of`."""
    return (
        action("take_trained", "play the model in training that was offered last", lambda p: of(p).take()),
        choice(
            "follow_training",
            "a better model in training: ask, ignore it (off), or play it at once (on)",
            FOLLOW,
            lambda p: of(p).follow,
            lambda p, follow: of(p).choose(follow),
        ),
        line(
            "offer_trained",
            "what `rig train` says: a model in rig's training folder by its name and SHA-256",
            "Model in training (NAME SHA256)",
            lambda p, text: of(p).offer(text),
        ),
    )
