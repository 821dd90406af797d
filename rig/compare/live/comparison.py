"""Two sides, equal in delay, polarity and loudness, a switch that gives nothing away, and a blind test with a score.

Side A is a model; side B is gear between `send` and `return`, another model, or the same model behind another cabinet.
"""

from __future__ import annotations

from typing import Any, Literal

from ...ab_switch import DIFFERENCE, A, B
from ...decibels import gain_from_db, level_in_words
from ...engine import RETURN, Cabinet, Engine
from ...errors import CompareError, RigError
from ...lane import Lane
from ...player.events import Event, Tell
from ...player.leaving import Leaving
from ...player.tools.loop_section import LoopSection
from ...sound import Sound
from ..abx import BlindTest
from ..matching import Match, Signal, match_sounds
from .followed_side import FollowedSide
from .gear import Gear, GearTake, take_gear
from .intact_takes import Takes
from .model_tone import ModelTone
from .sides import described, ir_name, ir_path, model_name, model_path, moved, two_names
from .trials import Trials
from .wires import Way, Wires

Heard = Literal["A", "B", "difference", "X"]


class Comparison:
    """One engine and two sides, of which one is heard.

    `a` is side A; side B is `gear`, or `b` where it is a sound too. `source`: PORT or LOOP. `passage`: what both sides
    are measured with, (n,) at the engine's rate. `wires`: the cables, where there are any.
    """

    def __init__(
        self,
        takes: Takes,
        tell: Tell,
        a: Sound,
        passage: Signal,
        *,
        b: Sound | None = None,
        gear: Gear | None = None,
        source: int = 0,
        wires: Wires | None = None,
    ) -> None:
        if (b is None) == (gear is None):
            raise CompareError("Side B is gear or another sound: name one of the two.")
        self.takes, self.tell, self.a, self.b, self.gear, self.source = takes, tell, a, b, gear, source
        self.engine: Engine = takes.engine
        self.passage, self.wires = passage, wires
        self.section = LoopSection(self.engine, tell, "No loop plays in place of the guitar: start with --di FILE.")
        self.match: Match | None = None
        self.match_trim_db, self.locked, self.finished = 0.0, False, False
        self.hearing: Heard = "A"
        self.trials = Trials(self)
        self._leaving = Leaving()
        self._lane_b: Lane | None = None
        self._cabinets: tuple[Cabinet | None, Cabinet | None] = (None, None)
        self.taken: GearTake | None = None  # how the gear was measured last
        self.training = FollowedSide(self)
        self.tone, self.toned = ModelTone(self), object()

    # ------------------------------------------------------------ what the sides are
    @property
    def cabinets_differ(self) -> bool:
        """Whether the sides are two cabinets behind one model."""
        return self.b is not None and self.b.model is self.a.model and self.b.ir is not self.a.ir

    @property
    def lane_b(self) -> Lane | None:
        """What plays side B; None: it is another cabinet, or nothing plays yet."""
        return self._lane_b

    @property
    def why_no_tone(self) -> str:
        """Why no tone can be turned here, as a sentence; empty: it can."""
        return ""

    @property
    def hears_guitar(self) -> bool:
        """Whether the sides hear the guitar, or a loop in place of it."""
        return True

    @property
    def names(self) -> tuple[str, str]:
        """What the sides are called."""
        if self.gear is not None:
            return model_name(self.a), "the gear on the return"
        assert self.b is not None
        if self.cabinets_differ:
            return two_names((ir_name(self.a), ir_name(self.b)), (ir_path(self.a), ir_path(self.b)))
        return two_names((model_name(self.a), model_name(self.b)), (model_path(self.a), model_path(self.b)))

    @property
    def test(self) -> BlindTest | None:
        """The blind test, if there is one."""
        return self.trials.test

    @property
    def in_test(self) -> bool:
        """Whether there is a blind test with trials to come: nothing may change what is heard, or tell of it."""
        return self.trials.in_test

    # ------------------------------------------------------------ measuring
    def start(self) -> None:
        """Measure both sides, make them equal, and play side A. Raises RigError if they cannot be compared."""
        self._measure_sides()
        self._play()
        self.engine.compare(self._cabinets[1] if self.cabinets_differ else None)

    def _measure_sides(self) -> None:
        if self.gear is not None:
            self.taken = take_gear(self.takes, self.gear, self.source, self.passage, self.tell)
        self.match = self.matched(self.a)
        self._describe()

    def matched(self, a: Sound) -> Match:
        """How side B lies to a sound as side A; for any thread. Raises RigError where they cannot be compared."""
        if self.taken is not None:
            return self.taken.match(a)
        assert self.b is not None
        return match_sounds(a, self.b, self.passage, self.engine.sample_rate)

    def replace_a(self, a: Sound, match: Match, describes: bool) -> None:
        """Fade side A over to another sound, `matched` before. Raises RigError; then what plays goes on."""
        self._refuse_locked()
        before = self.a, self.match
        self.a, self.match = a, match
        try:
            self._play()
        except RigError:
            self.a, self.match = before
            raise
        if describes:
            self._describe()

    def _describe(self) -> None:
        assert self.match is not None
        m, (a, b) = self.match, self.names
        self.tell(Event("side_a", f"{a}: {level_in_words(m.loudness_a_lufs, 'LUFS', 1)}"))
        self.tell(
            Event("side_b", f"{b}: {level_in_words(m.loudness_b_lufs, 'LUFS', 1)}, matched by {m.match_db:+z.2f} dB")
        )
        rate = self.engine.sample_rate
        if self.gear is not None:
            if self.gear.wiring == "loop":
                self.tell(Event("send", f"{self.gear.send_gain}"))
            trip = m.round_trip_samples or 0.0
            self.tell(Event("return", f"{trip:.2f} samples ({1000 * trip / rate:.1f} ms) behind what is sent"))
        turned = ", upside down: turned over" if m.polarity < 0 else ""
        earlier = "A" if m.lag_samples >= 0 else "B"
        self.tell(
            Event(
                "delay",
                f"B {m.lag_samples:+z.3f} samples against A{turned}; {earlier} is delayed by as much "
                f"(correlation {m.confidence:.3f})",
            )
        )
        if m.noise_a_dbfs is not None and m.noise_b_dbfs is not None:
            self.tell(Event("noise", f"A {level_in_words(m.noise_a_dbfs)}, B {level_in_words(m.noise_b_dbfs)} at rest"))
        if self.tone.in_words:
            self.tell(Event("tone", self.tone.in_words))
        for warning in m.warnings:
            self.tell(Event("warning", f"{warning}."))

    # ------------------------------------------------------------ playing
    def _play(self) -> None:
        """Hand both sides to the engine, equal in time, polarity and loudness."""
        m, rate, a = self.match, self.engine.sample_rate, self.a
        assert m is not None
        late_a, late_b = m.delays_samples
        if self.cabinets_differ:
            assert self.b is not None and a.ir is not None and self.b.ir is not None
            if self._cabinets[1] is None:
                second = moved(self.b.ir, late_b, m.polarity * gain_from_db(self.level_b_db))
                self._cabinets = Cabinet(moved(a.ir, late_a, 1.0)), Cabinet(second)
            self.engine.play({0: a.lane(rate, self.source)}, self._cabinets[0])
            return
        inverted = m.polarity < 0
        if self.b is None:
            self._lane_b = Lane(rate, None, 0.0, self.level_b_db, inverted, late_b, RETURN)
        else:
            self._lane_b = self.b.lane(
                rate, self.source, extra_gain_db=self.level_b_db, inverted=inverted, delay_samples=late_b
            )
        self._cabinets = self._cabinets[0] or a.cabinet(), None
        self.engine.play({0: a.lane(rate, self.source, delay_samples=late_a), 1: self._lane_b}, self._cabinets[0])

    @property
    def level_b_db(self) -> float:
        """What side B is amplified by: the measured match and the player's own trim."""
        return (self.match.match_db if self.match is not None else 0.0) + self.match_trim_db

    @property
    def difference_db(self) -> float | None:
        """How loud A minus B is re A, as measured and with the player's own trim; None: not known."""
        return None if self.match is None else self.match.difference_db(self.level_b_db)

    @property
    def _output_b_db(self) -> float:
        return self.level_b_db + (self.b.output_gain_db if self.b is not None else 0.0)

    # ------------------------------------------------------------ what keys do
    def trim(self, trim_db: float) -> None:
        """Make side B so much louder than it was measured to have to be."""
        self._refuse_locked()
        if self.cabinets_differ:
            raise CompareError("Two cabinets are matched as measured; their levels cannot be changed while they play.")
        self.match_trim_db = round(trim_db, 3)
        self._set_level_b()
        own = f"{self.match_trim_db:+z.1f} dB of your own"
        self.tell(Event("side_b", f"{self.level_b_db:+z.2f} dB: matched, and {own}"))

    def _set_level_b(self) -> None:
        if self._lane_b is not None:
            self._lane_b.set_output_gain_db(self._output_b_db)

    def _refuse_locked(self) -> None:
        if self.locked:
            raise CompareError("The levels are locked" + ("." if self.in_test else "; {lock} unlocks them."))

    def hear(self, side: Literal["A", "B"]) -> None:
        """Listen to a side."""
        self.press(side, A if side == "A" else B)

    def hear_difference(self) -> None:
        """Listen to A minus B: what the two do not have in common."""
        if self.test is not None:
            raise CompareError("There is no difference to hear in a blind test: it would say what to listen for.")
        self.press("difference", DIFFERENCE)

    def listen(self, to: Heard) -> None:
        """Listen to a side, to the difference, or to X."""
        if to == "X":
            self.trials.hear_x()
        elif to == "difference":
            self.hear_difference()
        else:
            self.hear(to)

    def press(self, label: Heard, side: int) -> None:
        """Hear a side, which is called so."""
        self.trials.withdraw()
        self.hearing = label
        self.engine.press(side)

    def blind(self, test: BlindTest) -> None:
        """Give it a test to run."""
        self.trials.put(test)

    def lock(self, locked: bool) -> None:
        """Lock the levels, or unlock them; in a blind test they stay locked to its last answer."""
        if self.in_test and self.locked:
            raise CompareError("The levels stay locked during a blind test.")
        self.locked = locked
        self.tell(Event("state", "The levels are locked." if locked else "The levels are unlocked."))

    def measure(self) -> None:
        """Measure delay and level again."""
        self._refuse_locked()
        if self.cabinets_differ:
            raise CompareError("Two cabinets do not change; they need not be measured again.")
        self.engine.set_master(0.0)
        try:
            self._measure_sides()
            self._play()
        finally:
            self.engine.set_master(1.0)

    def plug(self, way: Way, port: str) -> None:
        """Plug the input, send, return or output into another port, in silence."""
        if self.test is not None:
            raise CompareError("The cables stay as they are in a blind test.")
        if self.wires is None:
            raise CompareError("There are no cables to change here.")
        self.wires.meant(way, port)  # refused before anything falls silent
        self.engine.send(0.0, self.source)
        self.engine.fade_out()
        try:
            for sentence in self.wires.plug(way, port):
                self.tell(Event("ports", sentence))
        finally:
            self.engine.send(self.gear.outgoing if self.gear is not None else 0.0, self.source)
            self.engine.set_master(1.0)
        if way in ("send", "return") or (self.gear is not None and self.gear.wiring == "split"):
            self.tell(Event("warning", "What was measured was measured over other cables: {measure} measures again."))

    def help(self) -> None:
        """Show what can be done."""
        self.tell(Event("help", ""))

    def quit(self) -> None:
        """End the session; in a blind test only when asked twice."""
        unfinished = ["The blind test is not finished (it can be resumed)"] if self.in_test else []
        question = self._leaving.question(unfinished)
        if question is not None:
            self.tell(Event("state", question))
        else:
            self.finished = True

    def restore(self) -> None:
        """Play both sides again, after an overload."""
        self._play()
        self.tell(Event("state", "Both sides play again."))

    def setup(self) -> dict[str, Any]:
        """Everything needed to repeat the comparison, as plain JSON data."""
        return {
            "sides": list(self.names),
            "a": described(self.a),
            "b": described(self.b) if self.b is not None else None,
            "gear": None
            if self.gear is None
            else {
                "wiring": self.gear.wiring,
                "send_gain_db": self.gear.send_gain.gain_db,
                "sum": str(self.gear.send_gain),
            },
            "sample_rate": self.engine.sample_rate,
            **self.levels(),
        }

    def levels(self) -> dict[str, Any]:
        """How the sides were made equal, as plain JSON data."""
        return {
            "match": self.match.to_json() if self.match is not None else None,
            "match_trim_db": self.match_trim_db,
            **({} if self.why_no_tone else {"tone": self.tone.kept}),
        }
