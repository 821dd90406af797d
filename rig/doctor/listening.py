"""A few seconds as a client of the audio server, with the engine running as it would while somebody plays."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from ..backends.jack import libjack, pipewire
from ..backends.jack.client import Jack
from ..backends.jack.ports import chosen
from ..backends.lost import Lost
from ..engine import Engine
from ..errors import RigError, ServerGone
from ..sound import Sound
from .finding import Finding
from .lateness import LATENCY_LIMIT, LONG_PERIOD_MS, PERIOD_LIMIT, SHORT_PERIOD_MS, judged, way_out
from .limits import priority
from .soundcard import Stream, streams

SETTLED_S = 0.3  # JACK reports xruns of its own while a client joins
PERIODS = 3  # USB cards want three, others two
LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Heard:
    """What the server said and did. Latencies in samples; `input` None: there is no such port.

    `median` and `worst`: our own time in a cycle as a share of the period; None where no cycle came.
    """

    version: str | None
    sample_rate: int
    block_size: int
    priority: int | None
    seconds: float
    cycles: int
    lost: Lost
    median: float | None
    worst: float | None
    input: str | None
    capture_ports: tuple[str, ...]
    playback_ports: tuple[str, ...]
    capture_latency_samples: int
    own_latency_samples: int  # where the model has to be resampled
    playback_latency_samples: int


def listen(backend: Jack, sound: Sound, input: str | None, seconds: float) -> Heard:
    """Run the sound on the server, heard by nobody, and watch. Raises BackendError if `input` matches nothing."""
    capture = backend.ports_there(capture=True)
    playback = [name for name, physical in backend.ports_there(capture=False).items() if physical]
    physical = [name for name, is_physical in capture.items() if is_physical]
    own = chosen("--input", input, list(capture), physical, "capture", most=1)[:1]
    engine = Engine(backend.sample_rate)
    sound.play_on(engine)
    backend.start(engine.block_address, engine.address)
    try:
        backend.reconnect({"in": own})
        time.sleep(SETTLED_S)
        engine.share()
        before, lost, began = int(backend.host["cycles"]), Lost.of(backend.host), time.monotonic()
        while time.monotonic() - began < seconds and not backend.gone:
            time.sleep(LOOK_S)
            engine.poll()
        if backend.gone:
            raise ServerGone("The JACK server went away while rig doctor listened.")
        share = engine.share()
        return Heard(
            version=libjack.version(),
            sample_rate=backend.sample_rate,
            block_size=backend.block_size,
            priority=backend.realtime_priority(),
            seconds=time.monotonic() - began,
            cycles=int(backend.host["cycles"]) - before,
            lost=Lost.of(backend.host) - lost,
            median=share.median,
            worst=share.worst,
            input=own[0] if own else None,
            capture_ports=tuple(physical),
            playback_ports=tuple(playback),
            capture_latency_samples=backend.latency_of(own[0])[0] if own else 0,
            own_latency_samples=engine.latency_samples,
            playback_latency_samples=backend.latency_of(playback[0], playback=True)[0] if playback else 0,
        )
    finally:
        backend.stop()


def outputs(backend: Jack, pattern: str | None) -> list[str]:
    """The outputs of the card, or those that match. Raises BackendError if none does."""
    there = backend.ports_there(capture=False)
    physical = [name for name, is_physical in there.items() if is_physical]
    return chosen("--output", pattern, list(there), physical, "playback")


def findings(heard: Heard, root: Path = Path("/")) -> list[Finding]:
    """Server, priority, period, latency and xruns."""
    return [
        _server(heard),
        priority(heard.priority, True, root, on_pipewire=pipewire.version_of(heard.version) is not None),
        _period(heard, streams(root)),
        _latency(heard),
        _xruns(heard),
    ]


def no_server(error: RigError, root: Path = Path("/")) -> list[Finding]:
    """What can be said without one."""
    return [
        Finding(
            "server", "warn", str(error), "Start it and ask rig doctor again: the rest of it can be seen only then."
        ),
        priority(None, False, root),
        *(
            Finding(topic, "unknown", f"The {topic} can be seen only while an audio server runs.")
            for topic in ("period", "latency", "xruns")
        ),
    ]


def _server(heard: Heard) -> Finding:
    of_pipewire = pipewire.version_of(heard.version)
    product = "JACK" if of_pipewire is None else "PipeWire"
    name = of_pipewire or heard.version or "of a version that it does not say"
    ports = f"{len(heard.capture_ports)} capture and {len(heard.playback_ports)} playback ports"
    figures = {"version": of_pipewire or heard.version, "product": product, "capture": len(heard.capture_ports)}
    text = f"{product} {name} runs at {heard.sample_rate} Hz with {ports}."
    if not (heard.capture_ports and heard.playback_ports):
        advice = "Connect the interface, and choose it for both directions in the settings of the server."
        return Finding("server", "problem", text, advice, figures)
    return Finding("server", "ok", text, figures=figures)


def _period(heard: Heard, open_streams: list[Stream]) -> Finding:
    ms = 1000 * heard.block_size / heard.sample_rate
    # Of the cards in use those that go at the server's pace.
    ours = [s for s in open_streams if s.period_frames == heard.block_size and s.sample_rate == heard.sample_rate]
    counts = sorted({stream.periods for stream in ours})
    figures = {"frames": heard.block_size, "ms": ms, "periods": counts or None}
    text = f"A period has {heard.block_size} frames, {ms:.1f} ms"
    if counts:
        text += f"; the card holds {' or '.join(map(str, counts))} of them"
    else:
        text += "; how many of them the card holds cannot be seen here"
    state, limit = judged(ms, SHORT_PERIOD_MS, LONG_PERIOD_MS), PERIOD_LIMIT
    if state != "ok":
        advice = way_out(heard.block_size, heard.sample_rate)
        return Finding("period", state, f"{text}.", advice, figures, limit)
    if counts and counts[-1] > PERIODS:
        advice = f"{PERIODS} are enough: jackd -n {PERIODS}."
        return Finding("period", "warn", f"{text}.", advice, figures, f"ok up to {PERIODS} periods")
    return Finding("period", "ok", f"{text}.", figures=figures, limit=limit)


def _latency(heard: Heard) -> Finding:
    server = heard.capture_latency_samples + heard.playback_latency_samples
    figures: dict[str, float] = {
        "capture_samples": heard.capture_latency_samples,
        "own_samples": heard.own_latency_samples,
        "playback_samples": heard.playback_latency_samples,
    }
    if server == 0:
        return Finding("latency", "unknown", "The server does not say how late its ports are.", figures=figures)
    ms = 1000 * (server + heard.own_latency_samples) / heard.sample_rate
    text = f"By the figures of the server you hear the guitar after {ms:.1f} ms, converters not counted."
    figures = {**figures, "ms": ms}
    state = judged(ms)
    advice = None if state == "ok" else way_out(heard.block_size, heard.sample_rate)
    return Finding("latency", state, text, advice, figures, LATENCY_LIMIT)


def _xruns(heard: Heard) -> Finding:
    missed = heard.lost.missed_cycles
    figures = {
        "xruns": heard.lost.xruns,
        "missed_cycles": missed,
        "seconds": heard.seconds,
        "cycles": heard.cycles,
    }
    if heard.cycles == 0:
        text = f"The server has called nobody for {heard.seconds:.1f} s."
        return Finding("xruns", "problem", text, "Restart it.", figures)
    ours = "" if heard.worst is None or heard.worst < 0.5 else f"; rig itself took {heard.worst:.0%} of one period"
    if heard.lost.times:
        text = f"{heard.lost.xruns} xruns in {heard.seconds:.1f} s of listening{ours}."
        if missed:
            text = (
                f"{heard.lost.xruns} xruns, and {missed} of {heard.cycles + missed} cycles missed in "
                f"{heard.seconds:.1f} s of listening{ours}."
            )
        advice = (
            "See to real-time priority and the processor's clock first; then close other programs, or take a larger "
            "period."
        )
        return Finding("xruns", "problem", text, advice, figures, "ok: none")
    return Finding("xruns", "ok", f"No xrun in {heard.seconds:.1f} s of listening{ours}.", None, figures, "ok: none")
