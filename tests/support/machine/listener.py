"""Another client that hears what comes out of rig: in a process of its own, on whichever server is there.

It opens a client as soon as a server of that name answers, connects to the port it is told, and prints one line of
JSON when it hears sound: the moments (CLOCK_MONOTONIC, the same in every process) at which the server let it in, at
which the port was there, and of the first sound. When the server goes it waits for the next one.

    python tests/support/machine/listener.py SERVER PORT
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import numpy as np
from places import ROOT

AUDIBLE = 1e-3  # -60 dBFS
LONGEST_S = 60
STUCK_S = 5.0


@dataclass(frozen=True, slots=True)
class Heard:
    """When the server was there, when the port was, and when sound came out of it; seconds of CLOCK_MONOTONIC."""

    server_s: float
    port_s: float
    sound_s: float


class Listener:
    """The process from outside; a context manager. `heard` grows by one for each server on which there was sound."""

    def __init__(self, server: str, port: str) -> None:
        command = [sys.executable, __file__, server, port]
        environment_path = str(ROOT)
        self._process = subprocess.Popen(command, cwd=environment_path, stdout=subprocess.PIPE, text=True)
        self.heard: list[Heard] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.heard.append(Heard(**json.loads(line)))
                self._changed.notify_all()

    def wait(self, number: int, timeout_s: float = 30.0) -> Heard:
        """What was heard as number `number`, from 0."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.heard) > number, timeout_s):
                raise AssertionError(f"no sound within {timeout_s} s; heard before: {self.heard}")
            return self.heard[number]

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._reader.join(5)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def begun_anew_if_stuck():
    """libjack may wait for ever for a server that has died: then this program begins anew, in the same process."""
    timer = threading.Timer(STUCK_S, os.execv, (sys.executable, [sys.executable, *sys.argv]))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def listen(server: str, port: str) -> None:
    """For ever."""
    import jack
    from jackclients import Deck

    while True:
        try:
            with begun_anew_if_stuck():
                deck = Deck("listener", server, records=1)
        except jack.JackError:
            time.sleep(0.01)
            continue
        moments = {"server_s": time.monotonic()}
        deck.arm(LONGEST_S * 48000)
        while not deck.counted("gone"):
            if "port_s" not in moments:
                with contextlib.suppress(jack.JackError):  # the port is not there yet
                    deck.connect("in_1", port)
                    moments["port_s"] = time.monotonic()
            elif "sound_s" not in moments:
                now, at = time.monotonic(), int(deck.state["position"])
                if np.abs(deck.recorded[0, :at]).max(initial=0.0) > AUDIBLE:
                    print(json.dumps({**moments, "sound_s": now}), flush=True)
                    moments["sound_s"] = now
                if int(deck.state["state"]) > 2:  # torn or full
                    deck.arm(LONGEST_S * 48000)
            time.sleep(0.005)
        with begun_anew_if_stuck():
            deck.close()


if __name__ == "__main__":
    listen(*sys.argv[1:])
