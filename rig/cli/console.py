"""The operator of a capture at a terminal: sentences, plain questions, and a line with meter and progress."""

from __future__ import annotations

import argparse
import sys
import time

from ..decibels import level_in_words
from ..errors import CaptureError, RigError
from .display.screen import Screen
from .options import add_client_option
from .terminal import end_if_asked

BAR = 24
LEAVE = "q"  # an answer to any question, but to one for a name


class Left(RigError):
    """The player leaves at a question: by q, or by Ctrl-D."""


class Console:
    """The `Operator` at a terminal. `yes`: every question takes its default. `json`: all of it goes to stderr."""

    def __init__(self, yes: bool = False, json: bool = False) -> None:
        self._screen = Screen(sys.stderr if json else sys.stdout)
        self._yes, self._what, self._began = yes, "", 0.0

    def say(self, text: str) -> None:
        """A sentence that stays."""
        self._screen.say(text)

    def ask(self, question: str, option: str, default: str | None = None) -> str:
        """From the keyboard, a line each; with `yes` the default. Raises Left for q or Ctrl-D."""
        if self._yes and default is not None:
            return default
        if self._yes:
            raise nobody_answers(question, option)
        self._screen.say(question)
        return answered(read_line(question, option), question, option, default)

    def meter(self, what: str, done: int, samples: int, peak_dbfs: float) -> None:
        """One live line."""
        end_if_asked()
        if what != self._what or done == 0:
            self._what, self._began = what, time.monotonic()
        share = min(1.0, done / samples)
        elapsed = time.monotonic() - self._began
        left = f"{elapsed * (1 - share) / share:4.0f} s left" if share > 0.01 else ""
        bar = "#" * round(BAR * share) + "." * (BAR - round(BAR * share))
        level = f"return {level_in_words(peak_dbfs, digits=1):>10}"
        self._screen.line(
            f"{what:9} [{bar}] {100 * share:3.0f} % {left}  {level}", f"{what} {100 * share:3.0f} % {level}"
        )

    def end(self) -> None:
        """Leave the live line."""
        self._screen.end()


def read_line(question: str, option: str) -> str:
    """What is typed, to the end of the line. Raises Left for Ctrl-D, and CaptureError where nobody can type."""
    line = sys.stdin.readline() if sys.stdin is not None else ""
    if line:
        return line
    if sys.stdin is not None and sys.stdin.isatty():
        raise _left(question)
    raise nobody_answers(question, option)


def answered(given: str, question: str, option: str, default: str | None) -> str:
    """The answer; what is empty is the default. Raises Left for q, unless a name is asked for."""
    answer = given.strip() or default or ""
    if answer.casefold() == LEAVE and not option.endswith("NAME"):
        raise _left(question)
    return answer


def nobody_answers(question: str, option: str) -> CaptureError:
    """A question where there is nobody to be asked."""
    return CaptureError(f"Nobody answers to {question.splitlines()[0]!r}: give {option}.")


def _left(question: str) -> Left:
    return Left(f"Left at {question.splitlines()[0]!r}.")


def add_desk_options(command: argparse.ArgumentParser) -> None:
    """Ports, and who answers."""
    ports = command.add_argument_group("ports")
    ports.add_argument("--send", metavar="PORT", help="JACK port (or part of its name) that feeds the gear")
    ports.add_argument("--return", dest="returned", metavar="PORT", help="JACK port that comes back from it")
    add_client_option(ports, "rig-capture")
    ports.add_argument(
        "--backend", choices=("jack", "portaudio"), default="jack", help="jack is the only one that does"
    )
    ports.add_argument(
        "--freewheel", action="store_true", help="the gear is a JACK program: as fast as the computer can"
    )
    command.add_argument("--yes", action="store_true", help="ask nothing: the wiring is right, defaults are taken")


def refuse_portaudio(options: argparse.Namespace) -> None:
    """Raise a CaptureError for a backend that cannot do it."""
    if options.backend != "jack":
        raise CaptureError(
            "Captures are made over JACK only: PortAudio runs output and input on buffers of their own and does not "
            "say what was lost, so no take over it is known to be exact to the sample. Start a JACK server; there "
            "is one for Windows and macOS too."
        )
