"""The backing track as commands."""

from __future__ import annotations

from collections.abc import Callable

from ...library.preset_backing import (
    DEFAULT_BPM,
    DEFAULT_DB,
    FASTEST_BPM,
    HIGHEST_DB,
    LONGEST_S,
    LOWEST_DB,
    MOST_BEATS,
    NAME,
    SLOWEST_BPM,
)
from ..command import Command, PresetLine, T, line, switch, value
from .backing import Backing


def backing_commands(backing: Callable[[T], Backing]) -> tuple[Command[T], ...]:
    """All that can be done with it."""
    return (
        line(
            "backing",
            "a file to play along to, beside the guitar",
            "Backing track (file, or none)",
            lambda p, text: backing(p).load(text),
            path="file",
        ),
        switch(
            "backing_play",
            "the backing track: start it, counted in, or stop it",
            lambda p: backing(p).is_playing,
            lambda p, on: backing(p).play(on),
        ),
        value(
            "backing_volume",
            "level of the backing track; its lowest is silence",
            "dB",
            (LOWEST_DB, HIGHEST_DB),
            1.0,
            lambda p: backing(p).volume_db,
            apply=lambda p, db: backing(p).set_volume(db),
            default=DEFAULT_DB,
            preset=PresetLine("volume_db", NAME, of_sound=True),
        ),
        value(
            *("backing_from", "where the section of the backing track begins", "s", (0.0, LONGEST_S), 0.5),
            lambda p: backing(p).first_s,
            lambda p, seconds: backing(p).begin_at(seconds),
            preset=PresetLine("from_s", NAME, of_sound=True),
        ),
        value(
            *("backing_to", "where the section of the backing track ends", "s", (0.0, LONGEST_S), 0.5),
            lambda p: backing(p).last_s,
            lambda p, seconds: backing(p).end_at(seconds),
            preset=PresetLine("to_s", NAME, of_sound=True),
        ),
        value(
            *("backing_at", "where the backing track is", "s", (0.0, LONGEST_S), 5.0),
            lambda p: float(int(backing(p).at_s)),  # whole seconds, so that it does not change all the time
            apply=lambda p, seconds: backing(p).locate(seconds),
        ),
        switch(
            "backing_once",
            "play the section of the backing track once, or over and over",
            lambda p: backing(p).section.once,
            lambda p, on: backing(p).play_once(on),
            preset=PresetLine("once", NAME, of_sound=True),
        ),
        value(
            "backing_count_in",
            "beats that are counted in before the backing track",
            "beats",
            (0.0, MOST_BEATS),
            1.0,
            lambda p: float(backing(p).beats),
            apply=lambda p, beats: backing(p).count(round(beats)),
            preset=PresetLine("count_in", NAME, of_sound=True),
        ),
        value(
            *("backing_bpm", "tempo at which it is counted in", "bpm", (SLOWEST_BPM, FASTEST_BPM), 1.0),
            lambda p: backing(p).bpm,
            apply=lambda p, bpm: backing(p).set_tempo(bpm),
            default=DEFAULT_BPM,
            preset=PresetLine("bpm", NAME, of_sound=True),
        ),
        switch(
            "backing_follow",
            "start, stop and move the backing track with the transport of JACK, or by hand",
            lambda p: backing(p).follows,
            lambda p, on: backing(p).follow(on),
        ),
    )
