"""`rig play [MODEL] [IR]`: the guitar through a model and a cabinet, live over JACK."""

from __future__ import annotations

import argparse
import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import bundled
from ..errors import BackendError, RigError
from .options import AUDIO_ENDINGS, add_level_options, check_levels, files_from, interface_level, samples_of
from .terminal import Keys, Screen, ending_politely

if TYPE_CHECKING:
    from ..backends.jack import Jack
    from ..control.player import Player
    from ..engine import Engine

REFRESH_S = 0.1
WAITING_S = 0.005  # between two looks while a sound is on its way
CONNECTIONS_S = 2.0  # how often the connections are noted, to make them again after a restart of the server


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "play",
        help="play the guitar through a model and a cabinet, live over JACK",
        description="Play live over JACK. Without MODEL: the first in ./models, else the one that comes with rig; "
        "IR likewise from ./irs. A folder is stepped through with the keys; h shows them.",
    )
    command.add_argument("model", nargs="?", type=Path, metavar="MODEL", help="a .nam file, or a folder of them")
    command.add_argument("ir", nargs="?", type=Path, metavar="IR", help="a cabinet IR, or a folder of them")
    command.add_argument("--no-ir", action="store_true", help="no cabinet")
    command.add_argument(
        "--size", type=float, default=1.0, metavar="V", help="size of a model that has several, 0 to 1"
    )
    add_level_options(command)
    ports = command.add_argument_group("ports")
    ports.add_argument("--input", metavar="PORT", help="JACK port (or part of its name) that feeds the guitar in")
    ports.add_argument("--output", metavar="PORT", help="JACK port or ports that take the sound")
    ports.add_argument("--no-connect", action="store_true", help="connect nothing; you do it in your patchbay")
    ports.add_argument("--name", default="rig", help="name of the JACK client (default rig)")
    command.add_argument("--di", type=Path, metavar="FILE", help="loop this file in place of the guitar")
    command.add_argument("--seconds", type=float, metavar="S", help="end by itself after so long")
    command.add_argument(
        "--else-render", type=Path, metavar="FILE", help="where no audio server runs, render the bundled guitar to FILE"
    )
    command.add_argument("--force", action="store_true", help="replace that FILE if it exists")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    check_levels(options)
    interface = interface_level(options)
    models = files_from(options.model, Path("models"), (".nam",), bundled.models())
    irs = [] if options.no_ir else files_from(options.ir, Path("irs"), AUDIO_ENDINGS, bundled.irs())
    if not models:
        raise BackendError("There is no model to play: name a .nam file.")
    from ..nam import Model

    Model.load(models[0], options.size)  # what is wrong with it is said before any sound
    from ..backends.jack import Jack

    screen = Screen()
    try:
        backend = Jack(options.name)
    except BackendError as error:
        if options.else_render is None:
            raise
        screen.say(f"{error} Rendering the bundled guitar to {options.else_render} instead.")
        return _render_instead(options, models[0], irs[0] if irs else None, interface)
    with ending_politely():
        return Session(options, screen, backend, models, irs, interface).run()


def _render_instead(options: argparse.Namespace, model: Path, ir: Path | None, interface: Any) -> int:
    from ..ir import IR
    from ..nam import Model
    from ..rendering import render
    from ..sound import Sound
    from .terminal import Progress

    sound = Sound(
        Model.load(model, options.size),
        interface=interface,
        preamp_gain_db=options.preamp_gain_db,
        model_input_dbu=options.model_input_dbu,
        level_mode=options.level,
    )
    if ir is not None:
        sound = sound.changed(ir=IR.load(ir, sample_rate=round(sound.sample_rate)))
    di = options.di or bundled.di()
    done = render(
        sound, di, options.else_render, tail_s=1.0, overwrite=options.force, progress=Progress(options.else_render.name)
    )
    print(f"Guitar   {di.name}, peak {done.input_peak_dbfs:.1f} dBFS")
    print(f"Model    {model.name}")
    print(f"Cabinet  {ir.name if ir is not None else 'none'}")
    print(f"Input    {done.calibration}")
    print(f"Output   {done.level}")
    print(
        f"{done.output}: {done.samples / done.sample_rate:.1f} s, peak {done.output_peak_dbfs:.1f} dBFS, RMS "
        f"{done.output_rms_dbfs:.1f} dBFS, {done.times_real_time:.0f} times real time"
    )
    return 0


