"""What `rig calibrate` does: asks, plays, works the level out, keeps it.

Compiled code is imported where something is played: what is kept, entered or taken from a table does not wait for it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ...capture.levels import (
    advice_on_send,
    known_input_dbu,
    meter_doubt,
    return_level_dbu,
    return_level_from_spec_dbu,
    send_level_dbu,
    send_level_from_known_input_dbu,
    send_level_from_spec_dbu,
)
from ...errors import CaptureError, ConfigError
from ...levels import ENTERED, checked_preamp_gain_db, entered_level
from ...library.calibrated_levels import (
    KnownLevel,
    Ports,
    RoundTrip,
    Settings,
    load_settings,
    remember,
    settings_file,
    today,
)
from ...library.commons.measured_row import AGAINST_SEND
from ...library.interfaces import Interface
from ..console import Console
from .measured_gain import MeasuredGain

CABLE = "Plug a cable from {send} straight into {return}; knobs as they are for the take."


def _show(options: argparse.Namespace) -> int:
    if getattr(options, "row", None) is not None:
        from .row_to_send import write_row

        return write_row(options)
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
    operator = Console(options.yes)
    checked_preamp_gain_db(options.preamp_gain_db)
    if options.max_input_dbu is not None:
        dbu = entered_level(options.max_input_dbu, "maximum input level").dbu
        return _keep(options, "interface", dbu, "entered by you")
    if options.loop:
        send = _known_send(options)
        gain, told = MeasuredGain(options, operator), "Plug the send {send} into the instrument input {return}"
        read = _read(options, operator, f"{told}, its gain at minimum.", gain.watched)
        dbu = known_input_dbu(send, options.dbfs, read, gain.gain_db)
        how = _method_of_send(options)
        return _keep(options, "interface", dbu, AGAINST_SEND, send=how, gain_db=gain.gain_db or None)
    name = options.interface or operator.ask("Your interface, by name (rig interfaces lists them)?", "--interface NAME")
    interface = Interface.named(name)
    method = f"table, {interface.basis or 'your entry'}"
    return _keep(options, "interface", interface.level().dbu, method, interface.name)


def _send(options: argparse.Namespace) -> int:
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
    return _keep(options, "send", dbu, method)


def _ask_volts(options: argparse.Namespace, operator: Console) -> float:
    """Play the tone while somebody reads the meter."""
    from ...capture.calibration import volts_while_it_plays
    from ..tape_decks import opened

    told = (
        "Unplug the cable of {send} from the gear and hold the meter (AC volts, true RMS) to its tip and sleeve. "
        f"1 kHz plays at {options.dbfs:g} dBFS."
    )
    with opened(options, operator, told) as (_, deck, _wiring):
        return volts_while_it_plays(deck, operator, options.dbfs)


def _return(options: argparse.Namespace) -> int:
    if options.spec_dbu is not None:
        dbu = return_level_from_spec_dbu(options.spec_dbu, options.preamp_gain_db)
        return _keep(options, "returned", dbu, "spec")
    send, how = _known_send(options), _method_of_send(options)
    read = _read(options, Console(options.yes), CABLE)
    method = "multimeter" if how == ENTERED else how  # as good as the send
    return _keep(options, "returned", return_level_dbu(send, options.dbfs, read), method, send=how)


def _method_of_send(options: argparse.Namespace) -> str:
    """How the level of the send is known."""
    kept = load_settings().send
    return ENTERED if options.send_dbu is not None or kept is None else kept.method


def _known_send(options: argparse.Namespace) -> float:
    if options.send_dbu is not None:
        return float(options.send_dbu)
    kept = load_settings().send
    if kept is None:
        raise ConfigError("The level of the send is not known yet: run rig calibrate send first, or give --send-dbu X.")
    return kept.dbu


def _read(
    options: argparse.Namespace,
    operator: Console,
    told: str,
    watched: Callable[[str], AbstractContextManager[Any]] = nullcontext,
) -> float:
    """What comes back of the tone, in dBFS; `watched` looks meanwhile after what belongs to the port of the return."""
    from ...capture.calibration import read_tone
    from ..tape_decks import opened

    with opened(options, operator, told) as (_, deck, wiring), watched(wiring.returned):
        read = read_tone(deck, operator, options.dbfs)
        remember(ports=Ports(wiring.send, wiring.returned))
    operator.say(f"1 kHz at {options.dbfs:g} dBFS comes back at {read:.2f} dBFS.")
    return read


def _latency(options: argparse.Namespace) -> int:
    from ...capture.calibration import round_trip
    from ..tape_decks import opened

    with opened(options, Console(options.yes), CABLE) as (backend, deck, wiring):
        lag = round_trip(deck, Console(options.yes))
        trip = RoundTrip(round(lag.samples, 2), backend.block_size, today())
    remember(round_trip=trip, ports=Ports(wiring.send, wiring.returned))
    turned = ", polarity inverted" if lag.polarity < 0 else ""
    print(f"Latency    {lag.samples:.1f} samples, {lag.samples / 48:.2f} ms at a period of {trip.period}{turned}")
    return 0


def _tone(options: argparse.Namespace) -> int:
    from ...capture.calibration import play_tone
    from ..tape_decks import opened

    if not (-100 <= options.dbfs <= 0 and 1 <= options.freq <= 20000):
        raise CaptureError("A tone has 1 to 20000 Hz and at most 0 dBFS.")
    operator = Console(options.yes)
    told = f"{options.freq:g} Hz at {options.dbfs:g} dBFS goes to {{send}}; Ctrl-C ends it."
    began = time.monotonic()

    def until(peak_dbfs: float) -> bool:
        operator.meter("Tone", 0, 1, peak_dbfs)
        return options.seconds is not None and time.monotonic() - began > options.seconds

    try:
        with opened(options, operator, told) as (_, deck, _wiring):
            began = time.monotonic()
            play_tone(deck, options.freq, options.dbfs, until)
    except KeyboardInterrupt:
        print(file=sys.stderr)
    return 0


def _keep(options: argparse.Namespace, part: str, dbu: float, method: str, name: str = "", **more: Any) -> int:
    """Keep it; another one that is kept already is replaced only if that is wanted."""
    dbu = round(entered_level(dbu, f"{part} level").dbu, 2)
    kept: KnownLevel | None = getattr(load_settings(), part)
    if kept is not None and (kept.dbu, kept.name) != (dbu, name):
        new = KnownLevel(dbu, method, today(), name).level()
        question = f"Kept already: {kept.level()}. Replace it with {new}? (y/n)"
        if not options.yes and Console().ask(question, "--yes").casefold() not in ("y", "yes"):
            print(f"{kept.level()} stays.")
            return 0
    known: Any = KnownLevel(dbu, method, today(), name, **more)
    print_settings(remember(**{part: known}))
    return 0


STEPS: dict[str, Callable[[argparse.Namespace], int]] = {
    "show": _show,
    "interface": _interface,
    "send": _send,
    "return": _return,
    "latency": _latency,
    "tone": _tone,
}
