"""JACK: one input, two outputs, MIDI where it is wanted, played by a compiled callback in JACK's own real-time thread.

When the server goes away while playing, `gone` turns true and the sound stops. What to do then:

    connections = backend.connections()     # as they were
    backend.close()
    backend = Jack()                        # again and again: a BackendError as long as no server runs
    backend.start(block, engine)
    backend.reconnect(connections)

libjack serves one server per process at a time: close the old `Jack` before opening the next.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import time
import weakref
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from ...dsp.midi_events import EVENT, MOST_EVENTS
from ...dsp.native.address import Address
from ...dsp.native.memory import Arena, Layout
from ...errors import BackendError, NoServer
from ..call_timeout import ask
from ..cycle import silence
from ..threads import priority_of, thread_id_function
from . import callbacks, libjack, pipewire
from .callbacks import CLIENT
from .connections import MIDI_OUT_PORT, MIDI_PORT, Connections
from .midi_port import put
from .other_users import server_of_another

PORTS = ("in", "out_1", "out_2")
GEAR_PORTS = ("send", "return")  # beside them, where gear hangs on the rig
FREEWHEEL_TRIES = 2
FREEWHEEL_PAUSE_S = 0.1  # for PipeWire to move the graph
SETTLE_S, SETTLED_CYCLES = 1.5, 4
LEAVE_S = 3.0  # how long leaving may take before the client is left to the end of the process

_CALLBACKS = {
    "jack_set_process_callback": callbacks.on_process,
    "jack_set_xrun_callback": callbacks.on_xrun,
    "jack_set_buffer_size_callback": callbacks.on_buffer_size,
    "jack_set_sample_rate_callback": callbacks.on_sample_rate,
    "jack_set_freewheel_callback": callbacks.on_freewheel,
    "jack_set_latency_callback": callbacks.on_latency,
    "jack_on_info_shutdown": callbacks.on_shutdown,
    "jack_set_port_registration_callback": callbacks.on_port,
    "jack_set_port_connect_callback": callbacks.on_cable,
}


class Jack(Connections):
    """A JACK client with the ports `in`, `out_1` and `out_2`; see `base.Backend`.

    `gear`: which of `send` and `return` there are too. `midi`: a MIDI input as well, and an output for lamps.
    `server_name` is needed only where several servers run (else `JACK_DEFAULT_SERVER`, else "default"). No server is
    ever started. Raises `NoServer` if JACK is not installed or no server runs, `BackendError` if the server refuses.
    """

    def __init__(
        self,
        client_name: str = "rig",
        server_name: str | None = None,
        gear: Sequence[str] = (),
        midi: bool = False,
    ) -> None:
        libjack.library()
        if not all(callback.is_kept for callback in _CALLBACKS.values()):
            _open(client_name, server_name).close()  # where there is no server nothing need be compiled
        for callback in (*_CALLBACKS.values(), silence):
            callback.compile()  # before the server knows of us
        layout = Layout()
        part, events = layout.reserve(CLIENT), layout.reserve(EVENT, MOST_EVENTS)
        arena = layout.allocate()
        self._state: Any = arena[part][0]
        self.host: Any = self._state["host"]
        self.host["midi"] = arena.address_of(events)
        self.host["block"] = silence.address
        self._server_name = server_name
        client = _open(client_name, server_name)
        # Also at exit: a client that leaves without saying so costs the server an xrun.
        self._finish = weakref.finalize(self, _close, client, arena, self._state, server_name)
        gear_ports = [port for port in GEAR_PORTS if port in gear]
        super().__init__(client, self.host, (*PORTS, *gear_ports, *((MIDI_PORT, MIDI_OUT_PORT) if midi else ())))
        try:
            self._prepare(arena.address_of(part))
        except BaseException:
            self.close()
            raise

    def _prepare(self, address: Address) -> None:
        state, client = self._state, self._client
        self._ports = {
            "in": self._ask(lambda: client.inports.register("in")),
            "out_1": self._ask(lambda: client.outports.register("out_1")),
            "out_2": self._ask(lambda: client.outports.register("out_2")),
        }
        if "send" in self.ports:
            self._ports["send"] = self._ask(lambda: client.outports.register("send"))
            state["send_port"] = libjack.handle(self._ports["send"])
        if "return" in self.ports:
            self._ports["return"] = self._ask(lambda: client.inports.register("return"))
            state["return_port"] = libjack.handle(self._ports["return"])
        if MIDI_PORT in self.ports:
            self._ports[MIDI_PORT] = self._ask(lambda: client.midi_inports.register(MIDI_PORT))
            state["midi_event_count"] = libjack.function_address("jack_midi_get_event_count")
            state["midi_event_get"] = libjack.function_address("jack_midi_event_get")
            state["midi_port"] = libjack.handle(self._ports[MIDI_PORT])
            self._ports[MIDI_OUT_PORT] = self._ask(lambda: client.midi_outports.register(MIDI_OUT_PORT))
            state["midi_clear_buffer"] = libjack.function_address("jack_midi_clear_buffer")
            state["midi_event_write"] = libjack.function_address("jack_midi_event_write")
            state["midi_out_port"] = libjack.handle(self._ports[MIDI_OUT_PORT])
        state["client"] = libjack.handle(client)
        for field, port in (("input_port", "in"), ("output_port_1", "out_1"), ("output_port_2", "out_2")):
            state[field] = libjack.handle(self._ports[port])
        state["get_buffer"] = libjack.function_address("jack_port_get_buffer")
        state["last_frame_time"] = libjack.function_address("jack_last_frame_time")
        state["get_time"] = libjack.function_address("jack_get_time")
        state["get_latency"] = libjack.function_address("jack_port_get_latency_range")
        state["set_latency"] = libjack.function_address("jack_port_set_latency_range")
        state["get_thread_id"] = thread_id_function()
        state["block_size"], state["rate"] = client.blocksize, client.samplerate
        self.host["sample_rate"], self.host["timed"] = client.samplerate, 1
        for setter, callback in _CALLBACKS.items():
            libjack.register(client, setter, callback, address)

    # ------------------------------------------------------------ what it knows
    @property
    def sample_rate(self) -> int:
        """Hz."""
        return int(self._state["rate"])

    @property
    def block_size(self) -> int:
        """Frames in a cycle now."""
        return int(self._state["block_size"])

    @property
    def server_frames(self) -> int:
        """The server's frame counter; it moves as long as the server works, whether or not it calls us."""
        return libjack.last_frame_time(self._client) if not self.gone else 0

    @property
    def may_go_silently(self) -> bool:
        """The libjack of PipeWire does not tell its clients when PipeWire is restarted (0.3.65)."""
        return libjack.is_pipewire()

    def server_is_there(self) -> bool:
        """Whether a server takes a new client, which leaves at once. One that does not know us means ours is `gone`."""
        try:
            with Jack(f"{self.name}-asks", self._server_name) as other:
                knows_us = bool(other._ask(lambda: other._client.get_ports(f"^{re.escape(self.name)}:")))
        except NoServer:
            self._lost_without_a_word()
            return False
        if not knows_us:
            self._lost_without_a_word()
        return True

    def _lost_without_a_word(self) -> None:
        if self.may_go_silently:
            self.host["gone"] = 1

    @property
    def product(self) -> str:
        """Who serves: "PipeWire", or "JACK"."""
        return "PipeWire" if libjack.is_pipewire() else "JACK"

    @property
    def tells_late(self) -> bool:
        """PipeWire has others give the priority, and tells latencies once its ports are connected."""
        return libjack.is_pipewire()

    @property
    def ports_changed(self) -> int:
        """How often a port of anybody's came or went."""
        return int(self._state["ports_changed"])

    @property
    def cables_changed(self) -> int:
        """How often any two ports were connected or parted."""
        return int(self._state["cables_changed"])

    @property
    def latency_samples(self) -> int:
        """What the engine adds between input and outputs; set, it is reported to the server."""
        return int(self._state["latency_samples"])

    @latency_samples.setter
    def latency_samples(self, samples: int) -> None:
        changed = samples != self._state["latency_samples"]
        self._state["latency_samples"] = samples
        if changed and self._active:
            self._ask(lambda: libjack.recompute_latencies(self._client))

    def port_latency_samples(self, port: str, playback: bool = False) -> tuple[int, int]:
        """Least and most frames from capture to one of `ports`, or from there to playback, as the server knows them."""
        return libjack.latency_range(self._ports[port], playback)

    def round_trip_samples(self) -> int | None:
        """From the sound card's input through us to its output, as the server knows it; None: it knows nothing."""
        capture, playback = self.port_latency_samples("in"), self.port_latency_samples("out_1", playback=True)
        known = self.connections()
        if not known["in"] or not known["out_1"]:
            return None
        return capture[1] + self.latency_samples + playback[1]

    def realtime_priority(self) -> int | None:
        """Real-time priority of the audio thread, 0 for an ordinary one, `None` where the system does not say.

        JACK itself says "real-time" even where no thread was given that priority.
        """
        return priority_of(int(self._state["thread_id"]))

    # ------------------------------------------------------------ playing
    def start(self, block: Address, engine: Address) -> None:
        """Call `block(engine, host, frames)`, both given by address, in every cycle from now on."""
        self.host["engine"], self.host["block"] = engine, block
        self.host["sample_rate"] = self.sample_rate  # some servers change it while they run
        self._state["thread_id"] = 0  # every start has a new thread
        self._state["follows_frames"] = 0  # what was missed until now was nobody's
        self._ask(self._client.activate)
        self._active = True

    def stop(self) -> None:
        """Leave the server's graph, which cuts all connections. The engine is not called afterwards."""
        if self._active:
            self._active = False
            _leave(self._client.deactivate, self.host)

    def close(self) -> None:
        """Stop, and leave the server; whatever state it is in, this returns."""
        self._active = False
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def send_midi(self, message: bytes) -> bool:
        """Send a message of three bytes in the next cycle; False: so many wait already that it is left out."""
        return put(self._state["midi_out"], message)

    # ------------------------------------------------------------ the server's clock
    def follow_transport(self, on: bool) -> None:
        """Say in each cycle where the server's transport is, and whether it rolls; or no more."""
        self._state["transport_query"] = libjack.function_address("jack_transport_query") if on else 0

    def freewheel(self, on: bool) -> None:
        """Let the server render as fast as it can, or in real time again; for programs in place of gear.

        Returns when it does, and has settled: PipeWire gives the whole graph another driver, whose clock is another
        one. Raises BackendError where nothing moves then (0.3.65), with the server in real time again.
        """
        for _ in range(FREEWHEEL_TRIES):
            if bool(self.host["timed"]) == on:  # asked for what is so already, JACK reports an error
                self._ask(lambda: self._client.set_freewheel(on))
            deadline = time.monotonic() + LEAVE_S
            while bool(self.host["timed"]) == on and time.monotonic() < deadline:
                time.sleep(0.005)
            if not libjack.is_pipewire() or self._settles():
                return
            self._ask(lambda: self._client.set_freewheel(not on))
            time.sleep(FREEWHEEL_PAUSE_S)
        if on:
            version = pipewire.version_of(libjack.version())
            raise BackendError(
                f"PipeWire {version} stands still when it is to render as fast as it can: leave --freewheel out, "
                "or use a JACK server."
            )

    def _settles(self) -> bool:
        """Whether cycles come, and go on coming after the change of driver has passed through the graph."""
        for _ in range(2):
            before, deadline = int(self.host["cycles"]), time.monotonic() + SETTLE_S
            while int(self.host["cycles"]) < before + SETTLED_CYCLES:
                if self.gone or time.monotonic() > deadline:
                    return False
                time.sleep(0.005)
            time.sleep(FREEWHEEL_PAUSE_S)
        return True


