"""The command line: one file per command, and one place where errors become a sentence."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Sequence

from .. import __version__
from ..errors import RigError
from .commands import (
    ab,
    abx,
    audition,
    bench,
    calibrate,
    capture,
    compare,
    devices,
    doctor,
    info,
    ir,
    midi,
    play,
    render,
    signal,
)
from .terminal import Harmless, ending_politely

FAILED = 2  # exit code: the sentence on stderr says why
INTERRUPTED = 130  # exit code: Ctrl-C, as shells expect it


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="rig",
        description="Play NAM models and cabinet IRs live, at the level they were captured with, or render files.",
    )
    top.add_argument("--version", action="version", version=f"rig {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in (
        *(play, audition, render, info, ir, midi, devices, doctor),
        *(calibrate, signal, capture, compare, ab, abx, bench),
    ):
        module.add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0, 2 after an error in one sentence, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that this terminal cannot show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    with contextlib.redirect_stdout(Harmless.of(sys.stdout)), contextlib.redirect_stderr(Harmless.of(sys.stderr)):
        options = parser().parse_args(capture.with_take(sys.argv[1:] if arguments is None else arguments))
        try:
            with ending_politely():
                code = int(options.run(options))
            if sys.stdout is not None:
                sys.stdout.flush()
            return code
        except RigError as error:
            print(f"rig: {error}", file=sys.stderr)
            return FAILED
        except KeyboardInterrupt:
            print("\nrig: stopped.", file=sys.stderr)
            return INTERRUPTED
        except BrokenPipeError:  # `rig info ... | head`
            _let_go_of_stdout()
            return 0
        except MemoryError:
            print("rig: there is not enough memory for that.", file=sys.stderr)
            return FAILED
        except OSError as error:  # a full disk behind standard output, no more files that may be open
            _let_go_of_stdout()
            where = f" ({os.fsdecode(error.filename)})" if isinstance(error.filename, str | bytes) else ""
            print(f"rig: the system refuses: {error.strerror or error}{where}.", file=sys.stderr)
            return FAILED


def _let_go_of_stdout() -> None:
    """Python writes what is left at exit, and would complain."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
