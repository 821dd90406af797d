"""A sitting in the terminal, from the promise to the last screen."""

from __future__ import annotations

import argparse
import contextlib
import time

from ...compare.listening.scale import HIGHEST, INSTRUCTIONS, LOWEST, QUESTION, SHORTEST_S
from ...compare.listening.sitting import Sitting, View
from ...errors import CompareError, RigError
from ..display.screen import Screen
from ..terminal import Keys
from .listen_rows import LETTERS, Shown, rows
from .stimulus_player import StimulusPlayer

REFRESH_S = 0.1
STEPS = {"up": 1, "down": -1, "right": 5, "left": -5}
MOST_DIGITS = 3
MIDDLE = 50  # where the arrows begin with a sound that has no score yet


class ListenSession:
    """Keys to what a sitting keeps."""

    def __init__(self, options: argparse.Namespace, sitting: Sitting, screen: Screen) -> None:
        self._options, self._sitting, self._screen = options, sitting, screen
        self._typed, self._said, self._help = "", "", False
        self._comment: str | None = None
        self._before: int | None = None  # what was heard before the reference
        self._loop_s = (0.0, 0.0)

    def run(self) -> bool:
        """Listen until all screens are closed, or a key ends it; whether it is over."""
        say, sitting = self._screen.say, self._sitting
        say(f"Promise  {sitting.promise}")
        say(f"Task     {QUESTION}")
        say(f"         {INSTRUCTIONS}")
        if self._options.no_training:
            sitting.leave_out_training()
        player = StimulusPlayer(self._options, sitting, say)
        try:
            with Keys() as keys:
                if not keys.present:
                    raise CompareError("Listening in a terminal needs one with keys; standard input is none.")
                with contextlib.suppress(KeyboardInterrupt):
                    self._listen(player, keys)
        finally:
            self._screen.end()
            player.close()
        return sitting.is_over

    def _listen(self, player: StimulusPlayer, keys: Keys) -> None:
        self._load(player)
        began = time.monotonic()
        while not self._sitting.is_over:
            for key in keys.wait(REFRESH_S):
                try:
                    if not self._press(key, player):
                        return
                except RigError as error:
                    self._said = str(error)
                if self._sitting.is_over:
                    return
            player.poll()
            if self._options.seconds is not None and time.monotonic() - began > self._options.seconds:
                return
            self._show(player)

    def _load(self, player: StimulusPlayer) -> None:
        player.load()
        self._typed, self._before, self._comment = "", None, None
        self._loop_s = (0.0, player.length_s)

    def _show(self, player: StimulusPlayer) -> None:
        shown = Shown(
            *(player.listening_to, player.place_s, self._loop_s, self._typed, self._comment, self._said, self._help)
        )
        view = self._sitting.view()
        if self._screen.is_live:
            self._screen.full(rows(view, shown, self._screen.size, self._screen.marks))
        else:
            self._screen.line(f"{view.phase} {view.screen + 1} of {view.screens}: {view.missing or 'N goes on'}")

    # ------------------------------------------------------------ keys
    def _press(self, key: str, player: StimulusPlayer) -> bool:
        """Do what a key means; False: it ends the session."""
        if self._comment is not None:
            self._write(key)
            return True
        self._said = ""
        view = self._sitting.view()
        if key == "q":
            return False
        if key.isascii() and key.isdigit():
            self._typed = (self._typed + key)[-MOST_DIGITS:]
        elif key == "backspace":
            self._typed = self._typed[:-1]
        elif key == "enter":
            self._rate_typed(player)
        elif key in STEPS:
            self._step(STEPS[key], view, player)
        elif key in ("r", " "):
            self._to_reference(key, player)
        elif len(key) == 1 and key in LETTERS[: view.positions]:
            self._typed = ""
            player.listen_to(LETTERS.index(key))
        elif key in ("[", "]", "\\"):
            self._move_loop(key, player)
        elif key == "C":
            self._comment = view.comment
        elif key == "?":
            self._help = not self._help
        elif key == "N":
            player.note_heard()
            self._sitting.close()
            if not self._sitting.is_over:
                self._load(player)
        return True

    def _write(self, key: str) -> None:
        assert self._comment is not None
        if key == "enter":
            text, self._comment = self._comment, None
            self._sitting.comment(text)
        elif key == "escape":
            self._comment = None
        elif key == "backspace":
            self._comment = self._comment[:-1]
        elif len(key) == 1 and key.isprintable():
            self._comment += key

    def _rate_typed(self, player: StimulusPlayer) -> None:
        typed, self._typed = self._typed, ""
        if typed:
            self._rate(int(typed), player)

    def _step(self, points: int, view: View, player: StimulusPlayer) -> None:
        self._typed = ""
        if player.listening_to is not None:
            before = view.scores[player.listening_to]
            score = MIDDLE if before is None else min(HIGHEST, max(LOWEST, before + points))
            self._rate(score, player)

    def _rate(self, score: int, player: StimulusPlayer) -> None:
        if player.listening_to is None:
            raise CompareError("The reference gets no score; listen to one of the sounds first.")
        player.note_heard()
        self._sitting.rate(player.listening_to, score)

    def _to_reference(self, key: str, player: StimulusPlayer) -> None:
        self._typed = ""
        if player.listening_to is not None:
            self._before = player.listening_to
            player.listen_to(None)
        else:
            player.listen_to(self._before if key == " " else None)

    def _move_loop(self, key: str, player: StimulusPlayer) -> None:
        first, stop = self._loop_s
        wanted = {"[": (player.place_s, stop), "]": (first, player.place_s), "\\": (0.0, player.length_s)}[key]
        if wanted[1] - wanted[0] < SHORTEST_S:
            raise CompareError(f"A loop has at least {SHORTEST_S:g} s (BS.1534-3, 5.3).")
        player.go_round(*wanted)
        self._loop_s = wanted
