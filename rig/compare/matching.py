"""Two ways from the guitar to the ear, made comparable: equal in time, in polarity and in loudness.

One passage is sent both ways. What came out tells how much later the one is than the other, to a small part of a
sample, whether it is upside down, and how much louder it sounds through the same cabinet (ITU-R BS.1770). What cannot
be compared is refused here: a return that is silent, unrelated or runs on another clock would make any listening test
meaningless.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audio.align import ENOUGH, Lag, find_lag, shifted
from ..audio.loudness import integrated_lufs, loudness_difference_lu
from ..audio.measures import ac_rms_dbfs, count_full_scale
from ..backends.offline import Offline
from ..cabinet.prepared import Cabinet
from ..decibels import SILENCE_DBFS, db_from_power, gain_from_db, level_in_words
from ..dsp.fractional_delay import CENTRE, whole_and_fraction
from ..engine import Engine
from ..errors import CompareError
from ..lane import Lane
from ..sound import Sound

MAX_LAG_SAMPLES = 12_000  # a quarter of a second at 48 kHz: no interface is later
SETTLE_S = 0.5  # of silence before the first sample: the fade in of a lane
SILENT_DBFS = -80.0  # RMS of what comes back during the passage
OVER_NOISE_DB = 6.0  # so much louder than at rest a passage has to come back
DRIFT_SAMPLES = 0.5  # between the first and the last third of the passage: 2 ppm of 8 s; two clocks differ by more
UNSURE = 0.4  # a correlation below this is told
CABLE = 0.98  # a correlation above this between what went out and what came back: nothing was in between
NOISE_CUE_DB = 6.0  # a difference of noise floors that tells the sides apart
LEAST_POWER = 1e-12  # of a difference re its sides: -120 dB
INAUDIBLE_DBFS = -100.0  # noise below this tells nobody anything

Signal = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Match:
    """How side B lies to side A, and what makes them equal.

    `lag_samples`: B is so much later. `match_db`: gain for B after which both are equally loud. Loudness in LUFS
    through the cabinet, before the match; noise at rest as RMS through the cabinet, B's after the match; None: not
    measured. `round_trip_samples`: from the send to the return, None without gear. `power_b` and `overlap`: the power
    of B, in step with A and as it is, and what both have in common, re the power of A.
    """

    lag_samples: float
    polarity: int
    confidence: float
    loudness_a_lufs: float
    loudness_b_lufs: float
    match_db: float
    noise_a_dbfs: float | None = None
    noise_b_dbfs: float | None = None
    round_trip_samples: float | None = None
    warnings: tuple[str, ...] = ()
    power_b: float | None = None
    overlap: float | None = None

    def difference_db(self, gain_b_db: float) -> float | None:
        """How loud A minus B is re A, where B is amplified by so much; None: not measured."""
        if self.power_b is None or self.overlap is None:
            return None
        gain = gain_from_db(gain_b_db)
        return db_from_power(max(LEAST_POWER, 1 - 2 * gain * self.overlap + gain**2 * self.power_b))

    @property
    def delays_samples(self) -> tuple[float, float]:
        """The delays of the lanes A and B after which neither is late.

        The earlier one is delayed. A part of a sample needs a filter that is late itself; where the lag is shorter
        than that, the other side waits for it.
        """
        late = abs(self.lag_samples)
        whole, rest = whole_and_fraction(late)
        waits = max(0, CENTRE - whole) if rest else 0
        earlier, later = float(whole + rest + waits), float(waits)
        return (earlier, later) if self.lag_samples >= 0 else (later, earlier)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data; silence is null."""
        return {key: None if isinstance(v, float) and not math.isfinite(v) else v for key, v in asdict(self).items()}


def played(lane: Lane, x: Signal, sample_rate: float, cabinet: Cabinet | None = None) -> Signal:
    """What a fresh lane makes of x, shape (n,), behind a cabinet: (n, 2), by the very code that plays live."""
    engine = Engine(sample_rate, guard=False)
    backend = Offline(round(sample_rate), 256)
    backend.start(engine.block_address, engine.address)
    engine.play({0: lane}, cabinet)
    backend.process(np.zeros(round(SETTLE_S * sample_rate), np.float32))
    return backend.process(x)


def compare_sides(
    a: Signal,
    b: Signal,
    sample_rate: float,
    name_b: str,
    max_lag_samples: int = MAX_LAG_SAMPLES,
    advice: str = "check which port comes back and what hangs between",
) -> Lag:
    """The lag of b behind a, both (n,); raises CompareError if the two have nothing to do with each other."""
    lag = find_lag(a, b, max_lag_samples=max_lag_samples, sample_rate=sample_rate)
    if not lag.is_certain:
        raise CompareError(
            f"{name_b} has nothing to do with side A (correlation {lag.confidence:.2f}, at least {ENOUGH} is needed): "
            f"{advice}."
        )
    return lag


def drift_samples(sent: Signal, returned: Signal, sample_rate: float) -> float:
    """How much later the last third of a passage comes back than the first; 0 where a third holds too little to say.

    Whitened: gear delays low notes more than high ones, and a passage has both.
    """
    third, reach = len(sent) // 3, min(MAX_LAG_SAMPLES, len(sent) // 3)
    lags = [
        find_lag(
            sent[at : at + third],
            returned[at : at + third + reach],
            whiten=True,
            max_lag_samples=reach,
            sample_rate=sample_rate,
        )
        for at in (0, len(sent) - third - reach)
    ]
    return lags[1].samples - lags[0].samples if all(lag.is_certain for lag in lags) else 0.0


