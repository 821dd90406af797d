"""Two files compared as if the gear were there: `rig ab --from`. Nothing is plugged in, and no model runs.

Both sides were rendered before; they go round in step (`compare/loops/loop_player.py`) behind one cabinet.
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...decibels import level_in_words
from ...engine import LOOP, Cabinet
from ...errors import CompareError
from ...files.hashing import sha256_of
from ...player.events import Event, Tell
from ...player.tools.loop_section import LoopSection
from ...sound import Sound
from ..loops.file_sides import LOUDNESS_LUFS, FileSides
from ..loops.loop_player import TWO_SIDES, LoopPlayer
from ..matching import Match
from .comparer import Comparer
from .intact_takes import Takes
from .sides import described, two_names
from .wires import Wires

NO_TONE = "Both sides are files, and tone stands behind a model: nothing is turned here."
NO_MODEL = "Both sides are what they were when rig was started; nothing takes their place."


class FileComparer(Comparer):
    """A comparison of files. `behind`: the cabinet of both sides, as a sound without a model."""

    def __init__(self, takes: Takes, tell: Tell, files: FileSides, behind: Sound, wires: Wires | None = None) -> None:
        super().__init__(takes, tell, behind, files.dry, b=behind, source=LOOP, wires=wires)
        self.files, self.level_db = files, 0.0
        self.section = LoopSection(self, tell, "No loop plays.")
        self._player: LoopPlayer | None = None
        self._cabinet: Cabinet | None = None
        self._ends = files.section

    @property
    def why_no_tone(self) -> str:
        """No model runs."""
        return NO_TONE

    @property
    def hears_guitar(self) -> bool:
        """Nobody plays."""
        return False

    @property
    def names(self) -> tuple[str, str]:
        """What the sides are called."""
        a, b = self.files.answers
        if "gear" in (a.kind, b.kind):
            return a.name, b.name
        return two_names((a.name, b.name), (a.path, b.path))

    # ------------------------------------------------------------ measuring and playing
    def start(self) -> None:
        """Measure both sides, make them equal, and play side A. Raises RigError if they cannot be compared."""
        self._cabinet = self.a.cabinet()
        first, stop = self.files.section
        self.section.again(self.files.dry, (first / self.sample_rate, stop / self.sample_rate))
        self._measure_sides()
        self._play()

    def _measure_sides(self) -> None:
        self.match = self.files.measured(self._ends, self.a.cabinet())
        self._describe()

    def matched(self, a: Sound) -> Match:
        """No other sound becomes a side."""
        raise CompareError(NO_MODEL)

    def replace_a(self, a: Sound, match: Match, describes: bool) -> None:
        """No other sound becomes a side."""
        raise CompareError(NO_MODEL)

    def _describe(self) -> None:
        assert self.match is not None
        m, (a, b) = self.match, self.names
        self.tell(Event("side_a", f"{a}: {level_in_words(m.loudness_a_lufs, 'LUFS', 1)}"))
        self.tell(
            Event("side_b", f"{b}: {level_in_words(m.loudness_b_lufs, 'LUFS', 1)}, matched by {m.match_db:+z.2f} dB")
        )
        turned = ", upside down: turned over" if m.polarity < 0 else ""
        moved = "earlier" if m.lag_samples > 0 else "later"
        self.tell(
            Event(
                "delay",
                f"B {m.lag_samples:+z.3f} samples against A{turned}; B is played {moved} by as much "
                f"(correlation {m.confidence:.3f})",
            )
        )
        for answer, name in zip(self.files.answers, (a, b), strict=True):
            if answer.basis:
                self.tell(Event("input", f"of {name}: {answer.basis}"))
            for note in answer.notes:
                self.tell(Event("noted", f"{note}."))
        if m.noise_a_dbfs is not None and m.noise_b_dbfs is not None:
            self.tell(Event("noise", f"A {level_in_words(m.noise_a_dbfs)}, B {level_in_words(m.noise_b_dbfs)} at rest"))
        for warning in m.warnings:
            self.tell(Event("warning", f"{warning}."))

    def _play(self) -> None:
        """Hand both loops to the engine, in step and equally loud, where they were before."""
        m, before = self.match, self._player
        assert m is not None
        loops = self.files.in_step(m.lag_samples)
        self.level_db = self.files.level_db(loops, m, self.a.cabinet())
        self._player = LoopPlayer(
            self.engine,
            loops,
            mixes=TWO_SIDES,
            gains_db=(self.level_db, self.level_db + self.level_b_db),
            inverted=(False, m.polarity < 0),
            section=self._ends,
            at_samples=None if before is None else before.position_samples,
        )
        self._player.play(self._cabinet)
        loud = m.loudness_a_lufs + self.level_db
        softer = "" if loud > LOUDNESS_LUFS - 0.05 else ", as one of them would clip if they were louder"
        self.tell(Event("output", f"both sides at {level_in_words(loud, 'LUFS', 1)}{softer}"))

    def _set_level_b(self) -> None:
        if self._player is not None:
            self._player.set_gain_db(1, self.level_db + self.level_b_db)

    # ------------------------------------------------------------ the loop, for its section
    @property
    def sample_rate(self) -> float:
        """That of the session, in Hz."""
        return self.engine.sample_rate

    @property
    def loop_position_samples(self) -> int | None:
        """Where both sides are."""
        return None if self._player is None else self._player.position_samples

    def loop(self, samples: NDArray[np.float32] | None, origin_samples: int | None = None) -> None:
        """Go round in this part of the dry file."""
        first = origin_samples or 0
        self._ends = first, first + (len(self.files.dry) if samples is None else len(samples))
        if self._player is not None:
            self._player.set_section(*self._ends)

    # ------------------------------------------------------------ what is kept
    def setup(self) -> dict[str, Any]:
        """Everything needed to repeat the comparison, as plain JSON data."""
        kept = super().setup()
        for key, answer in zip("ab", self.files.answers, strict=True):
            file = {"file": answer.path.name, "hash": answer.sha256}
            kept[key] = {
                "kind": answer.kind,
                "model": {**file, "size": answer.size} if answer.kind == "model" else None,
                "recording": None if answer.kind == "model" else file,
                "ir": described(self.a)["ir"],
                "input": answer.basis,
            }
        dry = self.files.take.files.dry
        with contextlib.suppress(OSError):
            kept["from"] = {"dry": {"file": dry.name, "hash": sha256_of(dry)}, "section_samples": list(self._ends)}
        return {**kept, "level_db": self.level_db}

    def levels(self) -> dict[str, Any]:
        """How the sides were made equal, as plain JSON data."""
        return {**super().levels(), "level_db": self.level_db}
