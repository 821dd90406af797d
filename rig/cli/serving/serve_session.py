"""A session that nobody sits in front of: steered by the page, MIDI and `rig remote`; SIGHUP reads everything anew."""

from __future__ import annotations

import argparse
import contextlib
import gc
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from ...errors import BackendError, RigError
from ..display.screen import Screen
from ..live.session import Session
from ..live.stage import title
from ..terminal import Keys
from .page_note import PageNote
from .service import Hangup, ends, notify, ready, reloading
from .service_log import LogTeller, NoKeys

if TYPE_CHECKING:
    from ...backends.base import Backend
    from ...engine import Engine
    from ...player.player import Player
    from ...player.state import PlayerState
    from ..live.what_plays import WhatPlays

PLUG_S = 1.0  # between two looks for ports that are not there yet
TWO_CYCLES_S = 0.5  # how long two cycles may take before an engine is given up


class ServeSession(Session):
    """Plays until a signal, the page or the clock ends it. `what_now`: what is to be played, read anew."""

    keys_of: ClassVar[type[Keys]] = NoKeys

    def __init__(
        self,
        options: argparse.Namespace,
        screen: Screen,
        backend: Backend,
        what_now: Callable[[], WhatPlays],
        hangup: Hangup,
    ) -> None:
        super().__init__(options, screen, backend, what_now())
        from ...player.commands import COMMANDS

        for sentence in self.what.said:
            screen.say(sentence)
        self.tell = LogTeller(screen.say, COMMANDS)
        self._what_now, self._hangup = what_now, hangup
        self._note_of_page: PageNote | None = None
        self._to_plug: list[Callable[[], None]] = []  # cables whose other end is not there yet
        self._why_unplugged, self._plug_at = "", 0.0
        self._status = ""

    # ------------------------------------------------------------ the page
    def _open_page(self) -> bool:
        self._note_of_page = PageNote(self.page, self.options, self.screen.say)
        return self._note_of_page.open()

    def _revoked(self) -> None:
        if self._note_of_page is not None:
            self._note_of_page.renew()

    def _close_page(self) -> None:
        super()._close_page()
        if self._note_of_page is not None:
            self._note_of_page.remove()

    # ------------------------------------------------------------ what the service manager hears
    def _loop(self, keys: Keys) -> None:
        ready("plays")
        super()._loop(keys)

    def _leave(self) -> None:
        ends()
        self.screen.say("Ends     the sound fades out.")
        super()._leave()

    def _show(self, state: PlayerState) -> None:
        status = f"{self.survival.state or 'plays'}: {title(state)}"
        if status != self._status:
            self._status = status
            notify(f"STATUS={status}")

    # ------------------------------------------------------------ ports that come later
    def _plug(self) -> None:
        self._to_plug = [self._plug_ports, self._plug_midi]
        self._plug_what_is_there()

    def _plug_what_is_there(self) -> None:
        self._plug_at = time.monotonic() + PLUG_S
        try:
            while self._to_plug:
                self._to_plug[0]()
                del self._to_plug[0]
        except BackendError as error:
            if str(error) != self._why_unplugged:
                self.screen.say(f"Waiting  {error}")
            self._why_unplugged = str(error)

    def _look_further(self, now: float) -> None:
        if self._to_plug and now >= self._plug_at and self.survival.can_ask:
            self._plug_what_is_there()
        if self._hangup.is_asked:
            self._hangup.is_asked = False
            self._read_anew()

    # ------------------------------------------------------------ SIGHUP
    def _read_anew(self) -> None:
        """Presets, models, settings and MIDI as their files are now: what plays fades out, and what they say fades in.

        Where that cannot be played, a sentence says why, and all stays as it is. Volume and mute stay in any case.
        """
        reloading()
        self.screen.say("Reload   everything is read anew.")
        before = self.what
        try:
            self.player.presets.keeper.close()  # what is to be resumed is what plays now
            self.what = self._what_now()
            engine, player = self._another()
        except RigError as error:
            self.what = before
            self.screen.say(f"Reload   {error} What played plays on.")
        else:
            for sentence in self.what.said:
                self.screen.say(sentence)
            self._change_to(engine, player)
        self._status = ""
        ready("plays")

    def _another(self) -> tuple[Engine, Player]:
        """A player on an engine of its own, which nobody hears yet."""
        from ...engine import Engine

        engine = Engine(self.backend.sample_rate)
        player = self._new_player(engine)
        try:
            self._begin(player)
            for name in ("volume", "mute"):
                player.set_quietly(name, self.player.value(name))
        except BaseException:
            player.close()
            raise
        return engine, player

    def _change_to(self, engine: Engine, player: Player) -> None:
        """Let the backend call another engine: between two cycles, in which both are silent."""
        old_engine, old_player, host = self.engine, self.player, self.backend.host
        was_recording = old_player.recorder.is_recording
        if self.survival.can_ask:
            old_engine.fade_out()
        engine.rise_from_silence(0.0 if player.muted else 1.0)
        self.engine, self.player = engine, player
        if not self.backend.gone:
            host["engine"] = engine.address
            cycles, until = int(host["cycles"]), time.monotonic() + TWO_CYCLES_S
            while int(host["cycles"]) < cycles + 2 and not self.backend.gone and time.monotonic() < until:
                time.sleep(0.002)
            with contextlib.suppress(RigError):  # a server that goes meanwhile is noticed elsewhere
                self.backend.latency_samples = engine.latency_samples
        old_player.close()
        if was_recording:
            player.recorder.begin()
        del old_engine, old_player
        gc.collect()  # its memory goes now
