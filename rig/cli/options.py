"""Options that several commands share: levels, and where models and cabinets come from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..dsp.network.quality import QUALITIES
from ..errors import FileError, IRError, LevelError, ModelError, UsageError
from ..files.folders import AUDIO_ENDINGS, Found, files_in
from ..files.row_path import row_parts
from ..levels import LEVEL_MODES, Level, checked_preamp_gain_db, entered_level
from .backing_options import add_backing_options
from .open_backend import add_backend_options
from .tone_options import add_tone_options

if TYPE_CHECKING:
    from collections.abc import Iterable


KEPT, NO_INTERFACE = "kept", "none"  # in place of the name of an interface
NOT_KNOWN = "none"  # in place of a level


def capture_level(text: str) -> float | Literal["kept"] | None:
    """What --capture-dbu takes."""
    if text.strip().casefold() in (KEPT, NOT_KNOWN):
        return "kept" if text.strip().casefold() == KEPT else None
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no level: a number of dBu, {KEPT} or {NOT_KNOWN} is") from None


def add_level_options(command: argparse.ArgumentParser, follows: bool = False) -> None:
    """Everything that enters the sums of `rig.levels`; `follows`: the gain may be read from the interface."""
    levels = command.add_argument_group("levels")
    known = levels.add_mutually_exclusive_group()
    known.add_argument(
        "--interface",
        default=KEPT,
        metavar="NAME",
        help="your audio interface, by name (apollo-8x, scarlett-2i2-3rd-gen); none: no calibration (default kept: the "
        "one that rig calibrate interface keeps)",
    )
    known.add_argument(
        "--max-input-dbu",
        type=float,
        metavar="X",
        help="its level in dBu at 0 dBFS, gain at minimum, where no table knows it",
    )
    levels.add_argument(
        "--preamp-gain-db", type=float, default=0.0, metavar="G", help="gain dialled in on the interface (default 0)"
    )
    if follows:
        add_knob_option(levels)
    levels.add_argument(
        "--model-input-dbu",
        type=float,
        metavar="X",
        help="the model's input level where only its web page says it; remembered for that file",
    )
    levels.add_argument(
        "--level-mode",
        choices=LEVEL_MODES,
        help="output level (default: normalized; rig measures the loudness that a file does not state)",
    )


def add_knob_option(group: Any) -> None:
    """Whether, and from which card, the preamp of the interface is read."""
    group.add_argument(
        "--follow-knob",
        default="auto",
        metavar="CARD",
        help="read gain, INST, pad and air from the interface where its ALSA driver shows them: auto, off, a card "
        "(hw:1), a card and its input (hw:1,2), or the input (default auto; a gain that is given holds instead)",
    )


def add_overwrite_option(command: argparse.ArgumentParser, what: str) -> None:
    """Leave to replace a file."""
    command.add_argument("--overwrite", action="store_true", help=f"replace {what} if already there")


def add_size_option(command: Any, what: str = "a model that has several") -> None:
    """How much of a slimmable model plays."""
    command.add_argument("--size", type=float, default=1.0, metavar="V", help=f"size of {what}, 0 to 1 (default 1)")


def add_quality_option(command: Any) -> None:
    """At how many times its rate a model plays."""
    command.add_argument(
        "--quality",
        type=int,
        default=1,
        choices=QUALITIES,
        help="times the model's rate: the more, the fewer notes that nobody played, at as many times the cost (default "
        "1, as trained)",
    )


def add_follow_option(command: Any) -> None:
    """What a rig does with a model in training that is offered to it."""
    command.add_argument(
        "--follow-training",
        choices=("off", "ask", "on"),
        default="ask",
        help="a better model that rig train offers: ignore it, ask, or play it at once (default ask)",
    )


def add_blend_option(command: Any) -> None:
    """Two models side by side, instead of in a row."""
    command.add_argument(
        "--blend", type=float, metavar="SHARE", help="of FIRST+SECOND: side by side, with so much of SECOND (0 to 1)"
    )


def check_blend(options: argparse.Namespace) -> None:
    """Raise an error for a share that cannot be, or where there are no two models."""
    if options.blend is None:
        return
    if not 0.0 <= options.blend <= 1.0:  # NaN is in no range
        raise LevelError(
            f"--blend {options.blend:g} cannot be right: it goes from 0, the first model, to 1, the second."
        )
    if options.model is None or row_parts(options.model) is None:
        raise ModelError("--blend needs two models; name them as FIRST.nam+SECOND.nam.")


def add_client_option(group: Any, default: str = "rig") -> None:
    """What rig is called on the JACK server."""
    group.add_argument("--client", default=default, metavar="NAME", help=f"name of the JACK client (default {default})")


def add_into_option(command: Any, default: str, what: str) -> None:
    """The folder in which something is written."""
    command.add_argument(
        "--into", type=Path, default=Path(default), metavar="FOLDER", help=f"{what} (default ./{default})"
    )


def add_seconds_option(command: Any) -> None:
    """An end by the clock."""
    command.add_argument("--seconds", type=float, metavar="S", help="end by itself after so long")


def add_ir_argument(command: Any, metavar: str, what: str) -> None:
    """The cabinet, as the second name or as an option; see `take_ir`."""
    command.add_argument("ir", nargs="?", type=Path, metavar=metavar, help=what)
    command.add_argument(
        "--ir", dest="ir_option", type=Path, metavar=metavar, help=f"the same as the second name, {metavar}"
    )
    command.add_argument("--no-ir", action="store_true", help="no cabinet")


def add_what_plays(command: Any) -> None:
    """The model or preset, and the cabinet, each a file or a folder to step through."""
    command.add_argument(
        "model",
        nargs="?",
        type=Path,
        metavar="MODEL",
        help="a .nam file or a preset, or a folder of them; a row as PEDAL+AMP",
    )
    add_ir_argument(command, "IR", "a cabinet IR, or a folder of them")


def take_ir(options: argparse.Namespace) -> None:
    """Let `options.ir` be the cabinet however it was named. Raises UsageError for two, and for one with --no-ir."""
    named = getattr(options, "ir_option", None)
    if named is not None and options.ir is not None:
        raise UsageError(f"Two cabinets are named, {options.ir} and --ir {named}: leave one of them away.")
    options.ir = options.ir if named is None else named
    if options.ir is not None and options.no_ir:
        raise UsageError(f"--no-ir means no cabinet, and {options.ir} is one: leave one of them away.")


def add_channel_option(command: Any, what: str) -> None:
    """Which channel of a file is the guitar."""
    command.add_argument(
        "--channel",
        type=int,
        metavar="N",
        help=f"channel of {what} that is the guitar, from 1 (default: the one with sound in it)",
    )


def add_json_option(command: argparse.ArgumentParser) -> None:
    """The same report for programs."""
    command.add_argument("--json", action="store_true", help="print JSON")


def add_noise_options(command: Any) -> None:
    """Gate and rumble filter."""
    noise = command.add_argument_group("noise")
    noise.add_argument(
        "--gate-dbfs", type=float, metavar="X", help="noise gate: opens where the guitar peaks above this (-55, say)"
    )
    noise.add_argument(
        "--rumble-hz", type=float, metavar="HZ", help="rumble filter in front of the model: 40, 60, 80 (default: none)"
    )


def check_noise(options: argparse.Namespace) -> None:
    """Raise a LevelError for a gate or a filter that there is not, before anything is loaded."""
    if options.gate_dbfs is not None or options.rumble_hz is not None:
        from ..noise_control import checked_gate_dbfs, checked_rumble_hz

        checked_gate_dbfs(options.gate_dbfs)
        checked_rumble_hz(options.rumble_hz)


def add_session_options(command: Any, offline: bool = False, *, headless: bool = False) -> None:
    """Everything about ports, the guitar and memory that a live session needs; `offline`: a file may do instead.

    `headless`: nobody sits at a keyboard, and the session waits for its server.
    """
    add_size_option(command)
    add_quality_option(command)
    add_blend_option(command)
    add_level_options(command, follows=True)
    add_tone_options(command)
    add_noise_options(command)
    tuner = command.add_argument_group("tuner")
    tuner.add_argument("--a4", type=float, default=440.0, metavar="HZ", help="pitch of the A4 that T tunes to")
    tuner.add_argument("--tuner", choices=("mute", "heard"), default="mute", help="while it is on (default mute)")
    ports = command.add_argument_group("ports")
    ports.add_argument("--input", metavar="PORT", help="port or channel (or part of its name) that feeds the guitar in")
    ports.add_argument("--output", metavar="PORT", help="port or ports, channel or channels that take the sound")
    ports.add_argument("--no-connect", action="store_true", help="JACK: connect nothing; you do it in your patchbay")
    add_client_option(ports)
    add_backend_options(command, offline, waits=headless)
    if headless:
        command.set_defaults(keys=None)
    else:
        add_keys_option(command)
    add_midi_options(command)
    command.add_argument("--no-midi", action="store_true", help="no MIDI port")
    command.add_argument("--di", type=Path, metavar="FILE", help="loop this file in place of the guitar")
    add_channel_option(command, "that file")
    add_backing_options(command)
    command.add_argument("--record", action="store_true", help="record a take from the start; R does so at any time")
    add_into_option(command, "recordings", "where takes are written")
    add_seconds_option(command)
    command.add_argument(
        "--ir-memory-mb",
        type=_memory,
        default=512,
        metavar="M",
        help="memory for cabinets that are kept ready (default 512); what does not fit is read when asked for",
    )


def add_midi_options(command: Any) -> None:
    """Foot switches and knobs."""
    midi = command.add_argument_group("MIDI")
    midi.add_argument(
        "--midi", type=Path, metavar="FILE", help="what MIDI does (default: midi.toml in rig's configuration folder)"
    )
    midi.add_argument(
        "--midi-port", metavar="PORT", help="JACK MIDI port (or part of its name) to listen to (default: physical ones)"
    )


def add_keys_option(command: Any) -> None:
    """Keys of one's own."""
    command.add_argument(
        "--keys", type=Path, metavar="FILE", help="what keys do (default: keys.toml in rig's configuration folder)"
    )


