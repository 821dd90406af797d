"""One channel of a recording that was made elsewhere, at 48 kHz, or why it cannot be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio import wav
from ...audio.measures import peak
from ...decibels import gain_from_db
from ...errors import CaptureError
from ...trainer.layout import RATE

LONGEST_S = 1200.0  # of a recording; a signal lasts 190 s
MOST_CHANNELS = 32
SILENT_DBFS = -80.0  # peak: a channel below it has nothing on it
ALONE_DB = 40.0  # by which one channel is louder than all others where it is taken without asking
LOSSY = ("VORBIS", "OPUS", "MPEG", "ADPCM", "ULAW", "ALAW", "GSM", "G721", "G723", "NMS", "DWVW", "VOX")
LOSSY_NAMES = {"VORBIS": "Ogg Vorbis", "OPUS": "Opus", "MPEG": "MP3"}


def read_channel(path: str | Path, channel: int | None = None) -> NDArray[np.float64]:
    """The samples of one channel, (n,); `channel`: counted from 1, None: the one that has sound on it.

    Raises AudioError or CaptureError: not 48 kHz (takes are never resampled), compressed with loss, too long, silent,
    no such channel, or several that have sound and are not the same.
    """
    path = Path(path)
    with wav.Reader(path) as reader:
        lossy = next((word for word in LOSSY if word in reader.subtype), None)
        if lossy is not None:
            raise CaptureError(
                f"{path.name}: compressed with loss ({LOSSY_NAMES.get(lossy, reader.subtype)}), and a model would "
                "learn what that does to the sound; export it as WAV, AIFF or FLAC."
            )
        if reader.sample_rate != RATE:
            channels = "mono" if reader.channels == 1 else f"{reader.channels} channels"
            raise CaptureError(
                f"{path.name}: {channels}, {reader.sample_rate} Hz; a take is mono at {RATE} Hz and never resampled. "
                "Record it again with the session at 48000 Hz."
            )
        if reader.channels > MOST_CHANNELS or reader.frames > LONGEST_S * RATE:
            raise CaptureError(
                f"{path.name}: {reader.frames / RATE:.0f} s with {reader.channels} channels; a recording of a signal "
                f"lasts at most {LONGEST_S:g} s and has at most {MOST_CHANNELS} channels. Export the part that matters."
            )
        if channel is not None and not 1 <= channel <= reader.channels:
            raise CaptureError(f"{path.name}: there is no channel {channel}; it has {reader.channels}.")
        samples = reader.read().samples
    number = channel if channel is not None else _only_one(samples, path.name)
    chosen = np.ascontiguousarray(samples[:, number - 1])
    if peak(chosen) < gain_from_db(SILENT_DBFS):
        raise CaptureError(f"{path.name}: {'silent' if samples.shape[1] == 1 else f'channel {number} is silent'}.")
    return chosen


def _only_one(samples: NDArray[np.float64], name: str) -> int:
    """The channel that has the sound, counted from 1: the only one, the only loud one, or any of equal ones."""
    if samples.shape[1] == 1 or all(np.array_equal(samples[:, 0], other) for other in samples.T[1:]):
        return 1
    peaks = np.abs(samples).max(axis=0)
    loudest = int(np.argmax(peaks))
    others = np.delete(peaks, loudest)
    if peaks[loudest] > others.max() * gain_from_db(ALONE_DB):
        return loudest + 1
    with_sound = [str(n) for n, level in enumerate(peaks, 1) if level >= gain_from_db(SILENT_DBFS)]
    if not with_sound:
        return 1
    raise CaptureError(
        f"{name}: {samples.shape[1]} channels, with sound on {', '.join(with_sound)}; choose the one that the gear "
        "came back on with --channel N."
    )
