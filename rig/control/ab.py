"""Somebody comparing: two sides, a switch that gives nothing away, and a blind test with a score.

The comparer runs on the control side of an engine and knows nothing of terminals. Whatever is worth telling goes to
`tell` as one sentence. Side A is a model; side B is gear between `send` and `return`, another model, or the same model
behind another cabinet.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from ..align import shifted
from ..compare.abx import BlindTest
from ..compare.sides import Match, Signal, check_return, match, noise_warning, played, rms_dbfs
from ..dsp.tape import Tape
from ..engine import LOOP, RETURN, Cabinet, Engine
from ..errors import BackendError, CompareError, RigError
from ..ir import IR
from ..lane import Lane
from ..levels import Calibration, Level, calibration, db_from_gain, gain_from_db
from ..sound import Sound
from ..switch import A, B
from .commands import Command, help_text

Tell = Callable[[str], None]
Wiring = Literal["loop", "split"]

REST_S = 0.5  # nothing is played: the noise of both sides
PASSAGE_S = 8.0  # long enough for integrated loudness
ROOM_S = 0.4  # behind it, for what comes back late
TRIES = 5  # takes that the server tore
NOTIFIED_S = 0.15  # xruns are told late

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("hear_a", "hear side A"),
        Command("hear_b", "hear side B"),
        Command("hear_x", "hear X, which is one of the two"),
        Command("next_trial", "begin the blind test, or its next trial"),
        Command("answer_a", "X is A (final)"),
        Command("answer_b", "X is B (final)"),
        Command("match_trim", "level of side B", "dB", -20.0, 20.0, 0.1),
        Command("lock", "lock or unlock the levels"),
        Command("measure", "measure delay and level again"),
        Command("restore", "bring the sound back after an overload"),
        Command("help", "show the keys"),
        Command("quit", "quit"),
    )
}

# key -> command and direction of its step (0 for an action)
KEYS: dict[str, tuple[str, int]] = {
    "a": ("hear_a", 0),
    "b": ("hear_b", 0),
    "x": ("hear_x", 0),
    "n": ("next_trial", 0),
    "A": ("answer_a", 0),
    "B": ("answer_b", 0),
    "+": ("match_trim", 1),
    "=": ("match_trim", 1),
    "-": ("match_trim", -1),
    "l": ("lock", 0),
    "m": ("measure", 0),
    "r": ("restore", 0),
    "h": ("help", 0),
    "?": ("help", 0),
    "q": ("quit", 0),
}


@dataclass(frozen=True, slots=True)
class Gear:
    """What hangs on the rig. `send_gain`: what makes it get as strong a signal as the guitar gives, as a sum."""

    wiring: Wiring
    send_gain: Calibration


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


class Comparer:
    """One engine, two sides, and the commands above.

    `a` is side A; side B is `gear`, or `b` where it is a sound too. `source`: PORT or LOOP. `passage`: what both sides
    are measured with, (n,) at the engine's rate. `host`: the backend's counters. `wait`: let some time pass.
    """

    def __init__(
        self,
        engine: Engine,
        tell: Tell,
        a: Sound,
        passage: Signal,
        host: Any,
        *,
        b: Sound | None = None,
        gear: Gear | None = None,
        source: int = 0,
        wait: Callable[[], None] = lambda: time.sleep(0.005),
        settle_s: float = NOTIFIED_S,
    ) -> None:
        if (b is None) == (gear is None):
            raise CompareError("Side B is gear or another sound: name one of the two.")
        self.engine, self.tell, self.a, self.b, self.gear, self.source = engine, tell, a, b, gear, source
        self.passage, self.host, self.wait, self.settle_s = passage, host, wait, settle_s
        self.match: Match | None = None
        self.match_trim_db, self.locked, self.finished = 0.0, False, False
        self.hearing: Literal["A", "B", "X"] = "A"
        self.test: BlindTest | None = None
        self.in_trial = False
        self._lane_b: Lane | None = None
        self._cabinets: tuple[Cabinet | None, Cabinet | None] = (None, None)

    # ------------------------------------------------------------ what the sides are
    @property
    def cabinets_differ(self) -> bool:
        """Whether the sides are two cabinets behind one model."""
        return self.b is not None and self.b.model is self.a.model and self.b.ir is not self.a.ir

    @property
    def names(self) -> tuple[str, str]:
        """What the sides are called."""
        if self.gear is not None:
            return _model_name(self.a), "the gear on the return"
        assert self.b is not None
        if self.cabinets_differ:
            return _ir_name(self.a), _ir_name(self.b)
        return _model_name(self.a), _model_name(self.b)

    # ------------------------------------------------------------ measuring
    def start(self) -> None:
        """Measure both sides, make them equal, and play side A. Raises RigError if they cannot be compared."""
        self._measure_sides()
        self._play()
        self.engine.compare(self._cabinets[1] if self.cabinets_differ else None)

    def _measure_sides(self) -> None:
        self.match = self._match_gear() if self.gear is not None else self._match_sounds()
        self._describe()

    def _match_sounds(self) -> Match:
        assert self.b is not None
        rate, x = self.engine.sample_rate, self.passage
        a, b = self.a.lane(rate), self.b.lane(rate)
        if self.cabinets_differ:
            both = [played(self.a.lane(rate), x, rate, cabinet) for cabinet in (self.a.cabinet(), self.b.cabinet())]
            found = match(both[0][:, 0], both[1][:, 0], both[0], both[1], rate, _ir_name(self.b))
        else:
            cabinet = self.a.cabinet()
            bare = [played(lane, x, rate)[:, 0] for lane in (a, b)]
            heard = [played(sound.lane(rate), x, rate, cabinet) for sound in (self.a, self.b)]
            found = match(bare[0], bare[1], heard[0], heard[1], rate, _model_name(self.b))
        return found

    def _match_gear(self) -> Match:
        assert self.gear is not None
        rate, cabinet = self.engine.sample_rate, self.a.cabinet()
        # At rest the gear hears what it will hear between the notes: the noise of the guitar, or nothing of a loop.
        looped = self.source == LOOP
        self.engine.send(0.0 if looped else self._outgoing, self.source)
        self._record(ROOM_S)  # what was sent before dies away
        rest_in, rest_back = self._record(REST_S)
        self.engine.send(0.0, self.source)
        dry, returned = self._bounce() if self.gear.wiring == "loop" else self._listen()
        sent = dry * np.float32(self._send_gain) if self.gear.wiring == "loop" else dry
        round_trip, warnings = check_return(sent, returned, rest_back, rate)
        a, b = played(self.a.lane(rate), dry, rate), played(Lane(rate), returned, rate)
        heard_a = played(self.a.lane(rate), dry, rate, cabinet)
        heard_b = played(Lane(rate), returned, rate, cabinet)
        found = match(a[:, 0], b[:, 0], heard_a, heard_b, rate, "What comes back")
        quiet = np.zeros_like(rest_in) if looped else rest_in
        noise_a = rms_dbfs(played(self.a.lane(rate), quiet, rate, cabinet)[:, 0])
        noise_b = rms_dbfs(played(Lane(rate), rest_back, rate, cabinet)[:, 0]) + found.match_db
        cue = noise_warning(noise_a, noise_b)
        self.engine.send(self._outgoing, self.source)
        return replace(
            found,
            noise_a_dbfs=noise_a,
            noise_b_dbfs=noise_b,
            round_trip_samples=round_trip,
            warnings=(*warnings, *found.warnings, *((cue,) if cue else ())),
        )

    @property
    def _send_gain(self) -> float:
        assert self.gear is not None
        return gain_from_db(self.gear.send_gain.gain_db)

    @property
    def _outgoing(self) -> float:
        return self._send_gain if self.gear is not None and self.gear.wiring == "loop" else 0.0

    def _bounce(self) -> tuple[Signal, Signal]:
        """The passage out to the gear and back, in one take."""
        room = round(ROOM_S * self.engine.sample_rate)
        dry = np.concatenate([self.passage, np.zeros(room, np.float32)])
        sent = (dry * np.float32(self._send_gain)).astype(np.float32)
        peak = float(np.abs(sent).max())
        if peak > 1.0:
            raise CompareError(
                f"The send would clip by {db_from_gain(peak):.1f} dB: what leaves the interface is too soft for this "
                "guitar. Turn the re-amp box up, and enter the level it gives then (--send-dbu)."
            )
        tape = self._whole_take(lambda: [self.engine.probe(sent, dry.size)])[0]
        return dry, tape.take.copy()

    def _listen(self) -> tuple[Signal, Signal]:
        """The player's own passage, on its way in and back from the gear."""
        self.tell(f"Play now, for {PASSAGE_S:.0f} seconds: what you will play later, loud and soft.")
        dry, returned = self._record(PASSAGE_S)
        if rms_dbfs(dry) < -70.0:
            raise CompareError("No guitar was heard on the input; check its port, then measure again.")
        return dry, returned

    def _record(self, seconds: float) -> tuple[Signal, Signal]:
        """What comes in and what comes back, sample by sample beside each other."""
        samples = round(seconds * self.engine.sample_rate)
        slack = 4 * 8192  # the two may start some cycles apart
        tapes = self._whole_take(
            lambda: [self.engine.take(samples + slack, "input"), self.engine.take(samples + slack, "return")]
        )
        starts = [int(tape.record["start_frame"]) for tape in tapes]
        late = (starts[1] - starts[0] + (1 << 31)) % (1 << 32) - (1 << 31)
        first, second = max(0, late), max(0, -late)
        if max(first, second) > slack:
            raise BackendError("The server lost time during a recording; try again.")
        return tapes[0].take[first : first + samples].copy(), tapes[1].take[second : second + samples].copy()

    def _whole_take(self, begin: Callable[[], list[Tape]]) -> list[Tape]:
        """A take that the server did not tear, if there is one in several tries."""
        for _ in range(TRIES):
            tapes = begin()
            cycles, waited = int(self.host["cycles"]), time.monotonic()
            while any(tape.state in ("armed", "running") for tape in tapes):
                self.wait()
                if self.host["gone"]:
                    raise BackendError("The JACK server has gone during the measurement; start it and try again.")
                if int(self.host["cycles"]) != cycles:
                    cycles, waited = int(self.host["cycles"]), time.monotonic()
                elif time.monotonic() - waited > 3.0:
                    raise BackendError("The JACK server stands still; nothing can be measured.")
            until = time.monotonic() + self.settle_s
            while time.monotonic() < until:
                self.wait()
            if all(tape.intact(int(self.host["xruns"]), int(self.host["resizes"])) for tape in tapes):
                return tapes
        raise BackendError(f"The server lost samples in each of {TRIES} takes (xruns): a larger period helps.")

    def _describe(self) -> None:
        assert self.match is not None
        m, (a, b) = self.match, self.names
        self.tell(f"Side A   {a}: {m.loudness_a_lufs:.1f} LUFS")
        self.tell(f"Side B   {b}: {m.loudness_b_lufs:.1f} LUFS, matched by {m.match_db:+.2f} dB")
        rate = self.engine.sample_rate
        if self.gear is not None:
            if self.gear.wiring == "loop":
                self.tell(f"Send     {self.gear.send_gain}")
            trip = m.round_trip_samples or 0.0
            self.tell(f"Return   {trip:.2f} samples ({1000 * trip / rate:.1f} ms) behind what is sent")
        turned = ", upside down: turned over" if m.polarity < 0 else ""
        earlier = "A" if m.lag_samples >= 0 else "B"
        self.tell(
            f"Delay    B {m.lag_samples:+.3f} samples against A{turned}; {earlier} is delayed by as much "
            f"(correlation {m.confidence:.3f})"
        )
        if m.noise_a_dbfs is not None and m.noise_b_dbfs is not None:
            self.tell(f"Noise    A {m.noise_a_dbfs:.0f} dBFS, B {m.noise_b_dbfs:.0f} dBFS at rest")
        for warning in m.warnings:
            self.tell(f"Warning  {warning}.")

    # ------------------------------------------------------------ playing
    def _play(self) -> None:
        """Hand both sides to the engine, equal in time, polarity and loudness."""
        m, rate, a = self.match, self.engine.sample_rate, self.a
        assert m is not None
        late_a, late_b = m.delays_samples
        if self.cabinets_differ:
            assert self.b is not None and a.ir is not None and self.b.ir is not None
            first = Cabinet(_moved(a.ir, late_a, 1.0))
            second = Cabinet(_moved(self.b.ir, late_b, m.polarity * gain_from_db(self.level_b_db)))
            self._cabinets = first, second
            self._lane_b = None
            self.engine.play({0: a.lane(rate, self.source), 1: None}, first)
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
    def _output_b_db(self) -> float:
        return self.level_b_db + (self.b.output_gain_db if self.b is not None else 0.0)

    # ------------------------------------------------------------ commands
    def do(self, name: str, direction: int = 0) -> None:
        """Carry out a command: an action, or a step of its value up (1) or down (-1)."""
        try:
            if COMMANDS[name].is_action:
                getattr(self, f"_{name}")()
            else:
                self.set(name, self.match_trim_db + direction * (COMMANDS[name].step or 0.0))
        except RigError as error:
            self.tell(str(error))

    def set(self, name: str, value: float) -> None:
        """Set the one value there is: `match_trim`, in dB on top of what was measured."""
        if self.locked:
            self.tell("The levels are locked" + ("." if self.test is not None else "; l unlocks them."))
            return
        if self.cabinets_differ:
            self.tell("Two cabinets are matched as measured; their levels cannot be changed while they play.")
            return
        self.match_trim_db = round(COMMANDS[name].clamped(value), 3)
        if self._lane_b is not None:
            self._lane_b.set_output_gain_db(self._output_b_db)
        self.tell(f"Side B   {self.level_b_db:+.2f} dB: matched, and {self.match_trim_db:+.1f} dB of your own")

    def _hear_a(self) -> None:
        self._hear("A", A)

    def _hear_b(self) -> None:
        self._hear("B", B)

    def _hear_x(self) -> None:
        if self.test is None or not self.in_trial:
            self.tell("There is no X yet: n begins a trial." if self.test is not None else "No blind test: --trials N.")
            return
        self._hear("X", A if self.test.x == "A" else B)

    def _hear(self, label: Literal["A", "B", "X"], side: int) -> None:
        self.hearing = label
        self.engine.press(side)

    def blind(self, test: BlindTest) -> None:
        """Give it a test to run; from its first trial on the levels are locked."""
        self.test = test
        self.tell(f"Blind    {test.trials} trials, {test.answered} answered; SHA-256 of the order: {test.commitment}")

    def _next_trial(self) -> None:
        if self.test is None:
            self.tell("No blind test: begin with --trials N.")
        elif self.test.is_finished:
            self.tell("All trials are answered.")
        elif self.in_trial:
            self.tell(f"Trial {self.test.answered + 1} is not answered yet: A or B, in capitals, answers it for good.")
        else:
            self.in_trial = self.locked = True
            self._hear("A", A)  # whatever X was before, every trial begins with A
            self.tell(f"Trial {self.test.answered + 1} of {self.test.trials}: a, b and x to listen, A or B to answer.")

    def _answer_a(self) -> None:
        self._answer("A")

    def _answer_b(self) -> None:
        self._answer("B")

    def _answer(self, side: Literal["A", "B"]) -> None:
        if self.test is None or not self.in_trial:
            self.tell("There is nothing to answer: n begins a trial.")
            return
        self.test.answer(side)
        self.in_trial = False
        self._hear("A", A)
        if self.test.is_finished:
            self.tell(f"Result   {self.test.verdict.sentence}")
            self.tell(f"Checked  order and hash are in {self.test.path.name}; `rig abx {self.test.path.name}` checks.")
            self.test.forget_key()
        else:
            self.tell(f"Answered. n begins trial {self.test.answered + 1} of {self.test.trials}.")

    def _lock(self) -> None:
        if self.test is not None and self.locked:
            self.tell("The levels stay locked during a blind test.")
            return
        self.locked = not self.locked
        self.tell("The levels are locked." if self.locked else "The levels are unlocked.")

    def _measure(self) -> None:
        if self.locked:
            self.tell("The levels are locked" + ("." if self.test is not None else "; l unlocks them."))
            return
        if self.cabinets_differ:
            self.tell("Two cabinets do not change; they need not be measured again.")
            return
        self.engine.set_master(0.0)
        try:
            self._measure_sides()
            self._play()
        finally:
            self.engine.set_master(1.0)

    def _restore(self) -> None:
        self._play()
        self.tell("Both sides play again.")

    def _help(self) -> None:
        self.tell(help_text(COMMANDS, KEYS))

    def _quit(self) -> None:
        self.finished = True

    def tend(self) -> None:
        """Look after the engine; call it some ten times a second."""
        self.engine.tend()
        faults = self.engine.faults()
        if faults.overloaded:
            self.tell("Overload: two sides were too much for this period. A larger one helps; r brings the sound back.")
        if faults.model_faults:
            self.tell("A model answered with something that is not a number; it was silenced and started afresh.")

    def setup(self) -> dict[str, Any]:
        """Everything needed to repeat the comparison, as plain JSON data."""
        return {
            "sides": list(self.names),
            "a": _described(self.a),
            "b": _described(self.b) if self.b is not None else None,
            "gear": None
            if self.gear is None
            else {
                "wiring": self.gear.wiring,
                "send_gain_db": self.gear.send_gain.gain_db,
                "sum": str(self.gear.send_gain),
            },
            "sample_rate": self.engine.sample_rate,
            "match": self.match.to_json() if self.match is not None else None,
            "match_trim_db": self.match_trim_db,
        }


def _moved(ir: IR, late_samples: float, gain: float) -> IR:
    """The same cabinet, later and at another level."""
    taps = np.asarray(ir.taps, np.float64) * gain
    if late_samples:
        room = np.zeros((len(taps), math.ceil(late_samples)))
        taps = np.stack([shifted(row, late_samples) for row in np.concatenate([taps, room], axis=1)])
    return replace(ir, taps=taps.astype(np.float32))


def _model_name(sound: Sound) -> str:
    return sound.model.path.name if sound.model is not None else "no model"


def _ir_name(sound: Sound) -> str:
    return sound.ir.name if sound.ir is not None else "no cabinet"


def _described(sound: Sound) -> dict[str, Any]:
    model, ir = sound.model, sound.ir
    return {
        "model": None if model is None else {"file": model.path.name, "hash": model.content_hash, "size": model.size},
        "ir": None if ir is None else {"file": ir.name, "hash": ir.content_hash},
        "input": str(sound.calibration),
        "input_gain_db": sound.input_gain_db,
        "output": str(sound.output),
        "output_gain_db": sound.output_gain_db,
    }
