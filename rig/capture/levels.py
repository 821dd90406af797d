"""Levels of a capture: what 0 dBFS is worth at the jack that feeds the gear (X) and at the one it returns to (Y).

X, `input_level_dbu`: the level in dBu of a 1 kHz sine that the file plays with a peak of 0 dBFS, where it enters the
gear. Y, `output_level_dbu`: the level of a 1 kHz sine that reads 0 dBFS peak in the recorded file. Digital levels are
peaks of a sine in dBFS throughout. What is not known stays None: a guessed level is worse than none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from ..decibels import db_from_gain
from ..errors import LevelError
from ..levels import MAX_LEVEL_DBU, dbu_from_volts_rms, volts_rms_from_dbu

Method = Literal["multimeter", "loopback-to-known-input", "spec", "unknown"]
METHODS: tuple[Method, ...] = get_args(Method)
METHOD_WORDS = {
    "multimeter": "measured by multimeter",
    "loopback-to-known-input": "measured by an input of published level",
    "spec": "from published figures",
    "unknown": "nobody said how that is known",
}

TARGET_DBU = (12.0, 18.0)  # as hot as a loud guitar with a boost, and no hotter than gear takes
TIMID_DBU, HOT_DBU = 8.0, 20.0
METER_DISAGREES_DB = 0.3  # between 200 Hz and 1 kHz: the meter is made for mains


def send_level_dbu(volts_rms: float, dbfs: float = 0.0) -> float:
    """X from a multimeter at the send, unplugged from the gear, while a sine of `dbfs` plays.

    >>> round(send_level_dbu(6.40), 2), round(send_level_dbu(1.00, -12.0), 2)
    (18.34, 14.22)
    """
    return dbu_from_volts_rms(volts_rms) - dbfs


def return_level_dbu(send_dbu: float, played_dbfs: float, read_dbfs: float) -> float:
    """Y from the send plugged straight into the return: a sine of `played_dbfs` was read with `read_dbfs`.

    >>> round(return_level_dbu(18.34, -6.5, -0.5), 2)
    12.34
    """
    return send_dbu + played_dbfs - read_dbfs


def send_level_from_known_input_dbu(max_input_dbu: float, played_dbfs: float, read_dbfs: float) -> float:
    """X without a meter: the send in an input whose level at 0 dBFS is published, its gain at minimum.

    Good to the maker's tolerance, about 1 dB either way.

    >>> round(send_level_from_known_input_dbu(12.2, -12.0, -9.5), 2)
    14.7
    """
    return max_input_dbu + read_dbfs - played_dbfs


def send_level_from_spec_dbu(max_output_dbu: float, trim_db: float = 0.0, pad_db: float = 0.0) -> float:
    """X from published figures alone: line output at 0 dBFS, digital trim, attenuation of the re-amp box (positive).

    >>> send_level_from_spec_dbu(24.0, -3.0, 9.0)
    12.0
    """
    return max_output_dbu + trim_db - pad_db


def return_level_from_spec_dbu(max_input_dbu: float, preamp_gain_db: float = 0.0) -> float:
    """Y from the published maximum of the return and the gain dialled in above its minimum.

    >>> return_level_from_spec_dbu(24.0, 6.0)
    18.0
    """
    return max_input_dbu - preamp_gain_db


def known_input_dbu(send_dbu: float, played_dbfs: float, read_dbfs: float, preamp_gain_db: float = 0.0) -> float:
    """The level of an input at 0 dBFS and minimum gain, from a send of known X plugged into it.

    >>> round(known_input_dbu(14.7, -12.0, -9.5), 2)
    12.2
    """
    return return_level_dbu(send_dbu, played_dbfs, read_dbfs) + preamp_gain_db


def loading_db(source_ohm: float, load_ohm: float) -> float:
    """What a source loses into a load; an unloaded reading is that much too high.

    >>> round(loading_db(10e3, 1e6), 2), round(loading_db(10e3, 68e3), 1)
    (-0.09, -1.2)
    """
    return db_from_gain(load_ohm / (source_ohm + load_ohm))


def meter_doubt(volts_at_200_hz: float, volts_at_1000_hz: float) -> str | None:
    """A sentence if the meter cannot be trusted at 1 kHz; many are made for mains only."""
    difference_db = db_from_gain(volts_at_1000_hz / volts_at_200_hz)
    if abs(difference_db) <= METER_DISAGREES_DB:
        return None
    return (
        f"The meter shows {difference_db:+z.1f} dB at 1 kHz against 200 Hz; use the reading at 200 Hz, or a true-RMS "
        "meter that is specified to 1 kHz."
    )


def peak_volts(dbu: float) -> float:
    """Volts at the peak of a sine.

    >>> round(peak_volts(12.0), 3)
    4.361
    """
    return math.sqrt(2) * volts_rms_from_dbu(dbu)


def advice_on_send(send_dbu: float) -> str | None:
    """A sentence if the send is not as hot as it should be, or too hot."""
    if send_dbu < TIMID_DBU:
        return (
            f"The send of {send_dbu:.1f} dBu at 0 dBFS is timid: hot pickups or a boost will drive the model harder "
            f"than it was trained. {TARGET_DBU[0]:g} to {TARGET_DBU[1]:g} dBu is right."
        )
    if send_dbu > HOT_DBU:
        return (
            f"The send of {send_dbu:.1f} dBu at 0 dBFS ({peak_volts(send_dbu):.1f} V peak) is hotter than gear for "
            f"guitars expects; {TARGET_DBU[0]:g} to {TARGET_DBU[1]:g} dBu is right."
        )
    return None


@dataclass(frozen=True, slots=True)
class CaptureLevels:
    """The levels of a capture, and how each became known.

    `send_dbu`, `return_dbu`: X and Y of the interface, for a trim of 0 dB and the return as it stood. `send_trim_db`:
    digital gain of what was played; `wet_scale_db`: of what was written (rig writes what it recorded: 0).
    """

    send_dbu: float | None = None
    send_method: Method = "unknown"
    return_dbu: float | None = None
    return_method: Method = "unknown"
    send_trim_db: float = 0.0
    return_gain_db: float | None = None  # dialled in on the interface; None: not known
    wet_scale_db: float = 0.0

    def __post_init__(self) -> None:
        for what, level, method in (
            ("send", self.send_dbu, self.send_method),
            ("return", self.return_dbu, self.return_method),
        ):
            if method not in METHODS:
                raise LevelError(f"A {what} level is known by {', '.join(METHODS)}, not by {method!r}.")
            if level is not None and not (math.isfinite(level) and abs(level) <= MAX_LEVEL_DBU):
                raise LevelError(
                    f"A {what} level of {level:g} dBu cannot be right: it lies within {MAX_LEVEL_DBU:g} dBu either way."
                )

    @property
    def input_level_dbu(self) -> float | None:
        """X of the file that was played: what a model trained on it says."""
        return None if self.send_dbu is None else self.send_dbu + self.send_trim_db

    @property
    def output_level_dbu(self) -> float | None:
        """Y of the file that was written."""
        return None if self.return_dbu is None else self.return_dbu - self.wet_scale_db

    def with_trim(self, send_trim_db: float) -> CaptureLevels:
        """The same wiring, played with another digital gain."""
        return replace(self, send_trim_db=send_trim_db)

    def to_json(self) -> dict[str, Any]:
        """For the sidecar."""
        return {
            "send_trim_db": self.send_trim_db,
            "input_level_dbu": _rounded(self.input_level_dbu),
            "input_method": self.send_method if self.send_dbu is not None else "unknown",
            "output_level_dbu": _rounded(self.output_level_dbu),
            "output_method": self.return_method if self.return_dbu is not None else "unknown",
            "return_gain_db": self.return_gain_db,
            "wet_scale_db": self.wet_scale_db,
        }


def _rounded(level_dbu: float | None) -> float | None:
    return None if level_dbu is None else round(level_dbu, 2)
