"""Run `rig` as a user does: a process of its own, with its exit code and what it prints."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

RIG = [sys.executable, "-m", "rig"]


def rig(*arguments: Any, cwd: Path | None = None, timeout_s: float = 180.0, **environment: str):
    """Run to the end."""
    return subprocess.run(
        [*RIG, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        stdin=subprocess.DEVNULL,
    )


def called(capsys: Any, *arguments: Any):
    """Like `rig`, in this process and without a start, which is most of a command that is refused."""
    from rig.cli import main

    code = main([str(argument) for argument in arguments])
    return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())


def forked(*arguments: Any, cwd: Path | None = None, timeout_s: float = 180.0, **environment: str):
    """Like `rig`, forked from the test instead of started: nothing is imported again, which is most of a short run.

    Not where this process is a client of an audio server: libjack does not survive a fork.
    """
    command = ["rig", *map(str, arguments)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads: the child uses none of them
            child = os.fork()
        if child == 0:
            _run_forked(command[1:], cwd, environment, out.fileno(), err.fileno())
        code = _wait_for(child, command, timeout_s)
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(command, code, out.read().decode(), err.read().decode())


def _run_forked(arguments: list[str], cwd: Path | None, environment: dict[str, str], out: int, err: int) -> NoReturn:
    """In the child: take its own streams, folder and environment, run the command, and end without cleaning up ours."""
    code = 1
    gc.freeze()  # what has become garbage in the test may belong to threads that are not here: it is not ours to free
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        for file, number in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (err, 2)):
            os.dup2(file, number)
        encoding, _, errors = environment.get("PYTHONIOENCODING", "utf-8").partition(":")
        sys.stdin = open(0, encoding=encoding, closefd=False)  # noqa: SIM115 (it lives as long as the process)
        sys.stdout = open(1, "w", encoding=encoding, errors=errors or None, closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding=encoding, errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.environ.update(environment)
        os.chdir(cwd or ".")
        code = _exit_code(arguments)
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _exit_code(arguments: list[str]) -> int:
    from rig.cli import main

    try:
        return main(arguments)
    except SystemExit as ended:  # argparse
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)


def _wait_for(child: int, command: list[str], timeout_s: float) -> int:
    deadline = time.monotonic() + timeout_s
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise subprocess.TimeoutExpired(command, timeout_s)
        time.sleep(0.005)


def refused(done, *patterns: str) -> None:
    """It ended with code 2 and one sentence on stderr that matches every pattern; no traceback anywhere."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    sentences = [line for line in done.stderr.splitlines() if line.startswith("rig: ")]
    assert len(sentences) == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    for pattern in patterns:
        assert re.search(pattern, sentences[0]), (pattern, sentences[0])


class Playing:
    """`rig play` in the background; a context manager that ends it with Ctrl-C."""

    def __init__(
        self, *arguments: Any, cwd: Path | None = None, command: Sequence[str] = RIG, **environment: str
    ) -> None:
        self._process = subprocess.Popen(
            [*command, "play", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip())

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def wait_for(self, pattern: str, timeout_s: float = 60.0, after: int = 0) -> str:
        """The first line (behind line number `after`) that matches."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for line in list(self.lines)[after:]:
                if re.search(pattern, line):
                    return line
            if self._process.poll() is not None and not self._reader.is_alive():
                break
            time.sleep(0.01)
        raise AssertionError(f"no line matches {pattern!r}:\n" + "\n".join(self.lines))

    def wait(self, timeout_s: float = 60.0) -> int:
        """Wait until it has ended by itself; the exit code."""
        self._process.wait(timeout_s)
        self._reader.join(5)
        return self._process.returncode

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and return the exit code. SIGTERM, where whoever started the tests has SIGINT ignored."""
        if how == signal.SIGINT and signal.getsignal(how) == signal.SIG_IGN:
            how = signal.SIGTERM
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError("rig play did not end:\n" + "\n".join(self.lines)) from None
        self._reader.join(5)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self._process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_: Any) -> None:
        self.end()
