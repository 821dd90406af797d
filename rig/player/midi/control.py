"""MIDI while playing: what the audio thread could not do by itself, and what it did, so that all agree on it.

The audio thread acts on every event in its period and writes a log (`rig.midi_actions`). Read in the same order, the
log says which commands to carry out here, and which values to take over, so that the display shows them and the next
key starts from them.
"""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Any, Protocol

from ...errors import ConfigError, RigError
from ...midi_actions import SET_TO, TOGGLED, TOLD, WAITS, Midi
from ..carried import Carried, State
from ..command import Value
from ..commands import COMMANDS
from ..events import Event
from ..live_rig import LiveRig
from .lamps import Lamps, MidiOut
from .learn import Heard, LearnRequest, keep, learn_request
from .log import Happened, heard, keep_last, note_down
from .lookup import MOVES, PARAMETERS, Compiled, compiled, moves_of_parameters
from .mapping import Binding, Mapping, load_mapping, mapping_file
from .observation import Move, observed

REMEMBERED = 20  # events
LOOKED_AT = 200  # messages in one look at most of which they are
AT_ONCE_S = 0.02  # of commands, then the keys have their turn
RESTS_S = 0.3  # a knob that is not moved for so long is told of
HELD_S = 0.05  # between two values of a knob that only Python can set
STOPS_S = 0.15  # a knob that takes longer to follow is followed when it stops
SETTLES_S = 1.5  # a control that was learnt and is not moved for so long has shown what it does
WATCHED_S = 10.0  # one that was moved once is watched for so long
COMPLAINS_S = 5.0  # between two sentences about the same trouble


class Does(Protocol):
    """Whoever carries out commands."""

    def do(self, name: str, direction: int = 0, text: str | None = None) -> None:
        """Carry out an action, or a step of a value."""

    def value(self, name: str) -> Value:
        """The value of a command that has one."""

    def set(self, name: str, value: Value) -> None:
        """Set it, and say so."""

    def set_quietly(self, name: str, value: Value) -> bool:
        """Set it without a word, if that is possible."""

    def say(self, name: str) -> None:
        """Tell how it stands."""


