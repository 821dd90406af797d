"""`rig ab MODEL [IR]`: a model against the gear it was made from, live, at equal level and delay, blind if wanted."""

from __future__ import annotations

import argparse
import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import BackendError, CompareError
from ...files import bundled
from ...files.hashing import sha256_of
from ...files.numbers import is_number
from ...levels import LEVEL_MODES
from ...player.events import with_commands
from ...player.key_map import help_text, load_keys
from ..live.meters import level
from ..live.sentences import COLUMN, Teller
from ..open_backend import refuse_to_compare
from ..options import (
    add_channel_option,
    add_keys_option,
    add_level_options,
    check_levels,
    interface_level,
    kept_send_dbu,
)
from ..terminal import Keys, Screen

if TYPE_CHECKING:
    from ...backends.jack.client import Jack
    from ...compare.live.comparer import AbState, Comparer
    from ...engine import Engine
    from ...nam import Model
    from ...sound import Sound

REFRESH_S = 0.1
KEYS_LINE = (
    "Keys     {hear_a} {hear_b} {hear_x} listen, {next_trial} next trial, {answer_a} {answer_b} answer, "
    "{match_trim+}/{match_trim-} level of B, {measure} measure, {quit} quit"
)
PASSAGE_S = 8.0  # of a file, the loudest such piece
# What a test needs to go on as it was begun.
KEPT = (
    *("model", "ir", "no_ir", "against", "ir_against", "size", "di", "send", "return_port", "split", "send_dbu"),
    *("interface", "max_input_dbu", "preamp_gain_db", "model_input_dbu", "level", "input", "output"),
)
PATHS = ("model", "ir", "against", "ir_against", "di")
OPTIONS = {"level": "level_mode"}  # an option whose name in the file is another one
SWITCHES = ("no_ir", "split")
NUMBERS = ("size", "send_dbu", "max_input_dbu", "preamp_gain_db", "model_input_dbu")


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "ab",
        help="a model against the real gear (or another model or cabinet), live and blind",
        description="Switch between side A, the model, and side B: gear between the ports `send` and `return`, another "
        "model (--against), or another cabinet (--ir-against). Delay, polarity and loudness are measured and made "
        "equal first. With --trials N it is a blind test.",
    )
    command.add_argument("model", nargs="?", type=Path, metavar="MODEL", help="a .nam file: side A")
    command.add_argument("ir", nargs="?", type=Path, metavar="IR", help="the cabinet behind both sides")
    command.add_argument("--no-ir", action="store_true", help="no cabinet")
    command.add_argument("--against", type=Path, metavar="MODEL2", help="side B is this model")
    command.add_argument("--ir-against", type=Path, metavar="IR2", help="side B is the same model behind this cabinet")
    command.add_argument("--size", type=float, default=1.0, metavar="V", help="size of side A's model, 0 to 1")
    gear = command.add_argument_group("gear")
    gear.add_argument("--send", metavar="PORT", help="JACK port (or part of its name) that leads to the re-amp box")
    gear.add_argument("--return", dest="return_port", metavar="PORT", help="JACK port that the gear comes back on")
    gear.add_argument("--split", action="store_true", help="the guitar itself drives the gear too: nothing is sent")
    gear.add_argument("--send-dbu", type=float, metavar="X", help="level in dBu at the gear's jack of a send at 0 dBFS")
    blind = command.add_argument_group("blind test")
    blind.add_argument("--trials", type=int, metavar="N", help="a blind test of so many trials")
    blind.add_argument("--result", type=Path, metavar="FILE", help="where it is kept (default abx-DATE.json)")
    blind.add_argument("--resume", type=Path, metavar="FILE", help="go on with a test that was interrupted")
    add_level_options(command)
    ports = command.add_argument_group("ports")
    ports.add_argument("--input", metavar="PORT", help="JACK port (or part of its name) that feeds the guitar in")
    ports.add_argument("--output", metavar="PORT", help="JACK port or ports that take the sound")
    ports.add_argument("--no-connect", action="store_true", help="connect nothing; you do it in your patchbay")
    ports.add_argument("--name", default="rig", help="name of the JACK client (default rig)")
    ports.add_argument(
        "--backend", choices=("jack", "portaudio"), default="jack", help="jack is the only one that does"
    )
    add_keys_option(command)
    command.add_argument("--di", type=Path, metavar="FILE", help="loop this file in place of the guitar")
    add_channel_option(command, "that file")
    command.add_argument("--seconds", type=float, metavar="S", help="end by itself after so long")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    refuse_to_compare(options)
    test = resumed(options) if options.resume is not None else None
    _check(options)
    check_levels(options)
    screen = Screen()
    with _open(options) as backend:
        a, b = _sides(options, screen, backend.sample_rate)
        screen.say(f"Input    {a.calibration}")
        return Session(options, screen, backend, a, b, test).run()


