"""A live session: the engine on JACK or PortAudio, the player behind keys, until the last key."""

from __future__ import annotations

import argparse
import contextlib
import gc
import socket
import sys
import time
from typing import TYPE_CHECKING, ClassVar

from ...backends.base import is_pluggable
from ...errors import RigError
from ...player.events import Event, with_commands
from ...player.key_map import help_text, load_keys
from ...web.server_state import ServerState
from ..backing_options import begin_backing
from ..compiling.first_start import first_start
from ..display.screen import Screen
from ..knob_watch import gain_is_given, row_of, watch_for
from ..open_backend import await_device, may_howl, plugged, why_ordinary
from ..options import is_interface_named, is_model_named
from ..page_door import opened_door, served
from ..terminal import Keys
from ..tone_options import eq_of, tone_of
from .after_start import PriorityNote, await_latencies, period_told
from .face import Face, Size
from .live_line import Entry, log_line
from .live_rows import Peaks, live_rows
from .midi_ports import connect_midi, open_midi, wait_for_keys_or_midi
from .sentences import COLUMN, Teller
from .stage import stage_rows
from .survival import Survival

if TYPE_CHECKING:
    from ...backends.base import Backend
    from ...backends.lost import Lost
    from ...engine import Engine
    from ...knob.watch import KnobWatch
    from ...player.player import Player
    from ...player.state import PlayerState
    from ...web.page import Page
    from ..display.rows import Row
    from .what_plays import WhatPlays

REFRESH_S = 0.1
WAITING_S = 0.005  # between two looks while a sound is on its way
SWITCH_S = 0.001  # how long background work in Python may hold up a key; 5 ms is Python's own choice
KEYS_LINE = (
    "Keys     {next_model}/{previous_model} model, {next_ir}/{previous_ir} cabinet, {search_ir} search, {favourite} "
    "favourite, {equal_loudness} equal loudness, {record_loop} record a loop, {output_trim+}/{output_trim-} volume, "
    "{mute} mute, {tuner} tuner, {gate} gate, {quit} quit, {help} all keys"
)