def match(
    a: Signal,
    b: Signal,
    heard_a: Signal,
    heard_b: Signal,
    sample_rate: float,
    name_b: str = "side B",
    advice: str = "check which port comes back and what hangs between",
) -> Match:
    """From what both sides made of one passage: (n,) in front of the cabinet, and (n, 2) as they are heard.

    `advice`: what to do where the two have nothing to do with each other.
    """
    lag = compare_sides(a, b, sample_rate, name_b, advice=advice)
    warnings = []
    if lag.confidence < UNSURE:
        warnings.append(
            f"{name_b} resembles side A only a little (correlation {lag.confidence:.2f}): the delay found may be off"
        )
    # The same notes on both sides: loudness goes by blocks of 0.4 s, and a shift would move notes between them.
    late = round(lag.samples)
    length = len(heard_a) - abs(late)
    same_a, same_b = heard_a[max(0, -late) :][:length], heard_b[max(0, late) :][:length]
    loud_a, loud_b = integrated_lufs(same_a, sample_rate), integrated_lufs(same_b, sample_rate)
    if not (math.isfinite(loud_a) and math.isfinite(loud_b)):
        raise CompareError("One of the two sides is silent in the passage; nothing can be matched. Play louder.")
    louder_db = loudness_difference_lu(same_a, same_b, sample_rate)
    power_b, overlap = _compared(heard_a, heard_b, lag)
    return Match(
        *(lag.samples, lag.polarity, lag.confidence, loud_a, loud_b, louder_db),
        warnings=tuple(warnings),
        power_b=power_b,
        overlap=overlap,
    )


def _compared(heard_a: Signal, heard_b: Signal, lag: Lag) -> tuple[float, float]:
    """The power of b in step with a and the right way up, and what both have in common, re the power of a."""
    margin = round(abs(lag.samples)) + 1  # where one of the two is not known
    a = heard_a[margin:-margin].astype(np.float64).ravel()
    b = lag.polarity * np.stack([shifted(side, -lag.samples) for side in heard_b.T], axis=1)[margin:-margin].ravel()
    power = float(a @ a) or LEAST_POWER
    return float(b @ b) / power, float(a @ b) / power


def match_sounds(a: Sound, b: Sound, passage: Signal, sample_rate: float) -> Match:
    """Two sounds that differ in their model, behind the cabinet of the first, or in nothing but their cabinet."""
    name_b = b.model.path.name if b.model is not None else "side B"
    if a.model is b.model:
        heard = [played(sound.lane(sample_rate), passage, sample_rate, sound.cabinet()) for sound in (a, b)]
        bare = [y[:, 0] for y in heard]
        name_b = b.ir.name if b.ir is not None else name_b
    else:
        cabinet = a.cabinet()
        bare = [played(sound.lane(sample_rate), passage, sample_rate)[:, 0] for sound in (a, b)]
        heard = [played(sound.lane(sample_rate), passage, sample_rate, cabinet) for sound in (a, b)]
    return match(bare[0], bare[1], heard[0], heard[1], sample_rate, name_b)


def check_return(sent: Signal, returned: Signal, rest: Signal, sample_rate: float) -> tuple[float, tuple[str, ...]]:
    """The round trip in samples of a passage sent to gear, and warnings. Raises CompareError for what is no return.

    `rest`: what comes back while nothing is sent.
    """
    level, noise = ac_rms_dbfs(returned), ac_rms_dbfs(rest)
    if level < SILENT_DBFS:
        raise CompareError(
            f"Nothing comes back ({_rms(level)}): is the return connected to the right port, the gear switched "
            "on, its volume up?"
        )
    if level < noise + OVER_NOISE_DB:
        raise CompareError(
            f"What comes back is no louder with the guitar ({_rms(level)}) than at rest ({_rms(noise)}): the "
            "send does not reach the return. Check the cables and the ports."
        )
    lag = find_lag(sent, returned, whiten=True, max_lag_samples=MAX_LAG_SAMPLES, sample_rate=sample_rate)
    if not lag.is_certain:
        raise CompareError(
            f"What comes back has nothing to do with what was sent (correlation {lag.confidence:.2f}): another port, "
            "another sound, or no cable at all."
        )
    drift = drift_samples(sent, returned, sample_rate)
    if abs(drift) > DRIFT_SAMPLES:
        raise CompareError(
            f"What comes back drifts: {drift:+z.1f} samples within the passage. Send and return need one clock, and "
            "nothing between them that changes time (a chorus, a second interface)."
        )
    plain = find_lag(sent, returned, max_lag_samples=MAX_LAG_SAMPLES, sample_rate=sample_rate)
    warnings = []
    if plain.confidence > CABLE:
        warnings.append("what comes back is what was sent: a bare cable, or the gear is bypassed")
    clipped = count_full_scale(returned)
    if clipped:
        warnings.append(f"the return clips ({clipped} samples at full scale): turn its gain down and measure again (m)")
    # Through a wire the plain correlation is exact; whatever bends or filters is found better by the whitened one.
    return (plain if plain.confidence > CABLE else lag).samples, tuple(warnings)


def noise_warning(a_dbfs: float, b_dbfs: float) -> str | None:
    """A cue by which the ear could tell the sides apart without hearing any difference in the sound."""
    a, b = max(a_dbfs, INAUDIBLE_DBFS), max(b_dbfs, INAUDIBLE_DBFS)
    if abs(a - b) <= NOISE_CUE_DB:
        return None
    louder = "A" if a > b else "B"
    return (
        f"side {louder} has {abs(a - b):.0f} dB more noise at rest "
        f"(A {level_in_words(a_dbfs)}, B {level_in_words(b_dbfs)}): a cue that gives the side away between the notes"
    )


def _rms(level_dbfs: float) -> str:
    return "silence" if level_dbfs <= SILENCE_DBFS else f"RMS {level_in_words(level_dbfs)}"
