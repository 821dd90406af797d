"""Every check of a take, so that a pair which passes cannot be wrong.

A take is judged from the dry signal, the wet one cut to it, what was recorded before it (silence: the pre-roll), and
what the audio server reported. Dry and wet begin together; 48 kHz. The limits stand in `limits.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio.align import Lag, find_lag, shifted
from ...audio.measures import FLOOR_DBFS, count_full_scale, peak_dbfs, rms_dbfs
from ...trainer.layout import NOISE, RATE, VALIDATION
from .cable import Cable, Loop, cable_checks
from .closing import Closing, find_closing, knows_a_level
from .digital_copy import is_a_copy
from .latency import Latency
from .latency_check import latency_check
from .limits import FLAT_TOPS, LIMITS, NOISE_CHANGE_DB
from .measures import NO_TRACK, GateFigures, LagTrack, gate_figures, lag_track
from .programme import NO_PROGRAMME, ProgrammeTrack, programme_check
from .quantisation import flat_tops, missing_pieces, normalised_to_dbfs, repeats, step_of
from .silences import MAINS_HZ, Silence, dc_check, hum_check, hum_levels, noise_check, quiet_passages
from .tail import tail_check
from .trainer_checks import replicate_esr
from .verdict import Check, Verdict, worst

JUST_AFTER = slice(round(9.15 * RATE), round(9.35 * RATE))  # sound has ended, a gate would still be open
QUIET_QUARTER = slice(VALIDATION * 3 // 4, VALIDATION)  # of our own validation: -24 dBFS, where gear distorts least
SEEN = 4  # windows of the lag track: from fewer nothing follows
BLOCK, OFTEN_PERCENT = RATE // 10, 95  # samples; where a twentieth of such blocks is loud, something came back
COMPARED = slice(NOISE, NOISE + 8 * RATE)  # noise and programme: as loud and as soft as it gets


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Everything a take is judged by."""

    dry: NDArray[np.float64]  # (n,)
    wet: NDArray[np.float64]  # (n,), cut
    pre_roll: NDArray[np.float64]  # what was recorded before the signal began; may be empty
    latency: Latency
    applied: int | None = None  # latency that was cut off, as given by hand; None: the tightest
    xruns: int = 0
    broken: str | None = None  # what the server did to the take, in a sentence; None: nothing
    self_test: bool = False  # a cable instead of gear: dry and wet are the same, or something is wrong
    padded: tuple[int, int] = (0, 0)  # samples of silence at both ends that were put where nothing was recorded
    loop: Loop = field(default_factory=Loop)  # of a self-test: what is known of the cable beforehand


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """All checks of a take, with what is drawn in the report."""

    checks: tuple[Check, ...]
    polarity: int
    track: LagTrack
    quality: dict[str, Any] = field(default_factory=dict)
    programme: ProgrammeTrack = NO_PROGRAMME

    @property
    def verdict(self) -> Verdict:
        """The worst of them."""
        return worst(check.verdict for check in self.checks)

    def of(self, verdict: Verdict) -> tuple[Check, ...]:
        """The checks with this verdict."""
        return tuple(check for check in self.checks if check.verdict == verdict)

    def __getitem__(self, name: str) -> Check:
        return next(check for check in self.checks if check.name == name)