def _memory(text: str) -> int:
    megabytes = int(text)
    if not 1 <= megabytes <= 1 << 20:
        raise argparse.ArgumentTypeError(f"{megabytes} MB; 1 to {1 << 20} can be set")
    return megabytes


def is_interface_named(options: argparse.Namespace) -> bool:
    """Whether --interface or --max-input-dbu says which interface it is, or that there is none."""
    return options.max_input_dbu is not None or options.interface not in (KEPT, None)


def interface_level(options: argparse.Namespace) -> Level | None:
    """The interface's level from --interface or --max-input-dbu, else the one that is kept; None: there is none."""
    if options.max_input_dbu is not None:
        return entered_level(options.max_input_dbu, "maximum input level")
    if options.interface in (KEPT, None):
        from ..library.calibrated_levels import kept_interface

        return kept_interface()
    if options.interface.strip().casefold() == NO_INTERFACE:
        return None
    from ..library.interfaces import Interface

    return Interface.named(options.interface).level()


def kept_send_dbu(options: argparse.Namespace) -> float | None:
    """The level of the send in dBu at 0 dBFS: from --send-dbu, else what `rig calibrate send` has kept."""
    if options.send_dbu is not None:
        return float(options.send_dbu)
    from ..library.calibrated_levels import load_settings

    known = load_settings().send
    return known.dbu if known is not None else None


