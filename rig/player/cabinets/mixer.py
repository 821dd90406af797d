"""A mix of up to four cabinets, made while it plays: each change is prepared beside the music and faded to.

One part is the chosen one: next and previous change its cabinet, so that a second microphone is auditioned with the
first one sounding.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...cabinet.ir import IR
from ...cabinet.prepared import Cabinet, PreparedIR
from ...errors import RigError
from ...files.atomic_write import free_name
from ..background import BackgroundJobs
from ..carried import Carried
from ..events import Event
from .cabinets import Cabinets
from .equal_loudness import EqualLoudness
from .export_files import draw, write

if TYPE_CHECKING:
    from ...cabinet.mix import Mix

MOST_PARTS = 4  # as in `rig.cabinet.mix`, which imports more than a start should wait for
FOLDER = Path("irs")
NO_MIX = "There is no mix: {mix_add} holds the cabinet that plays, then step to another one."
WRITING_S = 20.0  # how long the end waits for a file that is being written


@dataclass(frozen=True, slots=True)
class MixPart:
    """One part as it is set. `path`: its file, if it has one."""

    path: Path | None
    item: PreparedIR
    gain_db: float = 0.0
    inverted: bool = False
    delay_ms: float = 0.0
    pan: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that makes the sound of a cabinet or mix, to come back to."""

    path: Path | None
    item: PreparedIR
    parts: tuple[MixPart, ...]
    chosen: int
    aligned: bool
    mixed: bool


@dataclass(frozen=True, slots=True)
class _Made:
    mix: Mix
    item: PreparedIR
    parts: tuple[MixPart, ...]
    table: int = 0  # of which set of parts


