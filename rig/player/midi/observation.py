"""What a knob or a foot switch does when it is moved: which kind of switch it is, and where a pedal has its ends.

A switch is pressed twice and let go twice. What it sends then tells its kind:

    127 0 127 0    it sends when it is pressed and when it is let go     press
    127 0          it latches: one message at each press                 change
    127 127        it sends the same at each press                       any
    127 x 4        it sends the same when pressed and when let go        second

Contacts bounce, so what follows within 30 ms is one message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .mapping import HIGHEST_DATA, SWITCH_ON, Binding, On

BOUNCES_S = 0.03
TAP_S = 0.4  # two messages closer than this are one press: somebody lets go sooner than he presses again
TRAVEL = 64  # of 127: a pedal that was moved less has not shown its ends
NEAR_END = 32  # an end lies no further inside than this


@dataclass(frozen=True, slots=True)
class Move:
    """One message of a control: when, and its data byte."""

    at_s: float
    data: int


def kind_of_switch(moves: Sequence[Move], on_from: int = SWITCH_ON) -> On | None:
    """Which kind of switch sends this when it is pressed twice; None: that cannot be told.

    >>> kind_of_switch([Move(0.0, 127), Move(0.2, 0), Move(1.0, 127), Move(1.2, 0)])
    'press'
    >>> kind_of_switch([Move(0.0, 127), Move(1.0, 0)])
    'change'
    """
    settled = _settled(moves)
    is_on = [move.data >= on_from for move in settled]
    if len(settled) < 2:
        return None
    is_tap = settled[1].at_s - settled[0].at_s < TAP_S
    if len(set(is_on)) == 1:
        return "second" if is_tap and len(settled) % 2 == 0 else "any"
    if len(settled) == 2:
        return "press" if is_on[0] and is_tap else "change"
    return "press" if is_on[0] or len(settled) > 3 else "change"


def _settled(moves: Sequence[Move]) -> list[Move]:
    """The moves without what bounces: of those that follow each other closely the first."""
    settled: list[Move] = []
    last_s = -BOUNCES_S
    for move in moves:
        if move.at_s - last_s >= BOUNCES_S:
            settled.append(move)
        last_s = move.at_s
    return settled


def ends_of_pedal(moves: Sequence[Move]) -> tuple[int, int] | None:
    """The lowest and the highest data byte of a pedal that was moved from end to end; None: it was not.

    >>> ends_of_pedal([Move(0.0, 60), Move(0.5, 4), Move(1.0, 119)])
    (4, 119)
    """
    data = [move.data for move in moves]
    if not data or max(data) - min(data) < TRAVEL:
        return None
    low, high = min(data), max(data)
    return (low if low <= NEAR_END else 0, high if high >= HIGHEST_DATA - NEAR_END else HIGHEST_DATA)


def observed(binding: Binding, moves: Sequence[Move]) -> Binding:
    """The binding with what its control has shown: the ends of a pedal, the kind of a switch."""
    if binding.kind != "control":
        return binding
    if binding.is_knob:
        ends = ends_of_pedal(moves)
        return binding if ends is None else replace(binding, lowest=ends[0], highest=ends[1])
    if not moves:
        return binding
    low, high = min(move.data for move in moves), max(move.data for move in moves)
    if 0 < high < SWITCH_ON and low < high:  # it does not reach the middle: halfway is pressed
        binding = replace(binding, lowest=low, highest=high)
    kind = kind_of_switch(moves, binding.on_from)
    return binding if kind is None else replace(binding, on=kind)
