"""One key records: the guitar as it came in and what was heard, into files, while everything else goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...cabinet.ir import IR
from ...dsp.tone.knobs import KNOBS
from ...engine import Engine
from ...errors import RigError
from ...recording.rescue import rescue
from ...recording.take import Take, bytes_per_second
from ...recording.writer import TakeWriter
from ...sound import Sound
from ..events import Event, Tell

FOLDER = Path("recordings")
QUICKLY_S = 1.0  # a disk at hand has finished a take by then
PATIENCE_S = 20.0  # for one that is slow; after that the take ends with the last block that was written


@dataclass(frozen=True, slots=True)
class Recording:
    """A take that is being recorded. `left_s`: how long the disk lasts; None: not known."""

    seconds: float
    free_bytes: int | None = None
    left_s: float | None = None


class Recorder:
    """Takes of one engine. `title` names the next one; `told` is what its JSON says about the sound.

    `clock`, in seconds, is for sound that comes in real time: what a server does not bring is then silence in the take.
    """

    def __init__(
        self,
        engine: Engine,
        tell: Tell,
        title: Callable[[], str],
        told: Callable[[], dict[str, Any]],
    ) -> None:
        self.engine, self.tell, self.folder = engine, tell, FOLDER
        self.clock: Callable[[], float] | None = None
        self._title, self._told = title, told
        self._writer: TakeWriter | None = None
        self._ending = False

    @property
    def is_recording(self) -> bool:
        """Whether a take is running."""
        return self._writer is not None and not self._ending

    @property
    def recording(self) -> Recording | None:
        """The take that is running; None: there is none."""
        if not self.is_recording:
            return None
        assert self._writer is not None
        rate, free = self.engine.sample_rate, self._writer.free_bytes
        left_s = None if free is None else free / bytes_per_second(rate)
        return Recording(self._writer.ring.frames / rate, free, left_s)

    def record(self, is_on: bool) -> None:
        """Begin a take, or end it. Raises RigError while the one before is still being written."""
        if is_on and self._writer is None:
            self.begin()
        elif is_on or self._ending:
            raise RigError("The take before is still being written; press {record} again in a moment.")
        else:
            self.end()

    def begin(self) -> None:
        """Begin a take with the next cycle. Raises AudioError if it cannot be written."""
        take = Take(self.folder, self._title(), round(self.engine.sample_rate), self._told())
        self._writer, self._ending = TakeWriter(self.engine.recorder(), take, self.clock), False
        self.tell(Event("take", f"{take.name}: recording into {self.folder}; {{record}} ends it"))

    def rescue(self) -> None:
        """Finish the takes that a killed rig has left in the folder."""
        for text in rescue(self.folder):
            self.tell(Event("take", text))

    def end(self) -> None:
        """End the take with the next cycle; it is complete a moment later."""
        if self.is_recording:
            assert self._writer is not None
            self._ending = True
            self._writer.end()

    def poll(self) -> None:
        """Pass on what the writer has to say; call it now and then."""
        if self._writer is None:
            return
        finished = self._writer.finished
        for sentence in self._writer.sentences():
            self.tell(Event("take", sentence))
        if finished:
            self._writer = None

    def close(self) -> None:
        """End the take and wait until it is complete."""
        self.end()
        if self._writer is not None and not self._writer.wait(QUICKLY_S):
            self.tell(Event("take", "The disk is slow; the take is being finished (Ctrl-C leaves it as it is)."))
            if not self._writer.wait(PATIENCE_S):
                self.tell(Event("take", "The disk does not answer; the take ends with what it has taken."))
        self.poll()


def description(sound: Sound, cabinet: IR | None) -> dict[str, Any]:
    """What plays when a take begins, for its JSON."""
    model = sound.model
    return {
        "model": model.path.name if model is not None else None,
        "cabinet": cabinet.name if cabinet is not None else None,
        "calibration": str(sound.calibration),
        "output": str(sound.output),
        "preamp_gain_db": sound.preamp_gain_db,
        "input_gain_db": sound.input_gain_db,
        "output_gain_db": sound.output_gain_db,
        "tone_db": {knob.name: db for knob, db in zip(KNOBS, sound.tone_db, strict=True)},
        "eq": [asdict(band) for band in sound.eq],
    }
