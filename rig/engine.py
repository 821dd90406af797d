"""Owns the chain: its memory, what plays in it, and what it has to report.

Everything here runs on the control side. The engine hands finished lanes and cabinets to the audio thread and keeps
them alive until they come back; it never waits for the audio thread and the audio thread never waits for it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from . import handover
from .ab_switch import HEARD
from .cabinet.prepared import Cabinet
from .chain import block
from .chain_record import (
    CHAIN,
    HANDOVER_AT,
    LOAD_AT,
    LOOP,
    PORT,
    RETURN,
    SOURCE_BYTES,
    SOURCES,
    SOURCES_AT,
    SWITCH_AT,
    TAKE_PLACES,
)
from .dsp import cpu_load, dc
from .dsp.backing.streams import StreamRing, stream_fill
from .dsp.convolver.convolver import Convolver
from .dsp.convolver.filter import prepare_filter
from .dsp.convolver.kernels import MAX_CHUNK, convolve
from .dsp.native.address import Address
from .dsp.native.memory import Layout
from .dsp.network.interpreter import reset as reset_network
from .dsp.network.interpreter import run as run_network
from .dsp.network.interpreter import settle as settle_network
from .dsp.ramp import fade_samples, fade_table, settle
from .dsp.ring import Ring, ring_read
from .dsp.tape import Tape, joined
from .engine_readings import EngineReadings, Faults, Reading, Share
from .errors import RigError
from .handover import KEEP, LANES, Change
from .lane import Lane
from .midi_actions import Midi
from .noise_control import Noise

# Compiled, or read from the cache, before the first note: no model and no cabinet has to wait for it later.
NEEDED_FOR_SOUND = (
    *(block, convolve, prepare_filter, run_network, reset_network, settle_network),
    *(handover.publish, handover.recall, handover.collect, ring_read, stream_fill),
)
LONGEST_CABINET_S = 10.0  # a room; its past is always kept, so that it rings as if it had always been there
RING_S = 2.0  # how far back a source remembers, at least: run-ins come from there
RECORDER_S = 10.0  # how long the disk may stand still without a gap in a recording, at least
Keep = Literal["keep"]


@dataclass(slots=True)
class _Held:
    part: Lane | Cabinet
    times: int = 0  # handed over and not given back: a cabinet may be played again before it has come back


class Engine(EngineReadings):
    """The compiled chain and everything it plays.

    `sample_rate` in Hz. `guard`: hard limit at full scale, for outputs that end in a converter or a 24-bit file.
    A backend calls `block_address(address, host, frames)`.
    """

    def __init__(self, sample_rate: float, guard: bool = True) -> None:
        for needed in NEEDED_FOR_SOUND:
            needed.compile()
        self.fade_samples = fade_samples(sample_rate)
        self.line = Convolver(math.ceil(LONGEST_CABINET_S * sample_rate))
        ring_samples = 1 << int(RING_S * sample_rate - 1).bit_length()
        layout = Layout()
        part = layout.reserve(CHAIN)
        table = layout.reserve(np.float32, self.fade_samples)
        scratch = {name: layout.reserve(np.float32, MAX_CHUNK) for name in ("bus", "gains", "dip", "rise")}
        beside = {name: layout.reserve(np.float32, MAX_CHUNK) for name in ("left", "right", "gains")}
        rings = [layout.reserve(np.float32, ring_samples) for _ in range(SOURCES)]
        chunks = [layout.reserve(np.float32, MAX_CHUNK) for _ in range(SOURCES)]
        acs = [layout.reserve(np.float32, MAX_CHUNK) for _ in range(SOURCES)]
        self._arena = layout.allocate()
        self.record = c = self._arena[part][0]
        self.address = self._arena.address_of(part)
        self._arena[table][:] = fade_table(self.fade_samples)
        c["fade_samples"], c["fade_table"] = self.fade_samples, self._arena.address_of(table)
        c["guard"], c["line"], c["convolve"] = guard, self.line.address, convolve.address
        for name, key in scratch.items():
            c[name] = self._arena.address_of(key)
        for name, key in beside.items():
            c["backing"][name] = self._arena.address_of(key)
        for i in range(SOURCES):
            c["sources"][i]["ring"], c["sources"][i]["ring_samples"] = self._arena.address_of(rings[i]), ring_samples
            c["sources"][i]["chunk"] = c["sources"][i]["feed"] = self._arena.address_of(chunks[i])
            c["sources"][i]["ac"] = self._arena.address_of(acs[i])
            dc.prepare(c["sources"][i]["dc"], sample_rate)
        c["sources"][RETURN]["ac"] = c["sources"][RETURN]["chunk"]  # the gear's own DC is a part of its sound
        super().__init__(self._arena[part], [self._arena[ring] for ring in rings], sample_rate)
        self.noise = Noise([c["sources"][PORT], c["sources"][LOOP]], sample_rate)
        settle(c["send_gain"], 0.0)
        for ramp in (*c["mix"], c["master"], c["volume"], c["backing"]["level"], c["handover"]["suspend_gain"]):
            settle(ramp, 1.0)
        cpu_load.prepare(c["load"], self.address + LOAD_AT, sample_rate)

        self._handover = self.address + HANDOVER_AT
        self._held: dict[int, _Held] = {}  # lanes and cabinets the audio thread may look at, by address
        self._changes: dict[int, Change] = {}  # changes on their way
        self._sent = 0  # changes handed over and not called back
        self._tapes: list[tuple[int, Tape]] = []  # replaced tapes, with the cycle count after which they may go
        self._streams: list[tuple[int, StreamRing]] = []  # replaced streams of a track, likewise
        self._stream: StreamRing | None = None
        self._playing: dict[str, Tape] = {}
        self._recordings = 0  # that have been looped
        self._recorder: Ring | None = None
        self.lanes: list[Lane | None] = [None] * LANES  # what was handed over last
        self.cabinet: Cabinet | None = None
        self.second_cabinet: Cabinet | None = None
        self._midi: list[Midi] = []

    @property
    def block_address(self) -> Address:
        """Address of the function a backend calls: void(engine, host, frames)."""
        return block.address

    # ------------------------------------------------------------ what plays
    def play(self, lanes: dict[int, Lane | None] | None = None, cabinet: Cabinet | Keep | None = "keep") -> None:
        """Fade over to other lanes (by position in the mixer) and another cabinet, together and in one step.

        None takes away. The new lanes first hear the last moments of the real input. Returns when the change is on
        its way; it is heard some milliseconds later. A change that is still waiting is merged into this one.
        """
        if isinstance(cabinet, Cabinet):
            for part in cabinet.filters:
                self.line.check(part)
        self.poll()
        change = Change()
        waiting = handover.recall(self._handover)
        if waiting:
            self._sent -= 1
            earlier = self._changes.pop(waiting)
            change.record["lanes"], change.record["cabinet"] = earlier.record["lanes"], earlier.record["cabinet"]
        for position, lane in (lanes or {}).items():
            self._forget(int(change.record["lanes"][position]))
            if lane is not None:
                lane.record["source"] = self._source_address(lane.source)
                self._hold(lane)
            change.record["lanes"][position] = lane.address if lane is not None else 0
            self.lanes[position] = lane
        if cabinet != "keep":
            self._forget(int(change.record["cabinet"]))
            if cabinet is not None:
                self._hold(cabinet)
            change.record["cabinet"] = cabinet.address if cabinet is not None else 0
            self.cabinet = cabinet
        self._changes[change.address] = change
        self._sent += 1
        lost = handover.publish(self._handover, change.address, int(self.record["fade_table"]), self.fade_samples)
        if lost:
            raise RigError("Two threads hand sounds to the same engine; only one may.")

    def poll(self) -> bool:
        """Free what the audio thread has given back; True if nothing is on its way any more. Call it now and then."""
        first = address = handover.collect(self._handover)
        while address:
            change = self._changes.pop(address)
            for given_back in (*change.record["lanes"], change.record["cabinet"]):
                self._forget(int(given_back))
            address = int(change.record["next"])
        cycles = int(self.record["cycles"])
        looped = self.record["sources"][LOOP]["loop"]
        fading = int(looped["coming"]), int(looped["playing"])
        self._tapes = [(after, tape) for after, tape in self._tapes if cycles < after or tape.address in fading]
        beside = int(self.record["backing"]["leaving"]), int(self.record["backing"]["playing"])
        self._streams = [(after, ring) for after, ring in self._streams if cycles < after or ring.address in beside]
        return not first and int(self.record["handover"]["changes"]) == self._sent

    def _hold(self, part: Lane | Cabinet) -> None:
        held = self._held.setdefault(part.address, _Held(part))
        held.times += 1
        if held.times == 1 and isinstance(part, Cabinet):
            part.lock()

    def _forget(self, address: int) -> None:
        if address in (0, KEEP):
            return
        held = self._held[address]
        held.times -= 1
        if held.times == 0:
            del self._held[address]
            if isinstance(held.part, Cabinet):
                held.part.unlock()

    def _source_address(self, index: int) -> Address:
        return self.address + (SOURCES_AT + index * SOURCE_BYTES)

    # ------------------------------------------------------------ levels
    def set_master(self, gain: float) -> None:
        """Fade the outputs to a linear gain; 0 mutes."""
        self.record["master"]["target"] = gain

    def set_volume(self, gain: float) -> None:
        """Fade the outputs to a linear gain, beside the master."""
        self.record["volume"]["target"] = gain

    def rise_from_silence(self, gain: float) -> None:
        """Before a backend begins to call the engine again: its outputs will fade in to a linear gain."""
        settle(self.record["master"], 0.0)
        self.set_master(gain)

    def fade_out(self, timeout_s: float = 0.5) -> bool:
        """Fade the outputs to silence and wait until they are; False if nobody calls the engine meanwhile."""
        self.set_master(0.0)
        deadline, done_at = time.monotonic() + timeout_s, None
        while time.monotonic() < deadline:
            cycles = int(self.record["cycles"])
            if done_at is None and self.record["master"]["value"] == 0.0:
                done_at = cycles
            if done_at is not None and cycles > done_at:  # that last cycle has been played, too
                return True
            time.sleep(0.002)
        return False

    def set_mix(self, position: int, gain: float) -> None:
        """Fade one lane's level in the mixer to a linear gain."""
        self.record["mix"][position]["target"] = gain

    # ------------------------------------------------------------ beside the guitar
    def back(self, stream: StreamRing | None) -> None:
        """Fade over to another stream of a track that is heard beside the guitar; None: to silence."""
        if self._stream is not None and self._stream is not stream:
            self._streams.append((int(self.record["cycles"]) + 2, self._stream))
        self._stream = stream
        self.record["backing"]["wanted"] = stream.address if stream is not None else 0

    def set_backing(self, gain: float) -> None:
        """Fade the track to a linear gain; while none plays it stands there at once."""
        if self.record["backing"]["playing"] == 0 and self.record["backing"]["leaving"] == 0:
            settle(self.record["backing"]["level"], gain)
        self.record["backing"]["level"]["target"] = gain

    # ------------------------------------------------------------ gear and comparison
    def send(self, gain: float, source: int = PORT) -> None:
        """Fade the level at which a source goes out to the gear to a linear gain; 0 sends nothing."""
        self.record["send_source"] = source
        self.record["send_gain"]["target"] = gain

    def compare(self, second_cabinet: Cabinet | None = None, *, inside: bool = False) -> None:
        """From now on one of two sides is heard, A first: the lanes 0 and 1 or, with a second cabinet, two cabinets.

        `inside`: the lane itself plays what is heard, by the number at `heard_address`.
        """
        switch = self.record["switch"]
        switch["inside"] = inside
        if second_cabinet is not None:
            for part in second_cabinet.filters:
                self.line.check(part)
            self._hold(second_cabinet)
            switch["cabinet"] = second_cabinet.address
        self.second_cabinet = second_cabinet
        switch["active"] = 1

    @property
    def heard_address(self) -> Address:
        """Where an int64 says which side of a comparison is heard; it changes in the silence of a press."""
        return self.address + (SWITCH_AT + HEARD)

    def press(self, side: int) -> None:
        """Hear a side of the comparison or A minus B; the fade out and in is the same whatever was heard before."""
        self.record["switch"]["wanted"] = side
        self.record["switch"]["presses"] += 1

    def listen(self, moves: Sequence[int]) -> Midi:
        """Act on MIDI from now on: what each parameter moves, see `midi_actions.py`; its map comes by `Midi.use`."""
        self._midi.append(Midi(self.record, moves))  # a cycle at work may still read the one before
        return self._midi[-1]

    # ------------------------------------------------------------ tapes
    def loop(self, samples: NDArray[np.float32] | None, origin_samples: int | None = None) -> None:
        """Let the loop source repeat `samples`, shape (n,), for ever; None stops it. Its ends are joined by a fade.

        It fades in over what was looped before. `origin_samples`: where in the recording of before the first sample
        lies; then the loop goes on where it is, as far as that lies in `samples`. None: another recording.
        """
        tape = None
        if samples is not None:
            self._recordings += origin_samples is None
            body = joined(samples, self.fade_samples)
            tape = Tape(body, strict=False)
            tape.record["recording"] = self._recordings
            tape.record["origin_samples"] = (origin_samples or 0) + samples.size - body.size
            tape.arm()
        self._put_tape("loop", tape)

    @property
    def loop_position_samples(self) -> int | None:
        """The sample of the recording that the loop is at, wherever its section began; None: there is no loop."""
        tape = self._playing.get("loop")
        return None if tape is None else int(tape.record["origin_samples"]) + int(tape.record["position_samples"])

    def probe(self, signal: NDArray[np.float32], samples: int) -> Tape:
        """Play `signal`, (n,), to the gear and record `samples` of what comes back: sample k while k is played."""
        tape = Tape(signal, samples)
        tape.arm()
        self._put_tape("probe", tape)
        return tape

    def take(self, samples: int, of: Literal["input", "output", "return"] = "input", strict: bool = True) -> Tape:
        """Record the next `samples` of an input or of the left output, sample-exact, starting with the next cycle.

        `strict`: any irregularity of the server breaks it.
        """
        tape = Tape(samples=samples, strict=strict)
        tape.arm()
        self._put_tape(of, tape)
        return tape

    def end_take(self, of: Literal["input", "output"] = "input") -> None:
        """Record no further: what the tape holds up to its position stays."""
        self._put_tape(of, None)

    def _put_tape(self, place: str, tape: Tape | None) -> None:
        address = tape.address if tape is not None else 0
        if place == "loop":
            self.record["sources"][LOOP]["loop"]["wanted"] = address
        elif place == "probe":
            self.record["probe"] = address
        else:
            self.record["tapes"][TAKE_PLACES[place]] = address
        old = self._playing.pop(place, None)
        if old is not None:  # the cycle at work may still read it
            self._tapes.append((int(self.record["cycles"]) + 2, old))
        if tape is not None:
            self._playing[place] = tape

    def recorder(self, seconds: float = RECORDER_S) -> Ring:
        """What takes the guitar and the output, for a writer to read; made at first use, then always the same."""
        if self._recorder is None:
            self._recorder = Ring(math.ceil(seconds * self.sample_rate))
            self.record["recorder"] = self._recorder.address
        return self._recorder

    # ------------------------------------------------------------ how it is
    @property
    def latency_samples(self) -> int:
        """How late the outputs are: the latest of the lanes that were handed over last."""
        return max((lane.latency_samples for lane in self.lanes if lane is not None), default=0)

    @property
    def suspended(self) -> bool:
        """Whether an overload has silenced the lanes; handing over a lane wakes them."""
        return bool(self.record["handover"]["suspended"])

    def wait_until_steady(self, timeout_s: float = 2.0) -> bool:
        """Wait until no change is on its way; False if the audio thread does not run or is too slow."""
        deadline = time.monotonic() + timeout_s
        while not self.poll():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True


__all__ = ["LANES", "LOOP", "PORT", "RETURN", "Cabinet", "Engine", "Faults", "Reading", "Share"]