def _open(client_name: str, server_name: str | None) -> Any:
    """A client of the JACK server, or of PipeWire where no JACK server runs and none was named."""
    try:
        client = _opened(client_name, server_name)
    except NoServer:
        if server_name or os.environ.get("JACK_DEFAULT_SERVER") or not libjack.turn_to_pipewire():
            raise
        libjack.library()
        client = _opened(client_name, server_name)
    libjack.keep()
    return client


def _opened(client_name: str, server_name: str | None) -> Any:
    jack, _ = libjack.library()
    try:
        return ask(
            lambda: jack.Client(client_name, no_start_server=True, servername=server_name),
            late=lambda client: client.close(),
        )
    except jack.JackOpenError as error:
        status = error.status
        if not (status.server_failed or status.server_error):
            raise BackendError(f"The JACK server refused the client {client_name!r}: {status}.") from error
        if libjack.is_pipewire():
            raise NoServer(pipewire.NOT_RUNNING) from error
        named = server_name or os.environ.get("JACK_DEFAULT_SERVER")
        which = f"No JACK server named {named!r} is running" if named else "No JACK server is running"
        other = server_of_another(named)
        if other is not None:
            raise NoServer(
                f"{which} for you, but one of {other} is, which only {other} can use: run rig as {other}, or stop that "
                "server and start one of your own."
            ) from error
        neither = which if named else f"{which}, and no PipeWire"  # a server that is named is not looked for there
        raise NoServer(f"{neither}: start one, for example with qjackctl or `jackd -d alsa`.") from error


