"""Lengths of time, for people."""

from __future__ import annotations


def minutes(seconds: float) -> str:
    """A length of time.

    >>> minutes(75.2), minutes(7384)
    ('1:15', '2:03:04')
    """
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
