"""The last step: a copy of the trained model that knows its names, levels and latency, held against its take."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio.align import find_lag, shifted
from ...audio.measures import FLOOR_DBFS, best_gain, esr, rms_dbfs
from ...decibels import db_from_gain
from ...errors import CaptureError, ModelError
from ...files.atomic_write import reason, write_text
from ...nam import Model
from ...trainer.capture_fields import finite
from ...trainer.layout import VALIDATION
from ...trainer.words import esr_words
from ..checks.verdict import Verdict
from .sidecar import Capture

GOOD_ESR, POOR_ESR = 0.035, 0.3  # the trainer's own bands: below the first "not bad", above the second it went wrong
FURTHEST_LAG = 10_000  # samples
LEAD_IN = 24_000  # samples before the validation that a model hears first
SILENT_DBFS = -80.0
LEAST_LAG, LEAST_GAIN_DB = 0.05, 0.05  # samples and dB that are worth a word
LEVELS_DB = (0, -6, -12, -24)  # of the four quarters of our own validation


@dataclass(frozen=True, slots=True)
class Finished:
    """The finished model. `esr` is that of the held-out 9 s, as the trainer computes it.

    The trainer feeds nothing but these 9 s, so it leaves out the first of them, in which a model does not yet know its
    past: `left_out_samples`, its receptive field less one. All figures are taken so. `esr_aligned`: with lag and gain
    taken out, so that neither is mistaken for another sound. `reason`: of the verdict, in words.
    """

    path: Path
    esr: float
    esr_aligned: float
    esr_by_level_db: dict[int, float] | None  # None: the signal has no such quarters
    lag_samples: float  # by which the model is later than the take
    gain_db: float  # by which the take is louder than the model
    input_level_dbu: float | None
    output_level_dbu: float | None
    left_out_samples: int
    verdict: Verdict
    reason: str

    @property
    def words(self) -> str:
        """The trainer's own words for the ESR."""
        return esr_words(self.esr)

    def to_json(self) -> dict[str, Any]:
        """For --json."""
        return finite({**asdict(self), "path": str(self.path), "words": self.words})


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
    the model of another take, a take that is silent where models are judged, a target that exists or is the model.
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
    if finished.verdict == "fail" and not accept:
        raise CaptureError(
            f"{source.name}: does not sound like the take of {loaded.name} ({finished.reason}); was it trained on "
            "another capture? --accept writes it all the same."
        )
    content = json.JSONDecoder().raw_decode(source.read_text(encoding="utf-8-sig").lstrip())[0]
    content["metadata"] = _metadata(content.get("metadata"), loaded, finished)
    try:
        write_text(path, json.dumps(content, allow_nan=False), make_folder=False)
    except OSError as error:
        raise ModelError(f"{path.name}: cannot be written{reason(path, error)}.") from error
    except ValueError as error:
        raise ModelError(
            f"{source.name}: its metadata holds a number that no model file can hold (NaN, infinity) or half a "
            "character; train or export it again."
        ) from error
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
    if len(dry) < VALIDATION + LEAD_IN:
        raise CaptureError(f"{capture.name}: the pair is too short for a capture ({len(dry)} samples); take it again.")
    played = np.asarray(model.render(dry[-VALIDATION - LEAD_IN :], 4096)[LEAD_IN:], np.float64)
    if not np.isfinite(played).all():
        raise ModelError(f"{model.name}: answers the take with numbers that are none (NaN, infinity); train it again.")
    return played, wet[-VALIDATION:]


def _compare(capture: Capture, model: Model, path: Path) -> Finished:
    played, wet = _played(capture, model)
    left_out = min(model.receptive_field_samples - 1, VALIDATION // 2)
    heard, target = played[left_out:], wet[left_out:]
    if rms_dbfs(target) < SILENT_DBFS:
        raise CaptureError(
            f"{capture.name}: the gear is silent in the last 9 s of the take, so there is nothing to hold a model "
            "against; take it again."
        )
    quarters = None
    if capture.content["signal"]["kind"] == "rig":
        quarters = {
            level: round(esr(played[part], wet[part]), 6)
            for level, part in zip(LEVELS_DB, _quarters(left_out), strict=True)
            if part.start < part.stop
        }
    lag = find_lag(target, heard, max_lag_samples=FURTHEST_LAG)
    aligned = shifted(heard, -lag.samples)
    gain = best_gain(aligned, target)
    raw, alike = esr(heard, target), esr(gain * aligned, target)
    gain_db = max(FLOOR_DBFS, db_from_gain(gain))
    verdict, why = judged(raw, alike, lag.samples, gain_db, gain < 0)
    levels = capture.levels
    return Finished(
        path=path,
        esr=round(raw, 6),
        esr_aligned=round(alike, 6),
        esr_by_level_db=quarters,
        lag_samples=round(lag.samples, 2),
        gain_db=round(gain_db, 2),
        input_level_dbu=levels.input_level_dbu,
        output_level_dbu=levels.output_level_dbu,
        left_out_samples=left_out,
        verdict=verdict,
        reason=why,
    )


def _quarters(left_out: int) -> list[slice]:
    """The four levels of our own validation; what the trainer leaves out is left out of the first."""
    quarter = VALIDATION // len(LEVELS_DB)
    return [slice(max(left_out, n * quarter), (n + 1) * quarter) for n in range(len(LEVELS_DB))]


def judged(
    raw: float, aligned: float, lag_samples: float, gain_db: float, inverted: bool = False
) -> tuple[Verdict, str]:
    """What a model is worth, and why: by the trainer's bands for its ESR, with lag and gain taken out and without.

    >>> judged(1.2, 0.012, 6.7, -3.0)
    ('warn', '6.7 samples late and 3.0 dB too loud, ESR 1.2; with that taken out 0.012, not bad')
    >>> judged(0.004, 0.004, 0.0, 0.01)
    ('ok', 'ESR 0.004, great')
    """
    if aligned >= POOR_ESR:
        return "fail", f"ESR {raw:.2g}, with lag and gain taken out still {aligned:.2g}: {esr_words(aligned)}"
    if raw < GOOD_ESR:
        return "ok", f"ESR {raw:.2g}, {esr_words(raw)}"
    if aligned >= GOOD_ESR and raw < POOR_ESR:
        return "warn", f"ESR {raw:.2g}, {esr_words(raw)}: train longer, or a larger network"
    parts = ["upside down"] if inverted else []
    if abs(lag_samples) >= LEAST_LAG:
        parts.append(f"{abs(lag_samples):.1f} samples {'late' if lag_samples > 0 else 'early'}")
    if abs(gain_db) >= LEAST_GAIN_DB:
        parts.append(f"{abs(gain_db):.1f} dB too {'loud' if gain_db < 0 else 'soft'}")
    off = " and ".join(parts) or "a little off in time and level"
    return "warn", f"{off}, ESR {raw:.2g}; with that taken out {aligned:.2g}, {esr_words(aligned)}"


def _metadata(before: Any, capture: Capture, finished: Finished) -> dict[str, Any]:
    """What the file said, with what the capture knows on top; what is not known stays as it was."""
    metadata = dict(before) if isinstance(before, dict) else {}
    known = {
        **capture.gear.to_json(),
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
            **({"baked": capture.content["baked"]} if "baked" in capture.content else {}),
        },
    }
    return metadata
