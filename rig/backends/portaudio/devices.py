"""Sound cards as PortAudio lists them, their channels by name, and which of them a player means.

A channel is called like a JACK port: `ALSA: Scarlett 2i2 USB (hw:1,0):capture_1`. The same card may be there under
several host APIs (Windows knows four), and input and output have to be on one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...errors import BackendError
from ..jack.ports import LISTED, ambiguous, matching, meant

JACK, ASIO, WASAPI, CORE_AUDIO = "JACK Audio Connection Kit", "ASIO", "Windows WASAPI", "Core Audio"
# Where several host APIs reach the same card, the first of these is used: a server that holds the cards already, then
# by latency. PortAudio's own choice on Windows, MME, takes ten times as long as ASIO.
BY_LATENCY = (JACK, ASIO, CORE_AUDIO, WASAPI, "Windows WDM-KS", "ALSA", "OSS", "Windows DirectSound", "MME")
_CARD_NUMBER = re.compile(r" ?\(hw:\d+,\d+\)")  # of ALSA: another one after the cable was out


@dataclass(frozen=True, slots=True)
class Device:
    """One sound card under one host API."""

    index: int  # PortAudio's number of it, until the list is read again
    name: str
    host_api: str
    inputs: int  # channels
    outputs: int
    usual_rate: float  # Hz
    input_latency_s: float | None  # the least that PortAudio thinks sensible; None: no input
    output_latency_s: float | None
    usual_input: bool  # the one its host API would take
    usual_output: bool

    @property
    def full_name(self) -> str:
        """With the host API: the same card may be there under several."""
        return f"{self.host_api}: {self.name}"

    def channels(self, capture: bool) -> list[str]:
        """The names of its channels that sound comes from (`capture`) or goes to."""
        kind, count = ("capture", self.inputs) if capture else ("playback", self.outputs)
        return [f"{self.full_name}:{kind}_{number + 1}" for number in range(count)]

    def span(self, capture: bool) -> str:
        """Its channels on one side in short, like `capture_1 to capture_8`; empty where there are none."""
        names = [name.rpartition(":")[2] for name in self.channels(capture)]
        return " to ".join(dict.fromkeys([names[0], names[-1]])) if names else ""

    def is_again(self, earlier: Device) -> bool:
        """Whether this may be that device after it was unplugged."""
        return _CARD_NUMBER.sub("", self.full_name) == _CARD_NUMBER.sub("", earlier.full_name)


@dataclass(frozen=True, slots=True)
class Route:
    """Where the guitar comes in and the sound goes out; channels are counted from 0."""

    input: Device | None  # None: nothing to listen to
    input_channel: int
    output: Device
    output_channels: tuple[int, ...]  # one, or left and right

    def sentences(self) -> list[str]:
        """What is used, one line each for input and output."""
        numbers = ", ".join(f"playback_{channel + 1}" for channel in self.output_channels)
        played = f"out: {self.output.full_name}:{numbers}"
        if self.input is None:
            return ["There is no input: only a file or a loop can be heard.", played]
        return [f"in:  {self.input.channels(True)[self.input_channel]}", played]

    def again(self, devices: Sequence[Device]) -> Route:
        """The same route where PortAudio has read its list anew. Raises `BackendError` where a device is missing."""
        return Route(
            _again(self.input, devices) if self.input is not None else None,
            self.input_channel,
            _again(self.output, devices),
            self.output_channels,
        )


def _again(earlier: Device, devices: Sequence[Device]) -> Device:
    for device in devices:
        if device.is_again(earlier) and device.inputs >= earlier.inputs and device.outputs >= earlier.outputs:
            return device
    raise BackendError(f"{earlier.full_name} is not there any more.")


def choose(devices: Sequence[Device], input: str | None = None, output: str | None = None) -> Route:
    """Channels by the player's patterns: a name, a part of one, or a regular expression, as for ports of JACK.

    What `input` means is the guitar's channel; the one or two that `output` means, on one device, take left and right,
    and a single one takes the mean. A device stands for its first channels, under whatever host API it is there. What
    is not named is the device of the other side, else the usual one of its host API. Raises `BackendError`: no sound
    card, nothing that matches, more than is wanted, or nothing on one host API.
    """
    usual = sorted(devices, key=_usualness)
    if not any(device.outputs for device in usual):
        raise BackendError("PortAudio finds no sound card: plug one in; `rig devices` lists what there is.")
    outputs = list(_outputs(usual, output))
    inputs = list(_inputs(usual, input))
    pairs = [
        Route(source, channel, target, channels)
        for target, channels in outputs
        for source, channel in inputs
        if source.host_api == target.host_api
    ]
    if pairs:
        best = min(pairs, key=lambda route: _distance(route, input, output))
        near = [route for route in pairs if _is_as_near(route, best, input, output)]
        _refuse_several("--input", input, [route.input for route in near if route.input is not None])
        _refuse_several("--output", output, [route.output for route in near])
        return best
    if input is None:
        target, channels = outputs[0]
        return Route(None, 0, target, channels)
    raise BackendError(
        f"{inputs[0][0].full_name} and {outputs[0][0].full_name} do not go together: PortAudio plays input and output "
        "on one host API. Choose both with --input and --output; `rig devices` lists them."
    )


def _usualness(device: Device) -> tuple[int, int]:
    rank = BY_LATENCY.index(device.host_api) if device.host_api in BY_LATENCY else len(BY_LATENCY)
    return rank, device.index


def _distance(route: Route, input: str | None, output: str | None) -> tuple[bool, ...]:
    """What speaks against a route, the weightiest first; of equals the earlier one is taken."""
    source, target = route.input, route.output
    assert source is not None
    return (
        (input is not None or output is not None) and source.index != target.index,
        input is None and not source.usual_input,
        output is None and not target.usual_output,
    )


def _is_as_near(route: Route, best: Route, input: str | None, output: str | None) -> bool:
    """Whether only what is usual speaks for the best one: where a name was given, that does not choose."""
    same_api = route.output.host_api == best.output.host_api
    return same_api and _distance(route, input, output)[0] == _distance(best, input, output)[0]


def _refuse_several(option: str, pattern: str | None, devices: Sequence[Device]) -> None:
    names = list(dict.fromkeys(device.full_name for device in devices))
    if pattern is not None and len(names) > 1:
        raise BackendError(ambiguous(option, pattern, names, 1))


def _inputs(devices: Sequence[Device], pattern: str | None) -> Iterator[tuple[Device, int]]:
    """Every device with the channel that is meant; the best match comes first."""
    if pattern is None:
        yield from ((device, 0) for device in devices if device.inputs)
        return
    names = _named(devices, capture=True)
    found = _found(pattern, list(names), "--input", "capture", [d for d in devices if d.inputs])
    for _, there in _by_device(names, found):
        yield names[meant("--input", pattern, there, most=1)[0]]


def _outputs(devices: Sequence[Device], pattern: str | None) -> Iterator[tuple[Device, tuple[int, ...]]]:
    """Every device with the one or two of its channels that are meant; the best match comes first."""
    if pattern is None:
        yield from ((device, tuple(range(min(2, device.outputs)))) for device in devices if device.outputs)
        return
    names = _named(devices, capture=False)
    found = _found(pattern, list(names), "--output", "playback", [d for d in devices if d.outputs])
    for device, there in _by_device(names, found):
        yield device, tuple(names[name][1] for name in meant("--output", pattern, there, most=2))


def _by_device(names: dict[str, tuple[Device, int]], found: Sequence[str]) -> list[tuple[Device, list[str]]]:
    """The names that were found, of each device by itself, in the order in which the devices come up."""
    those: dict[int, tuple[Device, list[str]]] = {}
    for name in found:
        device, _ = names[name]
        those.setdefault(device.index, (device, []))[1].append(name)
    return list(those.values())


def _named(devices: Sequence[Device], capture: bool) -> dict[str, tuple[Device, int]]:
    """Every channel by its name; of two cards with one name the first."""
    names: dict[str, tuple[Device, int]] = {}
    for device in devices:
        for channel, name in enumerate(device.channels(capture)):
            names.setdefault(name, (device, channel))
    return names


def _found(pattern: str, names: Sequence[str], option: str, kind: str, devices: Sequence[Device]) -> list[str]:
    found = matching(pattern, names)
    if found:
        return found
    there = [f"{device.full_name} ({device.span(kind == 'capture')})" for device in devices]
    shown = ", ".join(there[:LISTED]) + (", ..." if len(there) > LISTED else "")
    what = f"there are: {shown}" if there else f"there is no {kind} channel at all"
    raise BackendError(f"No {kind} channel matches {option} {pattern!r}; {what}.")
