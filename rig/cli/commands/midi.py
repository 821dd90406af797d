"""`rig midi`: what knobs and switches do, the last events, and `rig midi learn`, which binds them by moving them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConfigError
from ..display.screen import Screen
from ..live.midi_ports import no_midi
from ..options import add_client_option, add_json_option, add_midi_options, add_seconds_option

if TYPE_CHECKING:
    from ...midi_actions import Midi
    from ...player.midi.learn import Heard
    from ...player.midi.mapping import Binding
    from ...player.midi.observation import Move

WATCH_S = 0.02
RESTS_S, ONCE_S, LONGEST_S = 1.0, 2.0, 5.0  # a control has been moved: after more messages, after one, in any case
QUESTION = "What shall it do? A command, like volume -40 0, next_model or preset 3 (Enter: nothing, ?: all of them)"


def add(commands: Any) -> None:
    """Declare the command and its part."""
    command = commands.add_parser(
        "midi",
        help="what MIDI knobs, pedals and switches do; learn binds them",
        description="What MIDI does in rig play, and the last events of the last session.",
        examples=(
            "rig midi             # what is bound",
            "rig midi --commands  # what can be bound",
            "rig midi learn       # bind a knob or switch by moving it",
        ),
    )
    add_midi_options(command)
    command.add_argument("--commands", action="store_true", help="list what can be bound, with the range of each value")
    add_json_option(command)
    command.set_defaults(run=show)
    parts = command.add_subparsers(dest="part", metavar="WHAT", prog="rig midi")
    part = parts.add_parser(
        "learn",
        help="bind knobs, switches and program changes by moving them",
        description="Shows what arrives over JACK MIDI, asks what it shall do, and writes that into midi.toml.",
        examples=("rig midi learn", "rig midi learn --midi-port pedals"),
    )
    add_midi_options(part)
    add_client_option(part, "rig-midi")
    add_seconds_option(part)
    part.set_defaults(run=learn)


def show(options: argparse.Namespace) -> int:
    """List the mapping and the last events."""
    from ...player.commands import COMMANDS
    from ...player.midi.log import last_events
    from ...player.midi.mapping import load_mapping, mapping_file

    if options.commands:
        for command in COMMANDS.values():
            value = f" ({command.range})" if command.range else ""
            print(f"{command.name:<16} {command.text}{value}")
        return 0
    path: Path = options.midi or mapping_file()
    mapping = load_mapping(path, needed=options.midi is not None)
    ended, events = last_events()
    if options.json:
        content = {
            "schema": 1,
            "file": str(path) if path.exists() else None,
            "program_change": mapping.program_change,
            "channel": mapping.channel,
            "bindings": [_described(binding) for binding in mapping.bindings],
            "warnings": list(mapping.warnings),
            "last_session": {"ended": ended or None, "events": [asdict(event) for event in events]},
        }
        print(json.dumps(content, indent=1))
        return 0
    for warning in mapping.warnings:
        print(f"rig: {warning}.", file=sys.stderr)
    print(f"Mapping  {path}" if path.exists() else f"Mapping  none yet ({path}); rig midi learn begins one")
    for binding in mapping.bindings:
        print(f"         {binding.source:<22} {binding.target}")
    if mapping.program_change:
        where = "any channel" if mapping.channel is None else f"channel {mapping.channel}"
        print(f"         {f'program change, {where}':<22} the preset of its number")
    if events:
        print(f"Events   the last ones of the session that ended {ended}")
        for event in events:
            print(f"         {event}")
    return 0


def _described(binding: Binding) -> dict[str, Any]:
    described = asdict(binding)
    if binding.is_knob:
        described["low"], described["high"] = binding.ends
    return described


def learn(options: argparse.Namespace) -> int:
    """Bind one control after the other."""
    from ...backends.jack.client import Jack
    from ...player.midi.mapping import load_mapping, mapping_file

    path: Path = options.midi or mapping_file()
    load_mapping(path)  # what is wrong with it is said first
    screen = Screen(sys.stdout)
    with Jack(options.client, midi=True) as backend:
        from ...engine import Engine

        engine = Engine(backend.sample_rate)
        midi = engine.listen(())
        midi.record["monitor"] = 1
        backend.start(engine.block_address, engine.address)
        if not backend.midi_sources():
            screen.say(f"MIDI     {no_midi(backend)}")
        else:
            connected = backend.connect_midi(options.midi_port)
            nothing = f"no physical port; connect something to {backend.name}:midi"
            screen.say(f"MIDI     {', '.join(connected) or nothing}")
        until = None if options.seconds is None else time.monotonic() + options.seconds
        while True:
            screen.say(
                "Learn    move a knob from end to end, press a switch twice or send a program change (Ctrl-C ends)"
            )
            heard, moves = _await(midi, screen, until)
            if heard is None or not _bind(heard, moves, path, screen):
                return 0
            midi.drain()


def _await(midi: Midi, screen: Screen, until: float | None) -> tuple[Heard | None, list[Move]]:
    """The next message that may be bound, and how its control moves until it rests; None when time is up."""
    from ...player.midi.log import heard, in_words
    from ...player.midi.observation import Move

    first: Heard | None = None
    moves: list[Move] = []
    began = 0.0
    while until is None or time.monotonic() < until:
        now = time.monotonic()
        for line in midi.drain():
            found = heard(line)
            if first is None:
                screen.say(f"Heard    {in_words(line)}")
                first, began = found, now
            if first is not None and found is not None and found.source == first.source:
                moves.append(Move(now, found.data))
        if first is not None:
            rests = first.kind != "control" or now - moves[-1].at_s > (RESTS_S if len(moves) > 1 else ONCE_S)
            if rests or now - began > LONGEST_S:
                break
        time.sleep(WATCH_S)
    return first, moves


def _bind(heard: Heard, moves: list[Move], path: Path, screen: Screen) -> bool:
    """Ask and write; False when nobody answers any more."""
    from ...player.commands import COMMANDS
    from ...player.midi.learn import keep, learn_request
    from ...player.midi.observation import observed

    while True:
        screen.say(QUESTION)
        answer = sys.stdin.readline()
        text = answer.strip()
        if not text:
            return bool(answer)
        if text == "?":
            screen.say(", ".join(COMMANDS))
            continue
        try:
            request = learn_request(text)
            binding = request.binding(heard)
            binding = binding if request.names_kind else observed(binding, moves)
            replaced = keep(path, binding)
        except ConfigError as error:
            screen.say(str(error))
            continue
        instead = f" (in place of {replaced[0].target})" if replaced else ""
        screen.say(f"Kept     {binding.source}: {binding.target}{instead}, in {path}")
        return True
