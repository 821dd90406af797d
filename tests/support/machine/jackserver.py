"""A private JACK server for tests: `jackd` on its dummy driver, which needs no sound card.

One rule: **a process may use one JACK server in its life.** libjack keeps global state for one server; a second server
in the same process corrupts memory. So

* the fixture `jack_server` (conftest.py) is one server for the whole test session, and the only one that the test
  process itself opens clients on. Leave it as it was: close your clients, put the block size back;
* everything else - another period, a server that dies or restarts, no server at all - runs in a child process:
  `run_in_child` (child.py) calls a function of a test module there, which may start its own `JackServer`.

With RIG_LIVE_ON=pipewire all of it is a PipeWire instead, see pipewireserver.py.

`server.environment()` makes any other program (`rig play`, `jack_lsp`) use the server. Where jackd is not installed,
tests that need it skip.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

READY_S = 20.0
STOP_S = 5.0
JACKD_IS_MISSING = shutil.which("jackd") is None
FREEWHEELS = True  # whether the server renders as fast as it can when asked to


class JackServer:
    """One `jackd`; a context manager. `kill`, `stop` and `start` again as you like: the name stays."""

    product = "JACK"  # as rig calls it
    settles_s = 0.0  # after a cable was plugged in, until something goes through it

    def __init__(
        self, rate: int = 48000, period: int = 64, capture: int = 2, playback: int = 2, name: str | None = None
    ) -> None:
        self.name = name or f"rig-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self.rate, self.period, self.capture, self.playback = rate, period, capture, playback
        self.realtime = True
        self._process: subprocess.Popen[bytes] | None = None
        self._log: Path | None = None
        self._printed = ""
        self._killed = False

    def start(self) -> Self:
        """Start, with real-time scheduling where the system grants it, and wait until clients can come."""
        if not self._started():
            self.realtime = False
            if not self._started():
                raise RuntimeError(f"jackd did not start:\n{self.log()}")
        return self

    def _started(self) -> bool:
        # -p 64 ports: each server takes 40 MB of shared memory then, not 160.
        command = ["jackd", "-n", self.name, "-p", "64", *(("-R", "-P", "10") if self.realtime else ("-r",))]
        command += ["-d", "dummy", "-r", str(self.rate), "-p", str(self.period)]
        command += ["-C", str(self.capture), "-P", str(self.playback)]
        if shutil.which("setpriv"):  # ends with us, even if we are killed
            command = ["setpriv", "--pdeathsig", "TERM", *command]
        self._killed = False  # one of the same name takes its place
        self.stop()  # what is left of the one before
        with tempfile.NamedTemporaryFile(prefix="jackd-", suffix=".log", delete=False) as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._log = Path(log.name)
        atexit.register(self.stop)
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if self._answers():
                return True
            time.sleep(0.01)
        self.stop()
        return False

    def _answers(self) -> bool:
        socket = Path(f"/dev/shm/jack_{self.name}_{os.getuid()}_0")
        if socket.parent.is_dir() and not socket.exists():
            return False
        # Asked by another process: this one may be using another server.
        probe = ["jack_lsp", "-s", self.name]
        try:
            return subprocess.run(probe, env=self.environment(), capture_output=True, timeout=READY_S).returncode == 0
        except FileNotFoundError:
            return socket.exists()

    def environment(self) -> dict[str, str]:
        """This process's environment, with this server as the default for any JACK program."""
        return {**os.environ, "JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1"}

    @property
    def pid(self) -> int:
        """The number of its process; `setpriv` in front of it has become it."""
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send a signal: SIGSTOP freezes the server, SIGCONT lets it go on."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """Let the server die without a word to its clients."""
        self.send(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()
        self._killed = True

    def stop(self) -> None:
        """End the server in order; nothing happens if it has ended already."""
        atexit.unregister(self.stop)
        self._end()
        if self._killed:  # it stays in JACK's list of at most 8 until one of the same name has ended in order
            self._started()
            self._end()
        for left in Path("/dev/shm").glob(f"jack_*_{self.name}_*"):  # semaphores of clients that it died on
            left.unlink(missing_ok=True)
        if self._log is not None:
            self._printed = self.log()
            self._log.unlink()
            self._log = None

    def _end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.send(signal.SIGCONT)  # a frozen one hears nothing else
            self.send(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def log(self) -> str:
        """What jackd printed."""
        return self._log.read_text(errors="replace") if self._log else self._printed

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


LIVE_NAME: str | None = None  # of the server of the whole session; None: any

if os.environ.get("RIG_LIVE_ON") == "pipewire":
    import pipewireserver

    LIVE_NAME = os.path.join(os.environ["PIPEWIRE_RUNTIME_DIR"], "pipewire-0")
    JACKD_IS_MISSING = pipewireserver.PIPEWIRE_IS_MISSING
    JackServer = pipewireserver.PipeWireServer  # type: ignore[assignment,misc]
    FREEWHEELS = False  # 0.3.65 stands still there where only simulated cards are in the graph: all is in real time

AS_FAST_AS_IT_CAN = ("--freewheel",) if FREEWHEELS else ()