def _leave(request: Callable[[], Any], host: Any) -> bool:
    """Ask the server to let go of us; whether it did. Afterwards nothing calls the engine, even if it did not."""
    done = False
    try:
        with contextlib.suppress(Exception):
            ask(request, patience_s=LEAVE_S)
            done = True
    finally:
        host["block"] = silence.address  # a server that was stuck may go on after all
        if not done:
            time.sleep(0.05)  # a cycle under way comes to its end
    return done


def _close(client: Any, arena: Arena, state: Any, server_name: str | None) -> None:
    """End of a client: never raises, never hangs (`jack_client_close` can, when the server has died).

    A dead client of PipeWire is not closed: its libjack (1.4.2) frees what it has freed before, and aborts.
    """
    closed = False

    def request() -> None:
        if not state["host"]["gone"]:
            client.deactivate()
        client.close()

    try:
        if libjack.is_pipewire() and (state["host"]["gone"] or not pipewire.is_running(server_name)):
            state["host"]["block"] = silence.address
        else:
            closed = _leave(request, state["host"])
    finally:
        if not closed:
            _keep_for_ever((client, arena, state))


def _keep_for_ever(things: Any) -> None:
    """Keep what threads of libjack may still look at, also while Python ends: JACK-Client closes what it finalises."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(things))
