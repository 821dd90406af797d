"""`rig clone NAME`: from gear to a model of it that is played, by capture, train, compare, ab and play in turn."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import CaptureError, RigError, TrainingError
from ...files.atomic_write import set_aside
from ...trainer.capture_file import input_level, send_trim_db
from ..capturing.capture_options import REFUSED, add_capture_levels, add_gear_options
from ..command_line import CommandLine
from ..console import Console, Left, add_desk_options, refuse_portaudio
from ..options import add_into_option
from ..page_door import add_page_options
from ..terminal import end_if_asked
from ..training.taken_up import command_line
from . import ab, capture, compare, play, train
from .capture_take import add_signal_options

if TYPE_CHECKING:
    from ..training.clone_steps import Standing, Step

NEEDS_A_PLAYER = ("ab", "play")
NEVER_DONE = ("play",)  # it is what all this is for
FAILED = 2  # exit code: the sentence on stderr says why
TRIALS = 16  # a usual number for a blind test
WORDS = {
    "capture": "the capture",
    "train": "training",
    "compare": "comparing the model with the gear",
    "ab": "listening to model and gear in turn",
    "play": "playing",
}
PAGE = ("page", "page_port", "lan", "certificate", "key", "open_page")
LIVE = ("input", "output", "di", *PAGE)
CAPTURED_WITH = (
    *("send", "returned", "client", "freewheel", "yes", "into", "signal", "length_s", "trial", "retakes", "accept"),
    *("modeled_by", "gear_type", "gear_make", "gear_model", "tone_type"),
    *("send_dbu", "send_method", "return_dbu", "return_method", "send_trim_db", *PAGE),
)


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "clone",
        help="from gear to a model of it: capture, train, compare, listen and play, step by step",
        description="Make a model of your gear: rig capture, rig train, rig compare, rig ab and rig play, one after "
        "the other. It shows which steps are done, by what lies in the folder of the capture, and goes on with the "
        "next one; leave it after any step or within one, and the same command goes on from there.",
        examples=(
            "rig clone e570                             # from where it was left",
            "rig clone e570 --architecture nano --minutes 10",
            "rig clone e570 --send playback_3 --return capture_3 --yes",
        ),
    )
    command.add_argument("name", metavar="NAME", help="name of the capture and its model")
    add_desk_options(command)
    command.add_argument("--input", metavar="PORT", help="to listen and play: JACK port that feeds the guitar in")
    command.add_argument("--output", metavar="PORT", help="to listen and play: JACK port or ports that take the sound")
    command.add_argument("--di", type=Path, metavar="FILE", help="loop this file in place of the guitar")
    add_into_option(command, "captures", "where captures are written")
    add_signal_options(command)
    command.add_argument("--accept", action="store_true", help="accept the take, and train on it, even if checks fail")
    training = command.add_argument_group("training")
    training.add_argument(
        "--architecture", choices=train.ARCHITECTURES, help="(default the one that was begun, else standard)"
    )
    training.add_argument("--minutes", type=train.positive, metavar="M", help="train at most so long")
    training.add_argument("--threads", type=train.whole, metavar="N", help="of the processor (default half of it)")
    training.add_argument("--python", type=Path, metavar="PYTHON", help="an environment of yours that has the trainer")
    add_gear_options(command)
    add_capture_levels(command)
    add_page_options(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    refuse_portaudio(options)
    return Chain(options).run()


class Chain:
    """The steps, one after the other, until one ends it or the player leaves."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self._passed: set[str] = set()  # of those that are never done, or were passed over by hand
        self._trials: int | None = None
        self._console = Console()
        self._is_shown = False  # where it stands, just above
        self._steps: dict[str, Callable[[Standing], int]] = {
            "capture": self._capture,
            "train": self._train,
            "compare": self._compare,
            "ab": self._ab,
            "play": self._play,
        }

    def run(self) -> int:
        """Go on from where it stands; the exit code."""
        ran: Step | None = None
        while True:
            standing = self._look()
            step = standing.next_step(self._passed)
            self._show(standing)
            if step is None:
                self._console.say(f"{self.options.name}: the model is {standing.model}.")
                if standing.next_step(NEVER_DONE) is not None:
                    self._say_how_to_go_on()
                return 0
            try:
                if ran is not None and ran.name == step.name:
                    raise RigError(f"{self.options.name}: {step.name} came to its end, and is not done: {step.found}.")
                answer = self._asked(step, standing, ran is None)
                if answer in ("n", "no"):
                    raise Left("Left.")
                if answer == "s" and step.can_pass:
                    self._passed.add(step.name)
                    continue
                self._is_shown = False
                code = self._steps[step.name](standing)
                end_if_asked()
            except Left:
                self._say_how_to_go_on()
                return 0
            except KeyboardInterrupt:
                self._console.end()
                self._console.say("")  # below what the terminal shows of the key
                self._say_how_to_go_on()
                raise
            except RigError as error:
                print(f"rig: {error}", file=sys.stderr)
                self._say_how_to_go_on()
                return FAILED
            if code:
                self._say_how_to_go_on()
                return code
            ran = step

    def _show(self, standing: Standing) -> None:
        self._console.say(standing.table(self._passed))
        self._is_shown = True

    def _look(self) -> Standing:
        from ..training.clone_steps import look

        options = self.options
        return look(options.into, options.name, options.architecture, options.minutes)

    def _asked(self, step: Step, standing: Standing, is_first: bool) -> str:
        """Whether to go on with a step, where there is something to choose, or a step has just been done."""
        if step.name in NEEDS_A_PLAYER and not _is_anybody_there():
            return "n"
        if is_first and not step.can_pass:
            return "y"
        choice = ""
        if step.name == "train" and step.can_pass:
            choice = f"; s: take epoch {standing.record.best_epoch if standing.record else 0} as it is"
        elif step.name == "ab":
            choice = "; s: pass it over"
            if standing.test is None:
                choice += f"; a number, {TRIALS} say: a blind test"
        from ...compare.significance import refused_trials

        asks = Console(self.options.yes and step.name not in NEEDS_A_PLAYER)
        while True:
            answer = asks.ask(f"Go on with {WORDS[step.name]}? [Y/n{choice}]", "--yes", "y").strip().casefold()
            if answer in ("y", "yes", "n", "no") or (answer == "s" and step.can_pass):
                return answer
            if step.name == "ab" and standing.test is None and answer.isdecimal() and int(answer):
                why = refused_trials(int(answer))
                if why is None:
                    self._trials = int(answer)
                    return "y"
                asks.say(why)
                continue
            asks.say(f"{answer!r} is no answer to that; Enter goes on, n or q leaves.")

    # ------------------------------------------------------------ the steps
    def _capture(self, standing: Standing) -> int:
        from ..capturing.take_session import run_take
        from ..training.clone_steps import TRAINED_BY_CAPTURE

        take = _like(_options_of(capture, "capture", "take"), self.options, CAPTURED_WITH)
        take.name = self.options.name
        take.architecture = standing.architecture if standing.architecture in TRAINED_BY_CAPTURE else "standard"
        while run_take(take, is_followed=True) == REFUSED:
            console = Console(self.options.yes)
            console.say("The take failed its checks, for the reasons above; --accept takes it whatever they say.")
            if self.options.yes:
                return REFUSED
            answer = console.ask("Take it again? [Y/n; a: and accept it whatever the checks say]", "--yes", "y")
            if answer.casefold() not in ("y", "yes", "a"):
                return REFUSED
            take.accept = take.accept or answer.casefold() == "a"
        return 0

    def _train(self, standing: Standing) -> int:
        from ...training.environment import find_trainer
        from ..training.set_up import set_up

        options = self.options
        accept = options.accept
        if standing.failed and not accept and not options.yes:
            question = (
                f"The take failed its checks ({', '.join(standing.failed)}), so a model would learn the fault. Train "
                "on it all the same? [y/N; t: take it again]"
            )
            answer = Console().ask(question, "--accept", "n").casefold()
            if answer == "t":
                _put_aside(standing.folder)
                return 0
            if answer not in ("y", "yes"):
                return REFUSED
            accept = True
        restart = self._begins_anew(standing)
        try:
            find_trainer(options.python)
        except TrainingError as error:
            if options.python is not None or options.yes or not _is_anybody_there():
                raise
            Console().say(str(error))
            if set_up() != 0:
                return REFUSED
        training = _like(_options_of(train, "train"), options, ("python", "threads", "minutes"))
        training.captures, training.architecture, training.accept = [standing.folder], standing.architecture, accept
        training.restart = restart
        if standing.record is not None:  # what it was begun with is what it goes on with
            plan = standing.record.plan
            training.minutes = options.minutes or plan.minutes
            training.until_esr, training.steps, training.seed = plan.until_esr, plan.steps, plan.seed
            training.start_from = None if plan.start_from is None else Path(plan.start_from)
        return train.run(training)

    def _begins_anew(self, standing: Standing) -> bool:
        """Whether what was learnt before is forgotten, as it is of no use. Raises TrainingError and Left."""
        if standing.why_useless is None:
            return False
        if self.options.yes or not _is_anybody_there():
            again = ("rig", "train", str(standing.folder), "--architecture", standing.architecture, "--restart")
            raise TrainingError(
                f"{self.options.name}: what was learnt before {standing.why_useless}; `{shlex.join(again)}` forgets it "
                "and begins anew."
            )
        question = f"What was learnt before {standing.why_useless}. Forget it, and begin anew? [Y/n]"
        if self._console.ask(question, "--yes", "y").casefold() not in ("y", "yes"):
            raise Left("Left.")
        return True

    def _compare(self, standing: Standing) -> int:
        from ..training.clone_steps import keep_comparison

        words = _options_of(compare, "compare", "captures")
        words.files = [standing.folder, standing.model]
        comparison = compare.compared(words)
        if not comparison.scores:
            return REFUSED
        keep_comparison(standing, comparison.to_json())
        return 0

    def _ab(self, standing: Standing) -> int:
        from ..training.clone_steps import new_test

        listening = _like(_options_of(ab, "ab"), self.options, LIVE)
        assert standing.capture is not None
        content = standing.capture.content
        listening.model = standing.model
        listening.send = self.options.send or content["audio"].get("send_port")
        listening.return_port = self.options.returned or content["audio"].get("return_port")
        listening.send_dbu = self.options.send_dbu
        known = input_level(content)
        if listening.send_dbu is None and known is not None:  # of the file, in which the trim is
            listening.send_dbu = known[0] - send_trim_db(content)
        if standing.test is not None:
            listening.resume = standing.test
        elif self._trials is not None:
            listening.trials, listening.result = self._trials, new_test(standing)
        else:
            Console().say(f"A blind test instead: leave (q), and answer the question with {TRIALS}; n begins it.")
        code = ab.run(listening)
        self._passed.add("ab")
        return code

    def _play(self, standing: Standing) -> int:
        playing = _like(_options_of(play, "play"), self.options, LIVE)
        playing.model = standing.model
        code = play.run(playing)
        self._passed.add("play")
        return code

    # ------------------------------------------------------------ the way back
    def _command_line(self) -> str:
        columns = shutil.get_terminal_size().columns
        return command_line(add, "clone", self.options, columns)

    def _say_how_to_go_on(self) -> None:
        """Where it stands, unless that is what was shown last, and the command that goes on."""
        if not self._is_shown:
            with contextlib.suppress(RigError):
                self._show(self._look())
        self._console.say(f"To go on from here:\n{self._command_line()}")


def _is_anybody_there() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _options_of(module: Any, *words: str) -> argparse.Namespace:
    """The options of another command, with its own defaults."""
    parser = CommandLine(prog="rig")
    module.add(parser.add_subparsers(dest="command"))
    return parser.parse_args(words)


def _like(other: argparse.Namespace, options: argparse.Namespace, names: tuple[str, ...]) -> argparse.Namespace:
    """The options of another command, those of these names as they are in ours."""
    for name in names:
        setattr(other, name, getattr(options, name))
    return other


def _put_aside(folder: Path) -> None:
    """Make room for another take; the one before stays beside it, with all that was learnt from it."""
    try:
        aside = set_aside(folder, "before")
    except OSError as error:
        raise CaptureError(f"{folder}: cannot be renamed ({error.strerror}).") from error
    Console().say(f"The take before is kept in {aside}.")
