"""What is the same for every model about the gear's recording: computed once for all of them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..audio.align import Target
from ..audio.loudness import own_lufs
from . import measures
from .figures.aliases import Tone, find_tone
from .figures.equaliser import GearBands
from .figures.fine_filter import GearPieces
from .figures.log_spectrum import Resolution, resolutions
from .figures.shares import pauses
from .figures.weighting import a_weighting, weighted_power
from .measures import PowerSpectrum, Spectrum


class GearFigures:
    """Of `wet` and `dry`, shape (n,), the part that is judged; each is computed when it is first asked for."""

    def __init__(self, wet: NDArray[np.float64], dry: NDArray[np.float64], sample_rate: int) -> None:
        self.wet, self.dry, self.sample_rate = wet, dry, sample_rate
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

    @cached_property
    def a_weights(self) -> NDArray[np.float64]:
        """A-weighting of the bins of `spectrum`, of powers."""
        return a_weighting(self.spectrum.hz)

    @cached_property
    def a_weighted_power(self) -> float:
        """Its mean square behind A-weighting."""
        return weighted_power(self.power, self.a_weights)

    @cached_property
    def resolutions(self) -> tuple[Resolution, ...]:
        """Its short-time spectra, for the log-spectrum distance."""
        return resolutions(self.wet, self.sample_rate)

    @cached_property
    def bands(self) -> GearBands:
        """Its spectrum in narrow bands, for the EQ."""
        return GearBands(self.spectrum, self.sample_rate)

    @cached_property
    def pieces(self) -> GearPieces:
        """Its loudest pieces, for the fine filter."""
        return GearPieces(self.wet, self.sample_rate)

    @cached_property
    def pauses(self) -> NDArray[np.intp]:
        """The frames in which nothing is played."""
        return pauses(self.dry, self.wet, self.sample_rate)

    @cached_property
    def tone(self) -> Tone | None:
        """A steady tone of the dry file, by which aliases of a recording can be told."""
        return find_tone(self.dry, self.sample_rate)
