"""A private headless PipeWire for tests: a daemon of its own with a simulated card, in a folder of its own.

It needs no sound card, no session of a user and no D-Bus: `pipewire` with a configuration written here, and no session
manager (rig connects its ports itself). Its card is called as that of jackd's dummy driver, `system:capture_1`,
`system:playback_1` and so on: a null sink, which a timer drives, and a source of silence.

    with PipeWireServer() as server:
        subprocess.run([*RIG, "play"], env=server.environment())

It has the face of `JackServer`. Its `name`, the path of its socket, serves as a server's name wherever libjack is
PipeWire's: `Jack("rig", server.name)`. In a test process libjack is JACK's; there PipeWire's is loaded only where the
loader is told so from the start (`pw_jack`), which is how the live tests run on PipeWire
(tests/pipewire/test_live_tests_on_pipewire.py). Where PipeWire is not installed, tests that need it skip.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from rig.backends.jack import pipewire

READY_S = 20.0
STOP_S = 5.0
PIPEWIRE_IS_MISSING = shutil.which("pipewire") is None or pipewire.library_file() is None
REASON = "pipewire or its libjack is not installed"
OF_OTHERS = ("DBUS_SESSION_BUS_ADDRESS", "PIPEWIRE_REMOTE", "PIPEWIRE_LATENCY", "PIPEWIRE_QUANTUM", "PIPEWIRE_PROPS")
OF_JACK = ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER")

CONFIGURATION = """
context.properties = {{
    core.daemon = true
    core.name = pipewire-0
    default.clock.rate = {rate}
    default.clock.quantum = {period}
    default.clock.min-quantum = 16
    default.clock.max-quantum = 8192
    default.clock.allowed-rates = [ 44100 48000 96000 ]
    settings.check-quantum = true
    settings.check-rate = true
}}
context.spa-libs = {{
    audio.convert.* = audioconvert/libspa-audioconvert
    audiotestsrc = audiotestsrc/libspa-audiotestsrc
    support.* = support/libspa-support
}}
context.modules = [
    {{ name = libpipewire-module-rt args = {{ nice.level = -11 }} flags = [ ifexists nofail ] }}
    {{ name = libpipewire-module-protocol-native }}
    {{ name = libpipewire-module-metadata }}
    {{ name = libpipewire-module-spa-node-factory }}
    {{ name = libpipewire-module-client-node }}
    {{ name = libpipewire-module-access args = {{ }} }}
    {{ name = libpipewire-module-adapter }}
    {{ name = libpipewire-module-link-factory }}
]
context.objects = [
    {{ factory = metadata args = {{ metadata.name = default }} }}
    {{ factory = spa-node-factory args = {{
        factory.name = support.node.driver node.name = Dummy-Driver
        node.group = pipewire.dummy priority.driver = 20000 }} }}
    {{ factory = spa-node-factory args = {{
        factory.name = support.node.driver node.name = Freewheel-Driver
        node.group = pipewire.freewheel node.freewheel = true priority.driver = 19000 }} }}
    {cards}
]
"""
CARD = """{{ factory = adapter args = {{
        factory.name = {factory} node.name = system media.class = {kind} object.linger = true
        node.physical = true node.terminal = true
        node.param.Props = {{ volume = 0.0 }}
        node.param.PortConfig = {{ direction = {direction} mode = dsp monitor = false control = false format = {{
            mediaType = audio mediaSubtype = raw format = F32P rate = {rate} channels = {count} position = [ {unnamed} ]
        }} }} }} }}
    """


class PipeWireServer:
    """One `pipewire`; a context manager. `kill`, `stop` and `start` again as you like: the name stays."""

    product = "PipeWire"
    settles_s = 3.0  # 0.3.65 lost what was sent in the first second and a half
    realtime = False  # nobody gives it here

    def __init__(
        self, rate: int = 48000, period: int = 64, capture: int = 2, playback: int = 2, name: str | None = None
    ) -> None:
        self.rate, self.period, self.capture, self.playback = rate, period, capture, playback
        self._is_ours = name is None
        self.folder = Path(tempfile.mkdtemp(prefix="rig-pw-")) if name is None else Path(name).parent
        self.name = str(self.folder / "pipewire-0")
        self._process: subprocess.Popen[bytes] | None = None
        self._printed = ""

    def start(self) -> Self:
        """Start, and wait until the ports of the card are there."""
        self.end()
        self.folder.mkdir(exist_ok=True)
        written = self.folder / "pipewire.conf"
        written.write_text(self._configuration())
        command = ["pipewire", "-c", str(written)]
        if shutil.which("setpriv"):  # ends with us, even if we are killed
            command = ["setpriv", "--pdeathsig", "TERM", *command]
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment(),
                start_new_session=True,
            )
        atexit.register(self.stop)
        awaited = {f"system:capture_{i + 1}" for i in range(self.capture)}
        awaited |= {f"system:playback_{i + 1}" for i in range(self.playback)}
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if awaited <= set(self.ports()):
                return self
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"pipewire did not start:\n{self._printed}")

    def _configuration(self) -> str:
        cards = ""
        for count, factory, kind, direction in (
            (self.playback, "support.null-audio-sink", "Audio/Sink", "Input"),
            (self.capture, "audiotestsrc", "Audio/Source", "Output"),
        ):
            if count:
                unnamed = " ".join(["UNK"] * count)  # ports without a place in a room are numbered
                cards += CARD.format(
                    factory=factory, kind=kind, direction=direction, rate=self.rate, count=count, unnamed=unnamed
                )
        return CONFIGURATION.format(rate=self.rate, period=self.period, cards=cards)

    def environment(self) -> dict[str, str]:
        """This process's environment, with this PipeWire as the only server there is."""
        kept = {name: value for name, value in os.environ.items() if name not in (*OF_OTHERS, *OF_JACK)}
        return {**kept, "XDG_RUNTIME_DIR": str(self.folder), "PIPEWIRE_RUNTIME_DIR": str(self.folder)}

    # ------------------------------------------------------------ asking it
    def tell(self, *command: str) -> str:
        """What one of PipeWire's own programs prints."""
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, timeout=READY_S)
        return done.stdout

    def ports(self) -> list[str]:
        """All of them, as `client:port`."""
        return [line.strip() for line in self.tell("pw-link", "-io").splitlines() if line.strip()]

    def links(self) -> list[tuple[str, str]]:
        """Which output is connected to which input."""
        found, source = [], ""
        for line in self.tell("pw-link", "-l").splitlines():
            if line.strip().startswith("|->"):
                found.append((source, line.strip().removeprefix("|->").strip()))
            elif line.strip() and not line.startswith(" "):
                source = line.strip()
        return found

    def link(self, source: str, target: str) -> None:
        """Plug a cable in."""
        subprocess.run(["pw-link", source, target], env=self.environment(), check=True, timeout=READY_S)

    def unlink(self, source: str, target: str) -> None:
        """Pull it."""
        objects = {each["id"]: each.get("info", {}) for each in json.loads(self.tell("pw-dump"))}

        def name(port: int) -> str:
            said = objects[port]["props"]
            return f"{objects[said['node.id']]['props']['node.name']}:{said['port.name']}"

        for number, link in objects.items():
            ends = link.get("output-port-id"), link.get("input-port-id")
            if None not in ends and (name(ends[0]), name(ends[1])) == (source, target):
                self.tell("pw-cli", "destroy", str(number))
                return
        raise KeyError(f"{source} is not connected to {target}: {self.links()}")

    def force(self, key: str, value: int) -> None:
        """Change a setting while it runs: `quantum`, the frames of a cycle, or `rate`; 0 takes that back."""
        self.tell("pw-metadata", "-n", "settings", "0", f"clock.force-{key}", str(value))

    # ------------------------------------------------------------ its end
    @property
    def pid(self) -> int:
        """The number of its process; `setpriv` in front of it has become it."""
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send a signal: SIGSTOP freezes the daemon, SIGCONT lets it go on."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """Let it die without a word."""
        self.send(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def end(self) -> None:
        """End it in order, and keep its folder."""
        if self._process is not None and self._process.poll() is None:
            self.send(signal.SIGCONT)  # a frozen one hears nothing else
            self.send(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def stop(self) -> None:
        """End it, and remove its folder; nothing happens if that is done already."""
        atexit.unregister(self.stop)
        self.end()
        self._printed = self.log()
        if self._is_ours:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """What it printed."""
        try:
            return (self.folder / "log").read_text(errors="replace")
        except OSError:
            return self._printed

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def pw_jack(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which the loader finds PipeWire's libjack first: what the script `pw-jack` does."""
    there = pipewire.library_file()
    assert there is not None, REASON
    folders = [there.rpartition("/")[0], *filter(None, [environment.get("LD_LIBRARY_PATH")])]
    return {**environment, "LD_LIBRARY_PATH": ":".join(folders)}
