"""A row for the table of interfaces, made of what `rig calibrate` measured: nothing of it tells of a person."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import ConfigError
from ...files.toml_file import written
from ..calibrated_levels import KnownLevel, Settings
from .row_fields import LICENSE, SCHEMA

AGAINST_SEND = "measured against the send"
MULTIMETER = "multimeter"
RETURN_LEVELS = {"line": "max_line_dbu", "microphone": "max_mic_dbu"}
HOW_TO = (
    "measure it: `rig calibrate send` with a multimeter, then the send plugged into the instrument input, its gain at "
    "minimum, and `rig calibrate interface --loop`"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Levels in dBu by their keys in a row, how each was measured, and the day of the last one."""

    levels: Mapping[str, float]
    methods: tuple[str, ...]
    date: str


def measured(settings: Settings, send_is: str | None = None, return_is: str | None = None) -> Measured:
    """What of a calibration was measured with a meter. ConfigError where nothing was, with the way to measure it.

    `send_is`: "line-out" where the send is a bare line output, its knob fully up. `return_is`: which input the return
    is, its gain at minimum.
    """
    levels: dict[str, float] = {}
    methods, dates = [], []
    if send_is is not None:
        send = _kept(settings.send, "send")
        if send.method != MULTIMETER:
            raise ConfigError(f"The send is not measured but known by {send.method}: rig calibrate send measures it.")
        levels["max_line_out_dbu"] = send.dbu
        methods.append("line output: 1 kHz sine, read with the meter, output knob fully up, nothing else connected")
        dates.append(send.date)
    if return_is is not None:
        returned = _kept(settings.returned, "return")
        _check_send(returned, "return", "rig calibrate return")
        levels[RETURN_LEVELS[return_is]] = returned.dbu
        methods.append(f"{return_is} input: {_against(returned)}")
        dates.append(returned.date)
    interface = settings.interface
    if interface is not None and interface.method == AGAINST_SEND:
        _check_send(interface, "interface", "rig calibrate interface --loop")
        levels["max_inst_dbu"] = interface.dbu
        methods.insert(0, f"instrument input: {_against(interface)}")
        dates.append(interface.date)
    elif not levels:
        known = "not known" if interface is None else f"known by {interface.method}"
        raise ConfigError(f"Nothing was measured: the level of the interface is {known}; {HOW_TO}.")
    return Measured(levels, tuple(methods), max(dates))


def _kept(level: KnownLevel | None, part: str) -> KnownLevel:
    if level is None:
        raise ConfigError(f"The level of the {part} is not known: rig calibrate {part} measures it.")
    return level


def _check_send(level: KnownLevel, part: str, again: str) -> None:
    """A level is as good as that of the send that it was measured against."""
    if level.send != MULTIMETER:
        how = f"was {level.send}" if level.send else "is not told"
        raise ConfigError(
            f"The {part} was measured against a send whose own level {how}, and a row needs one that was read with a "
            f"meter: rig calibrate send, then {again} once more."
        )


def _against(level: KnownLevel) -> str:
    text = "1 kHz sine from an output whose level the meter had read, gain at minimum"
    return f"{text}, but for {level.gain_db:g} dB by its own scale, taken off" if level.gain_db else text


def row_text(
    found: Measured, maker: str, model: str, meter: str, version: str, driver: str = "", system: str | None = None
) -> str:
    """The content of a file with that one row, ready to be sent.

    ValueError for text that is none. `system`: that of this computer, unless one is given.
    """
    lines: dict[str, str | float] = {
        "maker": maker,
        "model": model,
        **{key: round(dbu, 1) + 0.0 for key, dbu in found.levels.items()},
        "basis": "measured",
        "source": f"measured with rig {version} (rig calibrate)",
        "date": found.date,
        "method": "; ".join(found.methods),
        "meter": meter,
        "driver": driver,
        "system": this_system() if system is None else system,
    }
    body = "\n".join(f"{key} = {written(value)}" for key, value in lines.items() if value != "")
    return f'# SPDX-License-Identifier: {LICENSE}\nschema = {SCHEMA}\nlicense = "{LICENSE}"\n\n[[interface]]\n{body}\n'


def this_system() -> str:
    """The operating system with its version, and nothing of what somebody may have called it.

    >>> "(" in this_system()
    False
    """
    number = re.match(r"\d+(?:\.\d+)?", platform.release())
    return f"{platform.system()} {number[0]}" if number else platform.system()
