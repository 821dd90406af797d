"""What MIDI does, in the audio thread: knobs, pedals and switches, in the period in which they are moved.

Every event of a cycle is acted on in that cycle, in order, at the start of the chunk (at most 256 frames) it falls
into. To split chunks would let a turned knob cost CPU; with fades of 10 ms nobody hears the difference. What can be
done here is done here: levels, tone, volume and mute move from this chunk on. All else goes, with the frame it came at,
into a ring that Python empties soon after (`Midi.drain`), in the same order.

What a message means stands in a MAP, made complete by Python and exchanged by its address. A curve is a table of 128
values there, so nothing has to be computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .chain_record import CHAIN
from .dsp.cycle_record import HOST
from .dsp.midi_events import CONTROL_CHANGE, EVENT, EVENT_BYTES, NOTE_ON, PROGRAM_CHANGE
from .dsp.native.address import Address
from .dsp.native.compile import kernel
from .dsp.native.memory import Layout
from .dsp.native.pointers import Record, ints, load_acquire, offset, record, store_release
from .handover import STEADY
from .lane import LANE

STEPS = 128  # values of a data byte
NOTE, CONTROL, PROGRAM = 0, 1, 2  # kinds of message that may be bound
KINDS, CHANNELS = 3, 16

HELD, INPUT_TRIM, OUTPUT_TRIM, VOLUME, MUTE = range(5)  # what a parameter moves here; HELD: Python does it
TONE = 5  # and from here on the tone controls, in the order of `dsp.tone.knobs.KNOBS`
SET, TOGGLE, TELL = 0, 1, 2  # what a binding does with its parameter; TELL: Python carries out a command
PRESS, CHANGE, ANY, SECOND, STATE = range(5)  # which messages of a switch count, see `switched`
GOES_ON = -1  # where a switch turns to: to the other state; else 0 off, 1 on
# What came of an event; WAITS: the knob has not caught up yet, RESTS: too soon after the last one of this switch.
DONE, UNBOUND, WAITS, SET_TO, TOGGLED, TOLD, RESTS = range(7)

PARAMETER = np.dtype(
    [
        ("value", np.float64),  # in the unit of its command; whoever changes it writes it here too
        ("moves", np.int64),
    ],
    align=True,
)
BINDING = np.dtype(
    [
        ("next", np.int64),  # number, from 1, of the next binding of the same message; 0: none
        ("does", np.int64),
        ("parameter", np.int64),
        ("counts", np.int64),  # of a switch: PRESS, CHANGE, ANY, SECOND or STATE
        ("on_from", np.int64),  # the data byte from which on it is pressed
        ("turns", np.int64),  # GOES_ON, or the state it leads to
        ("rest_samples", np.int64),  # so long after it was moved nothing counts: contacts bounce
        ("moved_at_samples", np.int64),  # by the clock of MIDI
        ("is_second", np.int64),  # 1: the message that came last was the first of two
        ("picks_up", np.int64),  # 1: a knob does nothing until it has come to where the value is
        ("caught", np.int64),  # 1: it has
        ("last", np.int64),  # the data byte before, -1: none yet
        ("left_at", np.float64),  # the value this knob set last
        ("values", np.float64, (STEPS,)),  # of a knob, in the unit of its command
        ("gains", np.float64, (STEPS,)),  # the same as linear gain; of a tone control, the fourth root of that
    ],
    align=True,
)
MAP = np.dtype(
    [
        ("bindings", np.int64),  # address of BINDING[]
        ("lookup", np.int64),  # address of int64[KINDS][CHANNELS][STEPS]: number, from 1, of the first binding; 0: none
    ],
    align=True,
)
# One line of the log. Frames are the server's, which wrap at 2**32.
LOGGED = np.dtype(
    [
        ("period_frame", np.int64),  # at which the period began that the event belongs to
        ("offset_frames", np.int64),  # from there to the event
        ("acted_at_frames", np.int64),  # from there to the chunk in which it was acted on
        ("cycle", np.int64),  # the engine's count of cycles, then
        ("status", np.int64),
        ("data_1", np.int64),
        ("data_2", np.int64),
        ("outcome", np.int64),
        ("map", np.int64),  # address of the MAP it was looked up in
        ("binding", np.int64),  # number in there, from 0; -1: none
        ("value", np.float64),  # what the parameter was set to
    ],
    align=True,
)
MIDI = np.dtype(
    [
        ("map", np.int64),  # address of the MAP
        ("parameters", np.int64),  # address of PARAMETER[]
        ("log", np.int64),  # address of LOGGED[log_mask + 1]
        ("log_mask", np.int64),
        ("written", np.int64),  # lines written ever, by the audio thread
        ("read", np.int64),  # lines read ever, by Python
        ("monitor", np.int64),  # 1: also log what is bound to nothing
        ("clock_samples", np.int64),  # at the start of this cycle, since the first one with MIDI
        ("next_clock_samples", np.int64),  # at its end
        ("next", np.int64),  # event of this cycle that is next
        ("events", np.int64),  # seen ever
        ("unlogged", np.int64),  # lines that found no room: the log was full
        ("lost", np.int64),  # by the backend, ever; see HOST
        ("malformed", np.int64),
    ],
    align=True,
)
_MAP, _WRITTEN, _READ = offset(MIDI, "map"), offset(MIDI, "written"), offset(MIDI, "read")
_BINDING_BYTES, _PARAMETER_BYTES, _LOGGED_BYTES = BINDING.itemsize, PARAMETER.itemsize, LOGGED.itemsize
LOG_LINES = 4096


@kernel
def act_on_events(chain: Address, host: Address, at: int, period: int, frames: int) -> None:
    """Act on the events of the chunk of `frames` that begins `at` frames into a cycle of `period` frames.

    `chain`: address of the CHAIN whose levels they move.
    """
    c, h = record(chain, CHAIN), record(host, HOST)
    m = record(c.midi, MIDI)
    if at == 0:
        m.next, m.lost, m.malformed = 0, h.midi_lost, h.midi_malformed
        m.clock_samples = m.next_clock_samples
        m.next_clock_samples += period
    while m.next < h.midi_count:
        e = record(h.midi + EVENT_BYTES * m.next, EVENT)
        if e.offset_frames >= at + frames and at + frames < period:
            return
        m.next += 1
        m.events += 1
        act(c, m, h, e, at)


@kernel
def act(c: Record, m: Record, h: Record, e: Record, at: int) -> None:
    """One event: everything that is bound to it."""
    message, channel = e.status & 0xF0, e.status & 0x0F
    kind = -1
    if message == NOTE_ON and e.data_2 > 0:  # a note on without velocity is a note off
        kind = NOTE
    elif message == CONTROL_CHANGE:
        kind = CONTROL
    elif message == PROGRAM_CHANGE:
        kind = PROGRAM
    address = load_acquire(c.midi + _MAP)
    number = 0
    if kind >= 0 and address != 0:
        number = ints(record(address, MAP).lookup)[(kind * CHANNELS + channel) * STEPS + e.data_1]
    if number == 0:
        if m.monitor != 0:
            write_log(c, m, h, e, at, UNBOUND, address, -1, 0.0)
        return
    while number != 0:
        b = record(record(address, MAP).bindings + (number - 1) * _BINDING_BYTES, BINDING)
        p = record(m.parameters + b.parameter * _PARAMETER_BYTES, PARAMETER)
        if b.does == SET:
            outcome = turn(c, b, p, e.data_2)
        else:
            outcome = TOLD if kind == PROGRAM else switched(b, kind, e.data_2, m.clock_samples + e.offset_frames)
            if outcome == TOLD and b.does == TOGGLE:
                outcome = TOGGLED
                turns = (1 if e.data_2 >= b.on_from else 0) if b.counts == STATE and kind == CONTROL else b.turns
                p.value = 1.0 - p.value if turns == GOES_ON else np.float64(turns)
                move(c, p.moves, 1.0 - p.value)
        write_log(c, m, h, e, at, outcome, address, number - 1, p.value)
        number = b.next


@kernel
def switched(b: Record, kind: int, data: int, now: int) -> int:
    """Whether a message of a switch counts (TOLD), and if not, why (DONE, RESTS); `now` by the clock of MIDI.

    A note counts, and of a controller: PRESS what comes from below to above, CHANGE and STATE each way (the first
    message too, as nobody knows where the switch stood), ANY every message, SECOND every other one.
    """
    each = kind == NOTE or b.counts == ANY or b.counts == SECOND
    is_known, is_on, was_on = b.last >= 0, data >= b.on_from, b.last >= b.on_from
    b.last = data
    if not each and is_known and is_on == was_on:
        return DONE
    if now - b.moved_at_samples < b.rest_samples:
        return RESTS if each or is_on or b.counts != PRESS else DONE
    b.moved_at_samples = now
    if kind == CONTROL and b.counts == SECOND:
        b.is_second = 1 - b.is_second
        return TOLD if b.is_second == 1 else DONE
    return TOLD if each or is_on or b.counts != PRESS else DONE


@kernel
def turn(c: Record, b: Record, p: Record, data: int) -> int:
    """A knob: set its parameter, unless it has to be picked up first."""
    value, here = b.values[data], p.value
    if b.picks_up != 0:
        if here != b.left_at:
            b.caught = 0  # something else has moved it meanwhile
        if b.caught == 0:
            # Between the two neighbours of this position, or between this position and the one before.
            near = (b.values[max(data - 1, 0)] - here) * (b.values[min(data + 1, STEPS - 1)] - here) <= 0.0
            passed = b.last >= 0 and (b.values[max(b.last, 0)] - here) * (value - here) <= 0.0
            b.last = data
            if not near and not passed:
                return WAITS
            b.caught = 1
    b.last, b.left_at, p.value = data, value, value
    move(c, p.moves, b.gains[data])
    return SET_TO


@kernel
def move(c: Record, moves: int, gain: float) -> None:
    """Let a level fade to a linear gain, or a tone control move to a root, from here on."""
    if moves == VOLUME:
        c.volume.target = gain
    elif moves == MUTE:
        c.master.target = gain
    elif moves != HELD:
        trim_lane(c.handover.lanes[0], moves, gain)
        if c.handover.phase != STEADY:
            trim_lane(c.handover.next_lanes[0], moves, gain)


@kernel
def trim_lane(address: Address, moves: int, gain: float) -> None:
    """Set a trim on top of a lane's own gain, or a tone control; a lane without, as in bypass, stays as it is."""
    if address == 0:
        return
    lane = record(address, LANE)
    if moves >= TONE:
        if lane.has_tone != 0:
            lane.tone[moves - TONE].target = gain
    elif moves == INPUT_TRIM and lane.input_base_gain != 0.0:
        lane.input_gain.target = lane.input_base_gain * gain
    elif moves == OUTPUT_TRIM and lane.output_base_gain != 0.0:
        lane.output_gain.target = lane.output_base_gain * gain


