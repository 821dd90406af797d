"""The ports of a JACK client and the cables in them: what is connected to what, by name, and by whom.

Every question to the server goes through `_ask`, which does not wait for ever and tells a server that has gone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ...errors import BackendError, ServerGone
from ..call_timeout import ask
from . import libjack
from .ports import chosen

MIDI_PORT = "midi"  # where a foot switch or a controller may be
MIDI_OUT_PORT = "midi_out"  # to its lamps
LISTENING = ("in", "return", MIDI_PORT)  # our ports that take something; the others give


class Connections:
    """The part of a JACK client that knows ports and cables; `Jack` is one that plays.

    `client`: JACK-Client's, `host`: its HOST record, `ports`: names of our own ports.
    """

    def __init__(self, client: Any, host: Any, ports: tuple[str, ...]) -> None:
        self._client, self.host, self.ports = client, host, ports
        self.name = str(client.name)  # JACK calls a second rig "rig-01"
        self._ports: dict[str, Any] = {}  # as JACK-Client knows them, by name
        self._seen: dict[str, list[str]] = {port: [] for port in ports}
        self._active = False

    @property
    def gone(self) -> bool:
        """The server has shut down, or has thrown this client out."""
        return bool(self.host["gone"])

    def connect(self, input: str | None = None, output: str | None = None, *, hears: bool = True) -> list[str]:
        """Connect to the sound card, or to ports the player names; after `start`.

        `input` and `output` are port names, parts of names, or regular expressions. What `input` means plays into
        `in`; of the one or two that `output` means the first takes `out_1`, the other `out_2`, a single one both. A
        client stands for its first ports. Without a pattern these are the physical ports, and missing ones are no
        error. `hears`: whether anything goes into `in`. Returns one sentence per connection, and on what could not
        be connected.

        Raises `BackendError` if a pattern matches nothing, or more than that.
        """
        sources = self._choose("--input", input, capture=True, most=1) if hears else []
        targets = self._choose("--output", output, capture=False, most=2)  # nothing is connected if either one fails
        said = []
        if sources:
            said.append(self._join("in", sources[0]))
        elif hears:
            said.append("There is no capture port: nothing is connected to the input.")
        if targets:
            said += [self._join("out_1", targets[0]), self._join("out_2", targets[1 % len(targets)])]
        else:
            said.append("There is no playback port: the outputs are not connected.")
        self.connections()
        return said

    def connect_gear(self, send: str | None = None, returned: str | None = None) -> list[str]:
        """Connect `send` and `return` to the port each pattern means; after `start`. Sentences like `connect`.

        Raises `BackendError` if a pattern matches nothing, or several ports.
        """
        targets = self._choose("--send", send, capture=False, most=1) if send is not None else []
        sources = self._choose("--return", returned, capture=True, most=1) if returned is not None else []
        said = [self._join("send", targets[0])] if targets else []
        said += [self._join("return", sources[0])] if sources else []
        self.connections()
        return said

    def connect_midi(self, pattern: str | None = None) -> list[str]:
        """Connect the MIDI input to the ports that a pattern matches, else to every physical one; after `start`.

        Sentences like `connect`; none where there is nothing physical. Raises `BackendError` if a pattern matches
        nothing.
        """
        found = self._ports_there(capture=True, midi=True)
        physical = [name for name, is_physical in found.items() if is_physical]
        said = [
            self._join(MIDI_PORT, name) for name in chosen("--midi-port", pattern, list(found), physical, "MIDI output")
        ]
        self.connections()
        return said

    def connect_lamps(self) -> list[str]:
        """Connect the MIDI output back to whatever plays into the MIDI input, where that takes MIDI; sentences.

        The way back has the name of the way here with `playback` for `capture`, or it is the one port of that client.
        """
        takes = list(self._ports_there(capture=False, midi=True))
        said = []
        for source in self.connections()[MIDI_PORT]:
            client = source.rpartition(":")[0]
            own = [name for name in takes if name.rpartition(":")[0] == client]
            back = source.replace("capture", "playback")
            if back in takes or len(own) == 1:
                said.append(self._join(MIDI_OUT_PORT, back if back in takes else own[0]))
        self.connections()
        return said

    def midi_sources(self) -> list[str]:
        """Every port of others that MIDI comes from."""
        return list(self._ports_there(capture=True, midi=True))

    def connections(self) -> dict[str, list[str]]:
        """What each of our ports is connected to, by name; once the server is gone, what this last said before.

        Ask now and then while playing, so that connections made by hand survive a restart of the server.
        """
        if self._active and not self.gone:
            with contextlib.suppress(BackendError):
                self._seen = self._ask(
                    lambda: {own: [other.name for other in self._ports[own].connections] for own in self.ports}
                )
        return {own: list(names) for own, names in self._seen.items()}

    def reconnect(self, connections: Mapping[str, Sequence[str]]) -> list[str]:
        """Make the connections that `connections()` of an earlier client listed, as far as their ports exist.

        Returns sentences like `connect`. May be called again for ports that come back later.
        """
        present = {port.name for port in self._ask(lambda: self._client.get_ports(is_audio=True, is_midi=True))}
        said = []
        for own in self.ports:
            for other in connections.get(own, ()):
                if other not in present:
                    said.append(f"{other} is not there any more.")
                else:
                    said.append(self._join(own, other))
        self.connections()
        return said

    def plug(self, own: str, others: Sequence[str]) -> list[str]:
        """Give one of our ports these cables and no others; after `start`. Sentences like `connect`."""
        before = self.connections()[own]
        said = [self._join(own, other) for other in others if other not in before]
        for other in before:
            if other not in others:
                self._ask(partial(libjack.disconnect, self._ports[own], other))
        self.connections()
        return said

    def _choose(self, option: str, pattern: str | None, capture: bool, most: int) -> list[str]:
        found = self.ports_there(capture)
        physical = [name for name, is_physical in found.items() if is_physical]
        return chosen(option, pattern, list(found), physical, "capture" if capture else "playback", most)

    def _join(self, own: str, other: str) -> str:
        port = self._ports[own]
        self._ask(lambda: libjack.connect(port, other))
        return f"{other} -> {self.name}:{own}" if own in LISTENING else f"{self.name}:{own} -> {other}"

    def ports_there(self, capture: bool) -> dict[str, bool]:
        """All audio ports of others that sound comes from (`capture`) or goes to: name, and whether a sound card's."""
        return self._ports_there(capture)

    def _ports_there(self, capture: bool, midi: bool = False) -> dict[str, bool]:
        side = {"is_audio": not midi, "is_midi": midi, "is_output": capture, "is_input": not capture}
        found = self._ask(lambda: [(p.name, p.is_physical) for p in self._client.get_ports(**side)])
        return {name: bool(physical) for name, physical in found if not name.startswith(f"{self.name}:")}

    def latency_of(self, port: str, playback: bool = False) -> tuple[int, int]:
        """Least and most frames that lie behind (or, `playback`, before) a port of others, as its owner says."""
        return tuple(self._ask(lambda: libjack.latency_range(self._client.get_port_by_name(port), playback)))

    def port_names(self) -> set[str]:
        """Every port of the server, of whatever kind."""
        return set(self._ask(lambda: [port.name for port in self._client.get_ports()]))

    def neighbours(self, port: str) -> list[str]:
        """What any port is connected to, by name; nothing where it is not there any more."""
        jack, _ = libjack.library()

        def ask() -> list[str]:
            try:
                return [other.name for other in self._client.get_all_connections(self._client.get_port_by_name(port))]
            except jack.JackError:
                return []

        return list(self._ask(ask))

    def _ask(self, call: Callable[[], Any]) -> Any:
        jack, _ = libjack.library()
        answer, problem = None, None
        if not self.gone:
            try:
                answer = ask(call)
            except BackendError as error:
                problem = error
            except jack.JackError as error:
                problem = BackendError(f"The JACK server refused: {error}.")
        if self.gone:  # whatever it answered while going
            raise ServerGone("The JACK server has gone.") from problem
        if problem is not None:
            raise problem
        return answer
