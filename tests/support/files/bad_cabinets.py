"""Files that cannot be a cabinet, each with what has to be said about it."""

from __future__ import annotations

import numpy as np
import soundfile as sf

from rig.audio import wav


def _silent(path):
    wav.write(path, np.zeros(2048), 48000)


def _constant(path):
    wav.write(path, np.full(2048, 0.25), 48000)


def _not_numbers(path):
    taps = np.zeros(2048, np.float32)
    taps[0], taps[7] = 1.0, np.nan
    sf.write(path, taps, 48000, "FLOAT")


def _truncated(path):
    wav.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 2048), 48000)
    path.write_bytes(path.read_bytes()[:2000])


def _no_samples(path):
    sf.write(path, np.zeros(0), 48000, "PCM_24")


def _eight_channels(path):
    sf.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, (512, 8)), 48000, "PCM_24")


def _text(path):
    path.write_text("not audio")


def _empty(path):
    path.write_bytes(b"")


def _a_song(path):
    sf.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 40 * 8000), 8000, "PCM_16")


BAD = {
    "silent.wav": (_silent, "silent"),
    "constant.wav": (_constant, "same value"),
    "not numbers.wav": (_not_numbers, "not a number"),
    "truncated.wav": (_truncated, "cut off"),
    "no samples.wav": (_no_samples, "without a single sample"),
    "eight channels.wav": (_eight_channels, "8 channels"),
    "text.wav": (_text, "not an audio file"),
    "empty.wav": (_empty, "empty"),
    "a song.wav": (_a_song, "Is this a recording"),
}


def write_all(folder):
    """One of each; their paths."""
    for name, (make, _) in BAD.items():
        make(folder / name)
    return [folder / name for name in BAD]