def judge(take: Evidence) -> Judged:
    """Run every check. A silent take is not measured further: its other figures would mean nothing."""
    silence = _silence(take)
    if silence.verdict == "fail":
        sign = take.latency.correlation.polarity
        return Judged((silence,), sign, NO_TRACK, {"rms_dbfs": rms_dbfs(take.wet, FLOOR_DBFS), "verdict": "fail"})
    applied = take.applied if take.applied is not None else take.latency.tightest
    expected = take.latency.correlation.samples - applied
    late = round(expected)
    step = step_of(take.wet)
    polarity = _at_rest(take.dry, take.wet)
    folded = _at_rest(np.abs(take.dry), take.wet) if not polarity.is_certain else polarity
    folds = folded.confidence > polarity.confidence  # as an octaver does: wet answers to dry without its sign
    track = lag_track(np.abs(take.dry) if folds else take.dry, take.wet, expected)
    silences = quiet_passages(take.dry, take.wet, take.pre_roll, late)
    hums = hum_levels(silences)
    floor_dbfs = min((silence.level_dbfs for silence in silences), default=FLOOR_DBFS)
    snr_db, noise = noise_check(silences, hums, take.wet)
    aligned = shifted(take.wet, -late)
    first, last = take.padded[0], len(take.wet) - take.padded[1]
    pieces = [piece for piece in missing_pieces(take.dry, aligned, step, floor_dbfs) if first <= piece[0] < last]
    gated = [start for start, _ in pieces] if knows_a_level(aligned, pieces) else []
    missing = [] if gated else [start for start, _ in pieces]
    programme, alike = programme_check(take.dry, aligned, missing)
    drift = find_lag(take.wet[:VALIDATION], take.wet[-VALIDATION:], max_lag_samples=4000)
    sign = polarity.polarity if polarity.is_certain else take.latency.correlation.polarity
    checks = (
        silence,
        _clipping(take.wet, step),
        _level(take.wet),
        noise,
        hum_check(silences, hums),
        dc_check(silences, take.wet),
        _continuity(take, track, missing, repeats(take.wet, step, take.dry)),
        programme,
        _replicate(take),
        _drift(drift, len(take.wet) - VALIDATION),
        latency_check(take.latency, take.applied),
        _gate(
            gate_figures(take.dry, take.wet, take.pre_roll, JUST_AFTER),
            find_closing(take.dry, take.wet, floor_dbfs, late),
            gated,
        ),
        tail_check(take.dry, take.wet, late),
        _polarity(sign),
        *(cable_checks(_cable(take, silences)) if take.self_test else (_path(take),)),
    )
    quality = {
        "peak_dbfs": round(peak_dbfs(take.wet, FLOOR_DBFS), 2),
        "rms_dbfs": round(rms_dbfs(take.wet, FLOOR_DBFS), 2),
        "snr_db": None if snr_db is None else round(snr_db, 1),
        **{f"hum_{mains:g}_dbfs": round(hums[mains], 1) if hums else None for mains in MAINS_HZ},
        "dc": round(float(np.mean(take.wet)), 7),
        "replicate_esr": replicate_esr(take.wet, len(take.wet)),
        "drift_ppm": round(drift.samples / (len(take.wet) - VALIDATION) * 1e6, 5),
        "verdict": worst(check.verdict for check in checks),
    }
    return Judged(checks, sign, track, quality, alike)


def _at_rest(dry: NDArray[np.float64], wet: NDArray[np.float64]) -> Lag:
    return find_lag(dry[QUIET_QUARTER], wet[QUIET_QUARTER], whiten=True, max_lag_samples=400)


