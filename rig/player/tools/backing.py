"""A track beside the guitar: chosen, started and stopped, gone round in a section, counted in, or led by a transport.

What is heard is always one stream (`rig.backing.stream`). While nothing plays, the one for the next start lies ready,
so that a foot switch is followed at once; whatever is changed while it plays is another stream that goes on from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...audio.resample import common_ratio
from ...backing.clicks import count_in
from ...backing.rounds import Section
from ...backing.stream import NO_CLICKS, Stream
from ...backing.track import Track
from ...engine import Engine
from ...errors import RigError
from ...library.preset_backing import DEFAULT_BPM, DEFAULT_DB, HIGHEST_DB, LOWEST_DB, PresetBacking
from ..background import BackgroundJobs
from ..carried import Carried, Snapshot
from ..events import Event, Tell
from .backing_spots import BackingReading, Spot, is_same_file
from .volume import volume_gain

SHORTEST_S = 0.1
NONE = ("", "none")
NO_TRACK = "There is no backing track: name a file with {backing}, or start with --backing FILE."


class Backing(Carried):
    """The track of one engine. Nothing of it is recorded."""

    CARRIED = ("track", "section", "volume_db", "bpm", "beats", "follows", "is_playing")
    REMADE = (
        *("engine", "tell", "_jobs", "_asked", "_stream", "_next", "_is_stale", "_rest", "_counts", "_jumps"),
        *("_stalls", "_said"),
    )

    def __init__(self, engine: Engine, tell: Tell) -> None:
        self.engine, self.tell = engine, tell
        self.track: Track | None = None
        self.section = Section(0, 0)
        self.bpm, self.beats = DEFAULT_BPM, 0
        self.follows = False  # the transport of the server leads it
        self.is_playing = False  # or is to, as soon as it can
        self._jobs: BackgroundJobs[Track] = BackgroundJobs(newest_only=True)
        self._asked: tuple[Spot | None, Spot | None] = (None, None)  # the ends of the first track
        self._stream: Stream | None = None  # the engine has it
        self._next: Stream | None = None  # what is made ready
        self._is_stale = False  # what is made ready is not what is wanted by now
        self._rest = 0  # where the next start begins
        self._counts, self._jumps = True, False  # count in at the next start; go to `_rest` while it plays
        self._stalls = 0  # that were told of
        self._said: tuple[Stream | None, str] = (None, "")  # what was told of which
        self.set_volume(DEFAULT_DB)

    # ------------------------------------------------------------ which one
    def load(self, text: str, first: Spot | None = None, last: Spot | None = None) -> None:
        """Play a file from now on, as soon as it has been looked at; none: no track. Its ends: see `--backing-from`."""
        if text.strip().casefold() in NONE:
            self._jobs = BackgroundJobs(newest_only=True)  # what was asked for before comes no more
            self._take_away()
            self.tell(Event("backing", "none"))
            return
        path, self._asked = self._path(text), (first, last)
        self._jobs.ask(lambda: Track.found(path))

    def call(self, called: PresetBacking | None) -> None:
        """What a preset says of it. None: nothing, so that the track goes on through a change of sound.

        A track that is there already plays on, as loud and with the section that the preset says.
        """
        if called is None:
            return
        self.set_volume(called.volume_db)
        self.set_tempo(called.bpm)
        self.count(called.beats)
        if called.once != self.section.once:
            self.play_once(called.once)
        first, last = Spot(called.from_s), None if called.to_s is None else Spot(called.to_s)
        if self.track is None or not is_same_file(self.track.path, called.file):
            self.load(str(called.file), first, last)
            return
        self._jobs = BackgroundJobs(newest_only=True)  # what was asked for before comes no more
        ends = self._sample(called.from_s), self._sample(self.track.seconds if called.to_s is None else called.to_s)
        if ends != (self.section.first, self.section.last):
            self._move(*ends)

    @property
    def kept(self) -> PresetBacking | None:
        """The track as a preset keeps it; None: there is none."""
        if self.track is None:
            return None
        ends = self.section.last < self.track.frames
        return PresetBacking(
            self.track.path.absolute(),
            round(self.volume_db, 4),
            round(self.first_s, 6),
            round(self.last_s, 6) if ends else None,
            self.section.once,
            self.beats,
            round(self.bpm, 4),
        )

    def _path(self, text: str) -> Path:
        """What is not here may lie beside the track that plays."""
        path = Path(text.strip()).expanduser()
        if self.track is not None and not path.is_absolute() and not path.exists():
            beside = self.track.path.parent / path
            return beside if beside.exists() else path
        return path

    def _take_away(self) -> None:
        self._stop()
        if self._next is not None:
            self._next.close()
        self.track, self._next, self.section, self._rest = None, None, replace(self.section, first=0, last=0), 0

    def _put(self, track: Track) -> None:
        self._take_away()
        self.track = track
        whole = self.track.seconds
        first, last = (None if spot is None else self._sample(spot.seconds(whole)) for spot in self._asked)
        self._asked = (None, None)
        self.section = replace(self.section, first=0, last=track.frames)
        self._move(first or 0, track.frames if last is None else last)
        for note in track.notes:
            self.tell(Event("warning", note))
        how = (
            f"played at {self.engine.sample_rate:g} Hz; " if round(self.engine.sample_rate) != track.sample_rate else ""
        )
        self.tell(Event("backing", f"{track}; {how}{{backing_play}} starts it"))

    # ------------------------------------------------------------ start and stop
    def play(self, is_on: bool) -> None:
        """Start at the beginning of its section, counted in; or stop."""
        if not is_on:
            self._stop()
            return
        if self.track is None:
            raise RigError(NO_TRACK)
        self.is_playing = True
        if self._next is None:
            self._is_stale = True
        self._look_after()

    def _stop(self) -> None:
        """Fade out, and have the next start ready."""
        self.is_playing = False
        self.engine.back(None)
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._rest, self._counts, self._is_stale = self.section.first, True, self.track is not None

    @property
    def waiting(self) -> bool:
        """Whether it is to be heard as soon as it is ready."""
        return self.is_playing and self._stream is None and not self.follows

    # ------------------------------------------------------------ its values
    def set_volume(self, db: float) -> None:
        """Fade to a level; the lowest is silence."""
        self.volume_db = min(max(db, LOWEST_DB), HIGHEST_DB)
        self.engine.set_backing(volume_gain(self.volume_db))

    @property
    def first_s(self) -> float:
        """Where the section begins; 0 without a track."""
        return 0.0 if self.track is None else self.section.first / self.track.sample_rate

    @property
    def last_s(self) -> float:
        """Where the section ends; 0 without a track."""
        return 0.0 if self.track is None else self.section.last / self.track.sample_rate

    @property
    def at_s(self) -> float:
        """What is heard now; while nothing is, where the next start begins."""
        if self.track is None:
            return 0.0
        at = self._rest if self._stream is None or self._jumps else self._stream.at
        return at / self.track.sample_rate

    @property
    def reading(self) -> BackingReading | None:
        """As it is shown; None: there is no track."""
        if self.track is None:
            return None
        return BackingReading(self.track.path.name, self.track.seconds, self.at_s, self.is_playing)

    def begin_at(self, seconds: float) -> None:
        """Begin the section there, or as near as it can."""
        self._check()
        self._move(min(self._sample(seconds), self.section.last - self._shortest), self.section.last)
        self.tell(Event("backing", self._in_words()))

    def end_at(self, seconds: float) -> None:
        """End the section there, or as near as it can."""
        self._check()
        self._move(self.section.first, max(self._sample(seconds), self.section.first + self._shortest))
        self.tell(Event("backing", self._in_words()))

    def locate(self, seconds: float) -> None:
        """Go on from there, or begin the next start there."""
        self._check()
        if self.follows:
            raise RigError("The transport leads the backing track: move that, or switch {backing_follow} off.")
        self._rest = min(self._sample(seconds), self.section.last - self._shortest)
        self._jumps, self._is_stale = self.is_playing, True

    def play_once(self, once: bool) -> None:
        """Play the section once, or over and over."""
        self.section = replace(self.section, once=once)
        self._is_stale = self.track is not None

    def count(self, beats: int) -> None:
        """Count so many beats in before each start."""
        self.beats = beats
        self._is_stale |= self.track is not None and not self.is_playing

    def set_tempo(self, bpm: float) -> None:
        """Count in at so many beats per minute."""
        self.bpm = bpm
        self._is_stale |= self.track is not None and not self.is_playing

    def follow(self, follows: bool) -> None:
        """Start, stop and go where the transport of the server does, from now on; or by hand again."""
        self._stop()
        self.follows = self.is_playing = follows
        if follows and self.track is None:
            self.tell(Event("backing", "follows the transport as soon as there is a track ({backing})"))

    def _check(self) -> None:
        if self.track is None:
            raise RigError(NO_TRACK)

    def _sample(self, seconds: float) -> int:
        assert self.track is not None
        return min(max(0, round(seconds * self.track.sample_rate)), self.track.frames)

    @property
    def _shortest(self) -> int:
        assert self.track is not None
        return round(SHORTEST_S * self.track.sample_rate)

    def _move(self, first: int, last: int) -> None:
        assert self.track is not None
        last = min(max(last, self._shortest), self.track.frames)
        self.section = replace(self.section, first=max(0, min(first, last - self._shortest)), last=last)
        if not self.is_playing:
            self._rest = self.section.first
        self._is_stale = True

    def _in_words(self) -> str:
        assert self.track is not None
        if self.section.frames == self.track.frames:
            return f"all of its {self.track.seconds:.1f} s"
        return f"{self.first_s:.2f} to {self.last_s:.2f} s of {self.track.seconds:.1f} s"

    # ------------------------------------------------------------ while it plays
    def poll(self) -> None:
        """Hand over what has become ready, and tell what went wrong; call it some ten times a second."""
        try:
            track = self._jobs.answer()
        except RigError as error:
            self.tell(Event("error", str(error)))
            track = None
        if track is not None:
            follows = self.follows
            self._put(track)
            self.is_playing = follows
        self._look_after()

    def _look_after(self) -> None:
        if self.track is None:
            return
        self._hear_of_trouble()
        if self.follows:
            if self.is_playing:
                self._follow()
            return
        under_way = self._stream is not None and not self._stream.counted_in
        if self._is_stale and not under_way and (self._next is None or self._next.is_ready):
            self._prepare()
        if self._next is not None and self._next.is_ready and self.is_playing and not self._next.is_hopeless:
            self._hand_over()

    def _prepare(self) -> None:
        """The stream for the next start, or the one that goes on from what plays."""
        assert self.track is not None
        follows, clicks, place = None, NO_CLICKS, self._rest
        if self._stream is not None and not self._jumps:
            frame, place = self._stream.going_on()
            if place < self.section.last - self._shortest:
                follows = self._stream, frame
            else:
                place = self.section.first
        elif self._stream is None and self._counts and self.beats:
            clicks = count_in(self.beats, self.bpm, self.engine.sample_rate)
        self._make(place, clicks=clicks, follows=follows)

    def _make(self, place: int, **more: Any) -> None:
        assert self.track is not None
        if self._next is not None:
            self._next.close()
        self._is_stale = False
        self._next = Stream(self.track, self.section, place, self.engine.sample_rate, **more)

    def _hand_over(self) -> None:
        assert self._next is not None
        old, self._stream, self._next = self._stream, self._next, None
        self._jumps, self._stalls = False, 0
        self.engine.back(self._stream.ring)
        if old is not None:
            old.close()

    def _follow(self) -> None:
        """Have a stream for where the transport is; the audio thread begins it, and ends it, at the right sample."""
        assert self.track is not None
        seen = self.engine.record["backing"]
        is_rolling, at = bool(seen["rolling"]), int(seen["transport_frame"])
        heard = self._next if self._next is not None else self._stream
        if heard is not None and not self._is_stale:
            ring = heard.ring.record
            is_begun = int(seen["playing"]) == heard.ring.address
            ahead = at - int(ring["anchor"]) - heard.fade
            fits = 0 <= ahead < heard.ratio.numerator if not is_rolling else 0 <= ahead < int(ring["head"])
            if not is_begun and (ring["left"] or not fits):
                self._is_stale = True
        if (self._is_stale or heard is None) and (self._next is None or self._next.is_ready):
            grid = common_ratio(self.track.sample_rate, round(self.engine.sample_rate))
            anchor = at // grid.numerator * grid.numerator
            begun = anchor // grid.numerator * grid.denominator
            over = self.section.once and begun >= self.section.frames
            if not over:
                self._make(self.section.first + begun % self.section.frames, anchor=anchor)
        if self._next is not None and self._next.is_ready and not (self._is_stale or self._next.is_hopeless):
            self._hand_over()

    def _hear_of_trouble(self) -> None:
        for each in (self._next, self._stream):
            if each is not None and each.error is not None:
                self._tell_once(each, "error", each.error)
        if self._next is not None and self._next.is_hopeless:
            self._next, self.is_playing = None, self._stream is not None
        stream = self._stream
        if stream is None:
            return
        ring = stream.ring.record
        if stream.is_removed and stream.error is None:
            name = stream.track.path.name
            self._tell_once(stream, "warning", f"{name} has been removed; what is open of it plays on.")
        if stream.error is not None and (ring["stalled"] or stream.ring.is_over):
            self._stop()
        elif int(ring["stalls"]) > self._stalls:
            self._stalls = int(ring["stalls"])
            self.tell(Event("fault", "The disk was too slow for the backing track: it was silent for a moment."))
        if stream.ring.is_over and not self.follows and self._stream is stream:
            self._stop()
            self.tell(Event("backing", "has ended; {backing_play} starts it again"))

    def _tell_once(self, stream: Stream, kind: str, sentence: str) -> None:
        if self._said != (stream, sentence):
            self._said = stream, sentence
            self.tell(Event(kind, sentence))

    def close(self) -> None:
        """Read nothing more."""
        for stream in (self._next, self._stream):
            if stream is not None:
                stream.close()

    # ------------------------------------------------------------ a restart at another rate
    def snapshot(self) -> Snapshot:
        """The track, and where in it."""
        return super().snapshot() | {"at": round(self.at_s * self.track.sample_rate) if self.track is not None else 0}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where it was, without counting in."""
        super().restore(state)
        self.set_volume(self.volume_db)
        self._rest, self._counts = state["at"], not self.is_playing
        self._is_stale = self.track is not None