def _sides(options: argparse.Namespace, screen: Screen, rate: int) -> tuple[Sound, Sound | None]:
    """Side A, and side B unless it is gear."""
    from ...cabinet.ir import IR
    from ...nam import Model
    from ...sound import Sound

    model = Model.load(options.model or bundled.models()[0], options.size)
    named = None if options.no_ir else options.ir
    if named is None and not options.no_ir:
        if model.has_cabinet and options.ir_against is None:
            screen.say(f"{model.path.name} already holds a cabinet ({model.gear_type}): none is added.")
        else:
            named = bundled.irs()[0]
    a = Sound(
        model,
        IR.load(named, sample_rate=rate) if named is not None else None,
        interface_level(options),
        options.preamp_gain_db,
        options.model_input_dbu if options.model_input_dbu is not None else _entered(model),
        options.level_mode,
    ).with_loudness()
    if options.ir_against is not None:
        return a, a.changed(ir=IR.load(options.ir_against, sample_rate=rate))
    if options.against is not None:
        other = Model.load(options.against)
        return a, a.changed(model=other, model_input_dbu=_entered(other)).with_loudness()
    return a, None


def _entered(model: Model) -> float | None:
    """The level that the player entered for this file once."""
    from ...library import entered_levels

    return entered_levels.input_level(model.content_hash)


def _check(options: argparse.Namespace) -> None:
    """What cannot go together, before anything is loaded."""
    has_gear = options.send is not None or options.return_port is not None or options.split
    others = (options.against is not None) + (options.ir_against is not None)
    if others > 1 or (others and has_gear):
        raise CompareError("Side B is one thing: gear (--send, --return, --split), --against or --ir-against.")
    if options.split and options.send is not None:
        raise CompareError("--split means that the guitar drives the gear itself; leave --send out.")
    if options.split and options.di is not None:
        raise CompareError("With --split the gear hears the guitar, not a file; leave --di or --split out.")
    if options.ir_against is not None and options.no_ir:
        raise CompareError("--ir-against compares two cabinets; leave --no-ir out.")
    if options.trials is not None and options.resume is not None:
        raise CompareError("A test that goes on has its number of trials already; leave --trials out.")
    if options.result is not None and options.trials is None:
        raise CompareError("--result is for a blind test; say how many trials (--trials 16).")
    if options.send_dbu is not None:
        from ...levels import entered_level

        entered_level(options.send_dbu, "send level")


def kept_command(options: argparse.Namespace) -> dict[str, Any]:
    """What a test needs to go on as it was begun, as plain JSON data; files by their whole paths."""
    values = {name: getattr(options, OPTIONS.get(name, name)) for name in KEPT}
    return {name: str(value.resolve()) if isinstance(value, Path) else value for name, value in values.items()}


def resumed(options: argparse.Namespace) -> Any:
    """Put the options back as they were when the test was begun."""
    from ...compare.abx import BlindTest

    test = BlindTest.resume(options.resume)
    command = test.setup.get("command")
    if not isinstance(command, dict) or set(command) != set(KEPT):
        raise CompareError(f"{options.resume.name} does not say how it was begun.")
    for name, value in command.items():
        if not _may_be(name, value):
            raise CompareError(f"{options.resume.name} is damaged: {name} of its command is wrong. Begin another test.")
    for name in KEPT:
        value = command[name]
        setattr(options, OPTIONS.get(name, name), Path(value) if name in PATHS and value is not None else value)
    return test


