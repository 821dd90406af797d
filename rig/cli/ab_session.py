"""A session of `rig ab`: from the first connection to the last key, and what is kept so that a test can go on."""

from __future__ import annotations

import argparse
import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..backends.lost import Lost
from ..dsp.network.quality import QUALITIES
from ..dsp.tone.knobs import NAMES
from ..errors import BackendError, CompareError
from ..files import bundled
from ..files.hashing import sha256_of
from ..files.numbers import is_number
from ..files.row_path import whole_path
from ..levels import LEVEL_MODES
from ..player.events import Event, with_commands
from ..player.key_map import help_text, load_keys
from ..web.server_state import ServerState
from .compiling.first_start import first_start
from .display.screen import Screen
from .live.ab_rows import ab_rows, live_line
from .live.face import Face
from .live.sentences import COLUMN, Teller
from .options import kept_send_dbu
from .page_door import opened_door, served
from .terminal import Keys
from .tone_options import take_kept_tone

if TYPE_CHECKING:
    from ..backends.jack.client import Jack
    from ..compare.live.comparer import AbState, Comparer
    from ..compare.loops.file_sides import FileSides
    from ..engine import Engine
    from ..sound import Sound
    from ..web.page import Page
    from ..web.shown.shown_ab import AbShown
    from .knob_watch import HeldKnob

REFRESH_S = 0.1
TONE = (*NAMES, "eq")
KEYS_LINE = (
    "Keys     {hear_a} {hear_b} listen, {hear_difference} A minus B, {match_trim+}/{match_trim-} level of B, {measure} "
    "measure, {quit} quit"
)
BLIND_KEYS_LINE = (
    "Keys     {hear_a} {hear_b} {hear_x} listen, {begin_test} begins, {answer_a} X is A, {answer_b} X is B, "
    "{confirm_answer} confirms, {quit} quit"
)
PASSAGE_S = 8.0  # of a file, the loudest such piece
# What a test needs to go on as it was begun.
KEPT = (
    *("model", "ir", "no_ir", "against", "ir_against", "size", "quality", "di", "send", "return_port", "split"),
    *("send_dbu", "interface", "max_input_dbu", "preamp_gain_db", "model_input_dbu", "level", "input", "output"),
    *("dry_from", "side_a", "side_b", "capture_dbu", "channel"),
    *("blend", *TONE),
)
PATHS = ("model", "ir", "against", "ir_against", "di", "dry_from", "side_a", "side_b")
GEAR = "gear"  # in place of a file, after --from
OPTIONS = {"level": "level_mode"}  # an option whose name in the file is another one
SWITCHES = ("no_ir", "split")
# Tests of earlier versions do not say these.
ADDED: dict[str, Any] = {
    **dict.fromkeys(("dry_from", "side_a", "side_b", "channel", "blend")),
    **dict.fromkeys(NAMES, 0.0),
    "quality": 1,
    "capture_dbu": "kept",
    "eq": [],
}
NUMBERS = ("size", "send_dbu", "max_input_dbu", "preamp_gain_db", "model_input_dbu", "blend", *NAMES)
NEEDED = ("size", "preamp_gain_db", *NAMES)  # of these, those that are always some number


def kept_command(options: argparse.Namespace) -> dict[str, Any]:
    """What a test needs to go on as it was begun, as plain JSON data; files by their whole paths."""
    values = {name: getattr(options, OPTIONS.get(name, name)) for name in KEPT}
    values["eq"] = list(values["eq"])
    # The word for the gear stays a word.
    return {
        name: str(value if str(value) == GEAR else whole_path(value)) if isinstance(value, Path) else value
        for name, value in values.items()
    }


def resumed(options: argparse.Namespace) -> Any:
    """Put the options back as they were when the test was begun."""
    from ..compare.abx import BlindTest

    test = BlindTest.resume(options.resume)
    command = test.setup.get("command")
    command = {**ADDED, **command} if isinstance(command, dict) else {}
    if set(command) != set(KEPT):
        raise CompareError(f"{options.resume.name} does not say how it was begun.")
    for name, value in command.items():
        if not _may_be(name, value):
            raise CompareError(f"{options.resume.name} is damaged: {name} of its command is wrong. Begin another test.")
    for name in KEPT:
        value = command[name]
        setattr(options, OPTIONS.get(name, name), Path(value) if name in PATHS and value is not None else value)
    take_kept_tone(options, test.setup.get("tone"))
    return test


