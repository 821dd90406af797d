"""`rig calibrate --row`: what was measured at this desk, as a row for everybody's table."""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path

from ... import __version__
from ...errors import ConfigError, UsageError
from ...files.atomic_write import write_text
from ...files.toml_file import parsed
from ...library.calibrated_levels import load_settings
from ...library.commons.measured_row import measured, row_text
from ...library.commons.row_check import check_table
from ...library.commons.row_fields import LEVELS
from ...library.interfaces import Interface
from ..console import Console


def write_row(options: argparse.Namespace) -> int:
    """Ask what is missing, write the file, say what becomes of it. ConfigError where nothing was measured."""
    path: Path = options.row
    if path.suffix.casefold() != ".toml":
        raise UsageError(f"--row takes the name of a TOML file, such as row.toml, not {str(path)!r}.")
    found = measured(load_settings(), options.send_is, options.return_is)
    if path.exists():
        raise ConfigError(f"{path}: the file exists already; choose another name: --row FILE.")
    operator = Console(json=options.json)
    maker, model = _named(options, operator)
    meter = options.meter or operator.ask(
        "What was it measured with? Maker and type of the multimeter, no serial number.", "--meter NAME"
    )
    try:
        text = row_text(found, maker, model, meter, __version__, options.driver or "")
        report = check_table(parsed(text.encode(), path, "table of interfaces", ConfigError))
    except UnicodeEncodeError:
        raise ConfigError("A name or the meter holds what is no text; write it by hand.") from None
    if report.problems:
        raise ConfigError(f"The row would be a bad one: {report.problems[0].text.partition(': ')[2]}")
    try:
        write_text(path, text, replace=False)
    except FileExistsError:
        raise ConfigError(f"{path}: the file exists already; choose another name: --row FILE.") from None
    if options.json:
        print(json.dumps({"file": str(path), "row": tomllib.loads(text)["interface"][0]}, indent=2))
        return 0
    levels = ", ".join(f"{LEVELS[key]} {dbu:.1f} dBu" for key, dbu in found.levels.items())
    print(f"Row        {maker} {model}: {levels}")
    print(f"Written    {path}; it passes `rig interfaces check`, and nothing in it tells of you")
    print("Send it    as it is: docs/interfaces.md says where. Sent, it is everybody's (CC0-1.0)")
    return 0


def _named(options: argparse.Namespace, operator: Console) -> tuple[str, str]:
    """Maker and model, as the table spells them where it has the interface."""
    if options.maker and options.model:
        return options.maker, options.model
    kept = load_settings().interface
    name = options.interface or (kept.name if kept else "") or ""
    if not name:
        name = operator.ask("Which interface was measured, by its name?", "--interface NAME")
    try:
        interface = Interface.named(name)
    except ConfigError as error:
        raise ConfigError(f"{str(error).rstrip('.')}; or say --maker NAME --model NAME of a new one.") from None
    if not (options.maker or interface.maker):
        raise ConfigError(f"The maker of {interface.name} is not known: say --maker NAME.")
    return options.maker or interface.maker, interface.model
