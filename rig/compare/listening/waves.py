"""The sounds of a screen as WAV files that nothing but their sound tells apart."""

from __future__ import annotations

import io
import secrets
import wave
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

STEPS = 1 << 23  # of 24 bits, to full scale


def wav_files(sounds: Sequence[NDArray[np.float32]], sample_rate: int) -> tuple[bytes, ...]:
    """Each sound, (samples,), as a mono WAV of 24 bits, with triangular dither of one step drawn for it alone.

    Equal sounds give files of equal length and different bytes.
    """
    random = np.random.default_rng(secrets.randbits(128))
    return tuple(_wav(sound, sample_rate, random) for sound in sounds)


def _wav(sound: NDArray[np.float32], sample_rate: int, random: np.random.Generator) -> bytes:
    dither = random.random(len(sound)) - random.random(len(sound))
    steps = np.clip(np.round(sound.astype(np.float64) * STEPS + dither), -STEPS, STEPS - 1).astype("<i4")
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(3)
        file.setframerate(sample_rate)
        file.writeframes(steps.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
    return stream.getvalue()