def _may_be(name: str, value: Any) -> bool:
    """Whether an option of that name can have had this value."""
    if name in SWITCHES:
        return isinstance(value, bool)
    if name in NUMBERS:
        return (value is None and name not in NEEDED) or is_number(value)
    if name == "eq":
        return isinstance(value, list) and all(isinstance(text, str) for text in value)
    if name == "capture_dbu":
        return value in ("kept", None) or is_number(value)
    if name == "channel":
        return value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0)
    if name == "quality":
        return value in QUALITIES and not isinstance(value, bool)
    if name == "level":
        return value is None or value in LEVEL_MODES
    return value is None or (isinstance(value, str) and "\0" not in value)


class Session:
    """From the first connection to the last key."""

    def __init__(
        self,
        options: argparse.Namespace,
        screen: Screen,
        backend: Jack,
        sides: tuple[Sound, Sound | None] | tuple[Sound, FileSides],
        test: Any,
        knob: HeldKnob | None = None,
    ) -> None:
        from ..compare.live.commands import COMMANDS, GROUPS

        self.options, self.screen, self.backend, self.sides, self.test = options, screen, backend, sides, test
        self.knob = knob
        self.keys, odd = load_keys("ab", COMMANDS, options.keys)
        text = help_text(GROUPS, self.keys)
        self.face = Face(screen, GROUPS, self.keys, text)
        self.tell = Teller(self.face.say, self.keys, COMMANDS, text, {"help": self.face.help})
        self.page: Page | None = None
        self.is_served = False
        for remark in odd:
            screen.say(f"Keys     {remark}")

    def run(self) -> int:
        """Compare until a key, a signal or the clock ends it."""
        from ..engine import Engine

        backend = self.backend
        engine = Engine(backend.sample_rate)
        comparer = self._comparer(engine)
        if self.test is not None:
            same_files(self.test, comparer)
        try:
            backend.start(engine.block_address, engine.address)
            self._connect(comparer.gear is not None, comparer.hears_guitar)
            shown = self._serve(comparer)
            comparer.start()
            first_start.tell = self._note
            if shown is not None:
                shown.is_measuring = False
            backend.latency_samples = engine.latency_samples
            self._begin_test(comparer)
            with Keys() as keys:
                self.face.keys = keys
                if keys.present:
                    line = KEYS_LINE if comparer.test is None else BLIND_KEYS_LINE
                    self.screen.say(with_commands(line, self.tell.way))
                try:
                    with contextlib.suppress(KeyboardInterrupt):
                        self._loop(engine, comparer, keys)
                finally:
                    self.screen.leave()
            engine.set_master(0.0)
            engine.send(0.0)
            if not backend.gone:
                time.sleep(0.03)  # the fade out
            return 0
        except KeyboardInterrupt:
            return 0
        finally:
            if self.page is not None:
                self.page.close()
            if self.knob is not None:
                self.knob.close()
            self.screen.end()
            backend.close()
            if comparer.test is not None and not comparer.test.is_finished:
                self.screen.say(f"Go on with: rig ab --resume {comparer.test.path}")

    def _comparer(self, engine: Engine) -> Comparer:
        """Who compares: files, or what hears a guitar."""
        from ..compare.live.comparer import Comparer
        from ..compare.live.file_comparer import FileComparer
        from ..compare.live.gear import Gear, send_calibration
        from ..compare.live.intact_takes import Takes
        from ..compare.live.wires import Wires
        from ..compare.loops.file_sides import FileSides
        from ..engine import LOOP, PORT
        from ..player.tools.looper import loop_from

        options, backend, (a, b) = self.options, self.backend, self.sides
        takes = Takes(engine, backend.host, self._wait)
        if isinstance(b, FileSides):
            files = FileComparer(takes, self._told, b, a, Wires(backend, hears=False))
            files.training.follow = "off"
            return files
        gear = None
        if b is None:
            gain = send_calibration(a.interface, kept_send_dbu(options), options.preamp_gain_db)
            gear = Gear("split" if options.split else "loop", gain)
        passage = loop_from(options.di or bundled.di(), backend.sample_rate, options.channel, self._say_of_loop)
        comparer = Comparer(
            takes,
            self._told,
            a,
            loudest(passage, round(PASSAGE_S * backend.sample_rate)),
            b=b,
            gear=gear,
            source=LOOP if options.di is not None else PORT,
            wires=Wires(backend),
        )
        comparer.training.follow = options.follow_training
        if options.di is not None:
            comparer.section.put(passage)
        return comparer

    # ------------------------------------------------------------ the page
    def _serve(self, comparer: Comparer) -> AbShown | None:
        if not self.options.page:
            return None
        from ..web.shown.shown_ab import AbShown

        shown = AbShown(comparer, self._server)
        self.page = served(self.options, shown, self.screen.say)
        if self.page is not None:
            page = self.page
            shown.on_revoked, shown.on_change = page.revoked, lambda: page.show(at_once=True)
        self.is_served = opened_door(self.page, self.options, self.screen.say)
        return shown

    def _server(self) -> ServerState:
        backend, host = self.backend, self.backend.host
        rate, period = float(backend.sample_rate), int(backend.block_size)
        state = "NO SERVER" if host["gone"] else ""
        lost, frame = Lost.of(host), int(host["frame_time"])
        return ServerState(backend.product, rate, period, 2000 * period / rate, lost.times, frame, state)

    def _note(self, text: str) -> None:
        self._told(Event("noted", text))

    def _told(self, event: Event) -> None:
        """What is told, to whoever listens."""
        self.tell(event)
        if self.page is not None:
            self.page.post(event)

    def _wait(self) -> None:
        """A moment of something that takes long."""
        time.sleep(0.005)
        if self.page is not None and self.is_served:
            self.page.poll_looks()

    def _say_of_loop(self, kind: str, sentence: str) -> None:
        self.screen.say(f"{kind.capitalize():<{COLUMN}}{sentence}")

    def _connect(self, has_gear: bool, hears: bool) -> None:
        options, backend = self.options, self.backend
        if not options.no_connect:
            said = backend.connect(options.input, options.output, hears=hears)
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
        from ..compare.abx import BlindTest

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
        from .. import __version__

        heard = {} if self.options.dry_from is not None else {"di": sha256_of(self.options.di or bundled.di())}
        return {
            "rig": __version__,
            "command": kept_command(self.options),
            "block_size": self.backend.block_size,
            "connections": self.backend.connections(),
            **heard,
        }

    def _loop(self, engine: Engine, comparer: Comparer, keys: Keys) -> None:
        began = time.monotonic()
        while not comparer.finished:
            page = self.page if self.is_served else None
            pressed = keys.wait(REFRESH_S, *([page.waker] if page is not None else []))
            for key in pressed:
                if not self.face.press(key) and key in self.keys:
                    comparer.do(*self.keys[key])
            acted = page is not None and page.poll()
            comparer.poll()
            for text in self.knob.news() if self.knob is not None else ():
                self._told(Event("warning", f"{text}."))
            for sentence in first_start.news():
                self._note(sentence)
            if self.backend.gone:
                raise BackendError("The JACK server has gone. Start it and begin again.")
            if self.options.seconds is not None and time.monotonic() - began > self.options.seconds:
                return
            if page is not None:
                page.show(at_once=bool(pressed or acted))
            self._show(comparer.look(), Lost.of(self.backend.host))

    def _show(self, state: AbState, lost: Lost) -> None:
        if self.screen.is_live:
            self.face.show(lambda size, _: ab_rows(state, lost, size))
        else:
            self.screen.line(live_line(state, lost))


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
    kinds = [*((side, kind) for side in ("a", "b") for kind in ("model", "recording", "ir")), ("from", "dry")]
    for side, kind in kinds:
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
