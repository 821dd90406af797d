"""What is shown while playing in one line of a log; and a text that is being typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...dsp.tone.knobs import KNOBS
from ...scripting.clock import minutes
from ..display.rows import cells, shortened
from .meters import bar, level, tuner_lines

if TYPE_CHECKING:
    from ...backends.lost import Lost
    from ...player.command import Command
    from ...player.state import CabinetState, PlayerState
    from ...player.tools.recorder import Recording

LONGEST_TEXT = 1000  # characters


def log_line(state: PlayerState, lost: Lost) -> str:
    """All of it in one line, for a log."""
    if state.tuner is not None:
        return tuner_lines(state.tuner)[0] + (" | MUTED" if state.values["mute"] else "")
    parts = [f"preset {state.preset}"] if state.preset else []
    parts += [f"{state.model_place} {state.asked_model}"] if state.model_place else []
    parts += _cabinet(state.cabinet, blind=bool(state.values.get("blind")))
    second = (("second", state.between),) if state.between is not None else ()
    for name, meter in (("in", state.input), ("model", state.heard), *second, ("out", state.output)):
        clips = f" CLIP {meter.clips}" if meter.clips and name in ("in", "out") else ""
        hint = f" {state.hint}" if name == "in" and state.hint else ""
        drawn = f" {bar(meter.peak_dbfs, state.loudest_dbfs, state.zone_dbfs)}" if name == "in" else ""
        parts.append(f"{name}{drawn} {level(meter.peak_dbfs)} ({level(meter.rms_dbfs)}){clips}{hint}")
    if state.load_median is not None and state.load_worst is not None:
        parts.append(f"time {state.load_median:.1%} ({state.load_worst:.1%})")
    return " | ".join([*parts, str(lost), *_states(state), state.calibration])


def _states(state: PlayerState) -> list[str]:
    values, recorded_s = state.values, state.loop_recorded_s
    shut = "" if state.gate_is_open else " shut"
    states = [
        (recording_text(state.recording), state.recording is not None),
        (f"GATE {values['gate_threshold']:.0f}{shut}", values["gate"]),
        (f"CUT {values['rumble']:g} Hz", values["rumble"]),
        ("TONE", any(values.get(knob.name) for knob in KNOBS)),
        (f"EQ {state.eq_bands}", state.eq_bands > 0),
        (f"RECORDING {recorded_s or 0.0:.1f} s", recorded_s is not None),
        ("LOOP", values["loop"]),
        ("BACKING", state.backing is not None and state.backing.is_playing),
        ("MUTED", values["mute"]),
        (f"volume {values['volume']:+z.0f} dB", values["volume"] != 0.0),
        ("MIDI LEARN", state.is_learning),
        ("BYPASS", values["bypass"]),
        ("REDUCED", state.is_reduced),
        ("ASLEEP", state.is_asleep),
    ]
    return [name for name, is_on in states if is_on]


def recording_text(recording: Recording | None) -> str:
    """Time recorded and space left."""
    if recording is None:
        return ""
    left = ""
    if recording.left_s is not None and recording.free_bytes is not None:
        hours = recording.left_s / 3600
        gigabytes = recording.free_bytes / 1e9
        left = f" ({gigabytes:.1f} GB, {hours:.0f} h left)" if hours >= 1 else f" ({60 * hours:.0f} min left)"
    return f"REC {minutes(recording.seconds)}{left}"


def _cabinet(cabinet: CabinetState, blind: bool) -> list[str]:
    """Where in the bank the player stands, with the file's name; `blind`: its number is all there is."""
    if not cabinet.place and not cabinet.gain:
        return []
    name = f"mix of {cabinet.parts}" if cabinet.parts else cabinet.name
    rest = [text for text in (cabinet.gain, cabinet.progress) if text]
    return [", ".join([f"cab {cabinet.place}" if blind else f"cab {cabinet.place} {name}", *rest])]


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

    def line(self, width: int) -> str:
        """What is shown of it in so many cells: always the end of what is typed, and what it would do if that fits."""
        text = f"{self.command.prompt}: {self.text}_"
        longer = f"{text}   ({self.preview(self.text) or 'Esc: no'})"
        if cells(longer) <= width:
            return longer
        return text if cells(text) <= width else shortened(text, width)
