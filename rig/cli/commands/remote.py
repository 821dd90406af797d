"""`rig remote COMMAND [VALUE]`: steer a rig that plays, from another terminal or a script."""

from __future__ import annotations

import argparse
import json
import math
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ...player.events import Event
from ..live.sentences import sentence
from ..options import add_json_option

if TYPE_CHECKING:
    from ...web.remote import Remote

OWN = ("watch", "state", "commands", "list", "devices", "revoke")  # what is no command of the table
SWITCHED = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "remote",
        help="steer a rig that plays, from another terminal or a script",
        usage="rig remote [options] COMMAND [VALUE]",
        description="Carry out a command of a rig that plays on this machine, by the name that keys and MIDI know it "
        "by; rig remote commands lists them. Without VALUE a switch, a choice or a value says how it stands. watch "
        "prints all that changes, a JSON object a line; list NAME prints models, cabinets, presets, favourites, "
        "problems or interfaces; devices and revoke ID look after paired phones.",
        examples=(
            "rig remote mute on",
            "rig remote volume -12",
            "rig remote search_model crunch",
            "rig remote list models",
            "rig remote watch --meters",
        ),
    )
    command.add_argument("name", metavar="COMMAND", help=f"name of a command, or {', '.join(OWN)}")
    command.add_argument(
        "value", nargs="*", default=[], metavar="VALUE", help="on, off, a number, one of the choices, or a text"
    )
    command.add_argument("--page-port", type=int, metavar="N", help="which rig, where several play (default: the last)")
    command.add_argument("--meters", action="store_true", help="with watch: the meters as well")
    add_json_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    from ...web.remote import Remote
    from ...web.runs import running

    value = " ".join(options.value)
    with Remote.of(running(options.page_port)) as rig:
        if options.name in OWN:
            return _own(rig, options, value)
        command = next((each for each in rig.hello["commands"] if each["name"] == options.name), None)
        if command is None:
            raise UsageError(f"That rig has no command {options.name}; rig remote commands lists them.")
        if command["name"] in rig.state["values"] and not value:
            return _show(options.name, rig.state["values"][options.name], command, options.json)
        rig.do(options.name, typed(command, value))
        if not options.json:
            for event in rig.events:
                print(sentence(Event(event["kind"], event["text"]), _way))
        if command["name"] in rig.state["values"]:
            return _show(options.name, rig.state["values"][options.name], command, options.json)
        if options.json:
            print(json.dumps({"ok": options.name, "events": rig.events}, indent=2))
        return 0


def _way(name: str, direction: int) -> str:
    """How a command is carried out from here."""
    return f"rig remote {name}"


def typed(command: dict[str, Any], text: str) -> float | bool | str | None:
    """A value as it was typed, for a command of that kind. Raises UsageError.

    >>> typed({"name": "mute", "kind": "switch"}, "on"), typed({"name": "volume", "kind": "value"}, "-12,5")
    (True, -12.5)
    """
    kind = command["kind"]
    if kind == "text":
        return text
    if not text:
        return None
    if kind == "switch":
        if text.casefold() not in SWITCHED:
            raise UsageError(f"{command['name']} is on or off, not {text!r}.")
        return SWITCHED[text.casefold()]
    if kind == "choice" and text in command["choices"]:
        return text
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        wanted = f"one of {', '.join(map(str, command['choices']))}" if kind == "choice" else "a number"
        raise UsageError(f"{command['name']} takes {wanted}, not {text!r}.")
    return number


def _own(rig: Remote, options: argparse.Namespace, value: str) -> int:
    if options.name == "watch":
        return _watch(rig, options.meters)
    if options.name == "state":
        print(json.dumps(rig.state, indent=2))
    elif options.name == "commands":
        _commands(rig, options.json)
    elif options.name == "revoke":
        rig.do("revoke_device", value)
        print("Revoked; the address that rig prints now lets others in.")
    else:
        name = "devices" if options.name == "devices" else value
        if not name:
            raise UsageError("Say which list: models, cabinets, presets, favourites, problems or interfaces.")
        _list(rig.list(name)["items"], options.json)
    return 0


def _watch(rig: Remote, meters: bool) -> int:
    """Until Ctrl-C, or until rig ends."""
    from ...web.meters import METERS, read_frame

    names = rig.hello["meters"][str(METERS)]
    print(json.dumps({"state": rig.state, "rev": rig.rev}), flush=True)
    rig.watch(meters=meters)
    for message in rig.messages():
        if isinstance(message, bytes):
            kind, frame, values = read_frame(message)
            if kind == METERS:
                read = {
                    name: value if math.isfinite(value) else None for name, value in zip(names, values, strict=True)
                }
                print(json.dumps({"meters": read, "frame": frame}), flush=True)
        else:
            print(json.dumps(message), flush=True)
    return 0


def _commands(rig: Remote, as_json: bool) -> None:
    commands = rig.hello["commands"]
    if as_json:
        print(json.dumps(commands, indent=2))
        return
    width = max(len(command["name"]) for command in commands)
    for command in commands:
        takes = _takes(command)
        print(f"{command['name']:<{width}}  {command['text']}{f' ({takes})' if takes else ''}")


def _takes(command: dict[str, Any]) -> str:
    kind = command["kind"]
    if kind == "value":
        return f"{command['low']:g} to {command['high']:g} {command.get('unit', '')}".rstrip()
    if kind == "choice":
        return ", ".join(f"{c:g}" if isinstance(c, float | int) else c for c in command["choices"])
    return {"switch": "on, off", "text": "a text"}.get(kind, "a number" if command.get("numbered") else "")


def _list(items: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(items, indent=2))
        return
    for item in items:
        number = item.get("index", item.get("id", item.get("number", "")))
        marks = [mark for mark in ("playing", "favourite", "kept", "rejected", "connected") if item.get(mark)]
        told = [str(item[key]) for key in ("problem", "text", "note") if item.get(key)]
        level = f"{item['dbu']:g} dBu" if "dbu" in item else ""
        folder = f"{item['folder']}/" if item.get("folder") else ""
        name = f"{folder}{item.get('name', '')}"
        print("  ".join(part for part in (f"{number!s:>4}", name, level, ", ".join(marks), *told) if part.strip()))


def _show(name: str, value: Any, command: dict[str, Any], as_json: bool) -> int:
    if as_json:
        print(json.dumps({name: value}))
        return 0
    shown = {True: "on", False: "off"}[value] if isinstance(value, bool) else value
    shown = f"{shown:g}" if isinstance(shown, float | int) else shown
    print(" ".join([name, str(shown), command.get("unit", "")]).rstrip())
    return 0