class Mixer(Carried):
    """The parts, which of them is chosen, and whether the mix plays. Without parts, cabinets simply play."""

    CARRIED = ("parts", "chosen", "aligned", "is_on", "_adds", "_levels_parts")
    REMADE = ("cabinets", "tell", "_verbose", "_mixing", "_writing", "_mixed", "_made", "_table")

    def __init__(self, cabinets: Cabinets) -> None:
        self.cabinets, self.tell = cabinets, cabinets.tell
        self.parts: tuple[MixPart, ...] = ()
        self.chosen, self.aligned, self.is_on = 0, False, False
        self._adds = False  # the next cabinet that arrives is one more part
        self._verbose = False  # tell of all parts, not only of the chosen one
        self._mixing: BackgroundJobs[_Made] = BackgroundJobs(newest_only=True)
        self._writing: BackgroundJobs[Event] = BackgroundJobs(newest_only=False)
        self._mixed: IR | None = None
        self._made: _Made | None = None  # what plays, if it is a mix
        self._levels_parts = True  # parts of a preset have the levels they have, whether all is equally loud or not
        self._table = 0  # counts the sets of parts

    # ------------------------------------------------------------ cabinets that arrive
    @property
    def waiting(self) -> bool:
        """Whether a mix is being made."""
        return self._mixing.waiting

    def select(self, item: PreparedIR) -> None:
        """A cabinet of the bank has come: it plays, or it is a part."""
        path = self.cabinets.bank.path
        if not self.is_on:
            self.cabinets.play(item, path)
            self.cabinets.describe()
            return
        if self._adds:
            self.parts, self.chosen, self._adds = (*self.parts, MixPart(path, item)), len(self.parts), False
        else:
            self._change(path=path, item=item)
        self.cabinets.hand_path = path
        self._remix(verbose=True)

    def _change(self, **fields: object) -> None:
        parts = list(self.parts)
        parts[self.chosen] = dataclasses.replace(parts[self.chosen], **fields)  # type: ignore[arg-type]
        self.parts = tuple(parts)

    def _remix(self, verbose: bool = False) -> None:
        parts, aligned, table = self.parts, self.aligned, self._table
        equal = self.cabinets.equal if self._levels_parts else None
        self._verbose |= verbose
        self._mixing.ask(lambda: _made(parts, aligned, equal, table))

    def arrive(self, timeout_s: float = 0.0) -> None:
        """Play a mix that has been made, and tell of files that have been written."""
        try:
            made = self._mixing.answer(timeout_s)
        except RigError as error:
            self.tell(Event("error", str(error)))
            made = None
        if made is not None and self.is_on and made.table == self._table:
            before, self._mixed, self._made = self._mixed, made.item.ir, made
            self.cabinets.play(made.item)
            if before is not None and before.content_hash != made.item.ir.content_hash:
                self.cabinets.equal.forget(before)
            self._describe(made)
        try:
            written = self._writing.answer()
        except RigError as error:
            written = Event("error", str(error))
        if written is not None:
            self.tell(written)

    def _describe(self, made: _Made) -> None:
        gain = f"; equal loudness {self.cabinets.gain_text}" if self.cabinets.gain_text else ""
        if self._verbose:
            self.tell(
                Event("mix", f"{len(made.parts)} of {MOST_PARTS} parts{', aligned' if self.aligned else ''}{gain}")
            )
        for i, (part, mixed) in enumerate(zip(made.parts, made.mix.parts, strict=True)):
            if self._verbose or i == self.chosen:
                named = dataclasses.replace(mixed, name=self.cabinets.name_of(part.path, mixed.name))
                self.tell(Event("part", f"{'>' if i == self.chosen else ' '}{i + 1} {named}"))
        self._verbose = False

    # ------------------------------------------------------------ parts
    def add(self) -> None:
        """Hold what plays; the next step brings another cabinet to it."""
        if self.cabinets.browsing.blind:
            raise RigError("A mix cannot be made blind; {blind} takes the blindfold off.")
        hand = self.cabinets.hand
        if hand is None:
            raise RigError("There is no cabinet to begin a mix with.")
        if len(self.parts) == MOST_PARTS and self.is_on:
            raise RigError(f"A mix takes {MOST_PARTS} cabinets; {{mix_remove}} takes the chosen part away.")
        if not self.is_on:
            self.parts, self.chosen, self._levels_parts = (MixPart(self.cabinets.hand_path, hand),), 0, True
        self.is_on, self._adds = True, True
        self.tell(
            Event(
                "mix", f"{len(self.parts)} held; step, search or jump to hear another cabinet with it ({{mix}}: leave)"
            )
        )

    def choose(self, number: int = 0) -> None:
        """Choose a part, from 1; 0: the next one, after the last the first. While one is heard alone: that one."""
        number = number or (self.chosen + 1) % max(1, len(self.parts)) + 1
        if self.soloed is not None:
            self.solo(number)
            return
        self._need_mix()
        self._choose(number)
        self.cabinets.set_position(self.parts[self.chosen].path)
        part = self.parts[self.chosen]
        self.tell(Event("mix", f"part {number}: {self.cabinets.name_of(part.path, part.item.ir.name)}"))

    def _choose(self, number: int) -> None:
        if not 1 <= number <= len(self.parts):
            raise RigError(f"The mix has {len(self.parts)} parts.")
        self.chosen, self._adds = number - 1, False

    @property
    def soloed(self) -> int | None:
        """Which part is heard alone, from 0; None: the mix plays, or something else."""
        alone = not self.is_on and len(self.parts) > 1 and self.cabinets.hand is self.parts[self.chosen].item
        return self.chosen if alone else None

    def solo(self, number: int = 0) -> None:
        """Hear a part alone, from 1; 0: the mix again."""
        self._refuse_blind()
        if number == 0:
            self.play(True)
            return
        if len(self.parts) < 2:
            raise RigError(NO_MIX)
        self._choose(number)
        self._leave()

    def remove(self) -> None:
        """Take the chosen part away; the last one plays alone."""
        self._need_mix()
        self._adds = False
        self.parts = tuple(part for i, part in enumerate(self.parts) if i != self.chosen)
        self.chosen = min(self.chosen, max(0, len(self.parts) - 1))
        if len(self.parts) < 2:
            self._leave()
            self.parts = ()
        else:
            self._remix(verbose=True)

    def play(self, mixed: bool) -> None:
        """The mix, or the chosen part alone."""
        if not mixed:
            self._leave()
            return
        self._refuse_blind()
        if len(self.parts) > 1:
            self.is_on = True
            self._remix(verbose=True)
        else:
            raise RigError(NO_MIX)

    def _leave(self) -> None:
        self.is_on = self._adds = False
        if self.parts:
            part = self.parts[self.chosen]
            self.cabinets.set_position(part.path)
            self.cabinets.play(part.item, part.path)
        self.cabinets.describe()

    def _refuse_blind(self) -> None:
        if self.cabinets.browsing.blind:
            raise RigError("A mix would tell names; {blind} takes the blindfold off.")

    def _need_mix(self) -> None:
        self._refuse_blind()
        if not self.is_on and len(self.parts) > 1:
            raise RigError("The mix does not play; {mix} brings it back.")
        if not self.is_on or not self.parts:
            raise RigError(NO_MIX)

    @property
    def is_inverted(self) -> bool:
        """Whether the chosen part is turned over; False without a mix."""
        return bool(self.parts) and self.parts[self.chosen].inverted

    def invert(self, inverted: bool) -> None:
        """Turn the chosen part over, or back."""
        self._need_mix()
        self._change(inverted=inverted)
        self._remix()

    def align(self, aligned: bool) -> None:
        """All parts in time and polarity with the first, or as their files are."""
        self._need_mix()
        self.aligned = aligned
        self._remix(verbose=True)

    def value(self, field: Literal["gain_db", "delay_ms", "pan"]) -> float:
        """Gain, delay or pan of the chosen part; 0 without a mix."""
        return float(getattr(self.parts[self.chosen], field)) if self.parts else 0.0

    def set(self, field: Literal["gain_db", "delay_ms", "pan"], value: float) -> None:
        """Set it; heard after a moment."""
        self._need_mix()
        self._change(**{field: round(value, 6)})
        self._remix()

    # ------------------------------------------------------------ presets
    def load_parts(self, parts: tuple[MixPart, ...], aligned: bool, mixed: IR | None) -> None:
        """The parts of a preset, which plays as `mixed`; None: it has one cabinet, as it is, or none."""
        self.parts, self.chosen, self.aligned = (parts if mixed is not None else ()), 0, aligned
        self.is_on, self._adds, self._levels_parts = mixed is not None, False, False
        self._mixed, self._made, self._table = mixed, None, self._table + 1

    def levels_db(self) -> list[float]:
        """The gain of each part as it is heard, what makes the parts equally loud included."""
        made = self._made
        if made is None or made.parts != self.parts:
            return [part.gain_db for part in self.parts]
        return [part.gain_db for part in made.mix.parts]

    # ------------------------------------------------------------ scenes
    def scene(self) -> Scene | None:
        """What plays now; None: no cabinet."""
        hand = self.cabinets.hand
        if hand is None:
            return None
        mixed = self.is_on and len(self.parts) > 1
        return Scene(self.cabinets.hand_path, hand, self.parts, self.chosen, self.aligned, mixed)

    def show(self, scene: Scene) -> None:
        """Play that again, at once: all of it lies ready."""
        if scene.mixed:
            self.parts, self.chosen, self.aligned = scene.parts, scene.chosen, scene.aligned
        self.is_on, self._adds = scene.mixed, False
        self.cabinets.set_position(scene.path)
        self.cabinets.play(scene.item, scene.path)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Have the parts of before, prepared for this rate; a mix is made again."""
        super().restore(state)
        self.parts = tuple(self._part_again(part) for part in self.parts)
        if self.is_on and len(self.parts) > 1:
            equal = self.cabinets.equal if self._levels_parts else None
            self._made = _made(self.parts, self.aligned, equal, self._table)
            self.cabinets.hand = self._made.item

    def _part_again(self, part: MixPart) -> MixPart:
        return dataclasses.replace(part, item=self.cabinets.again(part.item))

    def scene_again(self, scene: Scene) -> Scene:
        """A scene of a session at another rate, prepared for this one."""
        parts = tuple(self._part_again(part) for part in scene.parts)
        mixed = _made(parts, scene.aligned, self.cabinets.equal, 0).item if scene.mixed else None
        return dataclasses.replace(scene, item=mixed or self.cabinets.again(scene.item), parts=parts)

    # ------------------------------------------------------------ files
    def export(self, text: str) -> None:
        """What plays as a file of full length at this rate, without the gain of the player."""
        ir = self._at_hand()
        name = text.strip()
        path = Path(os.path.expanduser(name)) if name else free_name(FOLDER, "mix-", ".wav")
        if path.name in ("", ".."):
            raise RigError(f"{name} is no name of a file.")
        if not path.suffix:
            path = path.with_suffix(".wav")
        if path.parent == Path() and not Path(name).is_absolute():
            path = FOLDER / path
        gain = self.cabinets.gain_text
        note = f"; the gain of equal loudness ({gain}) is not in it" if gain else ""
        self._writing.ask(lambda: write(ir, path, note))

    def draw(self) -> None:
        """What plays, a mix with its parts, as a picture."""
        ir = self._at_hand()
        parts = [part.item.ir for part in self.parts] if self.is_on and len(self.parts) > 1 else []
        path = free_name(Path(), "rig-ir-", ".png")
        self._writing.ask(lambda: draw([ir, *parts], path))

    def check_export(self) -> None:
        """Raise a RigError where nothing could be written."""
        self._at_hand()

    def _at_hand(self) -> IR:
        if self.cabinets.browsing.blind:
            raise RigError("A file would tell the name; {blind} takes the blindfold off.")
        if self.cabinets.hand is None:
            raise RigError("No cabinet plays.")
        return self.cabinets.hand.ir

    def close(self) -> None:
        """Let files that are being written become complete."""
        self._writing.finish(WRITING_S)
        try:
            while (written := self._writing.answer()) is not None:
                self.tell(written)
        except RigError as error:
            self.tell(Event("error", str(error)))


def _made(parts: Sequence[MixPart], aligned: bool, equal: EqualLoudness | None, table: int) -> _Made:
    """The mix, prepared to play; where all cabinets are to be equally loud its parts are, before their own gains."""
    gains_db = [0.0] * len(parts)
    if equal is not None:
        for part in parts:
            equal.hear(part.item.ir)
        gains_db = [equal.gain_db(part.item.ir) for part in parts]
    result = mixed(parts, aligned, [gain_db - gains_db[0] for gain_db in gains_db])
    if equal is not None:
        equal.hear(result.ir)
    return _Made(result, PreparedIR(result.ir, Cabinet(result.ir)), tuple(parts), table)


def mixed(parts: Sequence[MixPart], aligned: bool, more_db: Sequence[float] = (0.0,) * MOST_PARTS) -> Mix:
    """One response of all parts, each so much louder than its own gain says. Raises IRError."""
    from ...cabinet.mix import Part, mix

    given = [
        Part(part.item.ir, part.gain_db + more, part.inverted, part.delay_ms, part.pan)
        for part, more in zip(parts, more_db, strict=False)
    ]
    return mix(given, align=aligned)
