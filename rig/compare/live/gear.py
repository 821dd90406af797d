"""Gear between `send` and `return`: what it is sent, and how what comes back lies to a model.

Two wirings. *Loop*: the guitar goes into the interface, rig sends it to a re-amp box and the gear, and the gear comes
back. *Split*: the guitar drives both the interface and the gear.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ...audio.measures import ac_rms_dbfs
from ...decibels import db_from_gain, gain_from_db
from ...engine import LOOP
from ...errors import CompareError
from ...lane import Lane
from ...levels import Calibration, Level, calibration
from ...player.events import Event, Tell
from ...sound import Sound
from ..matching import Match, Signal, check_return, match, noise_warning, played
from .intact_takes import Takes

Wiring = Literal["loop", "split"]

REST_S = 0.5  # nothing is played: the noise of both sides
PASSAGE_S = 8.0  # the player's own, long enough for integrated loudness
LEAD_S = 0.5  # before it: a model that hears only from here on would begin in the middle of a note
ROOM_S = 0.4  # for what comes back late
NO_GUITAR_DBFS = -70.0


@dataclass(frozen=True, slots=True)
class Gear:
    """What hangs on the rig. `send_gain`: what makes it get as strong a signal as the guitar gives, as a sum."""

    wiring: Wiring
    send_gain: Calibration

    @property
    def outgoing(self) -> float:
        """The linear gain of the send; 0 where the guitar drives the gear itself."""
        return gain_from_db(self.send_gain.gain_db) if self.wiring == "loop" else 0.0


def send_calibration(interface: Level | None, send_dbu: float | None, preamp_gain_db: float = 0.0) -> Calibration:
    """The gain of the send: what 0 dBFS of the guitar is worth, minus what 0 dBFS of the send is worth at the jack.

    >>> print(send_calibration(Level(12.2, "Apollo 8x, article"), 15.0, 5.0))
    12.2 dBu (Apollo 8x, article) - 15.0 dBu (send) - 5.0 dB (gain knob) = -7.8 dB
    """
    if interface is None or send_dbu is None:
        missing = []
        if send_dbu is None:
            missing.append("the level of the send is not known (--send-dbu X)")
        if interface is None:
            missing.append("no interface is named (--interface NAME or --max-input-dbu X)")
        return Calibration(0.0, missing=tuple(missing))
    return calibration(interface, Level(send_dbu, "send"), preamp_gain_db)


@dataclass(frozen=True, slots=True)
class GearTake:
    """What gear made of a passage, `returned` of `dry`, and what both were at rest; all (n,).

    The first `lead` samples are heard by a model, and not compared.
    """

    rate: float
    dry: Signal
    returned: Signal
    lead: int
    rest_in: Signal
    rest_back: Signal
    round_trip_samples: float
    warnings: tuple[str, ...]

    def match(self, a: Sound) -> Match:
        """How the gear lies to a sound; for any thread. Raises RigError where the two cannot be compared."""
        rate, lead, dry, returned, cabinet = self.rate, self.lead, self.dry, self.returned, a.cabinet()
        bare_a, bare_b = played(a.lane(rate), dry, rate)[lead:, 0], played(Lane(rate), returned, rate)[lead:, 0]
        heard_a, heard_b = (
            played(lane, x, rate, cabinet)[lead:] for lane, x in ((a.lane(rate), dry), (Lane(rate), returned))
        )
        found = match(bare_a, bare_b, heard_a, heard_b, rate, "What comes back")
        noise_a = ac_rms_dbfs(played(a.lane(rate), self.rest_in, rate, cabinet)[:, 0])
        noise_b = ac_rms_dbfs(played(Lane(rate), self.rest_back, rate, cabinet)[:, 0]) + found.match_db
        cue = noise_warning(noise_a, noise_b)
        return replace(
            found,
            noise_a_dbfs=noise_a,
            noise_b_dbfs=noise_b,
            round_trip_samples=self.round_trip_samples,
            warnings=(*self.warnings, *found.warnings, *((cue,) if cue else ())),
        )


def take_gear(takes: Takes, gear: Gear, source: int, passage: Signal, tell: Tell) -> GearTake:
    """Record gear. `passage` is sent to it; in a split wiring the player is asked to play instead.

    Raises RigError for a return that is none. Afterwards the send carries the guitar.
    """
    engine = takes.engine
    rate = engine.sample_rate
    room, lead, looped = round(ROOM_S * rate), 0, source == LOOP
    if not looped:
        tell(Event("state", "Keep the strings quiet for a moment: the noise of both sides is measured."))
    takes.expect(
        room + round(REST_S * rate) + (passage.size + room if gear.wiring == "loop" else round(PASSAGE_S * rate))
    )
    # At rest the gear hears what it will hear between the notes: the noise of the guitar, or nothing of a loop.
    engine.send(0.0 if looped else gear.outgoing, source)
    takes.both(room)  # what was sent before dies away
    rest_in, rest_back = takes.both(round(REST_S * rate))
    engine.send(0.0, source)
    if gear.wiring == "loop":
        dry = np.concatenate([passage, np.zeros(room, np.float32)])
        sent = (dry * np.float32(gear.outgoing)).astype(np.float32)
        _check_send(sent)
        tell(Event("state", f"Measuring: {sent.size / rate:.0f} seconds of guitar go out to the gear and come back."))
        returned = takes.bounce(sent)
    else:
        tell(Event("state", f"Play now, for {PASSAGE_S:.0f} seconds: what you will play later, loud and soft."))
        lead = round(LEAD_S * rate)
        dry, returned = takes.both(lead + round(PASSAGE_S * rate))
        sent = dry
        if ac_rms_dbfs(dry) < NO_GUITAR_DBFS:
            raise CompareError("No guitar was heard on the input; check its port, then begin again.")
    takes.expect(0)
    round_trip, warnings = check_return(sent, returned, rest_back, rate)
    quiet = np.zeros_like(rest_in) if looped else rest_in
    engine.send(gear.outgoing, source)
    return GearTake(rate, dry, returned, lead, quiet, rest_back, round_trip, warnings)


def _check_send(sent: Signal) -> None:
    peak = float(np.abs(sent).max())
    if peak > 1.0:
        raise CompareError(
            f"The send would clip by {db_from_gain(peak):.1f} dB: what leaves the interface is too soft for this "
            "guitar. Turn the re-amp box up, and enter the level it gives then (--send-dbu)."
        )