def check_levels(options: argparse.Namespace) -> None:
    """Raise a LevelError for numbers that cannot be right, before anything is loaded."""
    checked_preamp_gain_db(options.preamp_gain_db)
    if getattr(options, "follow_knob", "auto") != "auto":
        from ..knob.cards import wanted

        wanted(options.follow_knob)
    if options.model_input_dbu is not None:
        entered_level(options.model_input_dbu, "model input level")


def take_second(options: argparse.Namespace) -> None:
    """Take `first+second` apart: `second` is the file or folder of what plays behind the first, or None."""
    check_blend(options)
    options.second = None
    if options.model is not None and (parts := row_parts(options.model)) is not None:
        options.model, options.second = parts
        if not options.second.exists():
            raise ModelError(
                f"{options.second}: there is no such file or folder; it was to play behind {parts[0].name}."
            )


def seconds(options: argparse.Namespace) -> list[Path]:
    """The models to step through behind the first; none where none is asked for."""
    return [] if options.second is None else models_from(options.second, ())


def is_model_named(options: argparse.Namespace) -> bool:
    """Whether one model was asked for by its name, and not a folder of them."""
    return options.model is not None and not options.model.is_dir()


def models_from(path: Path | None, bundled: Iterable[Path]) -> list[Path]:
    """The models to step through, see `_files_from`; those of a folder lie in it itself."""
    return _files_from(path, Path("models"), (".nam",), bundled, ModelError, below=False).files


def irs_from(path: Path | None, bundled: Iterable[Path]) -> Found:
    """The cabinets to step through, see `_files_from`; of a folder also what lies in folders below."""
    return _files_from(path, Path("irs"), AUDIO_ENDINGS, bundled, IRError, below=True)


def _files_from(
    path: Path | None,
    folder: Path,
    endings: tuple[str, ...],
    bundled: Iterable[Path],
    error: type[FileError],
    below: bool,
) -> Found:
    """What next and previous step through, in natural order, with the file to begin with in front.

    A named file is followed by its neighbours in the folder; a named folder gives its files; nothing named gives the
    local `folder`, and if there is nothing in it, what is bundled.
    """
    if path is not None and not path.is_dir():
        try:
            neighbours = files_in(path.parent, endings).files
        except FileError:
            neighbours = []
        return Found(_from(path, neighbours), [])
    if path is not None:
        found = files_in(path, endings, below)
        if not found.files:
            also = f" {found.problems[0]}" if found.problems else _packs_in(path)
            raise error(
                f"{path}: this folder holds no {' or '.join(endings)} file; name a file or another folder.{also}"
            )
        return found
    found = files_in(folder, endings, below) if folder.is_dir() else Found([], [])
    return found if found.files else Found(list(bundled), found.problems)


def _packs_in(folder: Path) -> str:
    """What to say of packs that lie in a folder as they were downloaded; empty where there are none."""
    packs = files_in(folder, (".zip", ".rar", ".7z")).files
    if not packs:
        return ""
    return f" There is {packs[0].name}{' and others' if len(packs) > 1 else ''}: unpack it first."


def _from(first: Path, neighbours: list[Path]) -> list[Path]:
    names = [p.name for p in neighbours]
    if first.name not in names:
        return [first, *neighbours]
    at = names.index(first.name)
    return [first, *neighbours[at + 1 :], *neighbours[:at]]
