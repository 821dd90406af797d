"""PortAudio: one input and one or two outputs of a sound card, where there is no JACK (Windows, macOS, plain ALSA).

    with PortAudio(input="scarlett") as backend:        # raises BackendError, with what there is
        backend.start(block, engine)
        ...

When the card is pulled out while playing, `gone` turns true and the sound stops. What to do then:

    backend.close()
    backend = wait_for_device(backend)      # polls; Ctrl-C ends it
    backend.start(block, engine)

Input and output run on buffers of their own and PortAudio does not say what was lost between them: good for playing,
not for captures and comparisons with gear.
"""

from __future__ import annotations

import contextlib
import time
import weakref
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np

from ...dsp.cycle_record import MAX_FRAMES
from ...dsp.native.address import Address
from ...dsp.native.memory import Arena, Layout
from ...errors import BackendError, ServerGone
from ..cycle import silence
from ..threads import priority_of, thread_id_function
from . import callbacks, libportaudio
from .callbacks import STREAM
from .devices import CORE_AUDIO, JACK, WASAPI, Route, choose

USUAL_RATE = 48000  # Hz, what nearly all models are made at: taken where the card takes it
ANSWER_S = 8.0  # for opening and starting a card; a wireless one takes some seconds
LEAVE_S = 3.0  # how long leaving may take before the card is left to the end of the process
FIRST_CYCLE_S = 1.0  # how long `start` waits, so that the block size is known
STALL_S = 3.0  # without a cycle: some host APIs say nothing when a card is pulled out
EXCLUSIVE = (CORE_AUDIO, WASAPI)  # host APIs that can be asked to keep other programs out
CONVERTING = (CORE_AUDIO, "Windows DirectSound", "MME")  # they take any rate, and convert it behind our back

_abandoned: list[Any] = []  # memory of streams that would not end: their threads may still look at it


