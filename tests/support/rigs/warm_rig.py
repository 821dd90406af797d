"""A rig that has imported everything, and forks itself for each command: imports are most of a short command.

    with WarmRig() as warm:
        Terminal("mine", command="clone", start=warm.start)

It is no client of an audio server itself, so each fork may become one. It sets out at once and is waited for when it is
needed first.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import traceback

MAIN = "from warm_rig import serve; serve()"


class Forked:
    """One command, as `subprocess.Popen` would show it."""

    def __init__(self, warm: WarmRig, pid: int) -> None:
        self._warm, self.pid = warm, pid

    def poll(self):
        return self._warm.ended.get(self.pid)

    def send_signal(self, number) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout=None):
        with self._warm.news:
            assert self._warm.news.wait_for(lambda: self.poll() is not None, timeout), "it does not end"
        return self.poll()


class WarmRig:
    """See the module's text."""

    def __init__(self) -> None:
        self.ended: dict[int, int] = {}
        self.news = threading.Condition()
        self._begun: list[int] = []
        path = os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, "-c", MAIN],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ear = threading.Thread(target=self._hear, daemon=True)
        self._ear.start()

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self._process.stdin.close()
        self._process.wait(30)
        self._ear.join(30)
        self._process.stdout.close()

    def _hear(self) -> None:
        for line in self._process.stdout:
            said = json.loads(line)
            with self.news:
                if "begun" in said:
                    self._begun.append(said["begun"])
                else:
                    self.ended[said["ended"]] = said["code"]
                self.news.notify_all()

    def start(self, words, terminal, cwd, environment) -> Forked:
        """Run `rig WORDS` on a terminal, by its file descriptor."""
        asked = {"words": words, "terminal": os.ttyname(terminal), "cwd": str(cwd), "environment": environment}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        with self.news:
            assert self.news.wait_for(lambda: self._begun, 120), "it did not start"
            return Forked(self, self._begun.pop())


def _say(**said) -> None:
    os.write(1, f"{json.dumps(said)}\n".encode())


def serve() -> None:
    """Import what the commands do, then fork for each line of standard input."""
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401
    import pyloudnorm  # noqa: F401

    import rig.cli.ab_session
    import rig.cli.capturing.take_session
    import rig.cli.live.session
    import rig.cli.training.clone_steps
    import rig.compare.models
    import rig.training.run  # noqa: F401

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _run(**json.loads(line))
        _say(begun=pid)
        threading.Thread(target=_tell_end, args=(pid,), daemon=True).start()


def _tell_end(pid: int) -> None:
    status = os.waitpid(pid, 0)[1]
    _say(ended=pid, code=os.waitstatus_to_exitcode(status))


def _run(words, terminal, cwd, environment) -> None:
    code = 70
    try:
        os.setsid()
        theirs = os.open(terminal, os.O_RDWR)
        for number in range(3):
            os.dup2(theirs, number)
        os.close(theirs)
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(environment)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, mode, closefd=False) for n, mode in enumerate("rww"))
        from rig.cli import main

        code = main(words)
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
