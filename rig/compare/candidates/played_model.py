"""A model as candidate: it is played."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...audio.measures import esr
from ...decibels import gain_from_db
from ...levels import ENTERED
from ...library import measured_aliasing
from ...nam import Model
from ...nam.batch import play_in_pieces
from ...trainer.layout import has_training_layout
from ..figures.aliases import NO_ANSWER, OF_MODELS
from ..pair import Take
from .candidate import Candidate

CALIBRATION_DB = 12.0  # a model moved further than this from its capture level hears what it was never trained on


class PlayedModel(Candidate):
    """A model that hears the dry file with a gain, given in dB with the sum behind it (`input_gain`)."""

    kind = "model"

    def __init__(self, take: Take, model: Model, quality: int, gain: tuple[float, str]) -> None:
        self.take, self.model, self.path, self.name = take, model, model.path, model.name
        self.size, self.quality = model.size, quality
        self._gain_db, self.input_gain_basis = gain
        self.input_gain_db = self._gain_db
        self.notes = tuple(model.warnings)
        if abs(self._gain_db) > CALIBRATION_DB:
            far = f"made at another level than this take ({self._gain_db:+z.1f} dB)"
            self.notes += (f"{far}: it hears what it was not trained on",)

    def answer(self, start: int, stop: int) -> NDArray[np.float64]:
        """See `Candidate`."""
        return played(self.take, self.model, self._gain_db, self.quality or 1, start, stop).astype(np.float64)

    def esr_trainer(self, predicted: NDArray[np.float64]) -> float | None:
        """The ESR as it is; None for a take that has not the trainer's layout, or another rate or quality.

        A network that looks back gives it one sample for each whole receptive field: of the 9 s that length, less one
        sample, is left out at the start (neural-amp-modeler 0.13.0). A recurrent network is judged over all of them;
        there it begins afresh, while here it has heard what comes before.
        """
        take, model = self.take, self.model
        is_its = has_training_layout(take.dry, take.sample_rate) and round(model.rate) == take.sample_rate
        if not is_its or self.quality != 1:
            return None
        left_out = 0 if model.is_recurrent else model.receptive_field_samples - 1
        wet = take.wet[take.span]
        return esr(predicted[left_out:], wet[left_out:]) if left_out < len(wet) else None

    def aliasing(self, aligned: NDArray[np.float64]) -> tuple[float | None, str]:
        """See `Candidate`: a model is asked with a sine of its own."""
        quality = self.quality or 1
        folded_db = measured_aliasing.measure(self.model, (quality,))[quality]
        return folded_db, NO_ANSWER if folded_db is None else OF_MODELS


def input_gain(take: Take, model: Model, entered_dbu: float | None = None) -> tuple[float, str]:
    """The gain in dB for the dry file so that the model hears what the gear heard, and the sum behind it.

    `entered_dbu`: the model's input level that the player entered; it wins over that of the file, as in `rig play`.
    """
    capture = take.files.input_dbu
    own, whose = (model.input_level_dbu, "model") if entered_dbu is None else (entered_dbu, f"model, {ENTERED}")
    if capture is None or own is None:
        missing = "the capture's level" if capture is None else "the model's level"
        way = " (--capture-dbu X states it)" if capture is None else ""
        return 0.0, f"0.0 dB: {missing} is not known{way}"
    gain_db = capture - own
    return gain_db, f"{capture:.1f} dBu ({take.files.input_basis}) - {own:.1f} dBu ({whose}) = {gain_db:+z.1f} dB"


def played(take: Take, model: Model, gain_db: float, quality: int, start: int, stop: int) -> NDArray[np.float32]:
    """The model's answer, (stop - start,), to that part of the dry file, with a gain, at the take's rate.

    It hears what came before `start` as far as it looks back.
    """
    network = model.network(take.sample_rate, quality, linear_phase=True)
    begin = max(0, start - network.receptive_field_samples)
    late = network.latency_samples
    x = np.zeros(stop - begin + late, np.float32)
    x[: stop - begin] = take.dry[begin:stop] * gain_from_db(gain_db)
    return play_in_pieces(network, x)[late + start - begin :]