class MidiControl(Carried):
    """What MIDI does to a rig; `commands` does what the audio thread could not. Nothing happens before `open`."""

    CARRIED = ("recent", "_request")
    REMADE = (
        *("_rig", "_commands", "tell", "path", "mapping", "_midi", "_compiled", "_pending", "_held", "_held_at"),
        "_turned_at",
        *("_moved", "_trimmed", "_counted", "_complained", "_out", "_lamps", "_moves", "_learnt", "clock"),
    )

    def __init__(self, rig: LiveRig, commands: Does) -> None:
        self._rig, self._commands, self.tell, self.path = rig, commands, rig.tell, mapping_file()
        self.mapping = Mapping()
        self.recent: deque[Happened] = deque(maxlen=REMEMBERED)
        self._midi: Midi | None = None
        self._compiled: dict[int, Compiled] = {}  # maps that lines of the log may still name, by address
        self._pending: deque[Any] = deque()
        self._request: LearnRequest | None = None
        self._held: dict[str, float] = {}  # values that are still to be set
        self._held_at, self._turned_at = 0.0, 0.0
        self._moved: dict[str, float] = {}  # when what the audio thread has set was moved last
        self._trimmed = False  # MIDI has changed a trim, or the tone
        self._counted = (0, 0)
        self._complained: dict[str, float] = {}
        self._out: MidiOut | None = None
        self._lamps = Lamps(None, self._value)
        self._moves: list[tuple[Heard, Move]] = []  # since something was to be learnt
        self._learnt: Binding | None = None  # whose control is still watched
        self.clock = time.monotonic

    def open(self, path: Path | None = None, out: MidiOut | None = None) -> None:
        """Listen from now on, with the mapping in a file that must be there, or in the player's own if it is.

        `out`: the way to the lamps; None: there is none. Raises ConfigError for a file that is named; the player's own,
        if wrong, is told of and left out.
        """
        try:
            mapping = load_mapping(self.path if path is None else path, needed=path is not None)
        except ConfigError as error:
            if path is not None:
                raise
            self.tell(Event("midi", f"{error} Until then only program changes do something."))
            mapping = Mapping()
        self.path = self.path if path is None else path
        self._out, self._lamps = out, Lamps(out, self._value)
        self._midi = self._rig.engine.listen(moves_of_parameters())
        self.use(mapping)

    def use(self, mapping: Mapping) -> None:
        """Another mapping, from the next event on."""
        if self._midi is None:
            return
        for warning in mapping.warnings:
            self.tell(Event("midi", f"{warning}."))
        self.mapping = mapping
        self._synchronise()
        made = compiled(mapping, self._rig.engine.sample_rate)
        self._compiled = {**dict(list(self._compiled.items())[-3:]), made.map.address: made}
        self._midi.use(made.map)
        self._lamps.use(mapping)

    @property
    def has_news(self) -> bool:
        """Whether `poll` has something to do; costs next to nothing."""
        return self._midi is not None and (bool(self._pending) or self._midi.has_news)

    @property
    def is_learning(self) -> bool:
        """Whether the next message will be bound."""
        return self._request is not None

    # ------------------------------------------------------------ learning
    def check_learn(self) -> None:
        """Raise a ConfigError where nothing can be learned: before a text is typed, too."""
        self._there()

    def _there(self) -> Midi:
        if self._midi is None:
            raise ConfigError("There is no MIDI here: rig needs a JACK server for it, and no --no-midi.")
        return self._midi

    def learn(self, text: str) -> None:
        """Bind the next knob, switch or program change to a command."""
        midi = self._there()
        if not text.strip():
            self._end_learning()
            self.tell(Event("midi", "nothing is learned; type the name of a command, like volume or next_model"))
            return
        self._request, self._learnt = learn_request(text), None
        self._moves.clear()
        midi.record["monitor"] = 1
        how = "move the knob from end to end, or press the switch twice"
        self.tell(Event("midi", f"{self._request.command.name}: now {how} ({{midi_learn}}, Enter: no)"))
        silent = "" if self._out is None else self._out.why_silent()
        if silent:
            self.tell(Event("midi", silent))

    def _end_learning(self) -> None:
        self._request = None
        if self._midi is not None:
            self._midi.record["monitor"] = 0

    def _learn(self, request: LearnRequest, line: Any) -> None:
        message = heard(line)
        if message is None or not request.suits(message):
            return
        try:
            binding = request.binding(message)
        except ConfigError as error:
            self._complain("error", str(error))
            return
        self._end_learning()
        replaced = self._keep(binding)
        instead = f" (in place of {replaced[0].target})" if replaced else ""
        self.tell(Event("midi", f"{binding.source}: {binding.target}{instead}; kept in {self.path.name}"))
        if binding.kind == "control" and not request.names_kind:
            self._learnt = binding

    def _keep(self, binding: Binding) -> list[Binding]:
        """Write a binding into the file and act on it from now on; what it replaces."""
        replaced = keep(self.path, binding)
        self.use(load_mapping(self.path))
        return replaced

    def _look_at_learnt(self) -> None:
        """What was learnt has been moved: now its kind, or its ends, are known."""
        binding, now = self._learnt, self.clock()
        if binding is None:
            return
        source = binding.kind, binding.number, binding.channel
        moves = [move for message, move in self._moves if message.source == source]
        if now - moves[-1].at_s < (SETTLES_S if len(moves) > 1 else WATCHED_S):
            return
        self._learnt = None
        better = observed(binding, moves)
        if better != binding:
            self._keep(better)
            self.tell(Event("midi", f"{better.source}: {better.target}, as it moves; kept in {self.path.name}"))

    # ------------------------------------------------------------ what has happened
    def poll(self) -> None:
        """Carry out and take over what has come in; call it every few milliseconds while MIDI is connected."""
        if self._midi is None:
            return
        if not self._pending:
            lines = self._midi.drain()
            self._pending.extend(lines)
            for line in lines[-LOOKED_AT:]:
                note_down(self.recent, Happened.of(line, self._compiled))
        until = time.monotonic() + AT_ONCE_S
        while self._pending and time.monotonic() < until:
            try:
                self._follow(self._pending.popleft())
            except RigError as error:
                self._complain("error", str(error))
        self._set_held()
        if not self.has_news:
            self._synchronise()
        try:
            self._look_at_learnt()
        except RigError as error:
            self._complain("error", str(error))
        self._lamps.poll()
        self._tell_of_rest()
        self._tell_of_losses()

    def _follow(self, line: Any) -> None:
        """One line of the log."""
        message = heard(line)
        if message is not None and (self._request is not None or self._learnt is not None):
            self._moves.append((message, Move(self.clock(), message.data)))
        if self._request is not None:
            self._learn(self._request, line)
            return
        made, outcome = self._compiled.get(int(line["map"])), int(line["outcome"])
        if made is None or outcome not in (SET_TO, TOGGLED, TOLD, WAITS):
            return
        binding = made.binding(int(line["binding"]), int(line["data_1"]))
        if outcome == SET_TO:
            if binding.command in MOVES:
                self._take_over(binding.command, float(line["value"]))
            else:
                self._held[binding.command] = float(line["value"])
                self._turned_at = time.monotonic()
        elif outcome == TOGGLED:
            self._take_over("mute", float(line["value"]))
        elif outcome == WAITS:
            value = COMMANDS[binding.command].format(self._value(binding.command))
            self._complain("midi", f"{binding.source} waits: {binding.command} is at {value}, turn it past that")
        else:
            self._set_held(at_once=True)
            self._carry_out(binding, int(line["data_2"]))

    def _take_over(self, name: str, value: float) -> None:
        """The audio thread has done it; what is shown, and the next key, follow."""
        rig = self._rig
        if name == "mute":
            if rig.muted != bool(value):
                rig.muted = bool(value)
                rig.say_muted()
            return
        if name == "volume":
            rig.volume.db = value
        else:
            rig.sound = rig.sound.changed(**{f"{name}_db": value})  # type: ignore[arg-type]  # a name at run time
            self._trimmed = True
        self._moved[name] = time.monotonic()

    def _carry_out(self, binding: Binding, data: int) -> None:
        name = binding.command
        if name not in COMMANDS:  # a program change, as long as there are no presets
            self._complain("midi", f"program change {binding.argument}: there are no presets here")
            return
        stands = binding.kind == "control" and binding.on == "state"
        if binding.turn is not None or stands:
            self._commands.set(name, data >= binding.on_from if stands else binding.turn == "on")
        else:
            self._commands.do(name, binding.step or binding.argument, text=binding.text)

    def _set_held(self, at_once: bool = False) -> None:
        """Values that only Python can set: the newest one, not every one on the way there, and told of when it rests.

        What has to be made anew for each value is made where the knob stops.
        """
        now = time.monotonic()
        if not self._held or (now - self._held_at < HELD_S and not at_once):
            return
        held, self._held, self._held_at = self._held, {}, now
        for name, value in held.items():
            if self._commands.set_quietly(name, value):
                self._moved[name] = now
            elif at_once or now - self._turned_at >= STOPS_S:
                self._commands.set(name, value)
            else:
                self._held[name] = value

    def _value(self, name: str) -> float:
        return float(self._commands.value(name))

    def _synchronise(self) -> None:
        """Keys and presets move values too: knobs that pick up have to know where they are."""
        assert self._midi is not None
        for parameter, name in zip(self._midi.parameters, PARAMETERS, strict=True):
            if name not in self._held and parameter["value"] != (value := self._value(name)):
                parameter["value"] = value
        if not self._trimmed or self._rig.bypassed:
            return
        # A lane that was on its way here while a trim was moved still has the old one.
        lane, sound = self._rig.engine.lanes[0], self._rig.sound
        if lane is not None and lane.trims_db is not None:
            trims = sound.input_trim_db, sound.output_trim_db
            if lane.trims_db != trims:
                lane.trim(*trims)
            if lane.tone_db != sound.tone_db:
                lane.set_tone(sound.tone_db)

    # ------------------------------------------------------------ what is told
    def _tell_of_rest(self) -> None:
        now = time.monotonic()
        for name in [name for name, moved in self._moved.items() if now - moved > RESTS_S]:
            del self._moved[name]
            self._commands.say(name)

    def _tell_of_losses(self) -> None:
        assert self._midi is not None
        record = self._midi.record
        now = int(record["lost"] + record["unlogged"]), int(record["malformed"])
        if now[0] > self._counted[0] and self._complain(
            "midi", f"left out, as they came faster than rig can act on them: {now[0] - self._counted[0]} events"
        ):
            self._counted = now[0], self._counted[1]
        if now[1] > self._counted[1] and self._complain(
            "midi", f"damaged messages that were ignored: {now[1] - self._counted[1]}"
        ):
            self._counted = self._counted[0], now[1]

    def _complain(self, kind: str, sentence: str) -> bool:
        """Tell of trouble, but of the same only now and then; whether it was told."""
        now, alike = time.monotonic(), "".join(c for c in sentence if not c.isdigit())
        if now - self._complained.get(alike, -COMPLAINS_S) < COMPLAINS_S:
            return False
        self._complained[alike] = now
        self.tell(Event(kind, sentence))
        return True

    def restore(self, state: State) -> None:
        """Remember the last events; what was to be learned still is."""
        super().restore(state)
        if self._request is not None and self._midi is not None:
            self._midi.record["monitor"] = 1

    def close(self) -> None:
        """Keep the last events for `rig midi`."""
        if self.recent:
            keep_last(self.recent)
