"""`rig devices`: the sound cards that PortAudio reaches, under the names that `--input` and `--output` take."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ...errors import BackendError
from ..options import add_json_option

if TYPE_CHECKING:
    from ...backends.portaudio.devices import Device, Route


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "devices",
        help="list the sound cards for rig play --backend portaudio",
        description="The sound cards that PortAudio reaches, by host API, with their channels and the rates they take "
        "now. A part of a name is enough for --input and --output. * marks what plays where nothing is named.",
        examples=("rig devices",),
    )
    add_json_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    from ...backends.portaudio import libportaudio
    from ...backends.portaudio.devices import choose

    with libportaudio.listed() as (library, devices):
        apis = libportaudio.host_apis(library)
        rates = {device.index: libportaudio.rates(library, device) for device in devices}
    route, problem = None, None
    try:
        route = choose(devices)
    except BackendError as error:
        problem = str(error)
    if options.json:
        print(json.dumps({"host_apis": apis, "devices": [_data(d, rates[d.index], route) for d in devices]}, indent=2))
        return 0
    for api in apis:
        here = [device for device in devices if device.host_api == api]
        print(api if here else f"{api}: no sound card")
        for device in here:
            print(*_lines(device, rates[device.index], route), sep="\n")
    if problem is not None:
        print(problem)
    return 0


def _data(device: Device, rates: list[int], route: Route | None) -> dict[str, Any]:
    chosen_input, chosen_output = _chosen(device, route)
    return {
        "full_name": device.full_name,
        **asdict(device),
        "rates": rates,
        "capture": device.channels(True),
        "playback": device.channels(False),
        "chosen_input": chosen_input,
        "chosen_output": chosen_output,
    }


def _lines(device: Device, rates: list[int], route: Route | None) -> list[str]:
    lines = [f"  {device.full_name}"]
    sides = ((device.span(True), device.input_latency_s), (device.span(False), device.output_latency_s))
    for (channels, latency_s), chosen in zip(sides, _chosen(device, route), strict=True):
        if channels:
            latency = f", latency {1000 * latency_s:.1f} ms" if latency_s is not None else ""
            lines.append(f"  {'*' if chosen else ' '} {channels}{latency}")
    taken = ", ".join(str(rate) for rate in rates)
    lines.append(f"    takes {taken} Hz" if rates else "    takes no rate now: another program may hold it")
    return lines


def _chosen(device: Device, route: Route | None) -> tuple[bool, bool]:
    """Whether the guitar would come from it, and whether it would be played through, if nothing were named."""
    if route is None:
        return False, False
    return route.input is not None and route.input.index == device.index, route.output.index == device.index