class PortAudio:
    """A stream of PortAudio; see `base.Backend`.

    `input` and `output` choose channels by name, see `devices.choose`; `route` is what an earlier backend had chosen.
    `rate` in Hz (None: 48 kHz where the card takes it, else the card's own), `period` in frames (None: what the host
    API offers for low latency). `exclusive`: nobody else plays through the card; for WASAPI and Core Audio.
    Raises `BackendError`: PortAudio is not installed, no card, no such name, a rate that the card refuses, a busy card.
    """

    def __init__(
        self,
        input: str | None = None,
        output: str | None = None,
        *,
        rate: int | None = None,
        period: int | None = None,
        exclusive: bool = False,
        client_name: str = "rig",
        route: Route | None = None,
    ) -> None:
        if period is not None and not 1 <= period <= MAX_FRAMES:
            raise BackendError(f"A period has 1 to {MAX_FRAMES} frames, not {period}.")
        self.period, self.exclusive, self.name = period, exclusive, client_name
        layout = Layout()
        part, *scratch = (layout.reserve(STREAM), *(layout.reserve(np.float32, MAX_FRAMES) for _ in range(2)))
        arena = layout.allocate()
        self._state: Any = arena[part][0]
        self.host: Any = self._state["host"]
        self._state["quiet"], self._state["spare"] = (arena.address_of(key) for key in scratch)
        self._state["get_thread_id"] = thread_id_function()
        self.host["timed"] = 1
        self._library = libportaudio.begin(client_name)
        try:
            there = libportaudio.devices(self._library)
            self.route = choose(there, input, output) if route is None else route.again(there)
            for callback in (callbacks.on_stream, callbacks.on_finished, silence):
                callback.compile()  # before the audio thread calls
            self._fill_in()
            self._stream: Any = self._open(rate, arena.address_of(part))
        except BaseException:
            libportaudio.end()
            raise
        self._finish = weakref.finalize(self, _close, self._stream, arena, self._state, self._on_jack)
        self.host["sample_rate"] = self.sample_rate
        self._playing = False
        self._seen = (0, 0.0, 0.0)  # cycles at the last look that saw new ones, when that was, when the last look was

    def _fill_in(self) -> None:
        state = self._state
        state["input_channel"], state["output_channels"], sides = libportaudio.open_channels(self.route)
        state["left"], state["right"] = sides[0], sides[-1]
        self.host["block"] = silence.address

    def _open(self, rate: int | None, state: Address) -> Any:
        """Open the stream at the first rate that the card takes."""
        errors: list[Any] = []
        for candidate in self._rates(rate):
            try:
                return libportaudio.patiently(
                    lambda rate=candidate: libportaudio.open_stream(  # type: ignore[misc]
                        self._library, self.route, rate, self.period, self.exclusive, state
                    ),
                    ANSWER_S,
                    f"{self.route.output.full_name} does not answer: unplug it and plug it in, or choose another one.",
                )
            except self._library.PortAudioError as error:
                errors.append(error)
                if len(error.args) < 2 or error.args[1] != libportaudio.INVALID_RATE:
                    break
            except ValueError as error:  # sounddevice's own checks
                errors.append(error)
                break
        raise BackendError(self._refusal(errors[-1], rate)) from errors[-1]

    def _rates(self, wanted: int | None) -> Sequence[float]:
        own = self.route.output.usual_rate
        if wanted is not None:
            return (wanted,)
        if self._on_jack or (self.route.output.host_api in CONVERTING and not self.exclusive):
            return (own,)
        return tuple(dict.fromkeys((USUAL_RATE, own)))

    def _refusal(self, error: Exception, rate: int | None) -> str:
        """One sentence about a card that could not be opened."""
        code = error.args[1] if len(error.args) > 1 else None
        card = self.route.output.full_name
        if code == libportaudio.INVALID_RATE:
            wanted = f"{rate} Hz" if rate is not None else "any rate that rig knows"
            taken = libportaudio.rates(self._library, self.route.output)
            there = ", ".join(str(one) for one in taken) if taken else f"{self.route.output.usual_rate:g}"
            return f"{card} does not take {wanted}; it takes {there} Hz (--rate)."
        if code == libportaudio.UNAVAILABLE:
            return f"{card} is in use by another program, or gone: end the other one, or choose another card."
        if code == libportaudio.BAD_COMBINATION and self.route.input is not None:
            return f"{self.route.input.full_name} and {card} do not go together: choose both with --input and --output."
        host = f" ({error.args[2][2]})" if len(error.args) > 2 else ""
        text = str(error.args[0]).removeprefix("Error opening _StreamBase: ").rstrip(".")
        return f"{card} cannot be opened: {text}{host}."

    # ------------------------------------------------------------ what it knows
    @property
    def _on_jack(self) -> bool:
        return self.route.output.host_api == JACK

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return round(self._stream.samplerate)

    @property
    def block_size(self) -> int:
        """Frames in the longest of the last cycles; before the first one the period that was asked for, or 0."""
        return int(self._state["block_size"]) or self.period or 0

    @property
    def gone(self) -> bool:
        """The stream has ended by itself, or no cycle has come for three seconds: the card was pulled out."""
        if self._playing and not self.host["gone"]:
            now, cycles = time.monotonic(), int(self.host["cycles"])
            seen, since, looked = self._seen
            if cycles != seen or now - looked > 1.0:  # who was asleep himself cannot tell
                seen, since = cycles, now
            self._seen = seen, since, now
            if now - since > STALL_S or not self._is_active():
                self.host["gone"] = 1
        return bool(self.host["gone"])

    def _is_active(self) -> bool:
        try:
            return bool(self._stream.active)
        except self._library.PortAudioError:
            return False

    @property
    def latency_samples(self) -> int:
        """What the engine adds between input and outputs; nobody else is told."""
        return int(self._state["latency_samples"])

    @latency_samples.setter
    def latency_samples(self, samples: int) -> None:
        self._state["latency_samples"] = samples

    @property
    def reported_latency_s(self) -> tuple[float | None, float]:
        """What PortAudio says of the way in (None: there is no input) and of the way out, in seconds.

        Over JACK it leaves a period out of a stream's latency each way, and gives that of the ports as the card's.
        """
        source, target = self.route.input, self.route.output
        if self._on_jack:
            return (source.input_latency_s if source is not None else None), target.output_latency_s or 0.0
        latency = self._stream.latency
        return (None, float(latency)) if source is None else (float(latency[0]), float(latency[1]))

    def sentences(self) -> list[str]:
        """What is played through, and how late it is as far as anybody says."""
        into, out = self.reported_latency_s
        ours = self.latency_samples / self.sample_rate
        ways = [f"{1000 * into:.1f} ms in"] if into is not None else []
        sums = " + ".join([*ways, f"{1000 * out:.1f} ms out"])
        total = 1000 * ((into or 0.0) + out + ours)
        mode = []
        if self._on_jack and self.period is not None:
            mode = ["The JACK server decides on the period; --period is for other host APIs."]
        if self.exclusive and self.route.output.host_api not in EXCLUSIVE:
            mode += [f"{self.route.output.host_api} has no exclusive mode that could be asked for."]
        return [
            *self.route.sentences(),
            *mode,
            f"latency {total:.1f} ms: {sums} (PortAudio says so) + {1000 * ours:.1f} ms (rig). Converters, cables and "
            "what the driver keeps to itself come on top.",
        ]

    def realtime_priority(self) -> int | None:
        """Real-time priority of the audio thread, 0 for an ordinary one, `None` where the system does not say."""
        return priority_of(int(self._state["thread_id"]))

    # ------------------------------------------------------------ playing
    def start(self, block: Address, engine: Address) -> None:
        """Call `block(engine, host, frames)`, both given by address, in every cycle from now on."""
        if self.gone:
            raise ServerGone(f"{self.route.output.full_name} has gone.")
        before = int(self.host["cycles"])
        self.host["engine"], self.host["block"] = engine, block
        self._state["thread_id"], self._state["leaving"] = 0, 0  # every start has a new thread
        try:
            libportaudio.patiently(
                self._stream.start, ANSWER_S, f"{self.route.output.full_name} does not start: unplug it and plug it in."
            )
        except self._library.PortAudioError as error:
            self.host["block"] = silence.address
            raise BackendError(f"{self.route.output.full_name} does not start: {error.args[0]}.") from error
        self._playing = True
        now = time.monotonic()
        self._seen = before, now, now
        while self.host["cycles"] == before and time.monotonic() - now < FIRST_CYCLE_S:
            time.sleep(0.005)

    def stop(self) -> None:
        """Play what was handed over to its end, then nothing. The engine is not called afterwards."""
        if self._playing:
            self._playing = False
            self._state["leaving"] = 1
            _leave(self._stream.stop, self._state, self._on_jack)

    def close(self) -> None:
        """Stop, and let go of the card; whatever state it is in, this returns."""
        self._playing = False
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def wait_for_device(
    earlier: PortAudio, poll_s: float = 1.0, waiting: Callable[[], bool] = lambda: True
) -> PortAudio | None:
    """Open the same channels of the same card as soon as it is there again; `None` when `waiting()` turns false.

    No other card is taken in its place: a microphone beside loudspeakers would howl. Raises `BackendError` if PortAudio
    itself hangs, as it does when a JACK server dies under it.
    """
    while waiting():
        libportaudio.check()
        with contextlib.suppress(BackendError):
            return PortAudio(
                rate=earlier.sample_rate,
                period=earlier.period,
                exclusive=earlier.exclusive,
                client_name=earlier.name,
                route=earlier.route,
            )
        time.sleep(poll_s)
    return None


def _leave(request: Callable[[], Any], state: Any, on_jack: bool) -> bool:
    """Ask PortAudio to let go of us; whether it did. Afterwards nothing calls the engine, even if it did not."""
    done = False
    try:
        if on_jack and state["host"]["gone"]:  # it would wait ten minutes for a cycle of a server that is gone
            libportaudio.give_up()
        else:
            with contextlib.suppress(Exception):
                libportaudio.patiently(request, LEAVE_S)
                done = True
    finally:
        state["host"]["block"] = silence.address  # a driver that was stuck may go on after all
        if not done:
            time.sleep(0.05)  # a cycle under way comes to its end
    return done


def _close(stream: Any, arena: Arena, state: Any, on_jack: bool) -> None:
    """End of a stream: never raises, never hangs."""
    state["leaving"] = 1
    closed = False
    try:
        closed = _leave(lambda: libportaudio.close_stream(stream), state, on_jack)
    finally:
        if not closed:
            _abandoned.append((stream, arena, state))
        libportaudio.end()