@kernel
def write_log(
    c: Record, m: Record, h: Record, e: Record, at: int, outcome: int, map: Address, binding: int, value: float
) -> None:
    """One line for Python."""
    if m.written - load_acquire(c.midi + _READ) > m.log_mask:
        m.unlogged += 1
        return
    line = record(m.log + (m.written & m.log_mask) * _LOGGED_BYTES, LOGGED)
    line.period_frame, line.offset_frames, line.acted_at_frames, line.cycle = (
        h.frame_time,
        e.offset_frames,
        at,
        c.cycles,
    )
    line.status, line.data_1, line.data_2 = e.status, e.data_1, e.data_2
    line.outcome, line.map, line.binding, line.value = outcome, map, binding, value
    store_release(c.midi + _WRITTEN, m.written + 1)


class Map:
    """One MAP in memory of its own. `bindings`: array of BINDING; `heads`: (kind, channel, number) -> first of them.

    Number the bindings from 1 in `next` and in `heads`.
    """

    def __init__(self, bindings: NDArray[Any], heads: dict[tuple[int, int, int], int]) -> None:
        layout = Layout()
        head = layout.reserve(MAP)
        part, lookup = layout.reserve(BINDING, len(bindings)), layout.reserve(np.int64, KINDS * CHANNELS * STEPS)
        self._arena = layout.allocate()
        self.bindings, self.address = self._arena[part], self._arena.address_of(head)
        self.bindings[:] = bindings
        table = self._arena[lookup].reshape(KINDS, CHANNELS, STEPS)
        for key, number in heads.items():
            table[key] = number
        record_ = self._arena[head][0]
        record_["bindings"], record_["lookup"] = self._arena.address_of(part), self._arena.address_of(lookup)


