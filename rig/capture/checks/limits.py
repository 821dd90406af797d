"""What each check of a take allows, in one table. The limit of `replicate` is the official trainer's own.

A replicate ESR of 0.01 is 23 dB of signal over noise, or 0.3 samples of drift (measured with a simulated preamp), which
is why noise and drift have limits of their own, far below.
"""

from __future__ import annotations

from .trainer_checks import REPLICATE_ESR
from .verdict import Limit

LIMITS: dict[str, Limit] = {
    "clipping": Limit("above", -1.0, -0.1, "dBFS"),  # peak
    "level": Limit("below", -18.0, -48.0, "dBFS"),  # peak; noise has a limit of its own
    "noise": Limit("below", 60.0, 24.0, "dB"),  # signal over noise; a compressor on 16 bit at -40 dBFS has 26
    "hum": Limit("above", -70.0, -50.0, "dBFS RMS"),
    "dc": Limit("above", 0.001, 0.01, "of full scale"),
    "continuity": Limit("above", 1.0, 3.0, "samples"),  # of a step in the lag
    "replicate": Limit("above", 1e-3, REPLICATE_ESR, "ESR"),
    "drift": Limit("above", 0.05, 0.25, "samples"),
    "latency": Limit("above", 40.0, 900.0, "samples"),  # by which the trainer's figure lies before the correlation
    "gate": Limit("above", 30.0, None, "dB"),  # fall within 5 ms
    "path": Limit("above", 0.98, None, ""),  # correlation of wet and dry
    "tail": Limit("above", -35.0, -15.0, "dB"),  # where it begins, re the playing
    "silence": Limit("below", None, -72.0, "dBFS RMS"),
}
FLAT_TOPS = Limit("above", 2, 29, "flat tops")  # part of `clipping`
NOISE_CHANGE_DB = 6.0  # after sound, part of `gate`
