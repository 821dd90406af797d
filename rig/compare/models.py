"""Models against the gear they were made from, one or many, ranked.

Each model is judged by itself, so many are judged side by side: by processes on this machine (`workers.py`), or by the
workers of a Dask cluster that see the same files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..audio.align import ENOUGH, RINGING, find_lag, shifted
from ..audio.loudness import lu_between, own_lufs
from ..audio.measures import best_gain, crest_db, energy, esr
from ..decibels import db_from_gain, gain_from_db
from ..dsp.network.interpreter import reset as reset_network
from ..dsp.network.interpreter import run as run_network
from ..dsp.network.quality import checked_quality
from ..dsp.network.resampled import reset_rated, run_rated
from ..errors import ArgumentError, CompareError, RigError
from ..files.folders import telling_names
from ..files.row_path import shown_path, whole_path
from ..levels import ENTERED, entered_level
from ..library import measured_aliasing
from ..library.entered_levels import input_levels
from ..nam import Model, load_model
from ..nam.batch import play_in_pieces
from ..scripting.arguments import number, path, type_name, whole_number
from ..trainer.layout import has_training_layout
from . import measures
from .cluster import on_cluster
from .figures.aliases import NO_ANSWER, OF_MODELS
from .figures.further import further
from .judgement import Rest, judgement
from .kept_level import with_kept_level
from .kept_memory import keep_memory, memory_kept
from .pair import MAX_LAG_SAMPLES, Take, TakeFiles, know, open_take
from .score import Comparison, Failure, Score
from .workers import WorkerPool

CALL = "compare_models"
Kept = Literal["kept"]
MARGIN_SAMPLES = MAX_LAG_SAMPLES + RINGING
CALIBRATION_DB = 12.0  # a model moved further than this from its capture level hears what it was never trained on


def compare_models(
    dry: str | os.PathLike[str] | TakeFiles,
    wet: str | os.PathLike[str] | None = None,
    models: Sequence[str | os.PathLike[str]] = (),
    *,
    size: float = 1.0,
    quality: int = 1,
    capture_dbu: float | Kept | None = "kept",
    second_wet: str | os.PathLike[str] | None = None,
    workers: int | None = 1,
    cluster: str | None = None,
    progress: Callable[[float], None] | None = None,
    tell: Callable[[str], None] | None = None,
    channel: int | None = None,
) -> Comparison:
    """Play `dry` through every model and compare with `wet`, what the gear made of it; best first.

    `dry` may be the folder of a capture, without `wet`. `capture_dbu`: the dBu at the gear's jack that 0 dBFS of `dry`
    was worth; "kept": what the capture states, else what `rig calibrate` keeps of the send (for a training signal) or
    of the interface; None: not known. The dry file enters each model at this level minus the model's own (what the
    player entered for it once, else what its file states), in dB, and at 0 dB where one of the two is not known.
    `quality`: 1, 2, 4 or 8 times the rate of each model at least, by filters of linear phase. `second_wet`: the gear
    once more, to tell how well it repeats itself.
    `workers`: processes (None: one per core); `cluster`: the address of a Dask scheduler instead; `tell` hears that it
    has no worker. `channel`: of files that have several, from 1. Raises RigError where the pair cannot be judged,
    ArgumentError for what is of the wrong type; a model that cannot be judged is listed under `failures`.
    """
    if isinstance(models, str | os.PathLike) or not isinstance(models, Iterable):
        raise ArgumentError(
            f"{CALL}(models=...) takes a list of paths, not {type_name(models)}; write [...] around it."
        )
    paths = [path(CALL, "models", model) for model in models]
    size = number(CALL, "size", size)
    quality = checked_quality(number(CALL, "quality", quality))
    workers = None if workers is None else whole_number(CALL, "workers", workers, 1)
    files = take_files(dry, wet, capture_dbu, second_wet, channel)
    if not paths:
        raise CompareError("There is no model to compare: name one or more .nam files.")
    scores: list[Score] = []
    failures: list[Failure] = []
    # The names of all files together are told apart here.
    called = dict(
        zip((str(whole_path(each)) for each in paths), telling_names([shown_path(each) for each in paths]), strict=True)
    )
    judging = partial(judge, size=size, quality=quality, entered_dbu=input_levels(tell=tell or _tell_nobody))
    with memory_kept(), _judged(files, paths, judging, workers, cluster, tell or _tell_nobody) as (take, results):
        for done, found in enumerate(results, 1):
            result = replace(found, file=called[found.file])
            if isinstance(result, Score):
                scores.append(result)
            else:
                failures.append(result)
            if progress is not None:
                progress(done / len(paths))
    return Comparison(
        dry=files.dry.name,
        wet=files.wet.name,
        sample_rate=take.sample_rate,
        samples=len(take.dry),
        span_s=(take.span.start / take.sample_rate, take.span.stop / take.sample_rate),
        span_basis=take.span_basis,
        repeatability_esr=take.repeatability_esr,
        repeatability_basis=take.repeatability_basis,
        warnings=take.warnings,
        faults=take.faults,
        scores=tuple(sorted(scores, key=lambda score: (score.esr_matched, score.name))),
        failures=tuple(sorted(failures, key=lambda failure: failure.file)),
    )


def prepare() -> None:
    """Compile what every model needs, or read it from the cache; the workers find there what this process compiled."""
    keep_memory()
    for needed in (run_network, reset_network, run_rated, reset_rated):
        needed.compile()


def take_files(
    dry: str | os.PathLike[str] | TakeFiles,
    wet: str | os.PathLike[str] | None,
    capture_dbu: float | Kept | None = "kept",
    second_wet: str | os.PathLike[str] | None = None,
    channel: int | None = None,
) -> TakeFiles:
    """What was named, as a pair."""
    if isinstance(dry, TakeFiles):
        return dry
    first = path(CALL, "dry", dry)
    files = TakeFiles.of_capture(first) if wet is None else TakeFiles(first, path(CALL, "wet", wet))
    if channel is not None:
        files = replace(files, channel=whole_number(CALL, "channel", channel, 1))
    if capture_dbu is None:
        files = replace(files, input_dbu=None, input_basis="")
    elif capture_dbu == "kept":
        files = with_kept_level(files)
    else:
        level = entered_level(number(CALL, "capture_dbu", capture_dbu), "capture level")
        files = replace(files, input_dbu=level.dbu, input_basis=level.basis)
    return files if second_wet is None else replace(files, second_wet=path(CALL, "second_wet", second_wet))


@contextmanager
def _judged(
    files: TakeFiles,
    paths: list[Path],
    judging: Callable[..., Score | Failure],
    workers: int | None,
    cluster: str | None,
    tell: Callable[[str], None],
) -> Iterator[tuple[Take, Iterator[Score | Failure]]]:
    """The take, and what is found about every model, in the order in which it is found."""
    if cluster is None:
        count = min(len(paths), workers if workers is not None else os.cpu_count() or 1)
        with WorkerPool(count - 1, prepare) as pool:
            take = open_take(files)  # meanwhile the others get ready
            yield take, pool.share(paths, partial(judging, files=files), know, take)
        return
    take = open_take(files)
    # By whole paths: a worker elsewhere starts from another folder.
    there = partial(judging, files=files.absolute)
    yield take, on_cluster(cluster, there, [whole_path(each) for each in paths], tell)


def _tell_nobody(sentence: str) -> None:
    """Where nobody wants to know."""


def judge(
    model: Path, files: TakeFiles, size: float = 1.0, quality: int = 1, entered_dbu: Mapping[str, float] | None = None
) -> Score | Failure:
    """One model against a take; `entered_dbu`: the input levels that the player entered, by content hash."""
    try:
        loaded = load_model(model, size)
        found = score(open_take(files), loaded, quality, (entered_dbu or {}).get(loaded.heard_hash))
        return replace(found, file=str(whole_path(model)))
    except RigError as error:
        said = str(error)
        return Failure(
            str(whole_path(model)), said if model.name in said else f"{model.name} against {files.wet.name}: {said}"
        )


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


def score(take: Take, model: Model, quality: int = 1, entered_dbu: float | None = None) -> Score:
    """All figures of one model."""
    span, rate = take.span, take.sample_rate
    gain_db, basis = input_gain(take, model, entered_dbu)
    notes = list(model.warnings)
    if abs(gain_db) > CALIBRATION_DB:
        notes.append(f"made at another level than this take ({gain_db:+z.1f} dB): it hears what it was not trained on")
    # Around the span, so that shifting brings in signal and not silence; no more than that, as memory is what limits
    # how many models can be judged side by side.
    start, stop = max(0, span.start - MARGIN_SAMPLES), min(len(take.dry), span.stop + MARGIN_SAMPLES)
    answer = played(take, model, gain_db, quality, start, stop).astype(np.float64)
    judged = slice(span.start - start, span.stop - start)
    if not np.isfinite(answer).all():
        raise CompareError(f"{model.path.name}: it answers with something that is not a number.")
    gear, wet, dry = take.gear, take.wet[span], take.dry[span]
    predicted = answer[judged]
    if energy(predicted - predicted.mean()) <= 0:
        raise CompareError(f"{model.path.name}: it is silent on this signal.")
    lag = find_lag(predicted, gear.target, max_lag_samples=min(MAX_LAG_SAMPLES, len(wet) // 2), sample_rate=rate)
    if not lag.is_certain:
        raise CompareError(
            f"{model.path.name}: its sound has nothing to do with {take.files.wet.name} (correlation "
            f"{lag.confidence:.2f}, related ones have at least {ENOUGH})."
        )
    aligned = lag.polarity * shifted(answer, lag.samples)[judged]
    gain = best_gain(aligned, wet)
    matched = gain * aligned
    as_it_is, matched_esr = esr(predicted, wet), esr(matched, wet)
    # The spectrum of what is left is the difference of two that are needed anyway.
    sounds = measures.spectrum(aligned, rate)
    left = sounds._replace(values=gear.spectrum.values - gain * sounds.values).power
    null_db, octaves = measures.null_db(matched_esr), measures.null_by_octave_db(left, gear.power, rate)
    folded_db = measured_aliasing.measure(model, (quality,))[quality]
    more = further(gear, aligned, gain, matched, sounds, left, matched_esr)
    louder_lu = lu_between(own_lufs(aligned, rate), gear.loudness_lufs)
    found = judgement(
        esr=as_it_is,
        esr_matched=matched_esr,
        null_db=null_db,
        null_by_octave_db=octaves,
        louder_lu=louder_lu,
        late_samples=-lag.samples,
        polarity=lag.polarity,
        confidence=lag.confidence,
        faults=take.faults,
        rest=Rest(more.esr_equalised, more.eq_curve_db, more.eq_worst_hz, more.error_shares),
    )
    if take.repeatability_esr is not None and matched_esr < take.repeatability_esr and not take.faults:
        notes.append("as close as the gear is to itself")
    return Score(
        name=model.name,
        file=str(model.path.absolute()),
        size=model.size,
        quality=quality,
        input_gain_db=gain_db,
        input_gain_basis=basis,
        esr=as_it_is,
        esr_trainer=_esr_trainer(take, model, predicted) if quality == 1 else None,
        esr_aligned=esr(aligned, wet),
        esr_matched=matched_esr,
        esr_pre_emphasised=esr(measures.pre_emphasised(matched), gear.pre_emphasised),
        esr_a_weighted=more.esr_a_weighted,
        esr_equalised=more.esr_equalised,
        null_db=null_db,
        null_equalised_db=measures.null_db(more.esr_equalised),
        null_by_octave_db=octaves,
        esr_by_input_level=measures.esr_by_input_level(dry, wet - matched, wet, rate),
        lag_samples=lag.samples,
        polarity=lag.polarity,
        confidence=lag.confidence,
        gain_db=db_from_gain(gain),
        loudness_difference_lu=louder_lu,
        spectral_difference_db=measures.spectral_difference_db(sounds.power, gear.power, rate),
        log_spectrum_db=more.log_spectrum_db,
        eq_curve_db=more.eq_curve_db,
        error_shares=more.error_shares,
        crest_db=crest_db(aligned),
        wet_crest_db=crest_db(wet),
        aliasing_db=folded_db,
        aliasing_basis=NO_ANSWER if folded_db is None else OF_MODELS,
        state=found.state,
        verdict=found.words,
        reason=found.reason,
        notes=tuple(notes),
    )


def _esr_trainer(take: Take, model: Model, predicted: NDArray[np.float64]) -> float | None:
    """The ESR as it is, as the trainer counts it; None for a take that has not its layout, or another rate.

    A network that looks back gives it one sample for each whole receptive field: of the 9 s that length, less one
    sample, is left out at the start (neural-amp-modeler 0.13.0). A recurrent network is judged over all of them; there
    it begins afresh, while here it has heard what comes before.
    """
    if not has_training_layout(take.dry, take.sample_rate) or round(model.rate) != take.sample_rate:
        return None
    left_out = 0 if model.is_recurrent else model.receptive_field_samples - 1
    wet = take.wet[take.span]
    return esr(predicted[left_out:], wet[left_out:]) if left_out < len(wet) else None
