"""How late the guitar may be heard, and what makes it earlier."""

from __future__ import annotations

from .finding import State

GOOD_MS, MOST_MS = 10.0, 20.0  # sound takes 10 ms from an amp three metres away; from 20 ms on playing gets hard
SHORT_PERIOD_MS, LONG_PERIOD_MS = 3.0, 10.0  # several of them, and the converters, add up
LATENCY_LIMIT = f"ok up to {GOOD_MS:g} ms, a problem above {MOST_MS:g} ms"
PERIOD_LIMIT = f"ok up to {SHORT_PERIOD_MS:g} ms, a problem above {LONG_PERIOD_MS:g} ms"


def judged(ms: float, good_ms: float = GOOD_MS, most_ms: float = MOST_MS) -> State:
    """A verdict on a time that the guitar is late by.

    >>> judged(5.3), judged(12.0), judged(32.0)
    ('ok', 'warn', 'problem')
    """
    return "ok" if ms <= good_ms else "warn" if ms <= most_ms else "problem"


def remark(ms: float, frames: int, sample_rate: float, on_jack: bool) -> str | None:
    """What to say where the guitar is heard so much later than it should be; None: nothing."""
    if judged(ms) == "ok":
        return None
    advice = way_out(frames, sample_rate) if on_jack else f"Try --period {fitting_frames(sample_rate)}."
    return f"you hear the guitar {ms:.0f} ms late ({LATENCY_LIMIT}). {advice}"


def fitting_frames(sample_rate: float) -> int:
    """The largest usual period that is short enough.

    >>> fitting_frames(48000), fitting_frames(96000)
    (128, 256)
    """
    return max(n for n in (32, 64, 128, 256) if n == 32 or 1000 * n / sample_rate <= SHORT_PERIOD_MS)


def way_out(frames: int, sample_rate: float) -> str:
    """What to do about periods of so many frames on a JACK server."""
    fitting = fitting_frames(sample_rate)
    if frames <= fitting:
        return "The server adds more than its periods: take fewer of them (jackd -n 2), and no other programs between."
    return f"Try {fitting} frames: jackd -p {fitting}, or pw-metadata -n settings 0 clock.force-quantum {fitting}."