class Session:
    """From the first connection to the last key."""

    def __init__(
        self,
        options: argparse.Namespace,
        screen: Screen,
        backend: Jack,
        models: list[Path],
        irs: list[Path],
        interface: Any,
    ) -> None:
        self.options, self.screen, self.backend = options, screen, backend
        self.models, self.irs, self.interface = models, irs, interface
        self.xruns_before, self.connected = 0, {}  # type: int, dict[str, list[str]]

    def run(self) -> int:
        """Play until a key, a signal or the clock ends it."""
        from ..control.player import Player
        from ..engine import LOOP, PORT, Engine

        try:
            engine = Engine(self.backend.sample_rate)
            player = Player(
                engine,
                self.screen.say,
                self.models,
                self.irs,
                interface=self.interface,
                preamp_gain_db=self.options.preamp_gain_db,
                level_mode=self.options.level,
                model_input_dbu=self.options.model_input_dbu,
                size=self.options.size,
                source=LOOP if self.options.di is not None else PORT,
                ir_named=self.options.ir is not None,
            )
            if self.options.di is not None:
                engine.loop(samples_of(self.options.di, self.backend.sample_rate))
            with contextlib.closing(player):
                self._play(engine, player)
            return 0
        except KeyboardInterrupt:
            return 0
        finally:
            self.screen.end()
            self.backend.close()

    def _play(self, engine: Engine, player: Player) -> None:
        player.start()
        self.backend.start(engine.block_address, engine.address)
        self.backend.latency_samples = engine.latency_samples
        if not self.options.no_connect:
            for sentence in self.backend.connect(self.options.input, self.options.output):
                self.screen.say(f"Ports    {sentence}")
        self._say_start(engine)
        with Keys() as keys:
            if keys.present:
                self.screen.say(
                    "Keys     n/p model, i/u cabinet, +/- volume, k/K knob, b bypass, m mute, q quit, h help"
                )
            with contextlib.suppress(KeyboardInterrupt):
                self._loop(engine, player, keys)
        engine.set_master(0.0)
        if not self.backend.gone:
            time.sleep(0.03)  # the fade out

    def _say_start(self, engine: Engine) -> None:
        priority = self.backend.realtime_priority()
        if priority == 0:
            self.screen.say(
                "Note     the audio thread has no real-time priority: expect xruns (see your JACK settings)"
            )
        period_ms = 1000 * self.backend.block_size / engine.sample_rate
        self.screen.say(f"Playing  {engine.sample_rate:g} Hz, {self.backend.block_size} frames ({period_ms:.1f} ms)")

    def _loop(self, engine: Engine, player: Player, keys: Keys) -> None:
        from ..control.commands import KEYS

        began = noted = time.monotonic()
        refreshed = began - REFRESH_S
        while not player.finished:
            pressed = keys.wait(WAITING_S if player.waiting else REFRESH_S)
            for key in pressed:
                if key in KEYS:
                    player.do(*KEYS[key])
            player.tend()
            now = time.monotonic()
            if not pressed and now - refreshed < REFRESH_S - WAITING_S:
                continue
            refreshed = now
            self._report_latency(engine)
            if self.backend.gone:
                self._await_server(engine, player)
            elif now - noted > CONNECTIONS_S:
                self.connected, noted = self.backend.connections(), now
            if self.options.seconds is not None and now - began > self.options.seconds:
                return
            self.screen.line(*self._live_line(engine, player))

    def _report_latency(self, engine: Engine) -> None:
        with contextlib.suppress(RigError):  # a server that is going away is noticed elsewhere
            self.backend.latency_samples = engine.latency_samples

    def _await_server(self, engine: Engine, player: Player) -> None:
        """The server has gone: wait, and play on where it was when it comes back."""
        from ..backends.jack import wait_for_server

        self.screen.say("The JACK server has gone; waiting for it to come back (Ctrl-C ends).")
        connections = self.backend.connections()
        self.xruns_before += int(self.backend.host["xruns"])
        self.backend.close()
        refused = None
        while True:
            backend = wait_for_server(self.options.name)
            if backend is None:
                raise KeyboardInterrupt
            self.backend = backend
            if round(backend.sample_rate) == round(engine.sample_rate):
                break
            sentence = f"The server is back at {backend.sample_rate} Hz; this session needs {engine.sample_rate:g} Hz."
            if sentence != refused:
                self.screen.say(sentence)
            refused = sentence
            backend.close()
            time.sleep(1.0)
        try:
            backend.start(engine.block_address, engine.address)
            for sentence in backend.reconnect(connections):
                self.screen.say(f"Ports    {sentence}")
            self.screen.say("The JACK server is back.")
        except RigError as error:
            self.screen.say(str(error))

    def _live_line(self, engine: Engine, player: Player) -> list[str]:
        """The live line, from the longest form to the shortest; the sum stands whole above it in any case."""
        peaks, levels = [], []
        for name, which in (("in", "input"), ("model", "model"), ("out", "output")):
            reading = engine.reading(which)  # type: ignore[arg-type]
            clips = f" CLIP {reading.clips}" if reading.clips and which != "model" else ""
            peaks.append(f"{name} {_level(reading.peak_dbfs)}{clips}")
            levels.append(f"{name} {_level(reading.peak_dbfs)} ({_level(reading.rms_dbfs)}){clips}")
        parts = []
        share = engine.share()
        if share.median is not None and share.worst is not None:
            parts.append(f"time {share.median:.1%} ({share.worst:.1%})")
        parts.append(f"xruns {self.xruns_before + int(self.backend.host['xruns'])}")
        states = [
            ("MUTED", player.muted),
            ("BYPASS", player.bypassed),
            ("SMALLER SIZE", player.reduced),
            ("ASLEEP", engine.asleep),
        ]
        parts += [name for name, is_on in states if is_on]
        calibration = player.sound.calibration
        gain = f"input {calibration.gain_db:+.1f} dB"
        place = [player.place] if player.place else []
        named = [f"{player.place} {player.models.path.name}"] if player.place else []
        forms = (
            [*named, *levels, *parts, str(calibration)],
            [*named, *levels, *parts, gain],
            [*named, *peaks, *parts, gain],
            [*place, *peaks, *parts, gain],
        )
        return [" | ".join(form) for form in forms]


def _level(dbfs: float) -> str:
    return f"{dbfs:6.1f}" if dbfs > -200 else "  -inf"
