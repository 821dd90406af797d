"""The bottom line while playing: levels, load, cabinet and state; or the text that is being typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .meters import bar, level, tuner_lines

if TYPE_CHECKING:
    from ...player.command import Command
    from ...player.state import CabinetState, PlayerState
    from ...player.tools.recorder import Recording

LONGEST_TEXT = 1000  # characters


def live_line(state: PlayerState, xruns: int) -> list[str]:
    """From the longest form to the shortest; the sum stands whole above it in any case."""
    if state.tuner is not None:
        muted = " | MUTED" if state.values["mute"] else ""
        return [form + muted for form in tuner_lines(state.tuner)]
    peaks, taught, levels = [], [], []
    for name, meter in (("in", state.input), ("model", state.heard), ("out", state.output)):
        clips = f" CLIP {meter.clips}" if meter.clips and name != "model" else ""
        hint = f" {state.hint}" if name == "in" and state.hint else ""
        drawn = f" {bar(meter.peak_dbfs, state.loudest_dbfs, state.zone_dbfs)}" if name == "in" else ""
        peaks.append(f"{name} {level(meter.peak_dbfs)}{clips}")
        taught.append(f"{peaks[-1]}{hint}")
        levels.append(f"{name}{drawn} {level(meter.peak_dbfs)} ({level(meter.rms_dbfs)}){clips}{hint}")
    time_part: list[str] = []
    parts = [f"xruns {xruns}", *_states(state)]
    if state.load_median is not None and state.load_worst is not None:
        time_part.append(f"time {state.load_median:.1%} ({state.load_worst:.1%})")
    gain = f"input {state.input_gain_db:+z.1f} dB"
    place = [state.model_place] if state.model_place else []
    named = [f"{state.model_place} {state.asked_model}"] if state.model_place else []
    cabinet, short = _cabinet(state.cabinet, blind=bool(state.values.get("blind")))
    named = ([f"preset {state.preset}"] if state.preset else []) + named
    place = ([f"preset {state.preset_number}"] if state.preset_number else []) + place
    forms = (
        [*named, *cabinet, *levels, *time_part, *parts, state.calibration],
        [*named, *cabinet, *levels, *time_part, *parts, gain],
        [*named, *cabinet, *taught, *time_part, *parts, gain],
        [*place, *cabinet, *taught, *time_part, *parts],
        [*place, *short, *taught, *time_part, *parts],
        [*place, *short, *taught, *parts],
        [*place, *short, *peaks, *parts],
    )
    return [" | ".join(form) for form in forms]


def _states(state: PlayerState) -> list[str]:
    values, recorded_s = state.values, state.loop_recorded_s
    shut = "" if state.gate_is_open else " shut"
    states = [
        (recording_text(state.recording), state.recording is not None),
        (f"GATE {values['gate_threshold']:.0f}{shut}", values["gate"]),
        (f"CUT {values['rumble']:g} Hz", values["rumble"]),
        (f"RECORDING {recorded_s or 0.0:.1f} s", recorded_s is not None),
        ("LOOP", values["loop"]),
        ("MUTED", values["mute"]),
        (f"volume {values['volume']:+z.0f} dB", values["volume"] != 0.0),
        ("MIDI LEARN", state.is_learning),
        ("BYPASS", values["bypass"]),
        ("SMALLER SIZE", state.is_reduced),
        ("ASLEEP", state.is_asleep),
    ]
    return [name for name, is_on in states if is_on]


def recording_text(recording: Recording | None) -> str:
    """Time recorded and space left."""
    from ...recording.take import minutes

    if recording is None:
        return ""
    left = ""
    if recording.left_s is not None and recording.free_bytes is not None:
        hours = recording.left_s / 3600
        gigabytes = recording.free_bytes / 1e9
        left = f" ({gigabytes:.1f} GB, {hours:.0f} h left)" if hours >= 1 else f" ({60 * hours:.0f} min left)"
    return f"REC {minutes(recording.seconds)}{left}"


def _cabinet(cabinet: CabinetState, blind: bool) -> tuple[list[str], list[str]]:
    """Where in the bank the player stands, with the file's name and without; `blind`: its number is all there is."""
    if not cabinet.place and not cabinet.gain:
        return [], []
    name = f"mix of {cabinet.parts}" if cabinet.parts else cabinet.name
    rest = [text for text in (cabinet.gain, cabinet.progress) if text]
    short = [", ".join([f"cab {cabinet.place}", *rest])]
    return short if blind else [", ".join([f"cab {cabinet.place} {name}", *rest])], short


class Entry:
    """A text that is typed for a command: Enter ends it, Escape gives it up. `preview`: what it would do."""

    def __init__(self, command: Command[Any], preview: Callable[[str], str] = lambda _: "") -> None:
        self.command, self.preview, self.text, self.is_cancelled = command, preview, "", False

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

    def line(self) -> str:
        """What is shown while it is typed."""
        return f"{self.command.prompt}: {self.text}_   ({self.preview(self.text) or 'Esc: no'})"
