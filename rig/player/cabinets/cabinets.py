"""The cabinet that sounds, one of a bank or a mix, at its own level or as loud as all others."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...cabinet.bank import MAX_BYTES, Bank
from ...cabinet.ir import IR, at_rate
from ...cabinet.prepared import Cabinet, PreparedIR
from ...engine import Engine, Keep
from ...errors import IRError, RigError
from ...files.folders import AUDIO_ENDINGS, files_in, telling_names
from ...library.favourites import Favourites
from ...nam import Model
from ..browse_order import BrowseOrder
from ..carried import Carried, Snapshot
from ..events import Event, Tell
from .equal_loudness import EqualLoudness

SETTLED_DB, EXACT_DB = 0.1, 1e-6  # a gain that is off by less is left as it is: while others are heard, and then
CALM_S = 0.25  # between two changes of gain that nobody asked for
RISE_DB = 3.0  # by how much such a change makes it louder at most: nobody is to be startled


class Cabinets(Carried):
    """A bank, the order to go through it, and what of it is handed to the engine.

    `named`: a cabinet was asked for, so it also follows captures that already hold one. `hand`: what plays, or would
    play were the cabinet not off; `hand_path`: its file, of a mix that of the chosen part.
    """

    CARRIED = ("off", "named", "hand", "hand_path", "_direction", "_told")
    REMADE = (
        *("engine", "tell", "equal", "favourites", "playing", "applied_db", "_below_db", "bank", "browsing"),
        *("_max_bytes", "_changed_at", "_is_steady", "_positions", "_names"),
    )

    def __init__(
        self,
        engine: Engine,
        tell: Tell,
        paths: Sequence[Path],
        equal: EqualLoudness,
        *,
        max_bytes: int = MAX_BYTES,
        named: bool = False,
    ) -> None:
        self.engine, self.tell, self.equal, self.named = engine, tell, equal, named
        self.favourites = Favourites(lambda sentence: tell(Event("warning", sentence)))
        self.hand: PreparedIR | None = None
        self.hand_path: Path | None = None
        self.off = False
        self.playing: IR | None = None
        self.applied_db = 0.0
        self._below_db = 0.0  # how far the gain is still below that of equal loudness, which it rises to
        self._max_bytes, self._changed_at, self._direction = max_bytes, 0.0, 1
        self._told, self._is_steady = False, False
        self.stock(paths)

    def stock(self, paths: Sequence[Path]) -> None:
        """Next and previous go through these files."""
        self.bank = Bank(paths, self.prepare, max_bytes=self._max_bytes)
        self.browsing = BrowseOrder(paths, lambda: self.favourites.among(self.bank.paths))
        self._positions = {path: position for position, path in enumerate(paths)}
        self._names = telling_names(paths)
        self.equal.bank, self._told = self.bank, False

    def prepare(self, path: Path) -> PreparedIR:
        """Read a file for this session. Raises IRError."""
        return PreparedIR.load(path, self.engine.sample_rate, self.engine.line.max_taps)

    def first(self, blind: bool = False) -> None:
        """Have the first file that can be used in hand, or one that nobody knows; raises IRError if there is none."""
        bank, reasons = self.bank, {}  # type: Bank, dict[int, str]
        for position in self.browsing.shuffled() if blind else range(len(bank.paths)):
            try:
                bank.go(position)
                self.hand = bank.wait(timeout_s=60.0)
            except RigError as error:
                reasons[position] = str(error)
                continue
            break
        if self.hand is not None:
            self.hand_path = bank.path
            self.equal.take_in_hand(self.hand.ir)
            self.browsing.pass_over(set(reasons), bank.position)
            for reason in () if blind else reasons.values():
                self.tell(Event("error", reason))
        elif len(reasons) == 1:
            raise IRError(reasons.popitem()[1])
        elif reasons:
            raise IRError(f"None of {len(reasons)} files can be used as a cabinet. The first: {reasons[min(reasons)]}")

    def snapshot(self) -> Snapshot:
        """What is at hand, and where in the bank."""
        bank = self.bank
        here = {"paths": list(bank.paths), "position": bank.position, "waiting": bank.waiting}
        return super().snapshot() | {"bank": here, "order": self.browsing.snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand where the player stood. What sounds is handed over by `for_model`."""
        here = state["bank"]
        if self.bank.paths != here["paths"]:
            self.bank.close(0.0)
            self.stock(here["paths"])
        self.browsing.restore(state["order"])
        self.bank.position = here["position"]
        super().restore(state)
        if here["waiting"]:
            self.bank.go(here["position"])
        self.hand = None if self.hand is None else self.again(self.hand)
        self.playing = None  # by this engine

    def again(self, item: PreparedIR) -> PreparedIR:
        """The same response prepared for this session."""
        ir = at_rate(item.ir, self.engine.sample_rate).limited(self.engine.line.max_taps)
        return PreparedIR(ir, Cabinet(ir))

    # ------------------------------------------------------------ what sounds
    def play(self, item: PreparedIR, path: Path | None = None) -> None:
        """Fade over to a cabinet; `path`: its file, None: a mix."""
        self._stay_below()
        self.hand, self.off, self.named = item, False, True
        self.hand_path = path or self.hand_path
        self.equal.take_in_hand(item.ir)
        self.equal.compare_all()
        self._hand_over()

    def set_position(self, path: Path | None) -> None:
        """Next and previous go on from this file, if it is in the bank; what was asked for last is forgotten."""
        self.hand_path = path
        position = self.position
        if position is not None:
            self.bank.position = position
        self.bank.waiting = False

    @property
    def position(self) -> int | None:
        """Where in the bank the file at hand is; None: not in this bank."""
        return None if self.hand_path is None else self._positions.get(self.hand_path)

    def refuse(self) -> None:
        """What was asked for cannot be used: what plays goes on, and the next step leads past it."""
        refused = self.bank.position
        if self.position is not None:
            self.bank.position = self.position
        self.browsing.pass_over({refused}, self.bank.position)

    def for_model(self, model: Model) -> Cabinet | Keep | None:
        """What a model plays through, to be handed over together with it."""
        wanted = None if self.off or self.hand is None else self.hand.ir
        if wanted is not None and model.has_cabinet and not self.named:
            self.tell(Event("state", f"{model.path.name} already holds a cabinet ({model.gear_type}): none is added."))
            wanted = None
        if wanted is self.playing:
            return "keep"
        self.playing = wanted
        return None if wanted is None else self._cabinet()

    def from_preset(self, item: PreparedIR | None, path: Path | None, off: bool) -> None:
        """What a preset wants to be heard through is in hand from now on; None: no cabinet."""
        self.hand, self.off, self.named = item, off or item is None, True
        self.set_position(path)
        self._below_db = 0.0
        if item is not None:
            self.equal.take_in_hand(item.ir)

    def for_preset(self) -> Cabinet | Keep | None:
        """What is in hand, to be handed over together with a model."""
        wanted = None if self.off or self.hand is None else self.hand.ir
        unchanged = wanted is None or self.equal.gain_db(wanted) == self.applied_db
        if wanted is self.playing and unchanged:
            return "keep"
        self.playing = wanted
        return None if wanted is None else self._cabinet()

    def switch_off(self, off: bool) -> None:
        """No cabinet, or the one that is at hand."""
        self.off, self.named = off, not off
        self._hand_over()
        self.describe()

    def _hand_over(self) -> None:
        self.playing = None if self.off or self.hand is None else self.hand.ir
        self.engine.play(cabinet=None if self.playing is None else self._cabinet())

    def _cabinet(self) -> Cabinet:
        assert self.hand is not None
        self.applied_db = self.equal.gain_db(self.hand.ir) + self._below_db
        self._changed_at = time.monotonic()
        return self.hand.louder(self.applied_db)

    def _stay_below(self, rise_db: float = 0.0) -> None:
        """What equal loudness would make louder at once goes on as soft as it is, but for a small step."""
        self._below_db = 0.0
        if self.equal.applies and self.hand is not None and self.playing is not None:
            self._below_db = min(0.0, self.applied_db - self.equal.gain_db(self.hand.ir) + rise_db)

    def play_equally_loud(self, is_on: bool) -> None:
        """All equally loud, or each at its own level."""
        self.equal.switch(is_on)
        self._stay_below()
        self._hand_over()
        if self.equal.is_on:
            own = "{equal_loudness}: each cabinet at its own level"
            self.tell(Event("loudness", f"equal, matched on {self.equal.material_name}; {own}"))
        else:
            self.tell(Event("loudness", "each cabinet at its own level"))

    # ------------------------------------------------------------ what is shown
    @property
    def gain_text(self) -> str:
        """The gain of equal loudness as it is applied; empty while each cabinet has its own level."""
        if not self.equal.is_on or self.playing is None:
            return ""
        return f"{self.applied_db:+z.1f} dB" + ("" if self.equal.is_matched(self.playing) else ", not matched yet")

    @property
    def place(self) -> str:
        """Where in that order the position stands, like `12/300`."""
        count = len(self.browsing.positions)
        at = self.browsing.place(self.bank.position)
        if len(self.bank.paths) < 2:
            return ""
        if self.browsing.blind:  # by the numbers it had from the start, whatever has been rejected since
            return f"{self.browsing.blind_number(self.bank.position)}/{len(self.browsing.numbers)}"
        view = "" if self.browsing.view == "all" else f" {self.browsing.view}"
        return f"{'-' if at is None else at + 1}/{count}{view}"

    def label(self, position: int) -> str:
        """What a file is called: the name that tells it from all others, or only its number while listening blind."""
        if self.browsing.blind:
            return f"number {self.browsing.blind_number(position)}"
        return self._names[position]

    def name_of(self, path: Path | None, otherwise: str) -> str:
        """What a file is called, see `label`; `otherwise`: one that does not lie in this bank."""
        position = None if path is None else self._positions.get(path)
        return otherwise if position is None else self.label(position)

    def describe(self) -> None:
        """Say what plays."""
        ir = self.playing
        if ir is None:
            self.tell(Event("cabinet", "none"))
            return
        if self.browsing.blind:
            kept = ", kept" if self.bank.position in self.browsing.kept else ""
            label = self.label(self.bank.position)
            self.tell(Event("cabinet", f"{label} of {len(self.browsing.numbers)}{kept}"))
            return
        place = f" ({self.place})" if self.place else ""
        gain = f", {self.gain_text}" if self.gain_text else ""
        remark = None if self.hand_path is None else self.favourites.of(self.hand_path, ir.content_hash)
        marks = ", kept" if self.position in self.browsing.kept else ""
        if remark is not None:
            marks += (", favourite" if remark.favourite else "") + (f" - {remark.note}" if remark.note else "")
        self.tell(Event("cabinet", f"{self.name_of(self.hand_path, ir.name)}{place}{gain}{marks}"))
        for warning in ir.warnings:
            self.tell(Event("more", f"{warning}"))

    # ------------------------------------------------------------ the bank
    def go(self, position: int, direction: int = 1) -> None:
        """Ask for a file of the bank."""
        self._direction = direction
        self.bank.go(position)
        if self.browsing.blind:
            self.browsing.heard_blind.append(position)
        if self._is_steady:
            self.read_ahead()

    def read_ahead(self) -> None:
        """Prepare all others, the neighbours first."""
        self._is_steady = True
        if self.bank.paths:
            self.bank.read_ahead(self.browsing.order(self.bank.position, self._direction))

    def open_folder(self, text: str) -> None:
        """Another folder; what plays goes on until its first cabinet is there."""
        folder = Path(os.path.expanduser(text.strip()))  # Path's own fails over an unknown user
        found, problems = files_in(folder, AUDIO_ENDINGS, below=True)
        for problem in problems:
            self.tell(Event("error", problem))
        if not found:
            raise IRError(f"{folder}: this folder holds no audio file; what plays goes on.")
        self.bank.close(0.0)
        self.stock(found)
        self.tell(Event("bank", f"{_counted(len(found), 'file')} in {folder}"))
        self.go(0)

    def tell_problems(self) -> None:
        """Which files cannot be used."""
        problems = self.bank.problems
        unusable = f"{_counted(len(problems), 'file')} cannot be used."
        self.tell(Event("state", unusable if problems else "Every file that was read can be used."))
        for position, problem in () if self.browsing.blind else problems.items():
            name = self.bank.paths[position].name  # with which the sentence begins
            self.tell(Event("more", problem.replace(name, self._names[position], 1)))

    @property
    def progress(self) -> str:
        """How far the bank has been read; empty when it is."""
        return "" if self._told or len(self.bank.paths) < 2 else f"read {len(self.bank.ready)}/{len(self.bank.paths)}"

    def poll(self, steady: bool) -> None:
        """Read the others, tell when they are there, and follow gains that were found meanwhile."""
        if steady and not self._is_steady:
            self.read_ahead()
        if self._is_steady and not self._told and self.bank.idle and len(self.bank.paths) > 1:
            self._tell_of_bank()
        if self.equal.problem is not None:
            self.tell(Event("error", self.equal.problem))
            self.equal.problem = None
        if self.hand is None or self.playing is None or time.monotonic() < self._changed_at + CALM_S:
            return
        off_db = abs(self.equal.gain_db(self.hand.ir) - self.applied_db)
        if off_db > (SETTLED_DB if self.equal.is_busy else EXACT_DB):
            self._stay_below(RISE_DB)
            self._hand_over()

    def _tell_of_bank(self) -> None:
        self._told = True
        self.pass_over_problems()
        problems, ready = len(self.bank.problems), len(self.bank.ready)
        count = len(self.bank.paths)
        rest = "" if ready == count else f", the other {count - ready} are read when you come to them"
        unusable = f"; {_counted(problems, 'file')} cannot be used, {{ir_problems}} lists them" if problems else ""
        self.tell(
            Event(
                "bank",
                f"{_counted(ready - problems, 'cabinet')} ready, {self.bank.nbytes / 1e6:.1f} MB{rest}{unusable}",
            )
        )

    def pass_over_problems(self) -> None:
        """Step over what is known to be unusable."""
        self.browsing.pass_over(set(self.bank.problems), self.bank.position)

    def close(self) -> None:
        """Read nothing more."""
        self.bank.close()


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