def _may_be(name: str, value: Any) -> bool:
    """Whether an option of that name can have had this value."""
    if name in SWITCHES:
        return isinstance(value, bool)
    if name in NUMBERS:
        return (value is None and name not in ("size", "preamp_gain_db")) or is_number(value)
    if name == "level":
        return value is None or value in LEVEL_MODES
    return value is None or (isinstance(value, str) and "\0" not in value)


def _open(options: argparse.Namespace) -> Jack:
    from ...backends.jack.client import Jack

    if options.against is not None or options.ir_against is not None:
        return Jack(options.name)
    return Jack(options.name, gear=("return",) if options.split else ("send", "return"))


class Session:
    """From the first connection to the last key."""

    def __init__(self, options: argparse.Namespace, screen: Screen, backend: Jack, a: Any, b: Any, test: Any) -> None:
        from ...compare.live.commands import COMMANDS, GROUPS

        self.options, self.screen, self.backend, self.a, self.b, self.test = options, screen, backend, a, b, test
        self.keys, odd = load_keys("ab", COMMANDS, options.keys)
        self.tell = Teller(screen.say, self.keys, COMMANDS, help_text(GROUPS, self.keys))
        for remark in odd:
            screen.say(f"Keys     {remark}")

    def run(self) -> int:
        """Compare until a key, a signal or the clock ends it."""
        from ...compare.live.comparer import Comparer
        from ...compare.live.gear import Gear, send_calibration
        from ...compare.live.intact_takes import Takes
        from ...engine import LOOP, PORT, Engine
        from ...player.tools.looper import loop_from

        options, backend = self.options, self.backend
        gear = None
        if self.b is None:
            level = interface_level(options)
            gain = send_calibration(level, kept_send_dbu(options), options.preamp_gain_db)
            gear = Gear("split" if options.split else "loop", gain)
        engine = Engine(backend.sample_rate)
        passage = loop_from(options.di or bundled.di(), backend.sample_rate, options.channel, self._say_of_loop)
        comparer = Comparer(
            Takes(engine, backend.host),
            self.tell,
            self.a,
            loudest(passage, round(PASSAGE_S * backend.sample_rate)),
            b=self.b,
            gear=gear,
            source=LOOP if options.di is not None else PORT,
        )
        if self.test is not None:
            same_files(self.test, comparer)
        try:
            if options.di is not None:
                engine.loop(passage)
            backend.start(engine.block_address, engine.address)
            self._connect(gear is not None)
            comparer.start()
            backend.latency_samples = engine.latency_samples
            self._begin_test(comparer)
            with Keys() as keys:
                if keys.present:
                    self.screen.say(with_commands(KEYS_LINE, self.tell.way))
                with contextlib.suppress(KeyboardInterrupt):
                    self._loop(engine, comparer, keys)
            engine.set_master(0.0)
            engine.send(0.0)
            if not backend.gone:
                time.sleep(0.03)  # the fade out
            return 0
        except KeyboardInterrupt:
            return 0
        finally:
            self.screen.end()
            backend.close()
            if comparer.test is not None and not comparer.test.is_finished:
                self.screen.say(f"Go on with: rig ab --resume {comparer.test.path}")

    def _say_of_loop(self, kind: str, sentence: str) -> None:
        self.screen.say(f"{kind.capitalize():<{COLUMN}}{sentence}")

    def _connect(self, has_gear: bool) -> None:
        options, backend = self.options, self.backend
        if not options.no_connect:
            said = backend.connect(options.input, options.output)
            said += backend.connect_gear(options.send, options.return_port) if has_gear else []
            for sentence in said:
                self.screen.say(f"Ports    {sentence}")
        if has_gear and options.no_connect:
            self.screen.say(f"Connect {backend.name}:return{'' if options.split else ' and send'} in your patchbay.")
            while not all(backend.connections().get(port, True) for port in ("send", "return")):
                time.sleep(REFRESH_S)
        if has_gear:
            check_gear_connections(backend, options.split)

    def _begin_test(self, comparer: Comparer) -> None:
        from ...compare.abx import BlindTest

        options = self.options
        if self.test is not None:
            before = (self.test.setup.get("match") or {}).get("match_db")
            now = comparer.match.match_db if comparer.match is not None else None
            trim_db = float(self.test.setup.get("match_trim_db") or 0.0)
            if trim_db:
                comparer.set("match_trim", trim_db)
            if isinstance(before, int | float) and now is not None and abs(now - before) > 0.1:
                self.screen.say(f"Warning  the levels have moved by {now - before:+z.2f} dB since the test was begun.")
            self.test.went_on({"match": comparer.match.to_json() if comparer.match is not None else None})
            comparer.blind(self.test)
        elif options.trials is not None:
            path = options.result or Path(time.strftime("abx-%Y-%m-%d-%H%M%S.json"))
            setup = {**comparer.setup(), **self._circumstances()}
            comparer.blind(BlindTest.begin(path, options.trials, setup))

    def _circumstances(self) -> dict[str, Any]:
        from ... import __version__

        return {
            "rig": __version__,
            "command": kept_command(self.options),
            "block_size": self.backend.block_size,
            "connections": self.backend.connections(),
            "di": sha256_of(self.options.di or bundled.di()),
        }

    def _loop(self, engine: Engine, comparer: Comparer, keys: Keys) -> None:
        began = time.monotonic()
        while not comparer.finished:
            for key in keys.wait(REFRESH_S):
                if key in self.keys:
                    comparer.do(*self.keys[key])
            comparer.poll()
            if self.backend.gone:
                raise BackendError("The JACK server has gone. Start it and begin again.")
            if self.options.seconds is not None and time.monotonic() - began > self.options.seconds:
                return
            self.screen.line(*live_line(comparer.look(), int(self.backend.host["xruns"])))


