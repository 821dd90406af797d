"""Files of the player that are ready to sound: all that takes time is done, in whatever thread, by `load`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ..dsp.network.playable import Playable
from ..library import entered_levels
from ..library.measured_loudness import measure
from ..nam import Model

QUICK_MACS = 50_000  # per sample: about four times an A1 standard, a fifth of a second to measure


def _alone(model: Model) -> Model:
    return model


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A model and one playing instance of it, prewarmed, for one lane at one quality.

    `entered_dbu`: the input level that the player entered for it once; None: never.
    """

    model: Model
    network: Playable
    entered_dbu: float | None = None
    quality: int = 1

    @classmethod
    def load(
        cls,
        path: Path,
        size: float,
        session_rate: float,
        quality: int = 1,
        in_row: Callable[[Model], Model] = _alone,
    ) -> Self:
        """`in_row`: the model as it plays, alone or in front of another one.

        Raises ModelError for a file that cannot be played, RigError for one that cannot play at this rate (Hz).
        """
        return cls.of(Model.load(path, size), session_rate, quality, in_row)

    @classmethod
    def of(cls, model: Model, session_rate: float, quality: int = 1, in_row: Callable[[Model], Model] = _alone) -> Self:
        """The same of a model that has been read. Raises RigError for one that cannot play at this rate (Hz)."""
        model = in_row(model)
        network = model.network(session_rate, quality)
        return cls(model, network, entered_levels.input_level(model.heard_hash), quality)

    def measured(self) -> Self:
        """The same; how loud it is has been measured and kept, where its file does not say and it does not take long.

        Other models sound first; their level follows with a fade.
        """
        if self.model.loudness_db is None and self.model.macs_per_sample <= QUICK_MACS:
            with contextlib.suppress(Exception):  # what is wrong with a model is said where it is played
                measure(self.model)
        return self

    @property
    def nbytes(self) -> int:
        """The network's memory, and the weights as the model keeps them."""
        return self.network.nbytes + 8 * self.model.weight_count