class Midi:
    """The control side of it: memory for the log and the parameters, and the map of the moment.

    `moves`: for each parameter what it moves in the audio thread. `chain`: the CHAIN record of an engine, which acts
    on events from now on and must not outlive this: let `Engine.listen` make it.
    """

    def __init__(self, chain: Any, moves: Sequence[int]) -> None:
        layout = Layout()
        head, parameters = layout.reserve(MIDI), layout.reserve(PARAMETER, max(1, len(moves)))
        log = layout.reserve(LOGGED, LOG_LINES)
        self._arena = layout.allocate()
        self._chain = chain
        self.record, self.parameters, self._log = self._arena[head][0], self._arena[parameters], self._arena[log]
        self.parameters["moves"][: len(moves)] = moves
        self.record["parameters"], self.record["log"] = self._arena.address_of(parameters), self._arena.address_of(log)
        self.record["log_mask"] = LOG_LINES - 1
        self._map: Map | None = None
        self._replaced: list[tuple[int, Map]] = []  # with the cycle count after which each may go
        chain["midi"] = self._arena.address_of(head)

    def use(self, map: Map) -> None:
        """From the next event on messages mean this."""
        self.record["map"] = map.address
        cycles = int(self._chain["cycles"])
        self._replaced = [(after, old) for after, old in self._replaced if cycles < after]
        if self._map is not None:  # the cycle at work may still read it
            self._replaced.append((cycles + 2, self._map))
        self._map = map

    @property
    def has_news(self) -> bool:
        """Whether there is something to drain."""
        return bool(self.record["written"] != self.record["read"])

    def drain(self) -> NDArray[Any]:
        """What happened since the last time, in order: array of LOGGED, shape (n,)."""
        read, written = int(self.record["read"]), int(self.record["written"])
        lines = self._log[np.arange(read, written) & (LOG_LINES - 1)]
        self.record["read"] = written
        return lines
