"""Plays the guitar in this folder: `python models/di/make_di.py` writes `rig-di.wav` again.

Four bars in E minor at 100 beats a minute: a palm-muted riff, its answer, three open chords, a lead line with a bend.
Every string is a Karplus-Strong loop written as one rational filter (delay, damping, and an all-pass that tunes it),
plucked with a short burst of noise, heard by a pickup at some place along the string and through the resonance of
pickup and cable. The noise is the raw stream of PCG64, which never changes, so the file can be made again exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from scipy import signal

SAMPLE_RATE = 48_000
BEAT_S = 0.6
LENGTH_S = 10.8
PEAK_DBFS = -9.0
SEED = 20

PICKUP_HZ, PICKUP_Q = 3600.0, 1.6
PICK_PLACE = 0.18  # of the string's length, from the bridge
OPEN_STRINGS_HZ = (82.407, 110.0, 146.832, 195.998, 246.942, 329.628)  # E A D G B E

Audio = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Note:
    """One pluck."""

    beat: float
    string: int  # 6 is the low E
    fret: int
    beats: float  # how long the string is left to ring
    level_db: float = 0.0
    muted: bool = False  # with the palm on the bridge
    bend: float = 0.0  # semitones, reached within a third of a second
    vibrato: bool = False


def power_chord(beat: float, fret: int, beats: float, level_db: float = 0.0) -> list[Note]:
    """Root, fifth and octave on the three low strings, each a moment later than the one before."""
    return [Note(beat + 0.012 * n, 6 - n, f, beats, level_db) for n, f in enumerate((fret, fret + 2, fret + 2))]


def strum(beat: float, frets: tuple[int | None, ...], beats: float, level_db: float = -3.0) -> list[Note]:
    """A chord from the low string up; `None` is a string that is not played."""
    played = [(6 - n, fret) for n, fret in enumerate(frets) if fret is not None]
    return [Note(beat + 0.035 * n, string, fret, beats, level_db) for n, (string, fret) in enumerate(played)]


def mutes(beat: float, count: int, level_db: float = -1.0) -> list[Note]:
    """Palm-muted eighths on the low E, every second one softer."""
    return [Note(beat + 0.5 * n, 6, 0, 0.45, level_db - 2.0 * (n % 2), muted=True) for n in range(count)]


RIFF = [
    *power_chord(0.0, 0, 0.95),
    *mutes(1.0, 2),
    *power_chord(2.0, 3, 0.45),
    *mutes(2.5, 1),
    *power_chord(3.0, 5, 0.95),
]
ANSWER = [
    *mutes(4.0, 2),
    *power_chord(5.0, 7, 0.45),
    *power_chord(5.5, 5, 0.45),
    *mutes(6.0, 2),
    *power_chord(7.0, 3, 0.45),
    Note(7.5, 5, 2, 0.45, -1.0),
]
CHORDS = [
    *strum(8.0, (0, 2, 2, 0, 0, 0), 1.5),
    *strum(9.5, (None, 3, 2, 0, 1, 0), 1.45, -4.0),
    *strum(11.0, (3, 2, 0, 0, 0, 3), 0.95, -5.0),
]
LEAD = [
    Note(12.0, 3, 9, 0.5, 2.0),
    Note(12.5, 2, 8, 0.5, 1.0),
    Note(13.0, 2, 10, 0.95, 3.0, bend=2.0),
    Note(14.0, 1, 7, 0.33, 1.0),
    Note(14.33, 2, 10, 0.33, 0.0),
    Note(14.66, 2, 8, 0.34, 1.0),
    Note(15.0, 3, 9, 2.4, 2.5, vibrato=True),
]


def noise(seed: int, count: int) -> Audio:
    """Evenly distributed numbers from -1 to 1."""
    return (np.random.PCG64(seed).random_raw(count) >> np.uint64(11)) * 2.0**-52 - 1.0


def string_sound(hz: float, seconds: float, note: Note, seed: int) -> Audio:
    """One string from pluck to damping, peak 1."""
    damping = 0.45 if note.muted else 0.25  # weight of the older sample: how dull the string gets
    ring_s = 0.3 if note.muted else 7.0 * (OPEN_STRINGS_HZ[0] / hz) ** 0.3  # time to fall by 60 dB
    period = SAMPLE_RATE / hz
    delay = math.floor(period - damping - 0.1)
    rest = period - damping - delay
    tuning = (1.0 - rest) / (1.0 + rest)  # all-pass that delays by the rest of the period
    kept = 10.0 ** (-3.0 / (ring_s * hz))
    feedback = np.zeros(delay + 3)
    feedback[0], feedback[1] = 1.0, tuning
    feedback[delay : delay + 3] -= kept * np.convolve([1.0 - damping, damping], [tuning, 1.0])

    count = int(seconds * SAMPLE_RATE)
    pluck = np.zeros(count)
    length = min(count, int(period) + 1)
    brightness = 0.55 if note.muted else 0.25
    burst = signal.lfilter([1.0 - brightness], [1.0, -brightness], noise(seed, length))
    pluck[:length] = burst - burst.mean()
    sound = signal.lfilter([1.0, tuning], feedback, pluck)

    heard = sound.copy()
    place = max(1, round(PICK_PLACE * period))
    heard[place:] -= 0.9 * sound[:-place]
    return heard / np.abs(heard).max()


def bent(sound: Audio, note: Note) -> Audio:
    """The sound read faster: a bend that settles on its pitch, a vibrato that comes in after a moment."""
    t = np.arange(len(sound)) / SAMPLE_RATE
    semitones = note.bend * (1.0 - np.exp(-((t / 0.16) ** 2)))
    if note.vibrato:
        semitones = semitones + 0.22 * np.clip(t / 0.5 - 0.3, 0.0, 1.0) * np.sin(2.0 * np.pi * 5.4 * t)
    place = np.cumsum(2.0 ** (semitones / 12.0)) - 1.0
    return np.interp(np.minimum(place, len(sound) - 1), np.arange(len(sound)), sound)


def played(note: Note, seed: int) -> Audio:
    """One note with its level, damped at its end by a finger (20 ms)."""
    seconds = note.beats * BEAT_S
    hz = OPEN_STRINGS_HZ[6 - note.string] * 2.0 ** (note.fret / 12.0)
    sound = string_sound(hz, seconds * 1.2 + 0.05, note, seed)  # a bend reads ahead
    if note.bend or note.vibrato:
        sound = bent(sound, note)
    sound = sound[: int(seconds * SAMPLE_RATE)]
    finger = int(0.02 * SAMPLE_RATE)
    sound[-finger:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, finger + 1) / finger)
    return 10.0 ** (note.level_db / 20.0) * sound


def pickup(x: Audio) -> Audio:
    """Pickup and cable: a low-pass with a resonance, and no bass below the strings."""
    w = 2.0 * math.pi * PICKUP_HZ / SAMPLE_RATE
    alpha = math.sin(w) / (2.0 * PICKUP_Q)
    b = np.array([0.5, 1.0, 0.5]) * (1.0 - math.cos(w))
    a = np.array([1.0 + alpha, -2.0 * math.cos(w), 1.0 - alpha])
    high_pass = signal.butter(2, 35.0, "highpass", fs=SAMPLE_RATE, output="sos")
    return signal.sosfilt(high_pass, signal.lfilter(b / a[0], a / a[0], x))


def guitar() -> Audio:
    """The whole take, (518400,), rounded to 24 bit."""
    take = np.zeros(int(LENGTH_S * SAMPLE_RATE))
    for number, note in enumerate([*RIFF, *ANSWER, *CHORDS, *LEAD]):
        sound = played(note, SEED + number)
        start = int((0.25 + note.beat) * BEAT_S * SAMPLE_RATE)
        sound = sound[: len(take) - start]
        take[start : start + len(sound)] += sound
    take = pickup(take)
    take *= 10.0 ** (PEAK_DBFS / 20.0) / np.abs(take).max()
    return np.round(take * 2**23) / 2**23


def main() -> None:
    """Write `rig-di.wav` beside this script."""
    sf.write(Path(__file__).with_name("rig-di.wav"), guitar(), SAMPLE_RATE, subtype="PCM_24")


if __name__ == "__main__":
    main()
