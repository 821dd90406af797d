"""A live session: the engine on JACK or PortAudio, the player behind keys, until the last key."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..backends.base import is_pluggable
from ..errors import RigError
from .backend import await_device, may_howl, plugged, why_ordinary
from .live_line import Entry, live_line
from .midi_ports import connect_midi, open_midi, wait_for_keys_or_midi
from .terminal import Keys, Screen

if TYPE_CHECKING:
    from ..backends.base import Backend
    from ..control.player import Player
    from ..engine import Engine
    from .chosen import Chosen

REFRESH_S = 0.1
WAITING_S = 0.005  # between two looks while a sound is on its way
SWITCH_S = 0.001  # how long background work in Python may hold up a key; 5 ms is Python's own choice
CONNECTIONS_S = 2.0  # how often the connections are noted, to make them again after a restart of the server
KEYS_LINE = (
    "Keys     n/p model, i/u cabinet, / search, f favourite, e equal loudness, o record a loop, +/- volume, m mute, "
    "T tuner, G gate, q quit, h all keys"
)


class Session:
    """From the first connection to the last key."""

    def __init__(
        self,
        options: argparse.Namespace,
        screen: Screen,
        backend: Backend,
        models: list[Path],
        irs: list[Path],
        interface: Any,
        called: Chosen,
    ) -> None:
        self.options, self.screen, self.backend, self.called = options, screen, backend, called
        self.models, self.irs, self.interface = models, irs, interface
        self.xruns_before, self.connected = 0, {}  # type: int, dict[str, list[str]]
        self.entry: Entry | None = None  # a text that is being typed

    def run(self) -> int:
        """Play until a key, a signal or the clock ends it."""
        from ..control.hands import loop_from
        from ..control.player import Player
        from ..control.tuner import checked_a4_hz
        from ..engine import LOOP, PORT, Engine

        sys.setswitchinterval(SWITCH_S)
        try:
            engine = Engine(self.backend.sample_rate)
            player = Player(
                engine,
                self.screen.say,
                self.models,
                self.irs,
                interface=self.interface,
                preamp_gain_db=self.options.preamp_gain_db,
                level_mode=self.options.level,
                model_input_dbu=self.options.model_input_dbu,
                size=self.options.size,
                source=LOOP if self.options.di is not None else PORT,
                ir_named=self.options.ir is not None,
                ir_bytes=self.options.ir_memory_mb << 20,
                presets=self.called.presets,
                preset=self.called.first,
                folder=self.called.folder,
                keeps=self.called.keeps,
            )
            player.noise.begin(self.options.gate, self.options.rumble)
            player.tuner.a4_hz, player.tuner.mutes = checked_a4_hz(self.options.a4), self.options.tuner == "mute"
            if self.options.di is not None:
                player.hands.put(loop_from(self.options.di, self.backend.sample_rate), self.options.di.name)
            with contextlib.closing(player):
                self._play(engine, player)
            return 0
        except KeyboardInterrupt:
            return 0
        finally:
            self.screen.end()
            self.backend.close()

    def _play(self, engine: Engine, player: Player) -> None:
        player.equal.switch(self.options.equal_loudness)
        player.start()
        if may_howl(self.backend, self.options):
            player.do("mute")
            self.screen.say(
                "Note     no input was named: a microphone beside loudspeakers would howl, so it begins muted. Press m "
                "to hear it, or name your guitar's input with --input (rig devices lists them)."
            )
        open_midi(self.options, self.backend, player)
        self.backend.start(engine.block_address, engine.address)
        self.backend.latency_samples = engine.latency_samples
        for sentence in plugged(self.backend, self.options):
            self.screen.say(f"Ports    {sentence}")
        connect_midi(self.options, self.backend, self.screen.say)
        if is_pluggable(self.backend):
            self.connected = self.backend.connections()
        player.recorder.folder = self.options.record_to
        if self.options.record:
            player.recorder.begin()
        self._say_start(engine)
        with Keys() as keys:
            if keys.present:
                self.screen.say(KEYS_LINE)
            if self.options.blind:
                player.do("blind")
            with contextlib.suppress(KeyboardInterrupt):
                self._loop(engine, player, keys)
        engine.set_master(0.0)
        if not self.backend.gone:
            time.sleep(0.03)  # the fade out

    def _say_start(self, engine: Engine) -> None:
        priority = self.backend.realtime_priority()
        if priority == 0:
            self.screen.say(
                f"Note     the audio thread has no real-time priority: expect xruns (see {why_ordinary(self.backend)})"
            )
        period_ms = 1000 * self.backend.block_size / engine.sample_rate
        self.screen.say(f"Playing  {engine.sample_rate:g} Hz, {self.backend.block_size} frames ({period_ms:.1f} ms)")

    def _loop(self, engine: Engine, player: Player, keys: Keys) -> None:
        began = noted = time.monotonic()
        refreshed = began - REFRESH_S
        while not player.finished:
            pressed = wait_for_keys_or_midi(
                keys, player, WAITING_S if player.waiting else REFRESH_S, bool(self.connected.get("midi"))
            )
            for key in pressed:
                self._press(key, player)
            player.tend()
            now = time.monotonic()
            if not pressed and now - refreshed < REFRESH_S - WAITING_S:
                continue
            refreshed = now
            self._report_latency(engine)
            if self.backend.gone:
                if is_pluggable(self.backend):
                    self._await_server(engine, player)
                else:
                    self.xruns_before += int(self.backend.host["xruns"])
                    self.backend = await_device(self.backend, engine, self.screen)
            elif is_pluggable(self.backend) and now - noted > CONNECTIONS_S:
                self.connected, noted = self.backend.connections(), now
            if self.options.seconds is not None and now - began > self.options.seconds:
                return
            if self.entry is not None:
                self.screen.line(self.entry.line(player))
            else:
                self.screen.line(*live_line(engine, player, self.xruns_before + int(self.backend.host["xruns"])))

    def _press(self, key: str, player: Player) -> None:
        """A key: a command, or part of a text that a command has asked for."""
        from ..control.commands import COMMANDS, KEYS

        if self.entry is not None:
            if self.entry.press(key):
                entry, self.entry = self.entry, None
                if not entry.is_cancelled:
                    player.do(entry.command.name, text=entry.text)
        elif key in KEYS:
            name, way = KEYS[key]
            if COMMANDS[name].prompt is not None:
                self.entry = Entry(COMMANDS[name])
            else:
                player.do(name, way)

    def _report_latency(self, engine: Engine) -> None:
        with contextlib.suppress(RigError):  # a server that is going away is noticed elsewhere
            self.backend.latency_samples = engine.latency_samples

    def _await_server(self, engine: Engine, player: Player) -> None:
        """The server has gone: wait, and play on where it was when it comes back."""
        from ..backends.jack import wait_for_server

        assert is_pluggable(self.backend)
        self.screen.say("The JACK server has gone; waiting for it to come back (Ctrl-C ends).")
        connections = self.backend.connections()
        self.xruns_before += int(self.backend.host["xruns"])
        self.backend.close()
        refused = None
        while True:
            backend = wait_for_server(self.options.name, midi=not self.options.no_midi)
            if backend is None:
                raise KeyboardInterrupt
            self.backend = backend
            if round(backend.sample_rate) == round(engine.sample_rate):
                break
            sentence = f"The server is back at {backend.sample_rate} Hz; this session needs {engine.sample_rate:g} Hz."
            if sentence != refused:
                self.screen.say(sentence)
            refused = sentence
            backend.close()
            time.sleep(1.0)
        try:
            backend.start(engine.block_address, engine.address)
            for sentence in backend.reconnect(connections):
                self.screen.say(f"Ports    {sentence}")
            self.screen.say("The JACK server is back.")
        except RigError as error:
            self.screen.say(str(error))
