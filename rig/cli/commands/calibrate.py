"""`rig calibrate`: what 0 dBFS is worth at the interface, at the send and at the return, and how late the loop is."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from ..console import Console, add_desk_options
from ..options import add_json_option
from ..tape_decks import opened

if TYPE_CHECKING:
    from ...library.calibrated_levels import Settings

TONE_DBFS = -12.0
CABLE = "Plug a cable from {send} straight into {return}; knobs as they are for the take."


def add(commands: Any) -> None:
    """Declare the command and its parts."""
    command = commands.add_parser(
        "calibrate",
        help="find out and keep the levels of your interface, of send and return, and the latency",
        description="Levels in dBu at 0 dBFS, and the latency of the loop; kept with method and date, and used by play "
        "and capture. Without a part: shows what is kept.",
    )
    parts = command.add_subparsers(dest="part", metavar="WHAT")
    _add_interface(parts)
    _add_send(parts)
    _add_return(parts)
    _add_latency(parts)
    _add_tone(parts)
    show = parts.add_parser("show", help="what is kept", description="What is kept.")
    for shown in (command, show):
        add_json_option(shown)
        shown.set_defaults(run=_show)


def _add_interface(parts: Any) -> None:
    command = parts.add_parser(
        "interface",
        help="the level of its instrument input",
        description="The level of the instrument input at 0 dBFS and minimum gain: from rig's table, from the manual, "
        "or measured with the send, whose level is known, plugged into it.",
    )
    command.add_argument("--interface", metavar="NAME", help="by name, from the table")
    command.add_argument("--max-input-dbu", type=float, metavar="X", help="from its manual")
    command.add_argument("--loop", action="store_true", help="measure: the send plugged into the instrument input")
    command.add_argument("--preamp-gain-db", type=float, default=0.0, metavar="G", help="dialled in meanwhile")
    _add_loop_options(command)
    command.set_defaults(run=_interface)


def _add_send(parts: Any) -> None:
    command = parts.add_parser(
        "send",
        help="the level at the jack that feeds the gear",
        description="Plays 1 kHz and asks what a multimeter shows (volts RMS, tip to sleeve, the cable unplugged from "
        "the gear); or the send goes into an input whose level is published; or from published figures alone.",
    )
    command.add_argument("--volts", type=float, metavar="V", help="what the meter shows")
    command.add_argument("--volts-200-hz", type=float, metavar="V", help="the same at 200 Hz: many meters err at 1 kHz")
    command.add_argument("--known-input-dbu", type=float, metavar="I", help="the send is in an input of this level")
    command.add_argument("--spec-dbu", type=float, metavar="O", help="line output at 0 dBFS, from its manual")
    command.add_argument(
        "--pad-db", type=float, default=0.0, metavar="P", help="with --spec-dbu: loss of the re-amp box"
    )
    _add_loop_options(command)
    command.set_defaults(run=_send)


def _add_return(parts: Any) -> None:
    command = parts.add_parser(
        "return",
        help="the level of the input that the gear comes back to",
        description="The send, whose level is known, plugged straight into the return; or from published figures.",
    )
    command.add_argument("--spec-dbu", type=float, metavar="I", help="maximum input level, from its manual")
    command.add_argument("--preamp-gain-db", type=float, default=0.0, metavar="G", help="gain dialled in above minimum")
    _add_loop_options(command)
    command.set_defaults(run=_return)


def _add_latency(parts: Any) -> None:
    command = parts.add_parser(
        "latency", help="how late the loop is", description="From the send over a cable to the return, with noise."
    )
    add_desk_options(command)
    command.set_defaults(run=_latency)


def _add_tone(parts: Any) -> None:
    command = parts.add_parser(
        "tone", help="play a tone until Ctrl-C", description="Play a sine to the send, for a meter, until Ctrl-C."
    )
    command.add_argument("--freq", type=float, default=1000.0, metavar="HZ", help="default 1000")
    command.add_argument("--dbfs", type=float, default=TONE_DBFS, metavar="D", help=f"peak (default {TONE_DBFS:g})")
    command.add_argument("--seconds", type=float, metavar="S", help="end by itself")
    add_desk_options(command)
    command.set_defaults(run=_tone)


def _add_loop_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--dbfs", type=float, default=TONE_DBFS, metavar="D", help=f"of the tone ({TONE_DBFS:g})")
    command.add_argument("--send-dbu", type=float, metavar="X", help="level of the send, if it is not kept already")
    add_desk_options(command)


# ---------------------------------------------------------------- carrying out
def _show(options: argparse.Namespace) -> int:
    from ...library.calibrated_levels import load_settings, settings_file

    settings = load_settings()
    if options.json:
        print(json.dumps(settings.to_json(), indent=2))
        return 0
    print_settings(settings)
    print(f"Kept in    {settings_file()}")
    return 0


def print_settings(settings: Settings) -> None:
    """One line per part, and how to find out what is not known."""
    for name, known, part in (
        ("Interface", settings.interface, "interface"),
        ("Send", settings.send, "send"),
        ("Return", settings.returned, "return"),
    ):
        print(f"{name:10} {known.level() if known else f'not known: rig calibrate {part}'}")
    trip = settings.round_trip
    text = f"{trip.samples:.1f} samples at a period of {trip.period} ({trip.date})" if trip else None
    print(f"{'Latency':10} {text or 'not known: rig calibrate latency'}")


def _interface(options: argparse.Namespace) -> int:
    from ...capture.levels import known_input_dbu
    from ...levels import checked_preamp_gain_db, entered_level
    from ...library.interfaces import Interface

    operator = Console(options.yes)
    checked_preamp_gain_db(options.preamp_gain_db)
    if options.max_input_dbu is not None:
        return _keep("interface", entered_level(options.max_input_dbu, "maximum input level").dbu, "entered by you")
    if options.loop:
        send = _known_send(options)
        read = _read(options, operator, "Plug the send {send} into the instrument input {return}, its gain at minimum.")
        dbu = known_input_dbu(send, options.dbfs, read, options.preamp_gain_db)
        return _keep("interface", dbu, "measured against the send")
    name = options.interface or operator.ask(
        "Your interface, by name (as in rig/library/interfaces.toml)?", "--interface NAME"
    )
    interface = Interface.named(name)
    return _keep("interface", interface.level().dbu, f"table, {interface.basis or 'your entry'}", interface.name)


def _send(options: argparse.Namespace) -> int:
    from ...capture.levels import (
        advice_on_send,
        meter_doubt,
        send_level_dbu,
        send_level_from_known_input_dbu,
        send_level_from_spec_dbu,
    )

    operator = Console(options.yes)
    method = "multimeter"
    if options.spec_dbu is not None:
        dbu, method = send_level_from_spec_dbu(options.spec_dbu, 0.0, options.pad_db), "spec"
    elif options.known_input_dbu is not None:
        read = _read(options, operator, "Plug the send {send} into the input {return}, its gain at minimum.")
        dbu = send_level_from_known_input_dbu(options.known_input_dbu, options.dbfs, read)
        method = "loopback-to-known-input"
    else:
        volts = options.volts if options.volts is not None else _ask_volts(options, operator)
        dbu = send_level_dbu(volts, options.dbfs)
        doubt = meter_doubt(options.volts_200_hz, volts) if options.volts_200_hz else None
        if doubt:
            operator.say(doubt)
    advice = advice_on_send(dbu)
    if advice:
        operator.say(advice)
    return _keep("send", dbu, method)


def _ask_volts(options: argparse.Namespace, operator: Console) -> float:
    """Play the tone while somebody reads the meter."""
    import threading

    from ...capture.calibration import play_tone
    from ...errors import CaptureError

    told = (
        "Unplug the cable of {send} from the gear and hold the meter (AC volts, true RMS) to its tip and sleeve. "
        f"1 kHz plays at {options.dbfs:g} dBFS."
    )
    answers: list[str] = []
    with opened(options, operator, told) as (_, deck, _wiring):
        asking = threading.Thread(
            target=lambda: answers.append(operator.ask("Volts?", "--volts V", "")), name="rig-volts", daemon=True
        )
        asking.start()
        play_tone(deck, 1000.0, options.dbfs, lambda peak_dbfs: not asking.is_alive())
    try:
        return float(answers[0].casefold().removesuffix("v").replace(",", "."))
    except (ValueError, IndexError):
        raise CaptureError("That is no voltage; type what the meter shows, such as 1.5, or give --volts V.") from None


def _return(options: argparse.Namespace) -> int:
    from ...capture.levels import return_level_dbu, return_level_from_spec_dbu

    if options.spec_dbu is not None:
        return _keep("returned", return_level_from_spec_dbu(options.spec_dbu, options.preamp_gain_db), "spec")
    send, method = _known_send(options), _method_of_send(options)
    read = _read(options, Console(options.yes), CABLE)
    return _keep("returned", return_level_dbu(send, options.dbfs, read), method)


def _method_of_send(options: argparse.Namespace) -> str:
    """A return that was measured against the send is as good as the send."""
    from ...library.calibrated_levels import load_settings

    kept = load_settings().send
    return "multimeter" if options.send_dbu is not None or kept is None else kept.method


def _known_send(options: argparse.Namespace) -> float:
    from ...errors import ConfigError
    from ...library.calibrated_levels import load_settings

    if options.send_dbu is not None:
        return float(options.send_dbu)
    kept = load_settings().send
    if kept is None:
        raise ConfigError("The level of the send is not known yet: run rig calibrate send first, or give --send-dbu X.")
    return kept.dbu


def _read(options: argparse.Namespace, operator: Console, told: str) -> float:
    from ...capture.calibration import read_tone
    from ...library.calibrated_levels import Ports, remember

    with opened(options, operator, told) as (_, deck, wiring):
        read = read_tone(deck, operator, options.dbfs)
        remember(ports=Ports(wiring.send, wiring.returned))
    operator.say(f"1 kHz at {options.dbfs:g} dBFS comes back at {read:.2f} dBFS.")
    return read


def _latency(options: argparse.Namespace) -> int:
    from ...capture.calibration import round_trip
    from ...library.calibrated_levels import Ports, RoundTrip, remember, today

    with opened(options, Console(options.yes), CABLE) as (backend, deck, wiring):
        lag = round_trip(deck, Console(options.yes))
        trip = RoundTrip(round(lag.samples, 2), backend.block_size, today())
    remember(round_trip=trip, ports=Ports(wiring.send, wiring.returned))
    turned = ", polarity inverted" if lag.polarity < 0 else ""
    print(f"Latency    {lag.samples:.1f} samples, {lag.samples / 48:.2f} ms at a period of {trip.period}{turned}")
    return 0


def _tone(options: argparse.Namespace) -> int:
    from ...capture.calibration import play_tone
    from ...errors import CaptureError

    if not (-100 <= options.dbfs <= 0 and 1 <= options.freq <= 20000):
        raise CaptureError("A tone has 1 to 20000 Hz and at most 0 dBFS.")
    operator = Console(options.yes)
    began = time.monotonic()

    def until(peak_dbfs: float) -> bool:
        operator.meter("Tone", 0, 1, peak_dbfs)
        return options.seconds is not None and time.monotonic() - began > options.seconds

    try:
        with opened(
            options, operator, f"{options.freq:g} Hz at {options.dbfs:g} dBFS goes to {{send}}; Ctrl-C ends it."
        ) as (
            _,
            deck,
            _wiring,
        ):
            began = time.monotonic()
            play_tone(deck, options.freq, options.dbfs, until)
    except KeyboardInterrupt:
        print(file=sys.stderr)
    return 0


def _keep(part: str, dbu: float, method: str, name: str = "") -> int:
    from ...levels import entered_level
    from ...library.calibrated_levels import KnownLevel, remember, today

    known: Any = KnownLevel(round(entered_level(dbu, f"{part} level").dbu, 2), method, today(), name)
    print_settings(remember(**{part: known}))
    return 0
