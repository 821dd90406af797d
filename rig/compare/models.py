"""Models and recordings against the gear they stand for, one or many, ranked.

Each candidate is judged by itself, so many are judged side by side: by processes on this machine (`workers.py`), or by
the workers of a Dask cluster that see the same files. What kinds there are stands in `candidates`.
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

from ..audio.align import ENOUGH, RINGING, find_lag, shifted
from ..audio.loudness import lu_between, own_lufs
from ..audio.measures import best_gain, crest_db, energy, esr
from ..decibels import db_from_gain
from ..dsp.network.interpreter import reset as reset_network
from ..dsp.network.interpreter import run as run_network
from ..dsp.network.quality import checked_quality
from ..dsp.network.resampled import reset_rated, run_rated
from ..errors import ArgumentError, CompareError, RigError
from ..files.folders import telling_names
from ..files.row_path import shown_path, whole_path
from ..levels import entered_level
from ..library.entered_levels import input_levels
from ..nam.format.number_list import read_numbers
from ..scripting.arguments import number, path, type_name, whole_number
from . import measures
from .candidates.candidate import Candidate
from .candidates.played_model import input_gain as input_gain
from .candidates.played_model import played as played
from .candidates.which_kind import candidate_of, kind_of_candidate
from .cluster import on_cluster
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

    `models` may hold recordings, too: audio files of what another box or plug-in made of `dry`. They are laid beside
    it, and judged like models; `Score.kind` tells them apart, `Score.recording` says what was found and taken out.

    `dry` may be the folder of a capture, without `wet`. `capture_dbu`: the dBu at the gear's jack that 0 dBFS of `dry`
    was worth; "kept": what the capture states, else what `rig calibrate` keeps of the send (for a training signal) or
    of the interface; None: not known. The dry file enters each model at this level minus the model's own (what the
    player entered for it once, else what its file states), in dB, and at 0 dB where one of the two is not known.
    `quality`: 1, 2, 4 or 8 times the rate of each model at least, by filters of linear phase; neither it nor `size` nor
    a level means anything to a recording. `second_wet`: the gear
    once more, to tell how well it repeats itself.
    `workers`: processes (None: one per core); `cluster`: the address of a Dask scheduler instead; `tell` hears that it
    has no worker. `channel`: of files that have several, from 1. Raises RigError where the pair cannot be judged,
    ArgumentError for what is of the wrong type; what cannot be judged is listed under `failures`.
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
        raise CompareError("There is no model to compare: name one or more .nam files, or recordings.")
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
    """Compile what every model needs, or read it from the cache; the workers find there what this process compiled.

    For recordings alone `keep_memory` is enough.
    """
    keep_memory()
    for needed in (read_numbers, run_network, reset_network, run_rated, reset_rated):
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
        are_recordings = all(kind_of_candidate(each) == "recording" for each in paths)
        with WorkerPool(count - 1, keep_memory if are_recordings else prepare) as pool:
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
    path: Path, files: TakeFiles, size: float = 1.0, quality: int = 1, entered_dbu: Mapping[str, float] | None = None
) -> Score | Failure:
    """One candidate against a take; `entered_dbu`: the input levels that the player entered, by content hash."""
    try:
        found = score(candidate_of(open_take(files), path, size, quality, entered_dbu))
        return replace(found, file=str(whole_path(path)))
    except RigError as error:
        said = str(error)
        return Failure(
            str(whole_path(path)), said if path.name in said else f"{path.name} against {files.wet.name}: {said}"
        )


def score(candidate: Candidate) -> Score:
    """All figures of one candidate."""
    take, name = candidate.take, candidate.path.name
    span, rate = take.span, take.sample_rate
    notes = list(candidate.notes)
    # Around the span, so that shifting brings in signal and not silence; no more than that, as memory is what limits
    # how many models can be judged side by side.
    start, stop = max(0, span.start - MARGIN_SAMPLES), min(len(take.dry), span.stop + MARGIN_SAMPLES)
    answer = candidate.answer(start, stop)
    judged = slice(span.start - start, span.stop - start)
    if not np.isfinite(answer).all():
        raise CompareError(f"{name}: it answers with something that is not a number.")
    gear, wet, dry = take.gear, take.wet[span], take.dry[span]
    predicted = answer[judged]
    if energy(predicted - predicted.mean()) <= 0:
        raise CompareError(f"{name}: it is silent on this signal.")
    lag = find_lag(predicted, gear.target, max_lag_samples=min(MAX_LAG_SAMPLES, len(wet) // 2), sample_rate=rate)
    if not lag.is_certain:
        raise CompareError(
            f"{name}: its sound has nothing to do with {take.files.wet.name} (correlation "
            f"{lag.confidence:.2f}, related ones have at least {ENOUGH})."
        )
    aligned = lag.polarity * shifted(answer, lag.samples)[judged]
    gain = best_gain(aligned, wet)
    matched = gain * aligned
    untouched = candidate.as_it_is(span.start, span.stop)
    as_it_is, matched_esr = esr(predicted if untouched is None else untouched, wet), esr(matched, wet)
    lag_samples = lag.samples - candidate.later_samples
    # The spectrum of what is left is the difference of two that are needed anyway.
    sounds = measures.spectrum(aligned, rate)
    left = sounds._replace(values=gear.spectrum.values - gain * sounds.values).power
    null_db, octaves = measures.null_db(matched_esr), measures.null_by_octave_db(left, gear.power, rate)
    folded_db, folded_basis = candidate.aliasing(aligned)
    more = further(gear, aligned, gain, matched, sounds, left, matched_esr)
    louder_lu = lu_between(own_lufs(aligned, rate), gear.loudness_lufs)
    faults = (*take.faults, *candidate.faults)
    found = judgement(
        esr=as_it_is,
        esr_matched=matched_esr,
        null_db=null_db,
        null_by_octave_db=octaves,
        louder_lu=louder_lu,
        late_samples=-lag_samples,
        polarity=lag.polarity,
        confidence=lag.confidence,
        faults=faults,
        rest=Rest(more.esr_equalised, more.eq_curve_db, more.eq_worst_hz, more.error_shares),
        kind=candidate.kind,
        sample_rate=rate,
    )
    if take.repeatability_esr is not None and matched_esr < take.repeatability_esr and not faults:
        notes.append("as close as the gear is to itself")
    return Score(
        name=candidate.name,
        file=str(candidate.path.absolute()),
        kind=candidate.kind,
        size=candidate.size,
        quality=candidate.quality,
        input_gain_db=candidate.input_gain_db,
        input_gain_basis=candidate.input_gain_basis,
        esr=as_it_is,
        esr_trainer=candidate.esr_trainer(predicted),
        esr_aligned=esr(aligned, wet),
        esr_matched=matched_esr,
        esr_pre_emphasised=esr(measures.pre_emphasised(matched), gear.pre_emphasised),
        esr_a_weighted=more.esr_a_weighted,
        esr_equalised=more.esr_equalised,
        null_db=null_db,
        null_equalised_db=measures.null_db(more.esr_equalised),
        null_by_octave_db=octaves,
        esr_by_input_level=measures.esr_by_input_level(dry, wet - matched, wet, rate),
        lag_samples=lag_samples,
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
        aliasing_basis=folded_basis,
        state=found.state,
        verdict=found.words,
        reason=found.reason,
        notes=tuple(notes),
        recording=candidate.facts,
    )
