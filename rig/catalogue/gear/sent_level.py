"""How loud what is played reaches the gear: what 0 dBFS of it is worth at the gear's jack, and how that is known.

The send is what `rig calibrate send` keeps, as for a capture. It is turned down, digitally, to the level at which
models are played: that of the player's interface, at whose full scale a model that states no level hears the guitar;
where no interface is known, the level that the models of the library state. A softer send goes out as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...capture.levels import advice_on_send, peak_volts
from ...errors import CaptureError
from ...levels import Level

SOFTEST_TRIM_DB = -40.0
STEP_DB = 3.0  # levels of models that lie nearer than half of this to another are asked at that one
FURTHEST_DB = 12.0  # from the level of the guitar: what lies further off is left to the exact ranking
SHARE = 0.05  # of the models that have to state a level for it to be worth a probe of its own
MOST_LEVELS = 3
NO_SEND = "the level of the send is not calibrated (rig calibrate send, or --send-dbu X)"


@dataclass(frozen=True, slots=True)
class SentLevel:
    """`dbu`: of 0 dBFS of what is played, None: not known. `trim_db`: the digital gain, 0 or less."""

    trim_db: float = 0.0
    dbu: float | None = None
    basis: str = NO_SEND

    def louder_by(self, db: float) -> SentLevel:
        """The same send with another digital gain."""
        return SentLevel(self.trim_db + db, None if self.dbu is None else self.dbu + db, self.basis)

    def __str__(self) -> str:
        if self.dbu is None:
            return f"Level     not known in dBu: {self.basis}; it plays with a digital gain of {self.trim_db:+z.1f} dB"
        volts = f"{peak_volts(self.dbu):.1f} V at the peak"
        said = f"Level     0 dBFS is {self.dbu:.1f} dBu at the gear ({volts}): {self.basis}"
        advice = advice_on_send(self.dbu)
        return f"{said}\n{advice}" if advice else said


def sent_level(
    send: Level | None, interface: Level | None, stated_dbu: Sequence[float] = (), trim_db: float | None = None
) -> SentLevel:
    """The level to play at. `stated_dbu`: what models of the library state; `trim_db`: a digital gain that is wanted.

    Raises CaptureError for a gain that is none.
    """
    if trim_db is not None and not SOFTEST_TRIM_DB <= trim_db <= 0.0:
        raise CaptureError(f"A send trim of {trim_db:g} dB is none: it lies between {SOFTEST_TRIM_DB:g} and 0 dB.")
    if send is None:
        return SentLevel(0.0 if trim_db is None else trim_db)
    sum_of = f"send {send.dbu:.1f} dBu ({send.basis})"
    if trim_db is not None:
        return SentLevel(trim_db, send.dbu + trim_db, f"{sum_of}, {trim_db:+z.1f} dB as you wish")
    aim, whose = None, "no interface is known (--interface NAME), and no model of the library states its level"
    if interface is not None:
        aim, whose = interface.dbu, f"as your interface takes a guitar, {interface.dbu:.1f} dBu ({interface.basis})"
    elif len(stated_dbu):
        aim = float(np.median(np.asarray(stated_dbu)))
        whose = f"as most models of the library state it, {aim:.1f} dBu; no interface is known (--interface NAME)"
    if aim is None:
        return SentLevel(0.0, send.dbu, f"{sum_of}; {whose}")
    if aim > send.dbu:
        return SentLevel(0.0, send.dbu, f"{sum_of}, which is all it has; wanted {whose}")
    trim = max(SOFTEST_TRIM_DB, aim - send.dbu)
    return SentLevel(trim, send.dbu + trim, f"{sum_of}, {trim:+z.1f} dB: {whose}")


def levels_to_probe(first: SentLevel, stated_dbu: Sequence[float], models: int) -> list[SentLevel]:
    """`first`, and others at which a good share of the models was made: a fingerprint holds for one level only."""
    if first.dbu is None or not len(stated_dbu):
        return [first]
    steps = np.round((np.asarray(stated_dbu, np.float64) - first.dbu) / STEP_DB).astype(int)
    kinds, counts = np.unique(steps, return_counts=True)
    common = [
        float(step) * STEP_DB
        for count, step in sorted(zip(counts.tolist(), kinds.tolist(), strict=True), reverse=True)
        if step and abs(step) * STEP_DB <= FURTHEST_DB and count >= SHARE * models
    ]
    possible = [db for db in common if SOFTEST_TRIM_DB <= first.trim_db + db <= 0.0]
    return [first, *(first.louder_by(db) for db in possible[: MOST_LEVELS - 1])]
