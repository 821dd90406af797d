"""The bottom line while playing: levels, load, cabinet and state; or the text that is being typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...engine import Engine
    from ...player.commands import Command
    from ...player.player import Player

LONGEST_TEXT = 1000  # characters


def live_line(engine: Engine, player: Player, xruns: int) -> list[str]:
    """From the longest form to the shortest; the sum stands whole above it in any case."""
    readings = player.headroom.read()
    if player.tuner.is_on:
        muted = " | MUTED" if player.muted else ""
        return [form + muted for form in player.tuner.lines()]
    peaks, taught, levels = [], [], []
    for name, which in (("in", "input"), ("model", "model"), ("out", "output")):
        reading = readings[which]
        clips = f" CLIP {reading.clips}" if reading.clips and which != "model" else ""
        hint = f" {player.headroom.hint}" if which == "input" and player.headroom.hint else ""
        bar = f" {player.headroom.bar(reading.peak_dbfs)}" if which == "input" else ""
        peaks.append(f"{name} {_level(reading.peak_dbfs)}{clips}")
        taught.append(f"{peaks[-1]}{hint}")
        levels.append(f"{name}{bar} {_level(reading.peak_dbfs)} ({_level(reading.rms_dbfs)}){clips}{hint}")
    time_part: list[str] = []
    parts = [f"xruns {xruns}", *_states(engine, player)]
    share = engine.share()
    if share.median is not None and share.worst is not None:
        time_part.append(f"time {share.median:.1%} ({share.worst:.1%})")
    calibration = player.sound.calibration
    gain = f"input {calibration.gain_db:+.1f} dB"
    place = [player.place] if player.place else []
    named = [f"{player.place} {player.models.shelf.path.name}"] if player.place else []
    cabinet, short = _cabinet(player)
    preset = [f"preset {player.presets.label}"] if player.presets.label else []
    named, place = preset + named, ([f"preset {player.presets.number}"] if player.presets.number else []) + place
    forms = (
        [*named, *cabinet, *levels, *time_part, *parts, str(calibration)],
        [*named, *cabinet, *levels, *time_part, *parts, gain],
        [*named, *cabinet, *taught, *time_part, *parts, gain],
        [*place, *cabinet, *taught, *time_part, *parts],
        [*place, *short, *taught, *time_part, *parts],
        [*place, *short, *taught, *parts],
        [*place, *short, *peaks, *parts],
    )
    return [" | ".join(form) for form in forms]


def _states(engine: Engine, player: Player) -> list[str]:
    recorded_s = player.looper.recorded_s
    states = [
        (f"RECORDING {recorded_s or 0.0:.1f} s", recorded_s is not None),
        ("LOOP", player.looper.is_looping),
        ("MUTED", player.muted),
        (f"volume {player.volume.db:+.0f} dB", player.volume.db != 0.0),
        ("MIDI LEARN", player.midi.is_learning),
        ("BYPASS", player.bypassed),
        ("SMALLER SIZE", player.reduced),
        ("ASLEEP", engine.suspended),
    ]
    named = [name for name, is_on in states if is_on]
    return [*filter(None, [player.recorder.status]), *player.noise.states, *named]


def _cabinet(player: Player) -> tuple[list[str], list[str]]:
    """Where in the bank the player stands, with the file's name and without."""
    cabinets = player.cabinets
    if not cabinets.place and not cabinets.gain_text:
        return [], []
    name = "off" if cabinets.playing is None else cabinets.label(cabinets.bank.position)
    if player.mixer.is_on:
        name = f"mix of {len(player.mixer.parts)}"
    rest = [text for text in (cabinets.gain_text, cabinets.progress) if text]
    return [", ".join([f"cab {cabinets.place} {name}", *rest])], [", ".join([f"cab {cabinets.place}", *rest])]


def _level(dbfs: float) -> str:
    return f"{dbfs:6.1f}" if dbfs > -200 else "  -inf"


class Entry:
    """A text that is typed for a command: Enter ends it, Escape gives it up."""

    def __init__(self, command: Command) -> None:
        self.command, self.text, self.is_cancelled = command, "", False

    def press(self, key: str) -> bool:
        """One key; True if the text is complete or given up."""
        if key == "enter":
            return True
        if key == "escape":
            self.is_cancelled = True
            return True
        if key == "backspace":
            self.text = self.text[:-1]
        elif len(key) == 1 and key.isprintable():
            self.text = (self.text + key)[:LONGEST_TEXT]
        return False

    def line(self, player: Player) -> str:
        """What is shown while it is typed."""
        preview = player.audition.preview(self.text) if self.command.name == "search_ir" else ""
        return f"{self.command.prompt}: {self.text}_" + (f"   ({preview})" if preview else "   (Esc: no)")
