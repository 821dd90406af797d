"""Tone, equalizer and blend of what is compared: behind every model of a side, never behind gear or a recording.

What is turned sounds at once. Once the hand rests, both sides are matched anew, as it may have made one of them louder.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ...dsp.tone.knobs import KNOBS, NAMES
from ...engine import Engine
from ...errors import CompareError, RigError
from ...lane import Lane
from ...nam import Blend, Row
from ...player.background import BackgroundJobs
from ...player.command import Command, T, value
from ...player.events import Event, Tell
from ...player.tools.eq_bands import EqBands
from ...sound import Sound
from ..matching import Match

RESTS_S = 0.4  # after the last move; a moved knob is there after 0.12
ONE_MODEL = "Side A is one model: name two of them as FIRST.nam+SECOND.nam, with --blend where they play side by side."


class Turned(Protocol):
    """The comparison whose models have tone."""

    engine: Engine
    tell: Tell
    a: Sound
    b: Sound | None
    locked: bool
    toned: object  # another one as soon as the tone is another one

    @property
    def in_test(self) -> bool:
        """Whether there is a blind test with trials to come."""
        ...

    @property
    def lane_b(self) -> Lane | None:
        """What plays side B; None: the lane of side A does, or nothing."""
        ...

    @property
    def cabinets_differ(self) -> bool:
        """Whether the sides are two cabinets behind one model."""
        ...

    @property
    def why_no_tone(self) -> str:
        """Why no tone can be turned here, as a sentence; empty: it can."""
        ...

    def matched(self, a: Sound) -> Match:
        """How side B would lie to a sound; for any thread. Raises RigError."""
        ...

    def replace_a(self, a: Sound, match: Match, describes: bool) -> None:
        """Fade over. Raises RigError; then what plays goes on."""


@dataclass(frozen=True, slots=True)
class _Matched:
    a: Sound
    match: Match


class ModelTone:
    """The tone of one comparison, as `tone_commands` turns it."""

    def __init__(self, comparison: Turned) -> None:
        self._comparison = comparison
        self.eq_bands = EqBands(comparison.tell, lambda: self.sound.eq, lambda eq: self.change_levels(eq=eq))
        self._jobs: BackgroundJobs[_Matched] = BackgroundJobs(newest_only=True)
        self._rests_at: float | None = None  # then both sides are matched; None: they are

    @property
    def sound(self) -> Sound:
        """Side A."""
        return self._comparison.a

    @property
    def turns(self) -> bool:
        """Whether the sides have yet to be matched with what was turned last."""
        return self._rests_at is not None or self._jobs.waiting

    # ------------------------------------------------------------ what is turned
    def change_levels(self, **fields: Any) -> None:
        """Turn tone controls or the equalizer of every model. Raises CompareError where they stay as they are."""
        comparison = self._comparison
        self._refuse()
        comparison.a, comparison.toned = comparison.a.changed(**fields), object()
        if comparison.b is not None:
            comparison.b = comparison.b.changed(**fields)
        for lane, sound in ((comparison.engine.lanes[0], comparison.a), (comparison.lane_b, comparison.b)):
            if lane is not None and sound is not None:
                lane.set_tone(sound.tone_db)
                lane.set_eq(sound.eq)
        self._match_soon()

    @property
    def share(self) -> float:
        """How much of the second of two models side by side is heard."""
        model = self.sound.model
        return model.share if isinstance(model, Blend) else 0.5

    def blend(self, share: float) -> None:
        """Another share of it."""
        blend = self.sound.model
        self._refuse()
        if not isinstance(blend, Blend):
            raise CompareError(ONE_MODEL)
        self._put(blend.changed(share=share))

    @property
    def between_trim_db(self) -> float:
        """The trim between two models in a row."""
        model = self.sound.model
        return model.between_trim_db if isinstance(model, Row) else 0.0

    def trim_between(self, trim_db: float) -> None:
        """Another one."""
        row = self.sound.model
        self._refuse()
        if not isinstance(row, Row):
            raise CompareError(ONE_MODEL)
        self._put(row.changed(between_trim_db=trim_db))

    def _put(self, pair: Blend | Row) -> None:
        comparison = self._comparison
        comparison.a = comparison.a.changed(model=pair, measured=comparison.a.measured)
        comparison.toned = object()
        lane = comparison.engine.lanes[0]
        if lane is not None and isinstance(pair, Blend):
            lane.set_share(pair.share)
        elif lane is not None and isinstance(pair, Row):
            lane.set_between_gain_db(pair.between_gain_db)
        self._match_soon()

    def _refuse(self) -> None:
        comparison = self._comparison
        if comparison.why_no_tone:
            raise CompareError(comparison.why_no_tone)
        if comparison.locked:
            how = "." if comparison.in_test else "; {lock} unlocks them."
            raise CompareError(f"The levels are locked, and tone moves them{how}")

    def _match_soon(self) -> None:
        self._rests_at = None if self._comparison.cabinets_differ else time.monotonic() + RESTS_S

    # ------------------------------------------------------------ both sides matched anew
    def arrive(self) -> None:
        """Match both sides in the background once the hand rests, and play them so; call it ten times a second."""
        comparison = self._comparison
        if self._rests_at is not None and time.monotonic() >= self._rests_at:
            self._rests_at, a = None, comparison.a
            self._jobs.ask(lambda: _Matched(a, comparison.matched(a)))
        try:
            found = self._jobs.answer()
            if found is None or found.a is not comparison.a or comparison.locked:
                return
            comparison.replace_a(found.a, found.match, describes=False)
            self.say_match(found.match)
        except RigError as error:
            comparison.tell(Event("error", str(error)))

    def say_match(self, match: Match) -> None:
        """Tell what the tone has made of the levels."""
        self._comparison.tell(Event("side_b", f"matched to the tone by {match.match_db:+z.2f} dB"))

    # ------------------------------------------------------------ what is kept
    @property
    def kept(self) -> dict[str, Any]:
        """All of it, as plain JSON data."""
        sound = self.sound
        bands = [
            {name: getattr(band, name) for name in ("type", "hz", "gain_db", "q", "before", "between", "on")}
            for band in sound.eq
        ]
        return {**{name: getattr(sound, name) for name in NAMES}, "eq": bands, "share": self.share}

    @property
    def in_words(self) -> str:
        """What it does, and to what; empty: nothing is changed."""
        sound = self.sound
        knobs = [f"{knob.name} {db:+g} dB" for knob, db in zip(KNOBS, sound.tone_db, strict=True) if db]
        heard = sum(band.heard_db != 0.0 for band in sound.eq)
        parts = [*knobs, *([f"an equalizer of {heard} band{'s' * (heard > 1)}"] if heard else [])]
        if not parts:
            return ""
        comparison = self._comparison
        whose = "side A, the model; the gear has none" if comparison.b is None else "both sides"
        return f"{', '.join(parts)}, behind the model of {whose}"


def pair_commands(of: Callable[[T], ModelTone]) -> tuple[Command[T], ...]:
    """The knobs of two models that are side A."""
    return (
        value(
            *("blend", "how much of the second of two models side by side that are side A", "", (0.0, 1.0), 0.05),
            lambda c: of(c).share,
            apply=lambda c, share: of(c).blend(share),
            default=0.5,
        ),
        value(
            *("between_trim", "trim between two models in a row that are side A", "dB", (-40.0, 40.0), 0.5),
            lambda c: of(c).between_trim_db,
            apply=lambda c, db: of(c).trim_between(db),
        ),
    )
