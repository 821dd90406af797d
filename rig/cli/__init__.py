"""The command line: one file per command, and one place where errors become a sentence."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Sequence

from ..errors import RigError, UsageError
from . import standard_output
from .command_line import CommandLine
from .commands import (
    ab,
    abx,
    audition,
    bench,
    calibrate,
    capture,
    clone,
    compare,
    completion,
    devices,
    doctor,
    evidence,
    info,
    interfaces,
    ir,
    library,
    listen,
    midi,
    play,
    remote,
    render,
    serve,
    signal,
    train,
)
from .compiling.first_start import announced
from .installed import versions
from .installed.missing_parts import missing_library, missing_part
from .terminal import Harmless, ending_politely

FAILED = 2  # exit code: the sentence on stderr says why
INTERRUPTED = 130  # exit code: Ctrl-C, as shells expect it
LIVE = ("play", "audition", "ab", "serve")  # they show a screen, and do without where there is none
EXAMPLES = (
    "rig play                              # what comes with rig",
    "rig play crunch.nam 4x12.wav          # a model and a cabinet of yours",
    "rig audition crunch.nam cabinets/     # choose among many cabinets",
    "rig render crunch.nam di.wav out.wav  # a file instead of a guitar",
    "rig doctor                            # what stands in the way of low latency",
    "rig clone e570                        # from gear to a model, step by step",
    "rig capture e570                      # a training pair of your gear",
    "rig train captures/e570               # a model of it, heard while it learns",
    "rig compare captures/e570 models/     # models against the gear, by number",
    "rig play --help                       # all about a command",
)


def parser() -> CommandLine:
    """All commands and their options."""
    top = CommandLine(
        prog="rig",
        description="Play NAM models and cabinet IRs live, at the level they were captured with, or render files.",
        examples=EXAMPLES,
    )
    top.add_argument("--version", action="store_true", help="show the version, and those of all that rig stands on")
    top.add_argument("--json", action="store_true", help="with --version: print JSON")
    top.set_defaults(run=lambda options: _overview(top, options))
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for module in (
        *(play, audition, serve, remote, render, info, library, ir, midi, devices, doctor),
        *(interfaces, calibrate, signal, clone, capture, train, compare, ab, abx, listen, evidence, bench),
    ):
        module.add(commands)
    completion.add(commands, top, with_parts)
    return top


def _overview(top: CommandLine, options: argparse.Namespace) -> int:
    """Without a command: versions, or what there is."""
    if options.version:
        return versions.show(options.json)
    print(top.format_help(), end="")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0, 1 after a failed check, 2 after an error in one sentence, 130 after Ctrl-C.

    With --json an error is one JSON object on standard output as well.
    """
    # Threads of OpenBLAS wait busily for each other: beside our own processes, and beside the sound, they only cost. It
    # reads this when NumPy is imported, which nothing did so far.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that this terminal cannot show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    as_json = "--json" in words[: words.index("--")] if "--" in words else "--json" in words
    with (
        standard_output.to_ourselves() if as_json else contextlib.nullcontext(),
        contextlib.redirect_stdout(Harmless.of(sys.stdout, fits=not as_json)),
        contextlib.redirect_stderr(Harmless.of(sys.stderr, fits=True)),
        announced(),
    ):
        try:
            code = _run(words)
            if sys.stdout is not None:
                sys.stdout.flush()
            return code
        except RigError as error:
            return _refused(error, as_json)
        except KeyboardInterrupt:
            print("\nrig: stopped.", file=sys.stderr)
            return INTERRUPTED
        except BrokenPipeError:  # `rig info ... | head`
            standard_output.to_nowhere()
            return 0
        except MemoryError:
            return _refused(RigError("there is not enough memory for that."), as_json)
        except ImportError as error:
            sentence = missing_part(error)
            if sentence is None:
                raise
            return _refused(RigError(sentence), as_json)
        except OSError as error:  # a full disk behind standard output, no more files that may be open
            sentence = missing_library(error)
            if sentence is not None:
                return _refused(RigError(sentence), as_json)
            sentence = standard_output.describe_fault(error)
            if sentence is not None:
                standard_output.to_nowhere()
                print(f"rig: {sentence}", file=sys.stderr)
                return FAILED
            where = f" ({os.fsdecode(error.filename)})" if isinstance(error.filename, str | bytes) else ""
            return _refused(RigError(f"the system refuses: {error.strerror or error}{where}."), as_json)


def with_parts(words: Sequence[str]) -> list[str]:
    """The words with the name of a part that may be left out."""
    return evidence.with_bundle(interfaces.with_list(capture.with_take(words)))


def _run(words: Sequence[str]) -> int:
    options = parser().parse_args(with_parts(words))
    with ending_politely():
        code = int(options.run(options))
    if sys.stdout is None and options.command not in LIVE:
        raise UsageError("Standard output is closed: what was to be shown there is lost.")
    return code


def _refused(error: RigError, as_json: bool) -> int:
    """Say what is wrong; with `as_json` to programs too."""
    print(f"rig: {error}", file=sys.stderr)
    if isinstance(error, UsageError) and error.usage:
        print(error.usage, file=sys.stderr)
    if as_json:
        print(json.dumps({"error": str(error)}, indent=2), flush=True)
    return FAILED