def live_line(state: AbState, xruns: int) -> list[str]:
    """The live line. In a blind test nothing of what comes out is shown: a level would tell the sides apart."""
    parts = [f"hearing {state.hearing}"]
    if state.answered is not None and state.trials is not None:
        done, trials = state.answered, state.trials
        parts.append(f"trial {min(done + 1, trials)} of {trials}" if state.in_trial else f"{done} of {trials} answered")
    parts.append(f"in {level(state.input.peak_dbfs)}")
    for name, meter in (("send", state.send), ("return", state.returned), ("out", state.output)):
        if meter is not None:
            parts.append(f"{name} {level(meter.peak_dbfs)}{' CLIP' if meter.clips else ''}")
    if state.level_b_db is not None:
        parts.append(f"B {state.level_b_db:+z.1f} dB{' locked' if state.values['lock'] else ''}")
    parts.append(f"xruns {xruns}")
    return [" | ".join(parts), " | ".join(parts[:2])]


def check_gear_connections(backend: Jack, split: bool) -> None:
    """Raise a BackendError for gear that is not connected, or a return that hears rig itself."""
    connected = backend.connections()
    if not connected["return"]:
        raise BackendError(
            f"Nothing is connected to {backend.name}:return; name the port that the gear comes back on (--return PORT)."
        )
    if not split and not connected["send"]:
        raise BackendError(
            f"{backend.name}:send is not connected; name the port that leads to the re-amp box (--send PORT), or use "
            "--split where the guitar drives the gear itself."
        )
    own = [name for name in connected["return"] if name.startswith(f"{backend.name}:")]
    if own:
        raise BackendError(f"{own[0]} is connected to {backend.name}:return: rig would hear itself. Pull that cable.")


def same_files(test: Any, comparer: Comparer) -> None:
    """Raise a CompareError if a test would go on with other sounds than it was begun with."""
    begun, now = test.setup, comparer.setup()
    for side in ("a", "b"):
        for kind in ("model", "ir"):
            old, new = ((setup.get(side) or {}).get(kind) or {} for setup in (begun, now))
            if old.get("hash") != new.get("hash"):
                raise CompareError(
                    f"{new.get('file') or 'A file'} is not the one the test was begun with ({old.get('file')}); a test "
                    "goes on with the same sounds."
                )


def loudest(x: Any, samples: int) -> Any:
    """The piece of x with the most energy, at most so many samples."""
    import numpy as np

    if len(x) <= samples:
        return x
    energy = np.concatenate([[0.0], np.cumsum(np.asarray(x, np.float64) ** 2)])
    start = int(np.argmax(energy[samples:] - energy[:-samples]))
    return np.ascontiguousarray(x[start : start + samples])
