"""Both hands free: a few bars of the guitar recorded into a loop with one key, and played through the same engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...decibels import db_from_gain, peak_in_words
from ...dsp.tape import Tape, joined
from ...engine import LOOP, PORT, Engine
from ...errors import RigError
from ..carried import Carried, Snapshot
from ..events import Event, Tell
from .loop_section import LoopSection

LONGEST_S = 60.0
SHORTEST_S = 0.5
BUNDLED = "the guitar that comes with rig until there is a loop ({record_loop})"
NO_LOOP = "There is no loop yet: press {record_loop}, play a few bars, press {record_loop} again."
QUIETEST_DBFS = -60.0  # what peaks below this is a guitar that is not plugged in


class Looper(Carried):
    """The loop. `listen(source)` makes the model hear a source; `looped(samples, name)` is told of each new loop."""

    CARRIED = ("is_looping", "name", "_loop")
    REMADE = ("engine", "tell", "section", "_listen", "_looped", "_tape")

    def __init__(
        self,
        engine: Engine,
        tell: Tell,
        listen: Callable[[int], None],
        looped: Callable[[NDArray[Any], str], None],
    ) -> None:
        self.engine, self.tell, self._listen, self._looped = engine, tell, listen, looped
        self.is_looping = False
        self.section = LoopSection(engine, tell, NO_LOOP)
        self._loop: NDArray[np.float32] | None = None
        self.name = ""  # what the loop is called
        self._tape: Tape | None = None

    @property
    def recorded_s(self) -> float | None:
        """How much has been recorded; None: nothing is."""
        return None if self._tape is None else int(self._tape.record["position_samples"]) / self.engine.sample_rate

    def put(self, samples: NDArray[np.float32], name: str) -> None:
        """A loop from a file; it plays from the start."""
        self._loop, self.name, self.is_looping = samples, name, True
        self.section.put(samples)
        self._looped(joined(samples, self.engine.fade_samples), name)

    def record(self, is_on: bool) -> None:
        """Begin a recording, or end it and play it."""
        if is_on == (self._tape is not None):
            return
        if not is_on:
            self._finish()
            return
        if self.is_looping:
            self.is_looping = False
            self._listen(PORT)
        self._tape = self.engine.take(round(LONGEST_S * self.engine.sample_rate), strict=False)
        self.tell(Event("loop", "recording; play a few bars and press {record_loop} again"))

    def _finish(self) -> None:
        assert self._tape is not None
        tape, self._tape = self._tape, None
        samples = tape.take[: int(tape.record["position_samples"])].copy()
        clips = int(tape.record["clips"])
        self.engine.end_take()
        if samples.size < SHORTEST_S * self.engine.sample_rate:
            raise RigError("The loop is too short; press {record_loop}, play a few bars, press {record_loop} again.")
        peak_dbfs = db_from_gain(float(np.abs(samples - samples.mean(dtype=np.float64)).max()))
        if peak_dbfs < QUIETEST_DBFS:
            raise RigError(f"The loop holds no guitar ({peak_in_words(peak_dbfs)}); is it connected and turned up?")
        self._loop, self.name = samples, "your loop"
        self.section.put(samples)
        self._looped(joined(samples, self.engine.fade_samples), self.name)
        self.is_looping = True
        self._listen(LOOP)
        clipped = f", {clips} samples CLIPPED" if clips else ""
        self.tell(
            Event(
                "loop",
                f"{samples.size / self.engine.sample_rate:.1f} s, {peak_in_words(peak_dbfs)}{clipped}; "
                "{loop}: the live guitar",
            )
        )

    @property
    def state(self) -> str:
        """`none`, `recording`, `playing`, or `ready` while the live guitar plays."""
        if self._tape is not None:
            return "recording"
        return "none" if self._loop is None else "playing" if self.is_looping else "ready"

    def press_loop(self) -> None:
        """The loop, or the live guitar; while a loop is recorded, give that up."""
        if self._tape is not None:
            self.engine.end_take()
            self._tape = None
            self.tell(Event("loop", "not recorded; the live guitar plays"))
            return
        self.play_loop(not self.is_looping)

    def play_loop(self, is_looping: bool) -> None:
        """The loop, or the live guitar."""
        if self._loop is None:
            raise RigError(NO_LOOP)
        self.is_looping = is_looping
        self._listen(LOOP if self.is_looping else PORT)
        self.tell(Event("loop", "plays" if self.is_looping else "off: the live guitar plays"))

    def snapshot(self) -> Snapshot:
        """The loop with its rate and section, and whether one is being recorded."""
        ends_s = self.section.start_s, self.section.stop_s
        more = {"sample_rate": self.engine.sample_rate, "was_recording": self._tape is not None, "ends_s": ends_s}
        return super().snapshot() | more

    def restore(self, state: Mapping[str, Any]) -> None:
        """Have the same loop; a recording that was under way is not finished."""
        super().restore(state)
        if state["was_recording"]:
            self.tell(Event("loop", "not recorded; press {record_loop} again"))
        if self._loop is None:
            return
        from ...audio.resample import resample

        rates = round(state["sample_rate"]), round(self.engine.sample_rate)
        self._loop = np.ascontiguousarray(resample(self._loop, *rates), np.float32)
        self.section.again(self._loop, state["ends_s"])
        self._looped(joined(self._loop, self.engine.fade_samples), self.name)

    def poll(self) -> None:
        """End a recording that is full."""
        if self._tape is not None and self._tape.state == "done":
            self._finish()


def loop_from(
    path: Path,
    sample_rate: float,
    channel: int | None = None,
    say: Callable[[str, str], None] = lambda kind, sentence: None,
) -> NDArray[np.float32]:
    """The guitar of a file, shape (n,), at another rate; `channel`: see `guitar_channel`. Raises AudioError.

    What is to be known about it is said: a kind (note or warning) and a sentence.
    """
    from ...audio.guitar_channel import guitar_channel
    from ...audio.resample import resample
    from ...audio.wav import read

    audio, chosen = read(path), guitar_channel(path, channel)
    for kind, sentence in (("note", chosen.note), ("warning", chosen.warning(path.name))):
        if sentence:
            say(kind, sentence)
    guitar = resample(audio.samples[:, chosen.index], audio.sample_rate, round(sample_rate))
    return np.ascontiguousarray(guitar, np.float32)