def _silence(take: Evidence) -> Check:
    """By the loudest twentieth: gear that lives by its attacks is soft on the whole, and a click is nothing."""
    blocks = take.wet[: max(len(take.wet) // BLOCK, 1) * BLOCK].reshape(-1, min(BLOCK, len(take.wet)))
    level = float(np.percentile([rms_dbfs(block, FLOOR_DBFS) for block in blocks], OFTEN_PERCENT))
    advice = "Nothing came back: is the gear on, not muted, and the right input chosen?"
    return LIMITS["silence"].check(
        "silence", level, f"the loudest twentieth of the take has {level:.1f} dBFS RMS", advice
    )


def _clipping(y: NDArray[np.float64], step: float) -> Check:
    peak, full, flat = peak_dbfs(y, FLOOR_DBFS), count_full_scale(y), flat_tops(y, step)
    normalised = normalised_to_dbfs(y, step)
    verdict = worst((LIMITS["clipping"].verdict(peak), FLAT_TOPS.verdict(flat)))
    text = f"peak {peak:.1f} dBFS"
    advice = "Turn the return's gain down to a peak of -6 to -3 dBFS."
    if flat == 0 and normalised is not None and full <= 1:
        verdict, text = "warn", f"the peak stands at {abs(normalised):.1f} dB below full scale: the file was normalised"
        advice = (
            "Its level says nothing about the gear any more: export it again with normalising off, or lower it by the "
            "gain that normalising put in."
        )
    elif full:
        verdict, text = "fail", f"{text}, {full} samples at full scale"
    if FLAT_TOPS.verdict(flat) != "ok":
        text += f", {flat} flat tops"
    return LIMITS["clipping"].check("clipping", peak, text, advice, verdict)


def _level(y: NDArray[np.float64]) -> Check:
    peak = peak_dbfs(y, FLOOR_DBFS)
    advice = "Turn the return's gain up to a peak of -6 to -3 dBFS."
    return LIMITS["level"].check("level", peak, f"peak {peak:.1f} dBFS", advice)


def _continuity(take: Evidence, track: LagTrack, missing: list[int], repeated: list[int]) -> Check:
    step, at = track.largest_step()
    verdict, text = LIMITS["continuity"].verdict(step), f"steps of up to {step:.2f} samples in {track.looked_at}"
    if len(track.lag) < SEEN:
        verdict, text = "unknown", f"how late wet is could be told in {track.looked_at} only"
    if verdict not in ("ok", "unknown"):
        text = f"the take jumps by {step:.1f} samples near {at / RATE:.1f} s"
    if repeated:
        verdict, text = "fail", f"a piece is missing at {repeated[0] / RATE:.2f} s: the one before it comes again"
    if missing:
        verdict, text = "fail", f"a piece is missing at {missing[0] / RATE:.2f} s ({len(missing)} in all)"
    if take.xruns:
        verdict, text = "fail", f"{take.xruns} xruns while recording"
    if take.broken:
        verdict, text = "fail", take.broken.rstrip(".")
    advice = "Take it again with a longer period, nothing else running, one device for output and input."
    return LIMITS["continuity"].check("continuity", step, text, advice, verdict)


def _replicate(take: Evidence) -> Check:
    figure = replicate_esr(take.wet, len(take.wet))
    text = f"the same playing at both ends of the take differs by an ESR of {figure:.2g}"
    advice = "The gear changed: let it warm up, leave every knob alone, switch off reverb, delay, chorus and gates."
    return LIMITS["replicate"].check("replicate", figure, text, advice)


def _drift(lag: Lag, distance: int) -> Check:
    figure = abs(lag.samples)
    text = f"{lag.samples:+z.3f} samples over {distance / RATE:.0f} s ({lag.samples / distance * 1e6:+z.3f} ppm)"
    advice = "Output and input run on two clocks: use one interface for both."
    return LIMITS["drift"].check("drift", figure, text, advice)


def _gate(figures: GateFigures, closing: Closing | None, gated: list[int]) -> Check:
    falls = LIMITS["gate"].verdict(figures.fall_db) != "ok"
    changes = figures.noise_change_db is not None and figures.noise_change_db > NOISE_CHANGE_DB
    verdict: Verdict = "fail" if gated or (falls and changes) else "warn" if falls or changes or closing else "ok"
    change = "" if figures.noise_change_db is None else f", noise changes by {figures.noise_change_db:.1f} dB after it"
    text = f"silence falls by at most {figures.fall_db:.1f} dB in 5 ms{change}"
    if closing is not None:
        text += (
            f"; a gate closes {closing.times} times while the playing still decays, at {closing.dry_dbfs:.0f} dBFS RMS "
            f"of dry, first at {closing.at / RATE:.1f} s"
        )
    if gated:
        text += f"; a gate opens and closes {len(gated)} times within what plays, first at {gated[0] / RATE:.1f} s"
    advice = "Something opens and closes: switch off the noise gate; or a reverb or delay rings on."
    return LIMITS["gate"].check("gate", figures.fall_db, text, advice, verdict)


def _polarity(sign: int) -> Check:
    text = "as played" if sign > 0 else "inverted, which is no fault; it matters when blended with another sound"
    return Check("polarity", "ok", float(sign), "", None, None, text)


def _cable(take: Evidence, silences: tuple[Silence, ...]) -> Cable:
    parts = [silence.samples - np.mean(silence.samples) for silence in silences]
    return Cable(take.dry, take.wet, take.latency, np.concatenate([np.zeros(0), *parts]), take.loop)


def _path(take: Evidence) -> Check:
    limit = LIMITS["path"]
    dry, wet = take.dry[COMPARED], take.wet[COMPARED]
    lag = find_lag(dry, wet, max_lag_samples=400)
    text = f"wet and dry correlate by {lag.confidence:.3f}"
    if is_a_copy(dry, wet, round(lag.samples)):
        advice = "The computer recorded its own send: choose the input that the gear is plugged into."
        return limit.check("path", lag.confidence, "wet is an exact copy of dry", advice, "fail")
    advice = "This is hardly changed: is the gear bypassed, or the loop plugged back without it?"
    return limit.check("path", lag.confidence, text, advice)
