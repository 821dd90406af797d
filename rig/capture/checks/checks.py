"""Every check of a take, so that a pair which passes cannot be wrong.

A take is judged from the dry signal, the wet one cut to it, what was recorded before it (silence: the pre-roll), and
what the audio server reported. Dry and wet begin together; 48 kHz. The limits stand in `limits.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio.align import Lag, find_lag
from ...audio.measures import FLOOR_DBFS, ac_rms_dbfs, count_full_scale, peak_dbfs, rms_dbfs
from ...trainer.layout import END_SILENCE, NOISE, PROGRAMME, RATE, SILENCE_END, VALIDATION
from .cable import Cable, Loop, cable_checks
from .digital_copy import is_a_copy
from .latency import Latency
from .latency_check import latency_check
from .limits import FLAT_TOPS, LIMITS, NOISE_CHANGE_DB
from .measures import NO_TRACK, GateFigures, LagTrack, flat_tops, gaps, gate_figures, hum_dbfs, lag_track
from .trainer_checks import replicate_esr
from .verdict import Check, Verdict, worst

SETTLED = round(9.3 * RATE)  # from here to SILENCE_END the validation has died away
JUST_AFTER = slice(round(9.15 * RATE), round(9.35 * RATE))  # sound has ended, a gate would still be open
QUIET_QUARTER = slice(VALIDATION * 3 // 4, VALIDATION)  # of our own validation: -24 dBFS, where gear distorts least
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
    track = lag_track(take.dry, take.wet, expected)
    snr_db, noise = _noise(take)
    hums = {mains: _hum_dbfs(take, mains) for mains in (50.0, 60.0)}
    drift = find_lag(take.wet[:VALIDATION], take.wet[-VALIDATION:], max_lag_samples=4000)
    polarity = find_lag(take.dry[QUIET_QUARTER], take.wet[QUIET_QUARTER], whiten=True, max_lag_samples=400)
    sign = polarity.polarity if polarity.is_certain else take.latency.correlation.polarity
    checks = (
        silence,
        _clipping(take.wet),
        _level(take.wet),
        noise,
        _hum(hums),
        _dc(take),
        _continuity(take, track),
        _replicate(take),
        _drift(drift, len(take.wet) - VALIDATION),
        latency_check(take.latency, take.applied),
        _gate(gate_figures(take.dry, take.wet, take.pre_roll, JUST_AFTER)),
        _polarity(sign),
        *(cable_checks(_cable(take)) if take.self_test else (_path(take),)),
    )
    quality = {
        "peak_dbfs": round(peak_dbfs(take.wet, FLOOR_DBFS), 2),
        "rms_dbfs": round(rms_dbfs(take.wet, FLOOR_DBFS), 2),
        "snr_db": round(snr_db, 1),
        "hum_50_dbfs": round(hums[50.0], 1),
        "hum_60_dbfs": round(hums[60.0], 1),
        "dc": round(float(np.mean(take.wet)), 7),
        "replicate_esr": replicate_esr(take.wet, len(take.wet)),
        "drift_ppm": round(drift.samples / (len(take.wet) - VALIDATION) * 1e6, 5),
        "verdict": worst(check.verdict for check in checks),
    }
    return Judged(checks, sign, track, quality)


def _silence(take: Evidence) -> Check:
    level = rms_dbfs(take.wet[PROGRAMME : -VALIDATION - END_SILENCE], FLOOR_DBFS)
    advice = "Nothing came back: is the gear on, not muted, and the right input chosen?"
    return LIMITS["silence"].check("silence", level, f"the programme comes back at {level:.1f} dBFS RMS", advice)


def _clipping(y: NDArray[np.float64]) -> Check:
    peak, full, flat = peak_dbfs(y, FLOOR_DBFS), count_full_scale(y), flat_tops(y)
    verdict = worst((LIMITS["clipping"].verdict(peak), FLAT_TOPS.verdict(flat)))
    text = f"peak {peak:.1f} dBFS"
    if full:
        verdict, text = "fail", f"{text}, {full} samples at full scale"
    if FLAT_TOPS.verdict(flat) != "ok":
        text += f", {flat} flat tops"
    advice = "Turn the return's gain down to a peak of -6 to -3 dBFS."
    return LIMITS["clipping"].check("clipping", peak, text, advice, verdict)


def _level(y: NDArray[np.float64]) -> Check:
    peak = peak_dbfs(y, FLOOR_DBFS)
    advice = "Turn the return's gain up to a peak of -6 to -3 dBFS."
    return LIMITS["level"].check("level", peak, f"peak {peak:.1f} dBFS", advice)


def _silences(take: Evidence) -> list[NDArray[np.float64]]:
    """The pre-roll, if it is long enough to say anything, and the silence behind the first validation."""
    parts = [take.pre_roll, take.wet[SETTLED:SILENCE_END]]
    return [part for part in parts if len(part) >= SILENCE_END - SETTLED]


def _noise(take: Evidence) -> tuple[float, Check]:
    noise = max(ac_rms_dbfs(part, FLOOR_DBFS) for part in _silences(take))
    snr_db = rms_dbfs(take.wet[:VALIDATION], FLOOR_DBFS) - noise
    text = f"noise {noise:.1f} dBFS RMS, {snr_db:.1f} dB below the playing"
    advice = "Send hotter, lower the gear's own noise, check cables and power supplies."
    return snr_db, LIMITS["noise"].check("noise", snr_db, text, advice)


def _hum_dbfs(take: Evidence, mains_hz: float) -> float:
    return max(hum_dbfs(part, mains_hz) for part in _silences(take))


def _hum(hums: dict[float, float]) -> Check:
    mains = max(hums, key=lambda hz: hums[hz])
    level = hums[mains]
    text = f"{mains:g} Hz and its harmonics at {level:.1f} dBFS RMS"
    advice = "Look for a ground loop: one outlet for everything, a re-amp box with its ground lifted, cables apart."
    return LIMITS["hum"].check("hum", level, text, advice)


def _dc(take: Evidence) -> Check:
    figure = max(abs(float(np.mean(part))) for part in (*_silences(take), take.wet))
    text = f"an offset of {figure:.5f} of full scale"
    advice = "The input or the gear has an offset: use a coupled line input, or have it looked at."
    return LIMITS["dc"].check("dc", figure, text, advice)


def _continuity(take: Evidence, track: LagTrack) -> Check:
    step, at = track.largest_step()
    first, last = take.padded[0], len(take.wet) - take.padded[1]
    missing = [at for at in gaps(take.dry, take.wet) if first <= at < last]
    verdict, text = LIMITS["continuity"].verdict(step), f"steps of up to {step:.2f} samples"
    if verdict != "ok":
        text = f"the take jumps by {step:.1f} samples near {at / RATE:.1f} s"
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
    text = f"{lag.samples:+.3f} samples over {distance / RATE:.0f} s ({lag.samples / distance * 1e6:+.3f} ppm)"
    advice = "Output and input run on two clocks: use one interface for both."
    return LIMITS["drift"].check("drift", figure, text, advice)


def _gate(figures: GateFigures) -> Check:
    falls = LIMITS["gate"].verdict(figures.fall_db) != "ok"
    changes = figures.noise_change_db is not None and figures.noise_change_db > NOISE_CHANGE_DB
    verdict: Verdict = "fail" if falls and changes else "warn" if falls or changes else "ok"
    change = "" if figures.noise_change_db is None else f", noise changes by {figures.noise_change_db:.1f} dB after it"
    text = f"silence falls by at most {figures.fall_db:.1f} dB in 5 ms{change}"
    advice = "Something opens and closes: switch off the noise gate; or a reverb or delay rings on."
    return LIMITS["gate"].check("gate", figures.fall_db, text, advice, verdict)


def _polarity(sign: int) -> Check:
    text = "as played" if sign > 0 else "inverted, which is no fault; it matters when blended with another sound"
    return Check("polarity", "ok", float(sign), "", None, None, text)


def _cable(take: Evidence) -> Cable:
    return Cable(take.dry, take.wet, take.latency, np.concatenate(_silences(take)), take.loop)


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
