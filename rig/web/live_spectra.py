"""Spectra of an engine that plays: the guitar from what the lanes heard, the output from a tape that goes round."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..dsp.convolver.kernels import MAX_CHUNK
from ..dsp.tape import Tape
from ..engine import Engine
from .spectrum import SAMPLES, Spectrum


class LiveSpectra:
    """`engine()` is the one that plays, `source()` what is listened to. `is_blind()`: nothing of the output is told."""

    def __init__(
        self, engine: Callable[[], Engine], source: Callable[[], int], is_blind: Callable[[], bool] = lambda: False
    ) -> None:
        self._engine, self._source, self._is_blind = engine, source, is_blind
        self._spectrum = Spectrum(engine().sample_rate)
        self._rate = engine().sample_rate
        self._tape: tuple[Engine, Tape] | None = None

    @property
    def hz(self) -> Sequence[float]:
        """The points."""
        return [float(hz) for hz in self._spectrum.hz]

    def prepare(self, watched: bool) -> None:
        """Have a tape in the engine that plays, or none; called by the thread that plays."""
        engine, tape = self._engine(), self._tape
        if not watched:
            if tape is not None:
                self._tape = None
                tape[0].end_take("output")
        elif tape is None or tape[0] is not engine:
            self._tape = engine, engine.take(SAMPLES, "output", strict=False)

    def read(self) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
        """The spectra of the guitar and of the output; None: nothing new. Called by the thread that serves."""
        engine, source = self._engine(), self._source()
        if engine.sample_rate != self._rate:  # the same points, so a new rate needs other bins
            self._spectrum, self._rate = Spectrum(engine.sample_rate), engine.sample_rate
        head = int(engine.record["sources"][source]["head"])
        heard, _ = engine.heard(source, head - MAX_CHUNK - SAMPLES)
        output = None
        if self._tape is not None and self._tape[0] is engine:
            tape = self._tape[1]
            if tape.state == "done":
                if not self._is_blind():
                    output = self._spectrum.of(tape.take.copy())
                tape.arm()
        return self._spectrum.of(heard), output
