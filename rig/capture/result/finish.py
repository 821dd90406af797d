"""The last step: a copy of the trained model that knows its names, levels and latency, held against its take."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio.align import find_lag, shifted
from ...audio.measures import FLOOR_DBFS, best_gain, esr
from ...decibels import db_from_gain
from ...errors import CaptureError, ModelError
from ...files.atomic_write import reason, write_text
from ...nam import Model
from ...trainer.layout import VALIDATION
from ...trainer.words import esr_words
from .sidecar import Capture

STRANGER_ESR = 0.5  # a model further off than this, with lag and gain taken out, was trained on something else
FURTHEST_LAG = 10_000  # samples
LEAD_IN = 24_000  # samples before the validation that a model hears first
LEVELS_DB = (0, -6, -12, -24)  # of the four quarters of our own validation


@dataclass(frozen=True, slots=True)
class Finished:
    """The finished model. `esr` is that of the held-out 9 s, as the trainer computes it.

    `esr_aligned`: the same with lag and gain taken out, so that neither is mistaken for another sound.
    """

    path: Path
    esr: float
    esr_aligned: float
    esr_by_level_db: dict[int, float] | None  # None: the signal has no such quarters
    lag_samples: float  # by which the model is later than the take
    gain_db: float  # by which the take is louder than the model
    input_level_dbu: float | None
    output_level_dbu: float | None

    @property
    def words(self) -> str:
        """The trainer's own words for the ESR."""
        return esr_words(self.esr)

    def to_json(self) -> dict[str, Any]:
        """For --json."""
        return {**asdict(self), "path": str(self.path), "words": self.words}


def finish(
    capture: str | Path,
    model: str | Path,
    target: str | Path | None = None,
    *,
    overwrite: bool = False,
    accept: bool = False,
) -> Finished:
    """Write names, levels and latency of a capture into a copy of its trained model.

    `target`: the new file; None: NAME.nam in the capture's folder. `overwrite`: replace it. `accept`: also a model that
    does not sound like the take. Raises CaptureError or ModelError: not a capture, not a model, another sample rate,
    the model of another take, a target that exists or is the model itself.
    """
    source = Path(model)
    loaded = Capture.load(capture)
    network = Model.load(source)
    if round(network.rate) != loaded.rate:
        raise CaptureError(
            f"{source.name}: made for {network.rate:g} Hz, the capture {loaded.name} has {loaded.rate} Hz; train it on "
            "this capture's dry.wav and wet.wav."
        )
    path = Path(target) if target is not None else loaded.folder / f"{loaded.name}.nam"
    _check_target(path, source, overwrite)
    finished = _compare(loaded, network, path)
    if finished.esr_aligned > STRANGER_ESR and not accept:
        raise CaptureError(
            f"{source.name}: does not sound like the take of {loaded.name} (ESR {finished.esr_aligned:.2f}); "
            "was it trained on another capture? --accept writes it all the same."
        )
    content = json.JSONDecoder().raw_decode(source.read_text(encoding="utf-8-sig").lstrip())[0]
    content["metadata"] = _metadata(content.get("metadata"), loaded, finished)
    try:
        write_text(path, json.dumps(content), make_folder=False)
    except OSError as error:
        raise ModelError(f"{path.name}: cannot be written{reason(path, error)}.") from error
    return finished


def _check_target(path: Path, source: Path, overwrite: bool) -> None:
    if path.suffix.lower() != ".nam":
        raise ModelError(f"{path.name}: a model is a .nam file; name it {path.stem}.nam.")
    if path.exists() and path.resolve() == source.resolve():
        raise ModelError(f"{path.name}: this is the trained model itself, which stays as it is; choose another name.")
    if path.is_dir() or (path.exists() and not overwrite):
        raise ModelError(f"{path.name}: the file exists already; choose another name, or replace it with --overwrite.")


def _played(capture: Capture, model: Model) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the model makes of the held-out end of the signal, and what the gear did."""
    dry, wet = (audio.samples[:, 0] for audio in capture.pair())
    played = model.render(dry[-VALIDATION - LEAD_IN :], 4096)[LEAD_IN:]
    return np.asarray(played, np.float64), wet[-VALIDATION:]


def _compare(capture: Capture, model: Model, path: Path) -> Finished:
    played, wet = _played(capture, model)
    quarters = None
    if capture.content["signal"]["kind"] == "rig":
        parts = zip(LEVELS_DB, np.split(played, 4), np.split(wet, 4), strict=True)
        quarters = {level: round(esr(p, w), 6) for level, p, w in parts}
    lag = find_lag(wet, played, max_lag_samples=FURTHEST_LAG)
    aligned = shifted(played, -lag.samples)
    gain = best_gain(aligned, wet)
    levels = capture.content["levels"]
    return Finished(
        path=path,
        esr=round(esr(played, wet), 6),
        esr_aligned=round(esr(gain * aligned, wet), 6),
        esr_by_level_db=quarters,
        lag_samples=round(lag.samples, 2),
        gain_db=round(max(FLOOR_DBFS, db_from_gain(gain)), 2),
        input_level_dbu=levels["input_level_dbu"],
        output_level_dbu=levels["output_level_dbu"],
    )


def _metadata(before: Any, capture: Capture, finished: Finished) -> dict[str, Any]:
    """What the file said, with what the capture knows on top; what is not known stays as it was."""
    metadata = dict(before) if isinstance(before, dict) else {}
    known = {
        **capture.content["metadata"],
        "input_level_dbu": finished.input_level_dbu,
        "output_level_dbu": finished.output_level_dbu,
    }
    metadata.update({key: value for key, value in known.items() if value is not None})
    training = metadata.get("training")
    latency = capture.content["latency"]
    metadata["training"] = {
        **(training if isinstance(training, dict) else {}),
        "rig": {
            "rig_version": capture.content["rig_version"],
            "captured": capture.content["created"],
            "signal": capture.content["signal"]["kind"],
            "latency_samples": latency["applied"],
            "polarity": latency["polarity"],
            "validation_esr": finished.esr,
        },
    }
    return metadata
