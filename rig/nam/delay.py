"""When a model answers, and which way up: by its answer to a soft burst of noise."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from ..decibels import gain_from_db
from .model import Model

PROBE_DBFS = -80.0  # so soft that a driven amp is nearly linear, and still far above what float32 rounds
PROBE_SAMPLES = 8192  # of noise, and as many of silence: the longest delay that is found
CLEAR = 0.5  # with less confidence the delay is a matter of taste: highs and lows come at different times


def measure_delay(model: Model) -> tuple[float | None, Literal[1, -1] | None, float | None]:
    """Delay in samples at the model's own rate, polarity, and confidence from 0 to 1, by a soft burst of noise.

    The noise is white, so its correlation with the answer is the model's answer to a click, within the band of
    `rig.audio.align`. All None where the model answers with silence or with what is not a number.
    """
    from ..audio.align import find_lag  # needs scipy, which no start of rig should wait for

    probe = np.zeros(2 * PROBE_SAMPLES, np.float32)
    signs = np.random.default_rng(0).choice((-1.0, 1.0), PROBE_SAMPLES)
    probe[:PROBE_SAMPLES] = signs * gain_from_db(PROBE_DBFS)
    network = model.network()
    at_rest = float(network.process(np.zeros(1, np.float32))[0])
    network.reset()
    answer = network.process(probe).astype(np.float64)
    if not (math.isfinite(at_rest) and np.isfinite(answer).all() and np.any(answer != at_rest)):
        return None, None, None
    lag = find_lag(probe, answer - at_rest, max_lag_samples=PROBE_SAMPLES, sample_rate=model.rate)
    return lag.samples, 1 if lag.polarity > 0 else -1, lag.confidence
