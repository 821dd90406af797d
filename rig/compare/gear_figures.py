"""What is the same for every model about the gear's recording: computed once for all of them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..audio.align import Target
from ..audio.loudness import own_lufs
from . import measures
from .measures import PowerSpectrum, Spectrum


class GearFigures:
    """Of `wet`, shape (n,), the part of the recording that is judged; each is computed when it is first asked for."""

    def __init__(self, wet: NDArray[np.float64], sample_rate: int) -> None:
        self.wet, self.sample_rate = wet, sample_rate
        self.target = Target(wet)

    @cached_property
    def loudness_lufs(self) -> float:
        """As `loudness_difference_lu` takes it."""
        return own_lufs(self.wet, self.sample_rate)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Amplitude and phase by frequency."""
        return measures.spectrum(self.wet, self.sample_rate)

    @cached_property
    def power(self) -> PowerSpectrum:
        """Power by frequency."""
        return self.spectrum.power

    @cached_property
    def pre_emphasised(self) -> NDArray[np.float64]:
        """With the treble raised, as the trainer listens."""
        return measures.pre_emphasised(self.wet)