class Session:
    """From the first connection to the last key."""

    keys_of: ClassVar[type[Keys]] = Keys  # where they come from

    def __init__(self, options: argparse.Namespace, screen: Screen, backend: Backend, what: WhatPlays) -> None:
        self.options, self.screen, self.backend, self.what = options, screen, backend, what
        self.row = None if what.interface_named and not is_interface_named(options) else row_of(options)
        self.watch: KnobWatch | None = None
        self.engine: Engine
        self.player: Player
        self.entry: Entry | None = None  # a text that is being typed
        from ...player.commands import COMMANDS, GROUPS

        self.keys, odd = load_keys("keys", COMMANDS, options.keys)
        text = help_text(GROUPS, self.keys)
        self.face = Face(screen, GROUPS, self.keys, text)
        views = {"help": self.face.help, "stage": self.face.stage}
        self.tell = Teller(self.face.say, self.keys, COMMANDS, text, views)
        self._peaks = Peaks()
        self._state: PlayerState | None = None  # as it was looked at last
        self.page: Page | None = None
        self.is_served = False
        self.latency_ms = 0.0
        for sentence in odd:
            screen.say(f"Keys     {sentence}")

    def run(self) -> int:
        """Play until a key, a signal or the clock ends it."""
        from ...engine import Engine

        sys.setswitchinterval(SWITCH_S)
        with contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as ending:  # each step, whatever happens
            ending.callback(self.screen.end)
            ending.callback(lambda: self.backend.close())
            self.engine = Engine(self.backend.sample_rate)
            self.player = self._new_player(self.engine)
            ending.callback(lambda: self.player.close())
            self._make_page()
            self._begin(self.player)
            first_start.tell = self._note
            if may_howl(self.backend, self.options):
                self.player.set("mute", True)
                self._say(
                    "Note     no input was named: a microphone beside loudspeakers would howl, so it begins muted. "
                    "Press {mute} to hear it, or name your guitar's input with --input (rig devices lists them)."
                )
            keys = self.face.keys = ending.enter_context(self.keys_of())
            ending.callback(self._leave)
            ending.callback(self.screen.leave)
            self._start()
            ending.callback(self._close_page)
            ending.callback(lambda: self.watch.close() if self.watch is not None else None)
            self.is_served = self._open_page()
            if keys.present:
                self._say(KEYS_LINE)
            self._loop(keys)
        return 0

    def _begin(self, player: Player) -> None:
        """What is played first, and what in place of the guitar or beside it. Raises RigError."""
        from ...player.tools.looper import loop_from

        if self.options.di is not None:
            loop = loop_from(self.options.di, self.backend.sample_rate, self.options.channel, self._say_of_loop)
            player.looper.put(loop, self.options.di.name)
        player.equal.switch(self.options.equal_loudness)
        player.start()
        begin_backing(self.options, player)

    def _say_of_loop(self, kind: str, sentence: str) -> None:
        self.screen.say(f"{kind.capitalize():<{COLUMN}}{sentence}")

    def _note(self, text: str) -> None:
        self._told(Event("noted", text))

    def _say(self, text: str) -> None:
        """A sentence of our own, with the keys in force for the commands in it."""
        self.screen.say(with_commands(text, self.tell.way))

    # ------------------------------------------------------------ the page
    def _make_page(self) -> None:
        if not self.options.page:
            return
        from ...web.shown.shown_player import PlayerShown

        view = "play" if self.options.presets else "audition"
        shown = PlayerShown(lambda: self.player, self._server, view)
        self.page = served(self.options, shown, self.screen.say)
        if self.page is not None:
            shown.on_revoked = self._revoked

    def _revoked(self) -> None:
        """The page has another token."""
        if self.page is not None:
            self.page.revoked()

    def _open_page(self) -> bool:
        """Let the page be reached, and say where; whether it can be."""
        return opened_door(self.page, self.options, self.screen.say)

    def _server(self) -> ServerState:
        backend, host = self.backend, self.backend.host
        return ServerState(
            backend.product if is_pluggable(backend) else "PortAudio",
            float(backend.sample_rate),
            int(backend.block_size),
            self.latency_ms,
            self.survival.lost.times,
            int(host["frame_time"]),
            self.survival.state,
        )

    def _told(self, event: Event) -> None:
        """What the player tells, to whoever listens."""
        self.tell(event)
        if self.page is not None:
            self.page.post(event)

    def _close_page(self) -> None:
        if self.page is not None:
            self.page.close()

    def _new_player(self, engine: Engine) -> Player:
        from ...engine import LOOP, PORT
        from ...player.player import Player
        from ...player.tools.tuner import checked_a4_hz

        what = self.what
        player = Player(
            engine,
            self._told,
            what.models,
            what.irs,
            what.second,
            blend=self.options.blend,
            interface=what.interface,
            preamp_gain_db=self.options.preamp_gain_db,
            level_mode=self.options.level_mode,
            model_input_dbu=self.options.model_input_dbu,
            size=self.options.size,
            quality=self.options.quality,
            tone_db=tone_of(self.options),
            eq=eq_of(self.options),
            source=LOOP if self.options.di is not None else PORT,
            model_named=is_model_named(self.options),
            ir_named=self.options.ir is not None,
            ir_bytes=self.options.ir_memory_mb << 20,
            presets=what.called.presets,
            preset=what.called.first,
            folder=what.called.folder,
            keeps=what.called.keeps,
            blind=self.options.blind,
        )
        if what.called.last is not None:
            player.presets.resume(what.called.last)
        player.rig.interface_named = what.interface_named
        player.rig.knob.name(what.interface, self.row)
        player.rig.knob.watch, player.rig.knob.gain_is_typed = self.watch, gain_is_given(self.options)
        player.recorder.folder, player.recorder.clock = self.options.into, time.monotonic
        player.training.follow = self.options.follow_training
        player.noise.begin(self.options.gate_dbfs, self.options.rumble_hz)
        player.tuner.a4_hz, player.tuner.mutes = checked_a4_hz(self.options.a4), self.options.tuner == "mute"
        open_midi(self.options, self, player)
        return player

    def _start(self) -> None:
        self.backend.start(self.engine.block_address, self.engine.address)
        self.backend.latency_samples = self.engine.latency_samples
        self._plug()
        ports = self.backend.connections().get("in", ()) if is_pluggable(self.backend) else ()
        self.watch = self.player.rig.knob.watch = watch_for(self.options, self.row, ports, self.screen.say)
        to_card: tuple[str, ...] = ()
        if not self.options.no_connect:
            to_card += () if self.options.input else ("in",)
            to_card += () if self.options.output else ("out_1", "out_2")
        self.player.recorder.rescue()
        if self.options.record:
            self.player.recorder.begin()
        if is_pluggable(self.backend):
            await_latencies(self.backend)
        self.say_period()
        self.survival = Survival(self, self._say, to_card)

    def _plug(self) -> None:
        """The cables that were asked for. Raises BackendError."""
        self._plug_ports()
        self._plug_midi()

    def _plug_ports(self) -> None:
        for sentence in plugged(self.backend, self.options):
            self.screen.say(f"Ports    {sentence}")

    def _plug_midi(self) -> None:
        connect_midi(self.options, self.backend, self.player, self.screen.say)

    def _leave(self) -> None:
        """The sound fades out, and the server is told that we go."""
        try:
            if not self.backend.gone:
                self.engine.fade_out()
        finally:
            self.backend.close()

    def _loop(self, keys: Keys) -> None:
        began, priority_note = time.monotonic(), PriorityNote()
        refreshed = began - REFRESH_S
        while not self.player.finished:
            pressed = wait_for_keys_or_midi(
                keys,
                self.player,
                WAITING_S if self.player.waiting else REFRESH_S,
                self.survival.is_plugged("midi"),
                self._wakers,
            )
            for key in pressed:
                self._press(key, self.player)
            acted = self.page is not None and self.is_served and self.page.poll()
            self.player.poll()
            for sentence in first_start.news():
                self._note(sentence)
            now = time.monotonic()
            if not (pressed or acted) and now - refreshed < REFRESH_S - WAITING_S:
                continue
            refreshed = now
            if self.backend.gone and not is_pluggable(self.backend):
                self.survival.go_on_with(await_device(self.backend, self.engine, self.screen))
            self.survival.poll()
            self._look_further(now)
            self._follow_transport()
            if note := priority_note.poll(self.backend, why_ordinary(self.backend)):
                self.screen.say(f"Note     {note}")
            if self.survival.can_ask:
                with contextlib.suppress(RigError):  # a server that is going away is noticed elsewhere
                    self.backend.latency_samples = self.engine.latency_samples
            if self.options.seconds is not None and now - began > self.options.seconds:
                return
            self._state = self.player.look()
            self._peaks.hear(self._state)
            if self.page is not None and self.is_served:
                self.page.show(at_once=bool(pressed or acted or self.player.waiting))
            self._show(self._state)

    @property
    def _wakers(self) -> list[socket.socket]:
        """Sockets that can be read as soon as there is something to do beside keys."""
        page = [self.page.waker] if self.page is not None and self.is_served else []
        return page + ([self.watch.waker] if self.watch is not None else [])

    def _look_further(self, now: float) -> None:
        """What others than a terminal look after, some ten times a second."""

    def _follow_transport(self) -> None:
        """As long as the track does, where there is one."""
        if is_pluggable(self.backend):
            self.backend.follow_transport(self.player.backing.follows)
        elif self.player.backing.follows:
            self.player.backing.follow(False)
            self._say("Backing  only JACK has a transport to follow; {backing_play} starts the track.")

    # ------------------------------------------------------------ what is shown
    def _show(self, state: PlayerState) -> None:
        if self.screen.is_live:
            self.face.show(self._rows, self._stage, self.entry.line if self.entry is not None else lambda _: "")
            return
        server = f"{self.survival.state} | " if self.survival.state else ""
        line = server + log_line(state, self.survival.lost)
        self.screen.line(self.entry.line(80) if self.entry is not None else line)

    def _rows(self, size: Size, typed: str) -> list[Row]:
        return live_rows(*self._standing(), size, self.screen.marks, typed)

    def _stage(self, size: Size, said: str, typed: str) -> list[Row]:
        return stage_rows(*self._standing(), size, self.screen.marks, said, typed)

    def _standing(self) -> tuple[PlayerState, Peaks, Lost, str]:
        assert self._state is not None
        return self._state, self._peaks, self.survival.lost, self.survival.state

    def _press(self, key: str, player: Player) -> None:
        """A key: a command, or part of a text that a command has asked for."""
        if self.entry is None and self.face.press(key):
            return
        if self.entry is not None:
            if self.entry.press(key):
                entry, self.entry = self.entry, None
                if not entry.is_cancelled:
                    player.do(entry.command.name, text=entry.text)
        elif key in self.keys:
            name, way = self.keys[key]
            command = player.commands.table[name]
            if command.prompt is not None:
                if not player.commands.may_ask(name):
                    return
                preview = command.preview
                self.face.make_room()
                self.entry = Entry(command, (lambda text: preview(self.player, text)) if preview else (lambda _: ""))
            else:
                player.do(name, way)

    # ------------------------------------------------------------ what survives a server; see survival.py
    def reopen(self) -> Backend:
        """A new client; raises BackendError as long as there is no server."""
        from ...backends.jack.client import Jack

        return Jack(self.options.client, midi=not self.options.no_midi)

    def play_on(self) -> str:
        """Start the backend, with everything prepared for its rate; what has changed by that. Raises RigError."""
        changed, before = "", self.player
        if round(self.backend.sample_rate) != round(self.engine.sample_rate):
            changed = self._move()
        self.engine.rise_from_silence(0.0 if self.player.muted else 1.0)
        self.backend.start(self.engine.block_address, self.engine.address)
        self.backend.latency_samples = self.engine.latency_samples
        if before is not self.player:
            was_recording = before.recorder.is_recording
            before.close()
            if was_recording:
                self.player.recorder.begin()  # another take: a file has one rate
            del before
            gc.collect()  # the old engine's memory goes now
        return changed

    def _move(self) -> str:
        """All that plays, on an engine of another rate."""
        from ...engine import Engine

        engine = Engine(self.backend.sample_rate)
        player = self._new_player(engine)
        try:
            player.restore(self.player.snapshot())
        except BaseException:
            player.close()
            raise
        old_hz, self.engine, self.player = self.engine.sample_rate, engine, player
        note = player.sound.rate_note(engine.sample_rate, engine.latency_samples)
        return f" at {engine.sample_rate:g} Hz (before: {old_hz:g} Hz)" + (f"; {note}" if note else "")

    def say_period(self) -> None:
        """Rate, period, and the latency of all of it as JACK knows it."""
        self.latency_ms, said = period_told(self.backend)
        for sentence in said:
            self.screen.say(sentence)
