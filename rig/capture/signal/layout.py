"""Where everything lies in a training signal, as neural-amp-modeler 0.13.0 expects it of its version 3 signal.

    0 - 9 s               validation, first time
    9 - 10 s              silence
    10.5 s, 11.5 s        single samples ("blips") from which the latency is found
    12 - 15 s             sweep
    15 - 17 s             noise
    17 s - 9.5 s to end   programme
    0.5 s                 silence
    last 9 s              validation again, the same samples

All places count from the start or from the end, so a signal may have any length from SHORTEST_S on.
"""

from __future__ import annotations

RATE = 48000  # Hz; the only rate there is
VALIDATION = 9 * RATE  # samples, at both ends
SILENCE_END = 10 * RATE
BACKGROUND = (492_000, 498_000)  # silence that sets the threshold of the latency search
BLIPS = (504_000, 552_000)
SWEEP = 12 * RATE
NOISE = 15 * RATE
PROGRAMME = 17 * RATE
END_SILENCE = RATE // 2  # samples before the second validation
TRAIN_START = 480_000  # the trainer learns from here up to -VALIDATION
FULL_S = 190.0  # the length of the official signal; services want no other
SHORTEST_S = 35.0
FULL_SCALE_24 = 1 << 23  # steps of a 24-bit sample to 1.0
